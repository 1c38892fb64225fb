//! The rows that a pass over the table reads, as a binary COPY sends them, and the types of which it can tell what is equal.

use sqlx::Column as _;
use sqlx::postgres::PgColumn;
use sqlx::postgres::types::Oid;
use sqlx::types::Uuid;

use crate::audit::copied::{field, number};

/// The type of an account's id. Two of them are equal where their bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Id {
    Uuid,
    /// An integer of eight bytes.
    Integer,
    Text,
}

impl Id {
    /// The id as the server writes it; none for bytes that are none.
    pub(super) fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Id::Uuid => Uuid::from_slice(bytes).ok().map(|id| id.to_string()),
            Id::Integer => number(bytes).map(|id| id.to_string()),
            Id::Text => std::str::from_utf8(bytes).ok().map(str::to_owned),
        }
    }

    /// The bytes of an id that the server wrote as this text; none for a text that is none.
    pub(super) fn bytes(self, text: &str) -> Option<Vec<u8>> {
        let bytes = match self {
            Id::Uuid => Uuid::try_parse(text).ok()?.as_bytes().to_vec(),
            Id::Integer => text.parse::<i64>().ok()?.to_be_bytes().to_vec(),
            Id::Text => text.as_bytes().to_vec(),
        };
        // A number has several texts, of which the server writes one.
        (self.text(&bytes).as_deref() == Some(text)).then_some(bytes)
    }
}

/// The types of an account and a unit whose values are equal where their bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Types {
    pub(super) id: Id,
    /// The type of a unit that is no text.
    pub(super) unit: Option<Oid>,
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

/// A row of the entries.
pub(super) struct Entry<'b> {
    pub(super) account: &'b [u8],
    pub(super) unit: &'b [u8],
    pub(super) delta: Option<i64>,
    pub(super) running: Option<i64>,
    pub(super) at: Option<i64>,
    pub(super) seq: Option<i64>,
}

/// Number of columns of a row of the entries, and of the balances.
pub(super) const COLUMNS: u16 = 6;

impl<'b> Entry<'b> {
    /// The row at the beginning, which is taken off: none where it is not all there, and none in it where it is odd.
    pub(super) fn read(bytes: &mut &'b [u8]) -> Option<Option<Self>> {
        let (account, unit, fields) = row(bytes)?;
        Some(account.zip(unit).and_then(|(account, unit)| {
            let [delta, running, at, seq] = integers(fields)?;
            Some(Entry { account, unit, delta, running, at, seq })
        }))
    }
}

/// A row of the balances.
pub(super) struct Cached<'b> {
    pub(super) account: &'b [u8],
    pub(super) unit: &'b [u8],
    pub(super) balance: Option<i64>,
    /// The earliest time that an entry may have.
    pub(super) earliest: Option<i64>,
    pub(super) floor: Option<i64>,
    pub(super) opening: Option<i64>,
}

impl<'b> Cached<'b> {
    /// As [`Entry::read`].
    pub(super) fn read(bytes: &mut &'b [u8]) -> Option<Option<Self>> {
        let (account, unit, fields) = row(bytes)?;
        Some(account.zip(unit).and_then(|(account, unit)| {
            let [balance, earliest, floor, opening] = integers(fields)?;
            Some(Cached { account, unit, balance, earliest, floor, opening })
        }))
    }

    /// True where the balance is lower than it may be: than zero, or than its floor.
    pub(super) fn is_low(&self, zero: bool) -> bool {
        let floor = if zero { Some(0) } else { self.floor };
        self.balance.zip(floor).is_some_and(|(balance, floor)| balance < floor)
    }
}

type Row<'b> = (Option<&'b [u8]>, Option<&'b [u8]>, [Option<&'b [u8]>; 4]);

fn row<'b>(bytes: &mut &'b [u8]) -> Option<Row<'b>> {
    let (account, unit) = (field(bytes)?, field(bytes)?);
    Some((account, unit, [field(bytes)?, field(bytes)?, field(bytes)?, field(bytes)?]))
}

/// Integers, NULL as none; none at all where a field is no integer.
fn integers(fields: [Option<&[u8]>; 4]) -> Option<[Option<i64>; 4]> {
    let mut all = [None; 4];
    for (integer, field) in all.iter_mut().zip(fields) {
        *integer = match field {
            Some(bytes) => Some(number(bytes)?),
            None => None,
        };
    }
    Some(all)
}
