//! A finding of an audit, in the shape of its JSON output. Adding a field is not a breaking change; renaming one is.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ledger::LedgerCheck;
use crate::packs::{Ledger, Severity};

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The pack, where several are audited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The check.
    pub check: String,
    /// The kind of violation, one word for machines, if the check distinguishes kinds.
    pub kind: Option<String>,
    /// The severity.
    pub severity: Severity,
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The account, where it is about one.
    pub account: Option<String>,
    /// The unit, where it is about one.
    pub unit: Option<String>,
    /// The value that should be there.
    pub expected: Option<String>,
    /// The value that is there.
    pub actual: Option<String>,
    /// Actual less expected, where both are numbers.
    pub difference: Option<String>,
    /// The first entry where it went wrong.
    pub first_bad_entry: Option<String>,
    /// The violation in one sentence.
    pub message: String,
    /// The likely cause, in a sentence.
    pub cause: String,
    /// The action that would correct it.
    pub remedy: String,
    /// The same as long as the facts are the same.
    pub fingerprint: String,
    /// The fingerprint that earlier versions gave to the same facts, where it was another one: what was accepted by it is
    /// still accepted.
    #[serde(skip)]
    pub formerly: Option<String>,
    /// The lowest that the account's balance may be, where the finding is about a balance; none without a bound.
    #[serde(skip)]
    pub floor: Option<String>,
    /// The acceptance, if somebody accepted it. An accepted finding fails nothing.
    pub accepted: Option<Accepted>,
    /// The entries around it, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<EntryLine>,
}

/// An entry beside the balance that follows from all entries up to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryLine {
    /// Position in the account's ledger of this unit, from 1.
    pub position: i64,
    /// The entry.
    pub entry: Option<String>,
    /// Time of the entry, RFC 3339 in UTC.
    pub at: Option<String>,
    /// Kind of the entry.
    pub kind: Option<String>,
    /// Reference of the entry.
    pub r#ref: Option<String>,
    /// Signed amount of the entry.
    pub amount: Option<String>,
    /// The running balance that it carries, where the ledger keeps one.
    pub stored: Option<String>,
    /// The sum of all amounts up to it.
    pub recomputed: Option<String>,
}

/// The acceptance of a finding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The place where it is recorded: `acknowledgement` or `restart` in the database, or `baseline` in a file.
    pub by: String,
    /// The person who answers for it.
    pub owner: String,
    /// The reason for the acceptance.
    pub reason: String,
    /// The last day of the acceptance, unless it is permanent.
    pub expires: Option<String>,
}

impl Accepted {
    /// An acceptance that the database records, for ever.
    pub fn acknowledged(owner: String, reason: String) -> Self {
        Accepted { by: "acknowledgement".to_owned(), owner, reason, expires: None }
    }

    /// An acceptance by whoever started the seals of a table over, as the operator log has it.
    pub fn restarted(owner: String, reason: String) -> Self {
        Accepted { by: "restart".to_owned(), ..Accepted::acknowledged(owner, reason) }
    }
}

impl Finding {
    /// Fills in the fingerprint: a digest of what is wrong, where, and by how much.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.fingerprint = self.digest(self.expected.as_deref(), self.actual.as_deref());
        self
    }

    /// As [`Finding::sealed`], with the difference in place of the two amounts: both move with every sound entry, and the
    /// difference stays.
    #[must_use]
    pub fn sealed_by_difference(mut self) -> Self {
        let Some(difference) = self.difference.as_deref().map(trimmed) else { return self.sealed() };
        self.fingerprint = self.digest(None, Some(&format!("difference {difference}")));
        self.formerly = Some(self.digest(self.expected.as_deref(), self.actual.as_deref()));
        self
    }

    /// The same, of a ledger with a name, if it is one of a ledger's checks: what is known of another ledger is not known of it.
    #[must_use]
    pub(super) fn of_ledger(mut self, ledger: &str) -> Self {
        let Some(check) = LedgerCheck::named(&self.check) else { return self };
        self.check = check.id_in(Some(ledger));
        let flag = Ledger::flag(Some(ledger));
        for (command, more) in
            [("bursar audit", " --verify-seal"), ("bursar wallet history", ""), ("bursar wallet show", "")]
        {
            self.remedy = self.remedy.replace(&format!("{command}{more}"), &format!("{command}{flag}{more}"));
        }
        if self.formerly.is_some() { self.sealed_by_difference() } else { self.sealed() }
    }

    /// Its fingerprint, and the one that earlier versions gave it.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.fingerprint).chain(&self.formerly)
    }

    fn digest(&self, expected: Option<&str>, actual: Option<&str>) -> String {
        let mut digest = Sha256::new();
        let facts = [
            Some(self.check.as_str()),
            Some(&self.table),
            Some(&self.key),
            self.account.as_deref(),
            self.unit.as_deref(),
            expected,
            actual,
            self.first_bad_entry.as_deref(),
        ];
        for fact in facts {
            // The length in front keeps two facts from being read as one.
            let fact = fact.unwrap_or_default();
            digest.update((fact.len() as u64).to_be_bytes());
            digest.update(fact.as_bytes());
        }
        hex::encode(&digest.finalize()[..8])
    }
}

/// A decimal number without the zeros that end its fraction.
pub(super) fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}
