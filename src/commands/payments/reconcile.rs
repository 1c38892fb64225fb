//! `bursar payments reconcile`: compares with the gateway, reports, and records the run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::report::write;
use crate::audit::Accepted;
use crate::audit::baseline::Baseline;
use crate::commands::audit::args::FailOn;
use crate::commands::audit::warn_of_expired;
use crate::commands::values::{Since, duration, since};
use crate::commands::{Context, Done, Outcome, now, var};
use crate::db::{self, Database, Protection, Tx};
use crate::error::{Error, Result};
use crate::files;
use crate::output::{Format, FormatSet, Output};
use crate::packs::{Need, Severity};
use crate::reconcile::{self, AcknowledgedObjects, Event, Options, Range, Report, Rows, Source};
use crate::refund::{self, gateway};
use crate::store::reconciliations::Open;
use crate::store::{self, reconciliations};

/// The flags of a comparison with the gateway.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// The beginning of the range: YYYY-MM-DD, RFC 3339, or an age such as 30d
    #[arg(long, value_name = "DATE|AGE", value_parser = since, default_value = "30d")]
    pub since: Since,
    /// The end of the range, which is no part of it [default: now]
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub until: Option<Since>,
    /// Compare only the payments of this gateway [default: of every gateway that is configured]
    #[arg(long, value_name = "GATEWAY", value_enum)]
    pub gateway: Option<GatewayName>,
    /// Read the gateway's side from this file, which was exported from it, instead of its API; - for standard input
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Compare only what this payout carried
    #[arg(long, value_name = "ID")]
    pub payout: Option<String>,
    /// Age below which a difference is only a matter of timing: 30d at most
    #[arg(long, value_name = "DURATION", value_parser = grace, default_value = "3d")]
    pub grace: TimeDelta,
    /// Lowest severity that makes the comparison fail: a difference is an error, and timing is a warning
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Accept the differences in this file. Each has a reason, an owner and a last day
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// List objects that agree too
    #[arg(long)]
    pub all: bool,
    /// Maximum number of objects that a table lists. All are counted, and the other formats hold all. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Do not record the run in the database
    #[arg(long)]
    pub no_record: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output<Formats>,
}

/// A gateway whose records can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GatewayName {
    /// Stripe
    Stripe,
    /// PayPal
    Paypal,
}

impl GatewayName {
    const fn name(self) -> &'static str {
        match self {
            GatewayName::Stripe => "stripe",
            GatewayName::Paypal => "paypal",
        }
    }
}

/// The formats of the report.
#[derive(Debug, Clone, Copy)]
pub struct Formats;

impl FormatSet for Formats {
    const FORMATS: &'static [Format] =
        &[Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown, Format::Junit];
}

/// An age below which a difference may be called a matter of timing.
fn grace(text: &str) -> std::result::Result<TimeDelta, String> {
    let longest = reconcile::LONGEST_GRACE;
    let grace = TimeDelta::from_std(duration(text)?).ok().filter(|grace| *grace <= longest);
    grace.ok_or_else(|| {
        format!("it has to be {}d or less: an older difference is no matter of timing", longest.num_days())
    })
}

pub(super) async fn run(context: &Context, args: Reconcile) -> Outcome {
    let now = now();
    let range = Range { since: args.since.at(now), until: args.until.map_or(now, |t| t.at(now)) };
    if range.since >= range.until {
        return Err(Error::usage("--since is not before --until, so nothing could be compared"));
    }
    let today = now.date_naive();
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose().map_err(|error| {
        // The audit writes its own baselines only.
        let by_audit = error.hint.as_deref().is_some_and(|hint| hint.starts_with("bursar audit"));
        if by_audit {
            error.hint("docs/reconcile.md shows an entry; a report names the fingerprint of each difference")
        } else {
            error
        }
    })?;
    if let Some(baseline) = &baseline {
        baseline.verify()?;
        warn_of_expired(context, baseline, today);
    }
    let database = context.database().await?;
    // Whatever is wrong here is said before a gateway is asked.
    let mut tx = database.read().await?;
    context.pack(&database, &mut tx, Need::Payments).await?.need_payments()?;
    let answered = acknowledged(context, &mut tx).await?;
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let mut sources = sources(&args, protection, database.target().database())?;
    for source in &mut sources {
        let gateway = source.gateway();
        source.leave(answered.keys().filter(|(name, _)| name == gateway).map(|(_, object)| object.clone()).collect());
    }
    let options = Options {
        range,
        flags: context.pack_flags(),
        now,
        grace: args.grace,
        payout: args.payout.clone(),
        only: args.gateway.map(|gateway| gateway.name().to_owned()),
        accepted: Rc::new(baseline.as_ref().map(|b| b.accepted_of_checks(today)).unwrap_or_default()),
        acknowledged: Rc::new(answered),
        is_export: args.export.is_some(),
        keep_matched: args.all,
    };
    let report = compare(context, &database, &mut sources, &options).await?;
    let fails_from = match args.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warn => Some(Severity::Warn),
        FailOn::Never => None,
    };
    write(&context.ui, args.output.format, &report, args.limit, fails_from)?;
    if !matches!(args.output.format, Format::Table | Format::Markdown) {
        report.incomplete.iter().for_each(|reason| context.ui.warn(reason));
    }
    if let Some(baseline) = &baseline {
        let gone = baseline
            .holding(today)
            .filter(|e| e.check.starts_with("reconcile.") && !report.matched.contains(&e.fingerprint));
        let lines: Vec<String> = gone.map(|entry| entry.line.to_string()).collect();
        if !lines.is_empty() && report.complete {
            context.ui.note(&format!(
                "{} of the baseline {} nothing in this range: line {}",
                lines.len(),
                if lines.len() == 1 { "matches" } else { "match" },
                lines.join(", ")
            ));
        }
    }
    if args.no_record {
        context.ui.note("not recorded, as --no-record asks");
    } else {
        match record(context, &database, &report, args.export.is_some()).await {
            Ok((id, kept)) => {
                context.ui.note(&format!("recorded as reconciliation {id}, which bursar audit looks at"));
                kept.iter().for_each(|open| context.ui.note(&stays_open(open)));
            }
            Err(error) => {
                let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
                context.ui.warn(&format!("not recorded: {}{hint}", error.message()));
            }
        }
    }
    Ok(match (report.fails(fails_from), report.complete) {
        (true, _) => Done::Findings,
        (false, true) => Done::Clean,
        (false, false) => Done::Incomplete,
    })
}

/// The gateway's side: a file, or the API of each gateway that is asked.
fn sources(args: &Reconcile, protection: Protection, database: &str) -> Result<Vec<Box<dyn Source>>> {
    match &args.export {
        Some(path) => Ok(vec![exported(path, args.gateway)?]),
        None => asked(args, protection, database),
    }
}

/// The APIs of the gateways that are configured, or of the one that is named.
#[cfg(feature = "gateways")]
fn asked(args: &Reconcile, protection: Protection, database: &str) -> Result<Vec<Box<dyn Source>>> {
    let gateways = match args.gateway {
        Some(gateway) => vec![gateway::by_name(gateway.name(), &var, None)?],
        None => gateway::configured(&var)?,
    };
    if gateways.is_empty() {
        return Err(Error::refused("no gateway is configured")
            .hint(format!("{}; or compare with a file that was exported from it: --export FILE", gateway::needs(""))));
    }
    let source = |gateway: Box<dyn gateway::Gateway>| {
        gateway::guard(&*gateway, protection.is_protected(), database)?;
        reconcile::from_gateway(gateway, args.payout.clone(), now())
    };
    gateways.into_iter().map(source).collect()
}

/// No gateway can be asked.
#[cfg(not(feature = "gateways"))]
fn asked(_: &Reconcile, _: Protection, _: &str) -> Result<Vec<Box<dyn Source>>> {
    Err(Error::usage("this build of bursar asks no gateway")
        .hint("compare with a file that was exported from it: --export FILE"))
}

/// A file that was exported. One of movements is known by its name.
fn exported(path: &Path, gateway: Option<GatewayName>) -> Result<Box<dyn Source>> {
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("ndjson")) {
        return reconcile::from_file(path, gateway.map(GatewayName::name));
    }
    let name = path.display().to_string();
    let gateway = gateway.ok_or_else(|| {
        Error::usage(format!("{name} does not say which gateway it is of"))
            .hint("add --gateway stripe or --gateway paypal")
    })?;
    let (file, _) = files::open(path)
        .map_err(|e| Error::usage(format!("cannot read {name}: {e}")).hint("name the file of movements"))?;
    Ok(Box::new(Rows::new(gateway.name(), name, file)))
}

/// Reads both sides, and shows the progress.
async fn compare(
    context: &Context,
    database: &Database,
    sources: &mut [Box<dyn Source>],
    options: &Options,
) -> Result<Report> {
    let mut progress = context.ui.progress("objects of the gateway", None);
    let mut shown = "";
    let mut tell = |event: Event| {
        let (what, done) = match event {
            Event::Theirs(done) => ("objects of the gateway", done),
            Event::Ours(done) => ("rows of the database", done),
            Event::Compared(done) => ("payments compared", done),
        };
        if shown != what {
            progress.message(what);
            shown = what;
        }
        progress.set(done);
    };
    let theirs = reconcile::read_theirs(sources, options, &mut tell).await?;
    let mut tx = database.read().await?;
    let pack = context.pack(database, &mut tx, Need::Payments).await?;
    let hidden = context.warn_of_hidden(&mut tx, &pack).await?;
    let report = reconcile::compare(&mut tx, &pack, theirs, &hidden, options, &mut tell).await?;
    tx.rollback().await?;
    Ok(report)
}

/// The objects of the gateways that somebody answers for; none if this role may not read them.
async fn acknowledged(context: &Context, tx: &mut Tx) -> Result<AcknowledgedObjects> {
    let rows = db::guarded(tx, async |c| refund::acknowledged(c).await).await?;
    let rows = rows.unwrap_or_else(|error| {
        context.ui.warn(&format!("acknowledged objects are not known: {}", error.message()));
        Vec::new()
    });
    Ok(rows.into_iter().map(|a| ((a.gateway, a.object), Accepted::acknowledged(a.operator, a.reason))).collect())
}

/// The reason for which an earlier difference stays open.
fn stays_open(open: &Open) -> String {
    let about = open.about().unwrap_or_default();
    let remedy = if open.is_balance() {
        "compare with a file of movements that has it"
    } else {
        "compare with a file that has one, or ask the gateway itself"
    };
    format!("this run has no {about}, so what reconciliation {} found of it stays open: {remedy}", open.id)
}

/// Records the run, and returns its number, and the earlier differences that it does not take back because it lacks their kind.
async fn record(context: &Context, database: &Database, report: &Report, is_export: bool) -> Result<(i64, Vec<Open>)> {
    let permit = database.permit_record(database.protection().await?)?;
    let mut tx = database.write(&permit).await?;
    if !reconciliations::can_record(&mut tx).await? {
        return Err(Error::usage("bursar's own schema is missing in this database, or older than this bursar")
            .hint(store::UPGRADE));
    }
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let digest = hex::decode(&report.digest).unwrap_or_default();
    let actor = context.actor();
    let (id,) = reconciliations::record(
        &report.app,
        &report.gateways,
        if is_export { "export" } else { "api" },
        report.since,
        report.until,
        report.told.since,
        report.told.until,
        report.payout.as_deref(),
        report.complete,
        count(report.differences),
        report.ends().map(|(oldest, _)| oldest),
        report.ends().map(|(_, newest)| newest),
        count(report.accepted),
        &report.recorded_counts(),
        &json!(report.totals),
        &digest,
        &json!({ "operator": actor.operator, "os_user": actor.os_user, "host": actor.host }),
    )
    .one(&mut tx)
    .await?;
    // What stays open is told beside a run that is recorded, and never keeps one from it.
    tx.commit().await?;
    let mut kept = Vec::new();
    if report.complete && report.payout.is_none() {
        let mut tx = database.read().await?;
        for gateway in &report.gateways {
            let open = reconciliations::open(&report.app, gateway).all(&mut tx).await?;
            kept.extend(open.into_iter().filter(|open| open.id < id && report.lacks(gateway, open)));
        }
        tx.rollback().await?;
    }
    let mut told = BTreeSet::new();
    kept.retain(|open| told.insert(open.about()));
    Ok((id, kept))
}
