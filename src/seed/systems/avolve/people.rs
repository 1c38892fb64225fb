//! The people, their sign-ups and their visits.

use rand::RngExt as _;

use super::model::{PHASES, Person, decimal};
use super::world::World;
use crate::error::Result;
use crate::seed::Field;
use crate::seed::clock::{At, HOUR, SECOND, WEEK, any, between, chance, log_normal, uuid, weighted};

impl World<'_> {
    /// Writes the rows that all people share. They exist already if people are added to others.
    pub fn found(&mut self) {
        for token in &self.style.tokens {
            let fields = [
                Field::Text(&token.name),
                Field::Text(&token.title),
                Field::Int(i64::from(token.category)),
                self.clock.field(0),
            ];
            self.batch.row(self.tables.types, &fields);
        }
        for role in &self.style.roles {
            for permission in &role.permissions {
                let fields = [Field::Text(&role.name), Field::Text(permission), self.clock.field(0)];
                self.batch.row(self.tables.permissions, &fields);
            }
        }
    }

    /// Lets the people of the cohort sign up, each with an own number from the first on.
    pub fn populate(&mut self, first: u64, size: u64) -> Result<()> {
        let activity = &self.style.activity;
        let visits = log_normal(activity.visits_per_week, activity.tail)?;
        // The last hour is kept free for what a visit may still bring.
        let end = (self.clock.end - HOUR).max(0);
        let mut signed_up: Vec<At> =
            (0..size).map(|_| self.clock.pick(self.rng, &self.style.people, (0, end))).collect();
        signed_up.sort_unstable();

        for (number, created) in (first..).zip(signed_up) {
            let id = uuid(self.rng);
            self.people.push(Person {
                id,
                number,
                created,
                ways: Vec::new(),
                balances: Vec::new(),
                approved: Vec::new(),
                friends: Vec::new(),
                last_entry: created,
            });
            if chance(self.rng, activity.idle) {
                continue;
            }
            let who = self.people.len() - 1;
            let start = created + between(self.rng, (20 * SECOND, 300 * SECOND));
            let per_week = self.rng.sample(visits).min(activity.most_visits_per_week);
            let expected = per_week * (end - created) as f64 / WEEK as f64;
            // The first visit is the sign-up itself.
            self.visits.push((start, who));
            for _ in 0..expected as u64 + u64::from(chance(self.rng, expected.fract())) {
                let at = self.clock.pick(self.rng, &self.style.people, (start, end));
                // Somebody who signed up in the last minutes does not come back before that.
                self.visits.push((at.max(start), who));
            }
        }
        Ok(())
    }

    /// Writes the people and the rows that could change until the end.
    pub fn write_people(&mut self) {
        let style = self.style;
        for who in 0..self.people.len() {
            let accounts = &style.accounts;
            let domain = &accounts.email_domains[weighted(self.rng, &accounts.email_domains, |d| d.weight)].name;
            let given = any(self.rng, &style.texts.first_names);
            let family = any(self.rng, &style.texts.last_names);
            let (id, number, created) = (self.people[who].id, self.people[who].number, self.people[who].created);
            let user = Field::Uuid(id);
            let since = self.clock.field(created);
            let email = format!("{}.{}.{number}@{domain}", given.to_lowercase(), family.to_lowercase());
            self.batch.row(self.tables.users, &[user, Field::Text(&email), since, since]);
            if chance(self.rng, accounts.with_profile) {
                let username = format!("{}{number}", given.to_lowercase());
                let name = format!("{given} {family}");
                let picture = chance(self.rng, accounts.with_picture)
                    .then(|| format!("https://images.example.com/{}.jpg", id.simple()));
                let picture = Field::or_null(picture.as_deref(), Field::Text);
                let fields = [user, Field::Text(&username), Field::Text(&name), picture, since, since];
                self.batch.row(self.tables.profiles, &fields);
            }
            for role in &style.roles {
                if chance(self.rng, role.share) {
                    self.batch.row(self.tables.roles, &[user, Field::Text(&role.name), since]);
                }
            }
            for way in &self.people[who].ways {
                let fields = [
                    Field::Uuid(way.id),
                    user,
                    Field::Text(&style.pillars[way.pillar].name),
                    Field::Text(PHASES[way.phase]),
                    // Between 0 and 100.
                    Field::Int(way.percent as i64),
                    self.clock.field(way.begun),
                    self.clock.field(way.touched),
                ];
                self.batch.row(self.tables.progress, &fields);
            }
            for own in &self.people[who].balances {
                let balance = decimal(own.hundredths);
                let fields = [
                    Field::Uuid(own.id),
                    user,
                    Field::Text(&style.tokens[own.token].name),
                    Field::Text(&balance),
                    self.clock.field(own.touched),
                ];
                self.batch.row(self.tables.balances, &fields);
            }
        }
    }
}
