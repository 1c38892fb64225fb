//! The parts that a pack has or lacks.

use super::model::{JobFact, Jobs, Ledger, Pack};
use super::payments::Payments;
use crate::error::{Error, Result};

const NO_LEDGER: &str = "keeps no ledger, so there are no balances to compare with one";
const NO_PAYMENTS: &str = "keeps no payments, so there is nothing to refund";
const NO_JOBS: &str = "keeps no jobs, so there is no queue to look at";

impl Pack {
    /// The ledger.
    ///
    /// # Errors
    /// A usage error if there is none.
    pub fn need_ledger(&self) -> Result<&Ledger> {
        self.ledger.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_LEDGER}", self.name)))
    }

    /// The payments.
    ///
    /// # Errors
    /// A usage error if there are none.
    pub fn need_payments(&self) -> Result<&Payments> {
        self.payments.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_PAYMENTS}", self.name)))
    }

    /// The jobs.
    ///
    /// # Errors
    /// A usage error if there are none.
    pub fn need_jobs(&self) -> Result<&Jobs> {
        self.jobs.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_JOBS}", self.name)))
    }

    /// The parts and facts that the pack lacks, each in one sentence.
    pub fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        let mut lack = |missing: bool, what: &str| {
            if missing {
                lacks.push(format!("{} {what}", self.name));
            }
        };
        lack(self.ledger.is_none(), NO_LEDGER);
        lack(
            self.ledger.as_ref().is_some_and(|l| !l.running),
            "keeps no running balances, so the chain of entries is not checked",
        );
        lack(
            self.ledger.as_ref().is_some_and(|l| l.balances.is_none()),
            "caches no balances, so none is compared with its entries",
        );
        lack(self.payments.is_none(), NO_PAYMENTS);
        lack(self.jobs.is_none(), NO_JOBS);
        let lacks_fact = |fact| self.jobs.as_ref().is_some_and(|j| j.lacks.contains(&fact));
        lack(
            lacks_fact(JobFact::Leases),
            "keeps no leases of its jobs, so a job that its worker abandoned is not reported",
        );
        lack(lacks_fact(JobFact::Workers), "does not say which worker has a job");
        lack(lacks_fact(JobFact::Starts), "does not say when a worker began with a job");
        lack(lacks_fact(JobFact::Attempts), "does not say how often a job was tried");
        lack(lacks_fact(JobFact::Done), "does not keep jobs that are done, so their pace cannot be told");
        lack(self.jobs.as_ref().is_some_and(|j| j.attempts.is_none()), "keeps no attempts of its jobs");
        lacks
    }
}
