//! Ending the session that holds others up.
//!
//! A pid is used again, and a session goes on to its next transaction. So the session and its transaction are compared in
//! the statement that sends the signal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};
use tokio::time::{Instant, sleep};

use super::look::at_once;
use crate::db::{Connection, Database, Series, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::operations::{self, Actor};
use crate::text::counted;

/// Longest wait for a session to give up its locks after a signal.
const PATIENCE: Duration = Duration::from_secs(5);

/// The processes that wait for a lock in this database, each with those that it waits for. A replica's process that replays
/// belongs to no database, and `pg_blocking_pids` knows it not: it waits for all who use the relation.
pub(super) const WAITERS: &str = "SELECT l.*, CASE WHEN a.datid IS NOT NULL THEN pg_blocking_pids(l.pid)
                ELSE ARRAY(SELECT DISTINCT h.pid FROM pg_locks h WHERE h.granted AND h.locktype = 'relation'
                              AND (h.database, h.relation) = (l.database, l.relation) AND h.pid <> l.pid) END AS blockers
           FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE NOT l.granted AND (a.datname = current_database()
                OR a.datid IS NULL AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// The application, the user and the address of a session `s` of `pg_stat_activity`.
pub(super) const WHO: &str = "concat(coalesce(nullif(s.application_name, ''), CASE WHEN s.usesysid IS NULL THEN 'the server''s ' || s.backend_type END, 'a session without a name'),
              coalesce(' of ' || s.usename, CASE WHEN s.usesysid IS NOT NULL THEN ' of unknown' END), ' from ' || host(s.client_addr))";

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// A session, or a prepared transaction, that others wait for and that waits for nobody.
#[derive(Debug, Clone)]
pub struct Root {
    /// The process; 0 for a prepared transaction.
    pub pid: i32,
    /// The application, the user and the address.
    pub who: String,
    /// The state, where this role may see it.
    pub state: Option<String>,
    /// The processes that wait, also behind each other, the longest wait first.
    pub waiting: Vec<i32>,
    kind: Option<String>,
    began: Option<DateTime<Utc>>,
    transaction_began: Option<DateTime<Utc>>,
    freezes: bool,
    advisory: bool,
    may_signal: bool,
    of_replica: bool,
    role: String,
}

/// A signal to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Cancels the statement, and so the transaction.
    Cancel,
    /// Ends the session.
    Terminate,
}

impl Signal {
    /// The outcome in the operator log.
    const fn past(self) -> &'static str {
        match self {
            Signal::Cancel => "cancelled",
            Signal::Terminate => "terminated",
        }
    }
}

/// The result of ending a root.
#[derive(Debug)]
pub struct Ended {
    /// The signals that were sent, in order; none where it held up nobody any more.
    pub sent: Vec<Signal>,
    /// True where the operator log has them.
    pub logged: bool,
    /// Those that hold others up now.
    pub roots: Vec<Root>,
}

impl Root {
    fn read(row: &PgRow) -> Result<Self> {
        Ok(Root {
            pid: row.try_get("pid")?,
            who: row.try_get("who")?,
            state: row.try_get("state")?,
            waiting: row.try_get("waiting")?,
            kind: row.try_get("kind")?,
            began: row.try_get("began")?,
            transaction_began: row.try_get("transaction_began")?,
            freezes: row.try_get::<Option<bool>, _>("freezes")?.unwrap_or(false),
            advisory: row.try_get("advisory")?,
            may_signal: row.try_get("may_signal")?,
            of_replica: row.try_get("of_replica")?,
            role: row.try_get("role")?,
        })
    }

    /// The name, as in a sentence.
    pub fn name(&self) -> String {
        match self.pid {
            0 => "a prepared transaction".to_owned(),
            pid => {
                let unseen = if self.kind.is_none() { "of unknown state" } else { "busy" };
                format!("pid {pid} ({}, {})", self.who, self.state.as_deref().unwrap_or(unseen))
            }
        }
    }

    /// The signals to send until one of them is enough. A cancel does nothing to a session that is idle, and leaves
    /// it its advisory locks.
    pub fn signals(&self) -> &'static [Signal] {
        match self.advisory || self.state.as_deref().is_some_and(|state| state.starts_with("idle")) {
            true => &[Signal::Terminate],
            false => &[Signal::Cancel, Signal::Terminate],
        }
    }

    /// Refuses what may not be ended.
    ///
    /// # Errors
    /// The refusal.
    pub fn may_be_ended(&self) -> Result<()> {
        let Root { pid, role, .. } = self;
        let refused = |why: &str| Error::refused(format!("{} holds up {}: {why}", self.name(), self.waiting.len()));
        let kind = match &self.kind {
            _ if *pid == 0 => {
                return Err(refused("only who prepared it can tell whether it is to be committed")
                    .hint("bursar inspect locks shows its name, and the statement that rolls it back"));
            }
            None => {
                return Err(refused(&format!("{role} does not see what it does")).hint(format!(
                    "as a superuser: GRANT pg_read_all_stats TO {}",
                    crate::db::quote_identifier(role)
                )));
            }
            Some(kind) => kind,
        };
        if self.freezes {
            return Err(refused(
                "it freezes old rows before the transaction numbers run out, and would start again at once",
            )
            .hint("wait until it has ended: bursar inspect locks shows who waits"));
        }
        if !["client backend", "parallel worker", "autovacuum worker"].contains(&kind.as_str()) {
            return Err(refused(&format!("it is a {kind}, and only sessions of clients are ended"))
                .hint("bursar inspect replication locks"));
        }
        if self.of_replica {
            let function = match self.signals() {
                [Signal::Terminate] => "pg_terminate_backend",
                _ => "pg_cancel_backend",
            };
            return Err(refused("it is on a replica, which takes no writes, so nothing could keep who ended it")
                .hint(format!("end it there by hand: SELECT {function}({pid})")));
        }
        if !self.may_signal {
            return Err(refused(&format!("{role} may not signal it")).hint(format!(
                "as a superuser: GRANT pg_signal_backend TO {}; the session of a superuser is ended by a superuser only",
                crate::db::quote_identifier(role)
            )));
        }
        Ok(())
    }

    /// True where the other one is the same session in the same transaction.
    fn is(&self, other: &Root) -> bool {
        (self.pid, self.began) == (other.pid, other.began)
            && (self.advisory || self.transaction_began == other.transaction_began)
    }
}

/// Those that hold others of this database up, the longest wait first.
///
/// # Errors
/// If the server cannot be asked.
pub async fn roots(connection: &mut Connection) -> Result<Vec<Root>> {
    at_once(connection).await?;
    let sql = include_str!("roots.sql").replace("{waiters}", WAITERS).replace("{who}", WHO);
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
    rows.iter().map(Root::read).collect()
}

/// The sessions that keep a relation of this database to themselves, in words; none where there are none.
///
/// # Errors
/// If the server cannot be asked.
pub(super) async fn holders(connection: &mut Connection) -> Result<Option<String>> {
    let sql = format!(
        "SELECT string_agg(DISTINCT CASE WHEN l.pid IS NULL THEN 'a prepared transaction'
                                         ELSE format('pid %s (%s, %s)', l.pid, {WHO}, coalesce(s.state, 'busy')) END, ' and ')
           FROM pg_locks l LEFT JOIN pg_stat_activity s ON s.pid = l.pid
          WHERE l.granted AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

/// The sessions of this database that wait, each with those that it waits for.
///
/// # Errors
/// If the server cannot be asked.
pub async fn waits(connection: &mut Connection) -> Result<Vec<(i32, Vec<i32>)>> {
    at_once(connection).await?;
    let sql = format!("SELECT pid, blockers FROM ({WAITERS}) w ORDER BY waitstart, pid");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?)
}

/// Ends what holds others up: each signal where the one before it was not enough.
///
/// # Errors
/// A conflict where the process has gone on to something else that holds others up; as the server says.
pub async fn end(database: &Database, permit: &WritePermit, actor: &Actor, root: &Root) -> Result<Ended> {
    let mut series = database.reads().await?;
    let (mut sent, mut logged) = (Vec::new(), false);
    for signal in root.signals() {
        let Some(in_log) = send(database, permit, actor, root, *signal).await? else { break };
        sent.push(*signal);
        logged = in_log;
        if is_gone(&mut series, root).await? {
            break;
        }
    }
    let roots = series.run("", roots).await?;
    if sent.is_empty() && roots.iter().any(|now| now.pid == root.pid) {
        return Err(Error::new(
            Kind::Conflict,
            format!("pid {} is in another transaction than the one that was shown; nothing was done", root.pid),
        )
        .hint("bursar inspect locks"));
    }
    Ok(Ended { sent, logged, roots })
}

/// Sends a signal and logs it, where this is still the same and still holds somebody up. Returns whether there is a log.
async fn send(
    database: &Database,
    permit: &WritePermit,
    actor: &Actor,
    root: &Root,
    signal: Signal,
) -> Result<Option<bool>> {
    let mut tx = database.write(permit).await?;
    sqlx::query("SELECT set_config('lock_timeout', '2s', true)").execute(&mut *tx).await?;
    let parameters = json!({
        "kill_root": root.pid, "who": root.who, "state": root.state, "backend_start": root.began,
        "holds_up": counted(root.waiting.len(), "session"),
    });
    // The row comes first: what cannot be logged is not done.
    let logged = operations::record(&mut tx, actor, "inspect", &parameters, signal.past()).await?;
    let sent = sqlx::query(
        "WITH still AS MATERIALIZED (
             SELECT a.pid FROM pg_stat_activity a
              WHERE a.pid = $1 AND a.backend_start = $2 AND ($3 OR a.xact_start IS NOT DISTINCT FROM $4)
                AND EXISTS (SELECT FROM pg_locks l WHERE NOT l.granted AND a.pid = ANY (pg_blocking_pids(l.pid))))
         SELECT CASE WHEN $5 THEN pg_terminate_backend(pid) ELSE pg_cancel_backend(pid) END AS sent FROM still",
    )
    .bind(root.pid)
    .bind(root.began)
    .bind(root.advisory)
    .bind(root.transaction_began)
    .bind(signal == Signal::Terminate)
    .fetch_optional(&mut *tx)
    .await?;
    match sent.map(|row| row.try_get("sent")).transpose()? {
        Some(true) => tx.commit().await.map(|()| Some(logged)),
        _ => tx.rollback().await.map(|()| None),
    }
}

/// Waits until a session holds nobody up any more in the transaction that was shown.
async fn is_gone(series: &mut Series, root: &Root) -> Result<bool> {
    let until = Instant::now() + PATIENCE;
    loop {
        // The server shows the sessions of one moment for as long as a transaction lasts.
        let now = series.run("", roots).await?;
        let holds = |now: &Root| now.is(root) && now.waiting.iter().any(|pid| root.waiting.contains(pid));
        if !now.iter().any(holds) {
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Root, Signal};

    fn root(kind: &str) -> Root {
        Root {
            pid: 7,
            who: "someone".to_owned(),
            state: Some("active".to_owned()),
            waiting: vec![8],
            kind: Some(kind.to_owned()),
            began: None,
            transaction_began: None,
            freezes: false,
            advisory: false,
            may_signal: true,
            of_replica: false,
            role: "dba".to_owned(),
        }
    }

    #[test]
    fn what_is_no_clients_session_is_left_alone() {
        for kind in ["client backend", "parallel worker", "autovacuum worker"] {
            assert!(root(kind).may_be_ended().is_ok(), "{kind}");
        }
        for kind in ["walsender", "startup", "logical replication worker", "checkpointer"] {
            let error = root(kind).may_be_ended().unwrap_err();
            assert!(error.message().contains(&format!("it is a {kind}")), "{error:?}");
        }
        let freezes = Root { freezes: true, ..root("autovacuum worker") };
        assert!(freezes.may_be_ended().unwrap_err().message().contains("would start again at once"));
        assert!(Root { pid: 0, kind: None, ..root("") }.may_be_ended().is_err());
    }

    #[test]
    fn a_cancel_comes_first_where_it_is_of_use() {
        let idle = Root { state: Some("idle in transaction".to_owned()), ..root("client backend") };
        assert_eq!(idle.signals(), [Signal::Terminate]);
        assert_eq!(Root { advisory: true, ..root("client backend") }.signals(), [Signal::Terminate]);
        assert_eq!(root("client backend").signals(), [Signal::Cancel, Signal::Terminate]);
    }
}
