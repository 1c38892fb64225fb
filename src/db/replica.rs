//! The lag of a replica.

use sqlx::AssertSqlSafe;

use super::Connection;
use crate::error::Result;

/// The lag of a replica in milliseconds, as SQL; NULL on a primary, and on a replica that has replayed nothing yet.
///
/// A replica that has replayed all it received is not behind, however long ago that was, as long as it hears from the
/// primary: one that has nothing to send says so twice in `wal_sender_timeout`, a minute by default.
pub(crate) const REPLICA_LAG: &str = "(extract(epoch FROM CASE
    WHEN NOT pg_is_in_recovery() THEN NULL
    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)
    THEN (SELECT CASE WHEN r.last_msg_receipt_time < clock_timestamp() - interval '1 minute'
                      THEN clock_timestamp() - r.last_msg_receipt_time ELSE '0' END FROM pg_stat_wal_receiver r)
    ELSE clock_timestamp() - pg_last_xact_replay_timestamp() END) * 1000)::bigint";

/// True if the server is a replica, and how far it is behind, in milliseconds.
///
/// # Errors
/// If the server cannot be asked.
pub(crate) async fn replica(connection: &mut Connection) -> Result<(bool, Option<i64>)> {
    let sql = format!("SELECT pg_is_in_recovery(), {REPLICA_LAG}");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).fetch_one(connection).await?)
}
