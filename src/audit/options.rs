//! What an audit is asked for.

use std::rc::Rc;

use serde::Serialize;

use super::findings::{AcceptedFindings, Findings};
use super::seal;

/// What to check, how deeply, and what to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many findings a check lists; all are counted. Zero lists all.
    pub limit: usize,
    /// Keep every finding, also those that are not listed.
    pub keep_all: bool,
    /// How deeply to read the ledger; `None` is strict where that is cheap.
    pub depth: Option<Depth>,
    /// Only these checks: ids, or what ids begin with. Empty for all.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Only this account.
    pub account: Option<String>,
    /// How many connections read at the same time, on one snapshot.
    pub parallel: usize,
    /// Findings that are accepted, by fingerprint.
    pub accepted: Rc<AcceptedFindings>,
    /// Whether findings of the ledger bring the entries around them.
    pub explain: bool,
    /// Keep only the finding of this fingerprint; all are counted.
    pub fingerprint: Option<String>,
    /// Whether to refuse a server that is not a replica.
    pub replica: bool,
    /// As a plan of repair needs it: every broken link is a finding of its own, and balances are
    /// compared as if all of them were acknowledged.
    pub for_repair: bool,
    /// What to do with a seal of the ledger, if anything; the other checks are then left out.
    pub seal: Option<seal::Use>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limit: 20,
            keep_all: false,
            depth: None,
            only: Vec::new(),
            skip: Vec::new(),
            account: None,
            parallel: 2,
            accepted: Rc::default(),
            explain: false,
            fingerprint: None,
            replica: false,
            for_repair: false,
            seal: None,
        }
    }
}

impl Options {
    /// An empty list of findings, with these limits.
    pub(super) fn findings(&self) -> Findings {
        Findings::new(self.limit, self.keep_all, &self.accepted).only(self.fingerprint.clone())
    }

    /// Why this check is left out, where it is.
    pub(super) fn leaves_out(&self, id: &str) -> Option<&'static str> {
        let covers = |pattern: &String| {
            let prefix = pattern.trim_end_matches(['*', '.']);
            id == prefix || id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
        };
        if !self.only.is_empty() && !self.only.iter().any(covers) {
            Some("--only asks for other checks")
        } else if self.skip.iter().any(covers) {
            Some("--skip leaves it out")
        } else {
            None
        }
    }
}

/// How deeply the ledger is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// Sums prove that each chain is whole; only accounts that fail are read in order.
    Fast,
    /// Every account is read in order.
    Strict,
}

impl Depth {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Depth::Fast => "fast",
            Depth::Strict => "strict",
        }
    }
}
