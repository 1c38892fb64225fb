//! A finding of an audit, in the shape of its JSON output. Adding a field is not a breaking change; renaming one is.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::packs::Severity;

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
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
    /// The place where it is recorded: `acknowledgement` in the database, or `baseline` in a file.
    pub by: String,
    /// The person who answers for it.
    pub owner: String,
    /// The reason for the acceptance.
    pub reason: String,
    /// The last day of the acceptance, unless it is permanent.
    pub expires: Option<String>,
}

impl Finding {
    /// Fills in the fingerprint: a digest of what is wrong, where, and by how much.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        let mut digest = Sha256::new();
        let facts = [
            Some(&self.check),
            Some(&self.table),
            Some(&self.key),
            self.account.as_ref(),
            self.unit.as_ref(),
            self.expected.as_ref(),
            self.actual.as_ref(),
            self.first_bad_entry.as_ref(),
        ];
        for fact in facts {
            // The length in front keeps two facts from being read as one.
            let fact = fact.map_or("", String::as_str);
            digest.update((fact.len() as u64).to_be_bytes());
            digest.update(fact.as_bytes());
        }
        self.fingerprint = hex::encode(&digest.finalize()[..8]);
        self
    }
}
