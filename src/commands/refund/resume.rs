//! `bursar refund resume`: finishing what did not come to an end.

use serde_json::json;

use super::{Context, Done, Looked, Outcome, acts, carried, gateway_for, opened, paint, standing, withdrawn};
use crate::commands::cli::Format;
use crate::error::{Error, Result};
use crate::refund::gateway::guard;
use crate::refund::{self, Carried, Refund, RefundSession, RefundState};

/// What came of one refund.
#[derive(serde::Serialize)]
struct Line {
    refund: Refund,
    /// Whether nothing is left to be done about it now.
    finished: bool,
    /// Why not.
    why: Option<String>,
}

pub(super) async fn run(context: &Context, named: &[String], days: Option<u32>, format: Format) -> Outcome {
    let database = context.database().await?;
    let (mut tx, _) = opened(context, &database).await?;
    let mut open = Vec::new();
    for text in named {
        let refund = refund::find(&mut tx, text).await?;
        context.wants_whole(text, "refund", &refund.id.to_string(), refund::is_whole_id(text, &refund))?;
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
        context.ui.note(&format!("{} of them await a second person: bursar refund approve REFUND", waiting.len()));
    }
    if open.is_empty() && ended.is_empty() {
        return report(context, format, &[]);
    }
    let mut gateways = std::collections::BTreeMap::new();
    for refund in open.iter().chain(&ended) {
        if !gateways.contains_key(&refund.gateway) {
            // One that cannot be asked keeps its own refunds from their end, and no others.
            let gateway = gateway_for(Some(&refund.gateway), None, None).and_then(|gateway| {
                guard(&*gateway, protection.is_protected())?;
                Ok(gateway)
            });
            gateways.insert(refund.gateway.clone(), gateway);
        }
    }
    if gateways.values().all(Result::is_err) {
        return Err(gateways
            .into_values()
            .find_map(Result::err)
            .unwrap_or_else(|| Error::refused("no gateway can be asked")));
    }
    for refund in &open {
        context.ui.note(&format!("refund {} {}", refund.id, standing(refund).1));
    }
    let what = match (open.len(), ended.len()) {
        (open, 0) => format!("Finish {open} refunds"),
        (open, ended) => format!("Finish {open} refunds, and look at {ended} again"),
    };
    let permit = context.confirm(&database, protection, &what).await?;
    let mut session = RefundSession::open(&database, &permit, &context.actor()).await?;
    let mut progress = context.ui.progress("refunds", Some((open.len() + ended.len()) as u64));
    let (mut lines, mut hindered) = (Vec::new(), None);
    for (done, (refund, again)) in open.iter().map(|r| (r, false)).chain(ended.iter().map(|r| (r, true))).enumerate() {
        progress.set(done as u64);
        // Every gateway of these refunds was put in above.
        let Some(gateway) = gateways.get(&refund.gateway) else { continue };
        let outcome = match (gateway, again) {
            (Err(error), _) => Ok(Carried::NotAsked(refund.clone(), error.message())),
            (Ok(gateway), true) => refund::recheck(&mut session, &**gateway, refund).await,
            (Ok(gateway), false) => carried(context, &mut session, &**gateway, refund, Looked::No).await,
        };
        if let Ok(Carried::Withdrawn(refund, hindrance)) = &outcome {
            hindered.get_or_insert_with(|| hindrance.error(&withdrawn(refund)));
        }
        match (line(refund, outcome)?, again) {
            // What still is as it was is not worth a line.
            (line, true) if line.finished && line.refund.state == refund.state => {}
            (line, _) => lines.push(line),
        }
    }
    drop(progress);
    match (report(context, format, &lines)?, hindered) {
        (Done::Clean, Some(error)) => Err(error),
        (done, Some(error)) => {
            context.ui.warn(&error.message());
            context.ui.note(&error.hint.unwrap_or_default());
            Ok(done)
        }
        (done, None) => Ok(done),
    }
}

/// What keeps one refund from its end does not keep the others; a lost connection does.
fn line(refund: &Refund, outcome: Result<Carried>) -> Result<Line> {
    let unfinished = |refund: Refund, why: String| Line { refund, finished: false, why: Some(why) };
    Ok(match outcome {
        Ok(Carried::As(refund)) => {
            let done = refund.state.is_final() || refund.state == RefundState::Pending;
            Line { finished: !refund.refused && done, why: refund.error.clone(), refund }
        }
        Ok(Carried::Elsewhere(holder)) => unfinished(refund.clone(), holder),
        Ok(Carried::Withdrawn(refund, _)) => Line { finished: true, why: refund.error.clone(), refund },
        Ok(Carried::NotAsked(refund, why)) => {
            let why = format!("{} could not be asked: {why}", refund.gateway);
            unfinished(refund, why)
        }
        Err(error) if error.kind == crate::error::Kind::Connection => return Err(error),
        Err(error) => unfinished(refund.clone(), error.message()),
    })
}

fn report(context: &Context, format: Format, lines: &[Line]) -> Outcome {
    let left = lines.iter().filter(|l| !l.finished).count();
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund resume", "complete": left == 0, "refunds": lines,
        }))?,
        Format::Table if lines.is_empty() => context.ui.data("nothing to finish")?,
        Format::Table => {
            let mut out = String::new();
            for Line { refund, finished, why } in lines {
                let (symbol, sentence) = match standing(refund) {
                    // That it stands well is what was known before.
                    ('✓', _) if !finished => {
                        ('?', format!("was {} when it was last asked about", refund.state.name()))
                    }
                    stands => stands,
                };
                // What the refund itself says is part of the sentence.
                let why = why.as_ref().filter(|w| Some(*w) != refund.error.as_ref());
                let why = why.map(|w| format!(": {}", crate::text::escape(w))).unwrap_or_default();
                out.push_str(&format!("{} refund {} {sentence}{why}\n", paint(context, symbol), refund.id));
            }
            context.ui.data(&out)?;
        }
    }
    if left == 0 {
        return Ok(Done::Clean);
    }
    for line in lines.iter().filter(|l| l.why.is_none() && l.refund.state == RefundState::RequiresAction) {
        context.ui.note(&acts(&line.refund));
    }
    context.ui.note(&format!("{left} of {} did not come to an end; later: bursar refund resume", lines.len()));
    Ok(Done::Incomplete)
}
