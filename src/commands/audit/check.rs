//! `bursar audit run`: reads one snapshot, and reports.

use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use super::super::{Context, Done, Outcome, now};
use super::args::{AuditDepth, AuditReading, AuditRun, AuditScope, FailOn};
use super::files::Files;
use super::formats;
use super::write::write;
use super::{history, prometheus};
use crate::audit::{self, Depth, Event, Options, Report, seal};
use crate::commands::values::Root;
use crate::db::Database;
use crate::error::{Error, Result};
use crate::files;
use crate::output::Format;
use crate::packs::{self, Pack, Prices, Severity};

pub(super) async fn check(context: &Context, args: AuditRun) -> Outcome {
    let mut files = Files::open(&args.files, now().date_naive())?;
    files.warn_of_expired(context);
    let database = context.database().await?.with_statement_timeout(args.reading.statement_timeout);
    // Consent comes first: nobody wants to be refused after a long audit.
    let permit = if args.record { Some(history::may_record(context, &database).await?) } else { None };
    let started = Instant::now();
    let options = Options {
        limit: args.limit,
        explain: args.explain,
        keep_all: files.need_all(),
        accepted: files.accepted(),
        ..options(&args.reading)?
    };
    let mut report = examine(context, &database, &options).await?;
    if report.is_refused() {
        report.remedy = context.rights_to_read(&database).await?;
    }
    let (format, fails_from) = (args.output.format, fails_from(args.fail_on));
    let put = |out: &mut dyn Write| write(&context.ui, format, &report, fails_from, out);
    if format == Format::Csv {
        context.ui.csv(put)?
    } else {
        context.ui.write(put)?
    }
    // The table and Markdown say it themselves.
    if !matches!(format, Format::Table | Format::Markdown) {
        formats::cut(report.listed(), report.found()).into_iter().for_each(|cut| context.ui.note(&cut));
        let suspected = report.suspected.iter().map(|suspicion| &suspicion.message);
        suspected.chain(&report.unchecked).chain(&report.remedy).for_each(|what| context.ui.warn(what));
    }
    if let Some(file) = files.scraped() {
        let mut tx = database.read().await?;
        let times = seal::times(&mut tx, &report.app).await?;
        tx.rollback().await?;
        let whole = options.is_all();
        file.finish(|out| prometheus::write(&report, whole, &times, out))?;
    }
    files.finish(context, &report, fails_from)?;
    if let Some(permit) = &permit {
        history::record(context, &database, permit, &report, options.is_all(), started.elapsed()).await?;
    }
    let failed = report.checks.iter().any(|check| check.fails(fails_from));
    Ok(match (failed, report.complete) {
        (true, _) => Done::Findings,
        (false, true) => Done::Clean,
        (false, false) => Done::Incomplete,
    })
}

/// The options that the flags stand for.
///
/// # Errors
/// A usage error for a file of prices that is none.
pub(super) fn options(reading: &AuditReading) -> Result<Options> {
    let seal = match &reading.verify_seal {
        Some(Root(root)) => Some(seal::Use::Verify(*root)),
        None => reading.since_seal.then_some(seal::Use::Since),
    };
    let prices = reading.prices.as_deref().map(prices).transpose()?;
    Ok(Options {
        // With a seal there is one task.
        parallel: if seal.is_some() { 1 } else { usize::from(reading.parallel) },
        seal,
        replica: reading.replica,
        max_lag: reading.max_lag,
        trust_foreign: reading.trust_foreign,
        tenant: reading.tenant.clone(),
        ledger: reading.ledger.clone(),
        prices,
        ..scope(&reading.scope)
    })
}

/// The price list of a file.
fn prices(file: &Path) -> Result<Rc<Prices>> {
    let wrong = |why: String| Error::usage(format!("{}: {why}", file.display()));
    let text = files::read_text(file).map_err(|e| {
        Error::usage(format!("cannot read {}: {e}", file.display())).hint("name a price list; docs/packs.md shows one")
    })?;
    Prices::parse(&text).map(Rc::new).map_err(wrong)
}

/// The options of the checks and their depth.
pub(super) fn scope(args: &AuditScope) -> Options {
    Options {
        depth: depth(args),
        only: args.only.clone(),
        skip: args.skip.clone(),
        account: args.account.clone(),
        ..Options::default()
    }
}

/// Runs the audit, and shows its progress.
pub(super) async fn examine(context: &Context, database: &Database, options: &Options) -> Result<Report> {
    let options = &Options { flags: context.pack_flags(), ..options.clone() };
    let mut tx = database.read().await?;
    let mut packs = context.packs(database, &mut tx).await?;
    if let Some(prices) = &options.prices {
        packs::priced(&mut packs, prices)?;
    }
    let packs = Pack::together(packs);
    for pack in packs.iter().filter(|pack| !pack.is_system()) {
        // The pack, or the version of the project that it reads, may be another: that is no finding.
        if let Some(problem) = packs::verify(&mut tx, pack).await?.into_iter().next() {
            return Err(problem.into());
        }
    }
    let mut progress = context.ui.progress("audit", Some(1));
    let mut tell = |event: Event<'_>| {
        let Event::Step { what, done, of } = event;
        progress.length(of);
        progress.message(what);
        progress.set(done);
    };
    audit::run(database, tx, &packs, options, &mut tell).await
}

/// The severity from which on findings make the audit fail; none where nothing does.
fn fails_from(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warn => Some(Severity::Warn),
        FailOn::Never => None,
    }
}

/// The depth that the flags ask for; none for the default.
fn depth(args: &AuditScope) -> Option<Depth> {
    match args.depth {
        AuditDepth::Strict => Some(Depth::Strict),
        _ if args.strict => Some(Depth::Strict),
        AuditDepth::Fast => Some(Depth::Fast),
        AuditDepth::Auto => None,
    }
}
