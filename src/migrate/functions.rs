//! The functions of a pack, through which everything is written that bursar writes into an
//! application's tables. They live in bursar's schema, and a file of them is installed again when its
//! text has changed.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor as _};

use super::relation::Relation;
use super::snapshot;
use super::source::{Migration, Set};
use crate::db::{self, Connection};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::packs::{self, Pack, Sql};
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
    // What a file held that the pack has no more is still there.
    let is_gone = installed.keys().any(|file| !pack.functions.iter().any(|f| name(f) == file));
    Ok(pack.functions.iter().filter(|f| is_gone || installed.get(name(f)) != Some(&checksum(f))).collect())
}

/// A pack whose functions are not installed, because the database lacks tables of it.
#[derive(Debug, Clone)]
pub struct Lacking {
    /// The name of the pack.
    pub pack: String,
    /// The tables and columns that the database lacks, in a sentence.
    pub what: String,
}

impl Lacking {
    /// The tables and columns that the functions of a pack need and the database lacks; `None` where it has all of them.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn of(connection: &mut Connection, pack: &Pack) -> Result<Option<Self>> {
        let what = packs::lacking(connection, pack).await?;
        Ok(what.map(|what| Lacking { pack: pack.name.clone(), what }))
    }
}

/// Requires that the functions of no pack were left out.
///
/// # Errors
/// If these were: with the tables that each pack lacks.
pub fn require_installed(lacking: &[Lacking]) -> Result<()> {
    if lacking.is_empty() {
        return Ok(());
    }
    let each: Vec<String> =
        lacking.iter().map(|l| format!("the functions of {} are not installed: {}", l.pack, l.what)).collect();
    Err(Error::new(Kind::Incomplete, each.join("; ")).hint(
        "the same command installs them when the tables are there; where the database is another application's, name that one with --app",
    ))
}

/// The functions that were installed.
#[derive(Debug, Default)]
pub struct Installed<'a> {
    /// Their files.
    pub files: Vec<&'a Sql>,
    /// The packs whose functions were left out.
    pub lacking: Vec<Lacking>,
}

/// Installs what is pending, where the database holds the application's tables. All of it or
/// nothing. The caller holds the lock of a run.
///
/// # Errors
/// If a function cannot be made, with its file; then none is.
pub async fn install<'a>(connection: &mut Connection, packs: &[&'a Pack]) -> Result<Installed<'a>> {
    db::ours(connection, async |c| {
        let mut installed = Installed::default();
        for pack in packs {
            let files = pending(c, pack).await?;
            if files.is_empty() {
                continue;
            }
            match Lacking::of(c, pack).await? {
                Some(lacking) => installed.lacking.push(lacking),
                None => {
                    replace(c, pack, &files, packs).await?;
                    installed.files.extend(files);
                }
            }
        }
        Ok(installed)
    })
    .await
}

async fn replace(connection: &mut Connection, pack: &Pack, files: &[&Sql], together: &[&Pack]) -> Result<()> {
    // The names are the same for every application, so another one's are gone with this. Packs of one database keep
    // different things, so those of one are none of another's.
    let names: Vec<&str> = together.iter().map(|pack| pack.name.as_str()).collect();
    pack_functions::forget_others(&names).run(&mut *connection).await?;
    let kept: Vec<&str> = pack.functions.iter().map(name).collect();
    pack_functions::forget_files(&pack.name, &kept).run(&mut *connection).await?;
    let dropped = drop_withdrawn(connection, together).await?;
    for file in files {
        sqlx::raw_sql(AssertSqlSafe(file.text.clone()))
            .execute(&mut *connection)
            .await
            .context(format!("{} failed, and no function was installed", file.file))?;
        pack_functions::record(&pack.name, name(file), &checksum(file)).run(&mut *connection).await?;
    }
    let mut written = snapshot::written_functions(connection).await?;
    written.extend(dropped);
    connection.execute(CLOSE).await?;
    snapshot::learn_functions(connection, &written).await
}

/// Functions that a pack may bring or not, and that change what bursar does by being there.
const OPTIONAL: [&str; 4] = ["floor", "reschedule_job", "pause_queue", "run_schedule"];

/// Drops the optional functions that no file of these packs brings any more: one that stays would be called. Returns them.
async fn drop_withdrawn(connection: &mut Connection, packs: &[&Pack]) -> Result<Vec<String>> {
    let brings = |function: &str| {
        let head = format!("FUNCTION bursar.{function}(");
        packs.iter().flat_map(|pack| &pack.functions).any(|file| file.text.contains(&head))
    };
    let withdrawn: Vec<&str> = OPTIONAL.into_iter().filter(|function| !brings(function)).collect();
    let there: Vec<(String, String)> = sqlx::query_as(
        "SELECT p.oid::regprocedure::text, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'
           FROM pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace AND p.proname = ANY ($1)",
    )
    .bind(&withdrawn)
    .fetch_all(&mut *connection)
    .await?;
    for (function, _) in &there {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP FUNCTION {function}"))).execute(&mut *connection).await?;
    }
    Ok(there.into_iter().map(|(_, name)| name).collect())
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

/// A function of the application that a database lacks, although a file of the pack's functions calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncallable {
    /// The file of the pack, such as `functions/refunds.sql`.
    pub file: String,
    /// The function, with its schema.
    pub function: String,
    /// The migration that creates it.
    pub migration: String,
}

/// The functions that the pack's own call, that its migrations create, and that the database lacks: its tables were made
/// by something else.
///
/// # Errors
/// If the server cannot be asked.
pub async fn uncallable(connection: &mut Connection, pack: &Pack) -> Result<Vec<Uncallable>> {
    // A pack of somebody's own has no migrations here.
    let Some(set) = Some(pack).filter(|p| p.is_built_in()).and_then(|p| Set::application(&p.name).ok()) else {
        return Ok(Vec::new());
    };
    let mut called: Vec<(&Sql, &str)> = Vec::new();
    for file in &pack.functions {
        called.extend(calls(&file.text, &pack.schema).into_iter().map(|name| (file, name)));
    }
    let names: Vec<&str> = called.iter().map(|(_, name)| *name).collect();
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT w.name FROM pg_catalog.unnest($1::text[]) AS w (name)
          WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                             WHERE n.nspname = $2 AND p.proname = w.name)",
    )
    .bind(&names)
    .bind(&pack.schema)
    .fetch_all(connection)
    .await?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let made: Vec<(Relation, &Migration)> = set
        .migrations
        .iter()
        .flat_map(|m| {
            let made: Vec<_> = m.up.statements().iter().filter_map(|s| s.creates_function()).collect();
            made.into_iter().map(move |function| (function, m))
        })
        .collect();
    let lacking = called.into_iter().filter(|(_, called)| missing.iter().any(|name| name == called));
    Ok(lacking
        .filter_map(|(file, called)| {
            // What no migration creates is a table.
            let (_, migration) = made.iter().find(|(function, _)| function.name == called)?;
            Some(Uncallable {
                file: name(file).to_owned(),
                function: format!("{}.{called}", pack.schema),
                migration: format!("{} ({})", migration.version, migration.description),
            })
        })
        .collect())
}

/// The names behind `SCHEMA.` and before a parenthesis, each once.
fn calls<'a>(text: &'a str, schema: &str) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for rest in text.split(&format!("{schema}.")).skip(1) {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if rest[end..].starts_with('(') && !names.contains(&&rest[..end]) {
            names.push(&rest[..end]);
        }
    }
    names
}

/// Sees to it that the functions can be called that a file of the pack's functions calls, such as `refunds.sql`.
///
/// # Errors
/// A usage error that names those that are missing, and the migration that creates them.
pub async fn require_callable(connection: &mut Connection, pack: &Pack, file: &str, what: &str) -> Result<()> {
    // A pack of a folder may leave its functions to the database.
    if pack.is_built_in() && pack.functions.is_empty() {
        return Err(Error::usage(format!(
            "the pack {} only reads: it has no functions/{file}, which {what} needs; nothing was changed",
            pack.name
        ))
        .hint("use the application itself; a pack of your own can have such functions: see docs/packs.md"));
    }
    let mut lacking = uncallable(connection, pack).await?;
    lacking.retain(|l| l.file.ends_with(file));
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{what} needs {}, which this database lacks; nothing was changed", listed(&lacking)))
        .hint(format!(
            "create it as that migration does, which this shows: bursar migrate plan --app {} -o json",
            pack.name
        )))
}

/// The functions, each with its migration.
pub fn listed(lacking: &[Uncallable]) -> String {
    let mut by_migration: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in lacking {
        by_migration.entry(&one.migration).or_default().push(&one.function);
    }
    let said = by_migration.iter().map(|(migration, names)| format!("{} of migration {migration}", names.join(", ")));
    said.collect::<Vec<_>>().join(", ")
}

/// The file inside the pack, wherever that came from.
fn name(file: &Sql) -> &str {
    file.file.rfind("functions/").map_or(file.file.as_str(), |at| &file.file[at..])
}

fn checksum(file: &Sql) -> String {
    hex::encode(Sha256::digest(file.text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn calls_are_names_of_the_schema_before_a_parenthesis() {
        let text =
            "PERFORM public.pay(1); INSERT INTO public.logs (a) SELECT public.pay(2), other.f(3), 'x'::public.kind";
        assert_eq!(calls(text, "public"), ["pay"]);
    }
}
