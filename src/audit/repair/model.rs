//! A plan of repair, and what it is made of.

use serde::{Deserialize, Serialize};

use super::number::is_below;

/// The action of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Sets a cached balance to what the ledger says.
    RebuildCache,
    /// Sets it so too, and then brings it back to what it was by an entry with a reason.
    Adjust,
    /// Takes a break as it is: the chain goes on from there.
    Acknowledge,
}

impl Action {
    /// The name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Action::RebuildCache => "rebuild_cache",
            Action::Adjust => "adjust",
            Action::Acknowledge => "acknowledge",
        }
    }
}

/// One thing to do, about one finding. Amounts are exact decimals, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepairLine {
    /// The action.
    #[serde(rename = "do")]
    pub action: Action,
    /// The account.
    pub account: String,
    /// The unit.
    pub unit: String,
    /// The check that found it.
    pub check: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// The finding, in a sentence. It is for people, and nothing depends on it.
    #[serde(default)]
    pub what: String,
    /// The cached balance, for what sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The balance according to the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The signed amount of an adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The entry that is acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The difference between the running balance of this entry and the one that follows from the entry before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// The reason, in the operator's words.
    #[serde(default)]
    pub reason: String,
    /// The line number in its file, from 1.
    #[serde(skip)]
    pub number: usize,
}

impl RepairLine {
    /// True if the two do the same about the same facts, whatever the words.
    pub(super) fn agrees(&self, other: &RepairLine) -> bool {
        let words =
            |line: &RepairLine| RepairLine { what: String::new(), reason: String::new(), number: 0, ..line.clone() };
        words(self) == words(other)
    }

    /// True if a person has to say why: a balance that was the customer's is not taken because a plan proposes it.
    pub fn needs_reason(&self) -> bool {
        self.action != Action::RebuildCache || self.takes()
    }

    /// True if it lowers a balance.
    pub(super) fn takes(&self) -> bool {
        let (from, to) = (self.from.as_deref().unwrap_or_default(), self.to.as_deref().unwrap_or_default());
        self.action == Action::RebuildCache && is_below(to, from)
    }

    /// The change in a few words.
    pub fn change(&self) -> String {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        match self.action {
            Action::RebuildCache => format!("cache {} -> ledger {}", text(&self.from), text(&self.to)),
            Action::Adjust => {
                let (from, to, amount) = (text(&self.from), text(&self.to), text(&self.amount));
                format!("cache {from} -> ledger {to}, then an entry of {amount} -> {from}")
            }
            Action::Acknowledge => match &self.gap {
                Some(gap) => format!("entry {}, gap {gap}", text(&self.entry)),
                None => format!("entry {}", text(&self.entry)),
            },
        }
    }
}

/// A proposal about a finding: a line, and another one that may take its place.
#[derive(Debug, Clone, Serialize)]
pub struct Proposal {
    /// The proposed line.
    pub line: RepairLine,
    /// The line that may be right instead.
    pub alternative: Option<RepairLine>,
}

/// A finding that no line can mend.
#[derive(Debug, Clone, Serialize)]
pub struct NotMended {
    /// The check.
    pub check: String,
    /// The finding, in a sentence.
    pub what: String,
    /// The action that would correct it.
    pub remedy: String,
}

/// The proposals for a ledger.
#[derive(Debug, Clone, Serialize)]
pub struct Proposed {
    /// The proposals, account by account.
    pub proposals: Vec<Proposal>,
    /// The findings that no proposal corrects.
    pub not_mended: Vec<NotMended>,
}

/// The database that a plan was made for, and the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Version of the file's shape.
    pub schema_version: u32,
    /// The pack.
    pub app: String,
    /// The database.
    pub database: String,
    /// The server's own identity, where the role may read it.
    pub system_identifier: Option<String>,
    /// The snapshot that was read.
    pub snapshot: String,
    /// Time of planning, RFC 3339.
    pub planned_at: String,
}

/// A plan as it was read from its file.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The database that it is for.
    pub header: Header,
    /// The actions.
    pub lines: Vec<RepairLine>,
}

impl Plan {
    /// The accounts of the lines, each once, in the order in which they are locked.
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts: Vec<&str> = self.lines.iter().map(|l| l.account.as_str()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

/// The version of the file's shape that this bursar writes and reads.
pub(super) const SCHEMA_VERSION: u32 = 1;
