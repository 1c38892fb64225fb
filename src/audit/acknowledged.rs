//! Breaks that somebody answers for, as `bursar.acknowledgements` has them. They are read from the
//! same snapshot as everything else, and speak for a finding as long as its fingerprint, which is a
//! digest of its facts, is the same.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::finding::Accepted;
use super::findings::AcceptedFindings;
use super::ledger::LedgerCheck;
use super::options::Options;
use crate::db::{self, Tx, guarded};
use crate::error::{Error, Result};
use crate::store::repairs;

/// An account and a unit.
pub(super) type Owner = (String, String);

/// The gaps of the breaks of an account that were acknowledged, by entry. Of an entry whose break was acknowledged with several
/// gaps, one after the other, it is the last. None for a break whose gap is not known.
pub(super) type Gaps = BTreeMap<String, Option<String>>;

/// The acknowledgements of a database.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    by_fingerprint: AcceptedFindings,
    gaps: BTreeMap<Owner, Gaps>,
    /// The error with which the acknowledgements could not be read, if there are any.
    pub(super) unreadable: Option<Error>,
}

impl Acknowledged {
    /// Reads the acknowledgements of this application; none if the database has no such table.
    ///
    /// # Errors
    /// Only if the connection is lost.
    pub(super) async fn load(tx: &mut Tx, app: &str) -> Result<Self> {
        let mut all = Acknowledged::default();
        if !db::relation_exists(tx, repairs::ACKNOWLEDGEMENTS).await? {
            return Ok(all);
        }
        let rows = guarded(tx, async |connection| repairs::acknowledged(app).all(connection).await).await?;
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => {
                all.unreadable = Some(error);
                return Ok(all);
            }
        };
        for row in rows {
            let accepted = Accepted::acknowledged(row.operator, row.reason);
            if LedgerCheck::named(&row.check_id) == Some(LedgerCheck::Chain) {
                all.gaps.entry((row.account, row.unit)).or_default().insert(row.entry_id, row.gap);
            }
            all.by_fingerprint.insert(row.fingerprint, accepted);
        }
        Ok(all)
    }

    /// The acknowledgement of the finding with this fingerprint.
    pub(super) fn of(&self, fingerprint: &str) -> Option<&Accepted> {
        self.by_fingerprint.get(fingerprint)
    }

    /// True if a break in this account's chain was ever acknowledged.
    pub(super) fn concerns(&self, owner: &Owner) -> bool {
        self.gaps.contains_key(owner)
    }

    /// The gaps of all breaks of this account that were ever acknowledged, whether they are still there or not.
    pub(super) fn gaps_of(&self, owner: &Owner) -> Option<&Gaps> {
        self.gaps.get(owner)
    }

    /// The options of a run, by which these findings too are accepted.
    pub(super) fn added_to(&self, options: &Options) -> Options {
        let mut options = options.clone();
        if !self.by_fingerprint.is_empty() {
            let known = self.by_fingerprint.iter().map(|(print, by)| (print.clone(), by.clone()));
            Rc::make_mut(&mut options.accepted).extend(known);
        }
        options
    }
}
