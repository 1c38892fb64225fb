//! The rows that a pass over the table reads, as a binary COPY sends them.

use crate::audit::copied::{field, number};

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
