//! `bursar doctor`: what bursar works with here, line by line, and what to do about what is wrong.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use sqlx::{Executor as _, Row as _};

use super::{Context, Done, Outcome, now, uses, var};
use crate::commands::cli::{Format, Output};
use crate::db::{Database, Tx, guarded, quote_identifier, see_all, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::inspect::CheckVerdict;
use crate::migrate::{self, MigrationState, Set};
use crate::output::Table;
use crate::packs::{self, Access, Pack, schema_exists};
use crate::refund::gateway::configured;

/// Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways
///
/// Each line is ok, worth a look, or wrong, with what to do. Reads only. Exit 3 where one is wrong.
#[derive(Debug, Args)]
#[command(groups = uses::reads(), after_help = "Examples:\n  bursar doctor\n  bursar doctor --env production -o json")]
pub struct Doctor {
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// How far the clocks may be apart before times of the two cannot be compared.
const SKEW: Duration = Duration::from_secs(5);

/// The bound of all questions to the server together, as a multiple of the limit for a connection.
const PATIENCE: u32 = 3;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Line {
    what: &'static str,
    verdict: CheckVerdict,
    found: String,
    /// What to do, where something is to be done.
    fix: Option<String>,
}

#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn ok(&mut self, what: &'static str, found: impl Into<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Ok, found: found.into(), fix: None });
    }

    fn warn(&mut self, what: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Warn, found: found.into(), fix: Some(fix.into()) });
    }

    fn skipped(&mut self, what: &'static str, found: impl Into<String>, fix: Option<String>) {
        self.0.push(Line { what, verdict: CheckVerdict::Skipped, found: found.into(), fix });
    }

    fn fail(&mut self, what: &'static str, error: &Error) {
        self.0.push(Line { what, verdict: CheckVerdict::Fail, found: error.message(), fix: error.hint.clone() });
    }
}

/// Looks, and shows what it saw.
pub async fn run(context: &Context, args: Doctor) -> Outcome {
    let mut lines = Lines::default();
    let mut pack = None;
    match context.database().await {
        // Nothing can be asked of a database that is not named.
        Err(error) => lines.fail("database", &error),
        Ok(database) => {
            let target = database.target();
            lines.ok("database", format!("{target}, from {}", target.source));
            // It asks for little, so that a server that takes longer does not answer.
            let patience = context.global.connect_timeout.saturating_mul(PATIENCE);
            let looked = tokio::time::timeout(patience, connected(context, &database, &mut lines)).await;
            let looked = looked.unwrap_or_else(|_| {
                let patience = humantime::format_duration(patience);
                Err(Error::new(Kind::Connection, format!("the server did not answer everything within {patience}"))
                    .hint("allow more with --connect-timeout, of which doctor takes three times as much in all"))
            });
            if database.is_busy() {
                // Where it cannot be told, it notices by itself.
                let _ = database.cancel_running().await;
            }
            match looked {
                Ok(found) => pack = found,
                Err(error) => {
                    lines.fail(if error.kind == Kind::Connection { "connection" } else { "database" }, &error);
                }
            }
        }
    }
    gateways(pack.as_ref(), &mut lines);
    terminal(context, &mut lines);
    let failed = lines.0.iter().any(|l| l.verdict == CheckVerdict::Fail);
    match args.output.format {
        Format::Json => {
            context.ui.json(&serde_json::json!({ "schema_version": 1, "command": "doctor", "lines": lines.0 }))?;
        }
        Format::Table => {
            let mut table = Table::facts(&context.ui, 3);
            for line in &lines.0 {
                let symbol = match line.verdict {
                    CheckVerdict::Ok => "✓ ok",
                    CheckVerdict::Skipped => "– skipped",
                    CheckVerdict::Warn => "! warn",
                    CheckVerdict::Fail => "✗ fail",
                };
                table.row(&[symbol, line.what, &line.found]);
                if let Some(fix) = &line.fix {
                    fix.lines().for_each(|line| table.row(&["", "", &format!("→ {line}")]));
                }
            }
            context.ui.data(&table.render())?;
        }
    }
    Ok(if failed { Done::Findings } else { Done::Clean })
}

/// What the database says. Returns the pack that it fits.
async fn connected(context: &Context, database: &Database, lines: &mut Lines) -> Result<Option<Pack>> {
    let before = now();
    let mut tx = database.read().await?;
    let after = now();
    server(&mut tx, lines).await?;
    role(&mut tx, lines).await?;
    tls(&mut tx, database, lines).await?;
    match database.pooler().await? {
        None => lines.ok("pooler", "none in between was noticed"),
        Some(why) => lines.warn(
            "pooler",
            format!("a transaction pooler is in between: {why}"),
            "everything but migrations works through it; give those the server itself with --migration-url",
        ),
    }
    clock(&mut tx, before, after, lines).await?;
    let by = match (&context.global.app, &database.target().app) {
        (Some(app), _) if var("BURSAR_APP").as_ref() == Some(app) => Some("BURSAR_APP"),
        (Some(_), _) => Some("--app"),
        (None, Some(_)) => Some("the configuration of the environment"),
        (None, None) => None,
    };
    let pack = match context.pack(database, &mut tx).await {
        Err(error) if error.kind == Kind::Usage && (by.is_some() || context.global.schema.is_some()) => {
            lines.fail("pack", &error);
            None
        }
        Err(error) if error.kind == Kind::Usage => {
            lines.0.push(Line {
                what: "pack",
                verdict: CheckVerdict::Warn,
                found: error.message(),
                fix: error.hint.clone(),
            });
            None
        }
        Err(error) => return Err(error),
        Ok(pack) => {
            let why = match by {
                Some(by) => format!("because {by} names it"),
                None => format!("because the database has {}", pack.detect.join(", ")),
            };
            if let Some(other) = belongs_to(&mut tx, &pack).await? {
                let found = format!("{}, {why}, but this database is one of {other}", pack.name);
                lines.fail("pack", &Error::usage(found).hint(format!("--app {other}, or name none")));
                None
            } else {
                lines.ok("pack", format!("{}, {why}", pack.name));
                tables(&mut tx, &pack, lines).await?;
                names(&mut tx, &pack, lines).await?;
                migrations(&mut tx, &pack, lines).await?;
                Some(pack)
            }
        }
    };
    search_paths(&mut tx, pack.as_ref(), lines).await?;
    let protection = database.protection().await?;
    lines.ok("protection", protection.reason());
    tx.rollback().await?;
    Ok(pack)
}

/// The pack that the database fits, where it is another one than this.
async fn belongs_to(tx: &mut Tx, pack: &Pack) -> Result<Option<String>> {
    if packs::missing_columns(tx, pack).await?.is_empty() {
        return Ok(None);
    }
    match packs::select(tx, None, None).await {
        Ok(other) => Ok(Some(other.name).filter(|name| *name != pack.name)),
        Err(error) if error.kind == Kind::Usage => Ok(None),
        Err(error) => Err(error),
    }
}

async fn server(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let row = sqlx::query(
        "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                pg_is_in_recovery() AS replica, current_setting('default_transaction_read_only') AS read_only",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (version, number): (String, i32) = (row.try_get("version")?, row.try_get("number")?);
    if number < 150_000 {
        lines.warn("server", format!("PostgreSQL {version}"), "bursar is tested on PostgreSQL 15 and newer");
    } else {
        lines.ok("server", format!("PostgreSQL {version}"));
    }
    let (replica, read_only): (bool, String) = (row.try_get("replica")?, row.try_get("read_only")?);
    match (replica, read_only.as_str()) {
        (true, _) => lines.warn("writes", "this is a replica, which takes none", "name the primary for what writes"),
        (_, "on") => lines.warn(
            "writes",
            "default_transaction_read_only is on for this role or database",
            "ALTER ROLE … RESET default_transaction_read_only, where it should write",
        ),
        _ => lines.ok("writes", "this is a primary, which takes them"),
    }
    Ok(())
}

async fn role(tx: &mut Tx, lines: &mut Lines) -> Result<()> {
    let row = sqlx::query(
        "SELECT r.rolname::text AS name, r.rolsuper AS super, r.rolbypassrls AS bypass,
                coalesce((SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) FROM pg_roles m
                           WHERE m.rolname LIKE 'bursar\\_%' AND NOT r.rolsuper AND pg_has_role(r.oid, m.oid, 'USAGE')), '') AS roles,
                EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = 'bursar' AND pg_has_role(r.oid, n.nspowner, 'USAGE')) AS owner
           FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(&mut **tx)
    .await?;
    let (name, superuser, bypass): (String, bool, bool) =
        (row.try_get("name")?, row.try_get("super")?, row.try_get("bypass")?);
    let (roles, owner): (String, bool) = (row.try_get("roles")?, row.try_get("owner")?);
    let mut rights = Vec::new();
    if bypass {
        rights.push("sees what row level security hides".to_owned());
    }
    if owner {
        rights.push("owns bursar's schema: may migrate and change settings".to_owned());
    }
    if !roles.is_empty() {
        rights.push(format!("may do what {roles} may"));
    }
    if rights.is_empty() {
        rights.push("has no rights of bursar's".to_owned());
    }
    if superuser {
        lines.warn(
            "role",
            format!("{name} is a superuser, whom nothing stops"),
            "connect as a role of bursar_support or bursar_operator for daily work",
        );
    } else {
        lines.ok("role", format!("{name}: {}", rights.join("; ")));
    }
    Ok(())
}

async fn tls(tx: &mut Tx, database: &Database, lines: &mut Lines) -> Result<()> {
    // Behind a pooler this is about the pooler's own connection to the server.
    let row = sqlx::query("SELECT ssl, coalesce(version, '') AS version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_optional(&mut **tx)
        .await?;
    let (on, version): (bool, String) = match row {
        Some(row) => (row.try_get("ssl")?, row.try_get("version")?),
        None => (false, String::new()),
    };
    let target = database.target();
    judge_tls(on, &version, target.is_verified(), target.is_local(), lines);
    Ok(())
}

fn judge_tls(on: bool, version: &str, verified: bool, local: bool, lines: &mut Lines) {
    match (on, verified, local) {
        (true, true, _) => lines.ok("tls", format!("{version}, and the server's certificate was verified")),
        (true, false, _) => lines.warn(
            "tls",
            format!("{version}, but whose certificate it is was not looked at"),
            "add ?sslmode=verify-full to the URL, and sslrootcert where its authority is your own",
        ),
        (false, _, true) => lines.ok("tls", "none, and none is needed: the server is on this machine"),
        (false, _, false) => lines.fail(
            "tls",
            &Error::refused("the connection is not encrypted, and it goes over a network")
                .hint("add ?sslmode=verify-full to the URL, and switch ssl on at the server"),
        ),
    }
}

/// The server's clock, asked between two looks at ours.
async fn clock(
    tx: &mut Tx,
    before: chrono::DateTime<chrono::Utc>,
    after: chrono::DateTime<chrono::Utc>,
    lines: &mut Lines,
) -> Result<()> {
    let began: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT now()").fetch_one(&mut **tx).await?;
    judge_clock(began, before, after, lines);
    Ok(())
}

/// The server's time lies between ours of before and of after, unless a clock is wrong.
fn judge_clock(
    server: chrono::DateTime<chrono::Utc>,
    before: chrono::DateTime<chrono::Utc>,
    after: chrono::DateTime<chrono::Utc>,
    lines: &mut Lines,
) {
    let allowed = chrono::Duration::from_std(SKEW).unwrap_or_default();
    let apart = (before - server).max(server - after).max(chrono::Duration::zero());
    let seconds = apart.num_milliseconds() as f64 / 1000.0;
    if apart > allowed {
        let way = if server < before { "behind" } else { "ahead of" };
        lines.warn("clock", format!("the server's is {seconds:.1} s {way} this machine's"), "let both follow NTP");
    } else {
        lines.ok("clock", format!("the server's is within {:.1} s of this machine's", seconds.max(0.1)));
    }
}

/// Whether the pack's names mean what they seem to.
async fn names(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
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
        lines.ok("names", format!("nothing in schema {schema} is taken for something else"));
    }
    Ok(())
}

async fn tables(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
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
            format!("{lacking} of the pack's {} are not there", pack.tables.len()),
            format!("bursar migrate up --app {}", pack.name),
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
                None => "for whole figures: ALTER ROLE … BYPASSRLS".to_owned(),
            },
        );
    }
    Ok(())
}

async fn migrations(tx: &mut Tx, pack: &Pack, lines: &mut Lines) -> Result<()> {
    let mut sets = vec![Set::bursar()?];
    // A pack of somebody's own has no migrations here.
    sets.extend(Set::application(&pack.name));
    for set in &sets {
        let what = if set.name == "bursar" { "bursar's schema" } else { "migrations" };
        let status = match guarded(tx, async |c| migrate::status(c, set).await).await? {
            Ok(status) => status,
            // Most roles have no business with it, and lose nothing.
            Err(error) if error.sqlstate.as_deref() == Some(sqlstate::INSUFFICIENT_PRIVILEGE) => {
                lines.skipped(what, "this role may not see what was applied", None);
                continue;
            }
            Err(error) => return Err(error),
        };
        let count = |state: MigrationState| status.count(state);
        let only = if set.name == "bursar" { " --only bursar" } else { "" };
        let app = if set.name == "bursar" { String::new() } else { format!(" --app {}", pack.name) };
        let up = format!("bursar migrate up{only}{app}");
        let changed = count(MigrationState::Modified) + count(MigrationState::Missing);
        let all: Vec<_> = set.migrations.iter().collect();
        let is_none = status.pending() == status.migrations.len();
        let elsewhere = match is_none && set.name != "bursar" {
            true => migrate::made_elsewhere(tx, set, &status, &all).await?,
            false => None,
        };
        if elsewhere.is_some() {
            let found = format!("none of {} is recorded, but the tables are there", set.name);
            lines.warn(what, found, format!("bursar migrate baseline --detect --app {}", pack.name));
        } else if is_none {
            lines.warn(what, "is not there", up);
        } else if changed > 0 && count(MigrationState::Missing) > 0 {
            lines.warn(
                what,
                format!("{} of {} were applied by another version of bursar", count(MigrationState::Missing), set.name),
                "use the bursar that is as new as the database",
            );
        } else if changed > 0 {
            lines.warn(
                what,
                format!("{changed} of {} were changed after they were applied", set.name),
                "bursar migrate status",
            );
        } else if status.pending() > 0 {
            lines.warn(what, format!("{} of {} are pending", status.pending(), set.name), up);
        } else {
            lines.ok(what, format!("all {} of {} are applied", status.migrations.len(), set.name));
        }
    }
    if !packs::missing_columns(tx, pack).await?.is_empty() {
        return Ok(());
    }
    match guarded(tx, async |c| migrate::functions::require(c, pack).await).await? {
        Ok(()) => {
            let lacking = migrate::functions::uncallable(tx, pack).await?;
            if lacking.is_empty() {
                lines.ok("functions", format!("those of {} that write are installed", pack.name));
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

/// Functions with their owner's rights, and bursar's own, that find temporary objects of their caller first.
async fn search_paths(tx: &mut Tx, pack: Option<&Pack>, lines: &mut Lines) -> Result<()> {
    const WHAT: &str = "search paths";
    let open: Vec<(String, bool, bool, bool)> = sqlx::query_as(
        "SELECT pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
                n.nspname = 'bursar', n.nspname IS NOT DISTINCT FROM $1, coalesce(p.proconfig @> ARRAY['search_path=\"\"'], false)
           FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          WHERE p.prokind IN ('f', 'p') AND (p.prosecdef OR n.nspname = 'bursar' AND p.proconfig::text LIKE '%search\\_path=%')
            AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
            AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s ~ '^search_path=(.*, )?pg_temp$')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                             WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
          ORDER BY 2 DESC, 4 DESC, 3 DESC, 1",
    )
    .bind(pack.map(|pack| pack.schema.as_str()))
    .fetch_all(&mut **tx)
    .await?;
    let Some((first, bursars, applications, older)) = open.first() else {
        lines.ok(WHAT, "each function with its owner's rights ends its own with pg_temp");
        return Ok(());
    };
    let more = match open.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let alter =
        format!("ALTER FUNCTION {first} SET search_path = pg_catalog, pg_temp, once its body qualifies other names");
    let (whose, fix) = if *bursars && *older {
        ("functions of bursar are not mended: ", crate::store::UPGRADE.to_owned())
    } else if *bursars {
        let fix = "end their search_path with pg_temp in the pack's functions/*.sql, and then: bursar migrate up --only bursar";
        ("", fix.to_owned())
    } else if let Some(pack) = pack.filter(|_| *applications)
        && behind(tx, pack).await?
    {
        ("functions of the application are not mended: ", format!("bursar migrate up --app {}", pack.name))
    } else {
        ("", format!("{alter}; bursar inspect functions.search_path lists all"))
    };
    let found = format!(
        "{whose}{first}{more} may take temporary objects of a caller for what they name, with the rights of their owner"
    );
    lines.warn(WHAT, found, fix);
    let (everybody, database): (bool, String) = sqlx::query_as(
        "SELECT pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'TEMP'),
                pg_catalog.quote_ident(pg_catalog.current_database())",
    )
    .fetch_one(&mut **tx)
    .await?;
    if everybody {
        lines.warn(
            "temporary objects",
            "everybody may create them, and functions find them first",
            format!("REVOKE TEMP ON DATABASE {database} FROM PUBLIC, or set the paths of the functions"),
        );
    }
    Ok(())
}

/// Whether migrations of the application's own set are pending, as far as this role may see.
async fn behind(tx: &mut Tx, pack: &Pack) -> Result<bool> {
    let Ok(set) = Set::application(&pack.name) else { return Ok(false) };
    match guarded(tx, async |c| migrate::status(c, &set).await).await? {
        Ok(status) => Ok(status.pending() > 0),
        Err(error) if error.kind == Kind::Connection => Err(error),
        Err(_) => Ok(false),
    }
}

fn gateways(pack: Option<&Pack>, lines: &mut Lines) {
    match configured(&var) {
        Err(error) => lines.fail("gateways", &error),
        Ok(gateways) if gateways.is_empty() && pack.is_some_and(|pack| pack.payments.is_some()) => lines.warn(
            "gateways",
            "none is configured, so no refund can move money",
            "set STRIPE_SECRET_KEY, or PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET; --gateway record-only needs none",
        ),
        Ok(gateways) if gateways.is_empty() => lines.ok("gateways", "none is configured; only refunds need one"),
        Ok(gateways) => {
            let each = gateways.iter().map(|gateway| {
                let key = match gateway.live() {
                    Some(true) => "live",
                    Some(false) => "test",
                    None => "of no known kind",
                };
                format!("{} with a key that is {key}", gateway.name())
            });
            lines.ok("gateways", each.collect::<Vec<_>>().join(", "));
        }
    }
}

fn terminal(context: &Context, lines: &mut Lines) {
    let asks = if context.ui.interactive { "questions can be asked" } else { "no questions: writes need --yes" };
    let colour = if context.ui.stdout_color { "in colour" } else { "without colour" };
    lines.ok("terminal", format!("{asks}; {colour}"));
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};

    use super::{CheckVerdict, Lines, judge_clock, judge_tls};

    #[test]
    fn clocks_that_are_apart_are_told_and_a_slow_answer_is_no_skew() {
        let before = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).unwrap();
        let judged = |server: i64, after: i64| {
            let mut lines = Lines::default();
            let at = |ms: i64| before + Duration::milliseconds(ms);
            judge_clock(at(server), before, at(after), &mut lines);
            (lines.0[0].verdict, lines.0[0].found.clone())
        };
        let ok = |s: &str| (CheckVerdict::Ok, format!("the server's is within {s} s of this machine's"));
        // It took a minute to connect, and the server's clock is anywhere within.
        assert_eq!(judged(59_000, 60_000), ok("0.1"));
        assert_eq!(judged(0, 60_000), ok("0.1"));
        assert_eq!(judged(-5_000, 10), ok("5.0"));
        assert_eq!(judged(5_010, 10), ok("5.0"));
        let said = |s: &str| (CheckVerdict::Warn, format!("the server's is {s} this machine's"));
        assert_eq!(judged(-5_001, 10), said("5.0 s behind"));
        assert_eq!(judged(7_000_010, 10), said("7000.0 s ahead of"));
    }

    #[test]
    fn what_goes_over_a_network_has_to_be_encrypted() {
        let judged = |on, verified, local| {
            let mut lines = Lines::default();
            judge_tls(on, "TLSv1.3", verified, local, &mut lines);
            (lines.0[0].verdict, lines.0[0].fix.is_some())
        };
        for local in [true, false] {
            assert_eq!(judged(true, true, local), (CheckVerdict::Ok, false));
            assert_eq!(judged(true, false, local), (CheckVerdict::Warn, true));
        }
        assert_eq!(judged(false, false, true), (CheckVerdict::Ok, false));
        for verified in [true, false] {
            assert_eq!(judged(false, verified, false), (CheckVerdict::Fail, true));
        }
    }
}
