//! The audit: does everything that is derived still agree with what it was derived from?
//!
//! One read-only snapshot serves the whole run, so writers in flight cannot cause a finding. Row
//! level security is switched off, so that Postgres refuses instead of hiding rows. A check that
//! cannot be answered is incomplete, never clean.

mod checks;
mod ledger;
mod report;
mod schema;
mod snapshot;

use std::time::Instant;

use sqlx::{AssertSqlSafe, Executor as _, PgConnection};

pub use report::{CheckResult, CheckStatus, Finding, Report, Snapshot, Summary, TableRows, UnitTotal, Verdict};

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::packs::{Pack, Severity};

/// What to leave out or to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many findings a check keeps; all are counted. Zero keeps all.
    pub limit: usize,
}

/// What happens during an audit.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A check, or the reading of a table, begins: what, which one and of how many.
    Step {
        /// What is read or checked.
        what: &'a str,
        /// How many steps are done.
        done: u64,
        /// How many there are.
        of: u64,
    },
}

/// A check's title and severity, before it has run.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    id: String,
    title: String,
    severity: Severity,
    reads: Vec<String>,
}

/// The state of a run that its parts share.
pub(crate) struct Run<'a> {
    pack: &'a Pack,
    options: &'a Options,
    checks: Vec<CheckResult>,
    findings: Vec<Finding>,
    tell: &'a mut (dyn FnMut(Event<'_>) + Send),
    steps: (u64, u64),
}

impl Run<'_> {
    fn step(&mut self, what: &str) {
        (self.tell)(Event::Step { what, done: self.steps.0, of: self.steps.1 });
        self.steps.0 += 1;
    }

    /// Adds a check's outcome: its findings, counted all and kept up to the limit, or the error
    /// that kept it from an answer.
    fn record(&mut self, check: &Described, started: Instant, outcome: Result<Kept>) {
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (status, reason, count, findings) = match outcome {
            Ok(kept) if kept.count == 0 => (CheckStatus::Passed, None, 0, Vec::new()),
            Ok(kept) => (CheckStatus::Failed, None, kept.count, kept.findings),
            Err(error) => (CheckStatus::Incomplete, Some(error.message()), 0, Vec::new()),
        };
        self.findings.extend(findings);
        self.checks.push(CheckResult {
            id: check.id.clone(),
            title: check.title.clone(),
            severity: check.severity,
            status,
            reason,
            reads: check.reads.clone(),
            findings: count,
            ms,
        });
    }

    fn skip(&mut self, check: &Described, reason: &str) {
        self.checks.push(CheckResult {
            id: check.id.clone(),
            title: check.title.clone(),
            severity: check.severity,
            status: CheckStatus::Skipped,
            reason: Some(reason.to_owned()),
            reads: check.reads.clone(),
            findings: 0,
            ms: 0,
        });
    }

    fn kept(&self) -> Kept {
        let limit = if self.options.limit == 0 { usize::MAX } else { self.options.limit };
        Kept { limit, count: 0, findings: Vec::new() }
    }
}

/// Findings of one check: all are counted, the first ones are kept, so that memory stays bounded
/// when every account is broken.
pub(crate) struct Kept {
    limit: usize,
    count: u64,
    findings: Vec<Finding>,
}

impl Kept {
    fn push(&mut self, finding: Finding) {
        self.count += 1;
        if self.findings.len() < self.limit {
            self.findings.push(finding);
        }
    }
}

/// Runs every check of the pack in one snapshot.
///
/// # Errors
/// Only where no audit can begin: the connection is lost, or the database holds none of the pack's
/// tables. Everything that goes wrong inside a check makes that check incomplete.
pub async fn run(
    tx: &mut Tx,
    pack: &Pack,
    options: &Options,
    tell: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Report> {
    let snapshot = snapshot::take(tx, pack).await?;
    let missing = crate::packs::missing_columns(tx, pack).await?;
    if missing.len() == pack.detect.len() {
        return Err(Error::usage(format!(
            "this database holds no {} tables: looked for {}",
            pack.title,
            pack.detect.join(", ")
        ))
        .hint(format!("bursar migrate up --app {}", pack.name)));
    }
    let steps = (pack.tables.len() + pack.checks.len() + schema::KINDS.len() + 3) as u64;
    let mut run = Run { pack, options, checks: Vec::new(), findings: Vec::new(), tell, steps: (0, steps) };
    let mut tables = Vec::new();
    for table in &pack.tables {
        run.step(table);
        let sql = format!("SELECT count(*) FROM {}", crate::db::quote_identifier(table));
        let counted =
            guarded(tx, async |c| Ok(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(c).await?)).await?;
        tables.push(match counted {
            Ok(rows) => TableRows { table: table.clone(), rows: Some(rows), reason: None },
            Err(error) => TableRows { table: table.clone(), rows: None, reason: Some(error.message()) },
        });
    }
    let mut totals = Vec::new();
    if let Some(ledger) = &pack.ledger {
        totals = ledger::check(tx, &mut run, ledger).await?;
    }
    checks::check(tx, &mut run).await?;
    schema::check(tx, &mut run, snapshot.migration).await?;
    let Run { checks, findings, .. } = run;
    Ok(Report::new(pack, snapshot, tables, totals, checks, findings))
}

/// Runs one piece of the audit behind a savepoint, so that its failure leaves the snapshot usable.
/// The outer error is a connection that is gone; the inner one belongs to the piece.
async fn guarded<T>(
    connection: &mut PgConnection,
    piece: impl AsyncFnOnce(&mut PgConnection) -> Result<T>,
) -> Result<Result<T>> {
    connection.execute("SAVEPOINT piece").await?;
    let outcome = piece(connection).await;
    let after = if outcome.is_ok() { "RELEASE SAVEPOINT piece" } else { "ROLLBACK TO SAVEPOINT piece" };
    match (connection.execute(after).await, outcome) {
        (Ok(_), outcome) => Ok(outcome),
        (Err(_), Err(cause)) => Err(cause),
        (Err(error), Ok(_)) => Err(error.into()),
    }
}
