//! The options of an audit.

use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use super::findings::{AcceptedFindings, Findings};
use super::ledger::without_ledger;
use super::seal;
use crate::packs::Prices;

/// The options of an audit: the checks, the depth, and what is shown.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of findings that a check lists; all are counted. Zero lists all.
    pub limit: usize,
    /// Keep every finding, also those that are not listed.
    pub keep_all: bool,
    /// The depth of reading the ledger; `None` is strict if that is cheap.
    pub depth: Option<Depth>,
    /// True to read every account of a strict audit in order, and to have the server compare every account on top of a seal, also
    /// where one pass proves most of them.
    pub in_order: bool,
    /// Only these checks: ids, or what ids begin with. Empty for all.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Only this account.
    pub account: Option<String>,
    /// Only the rows of this tenant.
    pub tenant: Option<String>,
    /// Only this ledger, and nothing else.
    pub ledger: Option<String>,
    /// The name of the ledger that is looked at, where it has one: its findings carry it.
    pub within: Option<String>,
    /// The flags with which a command is of the same application, each after a space.
    pub flags: String,
    /// Number of connections that read at the same time, on one snapshot.
    pub parallel: usize,
    /// Findings that are accepted, by fingerprint.
    pub accepted: Rc<AcceptedFindings>,
    /// True if findings of the ledger bring the entries around them.
    pub explain: bool,
    /// Keep only the finding of this fingerprint; all are counted.
    pub fingerprint: Option<String>,
    /// True if to refuse a server that is not a replica.
    pub replica: bool,
    /// The lag of a replica above which its rows are not those that were asked for.
    pub max_lag: Option<Duration>,
    /// The price list, if one is given.
    pub prices: Option<Rc<Prices>>,
    /// True if foreign tables show every row, in a snapshot that fits.
    pub trust_foreign: bool,
    /// As a plan of repair needs it: every broken link is a finding of its own, and balances are
    /// compared as if all of them were acknowledged.
    pub for_repair: bool,
    /// The use of a seal of the ledger, if any; the other checks are then left out.
    pub seal: Option<seal::Use>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limit: 20,
            keep_all: false,
            depth: None,
            in_order: false,
            only: Vec::new(),
            skip: Vec::new(),
            account: None,
            tenant: None,
            ledger: None,
            within: None,
            flags: String::new(),
            parallel: 2,
            accepted: Rc::default(),
            explain: false,
            fingerprint: None,
            replica: false,
            max_lag: None,
            prices: None,
            trust_foreign: false,
            for_repair: false,
            seal: None,
        }
    }
}

impl Options {
    /// An empty list of findings, with these limits.
    pub(super) fn findings(&self) -> Findings {
        Findings::new(self.limit, self.keep_all, &self.accepted)
            .only(self.fingerprint.clone())
            .within(self.within.clone())
            .with_flags(self.flags.clone())
    }

    /// True if no check, account, tenant or ledger is left out.
    pub fn is_all(&self) -> bool {
        self.is_whole() && self.only.is_empty() && self.skip.is_empty() && self.ledger.is_none() && self.seal.is_none()
    }

    /// True if all accounts of all tenants are looked at.
    pub(super) fn is_whole(&self) -> bool {
        self.account.is_none() && self.tenant.is_none()
    }

    /// True if this check is asked to be skipped.
    pub(super) fn skips(&self, id: &str) -> bool {
        self.skip.iter().any(|pattern| covers(pattern, id))
    }

    /// The reason why this check is left out, if it is.
    pub(super) fn leaves_out(&self, id: &str) -> Option<&'static str> {
        if !self.only.is_empty() && !self.only.iter().any(|pattern| covers(pattern, id)) {
            Some("--only asks for other checks")
        } else if self.skips(id) {
            Some("--skip leaves it out")
        } else {
            None
        }
    }
}

/// True if the pattern is this id, or what it begins with; of a named ledger also the id without the name.
fn covers(pattern: &str, id: &str) -> bool {
    let prefix = pattern.trim_end_matches(['*', '.']);
    let begins = |id: &str| id == prefix || id.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
    begins(id) || without_ledger(id).is_some_and(|plain| begins(&plain))
}

/// The depth of reading the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// Sums prove that each chain is whole; only accounts that fail are read in order.
    Fast,
    /// Every account is read in order.
    Strict,
}

impl Depth {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Depth::Fast => "fast",
            Depth::Strict => "strict",
        }
    }
}
