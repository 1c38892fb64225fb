//! The ledger's checks on top of a seal: only what arrived after it is read, and every cached balance
//! is compared with what was sealed and what came since. A pass proves most accounts; the others are compared by an aggregate.
//!
//! The aggregate points at accounts whose new running balances do not go on from the sealed sum. That
//! is a suspicion, not a finding: of two entries that were written at the same time, the watermark may
//! have divided the later one from the earlier. So these accounts, and only these, are read in order
//! from their beginning, and what a seal says of them is summed again.

use std::collections::BTreeSet;
use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::check::{NO_CACHE, misplaced, no_chain, without_seq};
use super::checks::LedgerCheck;
use super::explain::{balance_finding, resummed_finding, text, uncached_finding};
use super::links::Links;
use super::onward::{self, Onward};
use super::query::Query;
use crate::audit::findings::Findings;
use crate::audit::model::{Described, Part};
use crate::audit::options::Depth;
use crate::audit::scope::Scope;
use crate::audit::seal::Seal;
use crate::db::{Connection, Tx, guarded};
use crate::error::{Error, Kind, Result};
use crate::packs::{Ledger, Order};

const SINCE: &str = include_str!("../sql/since_seal.sql");
const RESUM: &str = include_str!("../sql/seal_resum.sql");

/// Largest number of suspected accounts that are read in order. Beyond that, everything should be.
const MANY: usize = 10_000;

/// The result of the aggregate.
struct Sums {
    balance: Findings,
    /// Accounts in whose chain a break was acknowledged, which their balances are compared with.
    held: Vec<PgRow>,
    suspects: BTreeSet<String>,
    too_many: bool,
    any_misplaced: bool,
    arrived: i64,
    /// True if entries in some unit carry running balances.
    chained: bool,
    /// The units whose entries carry none.
    unchained: Vec<String>,
    /// The reason why no pass proved anything, in a sentence.
    way: Option<String>,
}

/// Runs the ledger's checks on what arrived after the seal.
pub(in crate::audit) async fn check(tx: &mut Tx, scope: &Scope<'_>, ledger: &Ledger) -> Result<Part> {
    let mut part = Part { depth: Some(Depth::Fast), ..Part::default() };
    // Without a seal nothing is read here, and the checks that are wanted count as not run.
    let Some((seal, watermark)) = scope.watermark() else {
        return Ok(part);
    };
    let checks = LedgerCheck::CORE.map(|check| check.described(ledger));
    let [balance, chain, order, domain, total] = &checks;
    let balanced = ledger.balanced.then(|| LedgerCheck::Balanced.described(ledger));
    let wanted = |check: &Described| scope.options.leaves_out(&check.id).is_none();
    let tolerance = i32::try_from(scope.pack.thresholds.future_tolerance_secs).unwrap_or(i32::MAX);

    let started = Instant::now();
    let (mut sums, query) = match aggregate(tx, scope, ledger, (seal, watermark), tolerance).await? {
        Ok(found) => found,
        Err(error) => {
            for check in checks.iter().chain(&balanced).filter(|c| wanted(c)) {
                part.record(check, started, Err(error.again()));
            }
            return Ok(part);
        }
    };
    part.ways.extend(sums.way.take());
    part.arrived = Some(sums.arrived);
    if wanted(balance) && ledger.balances.is_none() {
        part.skip(balance, NO_CACHE);
    } else if wanted(balance) {
        let held = std::mem::take(&mut sums.held);
        let found = &mut sums.balance;
        let settled = guarded(tx, async |c| settled(c, ledger, &held, found, scope).await).await?;
        part.record(balance, started, settled.map(|()| sums.balance));
    }
    let none = no_chain(ledger, &sums.unchained, sums.chained);
    if let Some(reason) = none.filter(|_| wanted(chain)) {
        part.skip(chain, &reason);
    } else if wanted(chain) {
        let started = Instant::now();
        let chained = query.clone().without(&sums.unchained);
        let unnumbered = match ledger.order {
            Order::Seq if !scope.pack.is_system() => {
                guarded(tx, async |c| without_seq(c, &chained, ledger).await).await?.err()
            }
            _ => None,
        };
        let outcome = if sums.too_many {
            Err(Error::failed(format!(
                "more than {MANY} accounts do not go on from seal {}; audit everything: `bursar audit`",
                seal.id
            )))
        } else if let Some(error) = unnumbered {
            Err(error)
        } else if sums.suspects.is_empty() {
            Ok(scope.options.findings())
        } else {
            let suspects: Vec<String> = sums.suspects.into_iter().collect();
            guarded(tx, async |c| suspected(c, ledger, &suspects, (seal, watermark), scope).await).await?
        };
        part.record(chain, started, outcome);
    }
    if wanted(domain) {
        let started = Instant::now();
        let misplaced = if sums.any_misplaced {
            guarded(tx, async |c| misplaced(c, &query, tolerance, scope.options).await).await?
        } else {
            Ok(scope.options.findings())
        };
        part.record(domain, started, misplaced);
    }
    for (check, reason) in [
        (order, "--since-seal reads no account in order unless its chain is broken"),
        (total, "--since-seal compares account by account"),
    ]
    .into_iter()
    .chain(balanced.iter().map(|b| (b, "--since-seal reads what is new, and a transaction may be older in part")))
    {
        if wanted(check) {
            part.skip(check, reason);
        }
    }
    // The order of the report is that of the checks.
    part.checks.sort_by_key(|c| checks.iter().chain(&balanced).position(|d| d.id == c.id));
    Ok(part)
}

/// Trusts the seal, as far as its rows give the root that was logged, and compares every account with it. The inner error is
/// the answer of every check.
async fn aggregate(
    tx: &mut Tx,
    scope: &Scope<'_>,
    ledger: &Ledger,
    (seal, watermark): (&Seal, u64),
    tolerance: i32,
) -> Result<Result<(Sums, Query)>> {
    let query = guarded(tx, async |connection| Query::new(connection, ledger, None).await).await?;
    let query = match query.map(|query| query.since(watermark)) {
        Ok(query) => query,
        Err(error) => return Ok(Err(error)),
    };
    let onward = match onward::read(tx, ledger, &query, seal, (scope.options, tolerance)).await? {
        Ok(onward) => onward,
        Err(error) => return Ok(Err(error)),
    };
    let found =
        guarded(tx, async |connection| sums(connection, &query, tolerance, seal, (scope, onward)).await).await?;
    Ok(found.map(|sums| (sums, query)))
}

/// The sums, of all accounts, or of those that a pass could not prove.
async fn sums(
    connection: &mut Connection,
    query: &Query,
    tolerance: i32,
    seal: &Seal,
    (scope, onward): (&Scope<'_>, std::result::Result<Onward, String>),
) -> Result<Sums> {
    let mut found = Sums {
        balance: scope.options.findings(),
        held: Vec::new(),
        suspects: BTreeSet::new(),
        too_many: false,
        any_misplaced: false,
        arrived: 0,
        chained: false,
        unchained: Vec::new(),
        way: None,
    };
    let narrowed;
    let (query, sealed) = match &onward {
        Ok(onward) => {
            (found.arrived, found.chained, found.unchained) =
                (onward.arrived, onward.chained, onward.unchained.clone());
            if onward.suspects.is_empty() {
                return Ok(found);
            }
            narrowed = query.clone().of_accounts(&onward.suspects);
            (&narrowed, Query::named(&seal.state(), &onward.suspects))
        }
        Err(why) => {
            let told = !scope.options.in_order;
            found.way = told.then(|| format!("what arrived after the seal was not read in one pass: {why}"));
            (query, seal.state())
        }
    };
    let sql = query.fill(&SINCE.replace("{sealed}", &sealed));
    let mut rows = sqlx::query(AssertSqlSafe(sql)).bind(&query.account).bind(tolerance).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        if row.try_get("summary")? {
            if let Some(account) = row.try_get::<Option<String>, _>("doubled")? {
                return Err(Error::new(
                    Kind::Incomplete,
                    format!("account {account} has its cached balance more than once; correct that before any figure"),
                ));
            }
            // Of some accounts it would be no total.
            if onward.is_ok() {
                continue;
            }
            found.arrived = row.try_get("entries")?;
            found.chained = row.try_get("chained")?;
            found.unchained = row.try_get("unchained")?;
            continue;
        }
        found.any_misplaced |= row.try_get::<bool, _>("misplaced")?;
        if row.try_get("suspect")? && !found.too_many {
            found.suspects.insert(text(&row, "account")?);
            found.too_many = found.suspects.len() > MANY;
        }
        if scope.acknowledged.concerns(&(text(&row, "account")?, text(&row, "unit")?)) {
            found.held.push(row);
        } else if row.try_get("unequal")? {
            found.balance.push(uncached_finding(&row, seal)?.map_or_else(|| balance_finding(&row), Ok)?)?;
        }
    }
    Ok(found)
}

/// Compares the balances of accounts in which a break was acknowledged with all their entries, as the
/// whole audit does.
async fn settled(
    connection: &mut Connection,
    ledger: &Ledger,
    held: &[PgRow],
    balance: &mut Findings,
    scope: &Scope<'_>,
) -> Result<()> {
    if held.is_empty() {
        return Ok(());
    }
    let accounts = held.iter().map(|row| text(row, "account")).collect::<Result<Vec<_>>>()?;
    let query = Query::new(connection, ledger, None).await?.among(&accounts).with_chainless();
    Links::read(connection, &query, Depth::Strict, scope).await?.settle(connection, held, balance, scope).await
}

/// Reads the suspected accounts in order, and sums again what the seal says of them.
async fn suspected(
    connection: &mut Connection,
    ledger: &Ledger,
    suspects: &[String],
    (seal, watermark): (&Seal, u64),
    scope: &Scope<'_>,
) -> Result<Findings> {
    let query = Query::new(connection, ledger, None).await?.among(suspects);
    let chains = query.clone().with_chainless();
    let mut found = Links::read(connection, &chains, Depth::Strict, scope).await?.broken;
    let sql = query.fill(&RESUM.replace("{sealed}", &seal.state()));
    let mut rows = sqlx::query(AssertSqlSafe(sql))
        .bind(&query.account)
        .bind(suspects)
        .bind(watermark.to_string())
        .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(resummed_finding(&row, seal.id, &hex::encode(&seal.root))?)?;
    }
    Ok(found)
}
