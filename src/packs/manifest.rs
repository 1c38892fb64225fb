//! `pack.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::model::{JobFact, JobState, JobStream, Order, Thresholds, Unit};
use super::payments::{Amounts, PaymentState, RefundOutcome};

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub name: String,
    pub title: String,
    pub schema: String,
    pub detect: Vec<Spanned<String>>,
    pub tables: Vec<String>,
    #[serde(default)]
    pub units: Vec<Unit>,
    /// The sign rules in words, for people who read the pack.
    #[serde(default, rename = "signs")]
    _signs: String,
    #[serde(default)]
    pub thresholds: Thresholds,
    #[serde(default)]
    pub ledger: LedgerManifest,
    pub payments: Option<PaymentsManifest>,
    pub refunds: Option<RefundsManifest>,
    pub jobs: Option<JobsManifest>,
}

/// `[ledger]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LedgerManifest {
    pub running: bool,
    pub order: Order,
    pub balanced: Option<Balanced>,
}

impl Default for LedgerManifest {
    fn default() -> Self {
        LedgerManifest { running: true, order: Order::At, balanced: None }
    }
}

/// The column whose entries balance each other.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Balanced {
    Ref,
}

/// `[payments]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentsManifest {
    pub amounts: Amounts,
    /// The application's words, by their meaning.
    #[serde(default)]
    pub states: BTreeMap<PaymentState, Vec<String>>,
    /// The kinds of the entries that credit what was paid for.
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// `[refunds]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefundsManifest {
    /// The application's words, by their meaning.
    pub states: BTreeMap<RefundOutcome, Vec<String>>,
}

/// `[jobs]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobsManifest {
    /// The application's words, by their meaning.
    pub states: BTreeMap<JobState, Vec<String>>,
    #[serde(default)]
    pub lacks: Vec<JobFact>,
    #[serde(default = "a_minute")]
    pub patience_secs: u32,
    #[serde(default = "jobs_topic")]
    pub topic: String,
    /// The streams of Redis in front of them.
    #[serde(default)]
    pub streams: Vec<JobStream>,
}

fn jobs_topic() -> String {
    "jobs".to_owned()
}

const fn a_minute() -> u32 {
    60
}
