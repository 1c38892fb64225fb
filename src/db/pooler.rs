//! Whether a transaction pooler stands between us and the server.
//!
//! Addresses and ports do not tell: a tunnel, a container or a balancer changes them too, and a pooler
//! may stand on the server's own port. What tells is what a pooler does. While a connection is open, its
//! server process is its own; only behind a transaction pooler does another connection get the same
//! process, or the same connection another one. So two connections ask, in turns, who works for them.
//! Behind an idle pooler the second one gets the process that the first has just given back; behind a
//! busy one somebody else may take it, and then the first gets another one the next time. Through a
//! pooler in session mode, and through none, nothing of this ever happens.

use std::time::Duration;

use sqlx::{Executor as _, Row as _};

use super::Connection;
use super::database::Database;
use crate::error::{Error, Result};

/// The number of tries; behind an idle pooler the first try tells, and behind a busy one each is a matter of chance.
const ROUNDS: usize = 5;

/// The number of tries where overlooking a pooler would do harm.
const THOROUGH: usize = 12;

/// The time limit of one answer: a pooler with no process left lets its clients wait.
const PATIENCE: Duration = Duration::from_secs(5);

impl Database {
    /// The sign that a transaction pooler is in between, in words; none where nothing does. It is
    /// found out once.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn pooler(&self) -> Result<Option<&str>> {
        Ok(self.pooler.get_or_try_init(|| self.look(ROUNDS)).await?.as_deref())
    }

    /// As [`Database::pooler`], with a connection that is open and between two transactions.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub(super) async fn pooler_before(&self, connection: &mut Connection) -> Result<Option<&str>> {
        Ok(self.pooler.get_or_try_init(|| self.look_from(connection, ROUNDS)).await?.as_deref())
    }

    /// Refuses what needs a server process of its own, such as a lock that outlives a transaction, where
    /// a transaction pooler is in between.
    ///
    /// # Errors
    /// A refusal that says what to do; as [`Database::pooler`].
    pub async fn require_direct(&self) -> Result<()> {
        match self.pooler.get_or_try_init(|| self.look(THOROUGH)).await?.as_deref() {
            None => Ok(()),
            Some(seen) => Err(Error::refused(format!(
                "{} is reached through a transaction pooler ({seen}), and migrations need a session of their own: the \
                 lock that keeps two runs apart would stay behind in the pooler; nothing was changed",
                self.target
            ))
            .hint(
                "give the server's direct address with --migration-url URL, or set MIGRATION_URL beside DATABASE_URL",
            )),
        }
    }

    async fn look(&self, rounds: usize) -> Result<Option<String>> {
        self.look_from(&mut self.connect().await?, rounds).await
    }

    async fn look_from(&self, first: &mut Connection, rounds: usize) -> Result<Option<String>> {
        // Where there is no room for a second connection, nothing can be found out.
        let Ok(mut second) = self.second_connection().await else { return Ok(None) };
        let changed = |before, now| Ok(Some(format!("processes {before} and {now} served one connection")));
        let mut before = None;
        for _ in 0..rounds {
            let Some(mine) = process(first, ALONE).await? else { return Ok(None) };
            if let Some(before) = before.filter(|before| *before != mine) {
                return changed(before, mine);
            }
            // The open transaction keeps its process, so that the first connection cannot get that one.
            let Some(other) = process(&mut second, BEGINNING).await? else { return Ok(None) };
            if other == mine {
                return Ok(Some(format!("process {mine} served two connections")));
            }
            let Some(again) = process(first, ALONE).await? else { return Ok(None) };
            if again != mine {
                return changed(mine, again);
            }
            second.execute("ROLLBACK").await?;
            before = Some(again);
        }
        Ok(None)
    }
}

const ALONE: &str = "SELECT pg_catalog.pg_backend_pid()";
const BEGINNING: &str = "BEGIN; SELECT pg_catalog.pg_backend_pid()";

/// The process that works for this connection now; none where that takes too long.
async fn process(connection: &mut Connection, sql: &'static str) -> Result<Option<i32>> {
    match tokio::time::timeout(PATIENCE, connection.fetch_one(sql)).await {
        Ok(row) => Ok(Some(row?.try_get(0)?)),
        Err(_) => Ok(None),
    }
}
