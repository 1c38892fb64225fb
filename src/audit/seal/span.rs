//! The part of a ledger that is digested: the entries up to a point, of some accounts at a time.

use super::model::{Mode, Seal};
use crate::db::quote_literal;

pub(super) const FIELDS: &str = include_str!("../sql/seal_entries.sql");

/// The entries to digest, and the state to go on from.
pub(super) struct Span<'s> {
    /// The mode, and whether `content` is digested.
    pub(super) mode: Mode,
    pub(super) content: bool,
    /// The states of this seal are read too.
    pub(super) states: Option<&'s Seal>,
    /// A later seal, which started over. Its state of each account is read too.
    pub(super) restarted: Option<&'s Seal>,
    /// True if the digest goes on from those states, or starts before the first entry.
    pub(super) goes_on: bool,
    /// From here, a transaction's number or a time; none from the beginning.
    pub(super) from: Option<String>,
    /// To below here.
    pub(super) to: Option<String>,
}

impl<'s> Span<'s> {
    /// The entries that a seal sealed, to be digested again.
    pub(super) fn again(seal: &'s Seal, restarted: Option<&'s Seal>) -> Self {
        Span {
            mode: seal.mode,
            content: seal.content,
            states: Some(seal),
            restarted,
            goes_on: false,
            from: None,
            to: seal.until(),
        }
    }

    /// The condition for an entry, with the ends as the parameters $1 and $2.
    pub(super) fn range(&self) -> &'static str {
        match self.mode {
            Mode::Arrival => {
                "(e.arrival < $2::text::xid8 OR e.arrival IS NULL) AND ($1::text IS NULL OR e.arrival >= $1::text::xid8)"
            }
            Mode::Time => "e.at < $2::text::timestamptz AND ($1::text IS NULL OR e.at >= $1::text::timestamptz)",
        }
    }

    /// A query of the entries as a digest takes them, with the ends as parameters.
    pub(super) fn fields(&self, entries: &str) -> String {
        self.fields_with(entries, self.range())
    }

    /// The same with the ends in it, for a statement that takes no parameters.
    pub(super) fn fields_in_full(&self, entries: &str) -> String {
        let end = |end: &Option<String>| end.as_deref().map_or("NULL".to_owned(), quote_literal);
        self.fields_with(entries, &self.range().replace("$1", &end(&self.from)).replace("$2", &end(&self.to)))
    }

    fn fields_with(&self, entries: &str, range: &str) -> String {
        let arrival = if self.mode == Mode::Arrival { "e.arrival" } else { "NULL::xid8" };
        FIELDS
            .replace("{arrival}", arrival)
            .replace("{content}", if self.content { "e.content" } else { "NULL" })
            .replace("{range}", range)
            .replace("{entries}", entries)
    }
}

/// A range of accounts, in the order of their bytes.
#[derive(Debug, Default)]
pub(super) struct Range {
    pub(super) from: Option<String>,
    pub(super) below: Option<String>,
}

impl Range {
    /// The rows of a query whose account, an expression over `x`, is in it.
    pub(super) fn of(&self, query: &str, account: &str) -> String {
        match self.is_all() {
            true => query.to_owned(),
            false => format!("SELECT x.* FROM ({query}) AS x WHERE {}\n", self.holds(account)),
        }
    }

    /// True where it is all accounts.
    fn is_all(&self) -> bool {
        self.from.is_none() && self.below.is_none()
    }

    /// The condition that the account of this expression is in it.
    fn holds(&self, account: &str) -> String {
        let bound = |sign: &str, bound: &Option<String>| {
            bound.as_deref().map(|bound| format!("{account} COLLATE \"C\" {sign} {}", quote_literal(bound)))
        };
        let bounds: Vec<String> = bound(">=", &self.from).into_iter().chain(bound("<", &self.below)).collect();
        if bounds.is_empty() { "true".to_owned() } else { bounds.join(" AND ") }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn a_range_begins_with_its_first_account_and_ends_before_the_next_ranges() {
        let account = |name: &str| Some(name.to_owned());
        let range = |from, below| Range { from, below };
        assert_eq!((range(None, None).is_all(), range(None, None).holds("a")), (true, "true".to_owned()));
        assert_eq!(range(account("b'"), None).holds("a"), r#"a COLLATE "C" >= 'b'''"#);
        assert_eq!(range(account("b"), account("c")).holds("a"), r#"a COLLATE "C" >= 'b' AND a COLLATE "C" < 'c'"#);
        assert!(!range(None, account("c")).is_all());
    }
}
