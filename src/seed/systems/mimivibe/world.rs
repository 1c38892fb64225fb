//! The people of a cohort, their pending events, and the one place where balances move.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::model::{Event, For, Payment, Person, Unit};
use super::style::Style;
use super::tables::Tables;
use crate::seed::clock::{At, Clock, SECOND, uuid};
use crate::seed::{Batch, Field};

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

    /// Takes the next event out of the queue, with its time and its person.
    pub fn next_event(&mut self) -> Option<(At, usize, Event)> {
        self.due.pop().map(|Reverse(Due { at, who, event, .. })| (at, who, event))
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
