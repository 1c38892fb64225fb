//! The canonical checks of a ledger: the only place that has their ids, titles and severities.

use super::query::Query;
use super::sql::{LINKS, MISPLACED, SUMS, UNORDERED};
use crate::audit::model::Described;
use crate::packs::{Ledger, Order, Severity};

/// A canonical check of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum LedgerCheck {
    /// Cached balances against entries.
    Balance,
    /// The running balances.
    Chain,
    /// Their order in time.
    Order,
    /// The domain of amounts, signs and dates.
    Domain,
    /// The totals of each unit.
    Total,
    /// The sum of each transaction, in double entry.
    Balanced,
}

/// The facts of a canonical check.
struct Facts {
    id: &'static str,
    title: &'static str,
    severity: Severity,
    why: &'static str,
    remedy: &'static str,
    /// The query that answers it.
    sql: &'static str,
}

impl LedgerCheck {
    /// Those of every ledger, in the order of the report.
    pub const CORE: [Self; 5] = [Self::Balance, Self::Chain, Self::Order, Self::Domain, Self::Total];

    /// All of them, in the order of the report.
    pub const ALL: [Self; 6] = [Self::Balance, Self::Chain, Self::Order, Self::Domain, Self::Total, Self::Balanced];

    /// The check with this id, of whichever ledger; `None` if the id is another check's.
    pub fn named(id: &str) -> Option<Self> {
        let plain = without_ledger(id);
        Self::ALL.into_iter().find(|check| check.id() == plain.as_deref().unwrap_or(id))
    }

    /// The id in a ledger: that of a named one stands between the two words of the check.
    pub fn id_in(self, ledger: Option<&str>) -> String {
        match ledger.zip(self.id().split_once('.')) {
            Some((ledger, (family, check))) => format!("{family}.{ledger}.{check}"),
            None => self.id().to_owned(),
        }
    }

    pub fn id(self) -> &'static str {
        self.facts().id
    }

    pub fn severity(self) -> Severity {
        self.facts().severity
    }

    /// The check, as it is listed for this ledger.
    pub fn described(self, ledger: &Ledger) -> Described {
        let Facts { id: _, title, severity, why, remedy, sql } = self.facts();
        let query = Query::unbound(ledger);
        let title = match (self, ledger.order) {
            (Self::Order, Order::Seq) => "The running balances follow each other in the order of seq",
            _ => title,
        };
        Described {
            id: self.id_in(ledger.name.as_deref()),
            title: title.to_owned(),
            severity,
            reads: ledger.reads.clone(),
            why: why.to_owned(),
            remedy: remedy.to_owned(),
            sql: match self {
                Self::Balanced => query.unbalanced(),
                _ => query.fill(&sql.replace("{suspects}", UNORDERED)),
            },
        }
    }

    fn facts(self) -> Facts {
        match self {
            Self::Balance => Facts {
                id: "ledger.balance",
                title: "Cached balances equal the sum of their entries",
                severity: Severity::Error,
                why: "People spend from the cached balance. Where it is not what the ledger says, somebody has money that nobody gave, or lacks money that is theirs.",
                remedy: "Find out which of the two is right: set the cache to the ledger's sum, or record an adjustment for what is owed.",
                sql: SUMS,
            },
            Self::Chain => Facts {
                id: "ledger.chain",
                title: "Each running balance follows from the one before it",
                severity: Severity::Error,
                why: "A chain that does not follow was written without a lock, or changed afterwards: an entry is missing, doubled or edited, even where the sum happens to agree.",
                remedy: "Look at the first bad entry and the one before it. Entries are never edited: record an adjustment for what is owed.",
                sql: LINKS,
            },
            Self::Order => Facts {
                id: "ledger.order",
                title: "The running balances follow each other in the order of time",
                severity: Severity::Warn,
                why: "Times that do not order the entries make every history that is sorted by them wrong.",
                remedy: "No balance is wrong. Take the time after locking the account, from the database's own clock.",
                sql: LINKS,
            },
            Self::Domain => Facts {
                id: "ledger.domain",
                title: "Amounts, signs and dates are possible",
                severity: Severity::Error,
                why: "A negative balance, an entry without a sign or a date that cannot be was written past the rules that everything else relies on.",
                remedy: "Find out what wrote it, and record an adjustment for what is owed.",
                sql: MISPLACED,
            },
            Self::Total => Facts {
                id: "ledger.total",
                title: "Credits minus debits equal the sum of all balances",
                severity: Severity::Error,
                why: "What no single account shows, such as a balance that is stored twice, shows in the totals.",
                remedy: "Look for accounts with more than one balance row.",
                sql: SUMS,
            },
            Self::Balanced => Facts {
                id: "ledger.balanced",
                title: "The entries of each transaction sum to zero in each unit",
                severity: Severity::Error,
                why: "In double entry nothing comes from nowhere. Where one side is missing, the balances of single accounts may all agree, and money still appeared or went.",
                remedy: "Find out which side is right. Entries are never edited: book what is missing, or the opposite of what is too much, with the reason.",
                sql: "",
            },
        }
    }
}

/// The id of the same check in a pack with one ledger, `ledger.balance` for `ledger.coins.balance`; none for any other id.
pub(in crate::audit) fn without_ledger(id: &str) -> Option<String> {
    let (_, check) = id.strip_prefix("ledger.")?.split_once('.')?;
    Some(format!("ledger.{check}"))
}

/// The canonical checks as they are listed for this ledger, in the order of the report.
pub(in crate::audit) fn described(ledger: &Ledger) -> Vec<Described> {
    let balanced = ledger.balanced.then_some(LedgerCheck::Balanced);
    LedgerCheck::CORE.into_iter().chain(balanced).map(|check| check.described(ledger)).collect()
}
