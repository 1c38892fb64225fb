//! The types that the queries of a pack return: whether the engine can compute and compare with them. A wrong one is told
//! with its place and with what to write, before a query runs.

use std::borrow::Cow;

use sqlx::postgres::PgColumn;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, Row as _, SqlSafeStr as _, Statement as _, TypeInfo as _};

use super::model::Pack;
use super::problem::Problem;
use super::sql::Sql;
use crate::db::{Connection, sqlstate};
use crate::error::Result;
use crate::text::locate;

/// The type that a column needs.
#[derive(Clone, Copy)]
enum Needs {
    /// An integer or `numeric`, which the engine computes with.
    Exact,
    /// Anything but a float.
    NoFloat,
    /// `timestamptz`, or a day.
    Moment,
    /// Anything but a time without a zone.
    Zone,
    /// A number of any kind.
    Number,
    /// `boolean`.
    Flag,
    /// A list of names.
    Names,
}

const ENTRIES: &[(&str, Needs)] = &[
    ("delta", Needs::Exact),
    ("running", Needs::Exact),
    ("running_before", Needs::Exact),
    ("magnitude", Needs::Exact),
    ("at", Needs::Moment),
];
const BALANCES: &[(&str, Needs)] =
    &[("balance", Needs::Exact), ("floor", Needs::Exact), ("opening", Needs::Exact), ("opened_at", Needs::Moment)];
const PAYMENTS: &[(&str, Needs)] =
    &[("amount", Needs::NoFloat), ("granted", Needs::NoFloat), ("created_at", Needs::Zone)];
const JOBS: &[(&str, Needs)] = &[
    ("created_at", Needs::Zone),
    ("scheduled_at", Needs::Zone),
    ("retry_at", Needs::Zone),
    ("started_at", Needs::Zone),
    ("lease_until", Needs::Zone),
    ("finished_at", Needs::Zone),
    ("failed_at", Needs::Zone),
    ("progress_at", Needs::Zone),
    ("priority", Needs::Number),
];
const WORKERS: &[(&str, Needs)] = &[
    ("queues", Needs::Names),
    ("kinds", Needs::Names),
    ("in_turn", Needs::Flag),
    ("heartbeat", Needs::Zone),
    ("since", Needs::Zone),
];
const QUEUES: &[(&str, Needs)] = &[("paused", Needs::Flag), ("limit", Needs::Number)];
const SCHEDULES: &[(&str, Needs)] = &[("next_at", Needs::Zone), ("last_at", Needs::Zone), ("enabled", Needs::Flag)];
const CLAIMABLE: &[(&str, Needs)] = &[("since", Needs::Zone)];
const PACE: &[(&str, Needs)] = &[("at", Needs::Zone), ("created_at", Needs::Zone), ("priority", Needs::Number)];

/// The columns of a ledger that are amounts of its units.
const AMOUNTS: [&str; 2] = ["delta", "balance"];

/// The columns of the two queries of a ledger that the engine compares with each other.
const OF_A_LEDGER: &[&str] = &["account", "unit"];

/// Those of the two queries of jobs.
const OF_JOBS: &[&str] = &["job_id"];

/// The columns whose types the engine cannot compute or compare with, after [`Pack::enter_to_prepare`]. A query that does
/// not fit the database is passed over: [`super::verify`] tells it. Nothing is run.
///
/// # Errors
/// If the server cannot be asked.
pub(super) async fn wrong_types(connection: &mut Connection, pack: &Pack) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let queries = pack
        .all_ledgers()
        .flat_map(|l| [(&l.entries, ENTRIES)].into_iter().chain(l.balances.as_ref().map(|b| (b, BALANCES))))
        .chain(pack.payments.iter().map(|p| (&p.sql, PAYMENTS)))
        .chain(pack.jobs.iter().flat_map(|j| {
            let more = [
                (&j.workers, WORKERS),
                (&j.queues, QUEUES),
                (&j.schedules, SCHEDULES),
                (&j.claimable, CLAIMABLE),
                (&j.pace, PACE),
            ];
            [(&j.jobs, JOBS)]
                .into_iter()
                .chain(more.into_iter().filter_map(|(sql, needs)| Some((sql.as_ref()?, needs))))
        }));
    let mut described = Vec::new();
    let mut zone = None;
    for (sql, needs) in queries {
        let text = sql.filled(connection).await?;
        let Some(columns) = columns(connection, &text).await? else { continue };
        for (name, need) in needs {
            let Some(kind) = columns.iter().find(|c| c.name() == *name).map(|c| c.type_info().name()) else { continue };
            if matches!(kind, "TIMESTAMP" | "DATE") && zone.is_none() {
                zone = Some(database_zone(connection).await?);
            }
            problems.extend(
                wrong(sql, name, *need, kind, zone.as_deref().unwrap_or_default()).map(|why| at(sql, name, why)),
            );
        }
        let whole = AMOUNTS.iter().find_map(|name| {
            let found = columns.iter().find(|c| c.name() == *name)?;
            needs.iter().any(|(need, _)| need == name).then(|| (*name, found.type_info().name().to_owned()))
        });
        if let Some((name, kind)) = whole.filter(|(_, kind)| matches!(kind.as_str(), "INT2" | "INT4" | "INT8"))
            && let Some(unit) = pack.units.iter().find(|unit| unit.decimals > 0)
        {
            let now = match expression(sql, name) {
                now if now == name && renames(sql, name) => "EXPRESSION",
                now => now,
            };
            let one = format!("1{:0<1$}", "", unit.decimals as usize);
            let why = format!(
                "'{name}' is {}, which has no decimals, and [[units]] gives {} {}. An amount is in whole units: write ({now} / {one}.0) AS \
                 {name}, and the same for every amount, or decimals = 0",
                shown(&kind),
                unit.name,
                unit.decimals
            );
            problems.push(at(sql, name, why));
        }
        described.push((sql, columns));
    }
    let of = |query: &Sql| described.iter().find(|(sql, _)| std::ptr::eq(*sql, query));
    let ledgers = pack.all_ledgers().filter_map(|l| Some((&l.entries, l.balances.as_ref()?, OF_A_LEDGER)));
    let jobs = pack.jobs.iter().filter_map(|j| Some((&j.jobs, j.claimable.as_ref()?, OF_JOBS)));
    for (one, two, compared) in ledgers.chain(jobs) {
        let Some(((first, ours), (second, theirs))) = of(one).zip(of(two)) else { continue };
        for name in compared {
            let kind = |columns: &[PgColumn]| columns.iter().find(|c| c.name() == *name).map(|c| c.type_info().clone());
            let (Some(one), Some(other)) = (kind(ours), kind(theirs)) else { continue };
            let sql = format!("SELECT a.{name} = b.{name} FROM ({}\n) AS a, ({}\n) AS b", first.text, second.text);
            if one != other && columns(connection, &sql).await?.is_none() {
                let (here, there) = (shown(other.name()), shown(one.name()));
                let becomes = columns(connection, &format!("SELECT NULL::{here}::{there}")).await?.is_some();
                let write = match becomes {
                    true => cast(second, name, &there),
                    false => format!("{}, and the same there", cast(second, name, "text")),
                };
                let why = format!(
                    "'{name}' is {here} here and {there} in {}, and the two cannot be compared: write {write}",
                    first.file
                );
                problems.push(at(second, name, why));
            }
        }
    }
    Ok(problems)
}

/// The reason why a column has a wrong type, with the text to write instead; none if it has the right one.
fn wrong(sql: &Sql, name: &str, need: Needs, kind: &str, zone: &str) -> Option<String> {
    let is = |what: String| Some(format!("'{name}' is {}{what}", shown(kind)));
    match (need, kind) {
        (Needs::Exact | Needs::NoFloat, "FLOAT4" | "FLOAT8") => {
            // The name alone is the alias of something longer, and means nothing in the query itself.
            let (now, what) = match expression(sql, name) {
                now if now == name && renames(sql, name) => {
                    ("(EXPRESSION)", format!(", where EXPRESSION is what the query has for {name} now"))
                }
                now => (now, String::new()),
            };
            is(format!(
                ", and amounts are exact: write round({now}::numeric, 2) AS {name}{what}, with the decimals that the unit has"
            ))
        }
        (Needs::Exact, "INT2" | "INT4" | "INT8" | "NUMERIC") | (Needs::NoFloat, _) => None,
        (Needs::Exact, _) => {
            is(format!(", and an amount is an integer or numeric: write {}", cast(sql, name, "numeric")))
        }
        (Needs::Moment | Needs::Zone, "TIMESTAMP") => is(format!(
            ", which says no instant: write {} AT TIME ZONE '{zone}', if that is the zone in which it was written",
            expression(sql, name)
        )),
        // A day is read as its midnight in UTC, which is a day's length off elsewhere.
        (Needs::Moment | Needs::Zone, "DATE") if !is_utc(zone) => is(format!(
            ", which begins at another instant in each zone: write {}::timestamp AT TIME ZONE '{zone}'",
            expression(sql, name)
        )),
        (Needs::Moment, "TIMESTAMPTZ" | "DATE") | (Needs::Zone, _) => None,
        (Needs::Moment, "INT4" | "INT8" | "NUMERIC" | "FLOAT8") => is(format!(
            ", and a time is timestamptz: write to_timestamp({}), where that counts seconds",
            expression(sql, name)
        )),
        (Needs::Moment, _) => is(format!(", and a time is timestamptz: write {}", cast(sql, name, "timestamptz"))),
        (Needs::Number, "INT2" | "INT4" | "INT8" | "NUMERIC" | "FLOAT4" | "FLOAT8") => None,
        (Needs::Number, _) => is(format!(", and has to be a number: write {}", cast(sql, name, "integer"))),
        (Needs::Flag, "BOOL") => None,
        (Needs::Flag, _) => is(format!(", and has to be true or false: write {}", cast(sql, name, "boolean"))),
        (Needs::Names, "TEXT[]" | "VARCHAR[]" | "NAME[]") => None,
        (Needs::Names, _) => is(format!(", and has to be a list of names: write {}", cast(sql, name, "text[]"))),
    }
}

fn is_utc(zone: &str) -> bool {
    matches!(zone.to_ascii_uppercase().trim_start_matches("ETC/"), "UTC" | "GMT" | "UCT" | "ZULU")
}

/// The zone in which this database reads and writes times without one: its own setting, or else the server's. The session
/// says UTC whatever that is, and the server's configuration may be hidden from the role; its logs then stand for it, which
/// are set up with the same zone.
///
/// # Errors
/// If the server cannot be asked.
pub(super) async fn database_zone(connection: &mut Connection) -> Result<String> {
    let may_read = "SELECT has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')
                           AND has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')";
    let row = sqlx::query(AssertSqlSafe(format!(
        "SELECT (SELECT split_part(c.setting, '=', 2)
                   FROM pg_catalog.pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c (setting)
                  WHERE s.setrole = 0 AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
                    AND lower(split_part(c.setting, '=', 1)) = 'timezone'
                  ORDER BY s.setdatabase DESC LIMIT 1) AS own,
                ({may_read}) AS may_read, current_setting('log_timezone') AS logs"
    )))
    .fetch_one(&mut *connection)
    .await?;
    if let Some(own) = row.try_get::<Option<String>, _>("own")? {
        return Ok(own);
    }
    let mut configured = None;
    if row.try_get("may_read")? {
        configured = sqlx::query_scalar(
            "SELECT f.setting FROM pg_catalog.pg_file_settings f WHERE lower(f.name) = 'timezone' AND f.error IS NULL ORDER BY f.seqno DESC LIMIT 1",
        )
        .fetch_optional(connection)
        .await?;
    }
    Ok(configured.flatten().unwrap_or(row.try_get("logs")?))
}

/// The columns of a query, which is prepared and not run; none if it does not fit the database.
async fn columns(connection: &mut Connection, sql: &str) -> Result<Option<Vec<PgColumn>>> {
    connection.execute("SAVEPOINT columns").await?;
    loop {
        let columns = match connection.prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await {
            Ok(statement) => Some(statement.columns().to_vec()),
            // Behind a pooler, another client may have left a statement under the name that this one was to have.
            Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some(sqlstate::DUPLICATE_PREPARED_STATEMENT) => {
                connection.execute("ROLLBACK TO SAVEPOINT columns").await?;
                continue;
            }
            Err(sqlx::Error::Database(_)) => None,
            Err(lost) => return Err(lost.into()),
        };
        connection.execute("ROLLBACK TO SAVEPOINT columns; RELEASE SAVEPOINT columns").await?;
        return Ok(columns);
    }
}

/// A defect of a column, at its place in the file.
pub(super) fn at(sql: &Sql, column: &str, message: String) -> Problem {
    let place = place(&sql.text, column).map(|at| locate(&sql.text, at));
    let (line, column, text) = place.map_or((None, None, None), |p| (Some(p.line), Some(p.column), Some(p.text)));
    Problem { file: sql.file.clone(), line, column, text, message }
}

/// The byte at which the file names a column: `AS name`, or else the name by itself, outside of comments.
fn place(text: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut begin = 0;
    let mut alone = None;
    for line in text.split_inclusive('\n') {
        let code = line.split("--").next().unwrap_or_default();
        for (at, _) in code.to_ascii_lowercase().match_indices(name) {
            let (before, after) = (&code[..at], &code[at + name.len()..]);
            let quoted = before.strip_suffix('"').unwrap_or(before);
            if before.ends_with(is_word) || after.starts_with(|c: char| is_word(c) || matches!(c, '.' | '(')) {
                continue;
            }
            if quoted.to_ascii_lowercase().trim_end().ends_with(" as") || quoted.trim() == "AS" {
                return Some(begin + at);
            }
            alone = alone.or(Some(begin + at));
        }
        begin += line.len();
    }
    alone
}

/// The expression that a column has in the file, where it is a plain one; otherwise the column's name.
fn expression<'a>(sql: &'a Sql, column: &'a str) -> &'a str {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"' | ':');
    let Some(at) = place(&sql.text, column) else { return column };
    let before = sql.text[..at].trim_end_matches('"');
    let lower = before.to_ascii_lowercase();
    let (from, until) = match lower.trim_end().strip_suffix("as").filter(|b| b.ends_with(char::is_whitespace)) {
        Some(renamed) => (before, renamed.trim_end().len()),
        None => (&sql.text[..], at + column.len()),
    };
    let start = from[..until].trim_end_matches(is_part).len();
    let whole = from[..start].trim_end();
    let is_plain = whole.ends_with(',') || whole.to_ascii_lowercase().ends_with("select");
    if is_plain && start < until { &from[start..until] } else { column }
}

/// True if the file gives an expression this name, so that the name is no column which the expression could be read from.
fn renames(sql: &Sql, column: &str) -> bool {
    let before = place(&sql.text, column).map_or("", |at| &sql.text[..at]);
    before.trim_end_matches('"').trim_end().to_ascii_lowercase().ends_with(" as")
}

/// The column's expression, cast to a type.
fn cast(sql: &Sql, column: &str, kind: &str) -> String {
    let expression = expression(sql, column);
    match expression {
        null if null.eq_ignore_ascii_case("null") => format!("NULL::{kind}"),
        // What is too long to be said again is named.
        name if name == column && renames(sql, column) => format!("(EXPRESSION)::{kind} AS {column}"),
        expression => format!("{expression}::{kind}"),
    }
}

/// The name of a type as SQL has it.
fn shown(kind: &str) -> Cow<'static, str> {
    match kind {
        "FLOAT4" => "real".into(),
        "FLOAT8" => "double precision".into(),
        "INT2" => "smallint".into(),
        "INT4" => "integer".into(),
        "INT8" => "bigint".into(),
        "TIMESTAMP" => "timestamp without time zone".into(),
        other => other.to_lowercase().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sql, cast, expression, place};

    fn sql(text: &str) -> Sql {
        Sql { file: "f".into(), text: text.into() }
    }

    #[test]
    fn a_column_is_found_where_the_file_names_it() {
        let text = "-- the delta\nSELECT e.delta_id, e.x AS delta, e.running,\n       NULL AS kind FROM e";
        assert_eq!(place(text, "delta"), text.find("delta, e.running"));
        assert_eq!(place(text, "running"), text.find("running"));
        assert_eq!(place(text, "at"), None);
    }

    #[test]
    fn a_plain_expression_is_told_as_it_stands() {
        let sql =
            sql("SELECT e.x AS delta, e.running, a + b AS total, e.\"at\" AS at,\n NULL AS unit, f(x) AS kind FROM e");
        for (column, expected) in
            [("delta", "e.x"), ("running", "e.running"), ("total", "total"), ("at", "e.\"at\""), ("kind", "kind")]
        {
            assert_eq!(expression(&sql, column), expected);
        }
        assert_eq!(cast(&sql, "unit", "text"), "NULL::text");
        assert_eq!(cast(&sql, "delta", "numeric"), "e.x::numeric");
        // What is to be written has no name of the query's own result in it.
        assert_eq!(cast(&sql, "kind", "uuid"), "(EXPRESSION)::uuid AS kind");
        assert_eq!(cast(&self::sql("SELECT e.id::text AS account FROM e"), "account", "uuid"), "e.id::text::uuid");
    }
}
