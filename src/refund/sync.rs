//! Brings in refunds that were made at the gateway without bursar, and lost disputes.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::gateway::{Dispute, Gateway, GatewayRefund, Odd, Range, Status};
use super::model::rejection;
use super::session::Import;
use super::{Refund, RefundAnswer, RefundOrigin, RefundSession, RefundState};
use crate::error::{Error, Kind, Result};
use crate::ids::{PaymentId, RefundId};
use crate::money;
use crate::store::refunds;

/// A refund or a dispute that the gateway has about a payment, and the result here.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Brought {
    /// The payment's id.
    pub payment: PaymentId,
    /// The gateway's id of it; empty where it never had one.
    pub gateway_ref: String,
    /// Refund or dispute.
    pub what: BroughtKind,
    /// The gateway's amount, in minor units of the currency.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// The result.
    pub outcome: SyncOutcome,
    /// The reason, where it could not be brought in; the gateway's word for an open dispute.
    pub why: Option<String>,
    /// The refund here, where there is one.
    pub refund: Option<RefundId>,
    /// The command that helps: it makes room for what does not fit because a refund of the payment awaits approval, or ends
    /// a refund that the gateway does not have.
    pub remedy: Option<String>,
}

/// The kind of a thing that the gateway has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtKind {
    /// A refund.
    Refund,
    /// A dispute.
    Dispute,
}

impl BroughtKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BroughtKind::Refund => "refund",
            BroughtKind::Dispute => "dispute",
        }
    }
}

/// The result of bringing something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncOutcome {
    /// It was known, and stands here as it does there.
    Known,
    /// It was known, and stands here now as it does there.
    Updated,
    /// It was known as money that went back, and came to nothing there: the units were given back.
    Undone,
    /// It is a refund here now.
    BroughtIn,
    /// It would be brought in, or updated.
    Would,
    /// It would be undone, and the units given back.
    WouldUndo,
    /// Nothing is decided yet.
    Open,
    /// It came to nothing, and nothing of it is here.
    NoEffect,
    /// It does not fit what is known here.
    Conflict,
    /// It does not fit, and somebody answers for it.
    Acknowledged,
    /// It succeeded here, and the gateway has no such refund of the payment. Nothing was changed.
    Missing,
}

/// A payment that is compared with its gateway.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a> {
    /// Its id.
    pub payment: &'a PaymentId,
    /// The gateway's ids of it.
    pub ids: &'a [String],
    /// ISO 4217, in capitals, where it is known.
    pub currency: Option<&'a str>,
}

/// What a gateway has about some payments.
#[derive(Debug, Default)]
pub struct Objects {
    /// Refunds.
    pub refunds: Vec<GatewayRefund>,
    /// Disputes.
    pub disputes: Vec<Dispute>,
    /// The part that is not understood.
    pub odd: Vec<Odd>,
}

/// The objects of a payment that a run which writes nothing would have brought in so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Would {
    /// In minor units of the currency; below zero where more would have been undone.
    sum: i64,
    /// True where some of it would be open.
    open: bool,
}

/// The refunds and disputes of a gateway by their own date, some at a time.
#[derive(Debug)]
pub struct Listing<'a> {
    gateway: &'a dyn Gateway,
    refunds: Option<Place>,
    disputes: Option<Place>,
}

/// The place in a list.
#[derive(Debug)]
struct Place {
    between: Range,
    after: Option<String>,
}

/// The objects that are looked for in the database at a time.
const AT_A_TIME: usize = 1_000;

/// The refunds that are read from the database at a time.
const PAGE: i64 = 1_000;

/// The days by which disputes are listed at least: a dispute is decided months after it was raised.
const DISPUTE_DAYS: i64 = 150;

impl<'a> Listing<'a> {
    /// The list of what was made from `since` to `now`.
    pub fn new(gateway: &'a dyn Gateway, since: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let from = |since| Some(Place { between: Range { since, until: now }, after: None });
        let disputes = from(since.min(now - TimeDelta::days(DISPUTE_DAYS)));
        Listing { gateway, refunds: from(since), disputes }
    }

    /// The next objects; none after the last.
    ///
    /// # Errors
    /// If the gateway cannot be asked. The next call asks for the same page again.
    pub async fn next(&mut self) -> Result<Option<Objects>> {
        let mut objects = Objects::default();
        while objects.refunds.len() < AT_A_TIME
            && let Some(place) = &mut self.refunds
        {
            let page = self.gateway.refunds_between(place.between, place.after.as_deref()).await?;
            objects.refunds.extend(page.objects);
            objects.odd.extend(page.odd);
            place.after = page.next;
            if place.after.is_none() {
                self.refunds = None;
            }
        }
        while objects.refunds.len() + objects.disputes.len() < AT_A_TIME
            && let Some(place) = &mut self.disputes
        {
            let page = self.gateway.disputes_between(place.between, place.after.as_deref()).await?;
            objects.disputes.extend(page.objects);
            objects.odd.extend(page.odd);
            place.after = page.next;
            if place.after.is_none() {
                self.disputes = None;
            }
        }
        let is_empty = objects.refunds.is_empty() && objects.disputes.is_empty() && objects.odd.is_empty();
        Ok((!is_empty || self.refunds.is_some() || self.disputes.is_some()).then_some(objects))
    }
}

/// Compares the gateway's refunds and disputes of one payment with those here, and brings the missing ones in. With
/// `would` nothing is written.
///
/// # Errors
/// If the gateway cannot be asked, or the database.
pub async fn bring_in(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    compared: Compared<'_>,
    would: Option<&mut Would>,
) -> Result<Vec<Brought>> {
    let payment = compared.payment;
    // Before the gateway's, so that what another process refunds meanwhile is not missed there.
    let ours = session.read(async |c| refunds::succeeded_of(payment, gateway.name()).all(c).await).await?;
    let except = session.except(gateway.name(), None).await?;
    let refunds = gateway.refunds_of(compared.ids, &except).await?;
    let disputes = gateway.disputes_of(compared.ids, &except).await?;
    let unlisted: Vec<&Refund> = ours.iter().filter(|ours| !refunds.iter().any(|f| is_of(f, ours))).collect();
    for ours in &unlisted {
        of_this_account(session, gateway, ours).await?;
    }
    let objects = Objects { refunds, disputes, odd: Vec::new() };
    let mut all = bring_in_objects(session, gateway, compared, &objects, would).await?;
    all.extend(unlisted.into_iter().map(brought_missing));
    Ok(all)
}

/// Compares some of the gateway's refunds and disputes of one payment with those here, as [`bring_in`].
///
/// # Errors
/// As the database says.
pub async fn bring_in_objects(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    compared: Compared<'_>,
    objects: &Objects,
    would: Option<&mut Would>,
) -> Result<Vec<Brought>> {
    let mut side = Side { gateway, compared, would };
    let mut all = Vec::new();
    for found in &objects.refunds {
        all.push(side.refund(session, found).await?);
    }
    for dispute in &objects.disputes {
        all.push(side.dispute(session, dispute).await?);
    }
    if all.iter().any(|b| b.outcome == SyncOutcome::Conflict) {
        let remedy = session.awaiting(compared.payment).await?.map(rejection);
        for conflict in all.iter_mut().filter(|b| b.outcome == SyncOutcome::Conflict) {
            conflict.remedy.clone_from(&remedy);
        }
    }
    Ok(all)
}

/// The refunds through the gateway that bursar made or imported from a time on, that succeeded, and that the gateway has not
/// listed.
/// `seen` are the ids, the gateway's and ours, of those that it has.
///
/// # Errors
/// As the database says.
pub async fn unlisted_since(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    since: DateTime<Utc>,
    seen: &HashSet<String>,
) -> Result<Vec<Refund>> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let some = refunds::succeeded_since(gateway.name(), since, after, PAGE);
        let some = session.read(async |c| some.all(c).await).await?;
        let Some(last) = some.last() else { return Ok(all) };
        after = last.number;
        let listed = |r: &Refund| {
            seen.contains(&r.id.to_string()) || r.gateway_ref.as_ref().is_some_and(|reference| seen.contains(reference))
        };
        all.extend(some.into_iter().filter(|ours| !listed(ours)));
    }
}

/// The refund, where the gateway's list of its payment does not have it. A gateway may date a refund otherwise, or list it
/// by date only later.
///
/// # Errors
/// As [`bring_in`].
pub async fn missing(session: &mut RefundSession, gateway: &dyn Gateway, ours: &Refund) -> Result<Option<Brought>> {
    of_this_account(session, gateway, ours).await?;
    let except = session.except(gateway.name(), Some(ours.id)).await?;
    let found = gateway.refunds_of(&ours.gateway_payment, &except).await?;
    Ok((!found.iter().any(|f| is_of(f, ours))).then(|| brought_missing(ours)))
}

/// Refuses a key of another account, which has none of the refund, whatever became of it.
async fn of_this_account(session: &mut RefundSession, gateway: &dyn Gateway, ours: &Refund) -> Result<()> {
    let now = session.account(gateway).await?;
    match &ours.gateway_account {
        Some(first) if now.as_ref() != Some(first) => Err(ours.of_another_account(now.as_deref())),
        _ => Ok(()),
    }
}

fn brought_missing(ours: &Refund) -> Brought {
    Brought {
        payment: ours.payment.clone(),
        gateway_ref: ours.gateway_ref.clone().unwrap_or_default(),
        what: BroughtKind::Refund,
        amount: ours.amount.to_string(),
        currency: ours.currency.clone(),
        outcome: SyncOutcome::Missing,
        why: Some(ours.missing()),
        refund: Some(ours.id),
        remedy: Some(ours.end_of_missing()),
    }
}

/// The gateway and the payment that are compared.
struct Side<'a> {
    gateway: &'a dyn Gateway,
    compared: Compared<'a>,
    /// Set if nothing is written.
    would: Option<&'a mut Would>,
}

impl Side<'_> {
    /// Brings one refund of the gateway in.
    async fn refund(&mut self, session: &mut RefundSession, found: &GatewayRefund) -> Result<Brought> {
        let brought = Brought {
            payment: self.compared.payment.clone(),
            gateway_ref: found.id.clone(),
            what: BroughtKind::Refund,
            amount: found.amount.to_string(),
            currency: found.currency.clone(),
            outcome: SyncOutcome::Open,
            why: found.why.clone(),
            refund: None,
            remedy: None,
        };
        let now = state(found.status);
        match known(session, found).await? {
            Some(refund) if is_elsewhere(&refund, self.compared.payment, self.compared.ids) => {
                Ok(taken(brought, &refund))
            }
            Some(refund) if !now.is_undone() && differs(&refund, found.amount, &found.currency) => {
                Ok(unlike(brought, &refund))
            }
            Some(refund) if refund.state == now || refund.state.is_undone() && now.is_undone() => {
                Ok(Brought { outcome: SyncOutcome::Known, refund: Some(refund.id), ..brought })
            }
            // What is still open here is carried on by `resume`, which claims it first. What has ended here, and
            // is on its way there, has not come to another end yet.
            Some(refund) if !refund.state.is_final() || !now.is_final() => {
                Ok(Brought { refund: Some(refund.id), ..brought })
            }
            Some(refund) => self.ends(session, brought, &refund, found.status.into(), found.why.as_deref()).await,
            None if now.is_undone() => Ok(Brought { outcome: SyncOutcome::NoEffect, ..brought }),
            None if session.is_acknowledged(self.gateway.name(), &found.id).await? => {
                Ok(Brought { outcome: SyncOutcome::Acknowledged, ..brought })
            }
            None => {
                self.import(session, brought, found.amount, now, RefundOrigin::Gateway, "made at the gateway").await
            }
        }
    }

    /// Brings one dispute of the gateway in, once it is lost, and undoes it, once it is won after all.
    async fn dispute(&mut self, session: &mut RefundSession, dispute: &Dispute) -> Result<Brought> {
        let brought = Brought {
            payment: self.compared.payment.clone(),
            gateway_ref: dispute.id.clone(),
            what: BroughtKind::Dispute,
            amount: dispute.amount.to_string(),
            currency: dispute.currency.clone(),
            outcome: SyncOutcome::Open,
            why: Some(dispute.status.clone()),
            refund: None,
            remedy: None,
        };
        let kept = dispute.is_over_and_kept();
        match by_reference(session, None, &dispute.id).await? {
            Some(refund) if is_elsewhere(&refund, self.compared.payment, self.compared.ids) => {
                Ok(taken(brought, &refund))
            }
            Some(refund) if dispute.lost && differs(&refund, dispute.amount, &dispute.currency) => {
                Ok(unlike(brought, &refund))
            }
            Some(refund) if dispute.lost && refund.state.is_undone() => {
                self.ends(session, brought, &refund, RefundAnswer::Succeeded, None).await
            }
            Some(refund) if kept && refund.state == RefundState::Succeeded => {
                let why = format!("dispute {}", dispute.status);
                self.ends(session, brought, &refund, RefundAnswer::Canceled, Some(&why)).await
            }
            Some(refund) if dispute.lost || kept => {
                Ok(Brought { outcome: SyncOutcome::Known, refund: Some(refund.id), ..brought })
            }
            Some(refund) => Ok(Brought { refund: Some(refund.id), ..brought }),
            None if kept => Ok(Brought { outcome: SyncOutcome::NoEffect, ..brought }),
            None if !dispute.lost => Ok(brought),
            None if session.is_acknowledged(self.gateway.name(), &dispute.id).await? => {
                Ok(Brought { outcome: SyncOutcome::Acknowledged, ..brought })
            }
            None => {
                let note = format!("dispute {}", dispute.status);
                let state = RefundState::Succeeded;
                self.import(session, brought, dispute.amount, state, RefundOrigin::Dispute, &note).await
            }
        }
    }

    /// A refund that has ended here ends otherwise, as it did there.
    async fn ends(
        &mut self,
        session: &mut RefundSession,
        brought: Brought,
        refund: &Refund,
        answer: RefundAnswer,
        why: Option<&str>,
    ) -> Result<Brought> {
        let is_undone = answer != RefundAnswer::Succeeded;
        if let Some(would) = &mut self.would {
            if is_undone {
                would.sum = would.sum.saturating_sub(refund.amount);
                return Ok(Brought { outcome: SyncOutcome::WouldUndo, refund: Some(refund.id), ..brought });
            }
            if refund.origin == RefundOrigin::Dispute {
                let import = Import {
                    payment: self.compared.payment,
                    amount: refund.gateway_amount.unwrap_or(refund.amount),
                    currency: &brought.currency,
                    gateway: self.gateway.name(),
                    gateway_ref: &brought.gateway_ref,
                    state: RefundState::Succeeded,
                    origin: refund.origin,
                    note: "",
                };
                return would.bring(session, &import, brought.clone(), Some(refund.id)).await;
            }
            would.sum = would.sum.saturating_add(refund.amount);
            return Ok(Brought { outcome: SyncOutcome::Would, refund: Some(refund.id), ..brought });
        }
        let outcome = if is_undone { SyncOutcome::Undone } else { SyncOutcome::Updated };
        let done = session.answered(refund.id, answer, Some(&brought.gateway_ref), why).await;
        concluded(brought, done.map(|refund| (refund, outcome)))
    }

    /// Brings in what is not here yet.
    async fn import(
        &mut self,
        session: &mut RefundSession,
        brought: Brought,
        amount: i64,
        state: RefundState,
        origin: RefundOrigin,
        note: &str,
    ) -> Result<Brought> {
        if let Some(currency) = self.compared.currency.filter(|currency| *currency != brought.currency) {
            let amount = money::format(amount, &brought.currency);
            let why = format!("it is over {amount}, and the payment is in {currency}");
            return Ok(Brought { outcome: SyncOutcome::Conflict, why: Some(why), ..brought });
        }
        let import = Import {
            payment: self.compared.payment,
            amount,
            currency: &brought.currency,
            gateway: self.gateway.name(),
            gateway_ref: &brought.gateway_ref,
            state,
            origin,
            note,
        };
        if let Some(would) = &mut self.would {
            return would.bring(session, &import, brought.clone(), None).await;
        }
        let account = session.account(self.gateway).await?;
        let done = session.import(&import, account.as_deref()).await;
        concluded(brought, done.map(|refund| (refund, SyncOutcome::BroughtIn)))
    }
}

impl Would {
    /// The outcome of an import, by the decision that a real run makes.
    async fn bring(
        &mut self,
        session: &mut RefundSession,
        import: &Import<'_>,
        brought: Brought,
        refund: Option<RefundId>,
    ) -> Result<Brought> {
        match session.import_check(import, self.sum, self.open).await {
            Ok(()) => {
                self.sum = self.sum.saturating_add(import.amount);
                self.open |= !import.state.is_final();
                Ok(Brought { outcome: SyncOutcome::Would, refund, ..brought })
            }
            Err(error) => conflicting(brought, error),
        }
    }
}

/// True where the gateway's amount is another one than that of the refund here.
fn differs(refund: &Refund, amount: i64, currency: &str) -> bool {
    (refund.gateway_amount.unwrap_or(refund.amount), &*refund.currency) != (amount, currency)
}

/// What is known here over another amount.
fn unlike(brought: Brought, refund: &Refund) -> Brought {
    let amount = refund.gateway_amount.unwrap_or(refund.amount);
    let why = format!("refund {} is over {}", refund.id, money::format(amount, &refund.currency));
    Brought { outcome: SyncOutcome::Conflict, why: Some(why), refund: Some(refund.id), ..brought }
}

/// What a refund of another payment has the id of.
fn taken(brought: Brought, refund: &Refund) -> Brought {
    let why = format!("it is refund {} here, of payment {}", refund.id, refund.payment);
    Brought { outcome: SyncOutcome::Conflict, why: Some(why), refund: Some(refund.id), ..brought }
}

/// True where a refund is of another payment than this one, and of another one at the gateway too: several payments here may
/// have one id there.
pub(super) fn is_elsewhere(refund: &Refund, payment: &PaymentId, ids: &[String]) -> bool {
    refund.payment != *payment && !refund.gateway_payment.iter().any(|id| ids.contains(id))
}

/// True where the gateway's refund is this one.
pub(super) fn is_of(found: &GatewayRefund, refund: &Refund) -> bool {
    found.refund == Some(refund.id) || refund.gateway_ref.as_ref() == Some(&found.id)
}

/// A conflict is said beside the rest; whatever else goes wrong ends the run.
fn concluded(brought: Brought, done: Result<(Refund, SyncOutcome)>) -> Result<Brought> {
    match done {
        Ok((refund, outcome)) => Ok(Brought { outcome, refund: Some(refund.id), ..brought }),
        Err(error) => conflicting(brought, error),
    }
}

fn conflicting(brought: Brought, error: Error) -> Result<Brought> {
    match error.kind {
        Kind::Conflict => Ok(Brought { outcome: SyncOutcome::Conflict, why: Some(error.message()), ..brought }),
        _ => Err(error),
    }
}

pub(super) async fn known(session: &mut RefundSession, found: &GatewayRefund) -> Result<Option<Refund>> {
    by_reference(session, found.refund, &found.id).await
}

/// The refund of this id; where there is none, that of this id of the gateway's.
///
/// # Errors
/// As the database says.
pub async fn by_reference(
    session: &mut RefundSession,
    refund: Option<RefundId>,
    gateway_ref: &str,
) -> Result<Option<Refund>> {
    session.read(async |c| refunds::by_reference(refund, gateway_ref).optional(c).await).await
}

/// The state here of what has this status at the gateway.
pub(super) fn state(status: Status) -> RefundState {
    match status {
        Status::Pending => RefundState::Pending,
        Status::RequiresAction => RefundState::RequiresAction,
        Status::Succeeded => RefundState::Succeeded,
        Status::Failed => RefundState::Failed,
        Status::Canceled => RefundState::Canceled,
    }
}

impl From<Status> for RefundAnswer {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => RefundAnswer::Pending,
            Status::RequiresAction => RefundAnswer::RequiresAction,
            Status::Succeeded => RefundAnswer::Succeeded,
            Status::Failed => RefundAnswer::Failed,
            Status::Canceled => RefundAnswer::Canceled,
        }
    }
}
