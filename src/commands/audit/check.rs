//! `bursar audit run`: reads one snapshot, and reports.

use super::super::{Context, Done, Outcome};
use super::render::render;
use crate::audit::{self, Depth, Event, Options};
use crate::cli::{Audit, AuditDepth, FailOn, Format};
use crate::packs;

pub(super) async fn check(context: &Context, args: Audit) -> Outcome {
    let database = context.database().await?;
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
    let options = Options {
        limit: args.limit,
        depth: depth(&args),
        only: args.only,
        skip: args.skip,
        account: args.account,
        parallel: usize::from(args.parallel),
        ..Options::default()
    };
    let report = audit::run(&database, tx, &pack, &options, &mut tell).await?;
    drop(progress);
    match args.output.format {
        Format::Json => context.ui.json(&report)?,
        Format::Table => context.ui.write(|out| render(&context.ui, &report, out))?,
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

/// How deeply to read, as the flags say.
pub(super) fn depth(args: &Audit) -> Option<Depth> {
    match args.depth {
        AuditDepth::Strict => Some(Depth::Strict),
        _ if args.strict => Some(Depth::Strict),
        AuditDepth::Fast => Some(Depth::Fast),
        AuditDepth::Auto => None,
    }
}
