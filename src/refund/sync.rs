//! Brings in what was done at the gateway without bursar: refunds from its dashboard, and disputes
//! that were lost.

use sqlx::AssertSqlSafe;
use sqlx::types::Uuid;

use super::gateway::{Gateway, GatewayRefund, Status};
use super::{COLUMNS, Desk, Refund, State};
use crate::error::{Kind, Result};

/// One thing that the gateway has about a payment, and what came of it here.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Brought {
    /// The payment's id.
    pub payment: String,
    /// The gateway's id of it.
    pub gateway_ref: String,
    /// Refund or dispute.
    pub what: &'static str,
    /// The gateway's amount, in minor units of the currency.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why not, where it could not be brought in; the gateway's word for an open dispute.
    pub why: Option<String>,
    /// The refund here, where there is one.
    pub refund: Option<Uuid>,
    /// The command that makes room for it, where it does not fit because a refund of the payment awaits approval.
    pub remedy: Option<String>,
}

/// What came of bringing something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
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

/// Compares what a gateway has about one payment with what is known here, and brings it in. Without
/// `apply` it only says what it would do.
///
/// # Errors
/// Where the gateway cannot be asked, or the database.
pub async fn bring_in(
    desk: &mut Desk,
    gateway: &dyn Gateway,
    payment: &str,
    gateway_payment: &[String],
    apply: bool,
) -> Result<Vec<Brought>> {
    let mut all = Vec::new();
    for found in gateway.refunds_of(gateway_payment).await? {
        let brought = Brought {
            payment: payment.to_owned(),
            gateway_ref: found.id.clone(),
            what: "refund",
            amount: found.amount.to_string(),
            currency: found.currency.clone(),
            outcome: Outcome::Open,
            why: found.why.clone(),
            refund: None,
            remedy: None,
        };
        let known = known(desk, &found).await?;
        all.push(match (state(found.status), known) {
            (now, Some(refund)) if refund.state == now || undone(refund.state) && undone(now) => {
                Brought { outcome: Outcome::Known, refund: Some(refund.id), ..brought }
            }
            // What is still open here is carried on by `resume`, which claims it first. What has ended here, and
            // is on its way there, has not come to another end yet.
            (now, Some(refund)) if !refund.state.is_final() || !now.is_final() => {
                Brought { outcome: Outcome::Open, refund: Some(refund.id), ..brought }
            }
            (_, Some(refund)) if !apply => Brought { outcome: Outcome::Would, refund: Some(refund.id), ..brought },
            (now, Some(refund)) => {
                let done = desk.answered(refund.id, now.name(), Some(&found.id), found.why.as_deref()).await;
                concluded(brought, done.map(|refund| (refund, Outcome::Updated)))?
            }
            (now, None) if undone(now) => brought,
            (_, None) if !apply => Brought { outcome: Outcome::Would, ..brought },
            (now, None) => {
                let done = desk
                    .import(
                        payment,
                        found.amount,
                        (gateway.name(), &found.id),
                        (now.name(), "gateway"),
                        ("other", Some("made at the gateway")),
                    )
                    .await;
                concluded(brought, done.map(|(refund, _)| (refund, Outcome::BroughtIn)))?
            }
        });
    }
    for dispute in gateway.disputes_of(gateway_payment).await? {
        let brought = Brought {
            payment: payment.to_owned(),
            gateway_ref: dispute.id.clone(),
            what: "dispute",
            amount: dispute.amount.to_string(),
            currency: dispute.currency.clone(),
            outcome: Outcome::Open,
            why: Some(dispute.status.clone()),
            refund: None,
            remedy: None,
        };
        all.push(match (dispute.lost, by_reference(desk, None, &dispute.id).await?) {
            (_, Some(refund)) => Brought { outcome: Outcome::Known, refund: Some(refund.id), ..brought },
            (false, None) => brought,
            (true, None) if !apply => Brought { outcome: Outcome::Would, ..brought },
            (true, None) => {
                let note = format!("dispute {}", dispute.status);
                let done = desk
                    .import(
                        payment,
                        dispute.amount,
                        (gateway.name(), &dispute.id),
                        ("succeeded", "dispute"),
                        ("other", Some(&note)),
                    )
                    .await;
                concluded(brought, done.map(|(refund, _)| (refund, Outcome::BroughtIn)))?
            }
        });
    }
    if all.iter().any(|b| b.outcome == Outcome::Conflict) {
        let remedy = super::run::awaiting(desk, payment).await?.map(super::run::rejection);
        for conflict in all.iter_mut().filter(|b| b.outcome == Outcome::Conflict) {
            conflict.remedy.clone_from(&remedy);
        }
    }
    Ok(all)
}

/// What does not fit is said beside the rest; whatever else goes wrong ends the run.
fn concluded(brought: Brought, done: Result<(Refund, Outcome)>) -> Result<Brought> {
    match done {
        Ok((refund, outcome)) => Ok(Brought { outcome, refund: Some(refund.id), ..brought }),
        Err(error) if error.kind == Kind::Conflict => {
            Ok(Brought { outcome: Outcome::Conflict, why: Some(error.message()), ..brought })
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn known(desk: &mut Desk, found: &GatewayRefund) -> Result<Option<Refund>> {
    by_reference(desk, found.refund, &found.id).await
}

async fn by_reference(desk: &mut Desk, refund: Option<Uuid>, gateway_ref: &str) -> Result<Option<Refund>> {
    let sql = format!("SELECT {COLUMNS} FROM bursar.refunds WHERE id = $1 OR gateway_ref = $2 ORDER BY number LIMIT 1");
    desk.read(async |c| Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(refund).bind(gateway_ref).fetch_optional(c).await?))
        .await
}

/// Whether no money moved in the end.
pub(super) fn undone(state: State) -> bool {
    matches!(state, State::Failed | State::Canceled)
}

/// What the gateway's word means here.
pub(super) fn state(status: Status) -> State {
    match status {
        Status::Pending => State::Pending,
        Status::RequiresAction => State::RequiresAction,
        Status::Succeeded => State::Succeeded,
        Status::Failed => State::Failed,
        Status::Canceled => State::Canceled,
    }
}
