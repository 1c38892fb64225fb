//! Invites, and the coins they bring.

use rand::RngExt as _;
use uuid::Uuid;

use super::model::{Event, For, Sent, Unit};
use super::world::World;
use crate::seed::Field;
use crate::seed::clock::{At, DAY, MINUTE, SECOND, chance, delay, span, uuid, weighted};

/// The tier that accepted invites earn. Numbers and bonuses are those of the schema's own functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Bronze,
    Silver,
    Gold,
}

impl Tier {
    pub fn of(accepted: usize) -> Self {
        match accepted {
            0..=5 => Tier::Bronze,
            6..=15 => Tier::Silver,
            _ => Tier::Gold,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Tier::Bronze => "bronze",
            Tier::Silver => "silver",
            Tier::Gold => "gold",
        }
    }

    fn reward(self, base: u16) -> i64 {
        let percent = match self {
            Tier::Bronze => 100,
            Tier::Silver => 120,
            Tier::Gold => 150,
        };
        i64::from(base) * percent / 100
    }
}

impl World<'_> {
    /// Decides whether somebody who signs up was invited, and by whom of those before them.
    pub fn come_through_an_invite(&mut self, invitee: usize) {
        let style = &self.style.invites;
        if !chance(self.rng, style.invited) {
            return;
        }
        let before = &self.people[..invitee];
        let eager: f64 = before.iter().map(|p| p.eagerness).sum();
        if eager == 0.0 {
            return;
        }
        let inviter = weighted(self.rng, before, |p| p.eagerness);
        let signed_up = self.people[invitee].created;
        let earliest = before[inviter].created + 2 * MINUTE;
        if signed_up <= earliest {
            return;
        }
        let (mean, most) = style.wait_days;
        let wait = span(mean * self.rng.sample::<f64, _>(rand_distr::Exp1), DAY).min(span(most, DAY));
        let created = (signed_up - wait).max(earliest);
        let accepted = signed_up + delay(self.rng, style.accept_secs, SECOND);
        self.plan(accepted, inviter, Event::Accepted(Sent { created, invitee }));
    }

    /// The invitee takes the invite, and the inviter gets the reward that the invite promised.
    pub fn accepted(&mut self, who: usize, at: At, sent: &Sent) {
        let id = uuid(self.rng);
        let inviter = &self.people[who];
        let before = inviter.accepted.partition_point(|accepted| *accepted <= sent.created);
        let coins = Tier::of(before).reward(self.style.invites.coins);
        self.write_invite(id, who, sent.created, coins, Some((sent.invitee, at)));
        self.people[who].accepted.push(at);
        let inviter = self.people[who].id;
        let invitee = &mut self.people[sent.invitee];
        invitee.invited_by = Some(inviter);
        invitee.touched = invitee.touched.max(at);
        self.entry(who, at, "invite_reward", (Unit::Coin, coins), For::Invite(id), None);
    }

    /// An invite that nobody accepts.
    pub fn invite_in_vain(&mut self, who: usize, at: At) {
        let id = uuid(self.rng);
        let coins = Tier::of(self.people[who].accepted.len()).reward(self.style.invites.coins);
        self.write_invite(id, who, at, coins, None);
    }

    fn write_invite(&mut self, id: Uuid, who: usize, created: At, coins: i64, taken: Option<(usize, At)>) {
        let style = &self.style.invites;
        let source = &style.sources[weighted(self.rng, &style.sources, |s| s.weight)].name.0;
        // Invites of the running campaign stay open for long. Otherwise a database that was seeded
        // and left alone would have overdue invites on the next day, which is an audit's warning.
        let usual = span(style.valid_days, DAY);
        let running = created > self.clock.end - usual;
        let expires = created + if running { span(style.campaign_days, DAY).max(usual) } else { usual };
        let status = match taken {
            Some(_) => "accepted",
            None if expires <= self.clock.end => "expired",
            None => "pending",
        };
        let metadata = match running {
            true => format!(r#"{{"source":{source},"campaign":{}}}"#, style.campaign.0),
            false => format!(r#"{{"source":{source}}}"#),
        };
        let inviter = &self.people[who];
        let fields = [
            Field::Uuid(id),
            Field::Uuid(inviter.id),
            Field::or_null(taken, |(invitee, _)| Field::Uuid(self.people[invitee].id)),
            Field::Text(&inviter.invite_code),
            Field::Int(coins),
            Field::Bool(taken.is_some()),
            Field::Text(status),
            Field::Text(&metadata),
            self.clock.field(created),
            Field::or_null(taken, |(_, at)| self.clock.field(at)),
            self.clock.field(expires),
        ];
        self.batch.row(self.tables.invites, &fields);
    }
}
