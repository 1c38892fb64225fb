//! The run lock: one migration run at a time in a database.
//!
//! Two session-level advisory locks are polled for, never waited on: a blocking wait holds a
//! snapshot, which deadlocks with `CREATE INDEX CONCURRENTLY`. The first key is the one that sqlx's
//! own runner takes, so that the two exclude each other; the second is ours. Both belong to the
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

/// Takes both locks on this connection, polling for at most `patience`. `waiting` is told once who
/// holds the lock.
///
/// # Errors
/// [`Kind::Conflict`], naming the holder, when patience runs out.
pub async fn acquire(connection: &mut Connection, patience: Duration, mut waiting: impl FnMut(&str)) -> Result<()> {
    let database: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut *connection).await?;
    let deadline = Instant::now() + patience;
    let mut told = false;
    for key in [sqlx_key(&database), OUR_KEY] {
        loop {
            if sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(key).fetch_one(&mut *connection).await? {
                break;
            }
            let holder = db::lock_holder(connection, key).await?;
            if !told {
                waiting(&holder);
                told = true;
            }
            if Instant::now() >= deadline {
                let waited = humantime::format_duration(patience);
                return Err(Error::new(
                    Kind::Conflict,
                    format!("another run is migrating this database: {holder}; waited {waited}"),
                )
                .hint("run it again when that one is done, or wait longer with --lock-wait"));
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    /// The value that sqlx 0.9's own function gives for this name.
    #[test]
    fn the_key_is_the_one_that_sqlx_locks() {
        assert_eq!(super::sqlx_key("test"), 0x3d32_ad9e * 0xd87f_7e0c_i64);
    }
}
