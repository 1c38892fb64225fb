//! Refunds and disputes, and money of them that came back.

use super::super::model::{MovementKind, MovementStatus};
use super::super::object::{Object, ObjectKind, Verdict};
use super::super::ours::OurRefund;
use super::{Judge, NO_AMOUNT, NO_SETTLED, Outside, TOO_OLD, Theirs, opposite, said, said_as};
use crate::money;
use crate::refund::RECORD_ONLY;
use crate::store::{RefundOrigin, RefundState};
use crate::text::quoted;

impl Judge<'_> {
    /// Our rows of a kind, each beside the movement that it is.
    pub(super) fn rows(&mut self, kind: ObjectKind, theirs: &mut [Theirs<'_>]) {
        let group = self.group;
        let mine =
            group.refunds.iter().filter(|r| (r.origin == RefundOrigin::Dispute) == (kind == ObjectKind::Dispute));
        let mut waiting = Vec::new();
        for refund in mine {
            let named = |t: &Theirs<'_>| t.movement.refund.as_ref().is_some_and(|id| id.to_string() == refund.id);
            let by_id: Vec<usize> = (0..theirs.len()).filter(|i| !theirs[*i].taken && named(&theirs[*i])).collect();
            let by_ref = |t: &Theirs<'_>| !t.taken && refund.gateway_ref.as_ref() == Some(&t.movement.id);
            // The one that the row names, or else one that moved money.
            let best = by_id
                .iter()
                .copied()
                .min_by_key(|i| (!by_ref(&theirs[*i]), theirs[*i].status == MovementStatus::Failed));
            match best.or_else(|| theirs.iter().position(by_ref)) {
                Some(found) => {
                    theirs[found].taken = true;
                    for other in by_id.into_iter().filter(|i| *i != found) {
                        theirs[other].taken = true;
                        self.duplicate(refund, &theirs[other], &theirs[found]);
                    }
                    self.pair(kind, refund, &theirs[found]);
                }
                None => waiting.push(refund),
            }
        }
        for refund in waiting {
            // Only a row of this gateway that never learned the gateway's id can be one of another name.
            let same = |t: &Theirs<'_>| {
                let (m, nameless) = (t.movement, t.movement.refund.is_none());
                !t.taken && nameless && opposite(m.amount, refund.amount) && m.currency == refund.currency
            };
            let nameless = refund.gateway_ref.is_none() && refund.gateway == self.terms.gateway;
            match theirs.iter().position(same).filter(|_| nameless && moves(refund.state)) {
                Some(found) => {
                    theirs[found].taken = true;
                    self.pair(kind, refund, &theirs[found]);
                }
                None => self.missing(kind, refund),
            }
        }
    }

    fn of_refund(&self, verdict: Verdict, kind: ObjectKind, object: &str, refund: &OurRefund) -> Object {
        Object {
            refund: Some(refund.id.clone()),
            here: Some(format!("{} {}", money::format(refund.amount, &refund.currency), refund.state)),
            at: Some(refund.created_at),
            currency: refund.currency.clone(),
            ..self.object(verdict, kind, object)
        }
    }

    /// The command that asks the gateway again about a refund. One that was recorded only is known there by its payment.
    fn ask_again(&self, refund: &OurRefund) -> String {
        match refund.state {
            _ if refund.gateway == RECORD_ONLY => {
                self.sync().unwrap_or_else(|| format!("bursar refund show {}", quoted(&refund.id)))
            }
            RefundState::Succeeded | RefundState::Failed | RefundState::Canceled => {
                let days = (self.terms.now - refund.created_at).num_days().max(0) + 1;
                format!("bursar refund resume --recheck {days}")
            }
            _ => "bursar refund resume".to_owned(),
        }
    }

    /// A refund of the gateway's beside the one that our row is.
    fn duplicate(&mut self, refund: &OurRefund, theirs: &Theirs<'_>, paired: &Theirs<'_>) {
        if !self.terms.covers(theirs.movement) {
            return;
        }
        let verdict =
            if theirs.status == MovementStatus::Failed { Verdict::Matched } else { Verdict::DuplicateAtGateway };
        let object = Object {
            there: Some(said(theirs.movement)),
            cause: "The gateway made it twice under one id of bursar's, so the customer has the money twice."
                .to_owned(),
            remedy: Some(format!("bursar refund show {}", quoted(&refund.id))),
            ..self.of_refund(verdict, ObjectKind::Refund, &theirs.movement.id, refund)
        };
        self.push(object.spanning([theirs.movement.created, theirs.beside, paired.movement.created, paired.beside]));
    }

    fn pair(&mut self, kind: ObjectKind, refund: &OurRefund, theirs: &Theirs<'_>) {
        let movement = theirs.movement;
        let ours_is_in = self.terms.payout.is_none() && self.terms.range.holds(refund.created_at);
        if !self.terms.covers(movement) && !ours_is_in {
            return;
        }
        let undone = refund.state.is_undone();
        let young = self.terms.young(Some(movement.created.max(refund.updated_at)));
        let is_pending = !undone && theirs.status == MovementStatus::Pending;
        let (verdict, cause, remedy) = if movement.currency != refund.currency {
            (Verdict::CurrencyDiffers, "It was stored in another currency than it was made in.", None)
        } else if !opposite(movement.amount, refund.amount) {
            (Verdict::AmountDiffers, "It was stored over another amount than it was made over.", None)
        } else {
            match (refund.state, theirs.status) {
                (RefundState::Succeeded, MovementStatus::Succeeded) => (Verdict::Matched, "", None),
                (_, MovementStatus::Failed) if undone => (Verdict::Matched, "", None),
                _ if is_pending => (Verdict::Timing, "It is pending at the gateway.", None),
                _ if young => (Verdict::Timing, "It changed a short time ago.", None),
                (RefundState::Succeeded, _) if kind == ObjectKind::Dispute => {
                    (Verdict::StatusDiffers, "The dispute was won after all, and the money came back.", self.sync())
                }
                (RefundState::Succeeded, _) => (
                    Verdict::StatusDiffers,
                    "The bank sent the money back after the refund had succeeded.",
                    Some(self.ask_again(refund)),
                ),
                _ if undone => (
                    Verdict::StatusDiffers,
                    "The gateway moved the money after all, and the units were given back.",
                    Some(self.ask_again(refund)),
                ),
                _ => (
                    Verdict::StatusDiffers,
                    "The gateway's answer was lost, and nobody asked for it since.",
                    Some(self.ask_again(refund)),
                ),
            }
        };
        let remedy = remedy.or_else(|| Some(format!("bursar refund show {}", quoted(&refund.id))));
        let object = Object {
            there: Some(said_as(movement, theirs.status)),
            at: Some(movement.created),
            cause: cause.to_owned(),
            remedy,
            is_pending,
            currency: movement.currency.clone(),
            ..self.of_refund(verdict, kind, &movement.id, refund)
        };
        self.push(object.spanning([movement.created, theirs.beside, refund.created_at]));
    }

    /// A row of ours that the gateway does not have.
    fn missing(&mut self, kind: ObjectKind, refund: &OurRefund) {
        let of = if kind == ObjectKind::Dispute { MovementKind::Dispute } else { MovementKind::Refund };
        if self.terms.payout.is_some() || !self.terms.tells.contains(&of) {
            return;
        }
        if refund.gateway == RECORD_ONLY {
            if refund.state == RefundState::Succeeded && self.terms.range.holds(refund.created_at) {
                self.out.recorded.push((refund.currency.clone(), refund.amount));
            }
            return;
        }
        if refund.gateway != self.terms.gateway || !moves(refund.state) {
            return;
        }
        // The gateway's object is as old as the row; one that was brought in may be as old as its payment.
        let begun = match (refund.origin, self.group.payment.as_ref().and_then(|p| p.created)) {
            (RefundOrigin::Bursar, _) | (_, None) => refund.created_at,
            (_, Some(created)) => created.min(refund.created_at),
        };
        if !self.terms.range.holds(refund.created_at) {
            return;
        }
        let outside = &mut self.out.outside;
        if begun < self.terms.range.since {
            outside.add(Outside { older: 1, since: Some(begun), ..Outside::default() });
            return;
        }
        // What changed after the range may be an object of after it.
        let verdict = self.terms.absent(begun, refund.updated_at);
        let Some(verdict) = verdict.filter(|_| refund.updated_at < self.terms.read.until) else {
            match refund.updated_at < self.terms.range.until {
                true => outside.refunds += 1,
                false => outside.changed += 1,
            }
            return;
        };
        let (cause, remedy) = if kind == ObjectKind::Dispute {
            ("It was brought in from another account, or the database was restored or changed by hand.", self.show())
        } else if refund.state == RefundState::Succeeded {
            (
                "The gateway was asked with another account's key, or the database was restored or changed by hand.",
                Some(self.ask_again(refund)),
            )
        } else {
            (
                "It never reached the gateway, or reached another account of it.",
                Some(format!("bursar refund cancel {} --reason 'the gateway does not have it'", quoted(&refund.id))),
            )
        };
        let id = refund.gateway_ref.as_ref().unwrap_or(&refund.id);
        let object = Object { cause: cause.to_owned(), remedy, ..self.of_refund(verdict, kind, id, refund) };
        self.push(object.spanning([begun, refund.created_at, refund.updated_at]));
    }

    /// The movements that no row of ours is about: the application's own refunds, and those that nobody here knows.
    pub(super) fn left(&mut self, refunds: &mut [Theirs<'_>], disputes: &mut [Theirs<'_>]) {
        let standing = self.group.refunds.iter().any(|r| !r.state.is_undone());
        let kinds =
            refunds.iter().map(|t| (ObjectKind::Refund, t)).chain(disputes.iter().map(|t| (ObjectKind::Dispute, t)));
        let left: Vec<(ObjectKind, &Theirs<'_>)> = kinds.filter(|(_, t)| !t.taken).collect();
        let covered = left.iter().any(|(_, t)| self.terms.covers(t.movement));
        if covered && !standing && self.group.payment.as_ref().is_some_and(|p| p.settled.is_none() && !p.refundable) {
            self.out.uncompared.push(NO_SETTLED);
            return;
        }
        let own = self.group.payment.as_ref().filter(|p| p.settled == Some(true) && !standing).cloned();
        let Some(payment) = own.filter(|p| p.provider == self.terms.gateway) else {
            for (kind, theirs) in left.into_iter().filter(|(_, t)| self.terms.covers(t.movement)) {
                self.unknown(kind, theirs);
            }
            return;
        };
        let Some(amount) = payment.amount else {
            if covered || self.all_was_read() {
                self.out.uncompared.push(NO_AMOUNT);
            }
            return;
        };
        let in_full = !payment.refundable;
        let gone: Vec<_> = left.iter().filter(|(_, t)| t.status != MovementStatus::Failed).collect();
        let back: i128 = gone.iter().map(|(_, t)| -i128::from(t.movement.amount)).sum();
        let amount_paid = i128::from(amount);
        let here = format!("{} {}", money::format(amount, &payment.currency), payment.status);
        if gone.is_empty() {
            if self.all_was_read() {
                let verdict = if self.terms.young(payment.created) { Verdict::Timing } else { Verdict::OnlyHere };
                let object = Object {
                    here: Some(here),
                    at: payment.created,
                    cause: "The application marked it refunded, and no money went back.".to_owned(),
                    remedy: self.show(),
                    ..self.object(verdict, ObjectKind::Refund, &payment.id)
                };
                // It may be refunded up to the present.
                self.push(object.spanning(payment.created.into_iter().chain([self.terms.now])));
            } else {
                self.unread();
            }
            return;
        }
        let agrees = if in_full { back == amount_paid } else { back < amount_paid };
        if !agrees && in_full && back < amount_paid && !self.all_was_read() {
            if !self.unread() {
                self.out.uncompared.push(TOO_OLD);
            }
            return;
        }
        for (kind, theirs) in left.iter().filter(|(_, t)| self.terms.covers(t.movement)) {
            let (verdict, cause) = if theirs.status == MovementStatus::Failed {
                (Verdict::Matched, "")
            } else if theirs.movement.currency != payment.currency {
                (Verdict::CurrencyDiffers, "It was made in another currency than the payment.")
            } else if theirs.status == MovementStatus::Pending {
                (Verdict::Timing, "It is pending at the gateway.")
            } else if agrees {
                (Verdict::Matched, "")
            } else if in_full {
                (Verdict::AmountDiffers, "The application marked the payment refunded in full.")
            } else {
                (
                    Verdict::StatusDiffers,
                    "The application marked the payment refunded in part, and all of it went back.",
                )
            };
            let object = Object {
                here: Some(here.clone()),
                there: Some(said_as(theirs.movement, theirs.status)),
                at: Some(theirs.movement.created),
                cause: cause.to_owned(),
                remedy: self.sync(),
                is_pending: theirs.status == MovementStatus::Pending,
                currency: theirs.movement.currency.clone(),
                ..self.object(verdict, *kind, &theirs.movement.id)
            };
            // The verdict is about the sum of all of them.
            let all = left.iter().flat_map(|(_, t)| [t.movement.created, t.beside]);
            self.push(object.spanning(payment.created.into_iter().chain(all)));
        }
    }

    /// A refund or dispute of which nothing here knows.
    fn unknown(&mut self, kind: ObjectKind, theirs: &Theirs<'_>) {
        let movement = theirs.movement;
        let (verdict, cause) = match theirs.status {
            // No money moved in the end.
            MovementStatus::Failed => (Verdict::Matched, ""),
            MovementStatus::Pending => (Verdict::Timing, "It is pending at the gateway."),
            MovementStatus::Succeeded if self.terms.young(Some(movement.created)) => {
                (Verdict::Timing, "The gateway's notification may be on its way.")
            }
            MovementStatus::Succeeded if kind == ObjectKind::Dispute => {
                (Verdict::OnlyAtGateway, "The customer's bank took the money back, and nobody told the application.")
            }
            MovementStatus::Succeeded => {
                (Verdict::OnlyAtGateway, "It was made in the gateway's dashboard, or its notification was lost.")
            }
        };
        let object = Object {
            there: Some(said_as(movement, theirs.status)),
            at: Some(movement.created),
            cause: cause.to_owned(),
            remedy: self.sync(),
            is_pending: theirs.status == MovementStatus::Pending,
            currency: movement.currency.clone(),
            ..self.object(verdict, kind, &movement.id)
        };
        self.push(object.spanning([movement.created, theirs.beside]));
    }

    /// Money of refunds and disputes that came back to us.
    pub(super) fn returns(&mut self, kind: ObjectKind, theirs: &[Theirs<'_>]) {
        for found in theirs.iter().filter(|t| self.terms.covers(t.movement)) {
            let movement = found.movement;
            // What it returns stands in the same report, and says whether it agrees.
            let mine = self.group.refunds.iter().find(|r| {
                let same = movement.refund.as_ref().is_some_and(|id| id.to_string() == r.id)
                    || r.gateway_ref.as_ref() == Some(&movement.id);
                !found.taken
                    && (same
                        || r.state == RefundState::Succeeded
                            && r.gateway == self.terms.gateway
                            && r.amount == movement.amount
                            && movement.refund.is_none())
            });
            let stands = mine.is_some_and(|r| r.state == RefundState::Succeeded);
            let verdict = match (found.status, stands) {
                (MovementStatus::Succeeded, _) if found.partial => Verdict::AmountDiffers,
                (MovementStatus::Succeeded, true) if self.terms.young(Some(movement.created)) => Verdict::Timing,
                (MovementStatus::Succeeded, true) => Verdict::StatusDiffers,
                _ => Verdict::Matched,
            };
            let (cause, remedy) = match kind {
                _ if found.partial => ("Another amount came back than was taken.", self.show()),
                ObjectKind::Dispute => ("The dispute was won after all, and the money came back.", self.sync()),
                _ => ("The bank sent the money back after the refund had succeeded.", mine.map(|r| self.ask_again(r))),
            };
            let base = match mine {
                Some(refund) => self.of_refund(verdict, kind, &movement.id, refund),
                None => self.object(verdict, kind, &movement.id),
            };
            let object = Object {
                there: Some(said(movement)),
                at: Some(movement.created),
                cause: cause.to_owned(),
                remedy,
                currency: movement.currency.clone(),
                ..base
            };
            self.push(object.spanning([movement.created, found.beside]));
        }
    }
}

/// True for a refund that the gateway has, or may have.
fn moves(state: RefundState) -> bool {
    matches!(
        state,
        RefundState::Succeeded
            | RefundState::Submitted
            | RefundState::Unknown
            | RefundState::Pending
            | RefundState::RequiresAction
    )
}
