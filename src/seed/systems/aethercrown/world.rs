//! A cohort in the middle of its history, and the log of everything that happens in it.

use rand_chacha::ChaCha8Rng;

use super::model::Subject;
use super::style::Style;
use super::tables::Tables;
use crate::seed::clock::{At, Clock, SECOND, any, between, uuid};
use crate::seed::{Batch, Field};

/// The state of the simulation. People have nothing to do with each other here, so each is lived
/// through from sign-up to the end before the next one begins.
pub(super) struct World<'a> {
    pub style: &'a Style,
    pub clock: Clock,
    pub rng: &'a mut ChaCha8Rng,
    pub batch: &'a mut Batch,
    pub tables: Tables,
}

impl<'a> World<'a> {
    pub fn new(style: &'a Style, clock: Clock, rng: &'a mut ChaCha8Rng, batch: &'a mut Batch) -> Self {
        World { style, clock, rng, tables: Tables::declare(batch), batch }
    }

    /// True for a time within the history. The last moment stays free for the log of an event.
    pub fn happens(&self, at: At) -> bool {
        at < self.clock.end - SECOND
    }

    /// An address of the example networks.
    pub fn address(&mut self) -> String {
        let network = any(self.rng, &self.style.accounts.networks);
        format!("{network}.{}", between(self.rng, (1, 254)))
    }

    /// Logs that something was done.
    pub fn log(&mut self, subject: Subject<'_>, action: &str, at: At) {
        let details = format!(r#"{{"ip_address":"{}"}}"#, subject.address);
        self.write_log(subject, action, &details, "info", at);
    }

    /// Logs a change of state with the columns that changed, which are given as they stand in JSON.
    pub fn log_change(
        &mut self,
        subject: Subject<'_>,
        (action, level): (&str, &str),
        (previous, new): (&str, &str),
        fields: &str,
        at: At,
    ) {
        let details = format!(
            r#"{{"previous_state":"{previous}","new_state":"{new}","changed_fields":{fields},"ip_address":"{}"}}"#,
            subject.address
        );
        self.write_log(subject, action, &details, level, at);
    }

    pub fn write_log(&mut self, subject: Subject<'_>, action: &str, details: &str, level: &str, at: At) {
        let id = uuid(self.rng);
        // Less than the millisecond that any two changes of one thing are apart.
        let logged = at + between(self.rng, (20, 900));
        let fields = [
            Field::Uuid(id),
            Field::Text(subject.log_type),
            Field::Uuid(subject.entity),
            Field::Text(action),
            Field::Text(details),
            Field::Text(level),
            self.clock.field(logged),
            Field::Uuid(subject.user),
        ];
        self.batch.row(self.tables.logs, &fields);
    }
}

/// A text as it stands in JSON, quotes included.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
