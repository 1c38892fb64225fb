//! The refunds of a batch, several at the same time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{BatchLimits, Ended, LineResult, Part, Planned, Work};
use crate::db::{Database, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::ids::PaymentId;
use crate::operations::Actor;
use crate::pace::Pace;
use crate::refund::gateway::{Gateway, Probe};
use crate::refund::{self, Carried, RECORD_ONLY, Refund, RefundSession, RefundState, Requested, Unsent};
use crate::text::counted;

/// Asks the gateways what stands in the way of the lines, as each is asked before its refund, and writes nothing.
/// `asked` is told of each line. Returns the lines that would fail, and why.
///
/// # Errors
/// If a gateway cannot be reached or refuses to answer, or no session can be opened.
pub async fn look(
    database: &Database,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    planned: &[Planned],
    limits: &BatchLimits,
    asked: impl Fn(),
) -> Result<Vec<(u64, Error)>> {
    let queue = Mutex::new(planned.iter().collect::<VecDeque<_>>());
    let (wrong, pace) = (Mutex::new(Vec::new()), Pace::new(limits.rate));
    let mut sessions = Vec::new();
    for _ in 0..limits.parallel.min(planned.len()) {
        sessions.push(RefundSession::reading(database).await?);
    }
    let worker = async |mut session: RefundSession| -> Result<()> {
        loop {
            let line = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(line) = line else { return Ok(()) };
            asked();
            let Some((gateway, effects)) = gateways.get(&line.request.gateway).zip(line.work.effects()) else {
                continue;
            };
            pace.wait(1).await;
            let except = session.except(gateway.name(), None).await?;
            let why = match gateway.refunds_of(&effects.payment.gateway_payment, &except).await {
                Ok(found) => refund::hindrance(&mut session, &**gateway, &line.request.payment, &found)
                    .await?
                    .map(|hindrance| hindrance.error("nothing was changed")),
                // What it does not answer about one payment ends that line only.
                Err(e) if e.kind == Kind::Incomplete => Some(e),
                Err(e) => return Err(e.context("not every line could be asked about; nothing was changed")),
            };
            wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(why.map(|why| (line.line, why)));
        }
    };
    futures_util::future::try_join_all(sessions.into_iter().map(worker)).await?;
    let mut wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    wrong.sort_by_key(|(line, _)| *line);
    Ok(wrong)
}

/// Requires that every gateway of the lines can be reached and takes the key, before the first of them is begun.
///
/// # Errors
/// Refused, or a connection error, with the number of lines that were not begun.
pub async fn require_ready(gateways: &BTreeMap<String, Box<dyn Gateway>>, planned: &[Planned]) -> Result<()> {
    let is_open = |line: &Planned| match &line.work {
        Work::Request(_) => true,
        Work::CarryOn(there) => !there.has_ended(),
        Work::Skip(_) => false,
    };
    let open: Vec<&Planned> = planned.iter().filter(|line| is_open(line)).collect();
    for (name, gateway) in gateways {
        if !open.iter().any(|line| line.request.gateway == *name) {
            continue;
        }
        let (kind, why) = match gateway.probe().await {
            Probe::Ready => continue,
            Probe::Refused { why } => (Kind::Refused, denied(name, &why)),
            Probe::Unreachable { why } => (Kind::Connection, unreachable(name, &why)),
        };
        let (lines, were) = (counted(open.len(), "line"), if open.len() == 1 { "was" } else { "were" });
        return Err(Error::new(kind, format!("{why}; nothing was changed, and {lines} {were} not begun"))
            .hint("check the gateway's configuration (docs/gateways.md), then run the same file again"));
    }
    Ok(())
}

fn denied(gateway: &str, why: &str) -> String {
    format!("{gateway} does not take the key: {why}")
}

fn unreachable(gateway: &str, why: &str) -> String {
    format!("{gateway} cannot be reached: {why}")
}

/// The reason that every other line through this gateway would fail too, where there is one.
async fn turned_away(gateway: &dyn Gateway) -> Option<String> {
    if let Some(why) = gateway.denied() {
        return Some(denied(gateway.name(), why));
    }
    match gateway.probe().await {
        Probe::Ready => None,
        Probe::Refused { why } => Some(denied(gateway.name(), &why)),
        Probe::Unreachable { why } => Some(unreachable(gateway.name(), &why)),
    }
}

/// Runs the lines, those of one payment one after the other, and sends what came of each. Stops where a gateway takes
/// the key no more or cannot be reached, where the database's connection is lost, and after so many failures of this run.
///
/// # Errors
/// If no session can be opened.
pub async fn run(
    database: &Database,
    permit: &WritePermit,
    actor: &Actor,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    planned: Vec<Planned>,
    limits: &BatchLimits,
    done: mpsc::Sender<LineResult>,
) -> Result<Ended> {
    let mut of_payment: HashMap<PaymentId, usize> = HashMap::new();
    let mut groups: VecDeque<Vec<Planned>> = VecDeque::new();
    for line in planned {
        let at = *of_payment.entry(line.request.payment.clone()).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(line),
            None => groups.push_back(vec![line]),
        }
    }
    let queue = Arc::new(Mutex::new(groups));
    let stop = AtomicBool::new(false);
    let stopped = Mutex::new(None);
    let failures = AtomicU64::new(0);
    let pace = Pace::new(limits.rate);
    let mut sessions = Vec::new();
    for _ in 0..limits.parallel {
        sessions.push(RefundSession::open(database, permit, actor).await?);
    }
    let end = |why: Option<String>| {
        stop.store(true, Ordering::Relaxed);
        let mut stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
        *stopped = stopped.take().or(why);
    };
    let worker = async |mut session: RefundSession| {
        loop {
            let group = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(group) = group else { return };
            for line in group {
                if stop.load(Ordering::Relaxed) {
                    return end(None);
                }
                pace.wait(1).await;
                let outcome = one(&mut session, gateways, &line, limits.wait).await;
                let lost = outcome.as_ref().is_err_and(|e| e.kind == Kind::Connection);
                let is_old = outcome.as_ref().is_ok_and(|(_, part)| *part == Part::Before);
                let request = line.request;
                let came = LineResult {
                    line: line.line,
                    payment: request.payment,
                    amount: line.amount,
                    currency: line.currency,
                    outcome,
                };
                let failed = came.failed();
                // Nobody listens any more where the command was given up.
                if done.send(came).await.is_err() {
                    return end(None);
                }
                if lost {
                    return end(Some("the connection to the database was lost".to_owned()));
                }
                // The failure of an earlier run says nothing about this one.
                if !failed || is_old {
                    continue;
                }
                if let Some(gateway) = gateways.get(&request.gateway)
                    && let Some(why) = turned_away(&**gateway).await
                {
                    return end(Some(why));
                }
                if limits.max_failures.is_some_and(|max| failures.fetch_add(1, Ordering::Relaxed) + 1 >= max) {
                    return end(Some("so many lines failed as --max-failures allows".to_owned()));
                }
            }
        }
    };
    futures_util::future::join_all(sessions.into_iter().map(worker)).await;
    let why = stopped.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Ended { begun: !stop.into_inner(), why })
}

async fn one(
    session: &mut RefundSession,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    line: &Planned,
    wait: Duration,
) -> Result<(Requested, Part)> {
    let (Requested { refund, existing }, is_looked_at) = match &line.work {
        Work::Request(effects) => match gateways.get(&line.request.gateway) {
            Some(gateway) => {
                look_at(session, &**gateway, line, &effects.payment.gateway_payment).await?;
                (requested(session, line).await?, true)
            }
            None => (requested(session, line).await?, false),
        },
        Work::CarryOn(there) | Work::Skip(there) => {
            let id = there.refund.to_string();
            (Requested { refund: session.read(async |c| refund::find(c, &id).await).await?, existing: true }, false)
        }
    };
    let had_ended = existing && (refund.state.is_final() || (refund.state == RefundState::Pending && !refund.refused));
    let part = match &line.work {
        Work::Skip(_) => return Ok((Requested { refund, existing }, Part::Skipped)),
        _ if had_ended => Part::Before,
        _ => Part::Now,
    };
    if refund.state.is_final() || refund.gateway == RECORD_ONLY || refund.state == RefundState::AwaitingApproval {
        return Ok((Requested { refund, existing }, part));
    }
    // The same file again also finishes what it had begun.
    let Some(gateway) = gateways.get(&refund.gateway) else { return Ok((Requested { refund, existing }, part)) };
    let carried = match is_looked_at && !existing {
        true => refund::submit_new(session, &**gateway, &refund, Unsent::Waits).await?,
        false => refund::carry_out(session, &**gateway, &refund).await?,
    };
    match carried {
        Carried::As(refund) => Ok((Requested { refund, existing }, part)),
        Carried::Elsewhere(_) => waited(session, &refund, wait).await,
        Carried::Withdrawn(refund, hindrance) => Err(hindrance.error(&format!("refund {} is canceled", refund.id))),
        Carried::NotAsked(refund, why) => {
            Err(Error::new(Kind::Incomplete, format!("{} could not be asked: {why}", refund.gateway)))
        }
    }
}

/// Looks whether the gateway has refunds of the payment that stand in the way.
async fn look_at(session: &mut RefundSession, gateway: &dyn Gateway, line: &Planned, ids: &[String]) -> Result<()> {
    let except = session.except(gateway.name(), None).await?;
    let found = gateway.refunds_of(ids, &except).await.map_err(|mut e| {
        // What the gateway does not answer about one payment ends that line, and not the batch.
        if e.kind == Kind::Connection {
            e.kind = Kind::Incomplete;
        }
        e.context("nothing was changed")
    })?;
    match refund::hindrance(session, gateway, &line.request.payment, &found).await? {
        Some(hindrance) => Err(hindrance.error("nothing was changed")),
        None => Ok(()),
    }
}

/// Requests the refund of a line. Where another process asked for the same part since the file was checked, that
/// refund is the line's.
async fn requested(session: &mut RefundSession, line: &Planned) -> Result<Requested> {
    let requested = session.request(&line.request).await;
    if let (Err(error), Some(amount)) = (&requested, line.request.amount)
        && error.kind == Kind::Conflict
        && !line.request.again
    {
        let payment = &line.request.payment;
        let there = session.read(async |c| refund::underway(c, payment, amount).await).await?;
        if let Some(refund) = there {
            return Ok(Requested { refund, existing: true });
        }
    }
    requested
}

/// The end of a refund that another process works on.
async fn waited(session: &mut RefundSession, refund: &Refund, wait: Duration) -> Result<(Requested, Part)> {
    match refund::wait_for(session, refund.id, wait).await? {
        (refund, None) => Ok((Requested { refund, existing: true }, Part::Others)),
        (refund, Some(holder)) => {
            Err(Error::new(Kind::Incomplete, format!("refund {} is not done yet: {holder}", refund.id)))
        }
    }
}
