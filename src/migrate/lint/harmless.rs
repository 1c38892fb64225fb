//! Hits of squawk that are none: of what nobody uses yet, and of what changes for nobody.

use std::collections::BTreeMap;

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

/// What the statements of a text make, each with the place of its statement.
pub(super) struct Makes<'a> {
    statements: &'a [Statement<'a>],
    /// The first statement that makes each table.
    tables: BTreeMap<Relation, usize>,
    /// The last statement that makes each function.
    functions: BTreeMap<Relation, usize>,
}

impl<'a> Makes<'a> {
    pub(super) fn of(statements: &'a [Statement<'a>]) -> Self {
        let (mut tables, mut functions) = (BTreeMap::new(), BTreeMap::new());
        for (n, statement) in statements.iter().enumerate() {
            if let Some(table) = statement.creates_table() {
                tables.entry(table.known()).or_insert(n);
            }
            if let Some(function) = statement.creates_function() {
                functions.insert(function.known(), n);
            }
        }
        Makes { statements, tables, functions }
    }

    /// True if what squawk has found in the text is none.
    pub(super) fn is_harmless(&self, hit: &Found, text: &str, wrapped: bool) -> bool {
        let number = self.statements.partition_point(|statement| statement.at <= hit.span.start);
        let Some(statement) = number.checked_sub(1).map(|n| &self.statements[n]) else { return false };
        match hit.rule.as_str() {
            "adding-field-with-default" if is_of_time(text.get(hit.span.start..hit.span.end).unwrap_or_default()) => {
                true
            }
            // Between the two, nobody sees the file's work.
            "ban-drop-function" if wrapped => {
                let several = statement.pair(")", ",") || !statement.has("(") && statement.has(",");
                let dropped = statement.target(&["DROP", "FUNCTION", "PROCEDURE", "IF", "EXISTS"]);
                !several && dropped.and_then(|dropped| self.functions.get(&dropped)).is_some_and(|at| *at >= number)
            }
            // No statement of a client names it.
            "renaming-object" => statement.starts(["ALTER", "INDEX"]) || statement.pair("RENAME", "CONSTRAINT"),
            rule if OF_USED_TABLES.contains(&rule) => {
                let one = statement.begins_with("ALTER") || !statement.has(",");
                let target = statement.target(&["ALTER", "DROP", "TABLE", "IF", "EXISTS", "ONLY"]);
                one && target.and_then(|table| self.tables.get(&table)).is_some_and(|at| *at + 1 < number)
            }
            _ => false,
        }
    }
}

fn is_of_time(expression: &str) -> bool {
    let words = expression.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '\'');
    let mut words = words.filter(|word| !word.is_empty() && !word.starts_with('\'')).map(str::to_uppercase).peekable();
    words.peek().is_some() && words.all(|word| OF_TIME.contains(&word.as_str()))
}
