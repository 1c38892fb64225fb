//! The service that a hoster makes of PostgreSQL, or the other engine that speaks its protocol.

use super::model::Lines;
use crate::db::Tx;
use crate::error::Result;

/// The sign of a service, its name, and what it changes for bursar. The first of those that share a sign comes first.
const SERVICES: [(&str, &str, &str); 12] = [
    (
        "role supabase_admin",
        "Supabase",
        "port 6543 of its pooler is in transaction mode, so migrations need port 5432; anon and authenticated reach every table that bursar inspect rls names",
    ),
    (
        "role neon_superuser",
        "Neon",
        "a host whose name has -pooler is a transaction pooler, so migrations need the other one; the first connection may wait until the compute has started",
    ),
    ("function aurora_version", "Amazon Aurora", "nobody is a superuser; the reader endpoint takes no writes"),
    (
        "role rds_superuser",
        "Amazon RDS",
        "nobody is a superuser; a parameter group changes settings, ALTER SYSTEM does not",
    ),
    (
        "role alloydbsuperuser",
        "AlloyDB",
        "nobody is a superuser; flags of the instance change settings, ALTER SYSTEM does not",
    ),
    (
        "role cloudsqlsuperuser",
        "Cloud SQL",
        "nobody is a superuser; flags of the instance change settings, ALTER SYSTEM does not",
    ),
    (
        "role azure_pg_admin",
        "Azure Database for PostgreSQL",
        "nobody is a superuser; server parameters change settings, ALTER SYSTEM does not",
    ),
    ("version CockroachDB", "CockroachDB", "it is not PostgreSQL, and bursar is not made for it"),
    ("version -YB-", "YugabyteDB", "it is not PostgreSQL, and bursar is not made for it"),
    ("version Greenplum", "Greenplum", "it is not PostgreSQL, and bursar is not made for it"),
    (
        "extension citus",
        "Citus",
        "rows of distributed tables are on other servers, so sizes and statistics of this one are not all",
    ),
    (
        "extension timescaledb",
        "TimescaleDB",
        "each chunk of a hypertable is a table, so bursar inspect counts them one by one",
    ),
];

pub(super) async fn service(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let signs: Vec<&str> = SERVICES.iter().map(|(sign, ..)| *sign).collect();
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT s.sign FROM unnest($1::text[]) WITH ORDINALITY AS s (sign, place), split_part(s.sign, ' ', 1) AS kind, split_part(s.sign, ' ', 2) AS name
          WHERE CASE kind WHEN 'role' THEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = name)
                          WHEN 'extension' THEN EXISTS (SELECT FROM pg_extension e WHERE e.extname = name)
                          WHEN 'function' THEN EXISTS (SELECT FROM pg_proc p WHERE p.proname = name AND p.pronamespace = 'pg_catalog'::regnamespace)
                          ELSE strpos(version(), name) > 0 END
          ORDER BY s.place",
    )
    .bind(signs)
    .fetch_all(&mut **tx)
    .await?;
    let mut hosted = false;
    for (sign, name, changes) in SERVICES.iter().filter(|(sign, ..)| found.iter().any(|found| found == sign)) {
        // Aurora has RDS's roles too, and one hoster's server has others' only where somebody made them.
        let is_hoster = sign.starts_with("role") || sign.starts_with("function");
        if is_hoster && std::mem::replace(&mut hosted, true) {
            continue;
        }
        let found = format!("{name}, as the {sign} tells: {changes}");
        match sign.starts_with("version") {
            true => lines.warn("service", found, "expect errors, and check what bursar says of it"),
            false => lines.ok("service", found),
        }
    }
    Ok(())
}
