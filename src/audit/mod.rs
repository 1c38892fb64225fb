//! The audit: does everything that is derived still agree with what it was derived from?
//!
//! One read-only snapshot serves the whole run, so writers in flight cannot cause a finding. Row
//! level security is switched off, so that Postgres refuses instead of hiding rows. A check that
//! cannot be answered is incomplete, never clean.

mod acknowledged;
pub mod baseline;
pub mod chain;
mod checks;
mod findings;
pub mod formats;
mod ledger;
pub mod repair;
mod report;
mod schema;
pub mod seal;
mod snapshot;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Instant;

use sqlx::AssertSqlSafe;

pub use ledger::AccountEntry;
pub(crate) use ledger::{Query as LedgerQuery, newest as newest_entries};

pub use findings::{AcceptedFindings, Findings};
pub use report::{
    Accepted, CheckResult, CheckStatus, Depth, EntryLine, Finding, Report, Snapshot, Summary, TableRows, UnitTotal,
    Verdict,
};

use acknowledged::Acknowledged;

use crate::db::{Database, Tx, guarded};
use crate::error::{Error, Kind, Result};
use crate::packs::{Check, Ledger, Pack, Severity};

/// What to check, how deeply, and what to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many findings a check lists; all are counted. Zero lists all.
    pub limit: usize,
    /// Keep every finding, also those that are not listed.
    pub keep_all: bool,
    /// How deeply to read the ledger; `None` is strict where that is cheap.
    pub depth: Option<Depth>,
    /// Only these checks: ids, or what ids begin with. Empty for all.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Only this account.
    pub account: Option<String>,
    /// How many connections read at the same time, on one snapshot.
    pub parallel: usize,
    /// Findings that are accepted, by fingerprint.
    pub accepted: Rc<AcceptedFindings>,
    /// Whether findings of the ledger bring the entries around them.
    pub explain: bool,
    /// Keep only the finding of this fingerprint; all are counted.
    pub fingerprint: Option<String>,
    /// Whether to refuse a server that is not a replica.
    pub replica: bool,
    /// As a plan of repair needs it: every broken link is a finding of its own, and balances are
    /// compared as if all of them were acknowledged.
    pub for_repair: bool,
    /// What to do with a seal of the ledger, if anything; the other checks are then left out.
    pub seal: Option<seal::Use>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limit: 20,
            keep_all: false,
            depth: None,
            only: Vec::new(),
            skip: Vec::new(),
            account: None,
            parallel: 2,
            accepted: Rc::default(),
            explain: false,
            fingerprint: None,
            replica: false,
            for_repair: false,
            seal: None,
        }
    }
}

impl Options {
    /// An empty list of findings, with these limits.
    fn findings(&self) -> Findings {
        Findings::new(self.limit, self.keep_all, &self.accepted).only(self.fingerprint.clone())
    }

    /// Why this check is left out, where it is.
    fn leaves_out(&self, id: &str) -> Option<&'static str> {
        let covers = |pattern: &String| {
            let prefix = pattern.trim_end_matches(['*', '.']);
            id == prefix || id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
        };
        if !self.only.is_empty() && !self.only.iter().any(covers) {
            Some("--only asks for other checks")
        } else if self.skip.iter().any(covers) {
            Some("--skip leaves it out")
        } else {
            None
        }
    }
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

/// What a check is, before it has run.
#[derive(Debug, Clone, serde::Serialize)]
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

/// Every check of a pack, in the order of the report.
pub fn list(pack: &Pack) -> Vec<Described> {
    let ledger = pack.ledger.iter().flat_map(|l| ledger::described(l).in_order());
    ledger
        .chain(pack.checks.iter().map(checks::described))
        .chain(schema::described())
        .chain([chain::described()])
        .collect()
}

/// What the parts of a run share.
pub(crate) struct Scope<'a> {
    pack: &'a Pack,
    options: &'a Options,
    acknowledged: &'a Acknowledged,
    /// The newest migration that the application's history records.
    migration: Option<i64>,
    /// The seal that is trusted or verified.
    seal: Option<seal::Chosen>,
}

/// What one task of a run came to.
#[derive(Default)]
pub(crate) struct Part {
    checks: Vec<CheckResult>,
    findings: Vec<Findings>,
    tables: Vec<TableRows>,
    units: Vec<UnitTotal>,
    depth: Option<Depth>,
    /// How many entries arrived after the seal.
    arrived: Option<i64>,
}

impl Part {
    /// Adds a check's outcome: its findings, or the error that kept it from an answer.
    fn record(&mut self, check: &Described, started: Instant, outcome: Result<Findings>) {
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

    fn skip(&mut self, check: &Described, reason: &str) {
        let mut result = CheckResult::new(check, CheckStatus::Skipped);
        result.reason = Some(reason.to_owned());
        self.checks.push(result);
    }
}

/// A piece of a run that one connection does at a time.
#[derive(Clone, Copy)]
enum Task<'a> {
    Ledger(&'a Ledger),
    Since(&'a Ledger),
    Sealed(&'a Ledger),
    Check(&'a Check),
    Schema,
    Operations,
    Count(&'a str),
}

impl Task<'_> {
    fn name(&self) -> &str {
        match self {
            Task::Ledger(_) => "ledger",
            Task::Since(_) => "ledger since the seal",
            Task::Sealed(_) => "sealed entries",
            Task::Check(check) => &check.id,
            Task::Schema => "schema",
            Task::Operations => "operator log",
            Task::Count(table) => table,
        }
    }

    /// The checks that the task answers, before it has run.
    fn described(&self, scope: &Scope<'_>) -> Vec<Described> {
        match self {
            Task::Ledger(ledger) | Task::Since(ledger) => ledger::described(ledger).in_order().into(),
            Task::Sealed(ledger) => vec![seal::described(ledger)],
            Task::Check(check) => vec![checks::described(check)],
            Task::Schema => schema::described(),
            Task::Operations => vec![chain::described()],
            Task::Count(_) => Vec::new(),
        }
        .into_iter()
        .filter(|d| scope.options.leaves_out(&d.id).is_none())
        .collect()
    }

    async fn perform(&self, tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
        match self {
            Task::Ledger(ledger) => ledger::check(tx, scope, ledger).await,
            Task::Since(ledger) => ledger::check_since(tx, scope, ledger).await,
            Task::Sealed(ledger) => seal::check(tx, scope, ledger).await,
            Task::Check(check) => checks::check(tx, scope, check).await,
            Task::Schema => schema::check(tx, scope).await,
            Task::Operations => chain::check(tx, scope).await,
            Task::Count(table) => count(tx, table).await,
        }
    }

    /// What is left of the task when its connection is lost.
    fn lost(&self, scope: &Scope<'_>, error: &Error) -> Part {
        let mut part = Part::default();
        for check in self.described(scope) {
            part.record(&check, Instant::now(), Err(Error::new(error.kind, error.message())));
        }
        let counted = match self {
            Task::Count(table) => Some((*table).to_owned()),
            Task::Ledger(ledger) => ledger.rows_of.clone().filter(|_| scope.options.account.is_none()),
            _ => None,
        };
        part.tables.extend(counted.map(|table| TableRows { table, rows: None, reason: Some(error.message()) }));
        part
    }
}

/// Runs the checks of the pack on one snapshot: the one of `tx`, which further connections share.
///
/// # Errors
/// Only where no audit can begin: the connection is lost at once, the database holds none of the
/// pack's tables, or a check is named that there is not. Everything that goes wrong later makes
/// the checks that it concerns incomplete.
pub async fn run(
    database: &Database,
    mut tx: Tx,
    pack: &Pack,
    options: &Options,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Report> {
    let reader = snapshot::Reader::choose(&mut tx, pack).await?;
    reader.prepare(&mut tx, pack).await?;
    let snapshot = snapshot::describe(&mut tx, pack).await?;
    if options.replica && !snapshot.replica {
        return Err(Error::refused(format!("{} is a primary, and --replica asks for a replica", database.target()))
            .hint("name a replica's address, or leave --replica out"));
    }
    let missing = crate::packs::missing_columns(&mut tx, pack).await?;
    if !missing.is_empty() && missing.len() == pack.detect.len() {
        return Err(Error::usage(format!(
            "this database holds no {} tables: looked for {}",
            pack.title,
            pack.detect.join(", ")
        ))
        .hint(format!("bursar migrate up --app {}", pack.name)));
    }
    let acknowledged = Acknowledged::load(&mut tx, &pack.name).await?;
    let options = &acknowledged.added_to(options);
    let seal = match &options.seal {
        Some(what) => Some(seal::choose(&mut tx, pack, what).await?),
        None => None,
    };
    require_account(&mut tx, pack, options).await?;
    let scope = Scope { pack, options, acknowledged: &acknowledged, migration: snapshot.migration, seal };
    let (tasks, left_out) = tasks(&scope)?;

    // The longest come first, so that no connection is left alone with them at the end.
    let queue: RefCell<VecDeque<(usize, Task<'_>)>> = RefCell::new(tasks.iter().copied().enumerate().collect());
    let parts: RefCell<Vec<(usize, Part)>> = RefCell::default();
    let tell = RefCell::new(tell);
    let total = tasks.len() as u64;
    let work = async |tx: &mut Tx| -> Option<Error> {
        loop {
            let (index, task) = queue.borrow_mut().pop_front()?;
            (tell.borrow_mut())(Event::Step { what: task.name(), done: parts.borrow().len() as u64, of: total });
            match task.perform(tx, &scope).await {
                Ok(part) => parts.borrow_mut().push((index, part)),
                Err(error) => {
                    // The snapshot went with the connection; a new one would mix two states.
                    parts.borrow_mut().push((index, task.lost(&scope, &error)));
                    return Some(error);
                }
            }
        }
    };
    let exported = if options.parallel > 1 { Some(snapshot::export(&mut tx).await?) } else { None };
    let drained = tokio::sync::Semaphore::new(0);
    let first = async |tx: &mut Tx| -> Option<Error> {
        let lost = work(tx).await;
        drained.close();
        lost
    };
    let join = async |exported: &str| -> Option<Error> {
        // A server that has no connection left is no reason to fail: the first one does it all. A pooler
        // without one lets us wait, and where several runs fill it up, for each other.
        let mut tx = tokio::select! {
            tx = database.read_snapshot(exported) => tx.ok()?,
            _ = drained.acquire() => return None,
        };
        match reader.prepare(&mut tx, pack).await {
            Ok(()) => work(&mut tx).await,
            Err(_) => None,
        }
    };
    let others = exported.iter().flat_map(|e| std::iter::repeat_n(e, options.parallel - 1)).map(|e| join(e));
    let (lost, other_lost) = futures_util::future::join(first(&mut tx), futures_util::future::join_all(others)).await;
    let lost = lost.into_iter().chain(other_lost.into_iter().flatten()).next();

    let mut parts = parts.into_inner();
    let error = lost.unwrap_or_else(|| Error::new(Kind::Connection, "the connection was lost"));
    parts.extend(queue.into_inner().into_iter().map(|(index, task)| (index, task.lost(&scope, &error))));
    parts.sort_by_key(|(index, _)| *index);
    let mut all = Part::default();
    for (_, part) in parts {
        all.checks.extend(part.checks);
        all.findings.extend(part.findings);
        all.tables.extend(part.tables);
        all.units.extend(part.units);
        all.depth = all.depth.or(part.depth);
        all.arrived = all.arrived.or(part.arrived);
    }
    all.checks.extend(left_out.checks);
    // A check that nothing has answered is not one that passed, whatever the reason.
    for check in list(pack) {
        if !all.checks.iter().any(|c| c.id == check.id) {
            all.record(&check, Instant::now(), Err(Error::failed("it was not run")));
        }
    }
    all.tables.sort_by_key(|t| pack.tables.iter().position(|p| *p == t.table));
    // Without them, a finding that is acknowledged looks like any other.
    let unreadable = acknowledged.unreadable.clone().filter(|_| all.findings.iter().any(|f| f.count() > 0));
    if let Some(reason) = unreadable {
        let table = "bursar.acknowledgements".to_owned();
        all.tables.push(TableRows { table, rows: None, reason: Some(reason) });
    }
    let arrived_since = all.arrived;
    let mut report = Report::new(pack, options, snapshot, all);
    report.seal = scope.seal.and_then(|s| s.seal).map(|s| seal::Reference { arrived_since, ..s.reference() });
    Ok(report)
}

/// The findings of the ledger's checks as this transaction sees them, also where it writes. The
/// transaction was prepared by [`snapshot::Reader::prepare`].
///
/// # Errors
/// [`Kind::Incomplete`] where a check could not be answered: what is to be repaired has to be known.
async fn ledger_findings(tx: &mut Tx, pack: &Pack, ledger: &Ledger, options: &Options) -> Result<Vec<Finding>> {
    let acknowledged = Acknowledged::load(tx, &pack.name).await?;
    if let Some(reason) = &acknowledged.unreadable {
        return Err(Error::new(Kind::Incomplete, format!("bursar.acknowledgements cannot be read: {reason}")));
    }
    let options = &acknowledged.added_to(options);
    let scope = Scope { pack, options, acknowledged: &acknowledged, migration: None, seal: None };
    let part = ledger::check(tx, &scope, ledger).await?;
    if let Some(check) = part.checks.iter().find(|c| c.status == CheckStatus::Incomplete) {
        let reason = check.reason.as_deref().unwrap_or_default();
        return Err(Error::new(Kind::Incomplete, format!("{} was not answered: {reason}", check.id)));
    }
    part.findings.iter().flat_map(Findings::iter).collect()
}

/// Refuses a name of --only or --skip that no check has; every check of the pack.
fn require_checks(pack: &Pack, options: &Options) -> Result<Vec<Described>> {
    let known = list(pack);
    for pattern in options.only.iter().chain(&options.skip) {
        let alone = Options { only: vec![pattern.clone()], ..Options::default() };
        if known.iter().all(|d| alone.leaves_out(&d.id).is_some()) {
            let mut families: Vec<&str> = known.iter().filter_map(|d| d.id.split('.').next()).collect();
            families.dedup();
            let hint = format!("its checks begin with {}; bursar audit list", families.join(", "));
            return Err(Error::usage(format!("{} has no check '{pattern}'", pack.name)).hint(hint));
        }
    }
    Ok(known)
}

/// Refuses an account that nobody has: it would have to be called clean.
async fn require_account(tx: &mut Tx, pack: &Pack, options: &Options) -> Result<()> {
    let Some(account) = &options.account else { return Ok(()) };
    let Some(ledger) = &pack.ledger else {
        return Err(Error::usage(format!("{} keeps no ledger, so it has no account '{account}'", pack.name))
            .hint("leave --account out"));
    };
    // A ledger that cannot be read says so check by check.
    let known = guarded(tx, async |connection| ledger::knows(connection, ledger, account).await).await?;
    if matches!(known, Ok(false)) {
        return Err(Error::usage(format!("there is no account '{account}'"))
            .hint("--account takes a whole id; bursar wallet show finds one by its beginning or an address"));
    }
    Ok(())
}

/// The tasks of a run, and the checks that were asked to be left out.
fn tasks<'a>(scope: &Scope<'a>) -> Result<(Vec<Task<'a>>, Part)> {
    let pack = scope.pack;
    let mut tasks: Vec<Task<'a>> = Vec::new();
    let unsealed = match scope.options.seal {
        None => {
            tasks.extend(pack.ledger.iter().map(Task::Ledger));
            tasks.extend(pack.checks.iter().map(Task::Check));
            tasks.extend([Task::Schema, Task::Operations]);
            None
        }
        Some(seal::Use::Since) => {
            tasks.extend(pack.ledger.iter().map(Task::Since));
            Some("--since-seal reads only the ledger")
        }
        Some(seal::Use::Verify(_)) => {
            tasks.extend(pack.ledger.iter().map(Task::Sealed));
            Some("--verify-seal reads only what was sealed")
        }
    };
    let known = require_checks(pack, scope.options)?;
    let mut left_out = Part::default();
    let answered: Vec<String> = tasks.iter().flat_map(|t| t.described(scope)).map(|d| d.id).collect();
    for check in known.iter().filter(|c| !answered.contains(&c.id)) {
        if let Some(reason) = scope.options.leaves_out(&check.id).or(unsealed) {
            left_out.skip(check, reason);
        }
    }
    tasks.retain(|t| !t.described(scope).is_empty());
    let reads: Vec<String> = tasks.iter().flat_map(|t| t.described(scope)).flat_map(|d| d.reads).collect();
    // Counting every row would cost more than looking at one account, or at what is new.
    if scope.options.account.is_none() && scope.options.seal.is_none() {
        // What the ledger's own pass counts needs no pass of its own.
        let counted =
            tasks.iter().find_map(|t| if let Task::Ledger(l) = t { l.rows_of.as_ref() } else { None }).cloned();
        let tables = pack.tables.iter().filter(|t| reads.contains(t) && Some(*t) != counted.as_ref());
        tasks.extend(tables.map(|t| Task::Count(t)));
    }
    Ok((tasks, left_out))
}

async fn count(tx: &mut Tx, table: &str) -> Result<Part> {
    let sql = format!("SELECT count(*) FROM {}", crate::db::quote_identifier(table));
    let counted =
        guarded(tx, async |c| Ok(sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(c).await?)).await?;
    let (rows, reason) = match counted {
        Ok(rows) => (Some(rows), None),
        Err(error) => (None, Some(error.message())),
    };
    Ok(Part { tables: vec![TableRows { table: table.to_owned(), rows, reason }], ..Part::default() })
}
