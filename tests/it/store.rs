//! The store: every statement fits the migrated schema, and no other file has one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bursar::db::Connection;
use bursar::store;
use regex::Regex;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _, Statement as _};

use crate::support::{Db, Template, file, wait};

#[test]
fn every_statement_fits_the_migrated_schema_in_parameters_names_and_types() {
    // Some of the functions come with a pack.
    let db = Db::new(Template::Migrated("mimivibe"));
    let misfits: Vec<String> = wait(async {
        let mut connection = Connection::new(db.connect().await);
        let mut misfits = Vec::new();
        for statement in store::statements() {
            let sql = AssertSqlSafe(statement.sql).into_sql_str();
            match connection.prepare_with(sql, &(statement.parameters)()).await {
                Ok(there) => misfits.extend(statement.misfits(there.columns())),
                Err(error) => misfits.push(format!("{}: {error}", statement.name)),
            }
        }
        misfits
    });
    assert!(store::statements().count() > 40);
    assert!(misfits.is_empty(), "{misfits:#?}");
}

#[test]
fn a_statement_that_does_not_fit_is_told() {
    let db = Db::new(Template::Bursar);
    let told = |sql: &'static str| {
        let settings = store::statements().find(|s| s.name.ends_with("settings::all")).unwrap();
        let there = wait(async { db.connect().await.prepare(AssertSqlSafe(sql).into_sql_str()).await }).unwrap();
        settings.misfits(there.columns()).join("; ")
    };
    assert_eq!(told("SELECT name, value, updated_at, updated_by FROM bursar.settings"), "");
    for (sql, why) in [
        ("SELECT name, value, updated_at FROM bursar.settings", "4 columns, and the server gives 3"),
        ("SELECT name, updated_by, updated_at, value FROM bursar.settings", "column value is updated_by TEXT"),
        (
            "SELECT name, value, updated_at::text, updated_by FROM bursar.settings",
            "column updated_at is updated_at TEXT",
        ),
    ] {
        assert!(told(sql).contains(why), "{sql}: {}", told(sql));
    }
}

/// The files outside the store that name tables or functions of bursar's own in SQL, each with its reason.
const ELSEWHERE: [(&str, &str); 20] = [
    ("audit/chain.rs", "the audit of the operator log, whose queries are read as text with its report"),
    ("audit/repair/apply.rs", "the functions of a pack that repair balances"),
    ("audit/run.rs", "a message"),
    ("audit/seal/history.rs", "one insert of twenty columns beside the report that it takes apart"),
    ("audit/seal/make.rs", "two inserts of whole seals, with arrays"),
    ("audit/seal/verify.rs", "a message, and the names of the tables that are read"),
    ("audit/sql/history.sql", "a query of the audit"),
    ("audit/sql/operations_chain.sql", "a query of the audit"),
    ("audit/sql/refunds_unlogged.sql", "a query of the audit"),
    ("audit/sql/schema_drift.sql", "a query of the audit"),
    ("audit/sql/seal_states.sql", "a query of the audit, which numbers are written into"),
    ("audit/sql/seal_state.sql", "a query of the audit, which numbers are written into"),
    ("audit/sql/seals.sql", "a query of the audit"),
    ("commands/operations.rs", "a statement for people to run"),
    ("db/protection.rs", "the protection, which is read below the store"),
    ("migrate/history.rs", "records in the same round trip as the text of a migration"),
    ("migrate/model.rs", "a message"),
    ("migrate/repair.rs", "a record in the same round trip as a repair"),
    ("migrate/snapshot.rs", "an insert from the query that the audit compares with"),
    ("packs/canonical.rs", "the name of a table, in findings"),
];

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "sql") {
            into.push(path);
        }
    }
}

#[test]
fn no_other_file_names_the_tables_and_functions_of_bursars_own_in_sql() {
    let (src, mut own, mut all) = (file("src"), BTreeSet::new(), Vec::new());
    let made = Regex::new(r"(?m)^CREATE (?:OR REPLACE )?(?:TABLE|FUNCTION|TYPE) bursar\.(\w+)").unwrap();
    for migration in std::fs::read_dir(file("migrations/bursar")).unwrap() {
        let text = std::fs::read_to_string(migration.unwrap().path()).unwrap();
        own.extend(made.captures_iter(&text).map(|m| m[1].to_owned()));
    }
    assert!(own.contains("refunds") && own.contains("refund_request"));
    files(&src, &mut all);
    let named = Regex::new(r"\bbursar\.(\w+)").unwrap();
    let mut naming = BTreeSet::new();
    for path in all {
        let name = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        // The SQL of packs is data that is checked with the pack.
        if name.starts_with("store/") || (name.starts_with("packs/") && name.ends_with(".sql")) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//") && !l.trim_start().starts_with("--"));
        if code.clone().any(|l| named.captures_iter(l).any(|m| own.contains(&m[1]))) {
            naming.insert(name);
        }
    }
    let allowed: BTreeSet<String> = ELSEWHERE.iter().map(|(file, _)| (*file).to_owned()).collect();
    let unknown: Vec<_> = naming.difference(&allowed).collect();
    let done: Vec<_> = allowed.difference(&naming).collect();
    assert!(unknown.is_empty(), "these belong into src/store: {unknown:#?}");
    assert!(done.is_empty(), "these name none any more, and leave the list: {done:#?}");
}
