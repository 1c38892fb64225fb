//! The functions of a pack, through which everything is written that bursar writes into an
//! application's tables. They live in bursar's schema, and a file of them is installed again when its
//! text has changed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::db::{self, Connection};
use crate::error::{Error, Result, ResultExt as _};
use crate::packs::{Pack, Sql, missing_columns};
use crate::store::pack_functions;

/// The statements that close functions to everybody but those who were granted to. Default
/// privileges grant every new function to other roles by name, as hosted servers do to their API's. A pack that was written for an older bursar
/// leaves paths empty, which finds the temporary types of a caller first.
const CLOSE: &str = "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM PUBLIC;
    DO $$ DECLARE grantee text; open regprocedure; BEGIN
        FOR open IN SELECT p.oid FROM pg_catalog.pg_proc p
                     WHERE p.pronamespace = 'bursar'::regnamespace AND p.proconfig @> ARRAY['search_path=\"\"'] LOOP
            EXECUTE pg_catalog.format('ALTER ROUTINE %s SET search_path = pg_catalog, pg_temp', open);
        END LOOP;
        FOR grantee IN
            SELECT DISTINCT r.rolname
              FROM pg_catalog.pg_proc p
             CROSS JOIN LATERAL pg_catalog.aclexplode(p.proacl) AS a
              JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
             WHERE p.pronamespace = 'bursar'::regnamespace AND a.grantee <> p.proowner
               AND r.rolname NOT IN ('bursar_auditor', 'bursar_support', 'bursar_operator')
        LOOP
            EXECUTE pg_catalog.format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM %I', grantee);
        END LOOP;
    END $$";

/// The files whose functions are not installed, or not as they are now.
///
/// # Errors
/// If the record of what is installed cannot be read.
pub async fn pending<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<Vec<&'a Sql>> {
    if pack.functions.is_empty() {
        return Ok(Vec::new());
    }
    let mut installed: BTreeMap<String, String> = BTreeMap::new();
    if db::relation_exists(connection, pack_functions::TABLE).await? {
        let rows = pack_functions::installed(&pack.name).all(connection).await?;
        installed = rows.into_iter().map(|row| (row.file, row.checksum)).collect();
    }
    Ok(pack.functions.iter().filter(|f| installed.get(name(f)) != Some(&checksum(f))).collect())
}

/// Installs what is pending, where the database holds the application's tables. All of it or
/// nothing. Returns the files. The caller holds the lock of a run.
///
/// # Errors
/// If a function cannot be made, with its file; then none is.
pub async fn install<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<Vec<&'a Sql>> {
    db::ours(connection, async |c| installed(c, pack).await).await
}

async fn installed<'a>(connection: &mut Connection, pack: &'a Pack) -> Result<Vec<&'a Sql>> {
    if !missing_columns(connection, pack).await?.is_empty() {
        return Ok(Vec::new());
    }
    let files = pending(connection, pack).await?;
    if files.is_empty() {
        return Ok(files);
    }
    replace(connection, pack, &files).await?;
    Ok(files)
}

async fn replace(connection: &mut Connection, pack: &Pack, files: &[&Sql]) -> Result<()> {
    // The names are the same for every application, so another one's are gone with this.
    pack_functions::forget_others(&pack.name).run(&mut *connection).await?;
    for file in files {
        sqlx::raw_sql(AssertSqlSafe(file.text.clone()))
            .execute(&mut *connection)
            .await
            .context(format!("{} failed, and no function was installed", file.file))?;
        pack_functions::record(&pack.name, name(file), &checksum(file)).run(&mut *connection).await?;
    }
    connection.execute(CLOSE).await?;
    Ok(())
}

/// Sees to it that the pack's functions are there, as this bursar has them.
///
/// # Errors
/// A usage error that says how to install them.
pub async fn require(connection: &mut Connection, pack: &Pack) -> Result<()> {
    let missing = match db::relation_exists(connection, pack_functions::TABLE).await? {
        true => pending(connection, pack).await?.iter().map(|f| name(f)).collect::<Vec<_>>().join(", "),
        false => "bursar's own schema".to_owned(),
    };
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{missing} is missing in this database, or is not the one of this bursar"))
        .hint(crate::store::UPGRADE))
}

/// The file inside the pack, wherever that came from.
fn name(file: &Sql) -> &str {
    file.file.rfind("functions/").map_or(file.file.as_str(), |at| &file.file[at..])
}

fn checksum(file: &Sql) -> String {
    hex::encode(Sha256::digest(file.text.as_bytes()))
}
