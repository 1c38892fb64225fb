//! `bursar doctor`: checks what bursar works with here, line by line, with a remedy for what is wrong.

mod local;
mod model;
mod schema;
mod search_path;
mod server;
mod service;

use clap::Args;

use self::model::Lines;
use super::{Context, Done, Outcome, now, uses, var};
use crate::db::{Database, Tx, is_unanswered};
use crate::error::{Error, Kind, Result};
use crate::inspect::CheckVerdict;
use crate::output::{Output, Page, Table, View};
use crate::packs::{self, Pack};

/// Check what bursar works with: the connection, the role, TLS, poolers, the schema, the gateways
///
/// Each line is ok, worth a look, or wrong, with what to do. Reads only. Exit 3: a line is wrong. Exit 5: the server did
/// not answer in time.
#[derive(Debug, Args)]
#[command(groups = uses::reads(), after_help = "Examples:\n  bursar doctor\n  bursar doctor --env production -o json")]
pub struct Doctor {
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// The bound of all questions to the server together, as a multiple of the limit for a connection.
const PATIENCE: u32 = 3;

/// Asks the server and looks at the environment, and shows the lines.
pub async fn run(context: &Context, args: Doctor) -> Outcome {
    let mut lines = Lines::default();
    let mut pack = None;
    let mut silent = false;
    match context.database().await {
        // Nothing can be asked of a database that is not named.
        Err(error) => lines.fail("database", &error),
        Ok(database) => {
            let target = database.target();
            lines.ok("database", format!("{target}, from {}", target.source));
            // It asks for little, so that a server that takes longer does not answer.
            let patience = context.global.connect_timeout.saturating_mul(PATIENCE);
            let asked = tokio::time::timeout(patience, connected(context, &database, &mut lines)).await;
            silent = asked.is_err();
            let asked = asked.unwrap_or_else(|_| {
                let patience = humantime::format_duration(patience);
                Err(Error::new(Kind::Connection, format!("the server did not answer everything within {patience}"))
                    .hint("allow more with --connect-timeout; doctor takes three times as much in all"))
            });
            if database.is_busy() {
                // Where it cannot be told, it notices by itself.
                let _ = database.cancel_running().await;
            }
            match asked {
                Ok(found) => pack = found,
                Err(error) => {
                    silent |= is_unanswered(&error);
                    lines.fail(if error.kind == Kind::Connection { "connection" } else { "database" }, &error);
                }
            }
        }
    }
    local::gateways(pack.as_ref(), &mut lines);
    local::terminal(context, &mut lines);
    let view = View::new("doctor").field("lines", &lines.0).page(|| Page::table(table(context, &lines)));
    context.ui.emit(args.output.format, view)?;
    let wrong = lines.0.iter().any(|l| l.verdict == CheckVerdict::Fail);
    Ok(match (silent, wrong) {
        (true, _) => Done::Unanswered,
        (false, true) => Done::Findings,
        (false, false) => Done::Clean,
    })
}

fn table(context: &Context, lines: &Lines) -> Table {
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
    table
}

/// Asks the database. Returns the pack that it fits.
async fn connected(context: &Context, database: &Database, lines: &mut Lines) -> Result<Option<Pack>> {
    let before = now();
    let mut tx = database.read().await?;
    let after = now();
    server::server(&mut tx, lines).await?;
    service::service(&mut tx, lines).await?;
    server::role(&mut tx, lines).await?;
    server::tls(&mut tx, database, lines).await?;
    match database.pooler().await? {
        None if tx.is_direct().await? => lines.ok("pooler", "none: the server sees the connection of this process"),
        None => {
            lines.ok("pooler", "no transaction pooler was found; a session pooler cannot be seen, and does no harm")
        }
        Some(why) => lines.warn(
            "pooler",
            format!("a transaction pooler is in between: {why}"),
            "everything but migrations works through it; give those the server itself with --migration-url",
        ),
    }
    server::clock(&mut tx, before, after, lines).await?;
    let pack = matched(context, database, &mut tx, lines).await?;
    schema::own(&mut tx, pack.is_some(), lines).await?;
    schema::half_done(&mut tx, pack.as_ref(), lines).await?;
    search_path::check(&mut tx, pack.as_ref(), lines).await?;
    let protection = database.protection().await?;
    lines.ok("protection", protection.reason());
    tx.rollback().await?;
    Ok(pack)
}

/// The pack that was named or detected, once its tables, names and migrations were looked at; none where it does not fit.
async fn matched(context: &Context, database: &Database, tx: &mut Tx, lines: &mut Lines) -> Result<Option<Pack>> {
    let by = match (&context.global.app, &database.target().app) {
        (Some(app), _) if var("BURSAR_APP").as_ref() == Some(app) => Some("BURSAR_APP"),
        (Some(_), _) => Some("--app"),
        (None, Some(_)) => Some("the configuration of the environment"),
        (None, None) => None,
    };
    match context.packs(database, tx).await {
        Err(error) if error.kind == Kind::Usage && (by.is_some() || context.global.schema.is_some()) => {
            lines.fail("pack", &error);
            Ok(None)
        }
        Err(error) if error.kind == Kind::Usage => {
            lines.hinted("pack", &error);
            Ok(None)
        }
        Err(error) => Err(error),
        Ok(packs) => {
            let mut fitting = Vec::new();
            for pack in Pack::together(packs) {
                if looked_at(tx, &pack, by, lines).await? {
                    fitting.push(pack);
                }
            }
            Ok((!fitting.is_empty()).then(|| fitting.remove(0)))
        }
    }
}

/// Looks at the tables, names and migrations of a pack; false where it does not fit the database.
async fn looked_at(tx: &mut Tx, pack: &Pack, by: Option<&str>, lines: &mut Lines) -> Result<bool> {
    let why = match by {
        Some(by) => format!("because {by} names it"),
        None => format!("because the database has {}", packs::shortened(&pack.detect)),
    };
    if let Some(other) = belongs_to(tx, pack).await? {
        let found = format!("{}, {why}, but this database is one of {other}", pack.name);
        lines.fail("pack", &Error::usage(found).hint(format!("--app {other}, or name none")));
        return Ok(false);
    }
    lines.ok("pack", format!("{}, {why}", pack.name));
    schema::tables(tx, pack, lines).await?;
    schema::names(tx, pack, lines).await?;
    schema::migrations(tx, pack, lines).await?;
    schema::owners(tx, pack, lines).await?;
    Ok(true)
}

/// The pack that the database fits, where it is another one than this.
async fn belongs_to(tx: &mut Tx, pack: &Pack) -> Result<Option<String>> {
    if packs::missing_columns(tx, pack).await?.is_empty() {
        return Ok(None);
    }
    match packs::select(tx, None, None).await {
        Ok(others) if others.iter().any(|other| other.name == pack.name) => Ok(None),
        Ok(others) => Ok(others.into_iter().next().map(|other| other.name)),
        Err(error) if error.kind == Kind::Usage => Ok(None),
        Err(error) => Err(error),
    }
}
