//! The types that the parts of an audit share.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Serialize;

use super::findings::Findings;
use super::options::Depth;
use crate::error::{Error, Result};
use crate::packs::Severity;

/// The description of a check, before it has run.
#[derive(Debug, Clone, Serialize)]
pub struct Described {
    /// The id, such as `ledger.balance`.
    pub id: String,
    /// The statement that holds if the check passes.
    pub title: String,
    /// The severity of its findings.
    pub severity: Severity,
    /// The tables it reads.
    pub reads: Vec<String>,
    /// The reason why the check matters.
    pub why: String,
    /// The action that a finding calls for.
    pub remedy: String,
    /// The query, as the pack or the engine has it.
    pub sql: String,
}

/// The result of one task of a run.
#[derive(Default)]
pub(super) struct Part {
    pub(super) checks: Vec<CheckResult>,
    pub(super) findings: Vec<Findings>,
    pub(super) tables: Vec<TableRows>,
    pub(super) units: Vec<UnitTotal>,
    pub(super) tenants: Vec<TenantTotal>,
    pub(super) depth: Option<Depth>,
    /// Sentences that tell in which way a ledger was read.
    pub(super) ways: Vec<String>,
    /// Number of entries that arrived after the seal.
    pub(super) arrived: Option<i64>,
    pub(super) suspected: Vec<Suspicion>,
    /// Sentences that name what a check did not look at.
    pub(super) unchecked: Vec<String>,
    /// The reasons for which the rows that were read may not be those that were asked for: the audit is incomplete.
    pub(super) doubts: Vec<String>,
}

impl Part {
    /// Adds the results of another part. A ledger that was read fast makes the whole no deeper than that.
    pub(super) fn add(&mut self, part: Part) {
        self.checks.extend(part.checks);
        self.findings.extend(part.findings);
        self.tables.extend(part.tables);
        self.units.extend(part.units);
        self.tenants.extend(part.tenants);
        self.suspected.extend(part.suspected);
        self.unchecked.extend(part.unchecked);
        self.depth = match (self.depth, part.depth) {
            (Some(Depth::Fast), _) | (_, Some(Depth::Fast)) => Some(Depth::Fast),
            (own, other) => own.or(other),
        };
        self.ways.extend(part.ways);
        self.arrived = self.arrived.or(part.arrived);
    }

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
                result.sqlstate.clone_from(&error.sqlstate);
            }
        }
        self.checks.push(result);
    }

    /// As [`Part::record`], with the severity of the worst finding in place of the check's own.
    pub(super) fn record_worst(&mut self, mut check: Described, started: Instant, outcome: Result<Findings>) {
        if let Some(found) = outcome.as_ref().ok().filter(|found| found.count() > 0) {
            check.severity = found.severity();
        }
        self.record(&check, started, outcome);
    }

    pub(super) fn skip(&mut self, check: &Described, reason: &str) {
        let mut result = CheckResult::new(check, CheckStatus::Skipped);
        result.reason = Some(reason.to_owned());
        self.checks.push(result);
    }
}

/// A check that nearly everything fails in one way, so that the pack is more likely wrong than the data.
#[derive(Debug, Clone, Serialize)]
pub struct Suspicion {
    /// The check.
    pub check: String,
    /// Number of accounts, entries or transactions that fail it.
    pub failed: u64,
    /// Number of all of them.
    pub of: u64,
    /// The likely cause, in a sentence.
    pub message: String,
}

impl Suspicion {
    /// True if so many of all fail that the pack is suspected: at least five, and nine of ten.
    pub(super) const fn is_due(failed: u64, of: u64) -> bool {
        failed >= 5 && failed * 10 >= of * 9
    }
}

/// The number of rows of a table.
#[derive(Debug, Clone, Serialize)]
pub struct TableRows {
    /// The table.
    pub table: String,
    /// Number of rows; null if the table could not be read.
    pub rows: Option<i64>,
    /// The reason why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The SQLSTATE of the error that kept it from being read, if the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
}

impl TableRows {
    /// A table whose rows were counted.
    pub(super) fn read(table: impl Into<String>, rows: i64) -> Self {
        TableRows { table: table.into(), rows: Some(rows), reason: None, sqlstate: None }
    }

    /// A table that could not be read.
    pub(super) fn unread(table: impl Into<String>, error: &Error) -> Self {
        TableRows { table: table.into(), rows: None, reason: Some(error.message()), sqlstate: error.sqlstate.clone() }
    }
}

/// The ledger's totals of one unit.
#[derive(Debug, Clone, Serialize)]
pub struct UnitTotal {
    /// The ledger, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_name: Option<String>,
    /// The unit.
    pub unit: String,
    /// Accounts that have entries or a cached balance in it.
    pub accounts: i64,
    /// Entries.
    pub entries: i64,
    /// Credits less debits.
    pub ledger: String,
    /// The sum of its accounts' openings, where the pack gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
    /// The sum of the cached balances; null where none are cached.
    pub cached: Option<String>,
    /// True if its entries carry running balances, which form a chain.
    pub running_balances: bool,
    /// Accounts whose entries carry none, although those of others do.
    #[serde(skip_serializing_if = "is_zero")]
    pub chainless: i64,
}

/// A tenant's totals of one unit.
#[derive(Debug, Clone, Serialize)]
pub struct TenantTotal {
    /// The ledger, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_name: Option<String>,
    /// The tenant; none for rows that belong to none.
    pub tenant: Option<String>,
    /// The unit.
    pub unit: String,
    /// Accounts that have entries or a cached balance in it.
    pub accounts: i64,
    /// Entries.
    pub entries: i64,
    /// Credits less debits.
    pub ledger: String,
    /// The sum of its accounts' openings, where the pack gives them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
    /// The sum of the cached balances; null where none say whose they are.
    pub cached: Option<String>,
    /// False where the cached balances are not what the entries sum to.
    pub agrees: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde wants it")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// The status of a check that has run.
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
    /// The pack, where several are audited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The id, such as `ledger.balance`.
    pub id: String,
    /// The statement that holds if the check passes.
    pub title: String,
    /// The severity of its findings.
    pub severity: Severity,
    /// The status in which it ended.
    pub status: CheckStatus,
    /// The reason why it was skipped or is incomplete.
    pub reason: Option<String>,
    /// The SQLSTATE of the error that kept it from an answer, if the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// The tables it reads.
    pub reads: Vec<String>,
    /// Number of findings, also those that are not listed.
    pub findings: u64,
    /// Number of findings of each kind, if the check distinguishes kinds.
    pub kinds: BTreeMap<String, u64>,
    /// Number of further findings that an acknowledgement or a baseline accepts.
    pub accepted: u64,
    /// Time that the query took, in milliseconds; checks that share a query share its time.
    pub ms: u64,
}

impl CheckResult {
    pub(super) fn new(check: &Described, status: CheckStatus) -> Self {
        let Described { id, title, severity, reads, .. } = check.clone();
        let (reason, sqlstate, kinds) = (None, None, BTreeMap::new());
        let (findings, accepted, ms) = (0, 0, 0);
        CheckResult { app: None, id, title, severity, status, reason, sqlstate, reads, findings, kinds, accepted, ms }
    }

    /// True if it found something that is at least this bad. `None` says that nothing is.
    pub fn fails(&self, from: Option<Severity>) -> bool {
        self.findings > 0 && from.is_some_and(|from| self.severity >= from)
    }

    /// True if it was answered, by finding something or nothing.
    pub fn is_answered(&self) -> bool {
        matches!(self.status, CheckStatus::Passed | CheckStatus::Failed)
    }
}
