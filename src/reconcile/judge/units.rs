//! The ledger's units, where the money agrees.

use super::super::object::{Object, ObjectKind, Verdict};
use super::super::ours::OurRefund;
use super::{Judge, NO_UNITS, Outside};
use crate::text::quoted;
use crate::units::{scaled, unscaled};

impl Judge<'_> {
    /// The ledger's units, where the money agrees.
    pub(super) fn units(&mut self) {
        let agree = self.out.objects.iter().all(|o| o.verdict == Verdict::Matched);
        if !self.terms.ledger
            || self.out.objects.is_empty()
            || !agree
            || !self.out.uncompared.is_empty()
            || self.out.outside != Outside::default()
        {
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
        // A run that judges any of its objects judges its units.
        let judged: Vec<_> = self.out.objects.iter().filter_map(|o| o.span).flat_map(|(a, b)| [a, b]).collect();
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
        self.push(object.spanning(judged));
    }
}
