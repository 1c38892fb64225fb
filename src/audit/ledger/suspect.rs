//! A pack that nearly every account contradicts: it is suspected before the money is.

use super::checks::LedgerCheck;
use crate::audit::model::{CheckResult, Suspicion};
use crate::packs::{Ledger, Order};

/// The numbers of what the checks of a ledger look at.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    /// Accounts, each unit for itself.
    pub(super) accounts: u64,
    /// Of these, those with running balances.
    pub(super) chains: u64,
    /// Entries.
    pub(super) entries: u64,
    /// Transactions, each unit for itself.
    pub(super) refs: u64,
}

/// The suspicions against the pack: one for each check that nine of ten accounts fail in one way.
pub(super) fn suspected(ledger: &Ledger, checks: &[CheckResult], sizes: &Sizes) -> Vec<Suspicion> {
    checks.iter().filter_map(|check| suspicion(ledger, check, sizes)).collect()
}

fn suspicion(ledger: &Ledger, result: &CheckResult, sizes: &Sizes) -> Option<Suspicion> {
    let check = LedgerCheck::named(&result.id)?;
    let (kind, most) = result.kinds.iter().max_by_key(|(_, count)| **count)?;
    // Each way in which a chain can fail is one of its running balances.
    let whole = matches!(check, LedgerCheck::Chain | LedgerCheck::Order) && kind != "running_missing";
    let failed = if whole { result.findings } else { *most };
    let (of, what) = match check {
        LedgerCheck::Chain | LedgerCheck::Order => (sizes.chains, "accounts"),
        LedgerCheck::Balanced => (sizes.refs, "transactions"),
        LedgerCheck::Domain if !matches!(kind.as_str(), "cache" | "overdrawn") => (sizes.entries, "entries"),
        _ => (sizes.accounts, "accounts"),
    };
    if !Suspicion::is_due(failed, of) || check == LedgerCheck::Total {
        return None;
    }
    let entries = |columns: &str| format!("{columns} of {}", ledger.entries.file);
    let balances = |columns: &str| {
        ledger.balances.as_ref().map_or_else(|| entries(columns), |sql| format!("{columns} of {}", sql.file))
    };
    let (likely, look) = match (check, kind.as_str()) {
        (LedgerCheck::Chain, _) => (
            entries("`running`"),
            "it is the balance after an entry, in the order of the ledger; an application that keeps none has NULL there",
        ),
        (LedgerCheck::Order, _) if ledger.order == Order::At => (
            entries("`at`"),
            "where a number is given out under the lock and times are not, write order = \"seq\" below [ledger] in pack.toml",
        ),
        (LedgerCheck::Order, _) => (entries("`seq`"), "it is what orders the entries of an account"),
        (LedgerCheck::Balance, "no_entries" | "no_cache") => (
            format!("{} or {}", entries("`account` and `unit`"), balances("the same")),
            "the two have to name an account alike",
        ),
        (LedgerCheck::Balance, "null_cache") => (balances("`balance`"), "it is NULL"),
        (LedgerCheck::Balance, _) => (
            format!("{} or {}", entries("`delta`"), balances("`balance`")),
            "look at the sign of each kind, at rows that do not count, such as those that are unconfirmed or deleted, and at what accounts had before the ledger began (`opening`)",
        ),
        (LedgerCheck::Domain, "cache" | "negative" | "overdrawn") => {
            (balances("`floor`"), "it says how low a balance may be: 0 without it, NULL for an account without a bound")
        }
        (LedgerCheck::Domain, "sign") => (entries("`delta`"), "it is NULL for a kind without a meaning"),
        (LedgerCheck::Domain, "amount") => {
            (entries("`magnitude`"), "it is never negative; leave it out where amounts are signed")
        }
        (LedgerCheck::Domain, "early") => (balances("`opened_at`"), "entries are not older than their account"),
        (LedgerCheck::Domain, "no_time") => (entries("`at`"), "it is NULL"),
        (LedgerCheck::Domain, _) => (entries("`at`"), "it is the instant of the entry, as timestamptz"),
        (LedgerCheck::Balanced | LedgerCheck::Total, _) => {
            (entries("`ref`"), "it is what holds the entries of one transaction together")
        }
    };
    let message = format!(
        "{failed} of {of} {what} fail {} in one way: {likely} is more likely wrong than the ledger ({look})",
        result.id
    );
    Some(Suspicion { check: result.id.clone(), failed, of, message })
}
