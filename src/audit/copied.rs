//! Rows in the order in which the table has them, as a binary COPY sends them: what lies in the order that somebody asks
//! for needs no sort.

use sqlx::Executor as _;

use crate::db::Connection;
use crate::error::Result;

/// Length of the header of a binary COPY, in bytes: 11 of signature, the flags, and the length of its extension.
/// Source: PostgreSQL manual, COPY, "Binary Format".
const HEADER: usize = 19;

/// The end of a binary COPY: -1 in place of the number of columns.
const END: [u8; 2] = [0xff, 0xff];

/// Reads what a `COPY … TO STDOUT` sends, from the table's first page to its last where the statement scans the table.
pub(super) async fn pass(connection: &mut Connection, copy: &str, take: impl FnMut(&[u8])) -> Result<()> {
    // A scan that joins another one begins in the middle of the table, and workers send as they please.
    connection
        .execute("SAVEPOINT pass; SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0")
        .await?;
    connection.copy_out(copy, take).await?;
    connection.execute("ROLLBACK TO SAVEPOINT pass; RELEASE SAVEPOINT pass").await?;
    Ok(())
}

/// The rows of one COPY, taken off what the server sent.
pub(super) struct Rows {
    columns: u16,
    /// The bytes after the last whole row.
    rest: Vec<u8>,
    opened: bool,
}

impl Rows {
    /// Rows of so many columns.
    pub(super) fn of(columns: u16) -> Self {
        Rows { columns, rest: Vec::new(), opened: false }
    }

    /// True after the last row: a COPY that says no end may lack rows.
    pub(super) fn have_ended(&self) -> bool {
        self.rest == END
    }

    /// Takes what the server sent, mostly one row. `read` takes the fields of a row off, and returns none where they are not
    /// all there yet. False where the rows have another number of columns.
    pub(super) fn take(&mut self, bytes: &[u8], mut read: impl FnMut(&mut &[u8]) -> Option<()>) -> bool {
        let mut buffer = std::mem::take(&mut self.rest);
        let all = if buffer.is_empty() {
            bytes
        } else {
            buffer.extend_from_slice(bytes);
            &buffer
        };
        let Some(left) = self.whole(all, &mut read) else { return false };
        self.rest = left.to_vec();
        true
    }

    /// Hands over every whole row, and returns what is left.
    fn whole<'b>(&mut self, bytes: &'b [u8], read: &mut impl FnMut(&mut &[u8]) -> Option<()>) -> Option<&'b [u8]> {
        let mut left = bytes;
        if !self.opened {
            if left.len() < HEADER {
                return Some(left);
            }
            self.opened = true;
            left = &left[HEADER..];
        }
        loop {
            let mut after = left;
            match after.split_off(..2).map(|count| u16::from_be_bytes([count[0], count[1]])) {
                Some(columns) if columns == self.columns => {}
                Some(u16::MAX) | None => break,
                Some(_) => return None,
            }
            if read(&mut after).is_none() {
                break;
            }
            left = after;
        }
        Some(left)
    }
}

/// The field at the beginning, which is taken off: its length in four bytes, or -1 for NULL, and its bytes.
pub(super) fn field<'b>(bytes: &mut &'b [u8]) -> Option<Option<&'b [u8]>> {
    let length = bytes.split_off(..4)?;
    let length = i32::from_be_bytes(length.try_into().ok()?);
    match usize::try_from(length) {
        Ok(length) => bytes.split_off(..length).map(Some),
        Err(_) => Some(None),
    }
}

/// A number of two, four or eight bytes, as integers, xid8 and timestamptz have them.
pub(super) fn number(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        8 => bytes.try_into().ok().map(i64::from_be_bytes),
        4 => bytes.try_into().ok().map(|four| i32::from_be_bytes(four).into()),
        2 => bytes.try_into().ok().map(|two| i16::from_be_bytes(two).into()),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Rows, field, number};

    /// Writes a field as a COPY does.
    pub(crate) fn put(out: &mut Vec<u8>, field: Option<&[u8]>) {
        let Some(bytes) = field else { return out.extend(u32::MAX.to_be_bytes()) };
        out.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        out.extend(bytes);
    }

    /// A whole COPY of these rows.
    pub(crate) fn copied(columns: u16, rows: &[Vec<Option<Vec<u8>>>]) -> Vec<u8> {
        let mut out = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec();
        for row in rows {
            out.extend(columns.to_be_bytes());
            row.iter().for_each(|field| put(&mut out, field.as_deref()));
        }
        out.extend(u16::MAX.to_be_bytes());
        out
    }

    #[test]
    fn rows_come_whole_wherever_the_bytes_are_cut() {
        let all = copied(2, &[vec![Some(vec![7]), None], vec![Some(vec![]), Some(vec![1, 2])]]);
        for cut in 0..=all.len() {
            let (mut rows, mut seen) = (Rows::of(2), Vec::new());
            for piece in [&all[..cut], &all[cut..]] {
                assert!(rows.take(piece, |left| {
                    let row = [field(left)?.map(<[u8]>::to_vec), field(left)?.map(<[u8]>::to_vec)];
                    seen.push(row);
                    Some(())
                }));
            }
            assert_eq!(seen, [[Some(vec![7]), None], [Some(vec![]), Some(vec![1, 2])]], "{cut}");
            assert!(rows.have_ended());
        }
        assert!(!Rows::of(3).take(&all, |_| Some(())));
        // A row that is not all there is no end.
        let mut rows = Rows::of(2);
        assert!(rows.take(&all[..all.len() - 3], |left| Some([field(left)?, field(left)?]).map(|_| ())));
        assert!(!rows.have_ended());
    }

    #[test]
    fn integers_of_every_width_are_numbers() {
        let numbers = [&(-2i64).to_be_bytes()[..], &(-2i32).to_be_bytes(), &(-2i16).to_be_bytes()].map(number);
        assert_eq!(numbers, [Some(-2); 3]);
        assert_eq!(number(&[1]), None);
    }
}
