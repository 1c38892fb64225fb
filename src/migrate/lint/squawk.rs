//! squawk's rules: which of them are asked, and of what.

use std::collections::BTreeSet;

use squawk_linter::{Linter, Rule};
use squawk_syntax::ast::{AstNode as _, Stmt};
use squawk_syntax::{Parse, SourceFile};

use super::model::{Choice, Found, Level, is_ours};
use super::place::Span;
use crate::migrate::relation::Relation;

/// Rules that are not asked unless they are included, each with why.
const OFF: &[Rule] = &[
    // The runner sets lock_timeout and statement_timeout.
    Rule::RequireLockTimeout,
    Rule::RequireStatementTimeout,
    // The history sees to it that a file runs once, and the transaction that it runs whole.
    Rule::PreferRobustStmts,
    // The runner finds the statements that cannot run in a transaction, and runs them alone.
    Rule::BanConcurrentIndexCreationInTransaction,
    // `transaction-control` says it of every file.
    Rule::TransactionNesting,
    Rule::BanUncommittedTransaction,
    // What a type is for, its name does not tell: a counter of attempts is no key that runs out.
    Rule::PreferBigintOverInt,
    Rule::PreferBigintOverSmallint,
    // A longer varchar has been no rewrite since PostgreSQL 9.2.
    Rule::PreferTextField,
];

/// The names of squawk's rules, in order.
pub(super) fn rules() -> BTreeSet<String> {
    Linter::with_rules(OFF, &[]).rules.iter().map(ToString::to_string).collect()
}

/// True if squawk has a rule of this name.
pub(super) fn is_rule(name: &str) -> bool {
    name.parse::<Rule>().is_ok()
}

/// True if a rule is asked of a file that takes a migration back. Such a file drops and renames, which
/// is its purpose, and brings back what was there, which is not its choice.
fn holds_backwards(rule: Rule) -> bool {
    let name = rule.to_string();
    !["ban-", "prefer-", "renaming-", "disallowed-"].iter().any(|prefix| name.starts_with(prefix))
}

/// Runs squawk's rules.
pub(super) fn run(parse: &Parse<SourceFile>, text: &str, down: bool, wrapped: bool, choice: &Choice) -> Vec<Found> {
    let rules = |names: &BTreeSet<String>| names.iter().filter_map(|name| name.parse().ok()).collect::<Vec<Rule>>();
    let included = rules(&choice.included);
    let off = OFF.iter().copied().filter(|rule| !included.contains(rule)).chain(rules(&choice.excluded));
    let mut linter = Linter::with_rules(&included, &off.collect::<Vec<_>>());
    linter.rules.retain(|rule| !down || holds_backwards(*rule));
    linter.settings.assume_in_transaction = wrapped;
    let views = new_views(&parse.tree());
    // A name that squawk does not know may be one of ours.
    let known = |message: &str| message.strip_prefix("unknown name ").is_some_and(is_ours);
    let found = linter.lint(parse, text).into_iter().filter(|v| match v.code {
        Rule::UnusedIgnore => !known(&v.message),
        Rule::RequireConcurrentIndexCreation => !views.contains(&usize::from(v.text_range.end())),
        _ => true,
    });
    let found = found.map(|violation| Found {
        rule: violation.code.to_string(),
        level: Level::Warning,
        message: violation.message,
        help: violation.help,
        span: Span { start: violation.text_range.start().into(), end: violation.text_range.end().into() },
    });
    found.collect()
}

/// The ends of indexes on a materialized view which the file itself makes: nobody waits for it yet.
/// squawk knows this of tables only.
fn new_views(tree: &SourceFile) -> BTreeSet<usize> {
    let mut views = BTreeSet::new();
    let mut indexes = BTreeSet::new();
    for stmt in tree.stmts() {
        match &stmt {
            Stmt::CreateMaterializedView(s) => {
                views.extend(s.view().and_then(|v| v.path()).and_then(|p| Relation::new_at(&p)));
            }
            Stmt::CreateIndex(s) if Relation::of(s.table_relation_name()).is_some_and(|on| views.contains(&on)) => {
                indexes.insert(stmt.syntax().text_range().end().into());
            }
            _ => {}
        }
    }
    indexes
}
