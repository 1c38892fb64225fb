//! The seal's own rows: what they say of each account and unit, and the root that they give. They are streamed in the order of
//! the root and digested on the way.

use super::digest::{AccountState, Digest};
use super::model::Seal;
use crate::audit::copied::{self, field};
use crate::db::Connection;
use crate::error::{Error, Result};

/// The columns of a row: account, unit, entries, total, running balance and digest.
const COLUMNS: u16 = 6;

/// The account, the unit, and what the seal says of them.
type Row = (String, String, AccountState);

/// Reads every row, hands it over, and returns the root that all of them give.
///
/// # Errors
/// If they cannot be read.
pub(super) async fn stored(
    connection: &mut Connection,
    seal: &Seal,
    mut take: impl FnMut(&str, &str, &AccountState),
) -> Result<Digest> {
    let copy = format!(
        "COPY (SELECT d.account, d.unit, d.entries::text, d.total::text, d.running::text, d.digest
                 FROM ({}) AS d
                ORDER BY d.account COLLATE \"C\", d.unit COLLATE \"C\") TO STDOUT (FORMAT binary)",
        seal.state()
    );
    let (mut root, mut rows, mut understood) = (seal.root_digest(), copied::Rows::of(COLUMNS), true);
    copied::pass(connection, &copy, |bytes| {
        understood = understood
            && rows.take(bytes, |left| {
                let (account, unit, state) = row(left)?;
                root.account(&account, &unit, &state);
                take(&account, &unit, &state);
                Some(())
            });
    })
    .await?;
    match understood && rows.have_ended() {
        true => Ok(root.finish()),
        false => Err(Error::failed(format!("the rows that seal {} stored are not understood", seal.id))),
    }
}

/// The row at the beginning, which is taken off; none where it is not all there.
fn row(left: &mut &[u8]) -> Option<Row> {
    let mut fields = [None; COLUMNS as usize];
    for slot in &mut fields {
        *slot = field(left)?;
    }
    let [account, unit, entries, total, running, digest] = fields;
    let text = |bytes: Option<&[u8]>| Some(str::from_utf8(bytes?).ok()?.to_owned());
    let state = AccountState {
        entries: text(entries)?.parse().ok()?,
        total: text(total)?,
        running: text(running),
        // Whoever made it another length than the table allows gets one that no entries have.
        digest: Digest::try_from(digest?).unwrap_or([0xff; 32]),
    };
    Some((text(account)?, text(unit)?, state))
}

#[cfg(test)]
mod tests {
    use super::{AccountState, COLUMNS, row};
    use crate::audit::copied::Rows;
    use crate::audit::copied::tests::copied;

    #[test]
    fn a_row_is_what_the_seal_says_of_an_account() {
        let text = |text: &str| Some(text.as_bytes().to_vec());
        let line = |running, digest: usize| {
            vec![text("a"), text("STAR"), text("2"), text("-5"), running, Some(vec![7; digest])]
        };
        let all = copied(COLUMNS, &[line(text("3"), 32), line(None, 31)]);
        for cut in 0..=all.len() {
            let (mut rows, mut seen) = (Rows::of(COLUMNS), Vec::new());
            for piece in [&all[..cut], &all[cut..]] {
                assert!(rows.take(piece, |left| {
                    seen.push(row(left)?);
                    Some(())
                }));
            }
            let state = |running: Option<&str>, digest| AccountState {
                entries: 2,
                total: "-5".to_owned(),
                running: running.map(str::to_owned),
                digest,
            };
            let account = |state| ("a".to_owned(), "STAR".to_owned(), state);
            assert_eq!(seen, [account(state(Some("3"), [7; 32])), account(state(None, [0xff; 32]))], "{cut}");
            assert!(rows.have_ended());
        }
    }
}
