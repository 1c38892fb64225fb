//! Transactions: the runner's.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _, Stmt};

use super::model::{Found, Level};
use super::place::Span;

/// Statements that end or begin a transaction. A savepoint stays inside one.
pub(super) fn control(tree: &SourceFile) -> Vec<Found> {
    let controls = tree.stmts().filter(|stmt| match stmt {
        Stmt::Begin(_) | Stmt::Commit(_) | Stmt::PrepareTransaction(_) => true,
        Stmt::Rollback(rollback) => !matches!(rollback, ast::Rollback::RollbackToSavepoint(_)),
        _ => false,
    });
    let found = controls.map(|stmt| {
        let message = "The file runs in a transaction that the runner begins and ends; after this statement, what \
                       was done and what the history says may differ.";
        Found::ours(
            "transaction-control",
            Level::Error,
            Span::node(stmt.syntax()),
            message.to_owned(),
            "Leave it out. Statements that must be committed apart belong in files of their own.",
        )
    });
    found.collect()
}
