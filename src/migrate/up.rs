//! Applies what is pending, one transaction a migration: the file, its line in the history, what
//! bursar records besides, and a picture of the schema for the audit, all or nothing.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Executor as _};

use super::{Migration, Set, State, lock, status};
use crate::db::{self, Connection, Session};
use crate::error::{Error, Kind, Result};
use crate::operations::Actor;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for another run to end.
    pub lock_wait: Duration,
    /// Who is running this.
    pub actor: Actor,
}

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another run holds the lock; who.
    Waiting(&'a str),
    /// A migration was applied, in this time.
    Applied {
        /// The set.
        set: &'a str,
        /// The migration.
        migration: &'a Migration,
        /// How long it took.
        took: Duration,
    },
}

/// The picture of a set's tables that the audit compares with later.
const RECORD_SCHEMA: &str = concat!(
    "WITH objects AS (",
    include_str!("../audit/sql/schema_objects.sql"),
    ")
INSERT INTO bursar.schema_objects (set_name, kind, relation, object, definition)
SELECT $1, kind, relation, object, definition FROM objects"
);

/// Applies every pending migration of the sets, in the order given. Returns how many.
///
/// # Errors
/// A conflict where another run holds the lock too long; a refusal where the history does not fit
/// the files; otherwise the failing migration's error with file, line and column. What was applied
/// before it stays, and the failing one is rolled back.
pub async fn up(
    session: &mut Session,
    sets: &[Set],
    options: &Options,
    mut tell: impl FnMut(Event<'_>),
) -> Result<usize> {
    lock::acquire(session, options.lock_wait, |holder| tell(Event::Waiting(holder))).await?;
    let mut done = 0;
    for set in sets {
        // The state is read again under the lock: another run may have been faster.
        let status = status(session, set).await?;
        // A file that is missing explains one that is out of order, so the most telling comes first.
        let gravest = [State::Modified, State::Missing, State::Partial, State::OutOfOrder];
        let trouble = gravest.iter().find_map(|state| status.migrations.iter().find(|l| l.state == *state));
        if let Some(line) = trouble {
            let trouble = match line.state {
                State::Modified => "was changed after it was applied",
                State::Missing => "was applied, but this bursar has no such file; a newer version may have applied it",
                State::Partial => "was begun and not finished",
                _ => "is pending, though a later one was applied",
            };
            return Err(Error::refused(format!(
                "migration {} {} of {} {trouble}; nothing was applied",
                line.version, line.description, set.name
            ))
            .hint("look at it with `bursar migrate status`"));
        }
        ensure_history(session, set).await?;
        for migration in set
            .migrations
            .iter()
            .filter(|m| status.migrations.iter().any(|l| l.version == m.version && l.state == State::Pending))
        {
            let started = Instant::now();
            apply(session, set, migration, options).await?;
            // A file may have changed the session's settings, as a dump does.
            session.execute("RESET ALL").await?;
            done += 1;
            tell(Event::Applied { set: &set.name, migration, took: started.elapsed() });
        }
    }
    Ok(done)
}

async fn ensure_history(connection: &mut Connection, set: &Set) -> Result<()> {
    if !db::relation_exists(connection, &set.history).await? {
        // The columns are sqlx's own, so that sqlx reads this table as its own. Hosted servers grant
        // every new table to their API's roles by name, which a revoke from PUBLIC leaves standing.
        let Set { schema, history, .. } = set;
        let sql = format!(
            "CREATE SCHEMA IF NOT EXISTS {schema};
             CREATE TABLE IF NOT EXISTS {history} (
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
    }
    Ok(())
}

async fn apply(connection: &mut Connection, set: &Set, migration: &Migration, options: &Options) -> Result<()> {
    let begun = Instant::now();
    connection.execute("BEGIN").await?;
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(migration.sql.clone())).execute(&mut *connection).await {
        let explained = explain(error, migration);
        // Where even this fails, the connection is gone, and the server rolls back by itself.
        let _ = connection.execute("ROLLBACK").await;
        return Err(explained);
    }
    let nanoseconds = i64::try_from(begun.elapsed().as_nanos()).unwrap_or(i64::MAX);
    let insert = format!(
        "INSERT INTO {} (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, $3, $4)",
        set.history
    );
    sqlx::query(AssertSqlSafe(insert))
        .bind(migration.version)
        .bind(&migration.description)
        .bind(&migration.checksum)
        .bind(nanoseconds)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO bursar.migration_runs (set_name, version, description, checksum, sql_text, statements_done, statements_total,
                                            direction, database_role, os_user, host, started_at, finished_at, duration_ms, success)
         VALUES ($1, $2, $3, $4, $5, NULL, NULL, 'up', session_user, $6, $7, now(), clock_timestamp(), $8, TRUE)",
    )
    .bind(&set.name)
    .bind(migration.version)
    .bind(&migration.description)
    .bind(&migration.checksum)
    .bind(&migration.sql)
    .bind(&options.actor.os_user)
    .bind(&options.actor.host)
    .bind(nanoseconds / 1_000_000)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM bursar.schema_objects WHERE set_name = $1")
        .bind(&set.name)
        .execute(&mut *connection)
        .await?;
    // The server's text of an expression depends on the search path; the audit uses this one too.
    connection.execute("SET LOCAL search_path = pg_catalog").await?;
    sqlx::query(RECORD_SCHEMA).bind(&set.name).bind(&set.schema).execute(&mut *connection).await?;
    connection.execute("COMMIT").await?;
    Ok(())
}

/// The server's error with file, line, column and a caret under the place.
fn explain(error: sqlx::Error, migration: &Migration) -> Error {
    let place = db::locate(&error, &migration.sql);
    let mut error = Error::from(error);
    if error.kind == Kind::Usage {
        error.kind = Kind::Failed;
    }
    let what = match place {
        Some((line, column, text)) => {
            let caret = " ".repeat(column.saturating_sub(1));
            format!("{}:{line}:{column} failed and was rolled back\n  {text}\n  {caret}^\n", migration.file)
        }
        None => format!("{} failed and was rolled back", migration.file),
    };
    let error = error.context(what);
    if error.hint.is_some() {
        error
    } else {
        error.hint("what was applied before it stays; mend the cause and run `bursar migrate up` again")
    }
}
