//! Findings about an account in words: the violation, its likely cause, and what to do.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::checks::LedgerCheck;
use crate::audit::finding::Finding;
use crate::audit::model::UnitTotal;
use crate::error::Result;

/// A column as text; null reads as empty.
pub(super) fn text(row: &PgRow, column: &str) -> Result<String> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}

/// A finding about an account's ledger, to be completed.
fn finding(check: LedgerCheck, account: &str, unit: &str) -> Finding {
    Finding {
        check: check.id().to_owned(),
        severity: check.severity(),
        table: "ledger".to_owned(),
        key: account.to_owned(),
        account: Some(account.to_owned()),
        unit: Some(unit.to_owned()),
        ..Finding::default()
    }
}

pub(super) fn balance_finding(row: &PgRow) -> Result<Finding> {
    let (account, unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    let (difference, entries): (String, i64) = (text(row, "difference")?, row.try_get("entries")?);
    let balance: Option<String> = row.try_get("balance")?;
    let whole = if row.try_get("chained")? { ", whose chain is whole," } else { "" };
    let (kind, message, cause, remedy) = if row.try_get("uncached")? {
        (
            "no_cache",
            format!(
                "The ledger holds {entries} entries worth {total} {unit} for account {account}, which has no cached balance."
            ),
            "The account was removed, or its balance row was never made.",
            format!("Make the balance row, with {total} {unit}, or find out why entries name this account."),
        )
    } else if entries == 0 {
        (
            "no_entries",
            format!(
                "Account {account} has a cached balance of {} {unit} and no entries at all.",
                balance.as_deref().unwrap_or("0")
            ),
            "The balance was set without an entry, or the entries were removed.",
            format!(
                "If nothing was ever granted, set the cached balance to 0; otherwise record an adjustment of {difference} {unit} with its reason."
            ),
        )
    } else if row.try_get("broken")? {
        (
            "broken_chain",
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {entries} entries sum to {total}.",
                balance.as_deref().unwrap_or("0")
            ),
            "An entry was removed, added or changed: the running balances do not follow from the entries either (see ledger.chain).",
            format!(
                "Settle ledger.chain first; if the cache is right, an adjustment of {difference} {unit} records what the entries lack."
            ),
        )
    } else {
        (
            "cache_drift",
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {entries} entries{whole} sum to {total}.",
                balance.as_deref().unwrap_or("0")
            ),
            "The cached balance was written past the ledger, or the last entries were removed.",
            format!(
                "If the ledger is right, set the cached balance to {total}; if the balance is owed, record an adjustment of {difference} {unit} with its reason."
            ),
        )
    };
    let mut finding = finding(LedgerCheck::Balance, &account, &unit);
    finding.kind = Some(kind.to_owned());
    finding.expected = Some(total);
    finding.actual = balance;
    finding.difference = Some(difference);
    (finding.message, finding.cause, finding.remedy) = (message, cause.to_owned(), remedy);
    Ok(finding.sealed())
}

/// A difference that the acknowledged breaks of the account's chain do not explain. `answer` is a row
/// of `sql/settled.sql`; `open` says that there are breaks besides those.
pub(super) fn rebased_finding(row: &PgRow, answer: &PgRow, open: bool) -> Result<Finding> {
    let (account, unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    let (gaps, expected, remaining) = (text(answer, "gaps")?, text(answer, "expected")?, text(answer, "remaining")?);
    let (balance, entries): (String, i64) = (text(row, "balance")?, row.try_get("entries")?);
    let mut finding = finding(LedgerCheck::Balance, &account, &unit);
    finding.message = format!(
        "Account {account} has a cached balance of {balance} {unit}, but its {entries} entries sum to {total} and the acknowledged breaks in its chain to {gaps}, so it should have {expected}."
    );
    (finding.kind, finding.cause, finding.remedy) = if open {
        (
            some("broken_chain"),
            "The chain has breaks that nobody has acknowledged (see ledger.chain).".to_owned(),
            "Settle ledger.chain first.".to_owned(),
        )
    } else {
        (
            some("cache_drift"),
            "The cached balance was written past the ledger, or the last entries were removed.".to_owned(),
            format!(
                "If the ledger is right, set the cached balance to {expected}; if the balance is owed, record an adjustment of {remaining} {unit} with its reason."
            ),
        )
    };
    (finding.expected, finding.actual, finding.difference) = (some(&expected), some(&balance), some(&remaining));
    Ok(finding.sealed())
}

pub(super) fn total_finding(total: &UnitTotal, difference: String) -> Finding {
    let UnitTotal { unit, ledger, cached, .. } = total;
    let mut finding = finding(LedgerCheck::Total, "", unit);
    finding.account = None;
    finding.key.clone_from(unit);
    finding.message = format!(
        "The entries in {unit} sum to {ledger}, all cached balances together to {cached}, and no account explains the difference of {difference}."
    );
    finding.cause = "A balance is stored twice for one account, or an account is missing from one side.".to_owned();
    finding.remedy = "Look for accounts with more than one balance row.".to_owned();
    (finding.expected, finding.actual, finding.difference) =
        (Some(ledger.clone()), Some(cached.clone()), Some(difference));
    finding.sealed()
}

/// An account whose sealed entries no longer sum to what the seal says of them.
pub(super) fn resummed_finding(row: &PgRow, seal: i64, root: &str) -> Result<Finding> {
    let (account, unit) = (text(row, "account")?, text(row, "unit")?);
    let (sealed_total, total) = (text(row, "sealed_total")?, text(row, "total")?);
    let (sealed_entries, entries): (i64, i64) = (row.try_get("sealed_entries")?, row.try_get("entries")?);
    let mut finding = finding(LedgerCheck::Chain, &account, &unit);
    finding.kind = Some("sealed_entries".to_owned());
    finding.message = format!(
        "Seal {seal} says that account {account} had {sealed_entries} entries worth {sealed_total} {unit}; of those that arrived before it, there are {entries} worth {total}."
    );
    finding.cause = "Entries that were sealed were removed, added or changed.".to_owned();
    finding.remedy = format!("See what else was changed: bursar audit --verify-seal {root}");
    finding.difference = Some(text(row, "difference")?);
    (finding.expected, finding.actual) = (Some(sealed_total), Some(total));
    Ok(finding.sealed())
}

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
        })
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
        let (_, unit) = owner;
        let kind;
        (kind, finding.cause, finding.remedy) = self.cause(unit);
        finding.kind = Some(kind.to_owned());
        finding.sealed()
    }

    /// The break in one sentence. What the entry or the one before it lacks is null, and is named instead of shown.
    fn broken_message(&self, (account, unit): &(String, String)) -> String {
        let Link { delta, running, expected, previous, .. } = self;
        let entry = format!("Entry {} of account {account}", self.entry());
        if running.is_empty() {
            let follows = match expected.is_empty() {
                true => String::new(),
                false => {
                    format!(" It is worth {delta} {unit} after a balance of {previous}, so it should leave {expected}.")
                }
            };
            return format!("{entry} carries no running balance, though others in {unit} do.{follows}");
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
        if self.position == 1 {
            return (
                "bad_start",
                format!(
                    "The chain starts from {gap} instead of zero: earlier entries were removed, or never recorded."
                ),
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

    pub(super) fn unordered_finding(&self, account: &(String, String)) -> Finding {
        let mut finding = self.finding(LedgerCheck::Order, account);
        finding.message = format!(
            "The running balances of account {} in {} form a whole chain, but not in the order of time: entry {} is the first out of place.",
            account.0,
            account.1,
            self.entry()
        );
        finding.kind = Some(if self.tied { "tied" } else { "out_of_order" }.to_owned());
        finding.cause = if self.tied {
            "Several entries carry the same instant, so time alone does not order them.".to_owned()
        } else {
            "The clocks of two servers disagree, the time was taken before the account was locked, or two times were exchanged.".to_owned()
        };
        finding.remedy =
            "No balance is wrong. Take the time after locking the account, from the database's own clock.".to_owned();
        finding.sealed()
    }
}

pub(super) fn domain_finding(row: &PgRow) -> Result<Finding> {
    let (account, unit, entry) = (text(row, "account")?, text(row, "unit")?, text(row, "entry_id")?);
    let running = text(row, "running")?;
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    let (kind, at) = (or(text(row, "kind")?, "no kind"), or(text(row, "at")?, "an unknown time"));
    let mut finding = finding(LedgerCheck::Domain, &account, &unit);
    let fault = text(row, "fault")?;
    let (message, cause, remedy) = match fault.as_str() {
        "sign" => (
            format!(
                "Entry {entry} ({kind}, {unit}) of {at} has no sign: a {kind} is not allowed in {unit}, or what it refers to does not exist."
            ),
            "It was written past the wallet's functions.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "odd" => (
            format!("Entry {entry} ({kind}, {unit}) of {at} is worth {}, which is no amount.", text(row, "delta")?),
            "A number was not checked before it was written; NaN and Infinity pass a test for being positive.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "negative" => (
            format!("Entry {entry} ({kind}) of {at} leaves a negative balance of {running} {unit}."),
            "A balance was spent without being checked under a lock.",
            "Settle the debt with an adjustment, and use the wallet's functions, which lock and check.",
        ),
        "future" => (
            format!("Entry {entry} ({kind}, {unit}) is dated {at}, which is still to come."),
            "A clock was wrong, or the time was written by hand.",
            "No balance is wrong; find out whose clock it was.",
        ),
        "early" => (
            format!(
                "Entry {entry} ({kind}, {unit}) is dated {at}, before its account was opened on {}.",
                text(row, "opened_at")?
            ),
            "A clock was wrong, or the entry was moved from another account.",
            "Find out whose entry it is.",
        ),
        _ => (
            format!("The cached balance of account {account} is {running} {unit}."),
            "A balance was spent without being checked under a lock.",
            "Settle the debt with an adjustment, and use the wallet's functions, which lock and check.",
        ),
    };
    if !entry.is_empty() {
        finding.key.clone_from(&entry);
        finding.first_bad_entry = Some(entry);
    }
    finding.kind = Some(fault);
    finding.actual = some(&running);
    (finding.message, finding.cause, finding.remedy) = (message, cause.to_owned(), remedy.to_owned());
    Ok(finding.sealed())
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The negative of a number that is written out, exactly.
fn negated(number: &str) -> String {
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
