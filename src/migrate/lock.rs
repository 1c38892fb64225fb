//! The run lock: one migration run at a time in a database.
//!
//! Two session-level advisory locks are polled for, never waited on: a blocking wait holds a
//! snapshot, which deadlocks with `CREATE INDEX CONCURRENTLY`. One key is the one that sqlx's
//! own runner takes, so that the two exclude each other; the other is ours. Both belong to the
//! connection that migrates, so that a lost connection loses the locks with it.

use std::time::{Duration, Instant};

use crate::db::{self, Connection};
use crate::error::{Error, Kind, Result};

/// Ours: the bytes of "bursar" and two zero bytes, read as a big-endian integer.
const OUR_KEY: i64 = 0x6275_7273_6172_0000;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The key that sqlx locks: source `sqlx-postgres/src/migrate.rs`, `generate_lock_id`.
fn sqlx_key(database: &str) -> i64 {
    0x3d32_ad9e * i64::from(crc32fast::hash(database.as_bytes()))
}

/// Both locks, held by a session. They go with it, and are never given back for another to find.
#[derive(Debug)]
pub struct RunLock {
    sqlx: i64,
    patience: Duration,
}

impl RunLock {
    /// Takes both locks on this connection, polling for at most `patience`. `waiting` is told once who
    /// holds the lock.
    ///
    /// # Errors
    /// [`Kind::Conflict`], naming the holder, when patience runs out.
    pub async fn acquire(
        connection: &mut Connection,
        patience: Duration,
        mut waiting: impl FnMut(&str),
    ) -> Result<Self> {
        let database: String =
            sqlx::query_scalar("SELECT pg_catalog.current_database()").fetch_one(&mut *connection).await?;
        let lock = RunLock { sqlx: sqlx_key(&database), patience };
        // Ours first: whoever has it may let the other go for a while, and gets it back from no run of ours.
        for key in [OUR_KEY, lock.sqlx] {
            poll(connection, key, patience, &mut waiting).await?;
        }
        Ok(lock)
    }

    /// Lets runs of sqlx in, which wait with a snapshot that a concurrent index build would wait for in
    /// turn. They find a migration that is not finished, and stop. Ours is kept.
    ///
    /// # Errors
    /// Connection errors.
    pub async fn let_sqlx_in(&self, connection: &mut Connection) -> Result<()> {
        sqlx::query("SELECT pg_catalog.pg_advisory_unlock($1)").bind(self.sqlx).execute(connection).await?;
        Ok(())
    }

    /// Takes sqlx's lock again.
    ///
    /// # Errors
    /// As [`RunLock::acquire`].
    pub async fn keep_sqlx_out(&self, connection: &mut Connection, mut waiting: impl FnMut(&str)) -> Result<()> {
        poll(connection, self.sqlx, self.patience, &mut waiting).await
    }
}

async fn poll(connection: &mut Connection, key: i64, patience: Duration, waiting: &mut impl FnMut(&str)) -> Result<()> {
    let deadline = Instant::now() + patience;
    let mut told = false;
    loop {
        if sqlx::query_scalar("SELECT pg_catalog.pg_try_advisory_lock($1)")
            .bind(key)
            .fetch_one(&mut *connection)
            .await?
        {
            return Ok(());
        }
        let holder = db::ours(connection, async |c| db::lock_holder(c, key).await).await?;
        if !std::mem::replace(&mut told, true) {
            waiting(&holder);
        }
        if Instant::now() >= deadline {
            let waited = humantime::format_duration(patience);
            return Err(Error::new(
                Kind::Conflict,
                format!("the lock for migrating this database is held by {holder}; waited {waited}"),
            )
            .hint("run it again when that session has ended, or wait longer with --lock-wait; any login can take this lock, so check what that session does"));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    /// The value that sqlx 0.9's own function gives for this name.
    #[test]
    fn the_key_is_the_one_that_sqlx_locks() {
        assert_eq!(super::sqlx_key("test"), 0x3d32_ad9e * 0xd87f_7e0c_i64);
    }
}
