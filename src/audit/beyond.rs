//! Rows that the snapshot does not vouch for: those of other servers, and those of a replica that is behind.

use super::scope::Scope;
use super::snapshot::Snapshot;
use crate::db::{Connection, Tx, guarded};
use crate::error::Result;

/// The reasons for which the rows that are read may not be all rows, or not those of now.
pub(super) async fn doubts(tx: &mut Tx, scope: &Scope<'_>, snapshot: &Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    if !scope.options.trust_foreign {
        // Where it fails, the next part can still be read.
        let pack = scope.pack;
        let foreign = guarded(tx, async |c| foreign(c, &pack.schema, &pack.tables).await).await;
        match foreign.and_then(|answer| answer) {
            Err(error) => all.push(format!("the foreign tables cannot be told: {}", error.message())),
            Ok(foreign) => all.extend(foreign.iter().map(|(table, server)| {
            format!(
                "{table} is a foreign table of the server {server}, which may hide rows, and has a snapshot of its own. \
                 Where its role sees every row and nothing writes meanwhile: --trust-foreign"
            )
        })),
        }
    }
    if let Some(limit) = scope.options.max_lag.filter(|_| snapshot.replica) {
        let asked = humantime::format_duration(limit);
        match snapshot.replica_lag_ms {
            None => all.push(format!("the lag of the replica is unknown, and --max-lag asks for {asked} at most")),
            Some(ms) if i128::from(ms) > limit.as_millis().cast_signed() => {
                all.push(format!("the replica is {ms} ms behind, and --max-lag asks for {asked} at most"));
            }
            Some(_) => {}
        }
    }
    all
}

/// The foreign tables among these, among their partitions and children, and below views of them, with their servers.
async fn foreign(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<Vec<(String, String)>> {
    Ok(sqlx::query_as(
        "WITH RECURSIVE read (oid) AS (
             SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY ($2)
             UNION
             SELECT below.oid
               FROM read CROSS JOIN LATERAL (
                    SELECT i.inhrelid AS oid FROM pg_inherits i WHERE i.inhparent = read.oid
                    UNION ALL
                    SELECT d.refobjid
                      FROM pg_rewrite w
                      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
                     WHERE w.ev_class = read.oid AND d.refobjid <> read.oid) AS below)
         SELECT f.ftrelid::regclass::text, quote_ident(s.srvname)
           FROM read JOIN pg_foreign_table f ON f.ftrelid = read.oid JOIN pg_foreign_server s ON s.oid = f.ftserver
          ORDER BY 1",
    )
    .bind(schema)
    .bind(tables)
    .fetch_all(connection)
    .await?)
}
