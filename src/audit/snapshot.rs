//! Trust the read first: who reads, what snapshot, and that nothing is hidden.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::db::{self, REPLICA_LAG, Tx, guarded};
use crate::error::Result;
use crate::packs::Pack;

/// The snapshot: the same for every check of the run.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// The server's name of the snapshot (`pg_current_snapshot`).
    pub id: String,
    /// Time of the snapshot, by the server's clock.
    pub at: DateTime<Utc>,
    /// The position in the write-ahead log.
    pub lsn: String,
    /// The role that read.
    pub role: String,
    /// The database.
    pub database: String,
    /// The server's version.
    pub server_version: String,
    /// True if the server is a replica.
    pub replica: bool,
    /// The lag of a replica, in milliseconds; null on a primary, and on a replica that has
    /// replayed nothing yet.
    pub replica_lag_ms: Option<i64>,
    /// The newest migration of the application that bursar or sqlx recorded.
    pub migration: Option<i64>,
}

/// As whom every connection of a run reads.
pub(super) struct Reader {
    as_auditor: bool,
}

impl Reader {
    /// The connected role where it reads everything, otherwise the auditor role where it may be taken on and reads each
    /// table that the connected role reads. A member of it inherits its grants, but not its right to see past policies.
    pub(super) async fn choose(tx: &mut Tx, pack: &Pack) -> Result<Self> {
        let as_auditor = !reads_everything(tx, pack).await?
            && db::may_become_auditor(tx).await?
            && db::auditor_reads_all(tx, &pack.schema, &pack.tables).await?;
        Ok(Reader { as_auditor })
    }

    /// The connected role, for a transaction that also writes: the auditor may not.
    pub(super) fn as_connected() -> Self {
        Reader { as_auditor: false }
    }

    /// Prepares a transaction for reading everything.
    pub(super) async fn prepare(&self, tx: &mut Tx, pack: &Pack) -> Result<()> {
        if self.as_auditor {
            tx.execute("SAVEPOINT role").await?;
            if tx.execute("SET LOCAL ROLE bursar_auditor").await.is_err() {
                tx.execute("ROLLBACK TO SAVEPOINT role").await?;
            }
            // A snapshot cannot be exported from inside a savepoint.
            tx.execute("RELEASE SAVEPOINT role").await?;
        }
        // With this off, a query that a policy would filter is an error instead of a partial answer.
        tx.execute("SET LOCAL row_security = off").await?;
        // For this transaction only: the aggregates and sorts of a ledger outgrow the default.
        tx.execute("SET LOCAL work_mem = '64MB'").await?;
        // Behind a lock that a migration holds, a check ends as incomplete instead of waiting on and on.
        tx.execute("SET LOCAL lock_timeout = '30s'").await?;
        // Compiling these queries took longer than it saved: 2.2 s instead of 1.3 s at 5,000,000 entries.
        tx.execute("SET LOCAL jit = off").await?;
        pack.enter(tx).await
    }
}

/// Describes the snapshot of the transaction.
pub(super) async fn describe(tx: &mut Tx, pack: &Pack) -> Result<Snapshot> {
    let sql = format!(
        "SELECT pg_current_snapshot()::text AS id, now() AS at, current_user::text AS role, current_database()::text AS database,
                current_setting('server_version') AS server_version,
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn,
                pg_is_in_recovery() AS replica,
                {REPLICA_LAG} AS lag"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut **tx).await?;
    Ok(Snapshot {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        lsn: row.try_get::<Option<String>, _>("lsn")?.unwrap_or_default(),
        role: row.try_get("role")?,
        database: row.try_get("database")?,
        server_version: row.try_get("server_version")?,
        replica: row.try_get("replica")?,
        replica_lag_ms: row.try_get("lag")?,
        migration: newest_migration(tx, pack).await?,
    })
}

/// True for a superuser, a role that bypasses row level security, and an owner of every table.
async fn reads_everything(tx: &mut Tx, pack: &Pack) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT r.rolsuper OR r.rolbypassrls
                OR coalesce((SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                              WHERE n.nspname = $1 AND c.relname = ANY ($2)), true)
           FROM pg_roles r WHERE r.rolname = current_user",
    )
    .bind(&pack.schema)
    .bind(&pack.tables)
    .fetch_one(&mut **tx)
    .await?)
}

/// The newest migration that the application's history records, where it can be read.
async fn newest_migration(tx: &mut Tx, pack: &Pack) -> Result<Option<i64>> {
    let Ok(set) = crate::migrate::Set::application(&pack.name) else { return Ok(None) };
    if !db::relation_exists(tx, &set.history_plain()).await? {
        return Ok(None);
    }
    let sql = format!("SELECT max(version) FROM {} {} WHERE success", set.history(), db::OF_A_TABLE);
    let newest = guarded(tx, async |c| Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c).await?)).await?;
    // A history that this role may not read is no reason to refuse the audit.
    Ok(newest.unwrap_or(None))
}
