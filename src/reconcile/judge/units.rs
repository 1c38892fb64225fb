//! The ledger's units, where the money agrees.

use super::super::object::{Object, ObjectKind, Verdict};
use super::super::ours::OurRefund;
use super::{Judge, NO_UNITS};
use crate::text::quoted;

/// Digits behind the point of a number of units.
const SCALE: usize = 12;

impl Judge<'_> {
    /// The ledger's units, where the money agrees.
    pub(super) fn units(&mut self) {
        let agree = self.out.objects.iter().all(|o| o.verdict == Verdict::Matched);
        if !self.terms.ledger || self.out.objects.is_empty() || !agree || !self.out.uncompared.is_empty() {
            return;
        }
        let Some(payment) = &self.group.payment else { return };
        let (Some(granted), Some(unit), Some(paid)) = (&payment.granted, &payment.unit, self.paid()) else { return };
        let standing: Vec<&OurRefund> = self.group.refunds.iter().filter(|r| !r.state.is_undone()).collect();
        let by_application = payment.settled == Some(true) && standing.is_empty();
        if by_application && payment.refundable {
            // How much of it was refunded is nowhere here.
            return;
        }
        let taken: Option<Vec<i128>> = standing.iter().map(|r| scaled(&r.units_taken)).collect();
        let net = self.group.units.get(unit).map_or("0", String::as_str);
        let (Some(granted), Some(taken), Some(net)) = (scaled(granted), taken, scaled(net)) else {
            self.out.uncompared.push(NO_UNITS);
            return;
        };
        let due = if !paid || by_application { 0 } else { granted - taken.iter().sum::<i128>() };
        if due == net {
            return;
        }
        let words = |units: i128| format!("{} {unit}", unscaled(units));
        let missing = due - net;
        let sign = if missing > 0 { "+" } else { "" };
        let id = self.out.objects.iter().find(|o| o.kind == ObjectKind::Payment).map(|o| o.object.clone());
        self.out.objects.retain(|o| o.kind != ObjectKind::Payment);
        let object = Object {
            here: Some(words(due)),
            there: Some(words(net)),
            at: payment.created,
            cause: "An entry of the ledger was not written, was written twice, or was changed by hand.".to_owned(),
            remedy: payment.account.as_ref().map(|account| {
                format!(
                    "bursar wallet adjust {} {} {sign}{} --reason {}",
                    quoted(account),
                    quoted(unit),
                    unscaled(missing),
                    quoted(&format!("units of payment {}", payment.id))
                )
            }),
            ..self.object(Verdict::UnitsDiffer, ObjectKind::Payment, id.as_ref().unwrap_or(&payment.id))
        };
        self.push(object);
    }
}

/// A decimal number in the smallest part that is counted; none where it is no such number.
pub(super) fn scaled(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > SCALE {
        return None;
    }
    format!("{whole}{fraction:0<SCALE$}").parse::<i128>().ok().map(|number| sign * number)
}

pub(super) fn unscaled(number: i128) -> String {
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = SCALE + 1);
    let (whole, fraction) = digits.split_at(digits.len() - SCALE);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if number < 0 { "-" } else { "" })
}
