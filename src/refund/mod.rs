//! Refunds: money and units of account go back exactly once, or not at all, whatever dies in the
//! middle.
//!
//! A refund is a row of `bursar.refunds` that says how far it came. Every step is one call of a
//! function in the database, and so one transaction ([`Desk`]); between two steps, with no transaction
//! open, the gateway is talked to ([`carry_out`]). A process that dies leaves a row that says what to
//! do next, and [`carry_out`] does it, as often as it is called: it asks the gateway before it submits
//! anything again, and always under the refund's own id.

pub mod batch;
mod desk;
pub mod gateway;
mod list;
mod run;
mod sync;

use chrono::{DateTime, Utc};
use sqlx::types::{Json, Uuid};

pub use desk::{Desk, Request};
pub use list::{
    Filter, Transition, beginning, by_key, find, history, holder, is_whole_id, list, open, preview, preview_approval,
    recent, require, require_functions, underway,
};
pub use run::{Carried, carry_out, recheck, require_known, submit_new};
pub use sync::{Brought, Outcome, bring_in};

/// The name of the gateway of refunds whose money was moved elsewhere.
pub const RECORD_ONLY: &str = "record-only";

/// The reasons that there are, as the database and the gateways name them. The first is the usual one.
pub const REASONS: [&str; 4] = ["requested_by_customer", "duplicate", "fraudulent", "other"];

/// A refund, as `bursar.refunds` holds it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, sqlx::FromRow)]
pub struct Refund {
    /// Its id, which is the idempotency key at the gateway.
    pub id: Uuid,
    /// The order in which refunds were asked for.
    pub number: i64,
    /// The payment's id.
    pub payment: String,
    /// Whose payment it was.
    pub account: Option<String>,
    /// Their name or address.
    pub customer: Option<String>,
    /// What the payment was over, in minor units of the currency.
    #[serde(serialize_with = "as_text")]
    pub paid: i64,
    /// What goes back, in minor units of the currency.
    #[serde(serialize_with = "as_text")]
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// The unit of account that the payment granted, where it granted one.
    pub unit: Option<String>,
    /// Units that were taken back.
    pub units_taken: String,
    /// Units that had been spent and were let go.
    pub units_written_off: String,
    /// What to do about units that were spent: refuse, cap or keep.
    pub if_spent: String,
    /// Why.
    pub reason: String,
    /// Why, in words.
    pub note: Option<String>,
    /// Who made it: bursar, the gateway's dashboard, or a dispute.
    pub origin: String,
    /// The gateway.
    pub gateway: String,
    /// The gateway's ids of the payment.
    pub gateway_payment: Vec<String>,
    /// The gateway's id of the refund.
    pub gateway_ref: Option<String>,
    /// How it stands.
    #[sqlx(try_from = "String")]
    pub state: State,
    /// The ledger's entry that took the units.
    pub entry: Option<String>,
    /// The ledger's entry that gave them back.
    pub reversal: Option<String>,
    /// Whether the gateway refused it, which an operator has yet to act upon.
    pub refused: bool,
    /// What went wrong last.
    pub error: Option<String>,
    /// How often it was submitted.
    pub attempts: i32,
    /// The database role that asked for it.
    pub requested_by: String,
    /// The database role that approved or rejected it.
    pub decided_by: Option<String>,
    /// Who made the last step: operator, os_user, host.
    pub actor: Json<serde_json::Value>,
    /// When it was asked for, in UTC.
    pub created_at: DateTime<Utc>,
    /// When it last changed, in UTC.
    pub updated_at: DateTime<Utc>,
}

impl Refund {
    /// Why it was asked for, with the words where there are some.
    pub fn why(&self) -> String {
        why(&self.reason, self.note.as_deref())
    }
}

/// A reason with the words of whoever gave it, where there are some.
pub fn why(reason: &str, note: Option<&str>) -> String {
    note.map_or_else(|| reason.to_owned(), |note| format!("{reason}: {note}"))
}

/// The columns of a [`Refund`], with numbers that have no native type as text.
const COLUMNS: &str = "id, number, payment, account, customer, paid, amount, currency, unit, units_taken::text,
    units_written_off::text, if_spent, reason, note, origin, gateway, gateway_payment, gateway_ref, state, entry, reversal,
    refused, error, attempts, requested_by, decided_by, actor, created_at, updated_at";

/// How a refund stands. Which state may follow which, the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Asked for.
    Requested,
    /// Above the limit: a second person has to agree.
    AwaitingApproval,
    /// A second person agreed.
    Approved,
    /// A second person did not.
    Rejected,
    /// The units are taken back; the gateway was not asked yet.
    Reserved,
    /// The gateway was asked.
    Submitted,
    /// The gateway's answer was lost.
    Unknown,
    /// The money is on its way.
    Pending,
    /// The customer has to do something.
    RequiresAction,
    /// The money went back.
    Succeeded,
    /// It did not, and the units were given back.
    Failed,
    /// As failed; it was canceled.
    Canceled,
}

impl State {
    /// Every state, with its name in the database and in every output.
    pub const ALL: [(State, &'static str); 12] = [
        (State::Requested, "requested"),
        (State::AwaitingApproval, "awaiting_approval"),
        (State::Approved, "approved"),
        (State::Rejected, "rejected"),
        (State::Reserved, "reserved"),
        (State::Submitted, "submitted"),
        (State::Unknown, "unknown"),
        (State::Pending, "pending"),
        (State::RequiresAction, "requires_action"),
        (State::Succeeded, "succeeded"),
        (State::Failed, "failed"),
        (State::Canceled, "canceled"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        // Every state is in the list, which a test pins.
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// Whether nothing is left to be done.
    pub fn is_final(self) -> bool {
        matches!(self, State::Succeeded | State::Failed | State::Canceled | State::Rejected)
    }
}

impl TryFrom<String> for State {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, n)| *n == name);
        known.map(|(state, _)| *state).ok_or_else(|| format!("'{name}' is a state that this bursar does not know"))
    }
}

/// What a refund would do, or why it would not be made, as the database works it out.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Terms {
    /// The payment's id.
    pub payment: Option<String>,
    /// Whose payment it is.
    pub account: Option<String>,
    /// Their name or address.
    pub customer: Option<String>,
    /// The payment's status.
    pub status: Option<String>,
    /// Whether that counts as refunded, at least in part.
    pub settled: Option<bool>,
    /// The gateway that the payment came through.
    pub provider: Option<String>,
    /// The gateway's ids of it.
    pub gateway_payment: Option<Vec<String>>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What was paid, in minor units.
    pub paid: Option<i64>,
    /// What went back before, in minor units.
    pub refunded_before: Option<i64>,
    /// What would go back, in minor units.
    pub amount: Option<i64>,
    /// What would be left, in minor units.
    pub remaining: Option<i64>,
    /// The unit that the payment granted.
    pub unit: Option<String>,
    /// The account's balance in it.
    pub balance: Option<serde_json::Number>,
    /// The balance afterwards.
    pub balance_after: Option<serde_json::Number>,
    /// Units to be taken back.
    pub units_due: Option<serde_json::Number>,
    /// Units that would be taken back.
    pub units_taken: Option<serde_json::Number>,
    /// Of these, units that the application had taken back by itself.
    pub units_found: Option<serde_json::Number>,
    /// Units that would be let go.
    pub units_written_off: Option<serde_json::Number>,
    /// Whether a second person has to agree.
    pub needs_approval: Option<bool>,
    /// The limit above which one has to, in minor units.
    pub approval_above: Option<i64>,
    /// The newest refund of this payment that was not undone.
    pub latest: Option<Uuid>,
    /// Its state.
    pub latest_state: Option<String>,
    /// Why it would not be made: the SQLSTATE, the sentence, and what to do.
    pub problem: Option<String>,
    /// The sentence.
    pub message: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// All of it as the database gave it, as JSON, to hold it to what was shown.
    #[serde(skip)]
    pub shown: String,
}

impl Terms {
    /// The refund that there is already, where all of the payment is asked for, and is refunded or being
    /// refunded. `amount` is in minor units; `None` is all that is left.
    pub fn whole_already(&self, amount: Option<i64>) -> Option<Uuid> {
        let whole = amount.is_none() || amount == self.paid;
        self.latest.filter(|_| whole && self.refunded_before >= self.paid)
    }
}

/// Amounts are text in machine formats, which keep them exact.
fn as_text<S: serde::Serializer>(amount: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn every_state_has_a_name_of_its_own() {
        for (state, name) in State::ALL {
            assert_eq!(state.name(), name);
            assert_eq!(State::try_from(name.to_owned()), Ok(state));
            assert_eq!(serde_json::json!(state), name);
        }
        assert!(State::try_from("lost".to_owned()).is_err());
    }
}
