//! Running the canonical checks: one aggregate, and then where it says that something is wrong.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::around::attach;
use super::checks::LedgerCheck;
use super::explain::{balance_finding, domain_finding, text, total_finding};
use super::links::Links;
use super::pass::{self, CHEAP, Passed};
use super::query::Query;
use super::sql::{MISPLACED, OVERDRAWN, SUMS, UNORDERED};
use super::suspect::{Sizes, suspected};
use super::tenants::totals;
use super::unbalanced::unbalanced;
use crate::audit::findings::Findings;
use crate::audit::model::{Described, Part, TableRows, UnitTotal};
use crate::audit::options::{Depth, Options};
use crate::audit::scope::Scope;
use crate::db::{Connection, Tx, guarded, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::packs::{Key, Ledger, Order, seq_is_null};

/// The result of the aggregate.
struct Sums {
    balance: Findings,
    /// Accounts whose balances wait for what is acknowledged of their broken links.
    held: Vec<PgRow>,
    total: Findings,
    units: Vec<UnitTotal>,
    any_broken: bool,
    any_misplaced: bool,
    /// True if some accounts have no chain, beside others in their unit that have one.
    chainless: bool,
    sizes: Sizes,
    /// The result of a pass over the table, where there was one.
    passed: Option<Passed>,
    /// The way in which the ledger was read, in a sentence, where that is worth one.
    way: Option<String>,
}

impl Sums {
    /// Adds the totals of a unit, with the number of its accounts that have running balances.
    fn count(&mut self, total: UnitTotal, chains: i64) {
        self.chainless |= total.chainless > 0;
        self.sizes.accounts += total.accounts.unsigned_abs();
        self.sizes.chains += chains.unsigned_abs();
        self.sizes.entries += total.entries.unsigned_abs();
        self.units.push(total);
    }

    fn entries(&self) -> i64 {
        self.units.iter().map(|u| u.entries).sum()
    }

    /// The units whose entries carry no running balance, so that they form no chain.
    fn unchained(&self) -> Vec<String> {
        let units = self.units.iter().filter(|u| u.entries > 0 && !u.running_balances);
        units.map(|u| u.unit.clone()).collect()
    }
}

/// True if an entry or a cached balance is of this account.
pub(in crate::audit) async fn knows(connection: &mut Connection, ledger: &Ledger, account: &str) -> Result<bool> {
    for query in ledger.queries() {
        let key = Key::of(connection, query, "account").await?;
        // What is no value of the column's type is nobody's.
        let Some(id) = key.parse(account) else { continue };
        let sql = format!(
            "SELECT EXISTS (SELECT FROM ({}\n) a WHERE {} = {})",
            query.text,
            key.column("a.account"),
            key.parameter("$1")
        );
        if sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql)).bind(id).fetch_one(&mut *connection).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Runs the ledger's checks.
pub(in crate::audit) async fn check(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger) -> Result<Part> {
    let mut part = Part::default();
    let checks = LedgerCheck::CORE.map(|check| check.described(ledger));
    let [balance, chain, order, domain, total] = &checks;
    let balanced = ledger.balanced.then(|| LedgerCheck::Balanced.described(ledger));
    let wanted = |check: &Described| scope.options.leaves_out(&check.id).is_none();
    let tolerance = i32::try_from(scope.pack.thresholds.future_tolerance_secs).unwrap_or(i32::MAX);

    let counted = ledger.rows_of.clone().filter(|_| scope.options.is_whole());

    // The aggregate comes first whatever was asked for: it says what the others have to look at.
    let started = Instant::now();
    let (mut sums, query) = match aggregate(tx, scope, ledger, tolerance).await? {
        Ok(found) => found,
        Err(error) => {
            for check in checks.iter().chain(&balanced).filter(|c| wanted(c)) {
                part.record(check, started, Err(error.again()));
            }
            part.tables.extend(counted.map(|table| TableRows::unread(table, &error)));
            return Ok(part);
        }
    };
    let (any_broken, any_misplaced, entries) = (sums.any_broken, sums.any_misplaced, sums.entries());
    let unchained = sums.unchained();
    let none = no_chain(ledger, &unchained, sums.units.iter().any(|u| u.running_balances));
    let mut query_of_chains = query.clone().without(&unchained);
    if sums.chainless {
        query_of_chains = query_of_chains.with_chainless();
    }
    let all_numbered = sums.passed.as_ref().is_some_and(|passed| !passed.whole.unnumbered);
    let unnumbered = match none {
        None if ledger.order == Order::Seq && !scope.pack.is_system() && !all_numbered => {
            guarded(tx, async |c| without_seq(c, &query_of_chains, ledger).await).await?.err()
        }
        _ => None,
    };
    let depth = match none {
        Some(_) => None,
        // A pass has read all of it, however many entries there turned out to be.
        None if sums.passed.is_some() => Some(Depth::Strict),
        None => Some(depth_of(tx, scope, &query_of_chains, entries).await?),
    };
    part.depth = depth;
    part.ways.extend(sums.way.take());
    let held = std::mem::take(&mut sums.held);
    let cached = ledger.balances.is_some();
    if wanted(balance) && !cached {
        part.skip(balance, NO_CACHE);
    } else if wanted(balance) && held.is_empty() {
        part.record(balance, started, Ok(sums.balance));
        sums.balance = scope.options.findings();
    }
    if wanted(chain) || wanted(order) || !held.is_empty() {
        let started_links = Instant::now();
        // Where no chain is broken, only their order is left to look at.
        let found = match depth {
            None => None,
            Some(_) if unnumbered.is_some() => unnumbered.map(Err),
            Some(Depth::Fast) if !any_broken => Some(Ok(Links::none(scope))),
            Some(_) if sums.passed.as_ref().is_some_and(|passed| passed.suspects.is_empty()) => {
                Some(Ok(Links::none(scope)))
            }
            Some(depth) => {
                if let Some(passed) = &sums.passed {
                    query_of_chains = query_of_chains.of_accounts(&passed.suspects);
                }
                Some(guarded(tx, async |c| Links::read(c, &query_of_chains, depth, scope).await).await?)
            }
        };
        if wanted(balance) && cached && !held.is_empty() {
            let outcome = match &found {
                Some(Err(error)) => Err(error.again()),
                Some(Ok(links)) => {
                    guarded(tx, async |c| links.settle(c, &held, &mut sums.balance, scope).await).await?
                }
                None => {
                    guarded(tx, async |c| Links::none(scope).settle(c, &held, &mut sums.balance, scope).await).await?
                }
            };
            part.record(balance, started, outcome.map(|()| sums.balance));
        }
        record_chain(&mut part, scope, [chain, order], started_links, found.ok_or(none.unwrap_or_default()));
    }
    if wanted(domain) {
        let started = Instant::now();
        let mut found = if any_misplaced {
            guarded(tx, async |c| misplaced(c, &query, tolerance, scope.options).await).await?
        } else {
            Ok(scope.options.findings())
        };
        // Where entries carry running balances, those say how low an account ever was.
        if ledger.recompute && !unchained.is_empty() && !query.shape.is_unbounded() {
            let query = query.clone().only(&unchained);
            if depth_of(tx, scope, &query, entries).await? == Depth::Strict
                && let Ok(findings) = &mut found
            {
                found = guarded(tx, async |c| overdrawn(c, &query, tolerance, findings).await).await?.and(found);
            }
        }
        part.record(domain, started, found);
    }
    if wanted(total) && cached {
        part.record(total, started, Ok(sums.total));
    } else if wanted(total) {
        part.skip(total, NO_CACHE);
    }
    if let Some(balanced) = balanced.filter(wanted) {
        let started = Instant::now();
        let outcome = guarded(tx, async |c| unbalanced(c, &query, scope).await).await?;
        sums.sizes.refs = outcome.as_ref().map_or(0, |(_, refs)| *refs);
        part.record(&balanced, started, outcome.map(|(found, _)| found));
    }
    // What bursar's own migrations made is as its pack says, and one account says nothing about a pack.
    if !scope.pack.is_system() && scope.options.is_whole() {
        part.suspected = suspected(ledger, &part.checks, &sums.sizes);
    }
    if scope.options.explain {
        for findings in &mut part.findings {
            // A finding stands without its surroundings too.
            guarded(tx, async |c| attach(c, ledger, findings).await).await?.ok();
        }
    }
    if scope.options.account.is_none() {
        match guarded(tx, async |c| totals(c, &query, scope.options.within.as_ref()).await).await? {
            Ok(tenants) => part.tenants = tenants,
            Err(error) => part.unchecked.push(format!("the totals of the tenants cannot be told: {}", error.message())),
        }
    }
    part.tables.extend(counted.map(|table| TableRows::read(table, entries)));
    part.units = sums.units;
    Ok(part)
}

/// Refuses entries that have no place in the order: none of their running balances could be compared.
pub(super) async fn without_seq(connection: &mut Connection, query: &Query, ledger: &Ledger) -> Result<()> {
    let sql = query.fill("SELECT count(*) FILTER (WHERE e.seq IS NULL), count(*) FROM ({entries}) AS e");
    let (without, of): (i64, i64) =
        sqlx::query_as(AssertSqlSafe(sql)).bind(&query.account).fetch_one(connection).await?;
    match without {
        0 => Ok(()),
        _ => Err(Error::new(Kind::Incomplete, seq_is_null(without, of)).context(&ledger.entries.file)),
    }
}

/// The reason why no cached balance is compared.
pub(super) const NO_CACHE: &str = "the pack has no ledger/balances.sql, so there is no cached balance to compare";

/// The reason why the ledger has no chain; none if it has one. `unchained` are the units whose entries carry no running
/// balance, and `chained` says that there are others.
pub(super) fn no_chain(ledger: &Ledger, unchained: &[String], chained: bool) -> Option<String> {
    if !ledger.running {
        return Some("the ledger keeps no running balances, so there is no chain".to_owned());
    }
    (!chained && !unchained.is_empty())
        .then(|| format!("`running` is NULL in every entry in {}, so there is no chain", unchained.join(", ")))
}

/// Records the checks of the chain and of its order in time. `found` is the reason if there is no chain.
fn record_chain(
    part: &mut Part,
    scope: &Scope<'_>,
    [chain, order]: [&Described; 2],
    started: Instant,
    found: std::result::Result<Result<Links>, String>,
) {
    let wanted = |check: &Described| scope.options.leaves_out(&check.id).is_none();
    let found = match found {
        Ok(found) => found,
        Err(reason) => {
            for check in [chain, order].into_iter().filter(|check| wanted(check)) {
                part.skip(check, &reason);
            }
            return;
        }
    };
    let (broken, unordered) = match found {
        Ok(links) => (Ok(links.broken), Ok(links.unordered)),
        Err(error) => (Err(error.again()), Err(error)),
    };
    if wanted(chain) {
        part.record(chain, started, broken);
    }
    if wanted(order) && part.depth == Some(Depth::Fast) {
        part.skip(order, "the depth was fast; --strict reads every account in order");
    } else if wanted(order) {
        part.record(order, started, unordered);
    }
}

/// Asks for the aggregate, and returns it with the query that it was asked by.
async fn aggregate(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger, tolerance: i32) -> Result<Result<(Sums, Query)>> {
    let account = scope.options.account.as_deref();
    let mut query = match guarded(tx, async |connection| Query::new(connection, ledger, account).await).await? {
        Ok(query) => query,
        Err(error) => return Ok(Err(error)),
    };
    let read = pass::read(tx, scope, ledger, &query, tolerance).await;
    scope.pieces.close();
    let (passed, way) = read?;
    let mut found = guarded(tx, async |c| sums(c, &query, tolerance, (scope, passed.as_ref())).await).await?;
    // A number beyond the range of the native type must not hide what else is wrong.
    if found.as_ref().is_err_and(|e| e.sqlstate.as_deref() == Some(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE))
        && query.widen()
    {
        found = guarded(tx, async |c| sums(c, &query, tolerance, (scope, passed.as_ref())).await).await?;
    }
    Ok(found.map(|mut sums| {
        sums.units.sort_by(|a, b| a.unit.cmp(&b.unit));
        (Sums { passed, way, ..sums }, query)
    }))
}

/// The depth to read with: as asked; otherwise strict if that is cheap, because there are few entries,
/// one account, or an index that yields them in order.
async fn depth_of(tx: &mut Tx, scope: &Scope<'_>, query: &Query, entries: i64) -> Result<Depth> {
    if let Some(depth) = scope.options.depth {
        return Ok(depth);
    }
    if entries <= CHEAP || scope.options.account.is_some() {
        return Ok(Depth::Strict);
    }
    let plan = guarded(tx, async |connection| {
        let explain = format!("EXPLAIN {}", query.fill(UNORDERED));
        let lines = sqlx::query(AssertSqlSafe(explain)).bind(&query.account).fetch_all(connection).await?;
        Ok(lines.iter().filter_map(|l| l.try_get::<String, _>(0).ok()).collect::<Vec<_>>().join("\n"))
    })
    .await?;
    Ok(if plan.is_ok_and(|p| !p.contains("Sort Key")) { Depth::Strict } else { Depth::Fast })
}

/// The sums, of all accounts, or of those that a pass could not prove beside what it has summed itself.
async fn sums(
    connection: &mut Connection,
    query: &Query,
    tolerance: i32,
    (scope, passed): (&Scope<'_>, Option<&Passed>),
) -> Result<Sums> {
    let options = scope.options;
    let mut found = Sums {
        balance: options.findings(),
        held: Vec::new(),
        total: options.findings(),
        units: Vec::new(),
        any_broken: false,
        any_misplaced: false,
        chainless: false,
        sizes: Sizes::default(),
        passed: None,
        way: None,
    };
    let suspects;
    let query = match passed {
        None => query,
        Some(passed) => {
            passed.totals(query, options).into_iter().for_each(|(total, chains)| found.count(total, chains));
            if passed.suspects.is_empty() {
                return Ok(found);
            }
            suspects = query.clone().of_accounts(&passed.suspects);
            &suspects
        }
    };
    // Nothing is known about the values of the aggregate, and the planner would sort both sides to
    // merge them, which takes a tenth of the whole pass longer than hashing.
    connection.execute("SET LOCAL enable_mergejoin = off").await?;
    let mut rows =
        sqlx::query(AssertSqlSafe(query.fill(SUMS))).bind(&query.account).bind(tolerance).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        if row.try_get("summary")? {
            // Of some accounts it would be no total.
            if passed.is_some() {
                continue;
            }
            let mut total = UnitTotal {
                ledger_name: options.within.clone(),
                unit: text(&row, "unit")?,
                accounts: row.try_get("accounts")?,
                entries: row.try_get("entries")?,
                ledger: text(&row, "total")?,
                cached: row.try_get("balance")?,
                opening: row.try_get("opening")?,
                running_balances: row.try_get("chained")?,
                chainless: 0,
            };
            let count = |column| Ok::<_, Error>(row.try_get::<Option<i64>, _>(column)?.unwrap_or(0));
            if total.running_balances {
                total.chainless = count("chainless")?;
            }
            if !row.try_get::<bool, _>("explained")? {
                found.total.push(total_finding(&total, text(&row, "difference")?))?;
            }
            found.count(total, count("chains")?);
            continue;
        }
        let broken: bool = row.try_get("broken")?;
        found.any_broken |= broken;
        found.any_misplaced |= row.try_get::<bool, _>("misplaced")?;
        if broken && (options.for_repair || scope.acknowledged.concerns(&(text(&row, "account")?, text(&row, "unit")?)))
        {
            found.held.push(row);
        } else if row.try_get("unequal")? {
            found.balance.push(balance_finding(&row)?)?;
        }
    }
    drop(rows);
    connection.execute("SET LOCAL enable_mergejoin TO DEFAULT").await?;
    Ok(found)
}

pub(super) async fn misplaced(
    connection: &mut Connection,
    query: &Query,
    tolerance: i32,
    options: &Options,
) -> Result<Findings> {
    let mut found = options.findings();
    let mut rows =
        sqlx::query(AssertSqlSafe(query.fill(MISPLACED))).bind(&query.account).bind(tolerance).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(domain_finding(&row)?)?;
    }
    Ok(found)
}

/// Adds the accounts that had less than they may have, at some time in the past.
async fn overdrawn(connection: &mut Connection, query: &Query, tolerance: i32, found: &mut Findings) -> Result<()> {
    let sql = query.fill(OVERDRAWN);
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(&query.account).bind(tolerance).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(domain_finding(&row)?)?;
    }
    Ok(())
}
