//! The people, their sign-ups, their visits, and their actions on a visit.

use rand::RngExt as _;

use super::model::Person;
use super::world::World;
use crate::error::Result;
use crate::seed::Field;
use crate::seed::clock::{At, DAY, HOUR, SECOND, any, chance, delay, log_normal, span, uuid, weighted};

impl<'a> World<'a> {
    /// Lets the people of the cohort sign up, each with an own number from the first on, and live.
    pub fn populate(&mut self, first: u64, size: u64) -> Result<()> {
        let activity = &self.style.activity;
        let visits = log_normal(activity.visits_per_week, activity.tail)?;
        let end = self.clock.end;
        let launch = span(activity.launch_days, DAY).min(end);
        for number in first..first.saturating_add(size) {
            let until = if chance(self.rng, activity.launch_share) { launch } else { end };
            let created = self.clock.pick(self.rng, &self.style.people, (0, until - 2 * SECOND));
            let per_week = self.rng.sample(visits).min(activity.most_visits_per_week);
            self.live(number, created.max(0), per_week);
        }
        Ok(())
    }

    fn live(&mut self, number: u64, created: At, per_week: f64) {
        let style = self.style;
        let id = uuid(self.rng);
        let (given, family) = (any(self.rng, &style.texts.first_names), any(self.rng, &style.texts.last_names));
        let domain =
            &style.accounts.email_domains[weighted(self.rng, &style.accounts.email_domains, |d| d.weight)].name;
        let letters = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let email = format!("{}.{}.{number}@{domain}", letters(given), letters(family));
        let role = if chance(self.rng, style.accounts.admins) { "admin" } else { "user" };
        let mut person = Person {
            id,
            number,
            name: format!("{given} {family}"),
            address: self.address(),
            currency: &style.payments.currencies[weighted(self.rng, &style.payments.currencies, |c| c.weight)],
            invoices: 0,
            clones: Vec::new(),
            subscribed: None,
        };
        self.log(person.subject("user", id), "user.signed_up", created);

        let mut last_login = None;
        if !chance(self.rng, style.activity.idle) {
            for at in self.visits(created, per_week) {
                self.log(person.subject("user", id), "user.logged_in", at);
                last_login = Some(at);
                self.visit(&mut person, at);
            }
        }
        let fields = [
            Field::Uuid(id),
            Field::Text(&email),
            Field::Text(&person.name),
            Field::Text(role),
            self.clock.field(created),
            self.clock.field(last_login.unwrap_or(created)),
            Field::or_null(last_login, |at| self.clock.field(at)),
        ];
        self.batch.row(self.tables.users, &fields);
        for clone in &person.clones {
            self.write_clone(id, clone);
        }
    }

    /// The times of somebody's visits, in order. The first one is the sign-up itself.
    fn visits(&mut self, created: At, per_week: f64) -> Vec<At> {
        let end = self.clock.end;
        let start = created + delay(self.rng, (20.0, 400.0), SECOND);
        let expected = per_week * (end - created) as f64 / (7 * DAY) as f64;
        let number = expected as u64 + u64::from(chance(self.rng, expected.fract()));
        let mut visits = vec![start];
        visits.extend((0..number).map(|_| self.clock.pick(self.rng, &self.style.people, (start + HOUR, end))));
        visits.retain(|at| self.happens(*at));
        visits.sort_unstable();
        visits.dedup();
        visits
    }

    /// Somebody comes to have work done, and now and then looks after the clones or pays.
    fn visit(&mut self, person: &mut Person<'a>, at: At) {
        let style = self.style;
        let mut now = at + delay(self.rng, (8.0, 90.0), SECOND);
        if person.clones.is_empty()
            || (person.clones.len() < style.clones.most && chance(self.rng, style.clones.another))
        {
            self.make_clone(person, now);
            now += delay(self.rng, (30.0, 300.0), SECOND);
        }
        if chance(self.rng, style.clones.reconfigured) {
            self.reconfigure(person, now);
            now += delay(self.rng, (20.0, 120.0), SECOND);
        }
        if person.clones.len() > 1 && chance(self.rng, style.clones.retired) {
            self.retire(person, now);
            now += delay(self.rng, (5.0, 30.0), SECOND);
        }
        if chance(self.rng, style.payments.buy) {
            self.buy(person, now);
            now += delay(self.rng, (40.0, 300.0), SECOND);
        }
        loop {
            self.work(person, now);
            if !chance(self.rng, style.activity.work_again) {
                break;
            }
            now += delay(self.rng, (15.0, 900.0), SECOND);
        }
    }
}
