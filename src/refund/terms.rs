//! The terms of a refund: its effects before it is made.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::IfSpent;
use super::model::sync_of;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::ids::{PaymentId, RefundId};
use crate::store::refunds;

/// The effects of a refund, and the reason that it would be refused, as the database works them out.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The effects; none where there is no such payment.
    effects: Option<Effects>,
    /// The refusal, where it would be refused.
    pub refusal: Option<Refusal>,
    /// All of it as the database gave it, as JSON, to hold it to what was shown.
    pub shown: String,
}

/// The effects of a refund.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The payment.
    pub payment: Payment,
    /// The money.
    pub money: Money,
    /// The units of account.
    pub units: Units,
    /// The approval.
    pub approval: Approval,
    /// The newest refund of this payment that was not undone.
    pub latest: Option<RefundId>,
}

/// The payment of a refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Payment {
    /// Its id.
    #[serde(rename = "payment")]
    pub id: PaymentId,
    /// The customer's name or address.
    pub customer: Option<String>,
    /// Its status.
    pub status: Option<String>,
    /// True where that counts as refunded, at least in part.
    #[serde(deserialize_with = "or_default")]
    pub settled: bool,
    /// The gateway's ids of it.
    #[serde(deserialize_with = "or_default")]
    pub gateway_payment: Vec<String>,
}

/// The money of a refund, in minor units of the currency.
#[derive(Debug, Clone, Deserialize)]
pub struct Money {
    /// ISO 4217.
    pub currency: String,
    /// The amount of the payment.
    pub paid: i64,
    /// The sum that went back before.
    pub refunded_before: i64,
    /// The amount that would go back.
    pub amount: i64,
    /// The amount that would be left.
    pub remaining: i64,
}

/// The units of account of a refund.
#[derive(Debug, Clone, Deserialize)]
pub struct Units {
    /// The unit that the payment granted, where it granted one.
    pub unit: Option<String>,
    /// The account's balance in it.
    pub balance: Option<Number>,
    /// The balance afterwards.
    pub balance_after: Option<Number>,
    /// Units that would be taken back.
    #[serde(rename = "units_taken")]
    pub taken: Number,
    /// Of these, units that the application had taken back by itself.
    #[serde(rename = "units_found")]
    pub found: Number,
    /// Units that would be written off.
    #[serde(rename = "units_written_off")]
    pub written_off: Number,
}

/// The approval of a refund by a second person.
#[derive(Debug, Clone, Deserialize)]
pub struct Approval {
    /// True where a second person has to approve it.
    #[serde(rename = "needs_approval", deserialize_with = "or_default")]
    pub is_needed: bool,
    /// The limit above which one has to, in minor units of the currency.
    #[serde(rename = "approval_above")]
    pub above: Option<i64>,
}

/// The refusal of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// Its SQLSTATE.
    #[serde(rename = "problem")]
    pub sqlstate: String,
    /// The refusal as a sentence.
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    /// The remedy.
    pub hint: Option<String>,
}

impl Terms {
    /// The effects of the refund.
    ///
    /// # Errors
    /// The database's refusal, where there is no such payment.
    pub fn effects(&self) -> Result<&Effects> {
        self.effects.as_ref().ok_or_else(|| match &self.refusal {
            Some(refusal) => refusal.error(None),
            None => Error::failed("the terms name no payment"),
        })
    }

    /// The refund that there is already, where all of the payment is asked for, and is refunded or being
    /// refunded. `amount` is in minor units; `None` is all that is left.
    pub fn whole_already(&self, amount: Option<i64>) -> Option<RefundId> {
        let Effects { money, latest, .. } = self.effects.as_ref()?;
        let is_whole = amount.is_none_or(|amount| amount == money.paid);
        latest.filter(|_| is_whole && money.refunded_before >= money.paid)
    }

    /// Refuses what the database would refuse.
    ///
    /// # Errors
    /// Of the kind that the database names, with its words.
    pub fn accepted(self) -> Result<Self> {
        match &self.refusal {
            None => Ok(self),
            Some(refusal) => Err(refusal.error(self.effects.as_ref().map(|effects| &effects.payment.id))),
        }
    }
}

impl Refusal {
    fn error(&self, payment: Option<&PaymentId>) -> Error {
        let error = Error::new(db::kind_of(&self.sqlstate), &self.message);
        match (&self.hint, payment) {
            // By itself it looks at the payments of some days only, and this one may be older.
            (Some(hint), Some(payment)) => match hint.strip_suffix("bursar refund sync") {
                Some(before) => error.hint(format!("{before}{}", sync_of(payment.as_str()))),
                None => error.hint(hint),
            },
            (Some(hint), _) => error.hint(hint),
            (None, _) => error,
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

/// The terms of several refunds, as [`preview`], in the same order.
///
/// # Errors
/// As [`preview`].
pub async fn previews(
    connection: &mut Connection,
    asked: &[(&PaymentId, Option<i64>)],
    if_spent: IfSpent,
) -> Result<Vec<Terms>> {
    let payments: Vec<&str> = asked.iter().map(|(payment, _)| payment.as_str()).collect();
    let amounts: Vec<Option<i64>> = asked.iter().map(|(_, amount)| *amount).collect();
    refunds::previews(&payments, &amounts, if_spent).all(connection).await?.into_iter().map(terms).collect()
}

/// The terms of a refund that waits for approval.
///
/// # Errors
/// As [`preview`].
pub async fn preview_approval(connection: &mut Connection, refund: RefundId) -> Result<Terms> {
    terms(refunds::preview_approval(refund).one(connection).await?)
}

fn terms((shown,): (String,)) -> Result<Terms> {
    let not_understood = |e: serde_json::Error| Error::failed(format!("the terms are not understood: {e}"));
    let value: Value = serde_json::from_str(&shown).map_err(not_understood)?;
    let refusal = match &value["problem"] {
        Value::Null => None,
        _ => Some(Refusal::deserialize(&value).map_err(not_understood)?),
    };
    let effects = match (Effects::read(&value), &refusal) {
        (Ok(effects), _) => Some(effects),
        // Of what is refused, some of it may not be known.
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(not_understood(error)),
    };
    Ok(Terms { effects, refusal, shown })
}

impl Effects {
    /// The database gives one flat object.
    fn read(terms: &Value) -> serde_json::Result<Self> {
        Ok(Effects {
            payment: Payment::deserialize(terms)?,
            money: Money::deserialize(terms)?,
            units: Units::deserialize(terms)?,
            approval: Approval::deserialize(terms)?,
            latest: Option::deserialize(&terms["latest"])?,
        })
    }
}

/// A value whose default stands for null.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
