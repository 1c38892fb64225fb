//! Transactions: the runner's, and statements that cannot run in one.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode as _, Stmt};

use super::place::Span;
use super::{Found, Level};

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

/// Whether the runner runs the file in one transaction: unless it says otherwise in its first bytes, or
/// holds a statement that the server refuses there.
pub(super) fn is_wrapped(tree: &SourceFile, text: &str) -> bool {
    !text.starts_with("-- no-transaction") && !tree.stmts().any(|stmt| stands_alone(&stmt))
}

fn stands_alone(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::CreateIndex(s) => s.concurrently_token().is_some(),
        Stmt::DropIndex(s) => s.concurrently_token().is_some(),
        Stmt::Reindex(s) => {
            s.is_concurrently()
                || !matches!(
                    s.reindex_target(),
                    Some(ast::ReindexTarget::ReindexTargetTable(_) | ast::ReindexTarget::ReindexTargetIndex(_))
                )
        }
        Stmt::AlterTable(s) => s.actions().any(|action| {
            matches!(&action, ast::AlterTableAction::DetachPartition(d)
                if matches!(d.detach_partition_option(), Some(ast::DetachPartitionOption::DetachConcurrently(_))))
        }),
        Stmt::Vacuum(_)
        | Stmt::CreateDatabase(_)
        | Stmt::DropDatabase(_)
        | Stmt::CreateTablespace(_)
        | Stmt::DropTablespace(_)
        | Stmt::AlterSystem(_) => true,
        _ => false,
    }
}
