//! A run of an audit, on one snapshot.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Instant;

use sqlx::Executor as _;
use tokio::sync::OnceCell;

use super::acknowledged::Acknowledged;
use super::finding::Finding;
use super::findings::Findings;
use super::ledger::Pieces;
use super::model::{CheckStatus, Part, TableRows};
use super::options::Options;
use super::report::Report;
use super::scope::Scope;
use super::snapshot::{self, Reader, Snapshot};
use super::tasks::{Task, of_part, require_checks, tasks};
use super::unique::Doubled;
use super::{beyond, ledger, seal, unique};
use crate::db::{Database, Tx, guarded};
use crate::error::{Error, Kind, Result};
use crate::packs::{Ledger, Pack, Source};

/// An event of an audit, for progress.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A check, or the reading of a table, begins: what, which one and of how many.
    Step {
        /// The check or the table.
        what: &'a str,
        /// Number of steps that are done.
        done: u64,
        /// Number of all steps.
        of: u64,
    },
}

/// Runs the checks of the packs on one snapshot: the one of `tx`, which further connections share. The packs are those of
/// [`Pack::together`].
///
/// # Errors
/// Only if no audit can begin: the connection is lost at once, the database holds none of the
/// pack's tables, or a check is named that there is not. Everything that goes wrong later makes
/// the checks that it concerns incomplete.
pub async fn run(
    database: &Database,
    mut tx: Tx,
    packs: &[Pack],
    options: &Options,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Report> {
    require_checks(packs, options)?;
    let asked = match sealed_table(&mut tx, packs, options).await? {
        Some((pack, table)) => vec![(pack, vec![table])],
        None => asked(packs, options)?,
    };
    let mut readers = Vec::new();
    for (pack, _) in &asked {
        readers.push(Reader::choose(&mut tx, pack).await?);
    }
    // Inside a savepoint none can be exported.
    let exported = if options.parallel > 1 { Some(tx.export_snapshot().await?) } else { None };
    let mut run = Run { database, exported, options, snapshot: None, seal: None, parts: Vec::new() };
    for ((pack, parts), reader) in asked.iter().zip(&readers) {
        // Each pack has a search path, and may be read by another role.
        if asked.len() > 1 {
            tx.execute("SAVEPOINT pack").await?;
        }
        let outcome = run.pack(&mut tx, reader, (pack, parts), tell).await;
        match outcome {
            Err(error) if error.kind == Kind::Connection && !run.parts.is_empty() => run.lost(parts, &error),
            outcome => outcome?,
        }
        if asked.len() > 1 {
            // A connection that is lost says so at the next pack.
            let _ = tx.execute("ROLLBACK TO SAVEPOINT pack; RELEASE SAVEPOINT pack").await;
        }
    }
    let Run { snapshot, seal, parts, .. } = run;
    let snapshot = snapshot.ok_or_else(|| Error::failed("there is no pack"))?;
    let mut report = Report::new(packs, options, snapshot, parts);
    report.seal = seal;
    Ok(report)
}

/// The table whose rows are sealed by the root that is to be verified, where it is one of a table's, or where the pack has
/// nothing else that can be sealed.
async fn sealed_table<'a>(tx: &mut Tx, packs: &'a [Pack], options: &Options) -> Result<Option<(&'a Pack, Pack)>> {
    let Some(seal::Use::Verify(root)) = &options.seal else { return Ok(None) };
    let key = seal::key_of(tx, root).await?;
    if let Some(key) = &key {
        packs.iter().try_for_each(|pack| pack.require_as_sealed(key))?;
    }
    let table = |pack: &'a Pack| {
        let mut tables = pack.sealed_tables();
        let known = tables.iter().position(|table| Some(table.key()) == key);
        let only = (pack.ledger.is_none() && !tables.is_empty()).then_some(0);
        known.or(only).map(|n| (pack, tables.swap_remove(n)))
    };
    Ok(packs.iter().find_map(table))
}

/// The packs that are looked at, each with its parts.
fn asked<'a>(packs: &'a [Pack], options: &Options) -> Result<Vec<(&'a Pack, Vec<Pack>)>> {
    if options.ledger.is_none() && options.seal.is_none() {
        return Ok(packs.iter().map(|pack| (pack, pack.parts())).collect());
    }
    let pack = packs.iter().find(|pack| pack.ledger.is_some()).or(packs.first());
    let pack = pack.ok_or_else(|| Error::failed("there is no pack"))?;
    let parts = match &options.ledger {
        Some(name) => vec![pack.of_ledger(name)?],
        None => pack.require_one("a seal is of one: name it with --ledger NAME").map(|()| pack.parts())?,
    };
    Ok(vec![(pack, parts)])
}

/// A run, and what it has found so far.
struct Run<'a> {
    database: &'a Database,
    /// The name of the snapshot, for further connections.
    exported: Option<String>,
    options: &'a Options,
    snapshot: Option<Snapshot>,
    seal: Option<seal::Reference>,
    parts: Vec<(Pack, Part)>,
}

impl Run<'_> {
    /// Runs the checks of one pack.
    async fn pack(
        &mut self,
        tx: &mut Tx,
        reader: &Reader,
        (pack, parts): (&Pack, &[Pack]),
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        reader.prepare(tx, pack).await?;
        let snapshot = snapshot::describe(tx, pack).await?;
        let migration = snapshot.migration;
        if self.options.replica && !snapshot.replica {
            let target = self.database.target();
            return Err(Error::refused(format!("{target} is a primary, and --replica asks for a replica"))
                .hint("name a replica's address, or leave --replica out"));
        }
        self.snapshot.get_or_insert(snapshot);
        let missing = crate::packs::missing_columns(tx, pack).await?;
        if !missing.is_empty() && missing.len() == pack.detect.len() {
            return Err(Error::usage(format!(
                "this database holds no {} tables: looked for {}",
                pack.title,
                pack.detect.join(", ")
            ))
            .hint(format!("bursar migrate up --app {}", pack.name)));
        }
        let parts = &self.narrowed(tx, pack, parts).await?;
        require_account(tx, pack, self.options).await?;
        for (n, part) in parts.iter().enumerate() {
            match self.part(tx, (reader, part), migration, tell).await {
                Err(error) if error.kind == Kind::Connection && !self.parts.is_empty() => {
                    self.lost(&parts[n..], &error);
                    break;
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// The parts with the rows of the tenant, where one is asked for.
    async fn narrowed(&self, tx: &mut Tx, pack: &Pack, parts: &[Pack]) -> Result<Vec<Pack>> {
        let Some(tenant) = &self.options.tenant else { return Ok(parts.to_vec()) };
        let mut narrowed = Vec::new();
        for part in parts {
            narrowed.push(part.of_tenant(tx, tenant).await?);
        }
        // It would have to be called clean.
        pack.require_tenant(tx, tenant).await?;
        Ok(narrowed)
    }

    /// Records the checks of parts that were not looked at, because the connection was lost.
    fn lost(&mut self, parts: &[Pack], error: &Error) {
        for pack in parts {
            if self.parts.iter().any(|(done, _)| (&done.name, &done.part) == (&pack.name, &pack.part)) {
                continue;
            }
            let mut part = Part::default();
            for check in of_part(pack) {
                match self.options.leaves_out(&check.id) {
                    Some(reason) => part.skip(&check, reason),
                    None => part.record(&check, Instant::now(), Err(error.again())),
                }
            }
            self.parts.push((pack.clone(), part));
        }
    }

    /// Runs the checks of a part of the pack.
    async fn part(
        &mut self,
        tx: &mut Tx,
        (reader, pack): (&Reader, &Pack),
        migration: Option<i64>,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Result<()> {
        let acknowledged = Acknowledged::load(tx, &pack.key()).await?;
        let mut options = acknowledged.added_to(self.options);
        let ledger = pack.ledger.as_ref().filter(|ledger| ledger.sealed_table().is_none());
        options.within = ledger.and_then(|ledger| ledger.name.clone());
        let options = &options;
        let seal = match &options.seal {
            Some(what) => Some(seal::choose(tx, pack, what).await?),
            None => None,
        };
        let scope = Scope {
            pack,
            options,
            acknowledged: &acknowledged,
            migration,
            shape: RefCell::default(),
            comparable: OnceCell::new(),
            seal,
            pieces: Pieces::default(),
        };
        let (tasks, left_out) = tasks(&scope);

        let (unique, doubled) = unique::check(tx, &scope).await?;
        let mut all = perform(self, tx, reader, &scope, (&tasks, &doubled), tell).await;
        if let Some(snapshot) = self.snapshot.as_ref().filter(|_| pack.part.is_none()) {
            all.doubts = beyond::doubts(tx, &scope, snapshot).await;
        }
        let asked = !unique.checks.is_empty();
        all.checks.splice(0..0, unique.checks);
        all.unchecked.extend(unique.unchecked);
        all.checks.extend(left_out.checks.into_iter().filter(|c| !asked || !unique::is(&c.id)));
        // A check that nothing has answered is not one that passed, whatever the reason.
        for check in of_part(pack) {
            if !all.checks.iter().any(|c| c.id == check.id) {
                all.record(&check, Instant::now(), Err(Error::failed("it was not run")));
            }
        }
        all.tables.sort_by_key(|t| pack.tables.iter().position(|p| *p == t.table));
        // Without them, a finding that is acknowledged looks like any other.
        let unreadable = acknowledged.unreadable.as_ref().filter(|_| all.findings.iter().any(|f| f.count() > 0));
        all.tables.extend(unreadable.map(|error| TableRows::unread(crate::store::repairs::ACKNOWLEDGEMENTS, error)));
        let arrived_since = all.arrived;
        let seal = scope.seal.and_then(|s| s.seal).map(|s| seal::Reference { arrived_since, ..s.reference() });
        self.seal = self.seal.take().or(seal);
        self.parts.push((pack.clone(), all));
        Ok(())
    }
}

/// Performs the tasks, on as many connections as are asked for, and puts their results together in order.
async fn perform(
    run: &Run<'_>,
    tx: &mut Tx,
    reader: &Reader,
    scope: &Scope<'_>,
    (tasks, doubled): (&[Task<'_>], &Doubled),
    tell: &mut dyn FnMut(Event<'_>),
) -> Part {
    // The longest come first, so that no connection is left alone with them at the end.
    let queue: RefCell<VecDeque<(usize, Task<'_>)>> = RefCell::new(tasks.iter().copied().enumerate().collect());
    let parts: RefCell<Vec<(usize, Part)>> = RefCell::default();
    let tell = RefCell::new(tell);
    if tasks.iter().any(|task| matches!(task, Task::Ledger(_))) {
        scope.pieces.open(run.exported.is_some());
    }
    let total = tasks.len() as u64;
    let work = async |tx: &mut Tx| -> Option<Error> {
        loop {
            // The ledger is what takes longest.
            match scope.pieces.help(tx).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => return Some(error),
            }
            let next = queue.borrow_mut().pop_front();
            let Some((index, task)) = next else {
                match scope.pieces.come().await {
                    true => continue,
                    false => return None,
                }
            };
            (tell.borrow_mut())(Event::Step { what: task.name(), done: parts.borrow().len() as u64, of: total });
            let performed = match doubled.error(task.sources()) {
                Some(error) => Ok(task.lost(scope, &error)),
                None => task.perform(tx, scope).await,
            };
            if matches!(task, Task::Ledger(_)) {
                scope.pieces.close();
            }
            match performed {
                Ok(part) => parts.borrow_mut().push((index, part)),
                Err(error) => {
                    // The snapshot went with the connection; a new one would mix two states.
                    parts.borrow_mut().push((index, task.lost(scope, &error)));
                    return Some(error);
                }
            }
        }
    };
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
            tx = run.database.read_snapshot(exported) => tx.ok()?,
            _ = drained.acquire() => return None,
        };
        match reader.prepare(&mut tx, scope.pack).await {
            Ok(()) => work(&mut tx).await,
            Err(_) => None,
        }
    };
    let others = run.exported.iter().flat_map(|e| std::iter::repeat_n(e, scope.options.parallel - 1)).map(|e| join(e));
    let (lost, other_lost) = futures_util::future::join(first(tx), futures_util::future::join_all(others)).await;
    let lost = lost.into_iter().chain(other_lost.into_iter().flatten()).next();

    let mut parts = parts.into_inner();
    let error = lost.unwrap_or_else(|| Error::new(Kind::Connection, "the connection was lost"));
    parts.extend(queue.into_inner().into_iter().map(|(index, task)| (index, task.lost(scope, &error))));
    parts.sort_by_key(|(index, _)| *index);
    let mut all = Part::default();
    parts.into_iter().for_each(|(_, part)| all.add(part));
    all
}

/// The findings of the ledger's checks as this transaction sees them, also where it writes. The
/// transaction was prepared by [`Reader::prepare`].
///
/// # Errors
/// [`Kind::Incomplete`] if a check could not be answered: what is to be repaired has to be known.
pub(super) async fn ledger_findings(
    tx: &mut Tx,
    pack: &Pack,
    ledger: &Ledger,
    options: &Options,
) -> Result<Vec<Finding>> {
    let acknowledged = Acknowledged::load(tx, &pack.name).await?;
    if let Some(error) = &acknowledged.unreadable {
        let reason = error.message();
        return Err(Error::new(Kind::Incomplete, format!("bursar.acknowledgements cannot be read: {reason}")));
    }
    let options = &acknowledged.added_to(options);
    let scope = Scope {
        pack,
        options,
        acknowledged: &acknowledged,
        migration: None,
        shape: RefCell::default(),
        comparable: OnceCell::new(),
        seal: None,
        // Never opened: a transaction that writes may see another state with each statement.
        pieces: Pieces::default(),
    };
    if let Some(error) = unique::check(tx, &scope).await?.1.error([Source::Entries, Source::Balances]) {
        return Err(error);
    }
    let part = ledger::check(tx, &scope, ledger).await?;
    if let Some(check) = part.checks.iter().find(|c| c.status == CheckStatus::Incomplete) {
        let reason = check.reason.as_deref().unwrap_or_default();
        return Err(Error::new(Kind::Incomplete, format!("{} was not answered: {reason}", check.id)));
    }
    part.findings.iter().flat_map(Findings::iter).collect()
}

/// Refuses an account that nobody has: it would have to be called clean.
pub(super) async fn require_account(tx: &mut Tx, pack: &Pack, options: &Options) -> Result<()> {
    // Beside another pack, one without a ledger has no account to look for.
    let Some(account) = options.account.as_ref().filter(|_| pack.part.is_none() || pack.ledger.is_some()) else {
        return Ok(());
    };
    let wanted = |ledger: &&Ledger| options.ledger.as_ref().is_none_or(|name| name == ledger.called());
    if pack.ledger.is_none() {
        return Err(Error::usage(format!("{} keeps no ledger, so it has no account '{account}'", pack.name))
            .hint("leave --account out"));
    }
    for ledger in pack.all_ledgers().filter(wanted) {
        // A ledger that cannot be read says so check by check.
        let known = guarded(tx, async |connection| ledger::knows(connection, ledger, account).await).await?;
        if !matches!(known, Ok(false)) {
            return Ok(());
        }
    }
    Err(Error::usage(format!("there is no account '{account}'"))
        .hint("--account takes a whole id; bursar wallet show finds one by its beginning or an address"))
}
