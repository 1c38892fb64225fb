//! The verdicts about one payment and everything that belongs to it: pure, from rows of both sides.

mod payment;
mod refunds;
mod units;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::model::{Movement, MovementKind, MovementStatus, Range};
use super::object::{Object, ObjectKind, Verdict};
use super::ours::{OurPayment, OurRefund};
use crate::money;
use crate::refund::sync_of;
use crate::store::RefundState;
use crate::text::quoted;

/// What is the same for every payment of a run.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub gateway: String,
    /// The range whose objects are judged.
    pub range: Range,
    /// The range of which the gateway was asked.
    pub read: Range,
    /// The time of which the gateway's side is a file; none where the gateway itself was asked.
    pub file: Option<Range>,
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
    /// The objects that were not compared, because the file does not cover their time.
    pub outside: Outside,
    /// Refunds that were recorded only: no gateway was ever asked for them. Their currency and amount.
    pub recorded: Vec<(String, i64)>,
}

/// The number of objects of a time that the file does not cover.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outside {
    pub payments: u64,
    pub refunds: u64,
    /// The payments among them that were begun so near to the end of the file that they may be charged after it.
    pub late: u64,
    /// Refunds that were brought in, which may be older than the range, as their payments are.
    pub older: u64,
    /// The time of the oldest of these payments.
    pub since: Option<DateTime<Utc>>,
    /// Refunds that may be newer than the range: they changed after it, or have no date here.
    pub changed: u64,
}

impl Outside {
    /// Adds what was not compared of another payment.
    pub fn add(&mut self, other: Outside) {
        self.payments += other.payments;
        self.refunds += other.refunds;
        self.late += other.late;
        self.older += other.older;
        self.changed += other.changed;
        self.since = self.since.into_iter().chain(other.since).min();
    }
}

const NO_AMOUNT: &str = "payments whose amount or currency cannot be read: bursar audit --only payments";
const NO_SETTLED: &str =
    "payments whose status may mean refunded or unpaid: give the pack [payments.states], see docs/packs.md";
const TOO_OLD: &str =
    "refunds that the application made in parts, of payments older than the range: begin earlier with --since DATE";
const TWICE: &str = "objects that the gateway's side lists twice: export it again";
const NO_UNITS: &str = "payments whose units are no decimal numbers: bursar payments show PAYMENT";

/// The time around the objects of a file in which what is young is only late.
const QUIET: TimeDelta = TimeDelta::days(2);

/// A movement, and whether one of our rows or another movement has taken it.
struct Theirs<'a> {
    movement: &'a Movement,
    status: MovementStatus,
    taken: bool,
    /// The time of the movement that undoes it, or that it undoes; its own where there is none.
    beside: DateTime<Utc>,
    /// True for a return of another amount than what it returns.
    partial: bool,
}

impl Group {
    /// Drops each charge and refund that stands there already; true where one did that is to be judged. A dispute may take
    /// the money several times.
    fn drop_doubles(&mut self, terms: &Terms) -> bool {
        let (mut seen, mut found) = (BTreeSet::new(), false);
        self.movements.retain(|m| {
            let once = matches!(m.kind, MovementKind::Payment | MovementKind::Refund);
            let is_new = !once || seen.insert((m.kind, m.id.clone()));
            found |= !is_new && terms.covers(m);
            is_new
        });
        found
    }
}

impl Terms {
    fn young(&self, at: Option<DateTime<Utc>>) -> bool {
        at.is_some_and(|at| at > self.now - self.grace)
    }

    /// The verdict about what happened here between two moments, and is not on the gateway's side; none where the file does
    /// not cover that time.
    fn absent(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Verdict> {
        let is_young = self.young(Some(to));
        let verdict = if is_young { Verdict::Timing } else { Verdict::OnlyHere };
        match self.file {
            Some(file) if from < file.since || to >= file.until => {
                let is_near = file.since - QUIET <= from && to < file.until + QUIET;
                (is_young && is_near).then_some(verdict)
            }
            _ => Some(verdict),
        }
    }

    /// The verdict about a payment that was begun at a moment, and is not on the gateway's side, as [`Self::absent`]; true
    /// where the file ends so soon after that it may be charged later.
    fn unpaid(&self, begun: DateTime<Utc>) -> (Option<Verdict>, bool) {
        let (verdict, margin) = (self.absent(begun, begun), self.read.until - self.range.until);
        let is_late = verdict == Some(Verdict::OnlyHere)
            && self.file.is_some_and(|file| file.until <= self.now && file.until <= begun + margin);
        (verdict.filter(|_| !is_late), is_late)
    }

    /// True where a movement is to be judged, and not only the counterpart of something else.
    pub fn covers(&self, movement: &Movement) -> bool {
        self.range.holds(movement.created)
            && self.payout.as_ref().is_none_or(|payout| movement.payout.as_ref() == Some(payout))
    }

    /// Judges a payment.
    pub fn judge(&self, group: &mut Group) -> Judged {
        let mut judged = Judged::default();
        if group.drop_doubles(self) {
            judged.uncompared.push(TWICE);
        }
        let group = &*group;
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
            found
                .into_iter()
                .map(|movement| Theirs {
                    movement,
                    status: movement.status,
                    taken: false,
                    beside: movement.created,
                    partial: false,
                })
                .collect()
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
            is_pending: false,
            currency: payment.map(|p| p.currency.clone()).unwrap_or_default(),
            span: None,
        }
    }

    fn push(&mut self, object: Object) {
        let object = match object.verdict {
            Verdict::Matched => Object { cause: String::new(), remedy: None, ..object },
            // Nobody is accused of what may only be late.
            Verdict::Timing if object.there.is_none() => Object {
                cause: "It is younger than --grace, and the gateway may not list it yet.".to_owned(),
                remedy: None,
                ..object
            },
            Verdict::Timing => Object { remedy: None, ..object },
            _ => object,
        };
        self.out.objects.push(object.sealed());
    }

    /// True where our payment is to be judged, and not only what belongs to it.
    fn payment_is_in(&self) -> bool {
        self.terms.payout.is_none()
            && self.group.payment.as_ref().and_then(|p| p.created).is_some_and(|at| self.terms.range.holds(at))
    }

    /// True where everything that went back of the payment was asked for.
    fn all_was_asked(&self) -> bool {
        self.is_told() && self.payment_is_in() && self.terms.read.until >= self.terms.now
    }

    fn is_told(&self) -> bool {
        [MovementKind::Refund, MovementKind::Dispute].iter().all(|kind| self.terms.tells.contains(kind))
    }

    /// Counts what the application refunded by itself of a payment to be judged, and what was not read in full. False where
    /// the payment is not to be judged.
    fn unread(&mut self) -> bool {
        if !self.payment_is_in() || !self.is_told() {
            return false;
        }
        match self.all_was_asked() {
            true => self.out.outside.refunds += 1,
            false => self.out.outside.changed += 1,
        }
        true
    }

    /// True where everything that went back of the payment was read: a file reaches from the payment to the present.
    fn all_was_read(&self) -> bool {
        let Terms { file, read, range, now, .. } = self.terms;
        let created = self.group.payment.as_ref().and_then(|p| p.created);
        let margin = read.until - range.until;
        let reaches = file.is_none_or(|f| created.is_some_and(|at| f.since <= at) && f.until + margin >= *now);
        self.all_was_asked() && reaches
    }

    fn show(&self) -> Option<String> {
        self.group.payment.as_ref().map(|p| format!("bursar payments show {}", quoted(&p.id)))
    }

    fn sync(&self) -> Option<String> {
        self.group.payment.as_ref().map(|p| sync_of(&p.id))
    }

    /// Whether the customer paid; none where the pack does not tell.
    fn paid(&self) -> Option<bool> {
        let payment = self.group.payment.as_ref()?;
        let succeeded = self.group.refunds.iter().filter(|r| r.state == RefundState::Succeeded);
        let refunded: i128 = succeeded.map(|r| i128::from(r.amount)).sum();
        match payment.settled {
            _ if payment.refundable => Some(true),
            Some(settled) => Some(settled),
            None => (refunded > 0 && Some(refunded) >= payment.amount.map(i128::from)).then_some(true),
        }
    }
}

/// Marks what came back, each return beside what it returns.
fn returned(returns: &mut [Theirs<'_>], of: &mut [Theirs<'_>]) {
    for back in returns.iter_mut().filter(|t| t.status == MovementStatus::Succeeded) {
        let m = back.movement;
        let by_name = |t: &Theirs<'_>| t.movement.id == m.id || (m.refund.is_some() && t.movement.refund == m.refund);
        let by_amount = |t: &Theirs<'_>| opposite(t.movement.amount, m.amount) && t.movement.currency == m.currency;
        let open = |t: &Theirs<'_>| t.status != MovementStatus::Failed && t.movement.created <= m.created;
        let named = of.iter().position(by_name);
        if named.is_some_and(|named| !by_amount(&of[named])) {
            back.partial = true;
            back.beside = named.map_or(back.beside, |named| of[named].movement.created);
            continue;
        }
        let found = named.or_else(|| of.iter().position(|t| open(t) && by_amount(t)));
        if let Some(found) = found {
            of[found].status = MovementStatus::Failed;
            of[found].beside = m.created;
            back.taken = true;
        }
    }
}

/// True where one amount undoes the other.
fn opposite(one: i64, other: i64) -> bool {
    one.checked_neg() == Some(other)
}

fn said(movement: &Movement) -> String {
    said_as(movement, movement.status)
}

/// The amount in the direction of its kind: below zero where the money went the other way.
fn said_as(movement: &Movement, status: MovementStatus) -> String {
    let amount = match movement.kind {
        MovementKind::Refund | MovementKind::Dispute => movement.amount.saturating_neg(),
        _ => movement.amount,
    };
    let word = match status {
        MovementStatus::Pending => "pending",
        MovementStatus::Succeeded => "succeeded",
        MovementStatus::Failed => "failed",
    };
    format!("{} {word}", money::format(amount, &movement.currency))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::super::model::{Movement, MovementKind as Kind, MovementStatus, Range};
    use super::super::object::Verdict;
    use super::super::ours::{OurPayment, OurRefund};
    use super::{Group, Judged, NO_AMOUNT, NO_SETTLED, TOO_OLD, Terms};
    use crate::units::{scaled, unscaled};

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1_000 + day)
    }

    /// Days 0 to 30, the last of which is today.
    fn terms() -> Terms {
        Terms {
            gateway: "stripe".to_owned(),
            range: Range { since: day(0), until: day(30) },
            read: Range { since: day(-1), until: day(31) },
            file: None,
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
            payment: "p".to_owned().into(),
            state: state.parse().expect("a state"),
            origin: origin.parse().expect("an origin"),
            gateway: "stripe".to_owned(),
            gateway_ref: Some("re".to_owned()),
            units_taken: "0".to_owned(),
            created_at: day(at),
            updated_at: day(at),
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
        terms().judge(&mut Group { payment: Some(payment), refunds, movements, ..Group::default() })
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
        let older = judged(payment(-40), vec![refund("succeeded", "gateway", 2)], Vec::new());
        assert_eq!((verdicts(&older).len(), older.outside.older, older.outside.since), (0, 1, Some(day(-40))));
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
    fn what_a_file_does_not_cover_is_not_missed() {
        let from_file = |since, until| Terms { file: Some(Range { since: day(since), until: day(until) }), ..terms() };
        let of = |since, until, refunded| {
            let mut group = Group {
                payment: Some(payment(5)),
                refunds: vec![refund("succeeded", "bursar", refunded)],
                movements: vec![charge(5)],
                ..Group::default()
            };
            let judged = from_file(since, until).judge(&mut group);
            (verdicts(&judged).get(1).map(|(_, verdict)| *verdict), judged.outside.refunds)
        };
        assert_eq!(of(5, 15, 14), (Some(Verdict::OnlyHere), 0));
        assert_eq!(of(5, 15, 15), (None, 1));
        assert_eq!(of(5, 15, 25), (None, 1));
        assert_eq!(of(10, 30, 9), (None, 1));
        // What is young is late where the file nearly reaches it, and not compared where it does not.
        assert_eq!(of(5, 28, 29), (Some(Verdict::Timing), 0));
        assert_eq!(of(5, 20, 29), (None, 1));
        let alone = |at| {
            let judged = from_file(5, 15).judge(&mut Group { payment: Some(payment(at)), ..Group::default() });
            (judged.objects.len(), judged.outside.payments)
        };
        assert_eq!([alone(4), alone(5), alone(13), alone(15)], [(0, 1), (1, 0), (1, 0), (0, 1)]);
        // What was begun near the end may be charged after it, unless that is still to come.
        assert_eq!(alone(14), (0, 1));
        let judged = Terms { now: day(15), grace: TimeDelta::hours(1), ..from_file(5, 16) }
            .judge(&mut Group { payment: Some(payment(14)), ..Group::default() });
        assert_eq!(verdicts(&judged), [("p", Verdict::OnlyHere)]);
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
        let judged = only(&[Kind::Payment]).judge(&mut group(vec![charge(1)]));
        assert_eq!(verdicts(&judged), [("ch", Verdict::Matched)]);
        let judged = only(&[Kind::Refund]).judge(&mut group(Vec::new()));
        assert_eq!(verdicts(&judged), [("re", Verdict::OnlyHere)]);
        let own = OurPayment { refundable: false, settled: Some(true), ..payment(1) };
        let mut own = Group { payment: Some(own), movements: vec![charge(1)], ..Group::default() };
        assert_eq!(verdicts(&only(&[Kind::Payment]).judge(&mut own)), [("ch", Verdict::Matched)]);
        assert_eq!(verdicts(&terms().judge(&mut own))[1], ("p", Verdict::OnlyHere));
    }

    #[test]
    fn a_difference_that_is_young_is_timing() {
        for (at, verdict) in [(26, Verdict::OnlyAtGateway), (28, Verdict::Timing)] {
            let found = judged(payment(1), Vec::new(), vec![charge(1), movement(Kind::Refund, "re", -100, at)]);
            assert_eq!(verdicts(&found)[1], ("re", verdict));
        }
        for (at, verdict) in [(26, Verdict::OnlyHere), (28, Verdict::Timing)] {
            let found = judged(payment(at), Vec::new(), Vec::new());
            assert_eq!(verdicts(&found), [("p", verdict)]);
            assert_eq!(found.objects[0].cause.contains("may not list it yet"), verdict == Verdict::Timing);
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
        // One that was brought in is reached by its own days.
        let brought = judged(payment(1), vec![refund("succeeded", "gateway", 10)], vec![charge(1)]);
        assert_eq!(brought.objects[1].remedy.as_deref(), Some("bursar refund resume --recheck 21"));
        let dispute = judged(payment(1), vec![refund("succeeded", "dispute", 10)], vec![charge(1)]);
        assert_eq!(dispute.objects[1].remedy.as_deref(), Some("bursar payments show p"));
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
        assert!(terms().judge(&mut group("8.3", "2.20")).objects.iter().all(|o| o.verdict == Verdict::Matched));
        let found = terms().judge(&mut group("9", "2.2"));
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
