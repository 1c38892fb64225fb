//! The parameters of the simulation: `seed.toml`.

use crate::seed::clock::Curve;
use crate::seed::systems::rules::{Rules, empty, endless, not_positive, tables};

tables! {
    /// The whole of `seed.toml`; the comments there say what each key means.
    struct Style {
        utc_offset_hours: i8,
        activity: Activity,
        people: Curve,
        office: Curve,
        accounts: Accounts,
        clones: Clones,
        tasks: Tasks,
        payments: Payments,
        texts: Texts,
    }

    struct Activity {
        idle: f64,
        visits_per_week: f64,
        tail: f64,
        most_visits_per_week: f64,
        work_again: f64,
        launch_share: f64,
        launch_days: f64,
    }

    struct Accounts {
        admins: f64,
        email_domains: Vec<Name>,
        networks: Vec<String>,
    }

    struct Name {
        name: String,
        weight: f64,
    }

    struct Clones {
        another: f64,
        most: usize,
        reconfigured: f64,
        retired: f64,
        archived: f64,
        model_versions: Vec<String>,
        temperatures: Vec<f64>,
        max_tokens: Vec<u32>,
        kinds: Vec<CloneKind>,
    }

    struct CloneKind {
        model_type: String,
        name: String,
        description: String,
        weight: f64,
    }

    struct Tasks {
        wait_ms: (f64, f64),
        success_secs: (f64, f64),
        failure_secs: (f64, f64),
        failing: f64,
        put_back: f64,
        put_back_mins: (f64, f64),
        most_tries: u8,
        backlog_mins: f64,
        records: (u32, u32),
        priorities: Vec<Name>,
        incidents: Vec<Incident>,
        errors: Vec<Name>,
        ranges: Vec<u16>,
        kinds: Vec<TaskKind>,
        insights: Vec<String>,
    }

    struct Incident {
        ended_hours_ago: f64,
        hours: f64,
        failing: f64,
    }

    struct TaskKind {
        name: String,
        dataset: String,
        analysis_type: String,
        weight: f64,
    }

    struct Payments {
        buy: f64,
        abandoned: f64,
        abandoned_hours: f64,
        declined: f64,
        approve_secs: (f64, f64),
        capture_secs: (f64, f64),
        held: f64,
        held_hours: (f64, f64),
        renewal_days: u16,
        given_up: f64,
        discounted: f64,
        discount_percent: u8,
        regretted: f64,
        part: f64,
        refund_hours: (f64, f64),
        products: Vec<Product>,
        currencies: Vec<Currency>,
    }

    struct Product {
        name: String,
        price: u32,
        monthly: bool,
        weight: f64,
    }

    struct Currency {
        code: String,
        rate: f64,
        cents: bool,
        tax_percent: u8,
        weight: f64,
    }

    struct Texts {
        first_names: Vec<String>,
        last_names: Vec<String>,
    }
}

impl Rules for Style {
    fn fault(&self) -> Option<String> {
        let filled = [
            ("accounts.email_domains", self.accounts.email_domains.len()),
            ("accounts.networks", self.accounts.networks.len()),
            ("clones.model_versions", self.clones.model_versions.len()),
            ("clones.temperatures", self.clones.temperatures.len()),
            ("clones.max_tokens", self.clones.max_tokens.len()),
            ("clones.kinds", self.clones.kinds.len()),
            ("tasks.priorities", self.tasks.priorities.len()),
            ("tasks.errors", self.tasks.errors.len()),
            ("tasks.ranges", self.tasks.ranges.len()),
            ("tasks.kinds", self.tasks.kinds.len()),
            ("tasks.insights", self.tasks.insights.len()),
            ("payments.products", self.payments.products.len()),
            ("payments.currencies", self.payments.currencies.len()),
            ("texts.first_names", self.texts.first_names.len()),
            ("texts.last_names", self.texts.last_names.len()),
        ];
        if let Some(fault) = empty(&filled) {
            return Some(fault);
        }
        let positive = [
            ("activity.visits_per_week", self.activity.visits_per_week),
            ("activity.tail", self.activity.tail),
            ("payments.renewal_days", f64::from(self.payments.renewal_days)),
            ("clones.most", self.clones.most as f64),
        ];
        if let Some(fault) = not_positive(&positive) {
            return Some(fault);
        }
        if !self.clones.temperatures.iter().all(|t| t.is_finite()) {
            return Some("clones.temperatures must be finite".to_owned());
        }
        if let Some(fault) = endless(&[("activity.work_again", self.activity.work_again)]) {
            return Some(fault);
        }
        // An amount has eight digits before its decimals, and is not nothing after the discount.
        let price = |p: &Product, c: &Currency| f64::from(p.price) / 100.0 * c.rate;
        let sound = |p: &Product| self.payments.currencies.iter().all(|c| (2.0..10_000_000.0).contains(&price(p, c)));
        if self.payments.discount_percent > 50 || !self.payments.products.iter().all(sound) {
            return Some(
                "payments: prices of 2 to 10,000,000 in every currency, and a discount of at most half".to_owned(),
            );
        }
        None
    }
}
