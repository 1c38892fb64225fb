//! The parameters of the simulation: `seed.toml`.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::seed::systems::rules::{Rules, empty, endless, not_positive, tables};

tables! {
    /// The whole of `seed.toml`; the comments there say what each key means.
    struct Style {
        accounts: Accounts,
        day: Day,
        wellness: Wellness,
        progress: Progress,
        conversations: Conversations,
        texts: Texts,
        modules: Vec<Module>,
    }

    struct Accounts {
        idle: f64,
        launch_share: f64,
        launch_days: f64,
        with_name: f64,
        with_avatar: f64,
        changed: f64,
        email_domains: Vec<Name>,
        zones: Vec<Zone>,
    }

    struct Name {
        name: String,
        weight: f64,
    }

    struct Zone {
        name: String,
        hours: f64,
        weight: f64,
    }

    struct Day {
        hours: [f64; 24],
    }

    struct Wellness {
        devotion: (f64, f64),
        comeback: f64,
        next_morning: f64,
        changed: f64,
        evening: (f64, f64),
        morning: (f64, f64),
        sleep_hours: Value,
        water_ml: Value,
        exercise_minutes: Value,
        meditation_minutes: Value,
        mood: Value,
        energy: Value,
        rested: f64,
        noted: f64,
        notes: Vec<String>,
    }

    struct Value {
        entered: f64,
        mean: f64,
        people: f64,
        days: f64,
    }

    struct Progress {
        modules: (u8, u8),
        diligence: (f64, f64),
        noted: f64,
        notes: Vec<String>,
    }

    struct Conversations {
        per_week: f64,
        tail: f64,
        most_per_week: f64,
        ask_again: f64,
        answer_secs: (f64, f64),
        pause_secs: (f64, f64),
        tokens: (u16, u16),
        tokens_each_before: u16,
    }

    struct Texts {
        first_names: Vec<String>,
        last_names: Vec<String>,
        more: Vec<String>,
    }

    struct Module {
        name: String,
        topics: Vec<String>,
        questions: Vec<String>,
        answers: Vec<String>,
    }
}

impl Rules for Style {
    fn fault(&self) -> Option<String> {
        let filled = [
            ("accounts.email_domains", self.accounts.email_domains.len()),
            ("accounts.zones", self.accounts.zones.len()),
            ("wellness.notes", self.wellness.notes.len()),
            ("progress.notes", self.progress.notes.len()),
            ("texts.first_names", self.texts.first_names.len()),
            ("texts.last_names", self.texts.last_names.len()),
            ("texts.more", self.texts.more.len()),
            ("modules", self.modules.len()),
        ];
        if let Some(fault) = empty(&filled) {
            return Some(fault);
        }
        for module in &self.modules {
            if module.topics.is_empty() || module.questions.is_empty() || module.answers.is_empty() {
                return Some(format!("the module {} lacks topics, questions or answers", module.name));
            }
            // A user goes through a module once.
            if self.modules.iter().filter(|m| m.name == module.name).count() > 1 {
                return Some(format!("there are two modules {}", module.name));
            }
        }
        if let Some(zone) = self.accounts.zones.iter().find(|z| !(-12.0..=14.0).contains(&z.hours)) {
            return Some(format!("the zone {} is no place on Earth", zone.name));
        }
        let positive =
            [("conversations.per_week", self.conversations.per_week), ("conversations.tail", self.conversations.tail)];
        if let Some(fault) = not_positive(&positive) {
            return Some(fault);
        }
        let wellness = &self.wellness;
        for (name, value) in [
            ("sleep_hours", &wellness.sleep_hours),
            ("water_ml", &wellness.water_ml),
            ("exercise_minutes", &wellness.exercise_minutes),
            ("meditation_minutes", &wellness.meditation_minutes),
            ("mood", &wellness.mood),
            ("energy", &wellness.energy),
        ] {
            let spread = [value.people, value.days];
            if !(value.mean.is_finite() && spread.iter().all(|s| s.is_finite() && *s >= 0.0)) {
                return Some(format!("wellness.{name} must be finite, and spread by 0 or more"));
            }
        }
        endless(&[("conversations.ask_again", self.conversations.ask_again)])
    }
}

/// A number evenly between two others; the first if they are in the wrong order.
pub(super) fn within(rng: &mut ChaCha8Rng, (from, to): (f64, f64)) -> f64 {
    from + (to - from).max(0.0) * rng.random::<f64>()
}
