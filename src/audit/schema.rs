//! The schema's own guards, and those of bursar's schema: triggers and what they call, constraints and columns, row level
//! security, policies, grants and owners are as the last migration left them. A database that bursar did not migrate has no snapshot to compare
//! with, so these checks are skipped there, with the reason.

use std::time::Instant;

use sqlx::postgres::PgRow;
use sqlx::{Executor as _, Row as _};

use super::finding::Finding;
use super::findings::Findings;
use super::model::{Described, Part};
use super::scope::Scope;
use super::undo;
use crate::db::{self, Connection, Tx, guarded};
use crate::error::{Error, Result};
use crate::migrate::{RECORD_SCHEMA, SCHEMA_OBJECTS};
use crate::packs::{Pack, Severity};
use crate::store::migration_runs::{self, Newest};

/// The kinds of objects that one check compares.
struct Guard {
    /// The id of the check.
    id: &'static str,
    title: &'static str,
    /// The kinds that every record has.
    first: &'static [&'static str],
    /// Those that only the record of a newer bursar has.
    later: &'static [&'static str],
}

const GUARDS: [Guard; 5] = [
    Guard {
        id: "schema.triggers",
        title: "Triggers, rules and functions are as migrated, enabled, and none that fires was added",
        first: &["trigger"],
        later: &["firing", "rule", "function", "setting"],
    },
    Guard {
        id: "schema.constraints",
        title: "Constraints, unique indexes and columns are as migrated",
        first: &["constraint"],
        later: &["column", "relation"],
    },
    Guard { id: "schema.rls", title: "Row level security is on, as migrated", first: &["rls"], later: &[] },
    Guard {
        id: "schema.policies",
        title: "Policies are as migrated, and none was added",
        first: &["policy"],
        later: &[],
    },
    Guard {
        id: "schema.grants",
        title: "Grants and owners are as migrated, and none to write was added",
        first: &["grant"],
        later: &["owner"],
    },
];

/// A schema that is compared with its record.
struct Compared<'a> {
    set: &'a str,
    schema: &'a str,
    /// The tables that are looked at in any case.
    tables: &'a [String],
    /// True where an older bursar took the record.
    older: bool,
}

/// The reason why a schema cannot be compared.
enum WhyNot {
    /// There is nothing to compare it with, and need not be.
    Skip(String),
    /// The answer is not known.
    Incomplete(String),
}

const DRIFT: &str = include_str!("sql/schema_drift.sql");
const SWITCHES: &str = include_str!("sql/schema_switches.sql");

impl Guard {
    fn described(&self) -> Described {
        Described {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            severity: Severity::Error,
            reads: vec!["pg_catalog".to_owned()],
            why: "Whoever weakens what guards the ledger can change it unnoticed afterwards.".to_owned(),
            remedy: "Undo the change, or make it part of a migration.".to_owned(),
            sql: DRIFT.replace("{objects}", SCHEMA_OBJECTS),
        }
    }
}

pub(super) fn described() -> Vec<Described> {
    GUARDS.iter().map(Guard::described).collect()
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
    let pack = scope.pack;
    let mut part = Part::default();
    let (compared, why_not) = match &scope.options.account {
        Some(_) => (Vec::new(), Some(WhyNot::Skip("--account asks for one account".to_owned()))),
        None => compared(tx, scope).await?,
    };
    let asked: Vec<&Guard> = GUARDS.iter().filter(|guard| scope.options.leaves_out(guard.id).is_none()).collect();
    let started = Instant::now();
    // All kinds in one look: the server plans what reads its catalogs for longer than it reads them.
    let differences = match &why_not {
        Some(WhyNot::Incomplete(reason)) => Err(reason.clone()),
        _ => Ok(guarded(tx, async |connection| {
            let switches = match scope.options.account {
                Some(_) => Vec::new(),
                None => switches(connection, pack).await?,
            };
            Ok((differences(connection, &compared, &asked).await?, switches))
        })
        .await?),
    };
    for guard in &asked {
        let outcome = match &differences {
            Err(reason) => Err(Error::failed(reason.clone())),
            Ok(Err(error)) => Err(error.again()),
            Ok(Ok((differences, switches))) => found(scope, guard, differences, switches),
        };
        let about = guard.described();
        match (&why_not, &outcome) {
            (Some(WhyNot::Skip(reason)), Ok(found)) if found.count() == 0 => part.skip(&about, reason),
            _ => part.record_worst(about, started, outcome),
        }
    }
    let is_asked = differences.is_ok() && !asked.is_empty();
    for Compared { set, .. } in compared.iter().filter(|c| c.older && is_asked) {
        part.unchecked.push(format!(
            "an older bursar recorded the schema of {set}, so functions, columns and owners were not compared: {RECORD_SCHEMA}"
        ));
    }
    tx.execute(sqlx::AssertSqlSafe(pack.set_search_path())).await?;
    Ok(part)
}

/// The differences between bursar's schema and its record, in words.
///
/// # Errors
/// If the record or the schema cannot be read.
pub async fn own_changes(connection: &mut Connection) -> Result<Vec<String>> {
    let compared = [Compared { set: "bursar", schema: "bursar", tables: &[], older: false }];
    let all = differences(connection, &compared, &Vec::from_iter(&GUARDS)).await?;
    let named = |Difference { kind, table, object, .. }: &Difference| match kind.as_str() {
        "function" => format!("function {table}.{object}"),
        "setting" => format!("setting {object} of {table}"),
        "relation" | "owner" => format!("{kind} of bursar.{table}"),
        _ => format!("{kind} {object} of bursar.{table}"),
    };
    Ok(all.iter().map(named).collect())
}

/// A difference between a schema and its record.
struct Difference {
    schema: String,
    kind: String,
    table: String,
    object: String,
    recorded: Option<String>,
    found: Option<String>,
    /// True for an addition that somebody may have made on purpose.
    may_be_wanted: bool,
}

/// A guard that is there and that the catalog itself denies.
struct Switch {
    guard: String,
    schema: String,
    table: String,
    object: String,
    expected: String,
    found: String,
    remedy: Option<String>,
}

async fn differences(
    connection: &mut Connection,
    compared: &[Compared<'_>],
    asked: &[&Guard],
) -> Result<Vec<Difference>> {
    // The server's text of an expression depends on the search path, so it has to be the one that was in force when the
    // snapshot was taken.
    connection.execute("SET LOCAL search_path = pg_catalog").await?;
    let mut all = Vec::new();
    for Compared { set, schema, tables, older } in compared {
        let of = |guard: &&Guard| [guard.first, if *older { &[] } else { guard.later }].concat();
        let kinds: Vec<&str> = asked.iter().flat_map(of).collect();
        let sql = DRIFT.replace("{objects}", SCHEMA_OBJECTS);
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(set)
            .bind(schema)
            .bind(kinds)
            .bind(tables)
            .fetch_all(&mut *connection);
        for row in rows.await? {
            all.push(Difference {
                schema: (*schema).to_owned(),
                kind: row.try_get("kind")?,
                table: row.try_get("relation")?,
                object: row.try_get("object")?,
                recorded: row.try_get("recorded")?,
                found: row.try_get("found")?,
                may_be_wanted: row.try_get("may_be_wanted")?,
            });
        }
    }
    Ok(all)
}

/// The guards of the application's schema and of bursar's that the catalog denies.
async fn switches(connection: &mut Connection, pack: &Pack) -> Result<Vec<Switch>> {
    connection.execute("SET LOCAL search_path = pg_catalog").await?;
    let rows = sqlx::query(SWITCHES).bind(vec![pack.schema.as_str(), "bursar"]).fetch_all(connection).await?;
    let read = |row: &PgRow| -> Result<Switch> {
        Ok(Switch {
            guard: row.try_get("guard")?,
            schema: row.try_get("schema")?,
            table: row.try_get("relation")?,
            object: row.try_get("object")?,
            expected: row.try_get("expected")?,
            found: row.try_get("found")?,
            remedy: row.try_get("remedy")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The differences that a guard looks for, as findings.
fn found(scope: &Scope<'_>, guard: &Guard, differences: &[Difference], switches: &[Switch]) -> Result<Findings> {
    let mut found = scope.options.findings();
    let is_of = |d: &&Difference| guard.first.contains(&d.kind.as_str()) || guard.later.contains(&d.kind.as_str());
    for difference in differences.iter().filter(is_of) {
        found.push(finding(guard.id, difference))?;
    }
    for switch in switches.iter().filter(|s| s.guard == guard.id) {
        found.push(denied(switch))?;
    }
    Ok(found)
}

/// The schemas that can be compared, and the reason why the application's cannot be, or why nothing is known.
async fn compared<'a>(tx: &mut Tx, scope: &Scope<'a>) -> Result<(Vec<Compared<'a>>, Option<WhyNot>)> {
    if !db::relation_exists(tx, migration_runs::SCHEMA_OBJECTS).await? {
        return Ok((Vec::new(), Some(WhyNot::Skip("bursar did not migrate this database".to_owned()))));
    }
    let pack = scope.pack;
    let (mut all, mut why) = (Vec::new(), None);
    for (set, schema, tables) in
        [(pack.name.as_str(), pack.schema.as_str(), pack.tables.as_slice()), ("bursar", "bursar", &[])]
    {
        let recorded = guarded(tx, async |c| migration_runs::newest(set).optional(c).await).await?;
        let is_own = set == "bursar";
        let tampered = || {
            WhyNot::Incomplete(format!(
                "the record of the schema of {set} is gone or was changed; see what changed: bursar migrate verify; then: {RECORD_SCHEMA}"
            ))
        };
        match recorded {
            Ok(None) if is_own => why = Some(tampered()),
            Ok(None) => why = Some(WhyNot::Skip("bursar did not migrate this application".to_owned())),
            Ok(Some(newest)) if newest.is_tampered() => return Ok((Vec::new(), Some(tampered()))),
            Ok(Some(Newest { version, direction, .. }))
                if !is_own
                    && (scope.migration > Some(version) || direction == "down" && scope.migration == Some(version)) =>
            {
                let reason = format!(
                    "another tool migrated last, so there is no record of the schema as it should be; after a look: {RECORD_SCHEMA}"
                );
                return Ok((Vec::new(), Some(WhyNot::Incomplete(reason))));
            }
            Ok(Some(newest)) => all.push(Compared { set, schema, tables, older: newest.is_older() }),
            // Where the history may not be read, the check itself says so and is incomplete.
            Err(_) => all.push(Compared { set, schema, tables, older: false }),
        }
    }
    Ok((all, why))
}

/// The name of a table in words. Tables of bursar's own are named with their schema.
fn named(schema: &str, table: &str) -> String {
    if schema == "bursar" { format!("bursar.{table}") } else { table.to_owned() }
}

fn denied(Switch { guard, schema, table, object, expected, found, remedy }: &Switch) -> Finding {
    let table = named(schema, table);
    Finding {
        check: guard.clone(),
        kind: Some("catalog".to_owned()),
        severity: Severity::Error,
        message: format!("On {table}, of {object} there should be {expected}, but the catalog says {found}."),
        cause: "Somebody with a superuser's rights changed the catalog itself: no other statement leaves it so."
            .to_owned(),
        remedy: match remedy {
            Some(statement) => format!("As a superuser: {statement}"),
            None => {
                "No statement puts it back: restore the table into another database, and compare its rows.".to_owned()
            }
        },
        table,
        key: object.clone(),
        expected: Some(expected.clone()),
        actual: Some(found.clone()),
        ..Finding::default()
    }
    .sealed()
}

fn finding(id: &str, difference: &Difference) -> Finding {
    let Difference { schema, kind, table, object, recorded, found, may_be_wanted } = difference;
    let what = match (recorded, found) {
        (Some(_), None) => "is gone",
        (None, _) => "was added",
        (Some(_), Some(_)) => "was changed",
    };
    let remedy = remedy(difference);
    let table = if kind == "function" { table.clone() } else { named(schema, table) };
    let message = match kind.as_str() {
        "rls" => format!("On {table}, {object} {what} since the last migration."),
        "function" => format!("The function {table}.{object} {what} since the last migration."),
        "firing" => format!("On {table}, the triggers of the constraint {object} do not all fire any more."),
        "setting" => format!("The setting {object} of the database {what} since the last migration."),
        "owner" => format!("The owner of {table} {what} since the last migration."),
        "relation" => format!("What {table} is {what} since the last migration."),
        _ => format!("On {table}, {kind} {object} {what} since the last migration."),
    };
    Finding {
        check: id.to_owned(),
        severity: if *may_be_wanted { Severity::Warn } else { Severity::Error },
        message,
        cause: "Somebody changed the schema by hand, or another tool did.".to_owned(),
        remedy,
        table,
        key: object.clone(),
        expected: recorded.clone(),
        actual: found.clone(),
        ..Finding::default()
    }
    .sealed()
}

/// The statement that takes a difference back, where one does; otherwise what to do.
fn remedy(difference: &Difference) -> String {
    let Difference { schema, kind, table, object, recorded, found, may_be_wanted } = difference;
    if kind == "function" {
        return "Compare it with the migration that made it: bursar migrate verify".to_owned();
    }
    match undo::statement(schema, kind, table, object, recorded.as_deref(), found.as_deref()) {
        Some(statement) if *may_be_wanted => {
            format!("Undo it: {statement}; or, where it is wanted, make it part of a migration.")
        }
        Some(statement) => format!("Put it back: {statement}"),
        None => "Undo the change, or make it part of a migration.".to_owned(),
    }
}
