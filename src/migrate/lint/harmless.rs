//! Hits of squawk that are none: of what nobody uses yet, and of what changes for nobody.

use std::collections::BTreeSet;

use super::model::Found;
use crate::migrate::relation::Relation;
use crate::migrate::statement::Statement;

/// squawk's rules about a table that others use, which it asks of every table. The others it leaves alone itself where
/// the file makes the table.
const OF_USED_TABLES: [&str; 13] = [
    "adding-field-with-default",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-constraint",
    "ban-drop-default",
    "ban-drop-not-null",
    "ban-drop-table",
    "changing-column-type",
    "constraint-missing-not-valid",
    "renaming-column",
    "renaming-table",
];

/// The words of a default that is the same for all rows of a statement, beside literals and signs.
const OF_TIME: [&str; 9] = [
    "TIMEZONE",
    "NOW",
    "TRANSACTION_TIMESTAMP",
    "STATEMENT_TIMESTAMP",
    "CURRENT_TIMESTAMP",
    "PG_CATALOG",
    "AT",
    "TIME",
    "ZONE",
];

/// True if what squawk has found in a text is none.
pub(super) fn is_harmless(hit: &Found, text: &str, wrapped: bool, statements: &[Statement<'_>]) -> bool {
    let number = statements.partition_point(|statement| statement.at <= hit.span.start);
    let Some((statement, before)) = statements[..number].split_last() else { return false };
    let created = || before.iter().filter_map(|s| Some(s.creates_table()?.known())).collect::<BTreeSet<Relation>>();
    let target = || statement.target(&["ALTER", "DROP", "TABLE", "IF", "EXISTS", "ONLY"]);
    match hit.rule.as_str() {
        "adding-field-with-default" if is_of_time(text.get(hit.span.start..hit.span.end).unwrap_or_default()) => true,
        // Between the two, nobody sees the file's work.
        "ban-drop-function" if wrapped => {
            let several = statement.pair(")", ",") || !statement.has("(") && statement.has(",");
            let dropped = statement.target(&["DROP", "FUNCTION", "PROCEDURE", "IF", "EXISTS"]);
            !several
                && dropped.is_some()
                && statements[number..].iter().any(|s| s.creates_function().map(Relation::known) == dropped)
        }
        // No statement of a client names it.
        "renaming-object" => statement.starts(["ALTER", "INDEX"]) || statement.pair("RENAME", "CONSTRAINT"),
        rule if OF_USED_TABLES.contains(&rule) => {
            let one = statement.begins_with("ALTER") || !statement.has(",");
            one && target().is_some_and(|table| created().contains(&table))
        }
        _ => false,
    }
}

fn is_of_time(expression: &str) -> bool {
    let words = expression.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'');
    let mut words = words.filter(|word| !word.is_empty() && !word.starts_with('\'')).map(str::to_uppercase).peekable();
    words.peek().is_some() && words.all(|word| OF_TIME.contains(&word.as_str()))
}
