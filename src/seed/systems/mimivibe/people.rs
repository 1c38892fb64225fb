//! The people, their sign-ups and their visits.

use rand::RngExt as _;

use super::invites::Tier;
use super::model::{Event, Person, base62};
use super::world::World;
use crate::error::Result;
use crate::seed::Field;
use crate::seed::clock::{At, DAY, HOUR, SECOND, any, chance, delay, log_normal, span, uuid, weighted};

impl World<'_> {
    /// Lets the people of the cohort sign up, each with an own number from the first on.
    pub fn populate(&mut self, first: u64, size: u64) -> Result<()> {
        let activity = &self.style.activity;
        let visits = log_normal(activity.visits_per_week, activity.tail)?;
        let eagerness = log_normal(1.0, self.style.invites.eagerness_tail)?;

        let end = self.clock.end;
        let launch = span(activity.launch_days, DAY).min(end);
        let mut signed_up: Vec<At> = (0..size)
            .map(|_| {
                let until = if chance(self.rng, activity.launch_share) { launch } else { end };
                self.clock.pick(self.rng, &self.style.people, (0, until))
            })
            .collect();
        // In the order in which they come, so that whoever can have invited somebody stands before them.
        signed_up.sort_unstable();

        for (number, created) in (first..).zip(signed_up) {
            let id = uuid(self.rng);
            let idle = chance(self.rng, activity.idle);
            let per_week = self.rng.sample(visits).min(activity.most_visits_per_week);
            let packages = &self.style.packages;
            self.people.push(Person {
                id,
                number,
                invite_code: invite_code(number),
                created,
                appetite: usize::from(per_week >= packages.sometimes) + usize::from(per_week >= packages.often),
                thai: chance(self.rng, self.style.accounts.thai),
                eagerness: if idle { 0.0 } else { self.rng.sample(eagerness) },
                stars: 0,
                coins: 0,
                reserved: 0,
                methods: Vec::new(),
                invited_by: None,
                accepted: Vec::new(),
                last_entry: created,
                last_login: created,
                touched: created,
            });
            let who = self.people.len() - 1;
            self.come_through_an_invite(who);
            if !idle {
                self.plan_visits(who, per_week);
            }
        }
        Ok(())
    }

    /// The first visit is the sign-up itself; the others come at the rate of the person.
    fn plan_visits(&mut self, who: usize, per_week: f64) {
        let (created, end) = (self.people[who].created, self.clock.end);
        let start = created + delay(self.rng, (20.0, 400.0), SECOND);
        self.plan(start, who, Event::Visit);
        let weeks = (end - created) as f64 / (7 * DAY) as f64;
        let expected = per_week * weeks;
        let visits = expected as u64 + u64::from(chance(self.rng, expected.fract()));
        // People who come rarely lose interest; whoever comes often keeps coming.
        let draws = if self.people[who].appetite == 0 { self.style.activity.losing_interest } else { 1 };
        for _ in 0..visits {
            let at =
                (0..draws.max(1)).map(|_| self.clock.pick(self.rng, &self.style.people, (start + HOUR, end))).min();
            self.plan(at.unwrap_or(end), who, Event::Visit);
        }
    }

    /// Somebody opens the application, and mostly because of a question.
    pub fn visit(&mut self, who: usize, at: At) {
        let style = self.style;
        let person = &mut self.people[who];
        person.last_login = at;
        person.touched = person.touched.max(at);
        if chance(self.rng, style.exchanges.eager) {
            self.exchange(who, at);
        }
        let unanswered = style.invites.unanswered * (0.5 + self.people[who].eagerness.min(8.0));
        if chance(self.rng, unanswered) {
            self.invite_in_vain(who, at);
        }
        if chance(self.rng, style.adjustments.after_visit) {
            self.plan_adjustment(who, at);
        }
        let mut more = 0;
        while chance(self.rng, style.activity.ask_again) {
            more += 1;
        }
        let first = at + delay(self.rng, (10.0, 150.0), SECOND);
        self.plan(first, who, Event::Ask { more });
    }

    /// Writes the people and their cards.
    pub fn write_people(&mut self) {
        let style = self.style;
        for who in 0..self.people.len() {
            let accounts = &style.accounts;
            let provider = &accounts.providers[weighted(self.rng, &accounts.providers, |p| p.weight)];
            let domain = &accounts.email_domains[weighted(self.rng, &accounts.email_domains, |d| d.weight)].name;
            let (given, given_latin) = any(self.rng, &style.texts.first_names);
            let (family, family_latin) = any(self.rng, &style.texts.last_names);
            let pictured = chance(self.rng, accounts.with_picture);
            let person = &self.people[who];
            let external_id = format!("{}{}", provider.prefix, base62(person.id));
            let email = format!("{given_latin}.{family_latin}.{}@{domain}", person.number);
            let name = if person.thai { format!("{given} {family}") } else { format!("{given_latin} {family_latin}") };
            let picture = pictured.then(|| format!("https://images.example.com/{}.jpg", person.id.simple()));
            let fields = [
                Field::Uuid(person.id),
                Field::Text(&external_id),
                Field::Text(&provider.name),
                Field::Text(&email),
                Field::Text(&name),
                Field::or_null(picture.as_deref(), Field::Text),
                Field::Int(person.stars),
                Field::Int(person.coins),
                Field::Text(&person.invite_code),
                Field::or_null(person.invited_by, Field::Uuid),
                Field::Int(i64::try_from(person.accepted.len()).unwrap_or(i64::MAX)),
                Field::Text(Tier::of(person.accepted.len()).name()),
                self.clock.field(person.created),
                self.clock.field(person.last_login),
                self.clock.field(person.touched),
            ];
            self.batch.row(self.tables.users, &fields);
            self.write_methods(who);
        }
    }
}

/// An invite code of the alphabet that the database uses. It is the person's number, shuffled by
/// steps that can be undone, so no two numbers share a code.
fn invite_code(number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    const BITS: u64 = (1 << 50) - 1;
    let mut mixed = (number ^ 0x1_2e8b_d50f_93a6) & BITS;
    for odd in [0x2_9e37_79b9_7f4b, 0x1_bf58_476d_1ce5] {
        mixed = mixed.wrapping_mul(odd) & BITS;
        mixed ^= mixed >> 25;
    }
    (0..10).map(|place| char::from(ALPHABET[usize::try_from(mixed >> (5 * place) & 31).unwrap_or(0)])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::invite_code;

    #[test]
    fn no_two_people_share_an_invite_code() {
        let codes: BTreeSet<String> = (0..20_000).chain(5_000_000..5_020_000).map(invite_code).collect();
        assert_eq!(codes.len(), 40_000);
        assert!(codes.iter().all(|code| code.len() == 10));
    }
}
