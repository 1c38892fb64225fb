//! A strict audit in one pass: the entries are streamed in the order in which the table has them, which proves the sums, the
//! chains and the order of most accounts. Only what it cannot prove is read in order. The accounts are divided by a hash of
//! their id into pieces, which two connections on one snapshot read side by side, and each of which fits into memory.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, Row as _};

use super::chains::{MANY, MOST, Rules, Total, Whole};
use super::checks::LedgerCheck;
use super::pieces::Piece;
use super::query::Query;
use super::rows::Id;
use super::shape::Shape;
use super::sql::{PASS_BALANCES, PASS_ENTRIES};
use crate::audit::model::UnitTotal;
use crate::audit::options::{Depth, Options};
use crate::audit::scope::Scope;
use crate::db::{Connection, Tx, guarded};
use crate::error::{Error, Result};
use crate::packs::Ledger;
use crate::text::counted;

/// Up to this many entries, reading all of them in order is cheap enough to be the default.
pub(super) const CHEAP: i64 = 1_000_000;

/// Number of accounts and units of a piece that are aimed at, and the most that it may have: about 16 MiB, just below the
/// point at which the table of a map doubles.
const AT_A_TIME: i64 = 100_000;
const MOST_AT_A_TIME: usize = 114_000;

/// Largest number of pieces. Each reads the whole table, and one sort is cheaper than more of them.
const PIECES: i64 = 16;

/// Number of suspects that are read apart however few accounts there are.
const FEW: usize = 100;

/// The time in microseconds from 1970 to 2000, from where the server counts.
const EPOCH: i64 = 946_684_800_000_000;

/// The result of a pass.
pub(super) struct Passed {
    /// The accounts that have to be read in order.
    pub(super) suspects: Vec<String>,
    pub(super) whole: Whole,
}

impl Passed {
    /// The totals of each unit, as the aggregate gives them, with the number of its accounts that have running balances.
    pub(super) fn totals(&self, query: &Query, options: &Options) -> Vec<(UnitTotal, i64)> {
        let Shape { cached, opening, .. } = query.shape;
        let total = |(unit, total): (&String, &Total)| {
            let all = UnitTotal {
                ledger_name: options.within.clone(),
                unit: unit.clone(),
                accounts: total.accounts,
                entries: total.entries,
                ledger: total.total.to_string(),
                cached: cached.then(|| total.balance.to_string()),
                opening: opening.then(|| total.opening.to_string()),
                running_balances: total.chains > 0,
                chainless: if total.chains > 0 { total.holders - total.chains } else { 0 },
            };
            (all, total.chains)
        };
        self.whole.units.iter().map(total).collect()
    }
}

/// Reads the ledger in one pass, where a strict audit may; none where every account has to be read in order. The way in which
/// it was read comes with it, in a sentence, unless a pass was not asked for.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn read(
    tx: &mut Tx,
    scope: &Scope<'_>,
    ledger: &Ledger,
    query: &Query,
    tolerance: i32,
) -> Result<(Option<Passed>, Option<String>)> {
    let options = scope.options;
    let wants = |check: LedgerCheck| options.leaves_out(&check.id_in(ledger.name.as_deref())).is_none();
    let asked = options.depth != Some(Depth::Fast) && options.account.is_none() && !options.in_order;
    let wanted = wants(LedgerCheck::Chain) || wants(LedgerCheck::Order);
    if !asked || !wanted || !ledger.running || !scope.pieces.is_open() {
        return Ok((None, None));
    }
    let read = match guarded(tx, async |c| plan(c, scope, query, tolerance).await).await? {
        Ok(None) => return Ok((None, None)),
        Ok(Some(pieces)) => scope.pieces.all(tx, pieces).await?.and_then(together),
        Err(error) => Err(error.message()),
    };
    Ok(match read {
        Ok((passed, way)) => (Some(passed), Some(way)),
        Err(why) => (None, Some(format!("the ledger was not read in one pass: {why}"))),
    })
}

/// The pieces as one, and the way in which they were read; the reason where they say nothing.
fn together(read: Vec<Whole>) -> std::result::Result<(Passed, String), String> {
    let (mut all, pieces) = (Whole::default(), read.len());
    read.into_iter().for_each(|whole| all.add(whole));
    let accounts: i64 = all.units.values().map(|total| total.accounts).sum();
    // Beyond a twentieth, one sort of everything is cheaper than a pass and a sort.
    let most = usize::try_from(accounts / 20).unwrap_or(0).clamp(FEW, MOST);
    if all.suspects.len() > most {
        return Err(MANY.to_owned());
    }
    let suspects: Vec<String> = std::mem::take(&mut all.suspects).into_iter().collect();
    let way = format!(
        "the ledger was read in one pass of {}, and {} in order",
        counted(pieces, "piece"),
        counted(suspects.len(), "account")
    );
    Ok((Passed { suspects, whole: all }, way))
}

/// The pieces to read; none where not much is asked.
///
/// # Errors
/// The reason for which everything has to be sorted.
async fn plan(
    connection: &mut Connection,
    scope: &Scope<'_>,
    query: &Query,
    tolerance: i32,
) -> Result<Option<VecDeque<Piece>>> {
    if query.types.is_none() {
        return Err(Error::failed(OWN_COLUMNS));
    }
    if scope.options.depth.is_none() && !is_small(connection, query).await? {
        return Ok(None);
    }
    let rules = rules(connection, query, tolerance, MOST_AT_A_TIME).await?;
    let sql = query.fill("SELECT count(*) FROM ({cached}\n) AS c");
    let balances: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?;
    let others = scope.pieces.at_a_time();
    let number = (balances / AT_A_TIME + 1).max(i64::try_from(others).unwrap_or(1));
    if number > PIECES {
        return Err(Error::failed("the accounts are too many for the memory of a pass"));
    }
    let piece = |n: i64| piece(query, rules, &part(rules.id, account_of(rules.id), n, number), tolerance);
    Ok(Some((0..number).map(piece).collect()))
}

const OWN_COLUMNS: &str = "a sort compares the columns of this pack in its own way";

/// The rules by which a pass compares, with room for so many accounts and units.
///
/// # Errors
/// The reason for which a pass does not compare as a sort does.
pub(super) async fn rules(connection: &mut Connection, query: &Query, tolerance: i32, most: usize) -> Result<Rules> {
    let Some(types) = query.types else { return Err(Error::failed(OWN_COLUMNS)) };
    let row = sqlx::query(
        "SELECT now() + interval '1 second' * $1::float8 AS latest,
                $2::oid IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = $2 AND t.typtype = 'e') AS plain,
                EXISTS (SELECT FROM pg_catalog.pg_collation c WHERE NOT c.collisdeterministic) AS fuzzy",
    )
    .bind(tolerance)
    .bind(types.unit)
    .fetch_one(connection)
    .await?;
    let textual = types.id == Id::Text || types.unit.is_none();
    if !row.try_get::<bool, _>("plain")? || (textual && row.try_get("fuzzy")?) {
        return Err(Error::failed("a sort compares its accounts or units in its own way"));
    }
    let latest = row.try_get::<DateTime<Utc>, _>("latest")?.timestamp_micros() - EPOCH;
    Ok(query.shape.rules(types.id, latest, most))
}

/// The statements that read the accounts for which a condition holds.
pub(super) fn piece(query: &Query, rules: Rules, part: &str, tolerance: i32) -> Piece {
    let fill = |template: &str| {
        let places = [("{account}", account_of(rules.id)), ("{part}", part), ("{tolerance}", &tolerance.to_string())];
        query.fill(&places.iter().fold(template.to_owned(), |sql, (place, text)| sql.replace(place, text)))
    };
    Piece { entries: fill(PASS_ENTRIES), balances: fill(PASS_BALANCES), rules }
}

/// The account of a row, of a type whose bytes are compared.
fn account_of(id: Id) -> &'static str {
    match id {
        Id::Uuid => "e.account",
        Id::Integer => "e.account::bigint",
        Id::Text => "e.account::text",
    }
}

/// True where the planner expects so few entries that they are all read in order without being asked.
async fn is_small(connection: &mut Connection, query: &Query) -> Result<bool> {
    let sql = query.fill("EXPLAIN SELECT FROM ({ledger}) AS e");
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await?;
    let rows = plan.first().and_then(|line| line.split_once(" rows=")?.1.split(' ').next()?.parse::<i64>().ok());
    Ok(rows.is_some_and(|rows| rows <= CHEAP))
}

/// The condition of an account of the piece of this number, of so many. An account that is NULL is in each.
fn part(id: Id, account: &str, n: i64, of: i64) -> String {
    let hash = match id {
        Id::Uuid => format!("uuid_hash({account})"),
        Id::Integer => format!("hashint8({account})"),
        Id::Text => format!("hashtext({account} COLLATE \"C\")"),
    };
    // Its 32 bits are divided into ranges of the same width.
    let bound = |n: i64| i64::from(i32::MIN) + n * (1 << 32) / of;
    let from = (n > 0).then(|| format!("{hash} >= {}", bound(n)));
    let below = (n + 1 < of).then(|| format!("{hash} < {}", bound(n + 1)));
    match (from, below) {
        (None, None) => "true".to_owned(),
        (Some(one), None) | (None, Some(one)) => format!("({one}) IS NOT FALSE"),
        (Some(from), Some(below)) => format!("({from} AND {below}) IS NOT FALSE"),
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW, Id, Total, Whole, part, together};

    #[test]
    fn every_account_is_in_a_piece_and_one_that_is_null_in_all() {
        assert_eq!(part(Id::Uuid, "e.account", 0, 1), "true");
        assert_eq!(part(Id::Uuid, "e.account", 0, 2), "(uuid_hash(e.account) < 0) IS NOT FALSE");
        assert_eq!(part(Id::Uuid, "e.account", 1, 2), "(uuid_hash(e.account) >= 0) IS NOT FALSE");
        let middle = "(hashint8(a) >= -715827883 AND hashint8(a) < 715827882) IS NOT FALSE";
        assert_eq!(part(Id::Integer, "a", 1, 3), middle);
        assert_eq!(part(Id::Text, "a", 2, 3), "(hashtext(a COLLATE \"C\") >= 715827882) IS NOT FALSE");
    }

    #[test]
    fn more_suspects_than_a_twentieth_are_too_many() {
        let whole = |suspects: usize, accounts: i64| Whole {
            suspects: (0..suspects).map(|n| n.to_string()).collect(),
            units: [("STAR".to_owned(), Total { accounts, ..Total::default() })].into(),
            unnumbered: false,
        };
        assert!(together(vec![whole(FEW, 100)]).is_ok());
        assert!(together(vec![whole(FEW + 1, 100)]).is_err());
        assert!(together(vec![whole(200, 2000), whole(100, 4000)]).is_ok());
        assert!(together(vec![whole(301, 6000)]).is_err());
    }
}
