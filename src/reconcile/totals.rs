//! The totals of a gateway and a currency, and whether its balance follows from its movements.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::model::{Balance, Movement, MovementKind};
use super::object::ObjectKind;

/// The totals of what moved in a currency, in its minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The gateway.
    pub gateway: String,
    /// ISO 4217, in capitals: the currency of the balance, or the customers' where the source tells no balance.
    pub currency: String,
    /// What customers paid.
    #[serde(serialize_with = "as_text")]
    pub gross: i128,
    /// What went back to them, below zero.
    #[serde(serialize_with = "as_text")]
    pub refunds: i128,
    /// What their banks took back, below zero.
    #[serde(serialize_with = "as_text")]
    pub disputes: i128,
    /// Whatever else changed the balance.
    #[serde(serialize_with = "as_text")]
    pub adjustments: i128,
    /// What the gateway kept.
    #[serde(serialize_with = "as_text")]
    pub fees: i128,
    /// What the movements changed, payouts left out.
    #[serde(serialize_with = "as_text")]
    pub net: i128,
    /// What went to our bank.
    #[serde(serialize_with = "as_text")]
    pub paid_out: i128,
    /// True where the source tells no fees and no balance, so that these say what customers paid and got back.
    pub before_fees: bool,
    /// The balance, where the source tells it.
    pub balance: Option<Equation>,
    /// The kinds of objects that the source has of the gateway in the range, in any currency: a file may have charges only.
    pub kinds: BTreeSet<ObjectKind>,
}

/// The balance at both ends of what was read, and what the movements in between come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Equation {
    /// The balance before.
    #[serde(serialize_with = "as_text")]
    pub opening: i128,
    /// What the movements changed.
    #[serde(serialize_with = "as_text")]
    pub changes: i128,
    /// What went to our bank.
    #[serde(serialize_with = "as_text")]
    pub payouts: i128,
    /// The balance after, as the gateway says.
    #[serde(serialize_with = "as_text")]
    pub closing: i128,
    /// `closing - (opening + changes - payouts)`.
    #[serde(serialize_with = "as_text")]
    pub difference: i128,
}

/// JSON's numbers are not exact everywhere.
fn as_text<S: Serializer>(number: &i128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// The kinds that a source has, each with its gateway and its currency.
pub(super) type Seen = BTreeSet<(String, ObjectKind, String)>;

/// Adds movements up.
#[derive(Debug, Default)]
pub(super) struct Sums {
    all: BTreeMap<(String, String), Totals>,
    /// The changes and payouts of everything that was read, also of what is around the range.
    read: BTreeMap<(String, String), (i128, i128)>,
    /// The kinds of objects of the range, of each gateway and customers' currency.
    seen: Seen,
}

impl Sums {
    /// Adds a movement. `is_in` says that it is in the range, and not only around it.
    pub fn add(&mut self, gateway: &str, movement: &Movement, is_in: bool) {
        if let Some(kind) = movement.kind.object().filter(|_| is_in) {
            self.seen.insert((gateway.to_owned(), kind, movement.currency.clone()));
        }
        // Without the balance's own word, only what moved counts.
        let Some((net, currency)) = movement.change() else { return };
        let (gross, fee, before_fees): (i128, i128, _) = match &movement.settled {
            Some(settled) => (settled.gross.into(), settled.fee.into(), false),
            None => (net, 0, true),
        };
        let key = (gateway.to_owned(), currency.to_owned());
        let (changes, payouts) = self.read.entry(key.clone()).or_default();
        if movement.kind == MovementKind::Payout {
            *payouts -= net;
        } else {
            *changes += net;
        }
        if !is_in {
            return;
        }
        let totals = self.all.entry(key).or_insert_with(|| Totals {
            gateway: gateway.to_owned(),
            currency: currency.to_owned(),
            before_fees: true,
            ..Totals::default()
        });
        totals.before_fees &= before_fees;
        totals.fees += fee;
        match movement.kind {
            MovementKind::Payment => totals.gross += gross,
            MovementKind::Refund | MovementKind::RefundFailure => totals.refunds += gross,
            MovementKind::Dispute | MovementKind::DisputeReversal => totals.disputes += gross,
            MovementKind::Fee => totals.fees -= gross,
            MovementKind::Adjustment => totals.adjustments += gross,
            MovementKind::Payout => totals.paid_out -= net,
        }
        if movement.kind != MovementKind::Payout {
            totals.net += net;
        }
    }

    /// The totals, each with its balance, and the kinds that were seen, balances among them.
    pub fn finish(mut self, balances: &[(String, Balance)]) -> (Vec<Totals>, Seen) {
        for (gateway, balance) in balances {
            let key = (gateway.clone(), balance.currency.clone());
            let (changes, payouts) = self.read.get(&key).copied().unwrap_or_default();
            let (opening, closing) = (balance.opening.into(), balance.closing.into());
            let difference = closing - (opening + changes - payouts);
            let totals = self.all.entry(key).or_insert_with(|| Totals {
                gateway: gateway.clone(),
                currency: balance.currency.clone(),
                ..Totals::default()
            });
            self.seen.insert((gateway.clone(), ObjectKind::Balance, balance.currency.clone()));
            totals.balance = Some(Equation { opening, changes, payouts, closing, difference });
        }
        let Sums { all, seen, .. } = self;
        let kinds =
            |gateway: &str| seen.iter().filter(|s| s.0 == gateway && s.1 != ObjectKind::Balance).map(|s| s.1).collect();
        let totals = all.into_values().map(|totals| Totals { kinds: kinds(&totals.gateway), ..totals }).collect();
        (totals, seen)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::model::{Balance, Movement, MovementKind as Kind, MovementStatus, Settled};
    use super::Sums;

    fn movement(kind: Kind, gross: i64, fee: i64) -> Movement {
        let settled = Settled { gross, fee, net: gross - fee, currency: "THB".to_owned() };
        Movement {
            id: "x".to_owned(),
            kind,
            payment_ids: Vec::new(),
            refund: None,
            amount: gross,
            currency: "USD".to_owned(),
            settled: Some(settled),
            status: MovementStatus::Succeeded,
            created: DateTime::UNIX_EPOCH,
            available: None,
            payout: None,
        }
    }

    #[test]
    fn totals_are_exact_and_a_balance_follows_from_everything_that_was_read() {
        let all = [
            movement(Kind::Payment, 10_001, 365),
            movement(Kind::Payment, 4_900, 179),
            movement(Kind::Refund, -4_900, 0),
            movement(Kind::RefundFailure, 4_900, 0),
            movement(Kind::Dispute, -10_001, 1_500),
            movement(Kind::DisputeReversal, 10_001, -1_500),
            movement(Kind::Fee, -25, 0),
            movement(Kind::Adjustment, 7, 0),
            movement(Kind::Payout, -14_000, 0),
        ];
        let net = 10_001 - 365 + 4_900 - 179 - 25 + 7;
        for (closing, difference) in [(1_000 + net - 14_000, 0), (1_000 + net - 14_000 + 1, 1)] {
            let mut sums = Sums::default();
            all.iter().for_each(|m| sums.add("stripe", m, true));
            let balance = Balance { currency: "THB".to_owned(), opening: 1_000, closing };
            let (totals, _) = sums.finish(&[("stripe".to_owned(), balance)]);
            let [thb] = totals.as_slice() else { panic!("{totals:?}") };
            assert_eq!((thb.gross, thb.refunds, thb.disputes, thb.fees), (14_901, 0, 0, 365 + 179 + 25));
            assert_eq!((thb.net, thb.paid_out, thb.adjustments), (net.into(), 14_000, 7));
            assert_eq!(thb.balance.as_ref().map(|b| b.difference), Some(difference));
        }
    }

    #[test]
    fn what_is_around_the_range_counts_for_the_balance_alone() {
        let mut sums = Sums::default();
        sums.add("stripe", &movement(Kind::Payment, 100, 10), false);
        let balance = Balance { currency: "THB".to_owned(), opening: 0, closing: 90 };
        let (totals, _) = sums.finish(&[("stripe".to_owned(), balance)]);
        assert_eq!((totals[0].gross, totals[0].balance.as_ref().unwrap().difference), (0, 0));
    }
}
