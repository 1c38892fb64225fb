//! The parameters of the simulation: `seed.toml`.

use serde::Deserialize;

use crate::seed::clock::Curve;
use crate::seed::systems::rules::{Rules, empty, endless, not_positive, tables};

/// A text as it stands in JSON, quotes included.
#[derive(Deserialize)]
#[serde(from = "String")]
pub(super) struct Quoted(pub String);

impl From<String> for Quoted {
    fn from(text: String) -> Self {
        Quoted(serde_json::Value::String(text).to_string())
    }
}

tables! {
    /// The whole of `seed.toml`; the comments there say what each key means.
    struct Style {
        utc_offset_hours: i8,
        activity: Activity,
        people: Curve,
        office: Curve,
        accounts: Accounts,
        packages: Packages,
        payments: Payments,
        jobs: Jobs,
        readings: Readings,
        invites: Invites,
        exchanges: Exchanges,
        adjustments: Adjustments,
        texts: Texts,
    }

    struct Activity {
        idle: f64,
        visits_per_week: f64,
        tail: f64,
        most_visits_per_week: f64,
        ask_again: f64,
        losing_interest: u8,
        launch_share: f64,
        launch_days: f64,
    }

    struct Accounts {
        thai: f64,
        other_language: f64,
        with_picture: f64,
        email_domains: Vec<Name>,
        providers: Vec<Provider>,
    }

    struct Name {
        name: String,
        weight: f64,
    }

    struct Provider {
        name: String,
        prefix: String,
        weight: f64,
    }

    struct Packages {
        choices: Vec<Package>,
        sometimes: f64,
        often: f64,
    }

    struct Package {
        name: String,
        price: u32,
        stars: u16,
        bonus: u16,
        weights: [f64; 3],
    }

    struct Payments {
        currency: String,
        buy: f64,
        card: f64,
        declined: f64,
        retry: f64,
        retry_secs: (f64, f64),
        abandoned: f64,
        abandoned_hours: f64,
        abandoned_error: Failure,
        card_secs: (f64, f64),
        promptpay_secs: (f64, f64),
        regretted: f64,
        refund_hours: (f64, f64),
        second_card: f64,
        brands: Vec<Name>,
        errors: Vec<Failure>,
    }

    struct Failure {
        code: String,
        text: String,
        #[serde(default)]
        weight: f64,
    }

    struct Jobs {
        workers: u16,
        prompt_versions: Vec<String>,
        max_attempts: u8,
        lease_secs: u32,
        backlog_mins: f64,
        wait_ms: (f64, f64),
        success_ms: (f64, f64),
        failure_ms: (f64, f64),
        failing: f64,
        hopeless: f64,
        backoff_secs: f64,
        backoff_factor: f64,
        incidents: Vec<Incident>,
        errors: Vec<Failure>,
    }

    struct Incident {
        ended_hours_ago: f64,
        hours: f64,
        failing: f64,
    }

    struct Readings {
        three_cards: u8,
        five_cards: u8,
        five: f64,
        insisting: f64,
        reversed: f64,
        pause_secs: (f64, f64),
        bad: f64,
        give_back_hours: (f64, f64),
    }

    struct Invites {
        invited: f64,
        eagerness_tail: f64,
        coins: u16,
        valid_days: f64,
        campaign: Quoted,
        campaign_days: f64,
        wait_days: (f64, f64),
        accept_secs: (f64, f64),
        unanswered: f64,
        sources: Vec<Source>,
    }

    struct Source {
        name: Quoted,
        weight: f64,
    }

    struct Exchanges {
        coins: u16,
        eager: f64,
    }

    struct Adjustments {
        after_dead_letter: f64,
        after_visit: f64,
        hours: (f64, f64),
        stars: (u16, u16),
        coins: (u16, u16),
        in_coins: f64,
        debit: f64,
        mistaken: f64,
        mistaken_hours: (f64, f64),
        operators: Vec<Quoted>,
        credit_reasons: Vec<Quoted>,
        debit_reasons: Vec<Quoted>,
    }

    struct Texts {
        first_names: Vec<(String, String)>,
        last_names: Vec<(String, String)>,
        cards: Vec<Quoted>,
        th: Language,
        other: Language,
    }

    struct Language {
        locale: String,
        ending: String,
        times: Vec<String>,
        questions: Vec<Question>,
        readings: Vec<Answer>,
    }

    struct Question {
        topic: Quoted,
        text: String,
    }

    struct Answer {
        mood: Quoted,
        text: Quoted,
    }
}

impl Rules for Style {
    fn fault(&self) -> Option<String> {
        let texts = &self.texts;
        let filled = [
            ("accounts.email_domains", self.accounts.email_domains.len()),
            ("accounts.providers", self.accounts.providers.len()),
            ("packages.choices", self.packages.choices.len()),
            ("payments.brands", self.payments.brands.len()),
            ("payments.errors", self.payments.errors.len()),
            ("jobs.prompt_versions", self.jobs.prompt_versions.len()),
            ("jobs.errors", self.jobs.errors.len()),
            ("invites.sources", self.invites.sources.len()),
            ("adjustments.operators", self.adjustments.operators.len()),
            ("adjustments.credit_reasons", self.adjustments.credit_reasons.len()),
            ("adjustments.debit_reasons", self.adjustments.debit_reasons.len()),
            ("texts.first_names", texts.first_names.len()),
            ("texts.last_names", texts.last_names.len()),
            ("texts.th.times", texts.th.times.len()),
            ("texts.th.questions", texts.th.questions.len()),
            ("texts.th.readings", texts.th.readings.len()),
            ("texts.other.times", texts.other.times.len()),
            ("texts.other.questions", texts.other.questions.len()),
            ("texts.other.readings", texts.other.readings.len()),
        ];
        if let Some(fault) = empty(&filled) {
            return Some(fault);
        }
        // A spread has no card twice.
        if texts.cards.len() < 5 {
            return Some("texts.cards has fewer than five cards".to_owned());
        }
        let positive = [
            ("jobs.max_attempts", f64::from(self.jobs.max_attempts)),
            ("jobs.workers", f64::from(self.jobs.workers)),
            ("jobs.lease_secs", f64::from(self.jobs.lease_secs)),
            ("readings.three_cards", f64::from(self.readings.three_cards)),
            ("readings.five_cards", f64::from(self.readings.five_cards)),
            ("invites.coins", f64::from(self.invites.coins)),
            ("exchanges.coins", f64::from(self.exchanges.coins)),
            ("adjustments.stars", f64::from(self.adjustments.stars.0)),
            ("adjustments.coins", f64::from(self.adjustments.coins.0)),
            ("activity.visits_per_week", self.activity.visits_per_week),
            ("activity.tail", self.activity.tail),
            ("invites.eagerness_tail", self.invites.eagerness_tail),
        ];
        if let Some(fault) = not_positive(&positive) {
            return Some(fault);
        }
        if self.packages.choices.iter().any(|p| p.price == 0 || p.stars == 0) {
            return Some("every package needs a price and stars above 0".to_owned());
        }
        // Somebody without enough stars for a question buys a package and asks again; were it too
        // small for that, they would buy without end.
        let dearest = u16::from(self.readings.three_cards.max(self.readings.five_cards));
        if self.packages.choices.iter().any(|p| p.stars < dearest) {
            return Some("every package must be enough for a reading".to_owned());
        }
        // Each of these is asked for again and again until the answer is no.
        let repeated = [("activity.ask_again", self.activity.ask_again), ("payments.declined", self.payments.declined)];
        endless(&repeated)
    }
}
