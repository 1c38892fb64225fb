//! `pack.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::model::{JobFact, JobState, JobStream, Order, Thresholds, Unit};
use super::payments::{Amounts, PaymentState, RefundOutcome};
use super::reference::ReferenceManifest;

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
    pub ledger: LedgersManifest,
    pub payments: Option<PaymentsManifest>,
    pub refunds: Option<RefundsManifest>,
    pub jobs: Option<JobsManifest>,
    #[serde(default)]
    pub references: Vec<ReferenceManifest>,
}

/// `[ledger]`, or `[ledger.NAME]`. What is not said in the latter is as in the former.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LedgerManifest {
    pub running: Option<bool>,
    pub order: Option<Order>,
    pub balanced: Option<Balanced>,
    pub recompute: Option<bool>,
}

/// `[ledger]` with the tables inside it.
#[derive(Default)]
pub(super) struct LedgersManifest {
    all: LedgerManifest,
    pub named: BTreeMap<String, LedgerManifest>,
}

impl LedgersManifest {
    /// What holds for the ledger of this name, or for the one that has none.
    pub fn of(&self, name: Option<&str>) -> LedgerManifest {
        let own = name.and_then(|name| self.named.get(name)).cloned().unwrap_or_default();
        LedgerManifest {
            running: own.running.or(self.all.running),
            order: own.order.or(self.all.order),
            balanced: own.balanced.or(self.all.balanced),
            recompute: own.recompute.or(self.all.recompute),
        }
    }
}

impl<'de> Deserialize<'de> for LedgersManifest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let (mut all, mut named) = (toml::Table::new(), BTreeMap::new());
        for (key, value) in toml::Table::deserialize(deserializer)? {
            match value {
                toml::Value::Table(own) => {
                    let own = own.try_into().map_err(|e| D::Error::custom(format!("[ledger.{key}]: {e}")))?;
                    named.insert(key, own);
                }
                value => drop(all.insert(key, value)),
            }
        }
        Ok(LedgersManifest { all: all.try_into().map_err(D::Error::custom)?, named })
    }
}

/// The column whose entries balance each other.
#[derive(Clone, Copy, Deserialize)]
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
    /// Of several ledgers, the one whose entries credit what was paid for.
    pub ledger: Option<String>,
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
    /// The beginnings of the errors that the queue itself writes about a job whose worker is gone.
    #[serde(default)]
    pub rescued: Vec<String>,
    #[serde(default)]
    pub prunes: bool,
    #[serde(default)]
    pub across_queues: bool,
    /// The words of jobs to which a change cannot be done, by the change.
    #[serde(default)]
    pub cannot: BTreeMap<String, Vec<String>>,
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
