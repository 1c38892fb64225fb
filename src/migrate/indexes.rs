//! INVALID indexes: what a concurrent build that failed half way leaves behind.

use crate::db::Connection;
use crate::error::Result;

/// An index that a build which failed half way has left: writes keep it up, and no query uses it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct InvalidIndex {
    /// The name, qualified and quoted if necessary.
    pub name: String,
    /// The table, qualified and quoted if necessary.
    pub table: String,
}

/// The INVALID indexes that nobody is building right now.
///
/// # Errors
/// If the catalog cannot be read.
pub async fn invalid_indexes(connection: &mut Connection) -> Result<Vec<InvalidIndex>> {
    let indexes = sqlx::query_as::<_, (String, String)>(
        "SELECT format('%I.%I', n.nspname, i.relname), format('%I.%I', tn.nspname, t.relname)
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
             JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
            WHERE NOT x.indisvalid AND i.relkind = 'i' AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
              -- Everybody sees that a session is at an index, and only some see at which. A build has its table locked.
              AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p JOIN pg_locks l ON l.pid = p.pid
                               WHERE l.granted AND l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.relation = t.oid
                                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            ORDER BY 1",
    )
    .fetch_all(connection)
    .await?;
    Ok(indexes.into_iter().map(|(name, table)| InvalidIndex { name, table }).collect())
}
