//! Brings in refunds that were made at the gateway without bursar, and lost disputes.

use super::gateway::{Dispute, Gateway, GatewayRefund, Status};
use super::model::rejection;
use super::session::Import;
use super::{Refund, RefundAnswer, RefundOrigin, RefundSession, RefundState};
use crate::error::{Kind, Result};
use crate::ids::{PaymentId, RefundId};
use crate::store::refunds;

/// A refund or a dispute that the gateway has about a payment, and the result here.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Brought {
    /// The payment's id.
    pub payment: PaymentId,
    /// The gateway's id of it.
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
    /// The command that makes room for it, where it does not fit because a refund of the payment awaits approval.
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
    /// It is a refund here now.
    BroughtIn,
    /// It would be brought in, or updated.
    Would,
    /// Nothing is decided yet, or no money moved.
    Open,
    /// It does not fit what is known here.
    Conflict,
}

/// Compares the gateway's refunds and disputes of one payment with those here, and brings the missing ones in. Without
/// `apply` nothing is written.
///
/// # Errors
/// If the gateway cannot be asked, or the database.
pub async fn bring_in(
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    payment: &PaymentId,
    gateway_payment: &[String],
    apply: bool,
) -> Result<Vec<Brought>> {
    let place = Place { gateway, payment, apply };
    let mut all = Vec::new();
    for found in gateway.refunds_of(gateway_payment).await? {
        all.push(place.refund(session, &found).await?);
    }
    for dispute in gateway.disputes_of(gateway_payment).await? {
        all.push(place.dispute(session, &dispute).await?);
    }
    if all.iter().any(|b| b.outcome == SyncOutcome::Conflict) {
        let remedy = session.awaiting(payment).await?.map(rejection);
        for conflict in all.iter_mut().filter(|b| b.outcome == SyncOutcome::Conflict) {
            conflict.remedy.clone_from(&remedy);
        }
    }
    Ok(all)
}

/// The gateway and the payment that are compared.
struct Place<'a> {
    gateway: &'a dyn Gateway,
    payment: &'a PaymentId,
    /// False if nothing is written.
    apply: bool,
}

impl Place<'_> {
    /// Brings one refund of the gateway in.
    async fn refund(&self, session: &mut RefundSession, found: &GatewayRefund) -> Result<Brought> {
        let brought = Brought {
            payment: self.payment.clone(),
            gateway_ref: found.id.clone(),
            what: BroughtKind::Refund,
            amount: found.amount.to_string(),
            currency: found.currency.clone(),
            outcome: SyncOutcome::Open,
            why: found.why.clone(),
            refund: None,
            remedy: None,
        };
        let known = known(session, found).await?;
        Ok(match (state(found.status), known) {
            (now, Some(refund)) if refund.state == now || undone(refund.state) && undone(now) => {
                Brought { outcome: SyncOutcome::Known, refund: Some(refund.id), ..brought }
            }
            // What is still open here is carried on by `resume`, which claims it first. What has ended here, and
            // is on its way there, has not come to another end yet.
            (now, Some(refund)) if !refund.state.is_final() || !now.is_final() => {
                Brought { outcome: SyncOutcome::Open, refund: Some(refund.id), ..brought }
            }
            (_, Some(refund)) if !self.apply => {
                Brought { outcome: SyncOutcome::Would, refund: Some(refund.id), ..brought }
            }
            (_, Some(refund)) => {
                let done =
                    session.answered(refund.id, found.status.into(), Some(&found.id), found.why.as_deref()).await;
                concluded(brought, done.map(|refund| (refund, SyncOutcome::Updated)))?
            }
            (now, None) if undone(now) => brought,
            (_, None) if !self.apply => Brought { outcome: SyncOutcome::Would, ..brought },
            (now, None) => {
                let import = Import {
                    payment: self.payment,
                    amount: found.amount,
                    gateway: self.gateway.name(),
                    gateway_ref: &found.id,
                    state: now,
                    origin: RefundOrigin::Gateway,
                    note: "made at the gateway",
                };
                let done = session.import(&import).await;
                concluded(brought, done.map(|refund| (refund, SyncOutcome::BroughtIn)))?
            }
        })
    }

    /// Brings one dispute of the gateway in, once it is lost.
    async fn dispute(&self, session: &mut RefundSession, dispute: &Dispute) -> Result<Brought> {
        let brought = Brought {
            payment: self.payment.clone(),
            gateway_ref: dispute.id.clone(),
            what: BroughtKind::Dispute,
            amount: dispute.amount.to_string(),
            currency: dispute.currency.clone(),
            outcome: SyncOutcome::Open,
            why: Some(dispute.status.clone()),
            refund: None,
            remedy: None,
        };
        Ok(match (dispute.lost, by_reference(session, None, &dispute.id).await?) {
            (_, Some(refund)) => Brought { outcome: SyncOutcome::Known, refund: Some(refund.id), ..brought },
            (false, None) => brought,
            (true, None) if !self.apply => Brought { outcome: SyncOutcome::Would, ..brought },
            (true, None) => {
                let note = format!("dispute {}", dispute.status);
                let import = Import {
                    payment: self.payment,
                    amount: dispute.amount,
                    gateway: self.gateway.name(),
                    gateway_ref: &dispute.id,
                    state: RefundState::Succeeded,
                    origin: RefundOrigin::Dispute,
                    note: &note,
                };
                let done = session.import(&import).await;
                concluded(brought, done.map(|refund| (refund, SyncOutcome::BroughtIn)))?
            }
        })
    }
}

/// A conflict is said beside the rest; whatever else goes wrong ends the run.
fn concluded(brought: Brought, done: Result<(Refund, SyncOutcome)>) -> Result<Brought> {
    match done {
        Ok((refund, outcome)) => Ok(Brought { outcome, refund: Some(refund.id), ..brought }),
        Err(error) if error.kind == Kind::Conflict => {
            Ok(Brought { outcome: SyncOutcome::Conflict, why: Some(error.message()), ..brought })
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn known(session: &mut RefundSession, found: &GatewayRefund) -> Result<Option<Refund>> {
    by_reference(session, found.refund, &found.id).await
}

async fn by_reference(
    session: &mut RefundSession,
    refund: Option<RefundId>,
    gateway_ref: &str,
) -> Result<Option<Refund>> {
    session.read(async |c| refunds::by_reference(refund, gateway_ref).optional(c).await).await
}

/// True where no money moved in the end.
pub(super) fn undone(state: RefundState) -> bool {
    matches!(state, RefundState::Failed | RefundState::Canceled)
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
