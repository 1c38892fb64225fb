//! The pack's schema: its tables, its names, and the migrations.

use std::time::Duration;

use sqlx::Executor as _;

use super::model::Lines;
use crate::audit;
use crate::db::{Tx, brief, guarded, quote_identifier, relation_exists, see_all, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::migrate::{self, MigrationState, SQLX_TABLE, Set};
use crate::packs::{self, Access, Pack, schema_exists};
use crate::store::migration_runs;
use crate::text::{counted, quoted};

/// Maximum time of the comparison with the record of the schema.
const PATIENCE: Duration = Duration::from_secs(5);

/// The command that compares with the record of the schema, where a pack fits.
const AUDIT: &str = "bursar audit --only schema";

/// Checks that the pack's names mean its own objects.
pub(super) async fn names(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
    let planted = pack.planted(tx).await?;
    let anybody: bool = sqlx::query_scalar(
        "SELECT coalesce(bool_or(has_schema_privilege('public', oid, 'CREATE')), false) FROM pg_namespace WHERE nspname = $1",
    )
    .bind(&pack.schema)
    .fetch_one(&mut **tx)
    .await?;
    let schema = &pack.schema;
    if !planted.is_empty() {
        lines.warn(
            "names",
            format!("queries could take these for something else: {}", packs::listed(&planted)),
            "find out who made them and why, and drop them; what reads the application's tables refuses until then",
        );
    } else if anybody {
        lines.warn(
            "names",
            format!("everybody may create in schema {schema}, also while a query looks for names there"),
            format!("REVOKE CREATE ON SCHEMA {} FROM PUBLIC", quote_identifier(schema)),
        );
    } else {
        lines.ok("names", format!("no object in schema {schema} can be mistaken for another"));
    }
    Ok(())
}

pub(super) async fn tables(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
    let there: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = ANY ($2)",
    )
    .bind(&pack.schema)
    .bind(&pack.tables)
    .fetch_one(&mut **tx)
    .await?;
    if !schema_exists(tx, &pack.schema).await? {
        let error = pack.out_of_reach(tx).await?;
        lines.warn("tables", error.message(), error.hint.unwrap_or_default());
        return Ok(());
    }
    let lacking = pack.tables.len().saturating_sub(usize::try_from(there).unwrap_or_default());
    if lacking > 0 {
        lines.warn(
            "tables",
            format!("{lacking} of the pack's {} {} not there", pack.tables.len(), are(lacking)),
            match makes_tables(tx, pack).await? {
                true => format!("bursar migrate up --app {}", pack.name),
                false => {
                    "create them as the application does; where this is another application's database, name that one"
                        .to_owned()
                }
            },
        );
        return Ok(());
    }
    let access = Access::of(tx, &pack.schema, &pack.tables).await?;
    let (cause, remedy) = (access.cause(), access.remedy());
    match cause.filter(|_| access.lacks()) {
        None => lines.ok("tables", format!("this role may read the {} tables of the pack", pack.tables.len())),
        Some(cause) => {
            let remedy = remedy.clone().unwrap_or_else(|| "connect as another role".to_owned());
            lines.warn("tables", cause, format!("an audit needs them: {remedy}"));
        }
    }
    let hidden = see_all(tx, &pack.schema, &pack.tables).await?;
    tx.execute("SET LOCAL ROLE NONE").await?;
    if hidden.is_empty() {
        lines.ok("row security", "hides nothing from this role");
    } else {
        lines.warn(
            "row security",
            format!("may hide rows of {} from this role", hidden.join(", ")),
            match remedy {
                Some(remedy) => format!("for whole figures: {remedy}"),
                None => "for whole figures: connect as a role with BYPASSRLS".to_owned(),
            },
        );
    }
    Ok(())
}

/// True if migrations of bursar's own are pending that make the pack's tables.
async fn makes_tables(tx: &mut Tx, pack: &Pack) -> Result<bool> {
    let Ok(set) = Set::application(&pack.name) else { return Ok(false) };
    // Who may not see what was applied gets no farther with another word.
    Ok(guarded(tx, async |c| migrate::status(c, &set).await).await?.map_or(true, |status| status.pending() > 0))
}

/// Checks the migrations of the pack, and the functions that it installs.
pub(super) async fn migrations(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
    // A pack of somebody's own has no migrations here.
    if let Ok(set) = Set::application(&pack.name) {
        let up = format!("bursar migrate up --app {}", pack.name);
        if applied(tx, &set, up, lines).await? {
            record(tx, &set, true, lines).await?;
        }
    }
    if !packs::missing_columns(tx, pack).await?.is_empty() {
        return Ok(());
    }
    match guarded(tx, async |c| migrate::functions::require(c, pack).await).await? {
        Ok(()) => {
            let lacking = migrate::functions::uncallable(tx, pack).await?;
            if pack.functions.is_empty() {
                lines.ok("functions", format!("{} has none: it only reads", pack.name));
            } else if lacking.is_empty() {
                lines.ok("functions", format!("the functions of {} that write are installed", pack.name));
            } else {
                let needed = migrate::functions::listed(&lacking);
                let commands = [("refunds.sql", "refund"), ("repair.sql", "wallet adjust"), ("jobs.sql", "jobs retry")];
                let commands = commands.iter().filter(|(file, _)| lacking.iter().any(|l| l.file.ends_with(file)));
                let commands = commands.map(|(_, command)| *command).collect::<Vec<_>>().join(" and ");
                lines.warn(
                    "functions",
                    format!("reads work here; {commands} need {needed}"),
                    format!(
                        "create them as that migration does, which this shows: bursar migrate plan --app {} -o json",
                        pack.name
                    ),
                );
            }
        }
        Err(error) if error.kind == Kind::Connection => return Err(error),
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) => {
            lines.skipped("functions", "this role may not see which are installed, and so cannot write", None);
        }
        Err(error) => lines.warn("functions", error.message(), error.hint.unwrap_or_default()),
    }
    Ok(())
}

/// Checks bursar's own schema, whatever else the database holds. `is_fitting` says that a pack fits, without which no audit
/// can begin.
pub(super) async fn own(tx: &mut Tx, is_fitting: bool, lines: &mut Lines) -> Result<()> {
    let is_there = schema_exists(tx, "bursar").await?;
    if !is_fitting && !is_there {
        lines.skipped("bursar's schema", "is not there: bursar keeps nothing in this database", None);
        return Ok(());
    }
    let set = Set::bursar()?;
    if applied(tx, &set, "bursar migrate up --only bursar".to_owned(), lines).await? {
        record(tx, &set, is_fitting, lines).await?;
    }
    if is_there { rights(tx, lines).await } else { Ok(()) }
}

/// Checks that the migrations of a set are applied as they are here. False where this role may not see it.
async fn applied(tx: &mut Tx, set: &Set, up: String, lines: &mut Lines) -> Result<bool> {
    let is_own = set.name == "bursar";
    let what = if is_own { "bursar's schema" } else { "migrations" };
    let status = match guarded(tx, async |c| migrate::status(c, set).await).await? {
        Ok(status) => status,
        // Most roles have no business with it, and lose nothing.
        Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) => {
            lines.skipped(what, "this role may not see what was applied", None);
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let (missing, modified) = (status.count(MigrationState::Missing), status.count(MigrationState::Modified));
    let half: Vec<String> = status.migrations.iter().filter_map(migrate::MigrationStatus::half_done).collect();
    let all: Vec<_> = set.migrations.iter().collect();
    let is_none = status.pending() == status.migrations.len();
    let elsewhere = match is_none && !is_own {
        true => migrate::made_elsewhere(tx, set, &status, &all).await?,
        false => None,
    };
    if !half.is_empty() {
        let flags = if is_own { " --only bursar".to_owned() } else { format!(" --app {}", set.name) };
        lines.warn(what, half.join("; "), format!("bursar migrate status{flags}"));
    } else if elsewhere.is_some() {
        let found = format!("none of {} is recorded, but the tables are there", set.name);
        lines.warn(what, found, format!("bursar migrate adopt --app {}", set.name));
    } else if is_none {
        lines.warn(what, "is not there", up);
    } else if missing > 0 {
        let missing = counted(missing, "migration");
        lines.warn(
            what,
            format!("applied by another version of bursar: {missing} of {}", set.name),
            "use the bursar that is as new as the database",
        );
    } else if modified > 0 {
        let modified = counted(modified, "migration");
        let only = if is_own { " --only bursar" } else { "" };
        lines.warn(
            what,
            format!("changed after it was applied: {modified} of {}", set.name),
            format!("bursar migrate status{only}"),
        );
    } else if status.pending() > 0 {
        lines.warn(what, format!("{} of {} {} pending", status.pending(), set.name, are(status.pending())), up);
    } else {
        let all = counted(status.migrations.len(), "migration");
        lines.ok(what, format!("{all} of {} applied, none is pending", set.name));
    }
    Ok(true)
}

/// Tells what is half done in a history that no other line is about, such as that of a folder of migrations.
pub(super) async fn half_done(tx: &mut Tx, pack: Option<&Pack>, lines: &mut Lines) -> Result<()> {
    let mut told = vec![Set::bursar()?.history_plain()];
    told.extend(pack.and_then(|pack| Set::application(&pack.name).ok()).map(|set| set.history_plain()));
    let all = match guarded(tx, async |c| migrate::all_half_done(c).await).await? {
        Ok(all) => all,
        Err(error) if error.kind == Kind::Connection => return Err(error),
        Err(error) => {
            let what = format!("nobody looked for those that are half done: {}", error.message());
            lines.skipped("migrations", what, None);
            return Ok(());
        }
    };
    for one in all.migrations.iter().filter(|one| !told.contains(&one.history)) {
        let table = match one.history == format!("public.{SQLX_TABLE}") {
            true => String::new(),
            false => format!(" --history-table {}", quoted(&one.history)),
        };
        let remedy =
            format!("where DIR is the folder of its file, see the way out: bursar migrate status --source DIR{table}");
        lines.warn("migrations", format!("{}: {}", one.history, one.words()), remedy);
    }
    let unread: Vec<&String> = all.unread.iter().filter(|history| !told.contains(history)).collect();
    if !unread.is_empty() {
        let what = format!("this role may not see whether any is half done in {}", packs::shortened(&unread));
        lines.skipped("migrations", what, None);
    }
    Ok(())
}

/// Checks that the record of the schema is the one that was taken. Where an application has none, nothing is said.
async fn record(tx: &mut Tx, set: &Set, is_fitting: bool, lines: &mut Lines) -> Result<()> {
    if !relation_exists(tx, migration_runs::SCHEMA_OBJECTS).await? {
        return Ok(());
    }
    let is_own = set.name == "bursar";
    let remedy = match is_fitting {
        true => format!("see what changed: bursar migrate verify; then: {}", migrate::RECORD_SCHEMA),
        false => format!("find out who changed it; then: {} --only bursar", migrate::RECORD_SCHEMA),
    };
    let newest = match guarded(tx, async |c| migration_runs::newest(&set.name).optional(c).await).await? {
        Ok(newest) => newest,
        Err(error) => {
            lines.skipped("schema", format!("not compared with the record of {}: {}", set.name, error.message()), None);
            return Ok(());
        }
    };
    match newest {
        None if !is_own => {}
        None => lines.warn("schema", "the record of the schema of bursar is gone", remedy),
        Some(newest) if newest.is_tampered() => {
            lines.warn("schema", format!("the record of the schema of {} is not as it was taken", set.name), remedy);
        }
        Some(newest) if newest.is_older() => {
            let what =
                format!("the record of the schema of {} is an older bursar's, without functions and columns", set.name);
            lines.warn("schema", what, remedy);
        }
        Some(_) if is_own => guards(tx, is_fitting, lines).await?,
        Some(_) => {}
    }
    Ok(())
}

/// Checks that bursar's schema is as it was recorded.
async fn guards(tx: &mut Tx, is_fitting: bool, lines: &mut Lines) -> Result<()> {
    let compared = guarded(tx, async |c| brief(c, PATIENCE, audit::own_changes).await).await?;
    match compared {
        Ok(Some(changed)) if changed.is_empty() => {
            lines.ok("schema", "bursar's own schema is as its migrations left it")
        }
        Ok(Some(changed)) => {
            let (named, hint) = match is_fitting {
                true => (packs::shortened(&changed), AUDIT.to_owned()),
                // No audit begins here, so all of them are named.
                false => (
                    changed.join(", "),
                    format!("undo each change; to keep them as they are: {} --only bursar", migrate::RECORD_SCHEMA),
                ),
            };
            let what = format!("bursar's own schema is not as its migrations left it: {named}");
            lines.fail("schema", &Error::refused(what).hint(hint));
        }
        Ok(None) => {
            let what = format!("bursar's own schema was not compared with its record within {} s", PATIENCE.as_secs());
            lines.skipped("schema", what, is_fitting.then(|| AUDIT.to_owned()));
        }
        Err(error) => {
            let what = format!("bursar's own schema was not compared with its record: {}", error.message());
            lines.skipped("schema", what, None);
        }
    }
    Ok(())
}

/// Checks that not everybody may use bursar's schema.
async fn rights(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT 'the schema bursar' FROM pg_namespace n
          WHERE n.nspname = 'bursar' AND EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee = 0)
         UNION ALL
         SELECT 'bursar.' || p.proname FROM pg_proc p
          WHERE p.pronamespace = 'bursar'::regnamespace
            AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)",
    )
    .fetch_all(&mut **tx)
    .await?;
    if !open.is_empty() {
        lines.warn(
            "rights",
            format!("everybody may use {}", packs::shortened(&open)),
            "as its owner: REVOKE ALL ON SCHEMA bursar FROM PUBLIC; REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bursar FROM PUBLIC",
        );
    }
    Ok(())
}

/// Checks that the owner of bursar's functions, with whose rights they run, may read the pack's tables.
pub(super) async fn owners(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
    if !schema_exists(tx, "bursar").await? {
        return Ok(());
    }
    for found in migrate::owners::powerless(tx, pack, false).await? {
        let what = format!(
            "bursar's functions run as {}, which may not read all rows of {}; a refund finds no payment, and an adjustment fails",
            found.role,
            found.tables.join(", ")
        );
        lines.fail("owner", &Error::refused(what).hint(format!("as a superuser: {}", found.remedy())));
    }
    Ok(())
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}
