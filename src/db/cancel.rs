//! Cancelling what the server does for us, when the command is interrupted.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row as _};

use super::database::Database;
use super::own_path;
use super::running::Work;
use crate::error::{Error, Kind, Result};

/// The time limit of the server's answer that it cancels; it answers at once where it can.
const PATIENCE: Duration = Duration::from_secs(5);

impl Work {
    /// The condition that this goes on, about a row of `pg_stat_activity`.
    fn condition(self) -> String {
        match self.since {
            None => format!("pid = {}", self.pid),
            Some(since) => {
                format!("(pid = {} AND (extract(epoch FROM xact_start) * 1000000)::bigint = {since})", self.pid)
            }
        }
    }
}

impl Database {
    /// True where the server works for us.
    pub fn is_busy(&self) -> bool {
        !self.running.lock().is_empty()
    }

    /// Cancels, from a second connection, what the server is doing for us now, and returns what that
    /// was. sqlx cannot send a cancel request on a connection that is busy.
    ///
    /// # Errors
    /// If the second connection cannot be opened, or a pooler has no server process left for it; the
    /// server then notices through `client_connection_check_interval` that we are gone.
    pub async fn cancel_running(&self) -> Result<Vec<Work>> {
        let work: Vec<Work> = self.running.lock().iter().copied().collect();
        // One simple query is a transaction of its own, and so is its path.
        let sql = format!("{}SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE {}", own_path(), any(&work));
        let mut connection = self.second_connection().await?;
        tokio::time::timeout(PATIENCE, sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection))
            .await
            .map_err(|_| Error::new(Kind::Connection, "no answer to the cancelling in time"))??;
        Ok(work)
    }

    /// Waits until this work has ended, and so has been rolled back where it was not committed.
    /// Returns whether it has, within five seconds.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn wait_until_gone(&self, work: &[Work]) -> Result<bool> {
        let sql = format!("{}SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE {})", own_path(), any(work));
        let waiting = async {
            let mut connection = self.second_connection().await?;
            loop {
                if sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_one(&mut connection).await?.try_get(0)? {
                    return Ok(true);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or(Ok(false))
    }
}

fn any(work: &[Work]) -> String {
    let conditions: Vec<String> = work.iter().map(|w| w.condition()).collect();
    if conditions.is_empty() { "false".to_owned() } else { conditions.join(" OR ") }
}
