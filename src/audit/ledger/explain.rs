//! Findings about an account in words: the violation, its likely cause, and what to do. Those about a single link of a
//! chain are in `link`.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::checks::LedgerCheck;
use crate::audit::finding::Finding;
use crate::audit::model::UnitTotal;
use crate::audit::seal::Seal;
use crate::error::Result;
use crate::text::counted;

/// A column as text; null reads as empty.
pub(super) fn text(row: &PgRow, column: &str) -> Result<String> {
    Ok(row.try_get::<Option<String>, _>(column)?.unwrap_or_default())
}

/// A name in a sentence: NULL, where there is none, leaves no hole in it.
pub(super) fn named(name: &str) -> &str {
    if name.is_empty() { "NULL" } else { name }
}

/// A finding about an account's ledger, to be completed.
pub(super) fn finding(check: LedgerCheck, account: &str, unit: &str) -> Finding {
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

/// The entries of an account, with what it had `before` them, up to their sum.
fn summed(entries: i64, whole: &str, before: &str) -> String {
    let sum = if entries == 1 && before.is_empty() { "comes to" } else { "sum to" };
    format!("{}{whole}{before} {sum}", counted(entries, "entry"))
}

pub(super) fn balance_finding(row: &PgRow) -> Result<Finding> {
    let (owner, of_unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    let (account, unit) = (named(&owner), named(&of_unit));
    let (difference, entries): (String, i64) = (text(row, "difference")?, row.try_get("entries")?);
    let balance: Option<String> = row.try_get("balance")?;
    let whole = if row.try_get("chained")? { ", whose chain is whole," } else { "" };
    // What the account had before the ledger began is part of what it should have.
    let before = row.try_get::<Option<String>, _>("opening")?.map(|opening| format!(" and its opening of {opening}"));
    let before = before.unwrap_or_default();
    let uncached: bool = row.try_get("uncached")?;
    let (kind, message, cause, remedy) = if balance.is_none() && !uncached {
        (
            "null_cache",
            match entries {
                0 => format!("The cached balance of account {account} in {unit} is NULL, and it should be {total}."),
                _ => format!(
                    "The cached balance of account {account} in {unit} is NULL, and its {} {total}.",
                    summed(entries, "", &before)
                ),
            },
            "The balance was never set, or was removed.",
            format!("If the ledger is right, set the cached balance to {total}."),
        )
    } else if uncached {
        (
            "no_cache",
            format!(
                "The ledger holds {} worth {total} {unit} for account {account}, which has no cached balance.",
                counted(entries, "entry")
            ),
            "The account was removed, or its balance row was never made.",
            format!("Make the balance row, with {total} {unit}, or find out why entries name this account."),
        )
    } else if entries == 0 {
        (
            "no_entries",
            format!(
                "Account {account} has a cached balance of {} {unit} and no entries at all{}.",
                balance.as_deref().unwrap_or("0"),
                if before.is_empty() { String::new() } else { format!(", and an opening of {total}") }
            ),
            "The balance was set without an entry, or the entries were removed.",
            format!(
                "If nothing was ever granted, set the cached balance to {total}; otherwise record an adjustment of {difference} {unit} with its reason."
            ),
        )
    } else if row.try_get("broken")? {
        (
            "broken_chain",
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {} {total}.",
                balance.as_deref().unwrap_or("0"),
                summed(entries, "", &before)
            ),
            "The running balances do not follow from the entries either: ledger.chain names the entry and the likely cause.",
            format!(
                "Settle ledger.chain first; if the cache is right, an adjustment of {difference} {unit} records what the entries lack."
            ),
        )
    } else {
        (
            "cache_drift",
            format!(
                "Account {account} has a cached balance of {} {unit}, but its {} {total}.",
                balance.as_deref().unwrap_or("0"),
                summed(entries, whole, &before)
            ),
            "The cached balance was written past the ledger, or the last entries were removed.",
            format!(
                "If the ledger is right, set the cached balance to {total}; if the balance is owed, record an adjustment of {difference} {unit} with its reason."
            ),
        )
    };
    let mut finding = finding(LedgerCheck::Balance, &owner, &of_unit);
    finding.kind = Some(kind.to_owned());
    finding.expected = Some(total);
    finding.difference = Some(difference).filter(|_| balance.is_some() || uncached);
    finding.actual = balance;
    finding.floor = floor(row);
    (finding.message, finding.cause, finding.remedy) = (message, cause.to_owned(), remedy);
    // What has no sign is in no sum, so the sum says nothing about the cache.
    if let Ok(Some(kind)) = row.try_get::<Option<String>, _>("signless") {
        finding.cause =
            format!("An entry of kind {kind} has no sign in ledger/entries.sql, so no sum has it (see ledger.domain).");
        finding.remedy = "Settle ledger.domain first: give the kind its sign in ledger/entries.sql.".to_owned();
    }
    Ok(finding.sealed_by_difference())
}

/// A difference that the acknowledged breaks of the account's chain do not explain. `answer` is a row
/// of `sql/settled.sql`; `open` says that there are breaks besides those.
pub(super) fn rebased_finding(row: &PgRow, answer: &PgRow, open: bool) -> Result<Finding> {
    let (account, unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    let (accepted, expected, remaining) =
        (text(answer, "accepted")?, text(answer, "expected")?, text(answer, "remaining")?);
    let (balance, entries): (String, i64) = (text(row, "balance")?, row.try_get("entries")?);
    let mut finding = finding(LedgerCheck::Balance, &account, &unit);
    finding.message = format!(
        "Account {account} has a cached balance of {balance} {unit}, but its {} {total} and the acknowledged breaks in its chain to {accepted}, so it should have {expected}.",
        summed(entries, "", "")
    );
    (finding.kind, finding.cause, finding.remedy) = if open {
        (
            some("broken_chain"),
            "The chain has breaks that nobody has acknowledged (see ledger.chain).".to_owned(),
            "Settle ledger.chain first.".to_owned(),
        )
    } else if answer.try_get("moved")? {
        (
            some("break_moved"),
            format!(
                "A break that was acknowledged is gone: entries that never change were changed after it. What is left of the breaks comes to {}.",
                text(answer, "gaps")?
            ),
            "Put the running balances of the account's entries back from a backup that is older than the change, and the cached balance too."
                .to_owned(),
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
    finding.floor = floor(row);
    Ok(finding.sealed_by_difference())
}

/// The lowest that the account's balance may be; zero where the row does not say.
fn floor(row: &PgRow) -> Option<String> {
    row.try_get("floor").unwrap_or_else(|_| Some("0".to_owned()))
}

pub(super) fn total_finding(total: &UnitTotal, difference: String) -> Finding {
    let UnitTotal { unit, ledger, cached, .. } = total;
    let cached = cached.as_deref().unwrap_or("nothing");
    let mut finding = finding(LedgerCheck::Total, "", unit);
    finding.account = None;
    finding.key.clone_from(unit);
    finding.message = format!(
        "The entries in {unit} sum to {ledger}, all cached balances together to {cached}, and no account explains the difference of {difference}."
    );
    finding.cause = "A balance is stored twice for one account, or an account is missing from one side.".to_owned();
    finding.remedy = "Look for accounts with more than one balance row.".to_owned();
    (finding.expected, finding.actual, finding.difference) =
        (Some(ledger.clone()), Some(cached.to_owned()), Some(difference));
    finding.sealed()
}

/// An account without a cached balance of which nothing arrived since the seal: only the seal tells of entries, which were
/// not read and may be gone too. None for any other account.
pub(super) fn uncached_finding(row: &PgRow, seal: &Seal) -> Result<Option<Finding>> {
    let (id, fresh): (i64, i64) = (seal.id, row.try_get("fresh")?);
    if !row.try_get::<bool, _>("uncached")? || fresh > 0 {
        return Ok(None);
    }
    let mut finding = balance_finding(row)?;
    let (account, unit, total) = (text(row, "account")?, text(row, "unit")?, text(row, "total")?);
    finding.message = format!(
        "Seal {id} says that account {} had {} worth {total} {}; the account has no cached balance now.",
        named(&account),
        counted(row.try_get::<i64, _>("entries")?, "entry"),
        named(&unit)
    );
    finding.cause = "The account was removed after the seal, with its entries or without them.".to_owned();
    finding.remedy =
        format!("See whether the entries are still there: bursar audit --verify-seal {}", hex::encode(&seal.root));
    Ok(Some(finding.sealed_by_difference()))
}

/// An account whose sealed entries no longer sum to what the seal says of them.
pub(super) fn resummed_finding(row: &PgRow, seal: i64, root: &str) -> Result<Finding> {
    let (account, unit) = (text(row, "account")?, text(row, "unit")?);
    let (sealed_total, total) = (text(row, "sealed_total")?, text(row, "total")?);
    let (sealed_entries, entries): (i64, i64) = (row.try_get("sealed_entries")?, row.try_get("entries")?);
    let mut finding = finding(LedgerCheck::Chain, &account, &unit);
    finding.kind = Some("sealed_entries".to_owned());
    finding.message = format!(
        "Seal {seal} says that account {account} had {} worth {sealed_total} {unit}; of those that arrived before it, {entries} worth {total} {} there.",
        counted(sealed_entries, "entry"),
        if entries == 1 { "is" } else { "are" }
    );
    finding.cause = "Entries that were sealed were removed, added or changed.".to_owned();
    finding.remedy = format!("See what else was changed: bursar audit --verify-seal {root}");
    finding.difference = Some(text(row, "difference")?);
    (finding.expected, finding.actual) = (Some(sealed_total), Some(total));
    Ok(finding.sealed())
}

pub(super) fn domain_finding(row: &PgRow) -> Result<Finding> {
    let (owner, of_unit, entry) = (text(row, "account")?, text(row, "unit")?, text(row, "entry_id")?);
    let (account, unit) = (named(&owner), named(&of_unit));
    let (running, floor) = (text(row, "running")?, text(row, "floor")?);
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    let (kind, at) = (or(text(row, "kind")?, "no kind"), or(text(row, "at")?, "an unknown time"));
    let mut finding = finding(LedgerCheck::Domain, &owner, &of_unit);
    let fault = text(row, "fault")?;
    let (message, cause, remedy) = match fault.as_str() {
        "sign" => (
            format!(
                "Entry {entry} ({kind}, {unit}) of {at} has no sign: a {kind} is not allowed in {unit}, or what it refers to does not exist."
            ),
            "It was written past the wallet's functions.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "amount" => (
            format!(
                "Entry {entry} ({kind}, {unit}) of {at} has a negative amount, so it is worth {} {unit}.",
                text(row, "delta")?
            ),
            "It was written past the wallet's functions, and past the constraint that keeps such amounts out.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "odd" => (
            format!("Entry {entry} ({kind}, {unit}) of {at} is worth {}, which is no amount.", text(row, "delta")?),
            "A number was not checked before it was written; NaN and Infinity pass a test for being positive.",
            "Find out what it should have been, and record an adjustment with the reason.",
        ),
        "no_time" => (
            format!("Entry {entry} ({kind}, {unit}) of account {account} has no time."),
            "The entry was written without its time, or ledger/entries.sql reads a column that may be NULL.",
            "Find out when it happened. In ledger/entries.sql, `at` is a time that every entry has.",
        ),
        "no_account" | "no_unit" => (
            format!("Entry {entry} ({kind}) of {at} has no {}.", fault.trim_start_matches("no_")),
            "It was written past the wallet's functions, or ledger/entries.sql reads a column that may be NULL.",
            "Find out whose it is. In ledger/entries.sql, each entry has an `account` and a `unit`.",
        ),
        "negative" => (
            match floor.as_str() {
                "0" => format!("Entry {entry} ({kind}) of {at} leaves a negative balance of {running} {unit}."),
                floor => format!(
                    "Entry {entry} ({kind}) of {at} leaves a balance of {running} {unit}, below the account's floor of {floor}."
                ),
            },
            "A balance was spent without being checked under a lock.",
            "Settle the debt with an adjustment, and use the wallet's functions, which lock and check.",
        ),
        "overdrawn" => (
            match floor.as_str() {
                "0" => format!(
                    "Entry {entry} ({kind}) of {at} left account {account} with {running} {unit}; it has enough again by now."
                ),
                floor => format!(
                    "Entry {entry} ({kind}) of {at} left account {account} with {running} {unit}, below its floor of {floor}; it has enough again by now."
                ),
            },
            "More was spent than was there, and came back later.",
            "Find out what was bought with it. Use the functions of the ledger, which lock and check.",
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
            match floor.as_str() {
                "0" => format!("The cached balance of account {account} is {running} {unit}."),
                floor => format!(
                    "The cached balance of account {account} is {running} {unit}, below the account's floor of {floor}."
                ),
            },
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

pub(super) fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
