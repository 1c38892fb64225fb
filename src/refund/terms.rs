//! The terms of a refund: its effects before it is made.

use super::IfSpent;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::ids::{PaymentId, RefundId};
use crate::store::refunds;

/// The effects of a refund, or the reason that it would not be made, as the database works them out. Where there is no
/// such payment, only the reason is there.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Terms {
    /// The payment's id.
    pub payment: Option<PaymentId>,
    /// The customer's name or address.
    pub customer: Option<String>,
    /// The payment's status.
    pub status: Option<String>,
    /// True where that counts as refunded, at least in part.
    pub settled: Option<bool>,
    /// The gateway's ids of it.
    pub gateway_payment: Option<Vec<String>>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// The amount of the payment, in minor units.
    pub paid: Option<i64>,
    /// The sum that went back before, in minor units.
    pub refunded_before: Option<i64>,
    /// The amount that would go back, in minor units.
    pub amount: Option<i64>,
    /// The amount that would be left, in minor units.
    pub remaining: Option<i64>,
    /// The unit that the payment granted.
    pub unit: Option<String>,
    /// The account's balance in it.
    pub balance: Option<serde_json::Number>,
    /// The balance afterwards.
    pub balance_after: Option<serde_json::Number>,
    /// Units that would be taken back.
    pub units_taken: Option<serde_json::Number>,
    /// Of these, units that the application had taken back by itself.
    pub units_found: Option<serde_json::Number>,
    /// Units that would be let go.
    pub units_written_off: Option<serde_json::Number>,
    /// True where a second person has to approve it.
    pub needs_approval: Option<bool>,
    /// The limit above which one has to, in minor units.
    pub approval_above: Option<i64>,
    /// The newest refund of this payment that was not undone.
    pub latest: Option<RefundId>,
    /// The SQLSTATE of the refusal, where it would be refused.
    pub problem: Option<String>,
    /// The refusal as a sentence.
    pub message: Option<String>,
    /// The remedy of the refusal.
    pub hint: Option<String>,
    /// All of it as the database gave it, as JSON, to hold it to what was shown.
    #[serde(skip)]
    pub shown: String,
}

impl Terms {
    /// The refund that there is already, where all of the payment is asked for, and is refunded or being
    /// refunded. `amount` is in minor units; `None` is all that is left.
    pub fn whole_already(&self, amount: Option<i64>) -> Option<RefundId> {
        let whole = amount.is_none() || amount == self.paid;
        self.latest.filter(|_| whole && self.refunded_before >= self.paid)
    }

    /// Refuses what the database would refuse.
    ///
    /// # Errors
    /// Of the kind that the database names, with its words.
    pub fn accepted(self) -> Result<Self> {
        match &self.problem {
            None => Ok(self),
            Some(code) => {
                let error = Error::new(db::kind_of(code), self.message.as_deref().unwrap_or("it would be refused"));
                Err(match (&self.hint, &self.payment) {
                    // By itself it looks at the payments of some days only, and this one may be older.
                    (Some(hint), Some(payment)) if hint.ends_with("bursar refund sync") => {
                        error.hint(format!("{hint} --payment {payment}"))
                    }
                    (Some(hint), _) => error.hint(hint),
                    (None, _) => error,
                })
            }
        }
    }
}

/// The terms of a refund of a payment. `amount` is in minor units; `None` is all that is left.
///
/// # Errors
/// If the database cannot work it out. That it would be refused is no error here.
pub async fn preview(
    connection: &mut Connection,
    payment: &PaymentId,
    amount: Option<i64>,
    if_spent: IfSpent,
    again: bool,
) -> Result<Terms> {
    super::require(connection).await?;
    terms(refunds::preview(payment, amount, if_spent, again).one(connection).await?)
}

/// The terms of a refund that waits for approval.
///
/// # Errors
/// As [`preview`].
pub async fn preview_approval(connection: &mut Connection, refund: RefundId) -> Result<Terms> {
    terms(refunds::preview_approval(refund).one(connection).await?)
}

fn terms((shown,): (String,)) -> Result<Terms> {
    let mut terms: Terms =
        serde_json::from_str(&shown).map_err(|e| Error::failed(format!("the terms are not understood: {e}")))?;
    terms.shown = shown;
    Ok(terms)
}
