//! The canonical checks of a ledger: cached balances against entries, the chain of running
//! balances, their order in time, their domain, and the totals.
//!
//! One aggregate says which accounts fail (`sql/sums.sql`). Those, or strictly all of them
//! (`sql/unordered.sql`), are read in order to find where (`sql/links.sql`). What lies outside its
//! domain is looked for (`sql/misplaced.sql`) only where the aggregate says that there is any.

mod around;
mod explain;
mod links;
mod loops;
mod query;
mod since;

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

pub(super) use since::check as check_since;

pub use around::AccountEntry;
pub(crate) use around::newest;
use explain::{balance_finding, domain_finding, text, total_finding};
use links::Links;
pub(crate) use query::Query;

use super::{Depth, Described, Findings, Options, Part, Scope, TableRows, UnitTotal, guarded};
use crate::db::{Connection, Tx, sqlstate};
use crate::error::{Error, Result};
use crate::packs::{Key, Ledger, Severity};

const SUMS: &str = include_str!("../sql/sums.sql");
const LINKS: &str = include_str!("../sql/links.sql");
const UNORDERED: &str = include_str!("../sql/unordered.sql");
const BROKEN: &str = include_str!("../sql/broken.sql");
const MISPLACED: &str = include_str!("../sql/misplaced.sql");

/// Up to this many entries, reading all of them in order is cheap enough to be the default.
const CHEAP: i64 = 1_000_000;

/// What the aggregate found, besides its findings.
struct Sums {
    balance: Findings,
    /// Accounts whose balances wait for what is acknowledged of their broken links.
    held: Vec<PgRow>,
    total: Findings,
    units: Vec<UnitTotal>,
    any_broken: bool,
    any_misplaced: bool,
}

impl Sums {
    fn entries(&self) -> i64 {
        self.units.iter().map(|u| u.entries).sum()
    }
}

/// A canonical check.
#[derive(Debug)]
pub(super) struct Canonical {
    /// The only place that has its id.
    pub(super) id: &'static str,
    title: &'static str,
    severity: Severity,
    why: &'static str,
    remedy: &'static str,
    /// The query that answers it.
    sql: &'static str,
}

/// Something of each canonical check. Whoever takes it apart names all of them, so that none is forgotten.
pub(super) struct Each<T> {
    pub(super) balance: T,
    pub(super) chain: T,
    pub(super) order: T,
    pub(super) domain: T,
    pub(super) total: T,
}

impl<T> Each<T> {
    /// In the order of the report.
    pub(super) fn in_order(self) -> [T; 5] {
        let Each { balance, chain, order, domain, total } = self;
        [balance, chain, order, domain, total]
    }

    pub(super) fn as_ref(&self) -> Each<&T> {
        let Each { balance, chain, order, domain, total } = self;
        Each { balance, chain, order, domain, total }
    }

    fn map<U>(self, mut each: impl FnMut(T) -> U) -> Each<U> {
        let Each { balance, chain, order, domain, total } = self;
        Each {
            balance: each(balance),
            chain: each(chain),
            order: each(order),
            domain: each(domain),
            total: each(total),
        }
    }
}

/// The canonical checks.
pub(super) static CHECKS: Each<Canonical> = Each {
    balance: Canonical {
        id: "ledger.balance",
        title: "Cached balances equal the sum of their entries",
        severity: Severity::Error,
        why: "People spend from the cached balance. Where it is not what the ledger says, somebody has money that nobody gave, or lacks money that is theirs.",
        remedy: "Find out which of the two is right: set the cache to the ledger's sum, or record an adjustment for what is owed.",
        sql: SUMS,
    },
    chain: Canonical {
        id: "ledger.chain",
        title: "Each running balance follows from the one before it",
        severity: Severity::Error,
        why: "A chain that does not follow was written without a lock, or changed afterwards: an entry is missing, doubled or edited, even where the sum happens to agree.",
        remedy: "Look at the first bad entry and the one before it. Entries are never edited: record an adjustment for what is owed.",
        sql: LINKS,
    },
    order: Canonical {
        id: "ledger.order",
        title: "The running balances follow each other in the order of time",
        severity: Severity::Warn,
        why: "Times that do not order the entries make every history that is sorted by them wrong.",
        remedy: "No balance is wrong. Take the time after locking the account, from the database's own clock.",
        sql: LINKS,
    },
    domain: Canonical {
        id: "ledger.domain",
        title: "Amounts, signs and dates are possible ones",
        severity: Severity::Error,
        why: "A negative balance, an entry without a sign or a date that cannot be was written past the rules that everything else relies on.",
        remedy: "Find out what wrote it, and record an adjustment for what is owed.",
        sql: MISPLACED,
    },
    total: Canonical {
        id: "ledger.total",
        title: "Credits less debits equal all balances together",
        severity: Severity::Error,
        why: "What no single account shows, such as a balance that is stored twice, shows in the totals.",
        remedy: "Look for accounts with more than one balance row.",
        sql: SUMS,
    },
};

pub(super) fn described(ledger: &Ledger) -> Each<Described> {
    let query = Query::unbound(ledger);
    CHECKS.as_ref().map(|check| Described {
        id: check.id.to_owned(),
        title: check.title.to_owned(),
        severity: check.severity,
        reads: ledger.reads.clone(),
        why: check.why.to_owned(),
        remedy: check.remedy.to_owned(),
        sql: query.fill(&check.sql.replace("{suspects}", UNORDERED)),
    })
}

/// True where an entry or a cached balance is of this account.
pub(super) async fn knows(connection: &mut Connection, ledger: &Ledger, account: &str) -> Result<bool> {
    for query in [&ledger.balances, &ledger.entries] {
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
pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger) -> Result<Part> {
    let mut part = Part::default();
    let checks = described(ledger);
    let Each { balance, chain, order, domain, total } = checks.as_ref();
    let wanted = |check: &Described| scope.options.leaves_out(&check.id).is_none();
    let tolerance = i32::try_from(scope.pack.thresholds.future_tolerance_secs).unwrap_or(i32::MAX);

    let counted = ledger.rows_of.clone().filter(|_| scope.options.account.is_none());

    // The aggregate comes first whatever was asked for: it says what the others have to look at.
    let started = Instant::now();
    let query =
        guarded(tx, async |connection| Query::new(connection, ledger, scope.options.account.as_deref()).await).await?;
    let sums = match query {
        Ok(mut query) => {
            let mut found = guarded(tx, async |c| sums(c, &query, tolerance, scope).await).await?;
            // A number beyond the range of the native type must not hide what else is wrong.
            if found.as_ref().is_err_and(|e| e.sqlstate.as_deref() == Some(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE))
                && query.widen()
            {
                found = guarded(tx, async |c| sums(c, &query, tolerance, scope).await).await?;
            }
            found.map(|sums| (sums, query))
        }
        Err(error) => Err(error),
    };
    let (mut sums, query) = match sums {
        Ok(found) => found,
        Err(error) => {
            for check in checks.as_ref().in_order().into_iter().filter(|c| wanted(c)) {
                part.record(check, started, Err(Error::failed(error.message())));
            }
            part.tables.extend(counted.map(|table| TableRows { table, rows: None, reason: Some(error.message()) }));
            return Ok(part);
        }
    };
    let (any_broken, any_misplaced, entries) = (sums.any_broken, sums.any_misplaced, sums.entries());
    let depth = if ledger.running { Some(depth(tx, scope, &query, entries).await?) } else { None };
    part.depth = depth;
    let held = std::mem::take(&mut sums.held);
    if wanted(balance) && held.is_empty() {
        part.record(balance, started, Ok(sums.balance));
        sums.balance = scope.options.findings();
    }
    if wanted(chain) || wanted(order) || !held.is_empty() {
        let started_links = Instant::now();
        // Where no chain is broken, only their order is left to look at.
        let found = match depth {
            None => None,
            Some(Depth::Fast) if !any_broken => Some(Ok(Links::none(scope))),
            Some(depth) => Some(guarded(tx, async |c| Links::read(c, &query, depth, scope).await).await?),
        };
        if wanted(balance) && !held.is_empty() {
            let outcome = match &found {
                Some(Err(error)) => Err(Error::failed(error.message())),
                Some(Ok(links)) => guarded(tx, async |c| links.settle(c, &held, &mut sums.balance).await).await?,
                None => guarded(tx, async |c| Links::none(scope).settle(c, &held, &mut sums.balance).await).await?,
            };
            part.record(balance, started, outcome.map(|()| sums.balance));
        }
        let started = started_links;
        let mut both = |chain_outcome: Result<Findings>, order_outcome: Result<Findings>| {
            if wanted(chain) {
                part.record(chain, started, chain_outcome);
            }
            if wanted(order) && depth == Some(Depth::Fast) {
                part.skip(order, "the depth was fast; --strict reads every account in order");
            } else if wanted(order) {
                part.record(order, started, order_outcome);
            }
        };
        match found {
            Some(Ok(links)) => both(Ok(links.broken), Ok(links.unordered)),
            Some(Err(error)) => both(Err(Error::failed(error.message())), Err(error)),
            None => {
                for check in [chain, order].into_iter().filter(|c| wanted(c)) {
                    part.skip(check, "the ledger keeps no running balances, so there is no chain");
                }
            }
        }
    }
    if wanted(domain) {
        let started = Instant::now();
        let misplaced = if any_misplaced {
            guarded(tx, async |c| misplaced(c, &query, tolerance, scope.options).await).await?
        } else {
            Ok(scope.options.findings())
        };
        part.record(domain, started, misplaced);
    }
    if wanted(total) {
        part.record(total, started, Ok(sums.total));
    }
    if scope.options.explain {
        for findings in &mut part.findings {
            // A finding stands without its surroundings too.
            guarded(tx, async |c| around::attach(c, ledger, findings).await).await?.ok();
        }
    }
    part.tables.extend(counted.map(|table| TableRows { table, rows: Some(entries), reason: None }));
    part.units = sums.units;
    Ok(part)
}

/// How deeply to read: as asked; otherwise strict where it is cheap, because there are few entries,
/// one account, or an index that yields them in order.
async fn depth(tx: &mut Tx, scope: &Scope<'_>, query: &Query, entries: i64) -> Result<Depth> {
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

async fn sums(connection: &mut Connection, query: &Query, tolerance: i32, scope: &Scope<'_>) -> Result<Sums> {
    let options = scope.options;
    let mut found = Sums {
        balance: options.findings(),
        held: Vec::new(),
        total: options.findings(),
        units: Vec::new(),
        any_broken: false,
        any_misplaced: false,
    };
    // Nothing is known about the values of the aggregate, and the planner would sort both sides to
    // merge them, which takes a tenth of the whole pass longer than hashing.
    connection.execute("SET LOCAL enable_mergejoin = off").await?;
    let mut rows =
        sqlx::query(AssertSqlSafe(query.fill(SUMS))).bind(&query.account).bind(tolerance).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        if row.try_get("summary")? {
            let total = UnitTotal {
                unit: text(&row, "unit")?,
                accounts: row.try_get("accounts")?,
                entries: row.try_get("entries")?,
                ledger: text(&row, "total")?,
                cached: text(&row, "balance")?,
            };
            if !row.try_get::<bool, _>("explained")? {
                found.total.push(total_finding(&total, text(&row, "difference")?))?;
            }
            found.units.push(total);
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
    found.units.sort_by(|a, b| a.unit.cmp(&b.unit));
    Ok(found)
}

async fn misplaced(connection: &mut Connection, query: &Query, tolerance: i32, options: &Options) -> Result<Findings> {
    let mut found = options.findings();
    let mut rows =
        sqlx::query(AssertSqlSafe(query.fill(MISPLACED))).bind(&query.account).bind(tolerance).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(domain_finding(&row)?)?;
    }
    Ok(found)
}
