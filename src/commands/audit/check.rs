//! `bursar audit run`: reads one snapshot, and reports.

use std::time::Instant;

use super::super::{Context, Done, Outcome};
use super::history;
use super::render::render;
use crate::audit::{self, Depth, Event, Options, seal};
use crate::cli::{Audit, AuditDepth, FailOn, Format, Root};
use crate::packs;

pub(super) async fn check(context: &Context, args: Audit) -> Outcome {
    let database = context.database().await?;
    // Consent comes first: nobody wants to be refused after a long audit.
    let permit = if args.record { Some(history::may_record(context, &database).await?) } else { None };
    let started = Instant::now();
    let mut tx = database.read().await?;
    let pack = context.pack(&database, &mut tx).await?;
    if pack.simulate.is_none() {
        // A pack from disk may be wrong; that is the pack's author's to mend, not a finding.
        if let Some(problem) = packs::verify(&mut tx, &pack).await?.into_iter().next() {
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
    let depth = match args.depth {
        AuditDepth::Strict => Some(Depth::Strict),
        _ if args.strict => Some(Depth::Strict),
        AuditDepth::Fast => Some(Depth::Fast),
        AuditDepth::Auto => None,
    };
    let seal = match args.verify_seal {
        Some(Root(root)) => Some(seal::Use::Verify(root)),
        None => args.since_seal.then_some(seal::Use::Since),
    };
    let options = Options {
        limit: args.limit,
        depth,
        only: args.only,
        skip: args.skip,
        account: args.account,
        // With a seal there is one task.
        parallel: if seal.is_some() { 1 } else { usize::from(args.parallel) },
        seal,
        ..Options::default()
    };
    let report = audit::run(&database, tx, &pack, &options, &mut tell).await?;
    drop(progress);
    match args.output.format {
        Format::Json => context.ui.json(&report)?,
        Format::Table => context.ui.write(|out| render(&context.ui, &report, out))?,
    }
    if let Some(permit) = &permit {
        history::record(context, &database, permit, &report, started.elapsed()).await?;
    }
    let found = match args.fail_on {
        FailOn::Error => report.summary.errors,
        FailOn::Warn => report.summary.errors + report.summary.warnings,
        FailOn::Never => 0,
    };
    Ok(match (found, report.complete) {
        (1.., _) => Done::Findings,
        (0, true) => Done::Clean,
        (0, false) => Done::Incomplete,
    })
}
