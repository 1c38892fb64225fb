//! What an audit found, in the shape of its JSON output. Adding a field is not a breaking change;
//! renaming one is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::{Described, Findings, Options, Part, ledger, seal};
use crate::error::Result;
use crate::packs::{Pack, Severity};

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub schema_version: u32,
    /// Always `audit`.
    pub command: &'static str,
    /// The pack.
    pub app: String,
    /// The answer.
    pub verdict: Verdict,
    /// False where some of it could not be read.
    pub complete: bool,
    /// How deeply the ledger was read.
    pub depth: Depth,
    /// The only account that was looked at; null where all were.
    pub account: Option<String>,
    /// What was read, and as whom.
    pub snapshot: Snapshot,
    /// The seal that was trusted or verified, where one was.
    pub seal: Option<seal::Reference>,
    /// The tables and their rows.
    pub tables: Vec<TableRows>,
    /// Each unit of the ledger.
    pub units: Vec<UnitTotal>,
    /// Every check, passed or not.
    pub checks: Vec<CheckResult>,
    /// What is wrong, worst first and what is accepted last; of both at most `--limit` for each check.
    #[serde(serialize_with = "in_sequence")]
    findings: Vec<Findings>,
    /// Sentences that name everything that was not looked at: an answer must not be read as one about that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
    /// Counts.
    pub summary: Summary,
}

/// How deeply the ledger is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// Sums prove that each chain is whole; only accounts that fail are read in order.
    Fast,
    /// Every account is read in order.
    Strict,
}

impl Depth {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Depth::Fast => "fast",
            Depth::Strict => "strict",
        }
    }
}

/// The answer of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything was read, and no check of severity error failed.
    Clean,
    /// Something derived disagrees with what it was derived from.
    Violated,
    /// Some of it could not be read, and what could be read was clean.
    Incomplete,
}

impl Verdict {
    /// As the JSON output writes it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Clean => "clean",
            Verdict::Violated => "violated",
            Verdict::Incomplete => "incomplete",
        }
    }
}

/// What was read: the same for every check of the run.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// The server's name of the snapshot (`pg_current_snapshot`).
    pub id: String,
    /// When it was taken, by the server's clock.
    pub at: DateTime<Utc>,
    /// The position in the write-ahead log.
    pub lsn: String,
    /// The role that read.
    pub role: String,
    /// The database.
    pub database: String,
    /// The server's version.
    pub server_version: String,
    /// Whether the server is a replica.
    pub replica: bool,
    /// How far behind a replica is, in milliseconds; null on a primary, and on a replica that has
    /// replayed nothing yet.
    pub replica_lag_ms: Option<i64>,
    /// The newest migration of the application that bursar or sqlx recorded.
    pub migration: Option<i64>,
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

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check.
    pub check: String,
    /// What kind of wrong, in a word for machines, where the check tells kinds apart.
    pub kind: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The account, where it is about one.
    pub account: Option<String>,
    /// The unit, where it is about one.
    pub unit: Option<String>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
    /// Actual less expected, where both are numbers.
    pub difference: Option<String>,
    /// The first entry where it went wrong.
    pub first_bad_entry: Option<String>,
    /// What is wrong, in a sentence.
    pub message: String,
    /// The likely cause, in a sentence.
    pub cause: String,
    /// What would put it right.
    pub remedy: String,
    /// The same as long as the facts are the same.
    pub fingerprint: String,
    /// Who accepted it, where somebody did. An accepted finding fails nothing.
    pub accepted: Option<Accepted>,
    /// The entries around it, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryLine>,
}

/// An entry beside the balance that follows from all entries up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// Its place in the account's ledger of this unit, from 1.
    pub position: i64,
    /// The entry.
    pub entry: Option<String>,
    /// When, RFC 3339 in UTC.
    pub at: Option<String>,
    /// Its kind.
    pub kind: Option<String>,
    /// What it refers to.
    pub r#ref: Option<String>,
    /// Its amount, signed.
    pub amount: Option<String>,
    /// The running balance that it carries, where the ledger keeps one.
    pub stored: Option<String>,
    /// The sum of all amounts up to it.
    pub recomputed: Option<String>,
}

/// Why a finding is accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Where that is written: `acknowledgement` in the database, or `baseline` in a file.
    pub by: String,
    /// The person who answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// Until when, where it is not for good.
    pub expires: Option<String>,
}

impl Finding {
    /// Fills in the fingerprint: a digest of what is wrong, where, and by how much.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        let mut digest = Sha256::new();
        let facts = [
            Some(&self.check),
            Some(&self.table),
            Some(&self.key),
            self.account.as_ref(),
            self.unit.as_ref(),
            self.expected.as_ref(),
            self.actual.as_ref(),
            self.first_bad_entry.as_ref(),
        ];
        for fact in facts {
            // The length in front keeps two facts from being read as one.
            let fact = fact.map_or("", String::as_str);
            digest.update((fact.len() as u64).to_be_bytes());
            digest.update(fact.as_bytes());
        }
        self.fingerprint = digest.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
        self
    }
}

/// Counts of a report.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// All checks.
    pub checks: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that found something.
    pub failed: usize,
    /// Those that do not apply.
    pub skipped: usize,
    /// Those that could not be answered.
    pub incomplete: usize,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warn.
    pub warnings: u64,
    /// Findings that are accepted, and counted nowhere else.
    pub accepted: u64,
}

impl Report {
    pub(super) fn new(pack: &Pack, options: &Options, snapshot: Snapshot, parts: Part) -> Self {
        let Part { checks, mut findings, tables, units, depth, .. } = parts;
        let count = |status| checks.iter().filter(|c| c.status == status).count();
        let found = |severity| checks.iter().filter(|c| c.severity == severity).map(|c| c.findings).sum();
        let summary = Summary {
            checks: checks.len(),
            passed: count(CheckStatus::Passed),
            failed: count(CheckStatus::Failed),
            skipped: count(CheckStatus::Skipped),
            incomplete: count(CheckStatus::Incomplete),
            errors: found(Severity::Error),
            warnings: found(Severity::Warn),
            accepted: checks.iter().map(|c| c.accepted).sum(),
        };
        let (nothing, mut unchecked) = unchecked(pack, options, &checks);
        if !tables.is_empty() && tables.iter().all(|t| t.rows == Some(0)) {
            unchecked.push("every table is empty: there was nothing to check".to_owned());
        }
        let complete = !nothing && summary.incomplete == 0 && tables.iter().all(|t| t.rows.is_some());
        let verdict = match (summary.errors, complete) {
            (1.., _) => Verdict::Violated,
            (0, true) => Verdict::Clean,
            (0, false) => Verdict::Incomplete,
        };
        // Worst first; the order of checks and rows otherwise stays.
        findings.retain(|f| f.listed() > 0);
        findings.sort_by_key(|f| std::cmp::Reverse(f.severity()));
        Report {
            schema_version: 1,
            command: "audit",
            app: pack.name.clone(),
            verdict,
            complete,
            depth: depth.or(options.depth).unwrap_or(Depth::Strict),
            account: options.account.clone(),
            snapshot,
            seal: None,
            tables,
            units,
            checks,
            findings,
            unchecked,
            summary,
        }
    }

    /// The findings that are listed, worst first; what is accepted comes last.
    pub fn findings(&self) -> impl Iterator<Item = Result<Finding>> {
        listed(&self.findings)
    }

    /// Every finding, also beyond the limit, where [`Options::keep_all`] asked for them.
    pub fn all_findings(&self) -> impl Iterator<Item = Result<Finding>> {
        self.findings.iter().flat_map(Findings::iter)
    }

    /// True where all that this check could find was looked for: it was answered, for every account,
    /// and where it is about the ledger, entry by entry.
    pub fn looked_at(&self, check: &str) -> bool {
        let deep = self.depth == Depth::Strict || !check.starts_with("ledger.");
        deep && self.account.is_none() && self.checks.iter().any(|c| c.id == check && c.is_answered())
    }

    /// True where a finding of this fingerprint was found and is accepted.
    pub fn has_accepted(&self, fingerprint: &str) -> bool {
        self.findings.iter().any(|f| f.matched().contains(fingerprint))
    }

    /// How many are listed, accepted ones among them.
    pub fn listed(&self) -> u64 {
        self.findings.iter().map(Findings::listed).sum()
    }

    /// How many there are, accepted ones among them.
    pub fn found(&self) -> u64 {
        self.summary.errors + self.summary.warnings + self.summary.accepted
    }
}

/// True where nothing was checked of what was asked for; and sentences that name everything that was not.
fn unchecked(pack: &Pack, options: &Options, checks: &[CheckResult]) -> (bool, Vec<String>) {
    // What could not be answered is said of each check.
    let tried = |check: &CheckResult| check.is_answered() || check.status == CheckStatus::Incomplete;
    let wanted = |check: &&CheckResult| options.leaves_out(&check.id).is_none();
    let of_ledger =
        |id: &str| pack.ledger.is_some() && ledger::CHECKS.as_ref().in_order().iter().any(|check| check.id == id);
    let of_pack = |id: &str| of_ledger(id) || pack.checks.iter().any(|check| check.id == id);
    let (mut nothing, mut said) = (false, Vec::new());
    if !checks.iter().any(tried) {
        nothing = true;
        said.push("nothing was checked: every check was left out or does not apply here".to_owned());
    } else if options.only.is_empty() && options.seal.is_none() {
        // The schema and the operator log say nothing about the application's own figures.
        let mut own = checks.iter().filter(|c| of_pack(&c.id)).filter(wanted).peekable();
        let has_own = checks.iter().any(|c| of_pack(&c.id));
        if (own.peek().is_some() || !has_own) && !own.any(tried) {
            nothing = true;
            said.push("nothing was checked of the application: no check of its pack was made".to_owned());
        }
    }
    let mut of_balances = checks.iter().filter(|c| of_ledger(&c.id)).filter(wanted).peekable();
    if pack.ledger.is_none() {
        said.push("this pack has no ledger: no balance was compared".to_owned());
    } else if options.seal.is_none() && of_balances.peek().is_some() && !of_balances.any(tried) {
        nothing = true;
        said.push("the pack has a ledger, and none of its checks was made: no balance was compared".to_owned());
    }
    (nothing, said)
}

fn listed(findings: &[Findings]) -> impl Iterator<Item = Result<Finding>> {
    [false, true].into_iter().flat_map(|accepted| findings.iter().flat_map(move |f| f.list(accepted)))
}

/// Writes the findings one by one, however many there are.
fn in_sequence<S: Serializer>(findings: &[Findings], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(None)?;
    for finding in listed(findings) {
        sequence.serialize_element(&finding.map_err(|e| S::Error::custom(e.message()))?)?;
    }
    sequence.end()
}
