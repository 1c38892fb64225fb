//! The parameters of the simulation: `seed.toml`.

use crate::seed::clock::Curve;
use crate::seed::systems::rules::{Rules, empty, not_positive, tables};

tables! {
    /// The whole of `seed.toml`; the comments there say what each key means.
    struct Style {
        utc_offset_hours: i8,
        activity: Activity,
        people: Curve,
        accounts: Accounts,
        roles: Vec<Role>,
        tokens: Vec<Token>,
        pillars: Vec<Pillar>,
        progress: Progress,
        wallet: Wallet,
        consent: Consent,
        texts: Texts,
    }

    struct Activity {
        idle: f64,
        visits_per_week: f64,
        tail: f64,
        most_visits_per_week: f64,
    }

    struct Accounts {
        with_profile: f64,
        with_picture: f64,
        email_domains: Vec<Name>,
    }

    struct Name {
        name: String,
        weight: f64,
    }

    struct Role {
        name: String,
        share: f64,
        permissions: Vec<String>,
    }

    struct Token {
        name: String,
        title: String,
        category: u8,
    }

    struct Pillar {
        name: String,
        weight: f64,
        token: String,
    }

    struct Progress {
        work: f64,
        begin: f64,
        gain: (u8, u8),
        harder: f64,
    }

    struct Wallet {
        earned: (u32, u32),
        phase: (u32, u32),
        give: f64,
        spend: f64,
        part: (f64, f64),
        again: f64,
    }

    struct Consent {
        asked: f64,
        declined: f64,
        revoked: f64,
        interactions: Vec<Interaction>,
    }

    struct Interaction {
        name: String,
        terms: Vec<String>,
        weight: f64,
    }

    struct Texts {
        first_names: Vec<String>,
        last_names: Vec<String>,
    }
}

impl Style {
    /// The place of a token in the list. Those of the pillars are there, as `fault` makes sure.
    pub fn token(&self, name: &str) -> usize {
        self.tokens.iter().position(|t| t.name == name).unwrap_or(0)
    }
}

impl Rules for Style {
    fn fault(&self) -> Option<String> {
        let filled = [
            ("accounts.email_domains", self.accounts.email_domains.len()),
            ("tokens", self.tokens.len()),
            ("pillars", self.pillars.len()),
            ("consent.interactions", self.consent.interactions.len()),
            ("texts.first_names", self.texts.first_names.len()),
            ("texts.last_names", self.texts.last_names.len()),
        ];
        if let Some(fault) = empty(&filled) {
            return Some(fault);
        }
        if let Some(pillar) = self.pillars.iter().find(|p| self.tokens.iter().all(|t| t.name != p.token)) {
            return Some(format!("the pillar {} rewards with {}, which is not in tokens", pillar.name, pillar.token));
        }
        if let Some(token) = self.tokens.iter().find(|t| ![3, 6, 9].contains(&t.category)) {
            return Some(format!("the token {} is of category {}, not 3, 6 or 9", token.name, token.category));
        }
        if let Some(asked) = self.consent.interactions.iter().find(|i| i.terms.is_empty()) {
            return Some(format!("the interaction {} has no terms", asked.name));
        }
        let positive = [
            ("activity.visits_per_week", self.activity.visits_per_week),
            ("activity.tail", self.activity.tail),
            ("progress.gain", f64::from(self.progress.gain.0)),
            ("progress.harder", self.progress.harder),
            ("wallet.earned", f64::from(self.wallet.earned.0)),
            ("wallet.phase", f64::from(self.wallet.phase.0)),
            ("wallet.part", self.wallet.part.0),
        ];
        if let Some(fault) = not_positive(&positive) {
            return Some(fault);
        }
        (self.wallet.part.1 > 1.0).then(|| "wallet.part is at most the whole, 1".to_owned())
    }
}
