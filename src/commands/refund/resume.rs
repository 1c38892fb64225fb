//! `bursar refund resume`: finishes refunds that were interrupted.

use std::collections::BTreeMap;

use super::carry::{Looked, carried, gateway_for, opened};
use super::standing::{acts, paint, standing, withdrawn};
use super::{Context, Done, Outcome};
use crate::db::{Database, Protection, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::output::{Format, Page, View};
use crate::refund::gateway::{Gateway, guard};
use crate::refund::{self, Carried, Rechecked, Refund, RefundSession, RefundState};
use crate::text::{counted, escape};

/// The gateways of the refunds, by name. One that cannot be asked keeps its own refunds from their end, and no others.
type Gateways = BTreeMap<String, Result<Box<dyn Gateway>>>;

/// The refunds to work on.
struct Work {
    /// Those that are not finished.
    open: Vec<Refund>,
    /// Those that are, and are checked again.
    ended: Vec<Refund>,
    protection: Protection,
}

/// The result of one refund.
#[derive(serde::Serialize)]
struct Line {
    refund: Refund,
    /// True if nothing is left to be done about it now.
    finished: bool,
    /// The reason if something is.
    why: Option<String>,
    /// True if it succeeded here, and its gateway does not have it.
    missing: bool,
}

pub(super) async fn run(
    context: &Context,
    named: &[String],
    days: Option<u32>,
    dry_run: bool,
    format: Format,
) -> Outcome {
    let database = context.database().await?;
    let work = work(context, &database, named, days, dry_run).await?;
    if work.open.is_empty() && work.ended.is_empty() {
        return if dry_run { would(context, format, &[]) } else { report(context, format, &[], days) };
    }
    let gateways = gateways(&work, database.target().database())?;
    if dry_run {
        let planned = work.open.iter().map(|r| (r, false)).chain(work.ended.iter().map(|r| (r, true)));
        let planned = planned.map(|(refund, recheck)| Planned {
            refund,
            recheck,
            why: gateways.get(&refund.gateway).and_then(|g| g.as_ref().err()).map(Error::message),
        });
        return would(context, format, &planned.collect::<Vec<_>>());
    }
    for refund in &work.open {
        context.ui.note(&format!("refund {} {}", refund.id, standing(refund).1));
    }
    let what = match work.ended.len() {
        0 => format!("Finish {}", counted(work.open.len(), "refund")),
        ended => format!("Finish {}, and check {ended} again", counted(work.open.len(), "refund")),
    };
    let permit = context.confirm(&database, work.protection, &what).await?;
    let (lines, hindered) = carried_out(context, &database, &permit, &work, &gateways).await?;
    match (report(context, format, &lines, days)?, hindered) {
        (Done::Clean, Some(error)) => Err(error),
        // A key of another account keeps them from their end.
        (Done::Incomplete, Some(error)) if error.kind == Kind::Refused => Err(error),
        (done, Some(error)) => {
            context.ui.warn(&error.message());
            context.ui.note(&error.hint.unwrap_or_default());
            Ok(done)
        }
        (done, None) => Ok(done),
    }
}

/// The refunds that are named, or all that are not finished, and those of the last days that are.
async fn work(
    context: &Context,
    database: &Database,
    named: &[String],
    days: Option<u32>,
    dry_run: bool,
) -> Result<Work> {
    let (mut tx, _) = opened(context, database).await?;
    let mut open = Vec::new();
    for text in named {
        let refund = refund::find(&mut tx, text).await?;
        if !dry_run {
            context.wants_whole(text, "refund", &refund.id.to_string(), refund::is_whole_id(text, &refund))?;
        }
        open.push(refund);
    }
    if named.is_empty() {
        open = refund::open(&mut tx).await?;
    }
    let ended = match days {
        Some(days) => refund::recent(&mut tx, days).await?,
        None => Vec::new(),
    };
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let (waiting, open): (Vec<Refund>, Vec<Refund>) =
        open.into_iter().filter(|r| !r.state.is_final()).partition(|r| r.state == RefundState::AwaitingApproval);
    if !waiting.is_empty() {
        let (refunds, verb) = (counted(waiting.len(), "refund"), if waiting.len() == 1 { "awaits" } else { "await" });
        context.ui.note(&format!("{refunds} {verb} a second person: bursar refund approve REFUND"));
    }
    Ok(Work { open, ended, protection })
}

/// The gateways of all refunds.
///
/// # Errors
/// If no gateway can be asked.
fn gateways(work: &Work, database: &str) -> Result<Gateways> {
    let mut gateways = Gateways::new();
    for refund in work.open.iter().chain(&work.ended) {
        if !gateways.contains_key(&refund.gateway) {
            let gateway = gateway_for(Some(&refund.gateway), None, None).and_then(|gateway| {
                guard(&*gateway, work.protection.is_protected(), database)?;
                Ok(gateway)
            });
            gateways.insert(refund.gateway.clone(), gateway);
        }
    }
    if gateways.values().any(Result::is_ok) {
        return Ok(gateways);
    }
    Err(gateways.into_values().find_map(Result::err).unwrap_or_else(|| Error::refused("no gateway can be asked")))
}

/// Carries the refunds out. Returns the result of each, and the error of the first that was withdrawn, or that the gateway's
/// key is of another account for.
async fn carried_out(
    context: &Context,
    database: &Database,
    permit: &WritePermit,
    work: &Work,
    gateways: &Gateways,
) -> Result<(Vec<Line>, Option<Error>)> {
    let Work { open, ended, .. } = work;
    let mut session = RefundSession::open(database, permit, &context.actor()).await?;
    let mut progress = context.ui.progress("refunds", Some((open.len() + ended.len()) as u64));
    let (mut lines, mut hindered) = (Vec::new(), None);
    for (done, (refund, again)) in open.iter().map(|r| (r, false)).chain(ended.iter().map(|r| (r, true))).enumerate() {
        progress.set(done as u64);
        // The gateways are those of these refunds.
        let Some(gateway) = gateways.get(&refund.gateway) else { continue };
        let outcome = match (gateway, again) {
            (Err(error), _) => Ok(Rechecked::Carried(Carried::NotAsked(refund.clone(), error.message()))),
            (Ok(gateway), true) => refund::recheck(&mut session, &**gateway, refund).await,
            (Ok(gateway), false) => {
                carried(context, &mut session, &**gateway, refund, Looked::No).await.map(Rechecked::Carried)
            }
        };
        let outcome = match outcome {
            Ok(Rechecked::Missing(refund)) => {
                let why = format!("{}; look there, and then: {}", refund.missing(), refund.end_of_missing());
                lines.push(Line { refund, finished: true, why: Some(why), missing: true });
                continue;
            }
            Ok(Rechecked::Carried(carried)) => Ok(carried),
            Err(error) => {
                if error.kind == Kind::Refused && error.sqlstate.is_none() {
                    hindered.get_or_insert_with(|| {
                        Error::refused(error.message()).hint(error.hint.clone().unwrap_or_default())
                    });
                }
                Err(error)
            }
        };
        if let Ok(Carried::Withdrawn(refund, hindrance)) = &outcome {
            hindered.get_or_insert_with(|| hindrance.error(&withdrawn(refund)));
        }
        match (line(refund, outcome)?, again) {
            // An unchanged refund is not worth a line.
            (line, true) if line.finished && line.refund.state == refund.state => {}
            (line, _) => lines.push(line),
        }
    }
    Ok((lines, hindered))
}

/// The result of one refund. An error about it does not keep the others from their end; a lost connection does.
fn line(refund: &Refund, outcome: Result<Carried>) -> Result<Line> {
    let unfinished = |refund: Refund, why: String| Line { refund, finished: false, why: Some(why), missing: false };
    Ok(match outcome {
        Ok(Carried::As(refund)) => {
            let done = refund.state.is_final() || refund.state == RefundState::Pending;
            Line { finished: !refund.refused && done, why: refund.error.clone(), refund, missing: false }
        }
        Ok(Carried::Elsewhere(holder)) => unfinished(refund.clone(), holder),
        Ok(Carried::Withdrawn(refund, _)) => Line { finished: true, why: refund.error.clone(), refund, missing: false },
        Ok(Carried::NotAsked(refund, why)) => {
            let why = format!("{} could not be asked: {why}", refund.gateway);
            unfinished(refund, why)
        }
        Err(error) if error.kind == Kind::Connection => return Err(error),
        Err(error) => unfinished(refund.clone(), error.in_a_line()),
    })
}

/// A refund that a dry run found.
#[derive(serde::Serialize)]
struct Planned<'a> {
    refund: &'a Refund,
    /// True if it is finished, and would be checked again.
    recheck: bool,
    /// The reason if its gateway cannot be asked.
    why: Option<String>,
}

/// Says what would be done. Exits as the real run would, as far as is known without the gateway.
fn would(context: &Context, format: Format, planned: &[Planned]) -> Outcome {
    let view = View::new("refund resume").field("outcome", "would").field("refunds", planned).page(|| {
        if planned.is_empty() {
            return Page::text("nothing to finish");
        }
        let lines = planned.iter().map(|Planned { refund, recheck, why }| {
            let (symbol, sentence) = standing(refund);
            let would = match (why, recheck) {
                (Some(why), _) => format!("would not be finished: {}", escape(why)),
                (None, true) => format!("{} would be checked again", refund.gateway),
                (None, false) => "would be finished".to_owned(),
            };
            format!("{} refund {} {sentence}; {would}", paint(context, symbol), refund.id)
        });
        Page::text(lines.collect::<Vec<_>>().join("\n")).and("nothing was changed")
    });
    context.ui.emit(format, view)?;
    Ok(if planned.iter().all(|p| p.why.is_none()) { Done::Clean } else { Done::Incomplete })
}

fn report(context: &Context, format: Format, lines: &[Line], days: Option<u32>) -> Outcome {
    let left = lines.iter().filter(|l| !l.finished).count();
    let view = View::new("refund resume")
        .field("complete", left == 0)
        .field("refunds", lines)
        .page(|| results(context, lines));
    context.ui.emit(format, view)?;
    let done = match lines.iter().any(|l| l.missing) {
        true => Done::Findings,
        false if left == 0 => Done::Clean,
        false => Done::Incomplete,
    };
    if left == 0 {
        return Ok(done);
    }
    for line in lines.iter().filter(|l| l.why.is_none() && l.refund.state == RefundState::RequiresAction) {
        context.ui.note(&acts(&line.refund));
    }
    let are = if left == 1 { "is" } else { "are" };
    let recheck = days.map(|days| format!(" --recheck {days}")).unwrap_or_default();
    let again = context.pasted(&format!("bursar refund resume{recheck}"));
    context.ui.note(&format!("{left} of {} {are} not finished; later: {again}", lines.len()));
    Ok(done)
}

fn results(context: &Context, lines: &[Line]) -> Page {
    if lines.is_empty() {
        return Page::text("nothing to finish");
    }
    let lines = lines.iter().map(|Line { refund, finished, why, missing }| {
        if *missing {
            return format!("{} {}", paint(context, '✗'), escape(why.as_deref().unwrap_or_default()));
        }
        let (symbol, sentence) = match standing(refund) {
            // The good state is the one that was known before.
            ('✓', _) if !finished => ('?', format!("was {} when its gateway was last asked", refund.state.name())),
            stands => stands,
        };
        // The refund's own error is part of the sentence.
        let why = why.as_ref().filter(|w| Some(*w) != refund.error.as_ref());
        let why = why.map(|w| format!(": {}", escape(w))).unwrap_or_default();
        format!("{} refund {} {sentence}{why}", paint(context, symbol), refund.id)
    });
    Page::text(lines.collect::<Vec<_>>().join("\n"))
}
