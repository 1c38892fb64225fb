//! The records of what was run: sqlx's history table and `bursar.migration_runs`. Every name is qualified, because
//! the migration that ran before in the same session may have changed the search path.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};

use super::model::{Direction, Progress};
use super::script::Script;
use super::source::{Migration, Set};
use super::sqlx_histories;
use crate::db::{self, Connection, quote_literal};
use crate::error::{Error, Result};
use crate::operations::Actor;
use crate::store::migration_runs::{self, Open};

/// The text of a run that is over is kept up to this many bytes.
const LARGEST_KEPT: usize = 1 << 20;

/// The description of an adoption.
const ADOPTION: &str = "adoption";

/// A migration that runs one statement after the other.
#[derive(Debug)]
pub struct Begun {
    /// The row of `bursar.migration_runs`; none where that is not kept.
    run: Option<i64>,
    /// Number of statements that are done.
    pub done: usize,
    /// True if the next one was being tried when a run ended without a word.
    pub tried: bool,
    /// The text that the statements are from which are done.
    pub text: Option<String>,
}

/// True if the history of a set is there.
///
/// # Errors
/// A usage error where the table of that name is none: it has not the columns of sqlx's.
pub async fn is_there(connection: &mut Connection, set: &Set) -> Result<bool> {
    if !db::relation_exists(&mut *connection, &set.history_plain()).await? {
        return Ok(false);
    }
    let missing: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(w.name || ' ' || w.type, ', ' ORDER BY w.place)
           FROM (VALUES (1, 'version', 'bigint'), (2, 'description', 'text'), (3, 'success', 'boolean'), (4, 'checksum', 'bytea'),
                        (5, 'installed_on', 'timestamptz'), (6, 'execution_time', 'bigint')) w (place, name, type)
          WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                             WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attname = w.name AND NOT a.attisdropped
                               AND a.atttypid IN (w.type::regtype, CASE w.type WHEN 'text' THEN 'varchar'::regtype END))",
    )
    .bind(set.history())
    .fetch_one(connection)
    .await?;
    match missing {
        None => Ok(true),
        Some(missing) => Err(Error::usage(format!(
            "{} is no history of migrations: it has no {missing}",
            set.history()
        ))
        .hint(
            "name a table that sqlx or bursar has made, or one that is not there yet: --history-table own_migrations",
        )),
    }
}

/// Makes the history table of a set where there is none. The columns are sqlx's own, so that sqlx reads this table
/// as its own. Hosted servers grant every new table to their API's roles by name, which a revoke from PUBLIC leaves
/// standing.
///
/// # Errors
/// If it cannot be made.
pub async fn ensure(connection: &mut Connection, set: &Set) -> Result<()> {
    if db::writable_exists(connection, &set.history_plain()).await? {
        return Ok(());
    }
    let (schema, history) = (db::quote_identifier(&set.schema), set.history());
    // Whoever may not make a schema may still be at home in one that is there.
    let there: bool =
        sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL").bind(&schema).fetch_one(&mut *connection).await?;
    let schema = if there { String::new() } else { format!("CREATE SCHEMA IF NOT EXISTS {schema};") };
    let sql = format!(
        "{schema}
         CREATE TABLE {history} (
             version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
             success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);
         REVOKE ALL ON {history} FROM PUBLIC;
         DO $$ DECLARE grantee text; BEGIN
             FOR grantee IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role') LOOP
                 EXECUTE format('REVOKE ALL ON {history} FROM %I', grantee);
             END LOOP;
         END $$"
    );
    connection.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}

/// The SQL that records a migration that ran in the transaction that is open. It is text without parameters, so
/// that the record, the commit and what comes after it are one round trip.
pub(super) fn ended(
    set: &Set,
    migration: &Migration,
    direction: Direction,
    script: &Script,
    actor: &Actor,
    took: Duration,
    records: bool,
) -> String {
    let history = match direction {
        Direction::Up => added(set, migration, true, i64::try_from(took.as_nanos()).unwrap_or(i64::MAX)),
        Direction::Down => removed(set, migration.version),
    };
    if !records {
        return history;
    }
    let Migration { version, description, checksum, .. } = migration;
    format!("{history};\n{}", ran(set, (*version, description, checksum), direction, script, actor, took))
}

/// The SQL that adds a run to the log of runs: the version, the description and the checksum of what ran.
fn ran(
    set: &Set,
    (version, description, checksum): (i64, &str, &[u8]),
    direction: Direction,
    script: &Script,
    actor: &Actor,
    took: Duration,
) -> String {
    // Nothing reads that of a run which is over but an adoption's, and rows of data are in the database already.
    let text = match script.text.len() > LARGEST_KEPT && description != ADOPTION {
        true => "NULL".to_owned(),
        false => quote_literal(&script.text),
    };
    format!(
        "INSERT INTO bursar.migration_runs (set_name, version, description, checksum, sql_text, direction, database_role,
                                            os_user, host, started_at, finished_at, duration_ms, success)
         VALUES ({}, {version}, {}, {}, {}, {}, session_user, {}, {}, now(), clock_timestamp(), {}, TRUE)",
        quote_literal(&set.run_name),
        quote_literal(description),
        bytes(checksum),
        text,
        quote_literal(direction.name()),
        quote_literal(&actor.os_user),
        quote_literal(&actor.host),
        took.as_millis()
    )
}

/// The SQL that adds a migration to the history. `nanoseconds` is how long it took; -1 where it was not run, as
/// sqlx has it.
pub(super) fn added(set: &Set, migration: &Migration, success: bool, nanoseconds: i64) -> String {
    let Migration { version, description, checksum, .. } = migration;
    format!(
        "INSERT INTO {} (version, description, success, checksum, execution_time) VALUES ({version}, {}, {success}, {}, {})",
        set.history(),
        quote_literal(description),
        bytes(checksum),
        nanoseconds
    )
}

/// The SQL that records an adoption, and these migrations as applied.
pub(super) fn adopted(set: &Set, migrations: &[&Migration], script: &Script, actor: &Actor, took: Duration) -> String {
    let mut sql: String = migrations.iter().map(|m| added(set, m, true, -1) + ";\n").collect();
    let last = set.migrations.last().map_or(0, |m| m.version);
    let checksum = super::source::checksum(&script.text);
    sql.push_str(&ran(set, (last, ADOPTION, &checksum), Direction::Up, script, actor, took));
    sql
}

/// The SQL that takes a migration out of the history.
pub(super) fn removed(set: &Set, version: i64) -> String {
    format!("DELETE FROM {} WHERE version = {version}", set.history())
}

/// Bytes as SQL, whatever backslashes mean in the session.
pub(super) fn bytes(bytes: &[u8]) -> String {
    format!("pg_catalog.decode('{}', 'hex')", hex::encode(bytes))
}

/// Records that a migration is begun which will be recorded statement by statement, or finds how far it came.
pub(super) async fn begin(
    connection: &mut Connection,
    set: &Set,
    migration: &Migration,
    direction: Direction,
    total: usize,
    actor: &Actor,
    records: bool,
) -> Result<Begun> {
    connection.execute(AssertSqlSafe(format!("BEGIN; {}", db::pinning()))).await?;
    let history = set.history();
    let finished: Option<bool> =
        sqlx::query_scalar(AssertSqlSafe(format!("SELECT success FROM {history} WHERE version = $1")))
            .bind(migration.version)
            .fetch_optional(&mut *connection)
            .await?;
    let script = migration.script(direction)?;
    let open = if finished == Some(false) && records {
        let own = set.history_plain();
        let is_alone = sqlx_histories::is_alone(&mut *connection, &own, migration.version).await?;
        migration_runs::open(&own, is_alone, migration.version, direction.name()).optional(&mut *connection).await?
    } else {
        match direction {
            _ if finished == Some(false) => {}
            Direction::Up => {
                connection.execute(AssertSqlSafe(added(set, migration, false, 0))).await?;
            }
            Direction::Down => {
                let sql = format!("UPDATE {history} SET success = FALSE WHERE version = {}", migration.version);
                connection.execute(AssertSqlSafe(sql)).await?;
            }
        }
        None
    };
    let begun = match open {
        Some(Open { id, statements_done, success, sql_text }) => Begun {
            run: Some(id),
            done: usize::try_from(statements_done).unwrap_or(0),
            tried: success.is_none(),
            text: sql_text,
        },
        None if !records => Begun { run: None, done: 0, tried: finished == Some(false), text: None },
        None => {
            let Migration { version, description, checksum, .. } = migration;
            let (os_user, host) = (&actor.os_user, &actor.host);
            let (text, total, direction) = (&script.text, count(total), direction.name());
            let own = set.history_plain();
            let call =
                migration_runs::begin(&own, *version, description, checksum, text, total, direction, os_user, host);
            let (run,) = call.one(&mut *connection).await?;
            Begun { run: Some(run), done: 0, tried: false, text: None }
        }
    };
    connection.execute("COMMIT").await?;
    Ok(begun)
}

/// Records that a migration that stopped goes on, with the text as it is now.
pub(super) async fn goes_on(
    connection: &mut Connection,
    set: &Set,
    begun: &Begun,
    migration: &Migration,
    direction: Direction,
    total: usize,
) -> Result<()> {
    let text = &migration.script(direction)?.text;
    let Some(run) = begun.run else { return Ok(()) };
    migration_runs::goes_on(run, &set.history_plain(), count(total), text, &migration.checksum).run(connection).await
}

fn count(statements: usize) -> i32 {
    i32::try_from(statements).unwrap_or(i32::MAX)
}

/// Records that the next statement is being tried.
pub(super) async fn trying(connection: &mut Connection, begun: &Begun) -> Result<()> {
    connection.execute(AssertSqlSafe(db::own_path() + &changed(begun, "success = NULL"))).await?;
    Ok(())
}

/// Records that the statement that was tried failed, and left nothing.
pub(super) async fn stopped(connection: &mut Connection, begun: &Begun) -> Result<()> {
    connection.execute(AssertSqlSafe(db::own_path() + &changed(begun, "success = FALSE"))).await?;
    Ok(())
}

/// Records that this many statements are done.
pub(super) async fn step(connection: &mut Connection, begun: &Begun, done: usize) -> Result<()> {
    connection.execute(AssertSqlSafe(db::own_path() + &stepped(begun, done))).await?;
    Ok(())
}

/// The SQL of [`step`].
pub(super) fn stepped(begun: &Begun, done: usize) -> String {
    changed(begun, &format!("statements_done = {done}, success = FALSE"))
}

fn changed(begun: &Begun, change: &str) -> String {
    // Where there is no such row, the history alone says that it is not finished.
    let update = |run: i64| format!("UPDATE bursar.migration_runs SET {change} WHERE id = {run}");
    begun.run.map_or_else(|| "SELECT 1".to_owned(), update)
}

/// Records that all statements are done.
pub(super) async fn finished(
    connection: &mut Connection,
    set: &Set,
    migration: &Migration,
    direction: Direction,
    begun: &Begun,
    took: Duration,
) -> Result<()> {
    match direction {
        Direction::Up => {
            let sql = format!(
                "UPDATE {} SET success = TRUE, checksum = $2, execution_time = $3, installed_on = now() WHERE version = $1",
                set.history()
            );
            sqlx::query(AssertSqlSafe(sql))
                .bind(migration.version)
                .bind(&migration.checksum)
                .bind(i64::try_from(took.as_nanos()).unwrap_or(i64::MAX))
                .execute(&mut *connection)
                .await?;
        }
        Direction::Down => {
            connection.execute(AssertSqlSafe(removed(set, migration.version))).await?;
        }
    }
    match begun.run {
        Some(run) => migration_runs::finished(run, &set.run_name).run(connection).await,
        None => Ok(()),
    }
}

/// True if this role can record runs in bursar's own schema.
///
/// # Errors
/// If the server cannot be asked.
pub async fn keeps_records(connection: &mut Connection) -> Result<bool> {
    let sql = "SELECT count(*) = 2 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'bursar' AND c.relname IN ('migration_runs', 'schema_objects')
                  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
                  AND pg_catalog.has_table_privilege(c.oid, 'INSERT')";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// True if this role can read the history of bursar's own schema.
///
/// # Errors
/// If the server cannot be asked.
pub async fn shows_records(connection: &mut Connection) -> Result<bool> {
    let sql = "SELECT count(*) = 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'bursar' AND c.relname = '_migrations'
                  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// True if this role can make bursar's own schema, or owns it.
///
/// # Errors
/// If the server cannot be asked.
pub async fn may_keep_records(connection: &mut Connection) -> Result<bool> {
    let sql = "SELECT coalesce(
            (SELECT pg_catalog.pg_has_role(n.nspowner, 'USAGE') FROM pg_catalog.pg_namespace n WHERE n.nspname = 'bursar'),
            pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
                AND (r.rolsuper OR r.rolcreaterole OR (SELECT count(*) = 3 FROM pg_catalog.pg_roles
                      WHERE rolname IN ('bursar_auditor', 'bursar_support', 'bursar_operator'))))
          FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";
    Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
}

/// Progress of a migration that a history, given as `schema.table`, says is begun and not finished. `None` if bursar has no
/// record of it.
///
/// # Errors
/// If the record cannot be read.
pub async fn progress(connection: &mut Connection, history: &str, version: i64) -> Result<Option<Progress>> {
    if !db::relation_exists(connection, migration_runs::TABLE).await? {
        return Ok(None);
    }
    let is_alone = sqlx_histories::is_alone(&mut *connection, history, version).await?;
    let found = migration_runs::progress(history, is_alone, version).optional(connection).await?;
    let progress = |run: migration_runs::Progress| {
        let (statements_done, statements_total) = (run.statements_done, run.statements_total);
        Ok(Progress { direction: Direction::named(&run.direction)?, statements_done, statements_total })
    };
    found.map(progress).transpose()
}
