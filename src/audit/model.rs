//! The types that the parts of an audit share.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;

use super::acknowledged::Acknowledged;
use super::findings::Findings;
use super::options::{Depth, Options};
use super::seal;
use crate::error::Result;
use crate::packs::{Pack, Severity};

/// What a check is, before it has run.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    /// Its id.
    pub id: String,
    /// What holds when it passes.
    pub title: String,
    /// How bad a finding of it is.
    pub severity: Severity,
    /// The tables it reads.
    pub reads: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do about a finding.
    pub remedy: String,
    /// The query, as the pack or the engine has it.
    pub sql: String,
}

/// What the parts of a run share.
pub(super) struct Scope<'a> {
    pub(super) pack: &'a Pack,
    pub(super) options: &'a Options,
    pub(super) acknowledged: &'a Acknowledged,
    /// The newest migration that the application's history records.
    pub(super) migration: Option<i64>,
    /// The seal that is trusted or verified.
    pub(super) seal: Option<seal::Chosen>,
}

/// What one task of a run came to.
#[derive(Default)]
pub(super) struct Part {
    pub(super) checks: Vec<CheckResult>,
    pub(super) findings: Vec<Findings>,
    pub(super) tables: Vec<TableRows>,
    pub(super) units: Vec<UnitTotal>,
    pub(super) depth: Option<Depth>,
    /// How many entries arrived after the seal.
    pub(super) arrived: Option<i64>,
}

impl Part {
    /// Adds a check's outcome: its findings, or the error that kept it from an answer.
    pub(super) fn record(&mut self, check: &Described, started: Instant, outcome: Result<Findings>) {
        let mut result = CheckResult::new(check, CheckStatus::Passed);
        result.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome.and_then(|mut findings| findings.finish().map(|()| findings)) {
            Ok(findings) => {
                if findings.count() > 0 {
                    result.status = CheckStatus::Failed;
                }
                (result.findings, result.accepted) = (findings.count(), findings.accepted());
                result.kinds.clone_from(findings.kinds());
                self.findings.push(findings);
            }
            Err(error) => {
                result.status = CheckStatus::Incomplete;
                result.reason = Some(error.message());
            }
        }
        self.checks.push(result);
    }

    pub(super) fn skip(&mut self, check: &Described, reason: &str) {
        let mut result = CheckResult::new(check, CheckStatus::Skipped);
        result.reason = Some(reason.to_owned());
        self.checks.push(result);
    }
}

/// How many rows a table had.
#[derive(Debug, Clone, Serialize)]
pub struct TableRows {
    /// The table.
    pub table: String,
    /// Its rows; null where it could not be read.
    pub rows: Option<i64>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The ledger's totals of one unit.
#[derive(Debug, Clone, Serialize)]
pub struct UnitTotal {
    /// The unit.
    pub unit: String,
    /// Accounts that have entries or a cached balance in it.
    pub accounts: i64,
    /// Entries.
    pub entries: i64,
    /// Credits less debits.
    pub ledger: String,
    /// The sum of the cached balances.
    pub cached: String,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It found nothing.
    Passed,
    /// It found something.
    Failed,
    /// It does not apply here, and the reason says why.
    Skipped,
    /// It could not be answered.
    Incomplete,
}

/// One check and its outcome.
#[derive(Debug, Clone, Serialize)]
pub struct CheckResult {
    /// Its id.
    pub id: String,
    /// What holds when it passes.
    pub title: String,
    /// How bad a finding of it is.
    pub severity: Severity,
    /// How it ended.
    pub status: CheckStatus,
    /// Why it was skipped or is incomplete.
    pub reason: Option<String>,
    /// The tables it reads.
    pub reads: Vec<String>,
    /// How many findings there are, also those that are not listed.
    pub findings: u64,
    /// How many of each kind, where the check tells kinds apart.
    pub kinds: BTreeMap<String, u64>,
    /// How many more are accepted, by an acknowledgement or a baseline.
    pub accepted: u64,
    /// How long its query took, in milliseconds; checks that share a query share its time.
    pub ms: u64,
}

impl CheckResult {
    pub(super) fn new(check: &Described, status: CheckStatus) -> Self {
        let Described { id, title, severity, reads, .. } = check.clone();
        let (reason, findings, kinds, accepted, ms) = (None, 0, BTreeMap::new(), 0, 0);
        CheckResult { id, title, severity, status, reason, reads, findings, kinds, accepted, ms }
    }

    /// True where it found something that is at least this bad. `None` says that nothing is.
    pub fn fails(&self, from: Option<Severity>) -> bool {
        self.findings > 0 && from.is_some_and(|from| self.severity >= from)
    }

    /// True where it was answered, by finding something or nothing.
    pub fn is_answered(&self) -> bool {
        matches!(self.status, CheckStatus::Passed | CheckStatus::Failed)
    }
}
