//! Transactions, and what holds the connection that they run on.
//!
//! Which server process works for a transaction is asked inside it, in the same round trip that begins
//! it: through a transaction pooler, the next one may have another.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::database::Database;
use super::guard::{Access, WritePermit};
use super::pins::pinning_but_names;
use super::quote::quote_literal;
use super::running::{Going, Running, Work};
use super::{Connection, own_path, pinning, sqlstate};
use crate::error::{Error, Result};

impl Database {
    /// Opens one snapshot of the database, `REPEATABLE READ READ ONLY`, enforced by the server.
    ///
    /// # Errors
    /// [`Kind::Connection`](crate::error::Kind::Connection) where the server cannot be reached or turns us away.
    pub async fn read(&self) -> Result<Tx> {
        Tx::begin(self, Access::Read, "").await
    }

    /// Opens another transaction on the snapshot that a first one exported, so that the two see the
    /// same data.
    ///
    /// # Errors
    /// As [`Database::read`], and where the exporting transaction has ended.
    pub async fn read_snapshot(&self, exported: &str) -> Result<Tx> {
        // The server wants a literal here; its names of snapshots hold nothing but these.
        if !exported.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(Error::failed(format!("'{exported}' is no name of a snapshot")));
        }
        Tx::begin(self, Access::Read, &format!("SET TRANSACTION SNAPSHOT '{exported}'; ")).await
    }

    /// Opens a transaction that may write where the server's own setting for new transactions lets it, or where whoever
    /// agreed to it named the database.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn write(&self, permit: &WritePermit) -> Result<Tx> {
        Tx::begin(self, permit.access(), "").await
    }

    /// Opens a connection for several transactions, one after the other, that may write. Each waits for
    /// locks for so long at most.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn writes(&self, permit: &WritePermit, lock_wait: Duration) -> Result<Series> {
        Ok(Series::new(self.connect().await?, self, permit.access(), Some(lock_wait)))
    }

    /// Opens a connection for several transactions, in which the server refuses every write.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn reads(&self) -> Result<Series> {
        Ok(Series::new(self.connect().await?, self, Access::Read, None))
    }

    /// Opens a session outside any transaction, for work that needs one server process to itself, such
    /// as migrations.
    ///
    /// # Errors
    /// As [`Database::require_direct`] and [`Database::read`].
    pub async fn session(&self, permit: &WritePermit) -> Result<Session> {
        self.require_direct().await?;
        // A session's name outlives a RESET ALL, as of a dump that is migrated.
        Session::open(self.connect_by_name().await?, self, permit.access()).await
    }
}

/// Maximum time for which a transaction that only reads waits for a lock, as behind a table that a migration rewrites.
const LOCK_WAIT: &str = "10s";

/// The beginning of a transaction.
#[derive(Debug, Clone)]
struct Opening {
    running: Running,
    access: Access,
    /// As an SQL literal.
    name: String,
    statement_timeout: Option<Duration>,
    lock_timeout: Option<Duration>,
    /// Lets the server notice while a statement runs that we died. A server on a platform that cannot
    /// watch its sockets refuses that.
    watched: bool,
}

impl Opening {
    fn new(database: &Database, access: Access, lock_timeout: Option<Duration>) -> Self {
        let (running, statement_timeout) = (database.running.clone(), database.limits.statement);
        Opening { running, access, name: quote_literal(&database.name), statement_timeout, lock_timeout, watched: true }
    }

    /// Begins a transaction in one round trip. `first` comes before anything that takes a snapshot.
    async fn begin(&mut self, connection: &mut Connection, first: &str) -> Result<Going> {
        loop {
            match connection.fetch_one(AssertSqlSafe(self.sql(first))).await {
                Ok(row) => {
                    let work = Work { pid: row.try_get(0)?, since: row.try_get(1)? };
                    return Ok(self.running.begin(work));
                }
                Err(sqlx::Error::Database(error))
                    if self.watched && error.code().as_deref() == Some(sqlstate::INVALID_PARAMETER_VALUE) =>
                {
                    self.watched = false;
                    connection.execute("ROLLBACK").await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn sql(&self, first: &str) -> String {
        let begin = match self.access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Access::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Access::AsConfigured => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let mut sql = format!("{begin}; {first}{}SET LOCAL application_name = {}; ", pinning(), self.name);
        for (name, limit) in [("statement_timeout", self.statement_timeout), ("lock_timeout", self.lock_timeout)] {
            if let Some(limit) = limit {
                sql.push_str(&format!("SET LOCAL {name} = {}; ", limit.as_millis().max(1)));
            }
        }
        if self.watched {
            sql.push_str("SET LOCAL client_connection_check_interval = '2s'; ");
        }
        // What is done has to be on disk: a gateway may be called next. A stricter setting stays.
        let more = match self.access {
            // A limit that somebody has set stays.
            Access::Read => format!(
                ", CASE WHEN current_setting('lock_timeout') = '0' THEN set_config('lock_timeout', '{LOCK_WAIT}', true) END"
            ),
            _ => {
                ", CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END".to_owned()
            }
        };
        sql + "SELECT pg_backend_pid(), (extract(epoch FROM now()) * 1000000)::bigint" + &more
    }
}

/// An open transaction on a connection of its own. Dropping it without [`Tx::commit`] rolls it back.
#[derive(Debug)]
pub struct Tx {
    connection: Connection,
    _going: Going,
}

impl Tx {
    async fn begin(database: &Database, access: Access, first: &str) -> Result<Self> {
        let mut connection = database.connect().await?;
        let going = Opening::new(database, access, None).begin(&mut connection, first).await?;
        Ok(Tx { connection, _going: going })
    }

    /// Exports the snapshot for other connections. It lasts as long as the transaction.
    ///
    /// # Errors
    /// As the server says, such as inside a savepoint.
    pub async fn export_snapshot(&mut self) -> Result<String> {
        Ok(sqlx::query_scalar("SELECT pg_catalog.pg_export_snapshot()").fetch_one(&mut **self).await?)
    }

    /// Makes the transaction's changes permanent.
    ///
    /// # Errors
    /// If the commit itself fails: then nothing was changed, unless the connection was lost
    /// while the answer was on its way, which the message says.
    pub async fn commit(mut self) -> Result<()> {
        commit(&mut self.connection).await
    }

    /// Takes the transaction's changes back, and waits until the server confirms it.
    ///
    /// # Errors
    /// If the connection was lost; the server rolls back then too.
    pub async fn rollback(mut self) -> Result<()> {
        self.connection.execute("ROLLBACK").await?;
        Ok(())
    }
}

/// Commits. Deferred triggers of the application run at the commit; `bursar.application_path` has left the path that
/// they were written for, where there are any.
const COMMIT: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('bursar.commit_path', true), true) \
     WHERE pg_catalog.current_setting('bursar.commit_path', true) OPERATOR(pg_catalog.<>) ''; COMMIT";

/// Runs what is deferred to the commit now, so that a refusal comes before it.
///
/// # Errors
/// As a deferred constraint or trigger says.
pub(crate) async fn settled(connection: &mut Connection) -> Result<()> {
    const SETTLE: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('bursar.commit_path', true), true) \
         WHERE pg_catalog.current_setting('bursar.commit_path', true) OPERATOR(pg_catalog.<>) ''; SET CONSTRAINTS ALL IMMEDIATE; ";
    connection.execute(sqlx::raw_sql(AssertSqlSafe(SETTLE.to_owned() + &own_path()))).await?;
    Ok(())
}

async fn commit(connection: &mut Connection) -> Result<()> {
    connection.execute(sqlx::raw_sql(COMMIT)).await.map(|_| ()).map_err(|error| {
        let lost = error.as_database_error().is_none();
        let error = Error::from(error).context("the commit failed");
        if lost {
            error
                .hint("the connection was lost during the commit: look whether the change is there before trying again")
        } else {
            error
        }
    })
}

impl Deref for Tx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

/// A connection for several short transactions, one after the other, which holds none open between
/// them.
#[derive(Debug)]
pub struct Series {
    connection: Connection,
    opening: Opening,
}

impl Series {
    fn new(connection: Connection, database: &Database, access: Access, lock_timeout: Option<Duration>) -> Self {
        Series { connection, opening: Opening::new(database, access, lock_timeout) }
    }

    /// The sign that a transaction pooler is in between, as [`Database::pooler`].
    ///
    /// # Errors
    /// As [`Database::pooler`].
    pub async fn pooler<'a>(&mut self, database: &'a Database) -> Result<Option<&'a str>> {
        database.pooler_before(&mut self.connection).await
    }

    /// Does a piece of work in a transaction of its own, which is committed where it succeeds and may write. `first`
    /// is SQL that comes before it in the same round trip, such as `SET LOCAL …`.
    ///
    /// # Errors
    /// As the work says; it was rolled back then. As [`Tx::commit`].
    pub async fn run<T>(&mut self, first: &str, work: impl AsyncFnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let _going = self.opening.begin(&mut self.connection, first).await?;
        match work(&mut self.connection).await {
            // Nothing that a query has left behind is to stay, such as a large object on PostgreSQL 15.
            Ok(done) if self.opening.access == Access::Read => {
                self.connection.execute("ROLLBACK").await?;
                Ok(done)
            }
            Ok(done) => commit(&mut self.connection).await.map(|()| done),
            Err(error) => {
                // Where even this fails, the connection is gone, and the server rolls back by itself.
                let _ = self.connection.execute("ROLLBACK").await;
                Err(error)
            }
        }
    }
}

/// A connection with a server process of its own, outside any transaction.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
    pid: i32,
    statement_timeout: Option<Duration>,
    /// True where the server notices while a statement runs that we died; some platforms cannot watch their sockets.
    watched: bool,
    /// True where it writes also where the server's own setting for new transactions forbids it.
    writes: bool,
    /// True where the texts that are run are bursar's own.
    pinned: bool,
    _going: Going,
}

impl Session {
    async fn open(mut connection: Connection, database: &Database, access: Access) -> Result<Self> {
        let pid = connection.fetch_one("SELECT pg_catalog.pg_backend_pid()").await?.try_get(0)?;
        let going = database.running.begin(Work { pid, since: None });
        let (statement_timeout, writes) = (database.limits.statement, access == Access::Write);
        let mut session =
            Session { connection, pid, statement_timeout, watched: true, writes, pinned: false, _going: going };
        match session.reset().await {
            Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INVALID_PARAMETER_VALUE) => {
                session.watched = false;
                session.reset().await?;
            }
            outcome => outcome?,
        }
        Ok(session)
    }

    /// The SQL that takes back every setting that was made in the session, and who it acts as, and makes ours again.
    pub fn resetting(&self) -> String {
        let mut sql = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL".to_owned();
        if let Some(limit) = self.statement_timeout {
            sql.push_str(&format!("; SET statement_timeout = {}", limit.as_millis().max(1)));
        }
        if self.watched {
            sql.push_str("; SET client_connection_check_interval = '2s'");
        }
        if self.writes {
            sql.push_str("; SET default_transaction_read_only = off");
        }
        if self.pinned {
            sql.push_str(&format!("; {}", pinning_but_names()));
        }
        sql
    }

    /// Says whether the texts that come next are bursar's own, and were written for certain settings, or see what is
    /// configured. Names are found by the configured path in both.
    ///
    /// # Errors
    /// Connection errors.
    pub async fn pin(&mut self, pinned: bool) -> Result<()> {
        if std::mem::replace(&mut self.pinned, pinned) != pinned {
            self.reset().await?;
        }
        Ok(())
    }

    /// Runs [`Session::resetting`].
    ///
    /// # Errors
    /// Connection errors.
    pub async fn reset(&mut self) -> Result<()> {
        self.connection.execute(AssertSqlSafe(self.resetting())).await?;
        Ok(())
    }

    /// The server process that works for this session.
    pub fn pid(&self) -> i32 {
        self.pid
    }
}

impl Deref for Session {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
