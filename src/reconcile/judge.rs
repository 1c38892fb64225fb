//! The verdicts about one payment and everything that belongs to it: pure, from rows of both sides.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{Movement, MovementKind, MovementStatus, Range};
use super::object::{Object, ObjectKind, Verdict};
use super::ours::{OurPayment, OurRefund};
use crate::money;
use crate::refund::RECORD_ONLY;
use crate::text::quoted;

/// What is the same for every payment of a run.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub gateway: String,
    /// The range whose objects are judged.
    pub range: Range,
    /// The range of which the gateway was asked.
    pub read: Range,
    pub now: DateTime<Utc>,
    pub grace: TimeDelta,
    /// Only what this payout carried.
    pub payout: Option<String>,
    /// True where the ledger tells the units of a payment.
    pub ledger: bool,
    /// The kinds of which the gateway's side has every movement.
    pub tells: &'static [MovementKind],
}

/// A payment and everything that belongs to it.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub payment: Option<OurPayment>,
    pub refunds: Vec<OurRefund>,
    /// The ledger's sum of each unit.
    pub units: BTreeMap<String, String>,
    pub movements: Vec<Movement>,
}

/// What came of a payment.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub objects: Vec<Object>,
    /// What could not be compared, each a reason that is the same for all of its kind.
    pub uncompared: Vec<&'static str>,
    /// Refunds that were recorded only: no gateway was ever asked for them. Their currency and amount.
    pub recorded: Vec<(String, i64)>,
}

pub(super) const NO_AMOUNT: &str = "payments whose amount or currency cannot be read: bursar audit --only payments";
pub(super) const NO_SETTLED: &str = "payments whose status may mean refunded or unpaid: give the pack's payments.sql a column settled, see docs/packs.md";
pub(super) const TOO_OLD: &str =
    "refunds that the application made in parts, of payments older than the range: begin earlier with --since DATE";
pub(super) const NO_UNITS: &str = "payments whose units are no decimal numbers: bursar payments show PAYMENT";

/// A movement, and whether one of our rows or another movement has taken it.
struct Theirs<'a> {
    movement: &'a Movement,
    status: MovementStatus,
    taken: bool,
}

impl Terms {
    fn young(&self, at: Option<DateTime<Utc>>) -> bool {
        at.is_some_and(|at| at > self.now - self.grace)
    }

    fn is_in(&self, at: DateTime<Utc>) -> bool {
        self.range.since <= at && at < self.range.until
    }

    /// True where a movement is to be judged, and not only the counterpart of something else.
    pub fn covers(&self, movement: &Movement) -> bool {
        self.is_in(movement.created)
            && self.payout.as_ref().is_none_or(|payout| movement.payout.as_ref() == Some(payout))
    }

    /// Judges a payment.
    pub fn judge(&self, group: &Group) -> Judged {
        let mut judged = Judged::default();
        let asked = group.payment.as_ref().is_none_or(|p| p.provider == self.gateway);
        if !asked && group.movements.is_empty() {
            return judged;
        }
        Judge { terms: self, group, out: &mut judged }.all();
        judged
    }
}

struct Judge<'a> {
    terms: &'a Terms,
    group: &'a Group,
    out: &'a mut Judged,
}

impl Judge<'_> {
    fn all(&mut self) {
        let of = |kinds: &[MovementKind]| -> Vec<Theirs<'_>> {
            let mut found: Vec<&Movement> = self.group.movements.iter().filter(|m| kinds.contains(&m.kind)).collect();
            found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
            found.into_iter().map(|movement| Theirs { movement, status: movement.status, taken: false }).collect()
        };
        let mut refunds = of(&[MovementKind::Refund]);
        let mut disputes = of(&[MovementKind::Dispute]);
        let mut failures = of(&[MovementKind::RefundFailure]);
        let mut reversals = of(&[MovementKind::DisputeReversal]);
        returned(&mut failures, &mut refunds);
        returned(&mut reversals, &mut disputes);
        self.payment();
        for (kind, theirs) in [(ObjectKind::Refund, &mut refunds), (ObjectKind::Dispute, &mut disputes)] {
            self.rows(kind, theirs);
        }
        self.left(&mut refunds, &mut disputes);
        self.returns(ObjectKind::Refund, &failures);
        self.returns(ObjectKind::Dispute, &reversals);
        self.units();
    }

    fn object(&self, verdict: Verdict, kind: ObjectKind, object: &str) -> Object {
        let payment = self.group.payment.as_ref();
        Object {
            verdict,
            gateway: self.terms.gateway.clone(),
            kind,
            object: object.to_owned(),
            payment: payment.map(|p| p.id.clone()),
            account: payment.and_then(|p| p.account.clone()),
            refund: None,
            here: None,
            there: None,
            at: None,
            cause: String::new(),
            remedy: None,
            fingerprint: String::new(),
            accepted: None,
        }
    }

    fn push(&mut self, object: Object) {
        let object = match object.verdict {
            Verdict::Matched => Object { cause: String::new(), remedy: None, ..object },
            Verdict::Timing => Object { remedy: None, ..object },
            _ => object,
        };
        self.out.objects.push(object.sealed());
    }

    /// True where our payment is to be judged, and not only what belongs to it.
    fn payment_is_in(&self) -> bool {
        self.terms.payout.is_none()
            && self.group.payment.as_ref().and_then(|p| p.created).is_some_and(|at| self.terms.is_in(at))
    }

    /// True where everything that went back of the payment was read.
    fn all_was_read(&self) -> bool {
        let told = [MovementKind::Refund, MovementKind::Dispute].iter().all(|kind| self.terms.tells.contains(kind));
        told && self.payment_is_in() && self.terms.read.until >= self.terms.now
    }

    fn show(&self) -> Option<String> {
        self.group.payment.as_ref().map(|p| format!("bursar payments show {}", quoted(&p.id)))
    }

    fn sync(&self) -> Option<String> {
        self.group.payment.as_ref().map(|p| format!("bursar refund sync --payment {}", quoted(&p.id)))
    }

    /// Whether the customer paid; none where the pack does not tell.
    fn paid(&self) -> Option<bool> {
        let payment = self.group.payment.as_ref()?;
        let refunded: i64 = self.group.refunds.iter().filter(|r| r.state == "succeeded").map(|r| r.amount).sum();
        match payment.settled {
            _ if payment.refundable => Some(true),
            Some(settled) => Some(settled),
            None => (refunded > 0 && Some(refunded) >= payment.amount).then_some(true),
        }
    }

    /// The payment beside its charges.
    fn payment(&mut self) {
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
        let object = |verdict, id: &str, movement: Option<&Movement>| Object {
            here: Some(here.clone()),
            there: movement.map(said),
            at: movement.map(|m| m.created).or(payment.created),
            remedy: self.show(),
            ..self.object(verdict, ObjectKind::Payment, id)
        };
        let mut objects = Vec::new();
        let Some(first) = succeeded.first() else {
            let open = charges.iter().find(|m| m.status == MovementStatus::Pending);
            match (open, charges.last()) {
                (Some(open), _) => objects.push(Object {
                    cause: "The gateway still waits for the money.".to_owned(),
                    ..object(Verdict::Timing, &open.id, Some(open))
                }),
                (None, None) if !self.terms.tells.contains(&MovementKind::Payment) => {}
                (None, last) if paid && is_in => {
                    let difference = if last.is_some() { Verdict::StatusDiffers } else { Verdict::OnlyHere };
                    let verdict = if self.terms.young(payment.created) { Verdict::Timing } else { difference };
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
        let sum: i64 = succeeded.iter().map(|m| m.amount).sum();
        let in_parts = succeeded.len() > 1 && sum == amount && succeeded.iter().all(|m| m.currency == payment.currency);
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

    /// Our rows of a kind, each beside the movement that it is.
    fn rows(&mut self, kind: ObjectKind, theirs: &mut [Theirs<'_>]) {
        let group = self.group;
        let mine = group.refunds.iter().filter(|r| (r.origin == "dispute") == (kind == ObjectKind::Dispute));
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
                        self.duplicate(refund, &theirs[other]);
                    }
                    self.pair(kind, refund, &theirs[found]);
                }
                None => waiting.push(refund),
            }
        }
        for refund in waiting {
            // Only a row that never learned the gateway's id can be one of another name.
            let same = |t: &Theirs<'_>| {
                let (m, nameless) = (t.movement, t.movement.refund.is_none());
                !t.taken && nameless && -m.amount == refund.amount && m.currency == refund.currency
            };
            let nameless = refund.gateway_ref.is_none() || refund.gateway == RECORD_ONLY;
            match theirs.iter().position(same).filter(|_| nameless && moves(&refund.state)) {
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
            at: Some(refund.created),
            ..self.object(verdict, kind, object)
        }
    }

    /// The command that asks the gateway again about a refund.
    fn ask_again(&self, refund: &OurRefund) -> String {
        match refund.state.as_str() {
            "succeeded" | "failed" | "canceled" => {
                let days = (self.terms.now - refund.created).num_days().max(0) + 1;
                format!("bursar refund resume --recheck {days}")
            }
            _ => "bursar refund resume".to_owned(),
        }
    }

    fn duplicate(&mut self, refund: &OurRefund, theirs: &Theirs<'_>) {
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
        self.push(object);
    }

    fn pair(&mut self, kind: ObjectKind, refund: &OurRefund, theirs: &Theirs<'_>) {
        let movement = theirs.movement;
        let ours_is_in = self.terms.payout.is_none() && self.terms.is_in(refund.created);
        if !self.terms.covers(movement) && !ours_is_in {
            return;
        }
        let undone = matches!(refund.state.as_str(), "failed" | "canceled" | "rejected");
        let young = self.terms.young(Some(movement.created.max(refund.updated)));
        let (verdict, cause, remedy) = if movement.currency != refund.currency {
            (Verdict::CurrencyDiffers, "It was stored in another currency than it was made in.", None)
        } else if -movement.amount != refund.amount {
            (Verdict::AmountDiffers, "It was stored over another amount than it was made over.", None)
        } else {
            match (refund.state.as_str(), theirs.status) {
                ("succeeded", MovementStatus::Succeeded) => (Verdict::Matched, "", None),
                (_, MovementStatus::Failed) if undone => (Verdict::Matched, "", None),
                (_, MovementStatus::Pending) if !undone => (Verdict::Timing, "It is pending at the gateway.", None),
                _ if young => (Verdict::Timing, "It changed a short time ago.", None),
                ("succeeded", _) if kind == ObjectKind::Dispute => {
                    (Verdict::StatusDiffers, "The dispute was won after all, and the money came back.", self.sync())
                }
                ("succeeded", _) => (
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
            ..self.of_refund(verdict, kind, &movement.id, refund)
        };
        self.push(object);
    }

    /// A row of ours that the gateway does not have.
    fn missing(&mut self, kind: ObjectKind, refund: &OurRefund) {
        let of = if kind == ObjectKind::Dispute { MovementKind::Dispute } else { MovementKind::Refund };
        if self.terms.payout.is_some() || !self.terms.tells.contains(&of) {
            return;
        }
        if refund.gateway == RECORD_ONLY {
            if refund.state == "succeeded" && self.terms.is_in(refund.created) {
                self.out.recorded.push((refund.currency.clone(), refund.amount));
            }
            return;
        }
        if refund.gateway != self.terms.gateway || !moves(&refund.state) {
            return;
        }
        // The gateway's object is as old as the row; one that was brought in may be as old as its payment.
        let begun = match (refund.origin.as_str(), self.group.payment.as_ref().and_then(|p| p.created)) {
            ("bursar", _) | (_, None) => refund.created,
            (_, Some(created)) => created.min(refund.created),
        };
        let was_read = self.terms.range.since <= begun && refund.updated < self.terms.read.until;
        if !was_read || refund.created >= self.terms.range.until {
            return;
        }
        let verdict = if self.terms.young(Some(refund.updated)) { Verdict::Timing } else { Verdict::OnlyHere };
        let (cause, remedy) = if refund.state == "succeeded" {
            (
                "The gateway was asked with another account's key, or the database was restored or changed by hand.",
                self.ask_again(refund),
            )
        } else {
            (
                "It never reached the gateway, or reached another account of it.",
                format!("bursar refund cancel {} --reason 'the gateway does not have it'", quoted(&refund.id)),
            )
        };
        let id = refund.gateway_ref.as_ref().unwrap_or(&refund.id);
        let object =
            Object { cause: cause.to_owned(), remedy: Some(remedy), ..self.of_refund(verdict, kind, id, refund) };
        self.push(object);
    }

    /// The movements that no row of ours is about: the application's own refunds, and those that nobody here knows.
    fn left(&mut self, refunds: &mut [Theirs<'_>], disputes: &mut [Theirs<'_>]) {
        let standing =
            self.group.refunds.iter().any(|r| !matches!(r.state.as_str(), "failed" | "canceled" | "rejected"));
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
        let back: i64 = gone.iter().map(|(_, t)| -t.movement.amount).sum();
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
                self.push(object);
            }
            return;
        }
        let agrees = if in_full { back == amount } else { back < amount };
        if !agrees && in_full && back < amount && !self.all_was_read() {
            self.out.uncompared.push(TOO_OLD);
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
                ..self.object(verdict, *kind, &theirs.movement.id)
            };
            self.push(object);
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
            ..self.object(verdict, kind, &movement.id)
        };
        self.push(object);
    }

    /// Money of refunds and disputes that came back to us.
    fn returns(&mut self, kind: ObjectKind, theirs: &[Theirs<'_>]) {
        for found in theirs.iter().filter(|t| self.terms.covers(t.movement)) {
            let movement = found.movement;
            // What it returns stands in the same report, and says whether it agrees.
            let mine = self.group.refunds.iter().find(|r| {
                let same = movement.refund.as_ref().is_some_and(|id| id.to_string() == r.id)
                    || r.gateway_ref.as_ref() == Some(&movement.id);
                !found.taken
                    && (same || r.state == "succeeded" && r.amount == movement.amount && movement.refund.is_none())
            });
            let stands = mine.is_some_and(|r| r.state == "succeeded");
            let verdict = match (found.status, stands) {
                (MovementStatus::Succeeded, true) if self.terms.young(Some(movement.created)) => Verdict::Timing,
                (MovementStatus::Succeeded, true) => Verdict::StatusDiffers,
                _ => Verdict::Matched,
            };
            let (cause, remedy) = match kind {
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
                ..base
            };
            self.push(object);
        }
    }

    /// The ledger's units, where the money agrees.
    fn units(&mut self) {
        let agree = self.out.objects.iter().all(|o| o.verdict == Verdict::Matched);
        if !self.terms.ledger || self.out.objects.is_empty() || !agree || !self.out.uncompared.is_empty() {
            return;
        }
        let Some(payment) = &self.group.payment else { return };
        let (Some(granted), Some(unit), Some(paid)) = (&payment.granted, &payment.unit, self.paid()) else { return };
        let standing: Vec<&OurRefund> = self
            .group
            .refunds
            .iter()
            .filter(|r| !matches!(r.state.as_str(), "failed" | "canceled" | "rejected"))
            .collect();
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

/// True for a refund that the gateway has, or may have.
fn moves(state: &str) -> bool {
    matches!(state, "succeeded" | "submitted" | "unknown" | "pending" | "requires_action")
}

/// Marks what came back, each return beside what it returns.
fn returned(returns: &mut [Theirs<'_>], of: &mut [Theirs<'_>]) {
    for back in returns.iter_mut().filter(|t| t.status == MovementStatus::Succeeded) {
        let m = back.movement;
        let by_name = |t: &Theirs<'_>| t.movement.id == m.id || (m.refund.is_some() && t.movement.refund == m.refund);
        let by_amount = |t: &Theirs<'_>| t.movement.amount == -m.amount && t.movement.currency == m.currency;
        let open = |t: &Theirs<'_>| t.status != MovementStatus::Failed && t.movement.created <= m.created;
        let named = of.iter().position(|t| by_name(t));
        let found = named.or_else(|| of.iter().position(|t| open(t) && by_amount(t)));
        if let Some(found) = found {
            of[found].status = MovementStatus::Failed;
            back.taken = true;
        }
    }
}

fn said(movement: &Movement) -> String {
    said_as(movement, movement.status)
}

fn said_as(movement: &Movement, status: MovementStatus) -> String {
    let word = match status {
        MovementStatus::Pending => "pending",
        MovementStatus::Succeeded => "succeeded",
        MovementStatus::Failed => "failed",
    };
    format!("{} {word}", money::format(movement.amount.saturating_abs(), &movement.currency))
}

/// Digits behind the point of a number of units.
const SCALE: usize = 12;

/// A decimal number in the smallest part that is counted; none where it is no such number.
fn scaled(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > SCALE {
        return None;
    }
    format!("{whole}{fraction:0<SCALE$}").parse::<i128>().ok().map(|number| sign * number)
}

fn unscaled(number: i128) -> String {
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = SCALE + 1);
    let (whole, fraction) = digits.split_at(digits.len() - SCALE);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if number < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::super::model::{Movement, MovementKind as Kind, MovementStatus, Range};
    use super::super::object::Verdict;
    use super::super::ours::{OurPayment, OurRefund};
    use super::{Group, Judged, NO_AMOUNT, NO_SETTLED, TOO_OLD, Terms, scaled, unscaled};

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1_000 + day)
    }

    /// Days 0 to 30, the last of which is today.
    fn terms() -> Terms {
        Terms {
            gateway: "stripe".to_owned(),
            range: Range { since: day(0), until: day(30) },
            read: Range { since: day(-1), until: day(31) },
            now: day(30),
            grace: TimeDelta::days(3),
            payout: None,
            ledger: true,
            tells: &Kind::ALL,
        }
    }

    fn payment(at: i64) -> OurPayment {
        OurPayment {
            id: "p".to_owned(),
            account: Some("a".to_owned()),
            amount: Some(4_900),
            currency: "THB".to_owned(),
            status: "paid".to_owned(),
            provider: "stripe".to_owned(),
            ids: vec!["ch".to_owned()],
            refundable: true,
            settled: Some(false),
            granted: None,
            unit: None,
            created: Some(day(at)),
        }
    }

    fn refund(state: &str, origin: &str, at: i64) -> OurRefund {
        OurRefund {
            id: "7f3a0000-0000-4000-8000-000000000000".to_owned(),
            amount: 1_000,
            currency: "THB".to_owned(),
            state: state.to_owned(),
            origin: origin.to_owned(),
            gateway: "stripe".to_owned(),
            gateway_ref: Some("re".to_owned()),
            units_taken: "0".to_owned(),
            created: day(at),
            updated: day(at),
        }
    }

    fn movement(kind: Kind, id: &str, amount: i64, at: i64) -> Movement {
        Movement {
            id: id.to_owned(),
            kind,
            payment_ids: vec!["ch".to_owned()],
            refund: None,
            amount,
            currency: "THB".to_owned(),
            settled: None,
            status: MovementStatus::Succeeded,
            created: day(at),
            available: None,
            payout: None,
        }
    }

    fn charge(at: i64) -> Movement {
        movement(Kind::Payment, "ch", 4_900, at)
    }

    fn judged(payment: OurPayment, refunds: Vec<OurRefund>, movements: Vec<Movement>) -> Judged {
        terms().judge(&Group { payment: Some(payment), refunds, movements, ..Group::default() })
    }

    fn verdicts(judged: &Judged) -> Vec<(&str, Verdict)> {
        judged.objects.iter().map(|o| (o.object.as_str(), o.verdict)).collect()
    }

    #[test]
    fn an_order_that_was_captured_in_parts_is_one_payment() {
        let parts = |second| vec![movement(Kind::Payment, "c1", 2_000, 1), movement(Kind::Payment, "c2", second, 2)];
        let whole = judged(payment(1), Vec::new(), parts(2_900));
        assert_eq!(verdicts(&whole), [("c1", Verdict::Matched), ("c2", Verdict::Matched)]);
        let more = judged(payment(1), Vec::new(), parts(4_900));
        assert_eq!(verdicts(&more), [("c1", Verdict::DuplicateAtGateway), ("c2", Verdict::Matched)]);
    }

    #[test]
    fn what_is_before_the_range_is_not_missed() {
        // A payment of before, whose refund is in the range: its charge was not asked for.
        let part =
            judged(payment(-40), vec![refund("succeeded", "bursar", 2)], vec![movement(Kind::Refund, "re", -1_000, 2)]);
        assert_eq!(verdicts(&part), [("re", Verdict::Matched)]);
        // One that was brought in may be as old as its payment, so that it is nobody's difference here.
        assert!(verdicts(&judged(payment(-40), vec![refund("succeeded", "gateway", 2)], Vec::new())).is_empty());
        for origin in ["bursar", "gateway"] {
            let missing = judged(payment(1), vec![refund("succeeded", origin, 2)], vec![charge(1)]);
            assert_eq!(verdicts(&missing)[1], ("re", Verdict::OnlyHere), "{origin}");
        }
        // What the application refunded in parts, of which one is too old to be seen.
        let own = OurPayment { refundable: false, settled: Some(true), ..payment(-40) };
        let parts = judged(own, Vec::new(), vec![movement(Kind::Refund, "re", -1_000, 2)]);
        assert!(parts.objects.is_empty());
        assert_eq!(parts.uncompared, [TOO_OLD]);
    }

    #[test]
    fn what_cannot_be_told_is_not_compared() {
        let unclear = OurPayment { refundable: false, settled: None, ..payment(1) };
        let judged_unclear = judged(unclear.clone(), Vec::new(), vec![charge(1)]);
        assert_eq!(judged_unclear.uncompared, [NO_SETTLED]);
        let refunded = judged(unclear, Vec::new(), vec![movement(Kind::Refund, "re", -4_900, 2)]);
        assert!(refunded.objects.is_empty() && refunded.uncompared.contains(&NO_SETTLED), "{refunded:?}");
        let odd = judged(OurPayment { amount: None, ..payment(1) }, Vec::new(), vec![charge(1)]);
        assert_eq!(odd.uncompared, [NO_AMOUNT]);
    }

    #[test]
    fn nothing_is_missing_of_what_the_source_does_not_tell() {
        let group = |movements| Group {
            payment: Some(payment(1)),
            refunds: vec![refund("succeeded", "bursar", 2)],
            movements,
            ..Group::default()
        };
        let only = |tells| Terms { tells, ..terms() };
        let judged = only(&[Kind::Payment]).judge(&group(vec![charge(1)]));
        assert_eq!(verdicts(&judged), [("ch", Verdict::Matched)]);
        let judged = only(&[Kind::Refund]).judge(&group(Vec::new()));
        assert_eq!(verdicts(&judged), [("re", Verdict::OnlyHere)]);
        let own = OurPayment { refundable: false, settled: Some(true), ..payment(1) };
        let own = Group { payment: Some(own), movements: vec![charge(1)], ..Group::default() };
        assert_eq!(verdicts(&only(&[Kind::Payment]).judge(&own)), [("ch", Verdict::Matched)]);
        assert_eq!(verdicts(&terms().judge(&own))[1], ("p", Verdict::OnlyHere));
    }

    #[test]
    fn a_difference_that_is_young_is_timing() {
        for (at, verdict) in [(26, Verdict::OnlyAtGateway), (28, Verdict::Timing)] {
            let found = judged(payment(1), Vec::new(), vec![charge(1), movement(Kind::Refund, "re", -100, at)]);
            assert_eq!(verdicts(&found)[1], ("re", verdict));
        }
        for (at, verdict) in [(26, Verdict::OnlyHere), (28, Verdict::Timing)] {
            assert_eq!(verdicts(&judged(payment(at), Vec::new(), Vec::new())), [("p", verdict)]);
        }
    }

    #[test]
    fn the_command_fits_the_state() {
        for (state, command) in [
            ("succeeded", "bursar refund resume --recheck 29"),
            (
                "unknown",
                "bursar refund cancel 7f3a0000-0000-4000-8000-000000000000 --reason 'the gateway does not have it'",
            ),
        ] {
            let found = judged(payment(1), vec![refund(state, "bursar", 2)], vec![charge(1)]);
            assert_eq!(found.objects[1].remedy.as_deref(), Some(command));
        }
        let won = judged(
            payment(1),
            vec![OurRefund { amount: 4_900, ..refund("succeeded", "dispute", 2) }],
            vec![charge(1), movement(Kind::Dispute, "re", -4_900, 2), movement(Kind::DisputeReversal, "dp", 4_900, 9)],
        );
        assert_eq!(won.objects[1].remedy.as_deref(), Some("bursar refund sync --payment p"));
    }

    #[test]
    fn units_follow_from_the_money_exactly() {
        let group = |net: &str, taken: &str| Group {
            payment: Some(OurPayment { granted: Some("10.5".to_owned()), unit: Some("STAR".to_owned()), ..payment(1) }),
            refunds: vec![OurRefund { units_taken: taken.to_owned(), ..refund("succeeded", "bursar", 2) }],
            units: [("STAR".to_owned(), net.to_owned())].into(),
            movements: vec![charge(1), movement(Kind::Refund, "re", -1_000, 2)],
        };
        assert!(terms().judge(&group("8.3", "2.20")).objects.iter().all(|o| o.verdict == Verdict::Matched));
        let found = terms().judge(&group("9", "2.2"));
        let differs = found.objects.iter().find(|o| o.verdict == Verdict::UnitsDiffer).unwrap();
        assert_eq!(differs.remedy.as_deref(), Some("bursar wallet adjust a STAR -0.7 --reason 'units of payment p'"));
        for (text, back) in [("10", "10"), ("-0.50", "-0.5"), ("0", "0"), ("12.000000000001", "12.000000000001")] {
            assert_eq!(unscaled(scaled(text).unwrap()), back);
        }
        for text in ["", "NaN", "1e3", "0.0000000000001", "1.2.3"] {
            assert_eq!(scaled(text), None, "{text}");
        }
    }
}
