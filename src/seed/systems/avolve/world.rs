//! A cohort, the actions of its people on a visit, and the one place where tokens move.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::model::{Balance, PHASES, Person, Way, decimal};
use super::style::Style;
use super::tables::Tables;
use crate::seed::clock::{At, Clock, SECOND, any, between, chance, uuid, weighted};
use crate::seed::{Batch, Field};

/// A cohort in the middle of its history.
pub(super) struct World<'a> {
    pub style: &'a Style,
    pub clock: Clock,
    pub rng: &'a mut ChaCha8Rng,
    pub batch: &'a mut Batch,
    pub tables: Tables,
    /// In the order in which they sign up.
    pub people: Vec<Person>,
    /// The visits, as time and person.
    pub visits: Vec<(At, usize)>,
}

impl World<'_> {
    /// Lets everything happen in the order of time, so that nobody spends what they do not have yet.
    pub fn run(&mut self) {
        let mut visits = std::mem::take(&mut self.visits);
        visits.sort_unstable();
        for (at, who) in visits {
            self.visit(who, at);
        }
    }

    fn visit(&mut self, who: usize, at: At) {
        let style = self.style;
        self.log(who, at, "sign_in");
        let mut at = self.later(at);
        if chance(self.rng, style.consent.asked) {
            self.consent(who, at);
            at = self.later(at);
        }
        if chance(self.rng, style.progress.work) {
            self.work(who, at);
            at = self.later(at);
        }
        if chance(self.rng, style.wallet.give) {
            self.give(who, at);
            at = self.later(at);
        }
        if chance(self.rng, style.wallet.spend)
            && let Some((token, amount)) = self.affordable(who)
        {
            self.tokens(Some(who), None, token, amount, at);
            self.log(who, at + SECOND, "spend_tokens");
        }
    }

    /// A few minutes on; a visit stays within the hour that is kept free at the end.
    fn later(&mut self, at: At) -> At {
        at + between(self.rng, (20 * SECOND, 480 * SECOND))
    }

    fn log(&mut self, who: usize, at: At, action: &str) {
        let id = uuid(self.rng);
        let person = self.people[who].id;
        self.batch
            .row(self.tables.logs, &[Field::Uuid(id), Field::Uuid(person), Field::Text(action), self.clock.field(at)]);
    }

    /// A person approves or declines an interaction, or revokes an earlier approval.
    fn consent(&mut self, who: usize, at: At) {
        let style = &self.style.consent;
        let asked = weighted(self.rng, &style.interactions, |i| i.weight);
        let approved = self.people[who].approved.contains(&asked);
        let status = match approved {
            // Nobody is asked again for what they have approved of.
            true if !chance(self.rng, style.revoked / style.asked.max(style.revoked)) => return,
            true => "revoked",
            false if chance(self.rng, style.declined) => "declined",
            false => "approved",
        };
        let own = &mut self.people[who].approved;
        match status {
            "approved" => own.push(asked),
            "revoked" => own.retain(|a| *a != asked),
            _ => {}
        }
        let interaction = &style.interactions[asked];
        let terms: Vec<String> =
            interaction.terms.iter().map(|t| format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let terms = if status == "approved" { format!("{{{}}}", terms.join(",")) } else { "{}".to_owned() };
        let id = uuid(self.rng);
        let fields = [
            Field::Uuid(id),
            Field::Uuid(self.people[who].id),
            Field::Text(&interaction.name),
            Field::Text(status),
            Field::Text(&terms),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.consent, &fields);
        self.log(who, at + SECOND, "record_consent");
    }

    /// Somebody works on a pillar, earns something, and takes the next phase when this one is done.
    fn work(&mut self, who: usize, at: At) {
        let style = self.style;
        let fresh = self.people[who].ways.is_empty() || chance(self.rng, style.progress.begin);
        let drawn = weighted(self.rng, &style.pillars, |p| p.weight);
        let known = self.people[who].ways.iter().position(|w| w.pillar == drawn);
        let way = match known {
            Some(way) => way,
            None if fresh => {
                let id = uuid(self.rng);
                let way = Way { id, pillar: drawn, phase: 0, percent: 0.0, begun: at, touched: at };
                self.people[who].ways.push(way);
                self.log(who, at, "begin_pillar");
                self.people[who].ways.len() - 1
            }
            None => self.rng.random_range(0..self.people[who].ways.len()),
        };
        let (least, most) = style.progress.gain;
        let gain = between(self.rng, (i64::from(least), i64::from(most))) as f64;
        let own = &mut self.people[who].ways[way];
        let (pillar, phase) = (own.pillar, own.phase);
        let last = phase + 1 == PHASES.len();
        own.percent = (own.percent + gain / style.progress.harder.powi(phase as i32)).min(100.0);
        own.touched = at;
        let done = own.percent >= 100.0 && !last;
        let token = style.token(&style.pillars[pillar].token);
        let (least, most) = style.wallet.earned;
        let mut earned = between(self.rng, (i64::from(least), i64::from(most)));
        if done {
            let moved = at + SECOND;
            own.phase += 1;
            own.percent = 0.0;
            own.touched = moved;
            self.write_transition(who, pillar, phase, moved);
            self.log(who, moved, "advance_phase");
            let (least, most) = style.wallet.phase;
            earned += between(self.rng, (i64::from(least), i64::from(most)));
        }
        self.tokens(None, Some(who), token, earned, at + 2 * SECOND);
    }

    fn write_transition(&mut self, who: usize, pillar: usize, phase: usize, at: At) {
        let id = uuid(self.rng);
        let fields = [
            Field::Uuid(id),
            Field::Uuid(self.people[who].id),
            Field::Text(&self.style.pillars[pillar].name),
            Field::Text(PHASES[phase]),
            Field::Text(PHASES[phase + 1]),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.transitions, &fields);
    }

    /// Somebody gives some of their tokens away, mostly to people whom they know.
    fn give(&mut self, who: usize, at: At) {
        let Some((token, amount)) = self.affordable(who) else { return };
        let friends = &self.people[who].friends;
        let to = if !friends.is_empty() && chance(self.rng, self.style.wallet.again) {
            *any(self.rng, friends)
        } else {
            self.rng.random_range(0..self.people.len())
        };
        // A gift needs somebody else, who is there already.
        if to == who || self.people[to].created >= at {
            return;
        }
        if !self.people[who].friends.contains(&to) {
            self.people[who].friends.push(to);
        }
        self.tokens(Some(who), Some(to), token, amount, at);
        self.log(who, at + SECOND, "transfer_tokens");
    }

    /// A part of one of a person's balances, if there is one.
    fn affordable(&mut self, who: usize) -> Option<(usize, i64)> {
        let place = {
            let own = &self.people[who].balances;
            (!own.is_empty()).then(|| self.rng.random_range(0..own.len()))?
        };
        let (least, most) = self.style.wallet.part;
        let part = least + (most - least) * self.rng.random::<f64>();
        let own = &self.people[who].balances[place];
        let amount = ((own.hundredths as f64 * part) as i64).min(own.hundredths);
        (amount > 0).then_some((own.token, amount))
    }

    /// Moves tokens: writes the transaction and keeps both sums. Every transaction of an account is
    /// later than the one before it.
    fn tokens(&mut self, from: Option<usize>, to: Option<usize>, token: usize, hundredths: i64, at: At) {
        let id = uuid(self.rng);
        let sides = [(from, -hundredths), (to, hundredths)];
        let latest = sides.iter().filter_map(|(who, _)| who.map(|w| self.people[w].last_entry + 1)).max();
        let at = at.max(latest.unwrap_or(at));
        for (who, delta) in sides {
            let Some(who) = who else { continue };
            self.people[who].last_entry = at;
            if !self.people[who].balances.iter().any(|b| b.token == token) {
                let id = uuid(self.rng);
                self.people[who].balances.push(Balance { id, token, hundredths: 0, touched: at });
            }
            if let Some(own) = self.people[who].balances.iter_mut().find(|b| b.token == token) {
                own.hundredths += delta;
                own.touched = at;
                debug_assert!(own.hundredths >= 0, "a sender has the tokens");
            }
        }
        let amount = decimal(hundredths);
        let fields = [
            Field::Uuid(id),
            Field::or_null(from, |who| Field::Uuid(self.people[who].id)),
            Field::or_null(to, |who| Field::Uuid(self.people[who].id)),
            Field::Text(&amount),
            Field::Text(&self.style.tokens[token].name),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.transactions, &fields);
    }
}
