//! The run lock: one migration run at a time in a database.
//!
//! Two session-level advisory locks are polled for, never waited on: a blocking wait holds a
//! snapshot, which deadlocks with `CREATE INDEX CONCURRENTLY`. The first key is the one that sqlx's
//! own runner takes, so that the two exclude each other; the second is ours. Both belong to the
//! connection that migrates, so that a lost connection loses the locks with it.

use std::time::{Duration, Instant};

use sqlx::{PgConnection, Row as _};

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
pub async fn acquire(connection: &mut PgConnection, patience: Duration, mut waiting: impl FnMut(&str)) -> Result<()> {
    let database: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut *connection).await?;
    let deadline = Instant::now() + patience;
    let mut told = false;
    for key in [sqlx_key(&database), OUR_KEY] {
        loop {
            if sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(key).fetch_one(&mut *connection).await? {
                break;
            }
            let holder = holder(connection, key).await?;
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

/// Who holds an advisory lock of this database, in words.
async fn holder(connection: &mut PgConnection, key: i64) -> Result<String> {
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

#[cfg(test)]
mod tests {
    /// The value that sqlx 0.9's own function gives for this name.
    #[test]
    fn the_key_is_the_one_that_sqlx_locks() {
        assert_eq!(super::sqlx_key("test"), 0x3d32_ad9e * 0xd87f_7e0c_i64);
    }
}
