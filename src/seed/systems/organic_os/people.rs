//! The people, their homes, and their actions.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::days;
use super::style::{Module, Style, within};
use super::tables::Tables;
use crate::error::Result;
use crate::seed::clock::{At, Clock, DAY, HOUR, SECOND, any, chance, log_normal, span, uuid, weighted};
use crate::seed::{Batch, Field};

/// The state of the simulation, and the tables for its rows.
pub(super) struct World<'a> {
    pub style: &'a Style,
    pub clock: Clock,
    pub rng: &'a mut ChaCha8Rng,
    pub batch: &'a mut Batch,
    pub tables: Tables,
}

/// A person.
pub(super) struct Person {
    pub id: Uuid,
    pub created: At,
    /// The least that their clocks are ahead of UTC. Daylight saving moves them forward, so a day that
    /// has begun by this offset has begun.
    pub offset: At,
}

impl World<'_> {
    /// Lets the people of the cohort live, each with an own number from the first on.
    pub fn live(&mut self, first: u64, size: u64) -> Result<()> {
        let style = self.style;
        let talk = log_normal(style.conversations.per_week, style.conversations.tail)?;
        for number in first..first.saturating_add(size) {
            let person = self.sign_up(number);
            if chance(self.rng, style.accounts.idle) {
                continue;
            }
            self.keep_a_diary(&person);
            let modules = self.learn(&person);
            let per_week = self.rng.sample(talk).min(style.conversations.most_per_week);
            self.talk(&person, &modules, per_week);
        }
        Ok(())
    }

    fn sign_up(&mut self, number: u64) -> Person {
        let style = self.style;
        let accounts = &style.accounts;
        let zone = &accounts.zones[weighted(self.rng, &accounts.zones, |z| z.weight)];
        let domain = &accounts.email_domains[weighted(self.rng, &accounts.email_domains, |d| d.weight)].name;
        let offset = (zone.hours * HOUR as f64) as At;
        let end = self.clock.end;
        let until =
            if chance(self.rng, accounts.launch_share) { span(accounts.launch_days, DAY).min(end) } else { end };
        let created = days::pick(&self.clock, self.rng, &style.day, offset, (0, until));
        let updated = if chance(self.rng, accounts.changed) { self.rng.random_range(created..end) } else { created };
        let id = uuid(self.rng);
        let (given, family) = (any(self.rng, &style.texts.first_names), any(self.rng, &style.texts.last_names));
        let email = format!("{given}.{family}.{number}@{domain}").to_lowercase();
        let name = chance(self.rng, accounts.with_name).then(|| format!("{given} {family}"));
        let avatar =
            chance(self.rng, accounts.with_avatar).then(|| format!("https://images.example.com/{}.jpg", id.simple()));
        let fields = [
            Field::Uuid(id),
            Field::Text(&email),
            Field::or_null(name.as_deref(), Field::Text),
            Field::or_null(avatar.as_deref(), Field::Text),
            Field::Text(&zone.name),
            self.clock.field(created),
            self.clock.field(updated),
        ];
        self.batch.row(self.tables.users, &fields);
        Person { id, created, offset }
    }

    /// Writes the progress of a person in some modules. Returns the modules.
    fn learn(&mut self, person: &Person) -> Vec<usize> {
        let style = self.style;
        let (least, most) = style.progress.modules;
        let wanted = usize::from(self.rng.random_range(least..=most.max(least))).min(style.modules.len());
        let mut left: Vec<usize> = (0..style.modules.len()).collect();
        let mut taken = Vec::new();
        while taken.len() < wanted {
            taken.push(left.swap_remove(self.rng.random_range(0..left.len())));
        }
        for module in &taken {
            self.take_up(person, &style.modules[*module]);
        }
        taken
    }

    fn take_up(&mut self, person: &Person, module: &Module) {
        let style = self.style;
        let begun = days::pick(&self.clock, self.rng, &style.day, person.offset, (person.created, self.clock.end));
        let topics = module.topics.len();
        // Some would have done more than there is.
        let share = within(self.rng, style.progress.diligence).clamp(0.0, 1.0);
        let done = ((topics as f64 * share) as usize).min(topics);
        let last = days::pick(&self.clock, self.rng, &style.day, person.offset, (begun, self.clock.end));
        let completed: Vec<String> =
            module.topics[..done].iter().map(|topic| format!("\"{}\"", topic.replace('"', ""))).collect();
        let completed = format!("{{{}}}", completed.join(","));
        let percentage = format!("{:.2}", done as f64 * 100.0 / topics as f64);
        let note = chance(self.rng, style.progress.noted).then(|| any(self.rng, &style.progress.notes).as_str());
        let fields = [
            Field::Uuid(uuid(self.rng)),
            Field::Uuid(person.id),
            Field::Text(&module.name),
            Field::Text(&percentage),
            Field::Text(&completed),
            Field::or_null(module.topics.get(done).map(String::as_str), Field::Text),
            Field::or_null(note, Field::Text),
            self.clock.field(last),
            self.clock.field(begun),
            self.clock.field(last),
        ];
        self.batch.row(self.tables.progress, &fields);
    }

    /// Conversations with the coach, about the modules that somebody took up or any other.
    fn talk(&mut self, person: &Person, modules: &[usize], per_week: f64) {
        let style = self.style;
        let weeks = (self.clock.end - person.created) as f64 / (7 * DAY) as f64;
        let expected = per_week * weeks;
        let number = expected as u64 + u64::from(chance(self.rng, expected.fract()));
        for _ in 0..number {
            let begun = days::pick(&self.clock, self.rng, &style.day, person.offset, (person.created, self.clock.end));
            let module = match modules {
                [] => any(self.rng, &style.modules),
                _ => &style.modules[*any(self.rng, modules)],
            };
            self.converse(person, module, begun);
        }
    }

    fn converse(&mut self, person: &Person, module: &Module, begun: At) {
        let style = self.style;
        let rules = &style.conversations;
        let id = uuid(self.rng);
        let topic = any(self.rng, &module.questions);
        let (mut at, mut last, mut before) = (begun + SECOND, begun, 0_i64);
        let mut question = topic;
        // What would be said after the end of the history is not said.
        while at < self.clock.end {
            self.say(id, "user", question, None, at);
            (last, before) = (at, before + 1);
            at += span(within(self.rng, rules.answer_secs), SECOND);
            if at >= self.clock.end {
                break;
            }
            let (least, most) = rules.tokens;
            let own = i64::from(self.rng.random_range(least..=most.max(least)));
            let tokens = own + before * i64::from(rules.tokens_each_before);
            let answer = any(self.rng, &module.answers);
            self.say(id, "assistant", answer, Some(tokens), at);
            (last, before) = (at, before + 1);
            if !chance(self.rng, rules.ask_again) {
                break;
            }
            at += span(within(self.rng, rules.pause_secs), SECOND);
            question = any(self.rng, &style.texts.more);
        }
        let fields = [
            Field::Uuid(id),
            Field::Uuid(person.id),
            Field::Text(&module.name),
            Field::Text(topic),
            self.clock.field(begun),
            self.clock.field(last),
        ];
        self.batch.row(self.tables.conversations, &fields);
    }

    fn say(&mut self, conversation: Uuid, role: &str, content: &str, tokens: Option<i64>, at: At) {
        let fields = [
            Field::Uuid(uuid(self.rng)),
            Field::Uuid(conversation),
            Field::Text(role),
            Field::Text(content),
            Field::or_null(tokens, Field::Int),
            self.clock.field(at),
        ];
        self.batch.row(self.tables.messages, &fields);
    }
}
