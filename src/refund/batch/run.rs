//! The refunds of a batch, several at the same time.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::{BatchLimits, LineResult, Planned, plan};
use crate::db::{Database, WritePermit};
use crate::error::{Error, Kind, Result};
use crate::ids::PaymentId;
use crate::operations::Actor;
use crate::pace::Pace;
use crate::refund::gateway::Gateway;
use crate::refund::{self, Carried, RECORD_ONLY, RefundSession, RefundState, Requested};

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
            let Some((gateway, effects)) = gateways.get(&line.request.gateway).zip(line.effects.as_ref()) else {
                continue;
            };
            pace.wait(1).await;
            let why = match gateway.refunds_of(&effects.payment.gateway_payment).await {
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

/// Runs the lines, those of one payment one after the other, and sends what came of each. Returns
/// whether all of them were begun.
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
) -> Result<bool> {
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
    let failures = AtomicU64::new(0);
    let pace = Pace::new(limits.rate);
    let mut sessions = Vec::new();
    for _ in 0..limits.parallel {
        sessions.push(RefundSession::open(database, permit, actor).await?);
    }
    let worker = async |mut session: RefundSession| {
        loop {
            let group = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(group) = group else { return };
            for line in group {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                pace.wait(1).await;
                let outcome = one(&mut session, gateways, &line).await;
                let lost = outcome.as_ref().is_err_and(|e| e.kind == Kind::Connection);
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
                let unheard = done.send(came).await.is_err();
                let too_many = failed
                    && limits.max_failures.is_some_and(|max| failures.fetch_add(1, Ordering::Relaxed) + 1 >= max);
                if unheard || lost || too_many {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    };
    futures_util::future::join_all(sessions.into_iter().map(worker)).await;
    Ok(!stop.load(Ordering::Relaxed))
}

async fn one(
    session: &mut RefundSession,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    line: &Planned,
) -> Result<Requested> {
    let asked = gateways.get(&line.request.gateway).zip(line.effects.as_ref());
    if let Some((gateway, effects)) = asked {
        let found = gateway.refunds_of(&effects.payment.gateway_payment).await.map_err(|mut e| {
            // What the gateway does not answer about one payment ends that line, and not the batch.
            if e.kind == Kind::Connection {
                e.kind = Kind::Incomplete;
            }
            e.context("nothing was changed")
        })?;
        if let Some(hindrance) = refund::hindrance(session, &**gateway, &line.request.payment, &found).await? {
            return Err(hindrance.error("nothing was changed"));
        }
    }
    let requested = session.request(&line.request).await;
    if let (Err(error), Some(amount)) = (&requested, line.request.amount)
        && error.kind == Kind::Conflict
    {
        // Another process asked for the same part since the file was checked.
        let payment = &line.request.payment;
        let said = session.read(async |c| match refund::underway(c, payment, amount).await? {
            Some(there) => plan::doubled(c, &there).await.map(Some),
            None => Ok(None),
        });
        if let Some(doubled) = said.await? {
            return Err(doubled);
        }
    }
    let Requested { refund, existing } = requested?;
    if refund.state.is_final() || refund.gateway == RECORD_ONLY || refund.state == RefundState::AwaitingApproval {
        return Ok(Requested { refund, existing });
    }
    // The same file again also finishes what it had begun.
    let Some(gateway) = gateways.get(&refund.gateway) else { return Ok(Requested { refund, existing }) };
    let carried = match asked {
        Some(_) if !existing => refund::submit_new(session, &**gateway, &refund).await?,
        _ => refund::carry_out(session, &**gateway, &refund).await?,
    };
    match carried {
        Carried::As(refund) => Ok(Requested { refund, existing }),
        Carried::Elsewhere(holder) => {
            Err(Error::new(Kind::Conflict, format!("refund {} is not done yet: {holder}", refund.id)))
        }
        Carried::Withdrawn(refund, hindrance) => Err(hindrance.error(&format!("refund {} is canceled", refund.id))),
        Carried::NotAsked(refund, why) => {
            Err(Error::new(Kind::Incomplete, format!("{} could not be asked: {why}", refund.gateway)))
        }
    }
}
