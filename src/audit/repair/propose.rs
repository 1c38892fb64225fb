//! Proposals that are true of a finding and edit no entry.

use std::collections::BTreeSet;

use super::model::{Action, NotMended, Proposal, Proposed, RepairLine};
use super::number::is_below;
use crate::audit::finding::Finding;
use crate::audit::ledger::LedgerCheck;
use crate::packs::Pack;

/// The proposals for these findings, account by account: breaks first, because a balance is
/// compared as if they were acknowledged.
pub(super) fn propose(pack: &Pack, findings: &[Finding]) -> Proposed {
    let (mut proposals, mut not_mended) = (Vec::new(), Vec::new());
    for finding in findings {
        match proposal(pack, finding) {
            Ok(proposal) => proposals.push(proposal),
            Err(remedy) => not_mended.push((finding, remedy)),
        }
    }
    let owner = |line: &RepairLine| (line.account.clone(), line.unit.clone());
    proposals.sort_by_cached_key(|p| (owner(&p.line), p.line.action != Action::Acknowledge));
    // A negative balance that a line sets right needs no word of its own.
    let set: BTreeSet<_> =
        proposals.iter().filter(|p| p.line.action != Action::Acknowledge).map(|p| owner(&p.line)).collect();
    let settled = |f: &Finding| {
        f.kind.as_deref() == Some("cache")
            && set.contains(&(f.account.clone().unwrap_or_default(), f.unit.clone().unwrap_or_default()))
    };
    let not_mended = not_mended
        .into_iter()
        .filter(|(finding, _)| !settled(finding))
        .map(|(f, remedy)| NotMended { check: f.check.clone(), what: f.message.clone(), remedy })
        .collect();
    Proposed { proposals, not_mended }
}

/// The proposal for one finding, or the action that is needed instead.
fn proposal(pack: &Pack, finding: &Finding) -> Result<Proposal, String> {
    let (Some(account), Some(unit)) = (&finding.account, &finding.unit) else { return Err(finding.remedy.clone()) };
    let check = LedgerCheck::named(&finding.check);
    let line = |action| RepairLine {
        action,
        account: account.clone(),
        unit: unit.clone(),
        check: finding.check.clone(),
        fingerprint: finding.fingerprint.clone(),
        what: finding.message.clone(),
        from: None,
        to: None,
        amount: None,
        entry: None,
        gap: None,
        reason: String::new(),
        number: 0,
    };
    if let Some(entry) = &finding.first_bad_entry {
        let gap = finding.difference.clone().filter(|_| check == Some(LedgerCheck::Chain));
        let line = RepairLine { entry: Some(entry.clone()), gap, ..line(Action::Acknowledge) };
        return Ok(Proposal { line, alternative: None });
    }
    let kind = finding.kind.as_deref().unwrap_or_default();
    let (Some(to), Some(from), Some(amount)) = (&finding.expected, &finding.actual, &finding.difference) else {
        return Err(finding.remedy.clone());
    };
    if check != Some(LedgerCheck::Balance) || !matches!(kind, "cache_drift" | "no_entries") {
        return Err(finding.remedy.clone());
    }
    if pack.functions.is_empty() {
        return Err(format!("{} has no functions that write balances (functions/*.sql).", pack.name));
    }
    if let Some(floor) = finding.floor.as_ref().filter(|floor| is_below(to, floor)) {
        let low = if floor == "0" { "zero".to_owned() } else { format!("the account's floor of {floor}") };
        return Err(format!(
            "The ledger says {to}, and a balance below {low} cannot be stored: find out which entries are wrong, and grant what is missing."
        ));
    }
    let set = |action| RepairLine { from: Some(from.clone()), to: Some(to.clone()), ..line(action) };
    let alternative = RepairLine { amount: Some(amount.clone()), ..set(Action::Adjust) };
    Ok(Proposal { line: set(Action::RebuildCache), alternative: Some(alternative) })
}
