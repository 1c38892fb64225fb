//! The digests of accounts whose entries stand in the table in the order of the digest, as those of a ledger do that is
//! only appended to: one pass over the table, without a sort. Accounts whose entries do not are left to a sort.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _};

use super::digest::{AccountState, Digest};
use super::model::Seal;
use super::source::Source;
use super::span::{Range, Span};
use crate::audit::copied::{self, field};
use crate::db::Connection;
use crate::error::Result;

/// Number of accounts and units whose digests are in memory at a time. A part has up to half as many more: about 30 MiB,
/// just below the point at which the table of a map doubles.
pub(super) const AT_A_TIME: usize = 75_000;

/// The columns of a row: account, unit, the three that the order goes by, and the eight fields.
const COLUMNS: u16 = 13;

/// True if a pass over the table pays.
fn pays(source: &Source, span: &Span<'_>) -> bool {
    source.is_ordered && !span.goes_on
}

/// The accounts in parts of about so many, of which one has up to half as many more.
pub(super) async fn parts(
    connection: &mut Connection,
    source: &Source,
    span: &Span<'_>,
    at_a_time: usize,
) -> Result<Vec<Range>> {
    let few = span.states.is_some_and(|seal| usize::try_from(seal.accounts).is_ok_and(|all| all <= at_a_time * 3 / 2));
    if few || !pays(source, span) {
        return Ok(vec![Range::default()]);
    }
    let sql = format!(
        "SELECT o.account
           FROM (SELECT a.account, row_number() OVER (ORDER BY a.account, a.unit) AS n, count(*) OVER () AS all_of_them
                   FROM (SELECT coalesce(e.account::text, '') COLLATE \"C\" AS account, coalesce(e.unit::text, '') COLLATE \"C\" AS unit
                           FROM ({}) AS e GROUP BY 1, 2) AS a) AS o
          WHERE o.n % {at_a_time} = 0 AND o.n + {} <= o.all_of_them
          ORDER BY o.n",
        source.entries,
        // A pass for a few accounts costs as much as one for many.
        at_a_time / 2
    );
    let mut parts = vec![Range::default()];
    for account in sqlx::query_scalar::<_, String>(AssertSqlSafe(sql)).fetch_all(connection).await? {
        if let Some(last) = parts.last_mut() {
            last.below = Some(account.clone());
        }
        parts.push(Range { from: Some(account), below: None });
    }
    Ok(parts)
}

/// The place of an entry in its account. None is before every number, as the query sorts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    arrival: Option<u64>,
    at: i64,
    /// None is after every number: it is the highest one, and a tie leaves the account to a sort.
    seq: i64,
}

/// An account and unit, up to its last entry so far.
#[derive(Debug)]
struct Digested {
    entries: i64,
    digest: Digest,
    running: Option<Box<str>>,
    last: Position,
}

/// The digests of one pass.
#[derive(Default)]
pub(super) struct Digests {
    /// By account and unit. None where the entries have to be sorted.
    known: HashMap<Box<[u8]>, Option<Digested>>,
    /// Number of those that have to be sorted.
    unsorted: usize,
    /// The accounts are too many for this, or what the server sent is not understood: everything is sorted.
    given_up: bool,
    key: Vec<u8>,
}

impl Digests {
    /// None: everything is sorted.
    pub(super) fn none() -> Self {
        Digests { given_up: true, ..Digests::default() }
    }

    /// Reads the entries of a range of accounts, in the order in which the table has them.
    pub(super) async fn read(
        connection: &mut Connection,
        source: &Source,
        span: &Span<'_>,
        range: &Range,
    ) -> Result<Self> {
        if !pays(source, span) {
            return Ok(Digests::none());
        }
        let copy = format!(
            "COPY (SELECT n.account, n.unit, n.arrival, n.at::timestamptz, n.seq::bigint, n.f1, n.f2, n.f3, n.f4, n.f5, n.f6, n.f7, n.f8
                     FROM ({}) AS n) TO STDOUT (FORMAT binary)",
            span.fields_in_full(&source.within(range))
        );
        let (mut digests, mut rows) = (Digests::default(), copied::Rows::of(COLUMNS));
        copied::pass(connection, &copy, |bytes| digests.take(&mut rows, bytes)).await?;
        digests.given_up |= !rows.have_ended();
        if let Some(seal) = span.states {
            digests.compare(connection, seal, range).await?;
        }
        // Beyond a twentieth, one sort of everything is cheaper than a pass and a sort.
        digests.given_up |= digests.unsorted * 20 > digests.known.len();
        if digests.given_up {
            digests.known = HashMap::new();
        }
        Ok(digests)
    }

    /// Leaves to a sort what is not as the seal says: only in order can be said since when.
    async fn compare(&mut self, connection: &mut Connection, seal: &Seal, range: &Range) -> Result<()> {
        let sql = format!("SELECT s.account, s.unit, s.digest FROM ({}) AS s", range.of(&seal.state(), "x.account"));
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let digest: &[u8] = row.try_get("digest")?;
            self.key = key(row.try_get("account")?, row.try_get("unit")?);
            let Some(slot) = self.known.get_mut(self.key.as_slice()) else { continue };
            if slot.as_ref().is_some_and(|digested| digested.digest != digest) {
                *slot = None;
                self.unsorted += 1;
            }
        }
        Ok(())
    }

    /// The accounts whose entries have to be sorted; none where that is all of them.
    pub(super) fn unsorted(&self) -> Option<Vec<String>> {
        if self.given_up {
            return None;
        }
        let unsorted = self.known.iter().filter(|(_, digested)| digested.is_none());
        let account = |key: &[u8]| {
            let account = key.split(|byte| *byte == 0).next().unwrap_or_default();
            String::from_utf8_lossy(account).into_owned()
        };
        Some(unsorted.map(|(key, _)| account(key)).collect())
    }

    /// The state of an account and unit after its entries, but for their sum; none where it was not found here.
    pub(super) fn of(&self, account: &str, unit: &str) -> Option<AccountState> {
        let digested = self.known.get(key(account, unit).as_slice())?.as_ref()?;
        Some(AccountState {
            entries: digested.entries,
            running: digested.running.as_deref().map(str::to_owned),
            digest: digested.digest,
            ..AccountState::empty()
        })
    }

    /// Takes what the server sent.
    fn take(&mut self, rows: &mut copied::Rows, bytes: &[u8]) {
        if self.given_up {
            return;
        }
        let understood = rows.take(bytes, |left| {
            self.add(&Entry::read(left)?);
            Some(())
        });
        self.given_up |= !understood;
    }

    fn add(&mut self, row: &Entry<'_>) {
        self.key.clear();
        self.key.extend_from_slice(row.account);
        self.key.push(0);
        self.key.extend_from_slice(row.unit);
        if let Some(slot) = self.known.get_mut(self.key.as_slice()) {
            let Some(digested) = slot else { return };
            if row.position.is_none_or(|position| position <= digested.last) || !digested.add(row) {
                *slot = None;
                self.unsorted += 1;
            }
            return;
        }
        let digested = row.position.and_then(|last| {
            let mut digested = Digested { entries: 0, digest: AccountState::empty().digest, running: None, last };
            digested.add(row).then_some(digested)
        });
        self.unsorted += usize::from(digested.is_none());
        self.known.insert(self.key.as_slice().into(), digested);
        // More than a part has: what was sealed grew since, or an account has many units.
        if self.known.len() > AT_A_TIME * 8 / 5 {
            (self.given_up, self.known) = (true, HashMap::new());
        }
    }
}

impl Digested {
    /// Goes on by an entry; false where its running balance is no text.
    fn add(&mut self, row: &Entry<'_>) -> bool {
        let Ok(running) = row.running.map(std::str::from_utf8).transpose() else { return false };
        self.digest = AccountState::next(&self.digest, row.fields);
        self.running = running.map(Box::from);
        self.entries += 1;
        if let Some(position) = row.position {
            self.last = position;
        }
        true
    }
}

fn key(account: &str, unit: &str) -> Vec<u8> {
    // A text of the server holds no zero byte.
    [account.as_bytes(), &[0], unit.as_bytes()].concat()
}

/// A row of a binary COPY.
struct Entry<'b> {
    account: &'b [u8],
    unit: &'b [u8],
    /// None for an entry without a time.
    position: Option<Position>,
    running: Option<&'b [u8]>,
    /// The eight fields as the server sends them, which is as a digest takes them.
    fields: &'b [u8],
}

impl<'b> Entry<'b> {
    /// The row at the beginning, which is taken off; none where it is not all there yet.
    fn read(bytes: &mut &'b [u8]) -> Option<Self> {
        let account = field(bytes)?.unwrap_or_default();
        let unit = field(bytes)?.unwrap_or_default();
        let [arrival, at, seq] = [field(bytes)?, field(bytes)?, field(bytes)?].map(|field| field.map(number));
        let fields = *bytes;
        let (_, _, running) = (field(bytes)?, field(bytes)?, field(bytes)?);
        for _ in 0..5 {
            field(bytes)?;
        }
        let fields = &fields[..fields.len() - bytes.len()];
        let position =
            at.map(|at| Position { arrival: arrival.map(i64::cast_unsigned), at, seq: seq.unwrap_or(i64::MAX) });
        Some(Entry { account, unit, position, running, fields })
    }
}

/// A number of eight bytes, as int8, xid8 and timestamptz have them.
fn number(bytes: &[u8]) -> i64 {
    copied::number(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{AccountState, COLUMNS, Digests};
    use crate::audit::copied::Rows;
    use crate::audit::copied::tests::copied as copy;

    /// A row: the account, the numbers of its order, and its eight fields.
    type Line<'l> = (&'l str, [Option<i64>; 3], [Option<&'l str>; 8]);

    fn fields(running: &'static str) -> [Option<&'static str>; 8] {
        [Some("id"), Some("-5"), Some(running), Some("2026-01-01 00:00:00+00"), None, Some(""), None, Some("{}")]
    }

    fn copied(lines: &[Line<'_>]) -> Vec<u8> {
        let text = |text: &str| Some(text.as_bytes().to_vec());
        let row = |(account, order, fields): &Line<'_>| {
            let numbers = order.iter().map(|n| n.map(|n| n.to_be_bytes().to_vec()));
            let fields = fields.iter().map(|f| f.and_then(text));
            [text(account), text("STAR")].into_iter().chain(numbers).chain(fields).collect()
        };
        copy(COLUMNS, &lines.iter().map(row).collect::<Vec<_>>())
    }

    fn taken(pieces: &[&[u8]]) -> Digests {
        let (mut digests, mut rows) = (Digests::default(), Rows::of(COLUMNS));
        pieces.iter().for_each(|piece| digests.take(&mut rows, piece));
        digests
    }

    #[test]
    fn what_is_digested_on_the_way_is_what_a_sort_would_give() {
        let rows = [fields("5"), fields("0"), [None; 8]];
        let all = copied(&[
            ("a", [None, Some(1), Some(1)], rows[0]),
            ("b", [Some(1), Some(1), None], rows[0]),
            ("a", [Some(7), Some(0), Some(9)], rows[1]),
            ("a", [Some(7), Some(0), None], rows[2]),
        ]);
        let mut wanted = AccountState::empty();
        rows.iter().for_each(|row| wanted.add(row.iter().map(|f| f.map(str::as_bytes))));
        for cut in 0..=all.len() {
            let digests = taken(&[&all[..cut], &all[cut..]]);
            assert_eq!(digests.of("a", "STAR"), Some(wanted.clone()), "{cut}");
            assert_eq!((digests.unsorted(), digests.of("a", "COIN").is_none()), (Some(Vec::new()), true));
        }
        let mut wanted = AccountState { running: Some("5".to_owned()), ..AccountState::empty() };
        wanted.add(rows[0].iter().map(|f| f.map(str::as_bytes)));
        assert_eq!(taken(&[&all]).of("b", "STAR"), Some(wanted));
    }

    #[test]
    fn what_is_not_in_order_is_left_to_a_sort() {
        let orders = [
            [[None, Some(2), Some(1)], [None, Some(1), Some(2)]],
            [[Some(2), Some(1), Some(1)], [Some(1), Some(2), Some(2)]],
            [[Some(1), Some(1), Some(1)], [None, Some(2), Some(2)]],
            [[None, Some(1), Some(1)], [None, Some(1), Some(1)]],
            [[None, Some(1), None], [None, Some(1), Some(1)]],
            [[None, None, Some(1)], [None, Some(1), Some(2)]],
            [[None, Some(1), Some(1)], [None, None, Some(2)]],
        ];
        for order in orders {
            let lines = order.map(|order| ("a", order, fields("1")));
            let digests = taken(&[&copied(&[lines[0], lines[1], ("b", [None, Some(1), None], fields("1"))])]);
            assert_eq!(digests.unsorted(), Some(vec!["a".to_owned()]), "{order:?}");
            assert!(digests.of("a", "STAR").is_none() && digests.of("b", "STAR").is_some(), "{order:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left_to_a_sort() {
        let mut all = copied(&[("a", [None, Some(1), None], fields("1"))]);
        all[20] = 12;
        assert_eq!(taken(&[&all]).unsorted(), None);
        assert_eq!(Digests::none().unsorted(), None);
    }
}
