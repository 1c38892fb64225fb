//! The shared connection module: every connection to a target database is opened here.
//!
//! A [`Database`] is where to connect and how patiently. A read is a transaction that the server
//! itself holds read-only ([`Database::read`]); a write needs a [`WritePermit`], which only
//! [`Database::permit`] hands out, after the protection of the database was looked at. All settings
//! are made with `SET LOCAL` inside explicit transactions, so that nothing leaks through a
//! transaction pooler; only [`Database::session`], for migrations, holds a session of its own.

mod classify;
mod guard;
mod place;
mod savepoint;
mod service;
mod target;
mod visibility;

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgDatabaseError;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};

pub use classify::kind_of;
pub use guard::{Consent, Protection, WritePermit};
pub use place::{Place, place};
pub(crate) use savepoint::guarded;
pub use target::{Request, Target, resolve};
pub use visibility::may_hide;

use crate::error::{Error, Kind, Result};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For opening a connection.
    pub connect: Duration,
    /// For one statement, enforced by the server; `None` leaves the server's own setting.
    pub statement: Option<Duration>,
}

/// A target database: where it is and how to connect, but no connection yet.
#[derive(Debug, Clone)]
pub struct Database {
    target: Target,
    limits: Limits,
    /// Server processes that work for us now, so that an interrupt can cancel them.
    backends: Arc<Mutex<BTreeSet<i32>>>,
}

/// What a connection will be used for; fixes what the server will let it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// The server refuses every write.
    Read,
    /// Writes are allowed.
    Write,
}

impl Database {
    /// A database that names itself `bursar <command>` in `pg_stat_activity`.
    pub fn new(mut target: Target, command: &str, limits: Limits) -> Self {
        target.options = target.options.application_name(&format!("bursar {command}")).disable_statement_logging();
        Database { target, limits, backends: Arc::default() }
    }

    /// Where this is; printing it shows no password.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same server and credentials, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.target.options = other.target.options.database(name);
        other
    }

    /// The same, with a bound on each statement, enforced by the server; a tighter one stays.
    #[must_use]
    pub fn with_statement_timeout(mut self, limit: Option<Duration>) -> Self {
        self.limits.statement = self.limits.statement.into_iter().chain(limit).min();
        self
    }

    /// Opens one snapshot of the database, `REPEATABLE READ READ ONLY`, enforced by the server.
    ///
    /// # Errors
    /// [`Kind::Connection`] where the server cannot be reached or turns us away.
    pub async fn read(&self) -> Result<Tx> {
        self.begin(Access::Read).await
    }

    /// Opens another transaction on the snapshot that a first one exported, so that the two see the
    /// same data.
    ///
    /// # Errors
    /// As [`Database::read`], and where the exporting transaction has ended.
    pub async fn read_snapshot(&self, exported: &str) -> Result<Tx> {
        let mut tx = self.begin(Access::Read).await?;
        // The server wants a literal here; its names of snapshots hold nothing but these.
        if !exported.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(Error::failed(format!("'{exported}' is no name of a snapshot")));
        }
        tx.execute(AssertSqlSafe(format!("SET TRANSACTION SNAPSHOT '{exported}'"))).await?;
        Ok(tx)
    }

    /// Opens a transaction that may write.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn write(&self, _permit: &WritePermit) -> Result<Tx> {
        self.begin(Access::Write).await
    }

    /// Opens a session outside any transaction, for work that spans several, such as migrations.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn session(&self, _permit: &WritePermit) -> Result<Session> {
        let mut session = self.connect().await?;
        session.set_patience(self.limits.statement, "SET").await?;
        Ok(session)
    }

    /// Opens a session outside any transaction, in which the server refuses every write.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn reading_session(&self) -> Result<Session> {
        let mut session = self.connect().await?;
        session.execute("SET default_transaction_read_only = on").await?;
        session.set_patience(self.limits.statement, "SET").await?;
        Ok(session)
    }

    async fn begin(&self, access: Access) -> Result<Tx> {
        let mut session = self.connect().await?;
        session
            .connection
            .execute(match access {
                Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            })
            .await?;
        session.set_patience(self.limits.statement, "SET LOCAL").await?;
        Ok(Tx { session })
    }

    async fn connect(&self) -> Result<Session> {
        let attempt = tokio::time::timeout(self.limits.connect, self.target.options.connect()).await;
        let what = format!("cannot connect to {}", self.target);
        let connection = match attempt {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => {
                let mut error = Error::from(error);
                // Whatever keeps a connection from opening is a connection error to a script.
                if error.kind == Kind::Failed {
                    error.kind = Kind::Connection;
                }
                if error.hint.is_none() && error.sqlstate.is_none() {
                    error = error
                        .hint(format!("is the server running there? The address came from {}", self.target.source));
                }
                return Err(error.context(what));
            }
            Err(_) => {
                let patience = humantime::format_duration(self.limits.connect);
                return Err(Error::new(Kind::Connection, format!("no answer within {patience}"))
                    .context(what)
                    .hint("check host, port and firewall, or allow more with --connect-timeout"));
            }
        };
        let mut session = Session { connection, pid: 0, backends: Arc::clone(&self.backends) };
        session.pid = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(&mut session.connection).await?.try_get(0)?;
        lock(&self.backends).insert(session.pid);
        Ok(session)
    }

    /// Whether a session of ours is open.
    pub fn is_busy(&self) -> bool {
        !lock(&self.backends).is_empty()
    }

    /// Cancels, from a second connection, what the server is doing for us now, and returns the
    /// server processes that do it. sqlx cannot send a cancel request on a connection that is busy.
    ///
    /// # Errors
    /// Where the second connection cannot be opened; the server then notices through
    /// `client_connection_check_interval` that we are gone.
    pub async fn cancel_running(&self) -> Result<Vec<i32>> {
        let pids: Vec<i32> = lock(&self.backends).iter().copied().collect();
        let mut connection = self.second_connection().await?;
        sqlx::query("SELECT pg_cancel_backend(pid) FROM unnest($1::int[]) AS pid")
            .bind(&pids)
            .execute(&mut connection)
            .await?;
        Ok(pids)
    }

    /// Waits until these server processes have ended, and so have rolled back what was open.
    /// Returns whether they have, within five seconds.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn wait_until_gone(&self, pids: &[i32]) -> Result<bool> {
        let mut connection = self.second_connection().await?;
        for _ in 0..100 {
            let gone = sqlx::query_scalar("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY ($1))")
                .bind(pids)
                .fetch_one(&mut connection)
                .await?;
            if gone {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Opens a connection beside those that are counted, to look at what they wait for.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub(crate) async fn second_connection(&self) -> Result<PgConnection> {
        let patience = self.limits.connect.min(Duration::from_secs(5));
        tokio::time::timeout(patience, self.target.options.connect())
            .await
            .map_err(|_| Error::new(Kind::Connection, "no second connection in time"))?
            .map_err(Error::from)
    }
}

/// A connection that is registered for cancelling. Dropping it ends it, and with it whatever
/// transaction was open.
#[derive(Debug)]
pub struct Session {
    connection: PgConnection,
    pid: i32,
    backends: Arc<Mutex<BTreeSet<i32>>>,
}

impl Session {
    /// The server process that works for this session.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Takes back every setting that was made in the session, and who it acts as, and makes ours again.
    ///
    /// # Errors
    /// Connection errors.
    pub async fn reset(&mut self, database: &Database) -> Result<()> {
        self.connection.execute("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL").await?;
        self.set_patience(database.limits.statement, "SET").await
    }

    /// Bounds how long a statement may run, and lets the server notice that we died while it runs.
    async fn set_patience(&mut self, statement: Option<Duration>, set: &'static str) -> Result<()> {
        if let Some(limit) = statement {
            let sql = format!("{set} statement_timeout = {}", limit.as_millis().max(1));
            self.connection.execute(AssertSqlSafe(sql)).await?;
        }
        // A server on a platform that cannot watch its sockets refuses this setting; the savepoint
        // keeps the transaction usable there.
        let in_transaction = set == "SET LOCAL";
        if in_transaction {
            self.connection.execute("SAVEPOINT patience").await?;
        }
        let sql = format!("{set} client_connection_check_interval = '2s'");
        match self.connection.execute(AssertSqlSafe(sql)).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(_)) if in_transaction => {
                self.connection.execute("ROLLBACK TO SAVEPOINT patience").await?;
            }
            Err(sqlx::Error::Database(_)) => {}
            Err(error) => return Err(error.into()),
        }
        if in_transaction {
            self.connection.execute("RELEASE SAVEPOINT patience").await?;
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        lock(&self.backends).remove(&self.pid);
    }
}

impl Deref for Session {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

/// An open transaction. Dropping it without [`Tx::commit`] rolls it back.
#[derive(Debug)]
pub struct Tx {
    session: Session,
}

impl Tx {
    /// Makes the transaction's changes permanent.
    ///
    /// # Errors
    /// Where the commit itself fails: then nothing was changed, unless the connection was lost
    /// while the answer was on its way, which the message says.
    pub async fn commit(mut self) -> Result<()> {
        self.session.connection.execute("COMMIT").await.map(|_| ()).map_err(|error| {
            let lost = error.as_database_error().is_none();
            let error = Error::from(error).context("the commit failed");
            if lost {
                error.hint(
                    "the connection was lost during the commit: look whether the change is there before trying again",
                )
            } else {
                error
            }
        })
    }

    /// Takes the transaction's changes back, and waits until the server confirms it.
    ///
    /// # Errors
    /// Where the connection was lost; the server rolls back then too.
    pub async fn rollback(mut self) -> Result<()> {
        self.session.connection.execute("ROLLBACK").await?;
        Ok(())
    }
}

impl Deref for Tx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.session
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.session
    }
}

/// The set stays valid whatever happened to a thread that held it, so poison is ignored.
fn lock(backends: &Mutex<BTreeSet<i32>>) -> std::sync::MutexGuard<'_, BTreeSet<i32>> {
    backends.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Quotes an identifier for SQL text, as the server's own `quote_ident` always may.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quotes a text for SQL, as the server's own `quote_literal` does.
pub fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// Where in `sql` the server found the fault, in bytes. The position that it gives counts characters.
pub fn position(error: &sqlx::Error, sql: &str) -> Option<usize> {
    use sqlx::postgres::PgErrorPosition;
    let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    let Some(PgErrorPosition::Original(position)) = error.position() else { return None };
    Some(sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(at, _)| at))
}

/// Whether a table or view, given as `schema.name`, exists; also where this role may not look into
/// its schema, which `to_regclass` would refuse.
///
/// # Errors
/// Only where the server cannot be asked.
pub async fn relation_exists(connection: &mut PgConnection, qualified: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = $1)",
    )
    .bind(qualified)
    .fetch_one(connection)
    .await?)
}

/// What a server process waits for, in words: the sessions that hold what it wants. `None` where it
/// does not wait.
///
/// # Errors
/// Only where the server cannot be asked.
pub async fn blockers(connection: &mut PgConnection, pid: i32) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "SELECT string_agg(CASE WHEN blocker = 0 THEN 'a prepared transaction'
                                ELSE format('%s (pid %s, %s, %s since %s UTC)', coalesce(nullif(a.application_name, ''), 'a session without a name'),
                                            blocker, coalesce(a.usename, 'unknown'), coalesce(a.state, 'busy'),
                                            coalesce(to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), 'an unknown time')) END,
                           '; ' ORDER BY a.xact_start, blocker)
           FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS blocker) b LEFT JOIN pg_stat_activity a ON a.pid = blocker",
    )
    .bind(pid)
    .fetch_one(connection)
    .await?)
}

/// Who holds an advisory lock of this database, in words.
///
/// # Errors
/// Only where the server cannot be asked.
pub async fn lock_holder(connection: &mut PgConnection, key: i64) -> Result<String> {
    let row = sqlx::query(
        "SELECT l.pid, coalesce(nullif(a.application_name, ''), 'a session without a name') AS application,
                to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
           FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (l.classid::bigint << 32) | l.objid::bigint = $1",
    )
    .bind(key)
    .fetch_optional(connection)
    .await?;
    Ok(match row {
        Some(row) => {
            let (pid, application, since): (i32, String, Option<String>) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            format!("{application} (pid {pid}, since {} UTC)", since.as_deref().unwrap_or("an unknown time"))
        }
        None => "a run that has just ended".to_owned(),
    })
}
