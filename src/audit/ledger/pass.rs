//! A strict audit in one pass: the entries are streamed in the order in which the table has them, which proves the sums, the
//! chains and the order of most accounts. Only what it cannot prove is read in order. The accounts are divided by a hash of
//! their id into pieces, which two connections on one snapshot read side by side, and each of which fits into memory.

use std::cell::RefCell;
use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgColumn;
use sqlx::postgres::types::Oid;
use sqlx::{AssertSqlSafe, Column as _, Row as _};
use tokio::sync::Notify;

use super::chains::{Chains, Id, MANY, MOST, Rules, Total, Whole};
use super::check::CHEAP;
use super::checks::LedgerCheck;
use super::query::Query;
use super::rows::COLUMNS;
use super::sql::{PASS_BALANCES, PASS_ENTRIES};
use crate::audit::copied;
use crate::audit::model::UnitTotal;
use crate::audit::options::{Depth, Options};
use crate::audit::scope::Scope;
use crate::db::{Connection, Tx, guarded};
use crate::error::Result;
use crate::packs::Ledger;
use crate::text::counted;

/// Number of accounts and units of a piece that are aimed at, and the most that it may have: about 16 MiB, just below the
/// point at which the table of a map doubles.
const AT_A_TIME: i64 = 100_000;
const MOST_AT_A_TIME: usize = 114_000;

/// Number of connections that read at a time.
const SIDE_BY_SIDE: usize = 2;

/// Largest number of pieces. Each reads the whole table, and one sort is cheaper than more of them.
const PIECES: i64 = 8;

/// Number of suspects that are read apart however few accounts there are.
const FEW: usize = 100;

/// The time in microseconds from 1970 to 2000, from where the server counts.
const EPOCH: i64 = 946_684_800_000_000;

/// The types of an account and a unit whose values are equal where their bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types {
    id: Id,
    /// The type of a unit that is no text.
    unit: Option<Oid>,
}

/// The types `uuid`, `text`, `varchar` and `timestamptz`, and those of integers; from the server's pg_type.dat.
const UUID: Oid = Oid(2950);
const TEXTS: [Oid; 2] = [Oid(25), Oid(1043)];
const TIMESTAMPTZ: Oid = Oid(1184);
const INTEGERS: [Oid; 3] = [Oid(20), Oid(21), Oid(23)];

impl Types {
    /// Those of the entries and the cached balances; none where a pass could not compare the columns as a sort does.
    pub(super) fn of(entries: &[PgColumn], balances: &[PgColumn]) -> Option<Self> {
        let oid = |columns: &[PgColumn], name: &str| {
            columns.iter().find(|c| c.name() == name).and_then(|c| c.type_info().oid())
        };
        let both = |name: &str| Some((oid(entries, name)?, oid(balances, name)?));
        let id = match both("account")? {
            (UUID, UUID) => Id::Uuid,
            (one, other) if one == other && INTEGERS.contains(&one) => Id::Integer,
            (one, other) if TEXTS.contains(&one) && TEXTS.contains(&other) => Id::Text,
            _ => return None,
        };
        let unit = match both("unit")? {
            (one, other) if TEXTS.contains(&one) && TEXTS.contains(&other) => None,
            (one, other) if one == other => Some(one),
            _ => return None,
        };
        let dated = oid(entries, "at") == Some(TIMESTAMPTZ) && oid(balances, "opened_at") == Some(TIMESTAMPTZ);
        let numbered = oid(entries, "seq").is_some_and(|seq| INTEGERS.contains(&seq));
        (dated && numbered).then_some(Types { id, unit })
    }
}

/// The result of a pass.
pub(super) struct Passed {
    /// The accounts that have to be read in order.
    pub(super) suspects: Vec<String>,
    pub(super) whole: Whole,
    /// The way in which the ledger was read, in a sentence.
    pub(super) way: String,
}

impl Passed {
    /// The totals of each unit, as the aggregate gives them, with the number of its accounts that have running balances.
    pub(super) fn totals(&self, query: &Query, options: &Options) -> Vec<(UnitTotal, i64)> {
        let (cached, opening) = query.caches();
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

/// A piece of the accounts, and the statements that read it.
struct Piece {
    entries: String,
    balances: String,
    rules: Rules,
}

/// The pieces that the connections of a run read side by side.
#[derive(Default)]
pub(in crate::audit) struct Pieces {
    desk: RefCell<Desk>,
    changed: Notify,
}

#[derive(Default)]
struct Desk {
    /// True while pieces may come.
    open: bool,
    /// True if other connections may take pieces.
    others: bool,
    left: VecDeque<Piece>,
    /// Number of those that are being read.
    reading: usize,
    /// What was read, or the reason why it says nothing.
    read: Vec<std::result::Result<Whole, String>>,
}

impl Pieces {
    /// Lets pieces be read; `others` says that further connections help.
    pub(in crate::audit) fn open(&self, others: bool) {
        *self.desk.borrow_mut() = Desk { open: true, others, ..Desk::default() };
    }

    /// Says that no pieces will come any more.
    pub(in crate::audit) fn close(&self) {
        *self.desk.borrow_mut() = Desk::default();
        self.changed.notify_waiters();
    }

    /// Reads a piece, if there is one; false where there is none now.
    ///
    /// # Errors
    /// If the connection is lost.
    pub(in crate::audit) async fn help(&self, tx: &mut Tx) -> Result<bool> {
        let piece = {
            let mut desk = self.desk.borrow_mut();
            let piece = if desk.reading < SIDE_BY_SIDE { desk.left.pop_front() } else { None };
            desk.reading += usize::from(piece.is_some());
            piece
        };
        let Some(piece) = piece else { return Ok(false) };
        let outcome = guarded(tx, async |connection| piece.read(connection, self).await).await;
        let (read, lost) = match outcome {
            Ok(Ok(read)) => (read.map_err(str::to_owned), None),
            Ok(Err(error)) => (Err(error.message()), None),
            Err(error) => (Err(error.message()), Some(error)),
        };
        let mut desk = self.desk.borrow_mut();
        desk.reading = desk.reading.saturating_sub(1);
        desk.read.push(read);
        drop(desk);
        self.changed.notify_waiters();
        lost.map_or(Ok(true), Err)
    }

    /// Waits for a piece; false where none will come.
    pub(in crate::audit) async fn come(&self) -> bool {
        loop {
            let changed = self.changed.notified();
            match &*self.desk.borrow() {
                desk if !desk.open => return false,
                desk if !desk.left.is_empty() && desk.reading < SIDE_BY_SIDE => return true,
                _ => {}
            }
            changed.await;
        }
    }

    fn is_open(&self) -> bool {
        self.desk.borrow().open
    }

    /// Reads all pieces, with whoever helps. The reason comes back where they say nothing.
    async fn all(&self, tx: &mut Tx, pieces: VecDeque<Piece>) -> Result<std::result::Result<Vec<Whole>, String>> {
        let of = pieces.len();
        self.desk.borrow_mut().left = pieces;
        self.changed.notify_waiters();
        loop {
            let changed = self.changed.notified();
            {
                let mut desk = self.desk.borrow_mut();
                if desk.read.len() == of || desk.read.iter().any(std::result::Result::is_err) {
                    return Ok(std::mem::take(&mut desk.read).into_iter().collect());
                }
            }
            if !self.help(tx).await? {
                changed.await;
            }
        }
    }
}

impl Piece {
    /// Reads the entries, and then compares the balances.
    async fn read(
        &self,
        connection: &mut Connection,
        pieces: &Pieces,
    ) -> Result<std::result::Result<Whole, &'static str>> {
        let mut chains = Chains::new(self.rules);
        for (statement, row) in [
            (&self.entries, Chains::entry as fn(&mut Chains, &mut &[u8]) -> Option<()>),
            (&self.balances, Chains::balance),
        ] {
            let mut rows = copied::Rows::of(COLUMNS);
            let take = |bytes: &[u8]| {
                // Once another piece says nothing, this one is not needed, but the server sends it to its end.
                if !chains.has_given_up() && pieces.is_open() && !rows.take(bytes, |left| row(&mut chains, left)) {
                    chains.give_up("the server sends other columns");
                }
            };
            copied::pass(connection, statement, take).await?;
            if !pieces.is_open() {
                return Ok(Err("another piece says nothing"));
            }
            if !chains.has_given_up() && !rows.have_ended() {
                chains.give_up("the server does not send the end of the rows");
            }
            if chains.has_given_up() {
                break;
            }
        }
        Ok(chains.finish())
    }
}

/// Reads the ledger in one pass, where a strict audit may. The reason comes back where every account has to be read in order,
/// or nothing where that was not asked.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn read(
    tx: &mut Tx,
    scope: &Scope<'_>,
    ledger: &Ledger,
    query: &Query,
    tolerance: i32,
) -> Result<std::result::Result<Passed, Option<String>>> {
    let passed = attempt(tx, scope, ledger, query, tolerance).await;
    scope.pieces.close();
    passed
}

async fn attempt(
    tx: &mut Tx,
    scope: &Scope<'_>,
    ledger: &Ledger,
    query: &Query,
    tolerance: i32,
) -> Result<std::result::Result<Passed, Option<String>>> {
    let options = scope.options;
    let wants = |check: LedgerCheck| options.leaves_out(&check.described(ledger).id).is_none();
    let asked = options.depth != Some(Depth::Fast) && options.account.is_none() && !options.in_order;
    let wanted = wants(LedgerCheck::Chain) || wants(LedgerCheck::Order);
    if !asked || !wanted || !ledger.running || !scope.pieces.is_open() {
        return Ok(Err(None));
    }
    let Some(types) = query.types else {
        return Ok(Err(Some("a sort compares the columns of this pack in its own way".to_owned())));
    };
    let planned = guarded(tx, async |c| plan(c, scope, query, types, tolerance).await).await?;
    let pieces = match planned {
        Ok(Ok(pieces)) => pieces,
        Ok(Err(why)) => return Ok(Err(why.map(str::to_owned))),
        Err(error) => return Ok(Err(Some(error.message()))),
    };
    let number = pieces.len();
    Ok(scope.pieces.all(tx, pieces).await?.map_err(Some).and_then(|read| together(read, number)))
}

/// Puts what was read together.
fn together(read: Vec<Whole>, pieces: usize) -> std::result::Result<Passed, Option<String>> {
    let mut all = Whole::default();
    for whole in read {
        all.unnumbered |= whole.unnumbered;
        all.suspects.extend(whole.suspects);
        for (unit, total) in whole.units {
            all.units.entry(unit).or_default().add(&total);
        }
    }
    let accounts: i64 = all.units.values().map(|total| total.accounts).sum();
    // Beyond a twentieth, one sort of everything is cheaper than a pass and a sort.
    let most = usize::try_from(accounts / 20).unwrap_or(0).clamp(FEW, MOST);
    if all.suspects.len() > most {
        return Err(Some(MANY.to_owned()));
    }
    let suspects: Vec<String> = std::mem::take(&mut all.suspects).into_iter().collect();
    let way = format!(
        "the ledger was read in one pass of {}, and {} in order",
        counted(pieces, "piece"),
        counted(suspects.len(), "account")
    );
    Ok(Passed { suspects, whole: all, way })
}

/// The pieces to read; the reason, where everything has to be sorted, and nothing where not much is asked.
async fn plan(
    connection: &mut Connection,
    scope: &Scope<'_>,
    query: &Query,
    types: Types,
    tolerance: i32,
) -> Result<std::result::Result<VecDeque<Piece>, Option<&'static str>>> {
    if scope.options.depth.is_none() && !is_small(connection, query).await? {
        return Ok(Err(None));
    }
    let sql = query.fill(
        "SELECT now() + interval '1 second' * $1::float8 AS latest, (SELECT count(*) FROM ({cached}\n) AS c) AS balances,
                $2::oid IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = $2 AND t.typtype = 'e') AS plain,
                EXISTS (SELECT FROM pg_catalog.pg_collation c WHERE NOT c.collisdeterministic) AS fuzzy",
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(tolerance).bind(types.unit).fetch_one(connection).await?;
    let textual = types.id == Id::Text || types.unit.is_none();
    if !row.try_get::<bool, _>("plain")? || (textual && row.try_get("fuzzy")?) {
        return Ok(Err(Some("a sort compares its accounts or units in its own way")));
    }
    let latest = row.try_get::<DateTime<Utc>, _>("latest")?.timestamp_micros() - EPOCH;
    let rules = query.rules(types.id, latest, MOST_AT_A_TIME);
    let others = if scope.pieces.desk.borrow().others { SIDE_BY_SIDE } else { 1 };
    let balances: i64 = row.try_get("balances")?;
    let number = (balances / AT_A_TIME + 1).max(i64::try_from(others).unwrap_or(1));
    if number > PIECES {
        return Ok(Err(Some("the accounts are too many for the memory of a pass")));
    }
    let account = match types.id {
        Id::Uuid => "e.account",
        Id::Integer => "e.account::bigint",
        Id::Text => "e.account::text",
    };
    let piece = |n: i64| {
        let part = part(types.id, account, n, number);
        let fill = |template: &str| {
            let places = [("{account}", account), ("{part}", &part), ("{tolerance}", &tolerance.to_string())];
            query.fill(&places.iter().fold(template.to_owned(), |sql, (place, text)| sql.replace(place, text)))
        };
        Piece { entries: fill(PASS_ENTRIES), balances: fill(PASS_BALANCES), rules }
    };
    Ok(Ok((0..number).map(piece).collect()))
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
        assert!(together(vec![whole(FEW, 100)], 1).is_ok());
        assert!(together(vec![whole(FEW + 1, 100)], 1).is_err());
        assert!(together(vec![whole(200, 2000), whole(100, 4000)], 2).is_ok());
        assert!(together(vec![whole(301, 6000)], 2).is_err());
    }
}
