//! The schema's own guards: triggers, constraints, row level security, policies and grants are as
//! the last migration left them. A database that bursar did not migrate has no snapshot to compare
//! with, so these checks are skipped there, with the reason.

use std::time::Instant;

use sqlx::{Executor as _, Row as _};

use super::finding::Finding;
use super::model::{Described, Part};
use super::scope::Scope;
use crate::db::{self, Tx, guarded};
use crate::error::Result;
use crate::migrate::SCHEMA_OBJECTS;
use crate::packs::Severity;
use crate::store::migration_runs::{self, Newest};

/// A kind of guard, and its check.
struct Guard {
    kind: &'static str,
    /// The id of the check.
    id: &'static str,
    title: &'static str,
}

const GUARDS: [Guard; 5] = [
    Guard { kind: "trigger", id: "schema.triggers", title: "Triggers are as migrated, and enabled" },
    Guard { kind: "constraint", id: "schema.constraints", title: "Constraints and unique indexes are as migrated" },
    Guard { kind: "rls", id: "schema.rls", title: "Row level security is on where it was" },
    Guard { kind: "policy", id: "schema.policies", title: "Policies are as migrated, and none was added" },
    Guard { kind: "grant", id: "schema.grants", title: "Grants are as migrated, and none was added" },
];

const DRIFT: &str = include_str!("sql/schema_drift.sql");

pub(super) fn described() -> Vec<Described> {
    let described = |guard: &Guard| Described {
        id: guard.id.to_owned(),
        title: guard.title.to_owned(),
        severity: Severity::Error,
        reads: vec!["pg_catalog".to_owned()],
        why: "Whoever weakens what guards the ledger can change it unnoticed afterwards.".to_owned(),
        remedy: "Undo the change, or make it part of a migration.".to_owned(),
        sql: DRIFT.replace("{objects}", SCHEMA_OBJECTS),
    };
    GUARDS.iter().map(described).collect()
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
    let pack = scope.pack;
    let mut part = Part::default();
    let why_not = match &scope.options.account {
        Some(_) => Some("--account asks for one account".to_owned()),
        None => why_not(tx, &pack.name, scope.migration).await?,
    };
    for (described, Guard { kind, id, .. }) in described().into_iter().zip(GUARDS) {
        if scope.options.leaves_out(id).is_some() {
            continue;
        }
        if let Some(reason) = &why_not {
            part.skip(&described, reason);
            continue;
        }
        let started = Instant::now();
        let mut found = scope.options.findings();
        let outcome = guarded(tx, async |connection| {
            // The server's text of an expression depends on the search path, so it has to be the
            // one that was in force when the snapshot was taken.
            connection.execute("SET LOCAL search_path = pg_catalog").await?;
            let sql = DRIFT.replace("{objects}", SCHEMA_OBJECTS);
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(&pack.name)
                .bind(&pack.schema)
                .bind(kind)
                .bind(&pack.tables)
                .fetch_all(connection)
                .await?;
            for row in rows {
                found.push(finding(id, kind, &row)?)?;
            }
            Ok(found)
        })
        .await?;
        part.record(&described, started, outcome);
    }
    tx.execute(sqlx::AssertSqlSafe(pack.set_search_path())).await?;
    Ok(part)
}

/// The reason why the schema cannot be compared, if it cannot.
async fn why_not(tx: &mut Tx, set: &str, migration: Option<i64>) -> Result<Option<String>> {
    if !db::relation_exists(tx, migration_runs::SCHEMA_OBJECTS).await? {
        return Ok(Some("bursar did not migrate this database".to_owned()));
    }
    let recorded = guarded(tx, async |c| migration_runs::newest(set).optional(c).await).await?;
    Ok(match recorded {
        // Where the history may not be read, the check itself says so and is incomplete.
        Err(_) => None,
        Ok(None) => Some("bursar did not migrate this application".to_owned()),
        Ok(Some(Newest { is_recorded: false, .. })) => {
            Some("the last run of migrations did not end, so there is no snapshot of the schema".to_owned())
        }
        Ok(Some(Newest { version, direction, .. }))
            if migration > Some(version) || (direction == "down" && migration == Some(version)) =>
        {
            Some("another tool migrated last, so there is no snapshot of the schema as it should be".to_owned())
        }
        Ok(Some(_)) => None,
    })
}

fn finding(id: &str, kind: &str, row: &sqlx::postgres::PgRow) -> Result<Finding> {
    let (table, object): (String, String) = (row.try_get("relation")?, row.try_get("object")?);
    let (recorded, found): (Option<String>, Option<String>) = (row.try_get("recorded")?, row.try_get("found")?);
    let what = match (&recorded, &found) {
        (Some(_), None) => "is gone",
        (None, _) => "was added",
        (Some(_), Some(_)) => "was changed",
    };
    let name = if kind == "rls" { object.clone() } else { format!("{kind} {object}") };
    Ok(Finding {
        check: id.to_owned(),
        severity: Severity::Error,
        message: format!("On {table}, {name} {what} since the last migration."),
        cause: "Somebody changed the schema by hand, or another tool did.".to_owned(),
        remedy: match (&recorded, &found) {
            (Some(definition), _) if kind != "grant" && kind != "rls" => format!("Put it back: {definition}"),
            _ => "Undo the change, or make it part of a migration.".to_owned(),
        },
        table,
        key: object,
        expected: recorded,
        actual: found,
        ..Finding::default()
    }
    .sealed())
}
