//! A target database, and the connections to it.

use super::auth::Gate;
use super::connection::Connection;
use super::host::Host;
use super::pins::own_path;
use super::quote::{quote_identifier, quote_literal};
use super::running::Running;
use super::session_attrs::SessionAttrs;
use super::sqlstate;
use super::target::Target;
use crate::error::{Error, Kind, Result};
use crate::text::without_password;
use sqlx::postgres::PgDatabaseError;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Time limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For opening a connection.
    pub connect: Duration,
    /// For one statement, enforced by the server; `None` leaves the server's own setting.
    pub statement: Option<Duration>,
}

/// A server that took longer than the limit for a connection.
#[derive(Debug)]
struct Unanswered(String);

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unanswered {}

/// True where a connection was not opened because no server answered within the limit.
pub fn is_unanswered(error: &Error) -> bool {
    error.caused_by::<Unanswered>()
}

/// A target database: where it is and how to connect, but no connection yet.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) target: Target,
    /// Its application name at the server. It is set in each transaction: PgBouncer would leave what a
    /// connection begins with to the next client.
    pub(super) name: String,
    pub(super) limits: Limits,
    /// The work of the server for us now, so that an interrupt can cancel it.
    pub(super) running: Running,
    /// True where its new transactions are read-only, as far as that was looked at.
    pub(super) braked: Arc<AtomicBool>,
    /// The result of the search for a pooler in between, where it was looked for.
    pub(super) pooler: Arc<tokio::sync::OnceCell<Option<String>>>,
}

impl Database {
    /// A database that names itself `bursar <command>` in `pg_stat_activity`.
    pub fn new(target: Target, command: &str, limits: Limits) -> Self {
        let target = target.with(|options| options.disable_statement_logging());
        let name = format!("bursar {command}");
        Database { target, name, limits, running: Running::default(), braked: Arc::default(), pooler: Arc::default() }
    }

    /// The address; printing it shows no password.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same server and credentials, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.target = other.target.with(|options| options.database(name));
        // Each database has a pool of its own, or none, and settings of its own.
        (other.braked, other.pooler) = (Arc::default(), Arc::default());
        other
    }

    /// The same, with a bound on each statement, enforced by the server; a tighter one stays.
    #[must_use]
    pub fn with_statement_timeout(mut self, limit: Option<Duration>) -> Self {
        self.limits.statement = self.limits.statement.into_iter().chain(limit).min();
        self
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// [`Kind::Connection`] where the server cannot be reached or turns us away.
    pub(super) async fn connect(&self) -> Result<Connection> {
        self.open(None, self.limits.connect).await
    }

    /// The same, with the application's name also for the whole session.
    pub(super) async fn connect_by_name(&self) -> Result<Connection> {
        self.open(Some(&self.name), self.limits.connect).await
    }

    /// Tries one server after the other, as libpq does. The first that is as wanted is the one from then on.
    async fn open(&self, name: Option<&str>, patience: Duration) -> Result<Connection> {
        let hosts = self.target.tried();
        let attrs = match self.target.attrs {
            // One server is the preferred one, whatever it is.
            SessionAttrs::PreferStandby if hosts.len() == 1 => vec![SessionAttrs::Any],
            SessionAttrs::PreferStandby => vec![SessionAttrs::PreferStandby, SessionAttrs::Any],
            attrs => vec![attrs],
        };
        let what = format!("cannot connect to {}", self.target);
        let (mut failures, mut last) = (Vec::new(), None);
        for attrs in attrs {
            failures.clear();
            for (i, host) in hosts.iter().enumerate() {
                let error = match self.open_at(host, name, attrs, patience).await {
                    Ok(connection) => {
                        if hosts.len() > 1 {
                            self.target.chosen.store(i, Ordering::Relaxed);
                        }
                        return Ok(connection);
                    }
                    Err(error) => error,
                };
                // A server that answers and turns us away is not passed over, unless it is starting or stopping.
                let is_final = error.sqlstate.as_deref().is_some_and(|state| state != sqlstate::CANNOT_CONNECT_NOW);
                if is_final || error.kind == Kind::Usage || hosts.len() == 1 {
                    return Err(error.context(what));
                }
                failures.push(format!("{host}: {}", error.message()));
                last = Some(error);
            }
        }
        let mut error = match last.as_ref().is_some_and(is_unanswered) {
            true => Error::from_cause(Kind::Connection, Unanswered(failures.join("; "))),
            false => Error::new(Kind::Connection, failures.join("; ")),
        };
        error.hint = last.and_then(|last| last.hint);
        Err(error.context(what))
    }

    async fn open_at(
        &self,
        host: &Host,
        name: Option<&str>,
        attrs: SessionAttrs,
        patience: Duration,
    ) -> Result<Connection> {
        let options = match name {
            Some(name) => host.options.clone().application_name(name),
            None => host.options.clone(),
        };
        let gate = |is_encrypted: bool| match &self.target.allowed {
            Some((allowed, by)) => Some(Gate { allowed: allowed.clone(), by: Some(by) }),
            None => (!is_encrypted && !host.is_local()).then(Gate::of_network),
        };
        let attempt = async {
            let (connection, ours) = host.open(options, gate).await?;
            let mut connection = Connection::new(connection);
            connection.ours = ours;
            match attrs.unmet(&mut connection).await? {
                None => Ok(connection),
                Some(why) => Err(Error::new(
                    Kind::Connection,
                    format!("{why}, and target_session_attrs={} wants another server", attrs.name()),
                )
                .hint("name another server, or leave target_session_attrs out")),
            }
        };
        match tokio::time::timeout(patience, attempt).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(mut error)) => {
                if let (Some(sqlstate::INVALID_PASSWORD), Some(hint)) = (error.sqlstate.as_deref(), &host.no_password) {
                    let asked = "the server asks for a password, and none was supplied (SQLSTATE 28P01)";
                    let sqlstate = error.sqlstate.take();
                    error = Error::new(Kind::Connection, asked).hint(hint.clone());
                    error.sqlstate = sqlstate;
                }
                // The server repeats the name that it was given.
                let user = host.options.get_username();
                if without_password(user) != user {
                    let shown = error.message().replace(user, &without_password(user));
                    let (sqlstate, hint) = (error.sqlstate.take(), error.hint.take());
                    error = Error::new(error.kind, shown);
                    (error.sqlstate, error.hint) = (sqlstate, hint);
                }
                // Whatever keeps a connection from opening is a connection error to a script.
                if error.kind == Kind::Failed {
                    error.kind = Kind::Connection;
                }
                if error.hint.is_none() && error.sqlstate.is_none() && error.kind == Kind::Connection {
                    error = error
                        .hint(format!("is the server running there? The address came from {}", self.target.source));
                }
                Err(error)
            }
            Err(_) => {
                let patience = humantime::format_duration(patience);
                Err(Error::from_cause(Kind::Connection, Unanswered(format!("no answer within {patience}")))
                    .hint("check host, port and firewall, or allow more with --connect-timeout"))
            }
        }
    }

    /// A connection beside those that work, opened without much patience.
    pub(crate) async fn second_connection(&self) -> Result<Connection> {
        self.open(None, self.limits.connect.min(Duration::from_secs(5))).await
    }

    /// A second connection to look at what others do, for as long as a session of ours lasts.
    pub(crate) async fn watching(&self) -> Result<Connection> {
        let mut connection = self.second_connection().await?;
        // Sessions are never behind a pooler, so nobody gets this one afterwards.
        connection.execute(AssertSqlSafe(own_path().replace(" LOCAL ", " "))).await?;
        Ok(connection)
    }
}

/// The place in `sql` where the server found the fault, in bytes. The position that it gives counts characters.
pub fn position(error: &sqlx::Error, sql: &str) -> Option<usize> {
    use sqlx::postgres::PgErrorPosition;
    let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    let Some(PgErrorPosition::Original(position)) = error.position() else { return None };
    Some(sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(at, _)| at))
}

/// Behind the name of a table in FROM: all of its rows, and only if it still is a table. A view that a stranger has put in
/// its place since [`relation_exists`] looked is an error, and runs nothing.
pub const OF_A_TABLE: &str = "TABLESAMPLE SYSTEM (100)";

/// True where a table of bursar's own or a history, given as `schema.name`, is there; also where this role may not look into
/// its schema. One that somebody else has put in its place is refused: to use it could run their code.
///
/// # Errors
/// The refusal; where the server cannot be asked.
pub async fn relation_exists(connection: &mut Connection, qualified: &str) -> Result<bool> {
    exists(connection, qualified, false).await
}

/// The same for a table that will be written to. A plain table of a stranger is refused too: its owner may add a trigger at
/// any moment, and whoever writes then runs it.
///
/// # Errors
/// As [`relation_exists`].
pub async fn writable_exists(connection: &mut Connection, qualified: &str) -> Result<bool> {
    exists(connection, qualified, true).await
}

async fn exists(connection: &mut Connection, qualified: &str, is_written: bool) -> Result<bool> {
    let (schema, name) = qualified.split_once('.').unwrap_or(("public", qualified));
    // As text, it is one round trip.
    let sql =
        include_str!("sql/relation.sql").replace("$1", &quote_literal(schema)).replace("$2", &quote_literal(name));
    let Some(row) = connection.fetch_optional(sqlx::raw_sql(AssertSqlSafe(sql))).await? else { return Ok(false) };
    let (owner, is_trusted, is_plain): (String, bool, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if is_trusted || is_plain && !is_written {
        return Ok(true);
    }
    let (can, not_plain) = match is_plain {
        true => ("writing to it could run code", ""),
        false => ("using it could run code", "it is no plain table, and "),
    };
    Err(Error::refused(format!(
        "{qualified} belongs to {owner}, and {can} of {owner}: {not_plain}{owner} is neither a superuser nor the owner of \
         the database or of the schema; nothing was done"
    ))
    .hint(format!(
        "connect as {owner}, if {owner} runs the migrations; if not, find out who made it and why, and drop it, or give it to \
         a role that is trusted: ALTER TABLE {}.{} OWNER TO …",
        quote_identifier(schema),
        quote_identifier(name)
    )))
}

/// The name of a session `a` of `pg_stat_activity`, whose process is `blocker`, in words.
pub(super) const WHO: &str = "CASE WHEN blocker = 0 THEN 'a prepared transaction'
                                ELSE format('%s (pid %s, %s, %s since %s UTC)', coalesce(nullif(a.application_name, ''), 'a session without a name'),
                                            blocker, coalesce(a.usename, 'unknown'), coalesce(a.state, 'busy'),
                                            coalesce(to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), 'an unknown time')) END";

/// The sessions that a server process waits for, in words: those that hold what it wants. `None` where it
/// does not wait.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn blockers(connection: &mut Connection, pid: i32) -> Result<Option<String>> {
    let sql = format!(
        "SELECT string_agg({WHO}, '; ' ORDER BY a.xact_start, blocker)
           FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS blocker) b LEFT JOIN pg_stat_activity a ON a.pid = blocker"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(pid).fetch_one(connection).await?)
}

/// The session that holds an advisory lock of this database, in words.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn lock_holder(connection: &mut Connection, key: i64) -> Result<String> {
    let row = sqlx::query(
        "SELECT l.pid, coalesce(nullif(a.application_name, ''), 'a session without a name') AS application,
                coalesce(a.usename::text, 'unknown') AS role, to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
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
            let (pid, application, role): (i32, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let since: Option<String> = row.try_get(3)?;
            format!(
                "{application} (pid {pid}, role {role}, since {} UTC)",
                since.as_deref().unwrap_or("an unknown time")
            )
        }
        None => "a run that has just ended".to_owned(),
    })
}
