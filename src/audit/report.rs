//! The report of an audit, in the shape of its JSON output, to which the command adds its name. Adding a field is not a breaking change;
//! renaming one is.

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::finding::Finding;
use super::findings::Findings;
use super::ledger::LedgerCheck;
use super::model::{CheckResult, CheckStatus, Part, Suspicion, TableRows, TenantTotal, UnitTotal};
use super::options::{Depth, Options};
use super::seal;
use super::snapshot::Snapshot;
use super::unique;
use crate::db::sqlstate::INSUFFICIENT_PRIVILEGE;
use crate::error::Result;
use crate::packs::{Pack, Severity};
use crate::text::with_flags;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The pack.
    pub app: String,
    /// The answer.
    pub verdict: AuditVerdict,
    /// False where some of it could not be read, and where the pack is suspected and no error was found.
    pub complete: bool,
    /// The depth with which the ledger was read.
    pub depth: Depth,
    /// Sentences that tell in which way a ledger was read.
    #[serde(skip)]
    pub ways: Vec<String>,
    /// The only account that was looked at; null where all were.
    pub account: Option<String>,
    /// The only tenant whose rows were looked at, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The snapshot that was read, and the role.
    pub snapshot: Snapshot,
    /// The seal that was trusted or verified, where one was.
    pub seal: Option<seal::Reference>,
    /// The tables and their rows.
    pub tables: Vec<TableRows>,
    /// Each unit of the ledger.
    pub units: Vec<UnitTotal>,
    /// Each tenant and unit, where the entries say whose they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantTotal>,
    /// Every check, passed or not.
    pub checks: Vec<CheckResult>,
    /// The findings, worst first and accepted ones last; of both at most `--limit` for each check.
    #[serde(serialize_with = "in_sequence")]
    findings: Vec<Findings>,
    /// The checks that nearly everything fails in one way, so that the pack is more likely wrong than the data. One finding
    /// of each is listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspected: Vec<Suspicion>,
    /// Sentences that name everything that was not looked at: an answer must not be read as one about that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
    /// The rights that the role lacks, with the statements that grant them, where the server refused to let something
    /// be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Counts.
    pub summary: Summary,
}

const NO_LEDGER: &str = "this pack has no ledger: no balance was compared";

/// The answer of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditVerdict {
    /// Everything was read, and no check of severity error failed.
    Clean,
    /// Something derived disagrees with what it was derived from.
    Violated,
    /// Some of it could not be read, or the pack is suspected, and what could be read was clean.
    Incomplete,
}

impl AuditVerdict {
    /// The name in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            AuditVerdict::Clean => "clean",
            AuditVerdict::Violated => "violated",
            AuditVerdict::Incomplete => "incomplete",
        }
    }
}

/// Counts of a report.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// All checks.
    pub checks: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that found something.
    pub failed: usize,
    /// Those that do not apply.
    pub skipped: usize,
    /// Those that could not be answered.
    pub incomplete: usize,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warn.
    pub warnings: u64,
    /// Findings that are accepted, and counted nowhere else.
    pub accepted: u64,
}

impl Report {
    /// Puts the results of the parts of all packs together.
    pub(super) fn new(packs: &[Pack], options: &Options, snapshot: Snapshot, parts: Vec<(Pack, Part)>) -> Self {
        let (mut all, mut nothing, mut unchecked) = (Part::default(), false, Vec::new());
        let is_asked = |part: &Part| part.checks.iter().any(|c| options.leaves_out(&c.id).is_none());
        let any = parts.iter().any(|(_, part)| is_asked(part));
        // An account may be in one ledger of several.
        let is_held = |part: &Part| (!any || is_asked(part)) && !holds_nothing(part);
        let holders: Vec<String> =
            parts.iter().filter(|(_, part)| is_held(part)).map(|(pack, _)| pack.name.clone()).collect();
        for (of, mut part) in parts {
            // A part that was not asked for leaves no gap beside one that was.
            if !any || is_asked(&part) {
                let (none, mut said) = unlooked(&of, options, &part, holders.contains(&of.name));
                // Another pack has one.
                said.retain(|what| what != NO_LEDGER || packs.iter().all(|pack| pack.ledger.is_none()));
                nothing |= none;
                match &of.part {
                    Some(name) => unchecked.extend(said.into_iter().map(|what| format!("{name}: {what}"))),
                    None => unchecked.extend(said),
                }
            }
            part.unchecked.clear();
            // A remedy works as it is pasted.
            for reason in part.checks.iter_mut().filter_map(|check| check.reason.as_mut()) {
                *reason = with_flags(reason, &options.flags);
            }
            if packs.len() > 1 {
                part.checks.iter_mut().for_each(|check| check.app = Some(of.name.clone()));
                part.findings.iter_mut().for_each(|found| found.set_app(&of.name));
            } else if of.part.is_some() {
                part.tables.retain(|t| all.tables.iter().all(|known| known.table != t.table));
            }
            all.add(part);
        }
        let Part { checks, mut findings, tables, units, tenants, depth, ways, suspected, .. } = all;
        let count = |status| checks.iter().filter(|c| c.status == status).count();
        let found = |severity| checks.iter().filter(|c| c.severity == severity).map(|c| c.findings).sum();
        let summary = Summary {
            checks: checks.len(),
            passed: count(CheckStatus::Passed),
            failed: count(CheckStatus::Failed),
            skipped: count(CheckStatus::Skipped),
            incomplete: count(CheckStatus::Incomplete),
            errors: found(Severity::Error),
            warnings: found(Severity::Warn),
            accepted: checks.iter().map(|c| c.accepted).sum(),
        };
        if !tables.is_empty() && tables.iter().all(|t| t.rows == Some(0)) {
            unchecked.push("every table is empty: there was nothing to check".to_owned());
        }
        // What a suspected pack says of the data is no answer, unless it is that something is wrong.
        let suspect = summary.errors == 0 && !suspected.is_empty();
        let complete = !nothing && !suspect && summary.incomplete == 0 && tables.iter().all(|t| t.rows.is_some());
        let verdict = match (summary.errors, complete) {
            (1.., _) => AuditVerdict::Violated,
            (0, true) => AuditVerdict::Clean,
            (0, false) => AuditVerdict::Incomplete,
        };
        for suspicion in &suspected {
            let of_check = findings.iter_mut().filter(|f| f.check() == Some(&suspicion.check));
            of_check.for_each(Findings::show_one);
        }
        // Worst first; the order of checks and rows otherwise stays.
        findings.retain(|f| f.listed() > 0);
        findings.sort_by_key(|f| std::cmp::Reverse(f.severity()));
        Report {
            app: packs.iter().map(|pack| pack.name.as_str()).collect::<Vec<_>>().join(","),
            verdict,
            complete,
            depth: depth.or(options.depth).unwrap_or(Depth::Strict),
            ways,
            account: options.account.clone(),
            tenant: options.tenant.clone(),
            snapshot,
            seal: None,
            tables,
            units,
            tenants,
            checks,
            findings,
            suspected,
            unchecked,
            remedy: None,
            summary,
        }
    }

    /// The findings that are listed, worst first; what is accepted comes last.
    pub fn findings(&self) -> impl Iterator<Item = Result<Finding>> {
        listed(&self.findings)
    }

    /// Every finding, also beyond the limit, where [`Options::keep_all`] asked for them.
    pub fn all_findings(&self) -> impl Iterator<Item = Result<Finding>> {
        self.findings.iter().flat_map(Findings::iter)
    }

    /// True if all that this check could find was looked for: it was answered, for every account,
    /// and where it is about the ledger, entry by entry.
    pub fn looked_at(&self, check: &str) -> bool {
        let deep = self.depth == Depth::Strict || LedgerCheck::named(check).is_none();
        deep && self.account.is_none()
            && self.tenant.is_none()
            && self.checks.iter().any(|c| c.id == check && c.is_answered())
    }

    /// True if a finding of this fingerprint was found and is accepted.
    pub fn has_accepted(&self, fingerprint: &str) -> bool {
        self.findings.iter().any(|f| f.matched().contains(fingerprint))
    }

    /// True if the role lacks a right to read something that was asked for.
    pub fn is_refused(&self) -> bool {
        let checks = self.checks.iter().map(|c| &c.sqlstate);
        checks.chain(self.tables.iter().map(|t| &t.sqlstate)).flatten().any(|code| code == INSUFFICIENT_PRIVILEGE)
    }

    /// Number of findings that are listed, accepted ones included.
    pub fn listed(&self) -> u64 {
        self.findings.iter().map(Findings::listed).sum()
    }

    /// Number of findings, accepted ones included.
    pub fn found(&self) -> u64 {
        self.summary.errors + self.summary.warnings + self.summary.accepted
    }
}

/// True if no ledger had an entry or a balance to check.
fn holds_nothing(part: &Part) -> bool {
    part.units.iter().all(|u| u.entries == 0 && u.accounts == 0)
}

/// As [`unchecked`], with what the entries themselves say, and what lies beyond the snapshot. What was asked for may be in
/// another ledger of the pack.
fn unlooked(pack: &Pack, options: &Options, part: &Part, elsewhere: bool) -> (bool, Vec<String>) {
    let Part { checks, units, .. } = part;
    let (mut nothing, mut said) = unchecked(pack, options, checks);
    said.extend(unchained(checks, units));
    said.extend(part.unchecked.iter().chain(&part.doubts).cloned());
    nothing |= !part.doubts.is_empty();
    // An account may have no entry; a folder's query that returns none at all is more likely wrong.
    let of_ledger = |c: &CheckResult| LedgerCheck::named(&c.id).is_some() && c.is_answered();
    if let Some(ledger) = pack.ledger.as_ref().filter(|_| !pack.is_built_in() && options.is_whole())
        && options.seal.is_none()
        && checks.iter().any(of_ledger)
        && units.iter().all(|u| u.entries == 0)
    {
        nothing = true;
        said.push(format!("nothing was checked of the ledger: {} returns no row", ledger.entries.file));
    }
    if !options.is_whole() && options.seal.is_none() && checks.iter().any(of_ledger) && holds_nothing(part) {
        nothing |= !elsewhere;
        let name = pack.ledger.as_ref().and_then(|l| l.name.as_ref()).filter(|_| pack.part.is_none());
        said.push(format!(
            "nothing was checked of the ledger{}: it has no entry and no balance of what was asked for",
            name.map(|name| format!(" {name}")).unwrap_or_default()
        ));
    }
    // Each account agrees, so its entries and its balance name different tenants.
    let apart = part.tenants.iter().filter(|t| !t.agrees).filter_map(|t| t.tenant.as_deref()).collect::<Vec<_>>();
    if !apart.is_empty() && checks.iter().all(|c| c.findings == 0 || LedgerCheck::named(&c.id).is_none()) {
        nothing = true;
        said.push(format!(
            "the totals of {} do not agree although each account does: entries and balances of one account name \
             different tenants",
            apart.join(", ")
        ));
    }
    (nothing, said)
}

/// True if nothing was checked of what was asked for; and sentences that name everything that was not.
fn unchecked(pack: &Pack, options: &Options, checks: &[CheckResult]) -> (bool, Vec<String>) {
    // What could not be answered is said of each check.
    let tried = |check: &CheckResult| check.is_answered() || check.status == CheckStatus::Incomplete;
    let wanted = |check: &&CheckResult| options.leaves_out(&check.id).is_none();
    let of_ledger = |id: &str| pack.ledger.is_some() && LedgerCheck::named(id).is_some();
    let of_pack = |id: &str| of_ledger(id) || pack.checks.iter().any(|check| check.id == id);
    let (mut nothing, mut said) = (false, Vec::new());
    if !checks.iter().filter(|c| !unique::is(&c.id)).any(tried) {
        nothing = true;
        said.push("nothing was checked: every check was left out or does not apply here".to_owned());
    } else if options.only.is_empty() && options.seal.is_none() {
        // The schema and the operator log say nothing about the application's own figures.
        let mut own = checks.iter().filter(|c| of_pack(&c.id)).filter(wanted).peekable();
        let has_own = checks.iter().any(|c| of_pack(&c.id));
        if (own.peek().is_some() || !has_own) && !own.any(tried) {
            nothing = true;
            said.push("nothing was checked of the application: no check of its pack was made".to_owned());
        }
    }
    let mut of_balances = checks.iter().filter(|c| of_ledger(&c.id)).filter(wanted).peekable();
    if pack.ledger.is_none() {
        said.push(NO_LEDGER.to_owned());
    } else if options.seal.is_none() && of_balances.peek().is_some() && !of_balances.any(tried) {
        nothing = true;
        said.push("the pack has a ledger, and none of its checks was made: no balance was compared".to_owned());
    }
    if options.seal.is_none() {
        for (what, family, tables) in claims(pack) {
            let about = |c: &&CheckResult| {
                c.id.split('.').next() == Some(family) || of_pack(&c.id) && c.reads.iter().any(|t| tables.contains(t))
            };
            let mut about = checks.iter().filter(about).peekable();
            let none = about.peek().is_none() && options.only.is_empty();
            // No check of bursar's own is about jobs, so a pack without one is no mistake; what was compared is said.
            if none && what == "jobs" && checks.iter().any(|c| unique::is(&c.id) && c.is_answered()) {
                said.push("of the jobs, only this was checked: each is returned once".to_owned());
                continue;
            }
            let mut wanted = about.filter(wanted).peekable();
            if none || wanted.peek().is_some() && !wanted.any(tried) {
                nothing = true;
                said.push(format!(
                    "nothing was checked of the {what}: the pack has {what}, and no check of them was made"
                ));
            }
        }
    }
    (nothing, said)
}

/// The claims of a pack besides a ledger: the name, the family of its checks, and its tables.
fn claims(pack: &Pack) -> impl Iterator<Item = (&'static str, &'static str, &[String])> {
    let payments = pack.payments.iter().map(|p| ("payments", "payments", p.reads.as_slice()));
    payments.chain(pack.jobs.iter().map(|j| ("jobs", "jobs", j.reads.as_slice())))
}

/// The units and the accounts without a chain, beside those whose chains were checked, in sentences.
fn unchained(checks: &[CheckResult], units: &[UnitTotal]) -> Vec<String> {
    let mut said = Vec::new();
    if !checks.iter().any(|c| LedgerCheck::named(&c.id) == Some(LedgerCheck::Chain) && c.is_answered()) {
        return said;
    }
    let whole: Vec<&str> =
        units.iter().filter(|u| u.entries > 0 && !u.running_balances).map(|u| u.unit.as_str()).collect();
    if !whole.is_empty() {
        said.push(format!("no entry in {} carries a running balance: its chain was not checked", whole.join(", ")));
    }
    said.extend(units.iter().filter(|u| u.chainless > 0).map(|u| match u.chainless {
        1 => format!("one account has no running balance in any entry in {}: its chain was not checked", u.unit),
        n => format!("{n} accounts have no running balance in any entry in {}: their chains were not checked", u.unit),
    }));
    said
}

fn listed(findings: &[Findings]) -> impl Iterator<Item = Result<Finding>> {
    [false, true].into_iter().flat_map(|accepted| findings.iter().flat_map(move |f| f.list(accepted)))
}

/// Writes the findings one by one, however many there are.
fn in_sequence<S: Serializer>(findings: &[Findings], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(None)?;
    for finding in listed(findings) {
        sequence.serialize_element(&finding.map_err(|e| S::Error::custom(e.message()))?)?;
    }
    sequence.end()
}
