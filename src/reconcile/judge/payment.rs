//! The payment beside its charges.

use super::super::model::{Movement, MovementKind, MovementStatus};
use super::super::object::{Object, ObjectKind, Verdict};
use super::{Judge, NO_AMOUNT, NO_SETTLED, said};
use crate::money;

impl Judge<'_> {
    /// The payment beside its charges.
    pub(super) fn payment(&mut self) {
        let Some(payment) = &self.group.payment else { return };
        if payment.provider != self.terms.gateway {
            return;
        }
        let mut charges: Vec<&Movement> =
            self.group.movements.iter().filter(|m| m.kind == MovementKind::Payment).collect();
        charges.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        let is_in = self.payment_is_in();
        if !is_in && !charges.iter().any(|m| self.terms.covers(m)) {
            return;
        }
        let here = match payment.amount {
            Some(amount) => format!("{} {}", money::format(amount, &payment.currency), payment.status),
            None => format!("? {} {}", payment.currency, payment.status),
        };
        let succeeded: Vec<&Movement> =
            charges.iter().copied().filter(|m| m.status == MovementStatus::Succeeded).collect();
        let Some(paid) = self.paid() else {
            if !charges.is_empty() {
                self.out.uncompared.push(NO_SETTLED);
            }
            return;
        };
        // Where no charge is judged by itself, the payment is what a run must look at.
        let covered = succeeded.iter().any(|m| self.terms.covers(m));
        let begun = payment.created.filter(|_| !covered);
        let object = |verdict, id: &str, movement: Option<&Movement>| {
            Object {
                here: Some(here.clone()),
                there: movement.map(said),
                at: movement.map(|m| m.created).or(payment.created),
                remedy: self.show(),
                currency: movement.map_or(&payment.currency, |m| &m.currency).clone(),
                ..self.object(verdict, ObjectKind::Payment, id)
            }
            .spanning(charges.iter().map(|m| m.created).chain(begun))
        };
        let mut objects = Vec::new();
        let Some(first) = succeeded.first() else {
            let open = charges.iter().find(|m| m.status == MovementStatus::Pending);
            match (open, charges.last()) {
                (Some(open), _) => objects.push(Object {
                    cause: "The gateway still waits for the money.".to_owned(),
                    is_pending: true,
                    ..object(Verdict::Timing, &open.id, Some(open))
                }),
                (None, None) if !self.terms.tells.contains(&MovementKind::Payment) => {}
                (None, last) if paid && is_in => {
                    let (absent, is_late) = payment.created.map_or((None, false), |at| self.terms.unpaid(at));
                    let verdict = match (absent, last) {
                        (None, _) => {
                            self.out.outside.payments += 1;
                            self.out.outside.late += u64::from(is_late);
                            return;
                        }
                        (Some(Verdict::OnlyHere), Some(_)) => Verdict::StatusDiffers,
                        (Some(verdict), _) => verdict,
                    };
                    let cause = if last.is_some() {
                        "The gateway declined it, and the application took it for paid."
                    } else if payment.ids.is_empty() {
                        "The payment carries no id of the gateway's, as a row does that was made by hand."
                    } else {
                        "It is test data, or the gateway was asked with another account's key."
                    };
                    objects.push(Object {
                        cause: cause.to_owned(),
                        ..object(verdict, last.map_or(&payment.id, |m| &m.id), last.copied())
                    });
                }
                (None, Some(last)) if !paid => objects.push(object(Verdict::Matched, &last.id, Some(last))),
                _ => {}
            }
            objects.into_iter().for_each(|object| self.push(object));
            return;
        };
        let Some(amount) = payment.amount.filter(|_| !payment.currency.is_empty()) else {
            self.out.uncompared.push(NO_AMOUNT);
            return;
        };
        let fits = |m: &&&Movement| m.amount == amount && m.currency == payment.currency;
        // An order may have been captured in parts.
        let sum: i128 = succeeded.iter().map(|m| i128::from(m.amount)).sum();
        let in_parts = succeeded.len() > 1
            && sum == i128::from(amount)
            && succeeded.iter().all(|m| m.currency == payment.currency);
        let main = succeeded.iter().find(fits).unwrap_or(first);
        for charge in succeeded.iter().filter(|m| is_in || self.terms.covers(m)) {
            let is_main = in_parts || charge.id == main.id;
            let (verdict, cause) = if !is_main {
                (Verdict::DuplicateAtGateway, "The customer was charged twice, as after a retry of the checkout.")
            } else if charge.currency != payment.currency {
                (Verdict::CurrencyDiffers, "The application stored another currency than it charged.")
            } else if !in_parts && charge.amount != amount {
                (Verdict::AmountDiffers, "The application stored another amount than it charged.")
            } else if paid {
                (Verdict::Matched, "")
            } else if self.terms.young(Some(charge.created)) {
                (Verdict::Timing, "The gateway's notification may be on its way.")
            } else {
                (Verdict::StatusDiffers, "The gateway's notification (webhook) was lost, or was not processed.")
            };
            objects.push(Object { cause: cause.to_owned(), ..object(verdict, &charge.id, Some(charge)) });
        }
        objects.into_iter().for_each(|object| self.push(object));
    }
}
