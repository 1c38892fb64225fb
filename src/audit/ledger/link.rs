//! Findings about a link of a chain in words: an entry whose running balance does not follow from the one before it.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::checks::LedgerCheck;
use super::explain::{finding, named, some, text};
use crate::audit::finding::Finding;
use crate::error::Result;
use crate::packs::Order;
use crate::text::counted;

/// An entry whose running balance does not follow from the one before it.
pub(super) struct Link {
    entry: String,
    kind: String,
    at: String,
    delta: String,
    running: String,
    expected: String,
    gap: String,
    previous: String,
    position: i64,
    previous_entry: Option<String>,
    previous_delta: Option<String>,
    next_gap: Option<String>,
    tied: bool,
    /// Number of entries of the account without a time. They stand behind all others in the order of time.
    undated: i64,
    /// The entry that left the balance that it starts from, and the number of those between.
    started_from: Option<(String, i32)>,
    /// The balance before the entry as the entry has it, where it has one.
    claimed: Option<String>,
    /// The balance that it starts from, as its running balance and its amount say.
    before: String,
    /// The balance that the account's chain starts from.
    start: String,
}

impl Link {
    pub(super) fn read(row: &PgRow) -> Result<Self> {
        Ok(Link {
            entry: text(row, "entry_id")?,
            kind: text(row, "kind")?,
            at: text(row, "at")?,
            delta: text(row, "delta")?,
            running: text(row, "running")?,
            expected: text(row, "expected")?,
            gap: text(row, "gap")?,
            previous: text(row, "previous")?,
            position: row.try_get("position")?,
            previous_entry: row.try_get("previous_id")?,
            previous_delta: row.try_get("previous_delta")?,
            next_gap: row.try_get("next_gap")?,
            tied: row.try_get::<Option<bool>, _>("tied")?.unwrap_or(false),
            undated: row.try_get("undated")?,
            started_from: row
                .try_get::<Option<String>, _>("started_from")?
                .zip(row.try_get::<Option<i32>, _>("overwritten")?),
            claimed: row.try_get("claimed")?,
            before: text(row, "before")?,
            start: text(row, "start")?,
        })
    }

    /// The balance that the account's chain starts from.
    pub(super) fn start(&self) -> &str {
        &self.start
    }

    /// True if only the balance that the entry says it starts from is wrong.
    fn starts_wrong(&self) -> bool {
        self.claimed.is_some() && !self.gap.is_empty() && self.gap.chars().all(|c| matches!(c, '0' | '.'))
    }

    fn finding(&self, check: LedgerCheck, (account, unit): &(String, String)) -> Finding {
        let mut finding = finding(check, account, unit);
        finding.first_bad_entry = Some(self.entry.clone());
        (finding.expected, finding.actual, finding.difference) =
            (some(&self.expected), some(&self.running), some(&self.gap));
        finding
    }

    pub(super) fn broken_finding(&self, owner: &(String, String)) -> Finding {
        let mut finding = self.finding(LedgerCheck::Chain, owner);
        finding.message = self.broken_message(owner);
        if self.starts_wrong() {
            (finding.expected, finding.actual, finding.difference) = (some(&self.previous), self.claimed.clone(), None);
        }
        let (_, unit) = owner;
        let kind;
        (kind, finding.cause, finding.remedy) = self.cause(unit);
        finding.kind = Some(kind.to_owned());
        finding.sealed()
    }

    /// The break in one sentence. What the entry or the one before it lacks is null, and is named instead of shown.
    fn broken_message(&self, (account, unit): &(String, String)) -> String {
        let (account, unit) = (named(account), named(unit));
        let Link { delta, running, expected, previous, .. } = self;
        let entry = format!("Entry {} of account {account}", self.entry());
        if let (Some(claimed), true) = (&self.claimed, self.starts_wrong()) {
            return format!(
                "{entry} says that it starts from {claimed} {unit} and leaves {running}, but the balance before it is {previous}."
            );
        }
        if running.is_empty() {
            let follows = match expected.is_empty() {
                true => String::new(),
                false => {
                    format!(" It is worth {delta} {unit} after a balance of {previous}, so it should leave {expected}.")
                }
            };
            return format!(
                "{entry} carries no running balance, though other entries of the account in {unit} do.{follows}"
            );
        }
        if delta.is_empty() {
            return format!("{entry} says that it leaves {running} {unit}, but has no valid sign or amount.");
        }
        if previous.is_empty() {
            return format!(
                "{entry} is worth {delta} {unit} and says that it leaves {running}, but the entry before it carries no running balance that this could follow from."
            );
        }
        format!(
            "{entry} is worth {delta} {unit} after a balance of {previous}, so it should leave {expected}, but says {running}."
        )
    }

    /// The entry with its kind and its time, as far as they are known.
    fn entry(&self) -> String {
        let Link { entry, kind, at, .. } = self;
        match (kind.is_empty(), at.is_empty()) {
            (false, false) => format!("{entry} ({kind} of {at})"),
            (false, true) => format!("{entry} ({kind}, without a time)"),
            (true, false) => format!("{entry} (of {at}, without a kind)"),
            (true, true) => format!("{entry} (without a kind and a time)"),
        }
    }

    /// The likely cause of a break, read off the gap and its neighbours, and what to do.
    fn cause(&self, unit: &str) -> (&'static str, String, String) {
        let Link { gap, entry, .. } = self;
        let keep = "Entries are never edited: find out what happened, and record an adjustment for what is owed.";
        if self.running.is_empty() {
            return (
                "running_missing",
                "It was written without its running balance, or the balance was removed afterwards.".to_owned(),
                format!("Find out what wrote entry {entry}; see with --explain what it should have left."),
            );
        }
        if !self.delta.is_empty() && self.previous.is_empty() {
            return (
                "after_running_missing",
                "The running balance of the entry before it is missing.".to_owned(),
                "Settle the entry before it first.".to_owned(),
            );
        }
        if self.delta.is_empty() {
            return ("no_sign", "The entry has no valid sign (see ledger.domain).".to_owned(), keep.to_owned());
        }
        if self.starts_wrong() {
            return (
                "before_edited",
                "The balance before this one entry was changed afterwards, or was read before another entry was written."
                    .to_owned(),
                format!("The amounts are whole, so no {unit} is missing; find out who edited entry {entry}."),
            );
        }
        if self.next_gap.as_deref() == Some(negated(gap).as_str()) && gap != "0" {
            return (
                "running_edited",
                format!(
                    "The running balance of this one entry was changed by {gap}; the next entry goes on as if it had not been."
                ),
                format!("The amounts are whole, so no {unit} is missing; find out who edited entry {entry}."),
            );
        }
        if self.previous_delta.as_deref().is_some_and(|d| negated(d) == *gap)
            && self.previous_delta.as_deref() != Some("0")
        {
            let previous = self.previous_entry.as_deref().unwrap_or_default();
            return (
                "lost_update",
                format!(
                    "It starts from the same balance as entry {previous}: the two were written at the same time without a lock, and one update was lost."
                ),
                keep.to_owned(),
            );
        }
        if let Some((entry, overwritten)) = &self.started_from {
            return (
                "lost_update",
                format!(
                    "It starts from the balance that entry {entry} left: {} between were written at the same time without a lock, and their updates were lost.",
                    counted(i64::from(*overwritten), "entry")
                ),
                keep.to_owned(),
            );
        }
        if self.position == 1 {
            return (
                "bad_start",
                match self.start.as_str() {
                    "0" => format!(
                        "The chain starts from {gap} instead of zero: earlier entries were removed, or never recorded."
                    ),
                    start => format!(
                        "The chain starts from {} instead of {start}, which the account had before the ledger began: earlier entries were removed, or never recorded.",
                        self.before
                    ),
                },
                keep.to_owned(),
            );
        }
        (
            "entry_missing_or_amount_changed",
            format!(
                "An entry worth {gap} {unit} was removed before this one, or the amount of this one was changed by {}.",
                negated(gap)
            ),
            format!(
                "Look for what happened to this account just before it, in a backup or the application's log. {keep}"
            ),
        )
    }

    /// An entry of a loop apart from the chain, the first in time, and the balance that it starts from.
    pub(super) fn loop_finding(&self, owner: &(String, String), before: &str) -> Finding {
        let mut finding = self.finding(LedgerCheck::Chain, owner);
        let (entry, (account, unit)) = (&self.entry, owner);
        finding.kind = Some("closed_loop".to_owned());
        finding.message = format!(
            "Entry {} of account {account} starts from a balance of {before} {unit}, to which no entry of its chain leads: with others it goes round in a loop of its own.",
            self.entry()
        );
        finding.cause =
            "The entries of the loop were written past the wallet; together they come to nothing, so that no sum shows them.".to_owned();
        finding.remedy = format!(
            "No balance is wrong. Find out who wrote entry {entry} and those that follow it, and what they were to hide."
        );
        finding.sealed()
    }

    pub(super) fn unordered_finding(&self, account: &(String, String), order: Order) -> Finding {
        let mut finding = self.finding(LedgerCheck::Order, account);
        let by = match order {
            Order::At => "time",
            Order::Seq => "seq",
        };
        finding.message = format!(
            "The running balances of account {} in {} form a whole chain, but not in the order of {by}: entry {} is the first out of place.",
            named(&account.0),
            named(&account.1),
            self.entry()
        );
        let tied = self.tied && order == Order::At;
        finding.kind = Some(if tied { "tied" } else { "out_of_order" }.to_owned());
        finding.cause = if order == Order::Seq {
            "The number was taken before the account was locked, or two numbers were exchanged.".to_owned()
        } else if self.undated > 0 {
            let (entries, have) = (counted(self.undated, "entry"), if self.undated == 1 { "has" } else { "have" });
            format!("{entries} of the account {have} no time, so that time alone does not order them.")
        } else if tied {
            "Several entries carry the same instant, so time alone does not order them.".to_owned()
        } else {
            "The clocks of two servers disagree, the time was taken before the account was locked, or two times were exchanged.".to_owned()
        };
        finding.remedy = match order {
            Order::At if self.undated > 0 => {
                "No balance is wrong. Find out what writes entries without a time, and let their column be NOT NULL."
            }
            Order::At => "No balance is wrong. Take the time after locking the account, from the database's own clock.",
            Order::Seq => "No balance is wrong. Take the number after locking the account.",
        }
        .to_owned();
        finding.sealed()
    }
}

/// The negative of a number that is written out, exactly.
pub(super) fn negated(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None if number.chars().all(|c| matches!(c, '0' | '.')) => number.to_owned(),
        None => format!("-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, negated};

    fn link(gap: &str, previous_delta: Option<&str>, next_gap: Option<&str>, position: i64) -> Link {
        Link {
            entry: "e".into(),
            kind: "reading".into(),
            at: String::new(),
            delta: "-1".into(),
            running: "0".into(),
            expected: "0".into(),
            gap: gap.into(),
            previous: "0".into(),
            position,
            previous_entry: Some("p".into()),
            previous_delta: previous_delta.map(Into::into),
            next_gap: next_gap.map(Into::into),
            tied: false,
            undated: 0,
            started_from: None,
            claimed: None,
            before: gap.into(),
            start: "0".into(),
        }
    }

    #[test]
    fn a_number_is_negated_as_text() {
        for (from, to) in [("5", "-5"), ("-5", "5"), ("0", "0"), ("0.00", "0.00"), ("-1.50", "1.50")] {
            assert_eq!(negated(from), to);
        }
    }

    #[test]
    fn the_gap_and_its_neighbours_tell_the_cause() {
        let cause = |l: Link| l.cause("STAR").1;
        assert!(
            cause(link("9", Some("-3"), Some("-9"), 4)).contains("running balance of this one entry was changed by 9")
        );
        assert!(cause(link("3", Some("-3"), Some("0"), 4)).contains("one update was lost"));
        assert!(cause(link("7", None, Some("0"), 1)).contains("starts from 7 instead of zero"));
        assert!(cause(link("-1", Some("-3"), Some("0"), 4)).contains("An entry worth -1 STAR was removed"));
    }
}
