//! The people of a cohort, their pending events, and the one place where balances move.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::invites::Sent;
use super::jobs::Answer;
use super::money::Payment;
use super::people::Person;
use super::style::Style;
use super::tables::Tables;
use crate::seed::clock::{At, Clock, SECOND, uuid};
use crate::seed::{Batch, Field};

/// The next event of a person.
pub(super) enum Event {
    /// They open the application.
    Visit,
    /// They have a question, and so many more after it.
    Ask { more: u32 },
    /// They pay for a package, perhaps again after a decline.
    Pay { more: u32 },
    /// The gateway confirms a payment.
    Paid { payment: usize, more: u32 },
    /// A payment is refunded.
    TakeBack { payment: usize },
    /// Their reading is ready.
    Answered(Box<Answer>),
    /// A reading made no sense, and its stars are given back.
    GiveBack { reading: Uuid, stars: i64 },
    /// An invite of theirs is accepted.
    Accepted(Sent),
    /// Somebody at work adjusts their balance.
    Adjust,
    /// An adjustment was a mistake.
    Reverse { entry: Uuid, unit: Unit, delta: i64 },
}

/// An event that is due. The number decides between events of one instant, so that the order of
/// everything is always the same.
struct Due {
    at: At,
    number: u64,
    who: usize,
    event: Event,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

/// A unit of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Star,
    Coin,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Unit::Star => "STAR",
            Unit::Coin => "COIN",
        }
    }
}

/// The reason for an entry.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    Nothing,
    Payment(Uuid),
    Reading(Uuid),
    Invite(Uuid),
}

/// A cohort in the middle of its history.
pub(super) struct World<'a> {
    pub style: &'a Style,
    pub clock: Clock,
    pub rng: &'a mut ChaCha8Rng,
    pub batch: &'a mut Batch,
    pub tables: Tables,
    /// In the order in which they sign up.
    pub people: Vec<Person>,
    /// Rows that may still change are written in the end.
    pub payments: Vec<Payment>,
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
}

impl<'a> World<'a> {
    pub fn new(style: &'a Style, clock: Clock, rng: &'a mut ChaCha8Rng, batch: &'a mut Batch) -> Self {
        World {
            style,
            clock,
            rng,
            tables: Tables::declare(batch),
            batch,
            people: Vec::new(),
            payments: Vec::new(),
            due: BinaryHeap::new(),
            number: 0,
        }
    }

    /// Puts an event into the queue, unless it is after the end of the history. Returns true if it will
    /// happen.
    pub fn plan(&mut self, at: At, who: usize, event: Event) -> bool {
        // The last moment stays free for the milliseconds that an event may need.
        let happens = at < self.clock.end - SECOND;
        if happens {
            self.number += 1;
            self.due.push(Reverse(Due { at, number: self.number, who, event }));
        }
        happens
    }

    /// Lets everything happen, and writes the rows that could change until then.
    pub fn run(&mut self) {
        while let Some(Reverse(Due { at, who, event, .. })) = self.due.pop() {
            match event {
                Event::Visit => self.visit(who, at),
                Event::Ask { more } => self.ask(who, at, more),
                Event::Pay { more } => self.pay(who, at, more),
                Event::Paid { payment, more } => self.paid(who, at, payment, more),
                Event::TakeBack { payment } => self.take_back(who, at, payment),
                Event::Answered(answer) => self.answered(who, at, &answer),
                Event::GiveBack { reading, stars } => self.give_back(who, at, reading, stars),
                Event::Accepted(sent) => self.accepted(who, at, &sent),
                Event::Adjust => self.adjust(who, at),
                Event::Reverse { entry, unit, delta } => self.reverse(who, at, entry, unit, delta),
            }
        }
        self.write_payments();
        self.write_people();
    }

    /// Moves a balance: writes the entry and keeps the sum. Every entry of an account is later than
    /// the one before it, in whichever unit. Returns the entry's id and time.
    pub fn entry(
        &mut self,
        who: usize,
        at: At,
        kind: &str,
        (unit, delta): (Unit, i64),
        related: For,
        metadata: Option<&str>,
    ) -> (Uuid, At) {
        let id = uuid(self.rng);
        let person = &mut self.people[who];
        let at = at.max(person.last_entry + 1);
        person.last_entry = at;
        person.touched = person.touched.max(at);
        let balance = match unit {
            Unit::Star => &mut person.stars,
            Unit::Coin => &mut person.coins,
        };
        *balance += delta;
        debug_assert!(*balance >= 0, "a debit is covered");
        let (payment, reading, invite) = match related {
            For::Nothing => (None, None, None),
            For::Payment(id) => (Some(id), None, None),
            For::Reading(id) => (None, Some(id), None),
            For::Invite(id) => (None, None, Some(id)),
        };
        let fields = [
            Field::Uuid(id),
            Field::Uuid(person.id),
            Field::Text(kind),
            Field::Int(delta.abs()),
            Field::Text(unit.name()),
            Field::Int(*balance),
            Field::or_null(metadata, Field::Text),
            Field::or_null(payment, Field::Uuid),
            Field::or_null(reading, Field::Uuid),
            Field::or_null(invite, Field::Uuid),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.entries, &fields);
        (id, at)
    }
}
