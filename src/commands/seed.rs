//! `bursar seed`: lifelike, consistent data, and known faults to try alarms with.

use chrono::NaiveTime;
use clap::Args;
use serde_json::json;

use super::{Context, Done, Outcome, now, uses};
use crate::commands::values::{Until, people, until};
use crate::db::{Database, WritePermit};
use crate::error::{Error, Result, ResultExt as _};
use crate::output::{Format, Output, Page, Table, View};
use crate::packs::{self, Need, Pack};
use crate::seed::{self, Plan, Seeded};
use crate::text::{counted, thousands};

/// Fill an empty database with lifelike, consistent data
///
/// The same arguments give the same data. Everything is written in one transaction. A protected database is refused.
#[derive(Debug, Args)]
#[command(groups = uses::writes(), after_help = "Examples:\n  bursar seed --users 1000 --yes\n  bursar seed --users 50 --seed 7 --until 2026-01-01 --faults balance_drift,tier_wrong --yes"
)]
pub struct Seed {
    /// Number of users
    #[arg(long, value_name = "N", default_value = "1000", value_parser = people(), allow_negative_numbers = true)]
    pub users: u64,
    /// Seed of the random numbers
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Days of history
    #[arg(long, value_name = "D", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// End of the history, as YYYY-MM-DD or RFC 3339 [default: today's midnight, UTC]
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub until: Option<Until>,
    /// Kinds of known inconsistencies to put in, or all
    #[arg(long, value_name = "KIND,…|all", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Add to the users that exist already
    #[arg(long)]
    pub append: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the simulation and writes it.
pub async fn run(context: &Context, args: Seed) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx, Need::One).await?;
    let missing = packs::missing_columns(&mut tx, &pack).await?;
    tx.rollback().await?;
    if !missing.is_empty() {
        return Err(Error::usage(format!(
            "this database has no {} tables: {} is missing",
            pack.name,
            missing.join(", ")
        ))
        .hint(format!("bursar migrate up --app {}", pack.name)));
    }
    let plan = planned(&args, &pack)?;
    let protection = database.protection().await?;
    database
        .only_unprotected(protection, "it is never seeded")
        .or_hint("seed a database of your own, such as `bursar sandbox start`")?;
    context.ui.note(&format!(
        "{}: {}, {} until {}, seed {}",
        database.target(),
        counted(plan.users, "user"),
        counted(plan.days, "day"),
        plan.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        plan.seed
    ));
    let permit = context
        .confirm(&database, protection, &format!("Write simulated data into {}", database.target().database()))
        .await?;
    let seeded = written(context, &database, &permit, &pack, &plan).await?;
    for kind in &seeded.impossible {
        context.ui.warn(&format!("{kind} found no place to be put in"));
    }
    show(context, &pack, &plan, &seeded, args.output.format)?;
    Ok(Done::Clean)
}

fn planned(args: &Seed, pack: &Pack) -> Result<Plan> {
    let until = args.until.as_ref().map_or_else(|| now().date_naive().and_time(NaiveTime::MIN).and_utc(), |u| u.0);
    if until > now() {
        return Err(Error::usage(format!("--until {} is still to come", until.to_rfc3339()))
            .hint("a history ends in the past: leave --until out, and it ends today"));
    }
    Ok(Plan {
        users: args.users,
        seed: args.seed,
        days: args.days,
        until,
        append: args.append,
        faults: seed::choose_faults(pack, &args.faults)?,
    })
}

/// Writes the data in one transaction.
async fn written(
    context: &Context,
    database: &Database,
    permit: &WritePermit,
    pack: &Pack,
    plan: &Plan,
) -> Result<Seeded> {
    let mut tx = database.write(permit).await?;
    let mut progress = context.ui.progress("users", Some(plan.users));
    let seeded = seed::run(&mut tx, pack, plan, &context.actor(), |done| progress.set(done)).await;
    drop(progress);
    let seeded = match seeded {
        Ok(seeded) => seeded,
        Err(error) => {
            // The error says what happened; the server takes everything back either way.
            let _ = tx.rollback().await;
            return Err(error);
        }
    };
    tx.commit().await.context("nothing was written")?;
    // The data is there, and it is only slower to read without.
    if let Err(error) = seed::analyze(database, permit, pack, &seeded).await {
        context
            .ui
            .warn(&format!("everything was written, but the planner has no statistics on it: {}", error.message()));
    }
    Ok(seeded)
}

fn show(context: &Context, pack: &Pack, plan: &Plan, seeded: &Seeded, format: Format) -> Result<()> {
    let tables: Vec<_> = seeded.tables.iter().map(|(table, rows)| json!({"table": table, "rows": rows})).collect();
    let view = View::new("seed")
        .field("app", &pack.name)
        .field("users", plan.users)
        .field("seed", plan.seed)
        .field("days", plan.days)
        .field("until", plan.until)
        .field("tables", tables)
        .field("faults", &seeded.faults)
        .field("impossible", &seeded.impossible)
        .page(|| {
            let rows: Vec<String> =
                seeded.tables.iter().map(|(table, rows)| format!("{} {table}", thousands(rows))).collect();
            let page = Page::text(format!("wrote {}", rows.join(", ")));
            if seeded.faults.is_empty() {
                return page;
            }
            let mut faults = Table::facts(&context.ui, 2);
            for fault in &seeded.faults {
                faults.row(&[&fault.kind, &format!("{} Found by {}", fault.message, fault.checks.join(", "))]);
            }
            page.and_table(faults)
        });
    context.ui.emit(format, view)
}
