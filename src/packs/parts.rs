//! The parts that a pack has or lacks.

use super::model::{JobFact, Jobs, Ledger, MAIN, Pack};
use super::payments::Payments;
use crate::error::{Error, Result};

const NO_LEDGER: &str = "keeps no ledger, so there are no balances to compare with one";
const NO_PAYMENTS: &str = "keeps no payments, so there is nothing to refund";
const NO_JOBS: &str = "keeps no jobs, so there is no queue to look at";

impl Pack {
    /// Every ledger, the one that payments are compared with first.
    pub fn all_ledgers(&self) -> impl Iterator<Item = &Ledger> {
        self.ledger.iter().chain(&self.ledgers)
    }

    /// The parts that an audit looks at one after the other: the whole without its further ledgers, and each of these.
    pub fn parts(&self) -> Vec<Pack> {
        let whole = Pack { ledgers: Vec::new(), ..self.clone() };
        std::iter::once(whole).chain(self.ledgers.iter().map(|ledger| self.only(ledger))).collect()
    }

    /// The parts of the pack that are about the rows of a table that can be sealed.
    pub fn sealed_tables(&self) -> Vec<Pack> {
        let sealed_beside = self.seal_ledger();
        let part = |table| Pack { sealed_beside: sealed_beside.clone(), ..self.only(table) };
        self.sealed.iter().map(part).collect()
    }

    /// The ledger that a command has to name to seal tables of the pack, where it keeps several. Any of them does.
    fn seal_ledger(&self) -> Option<String> {
        let several = self.ledger.as_ref().filter(|_| !self.ledgers.is_empty());
        several.map(|ledger| ledger.called().to_owned())
    }

    /// The flag for that ledger, after a space; nothing where none has to be named.
    pub fn seal_flag(&self) -> String {
        Ledger::flag(self.sealed_beside.clone().or_else(|| self.seal_ledger()).as_deref())
    }

    /// The part of the pack that is about one ledger.
    fn only(&self, ledger: &Ledger) -> Pack {
        Pack {
            part: Some(ledger.sealed_table().unwrap_or(ledger.called()).to_owned()),
            ledger: Some(ledger.clone()),
            ledgers: Vec::new(),
            payments: None,
            refunds: None,
            jobs: None,
            checks: Vec::new(),
            stats: Vec::new(),
            ..self.clone()
        }
    }

    fn ledger_named(&self, name: &str) -> Result<&Ledger> {
        self.all_ledgers().find(|ledger| ledger.called() == name).ok_or_else(|| {
            let error = Error::usage(format!("{} has no ledger '{name}'", self.name));
            match self.ledger {
                Some(_) => error.hint(format!("its ledgers are {}", self.ledger_names())),
                None => error,
            }
        })
    }

    fn ledger_names(&self) -> String {
        self.all_ledgers().map(Ledger::called).collect::<Vec<_>>().join(", ")
    }

    /// The part of the pack that is about the ledger of this name, and about nothing else.
    ///
    /// # Errors
    /// A usage error if there is no such ledger.
    pub fn of_ledger(&self, name: &str) -> Result<Pack> {
        Ok(self.only(self.ledger_named(name)?))
    }

    /// The pack with one ledger: the one of this name, or the only one. Payments stay with the ledger that they credit.
    ///
    /// # Errors
    /// A usage error if there is no such ledger. Refused where there are several, and none is named.
    pub fn with_ledger(&self, name: Option<&str>) -> Result<Pack> {
        let Some(name) = name else {
            self.require_one("this command takes one of them at a time").map_err(|e| {
                let name = self.ledger.as_ref().map_or(MAIN, Ledger::called);
                e.hint(format!("name it: --ledger {}", crate::text::quoted(name)))
            })?;
            return Ok(self.clone());
        };
        let ledger = self.ledger_named(name)?;
        if self.ledger.as_ref().is_some_and(|own| own.name == ledger.name) {
            return Ok(Pack { ledgers: Vec::new(), ..self.clone() });
        }
        Ok(self.only(ledger))
    }

    /// Refuses a pack with several ledgers, with the reason.
    ///
    /// # Errors
    /// Refused where there are several.
    pub fn require_one(&self, why: &str) -> Result<()> {
        if self.ledgers.is_empty() {
            return Ok(());
        }
        Err(Error::refused(format!("{} keeps several ledgers ({}), and {why}", self.name, self.ledger_names())))
    }

    /// What both packs have and one database has once: a name, a ledger, payments, jobs, or a check.
    pub(super) fn shares_with(&self, other: &Pack) -> Option<String> {
        let parts = [
            ("the same name", self.name == other.name),
            ("a ledger", self.ledger.is_some() && other.ledger.is_some()),
            ("payments", self.payments.is_some() && other.payments.is_some()),
            ("jobs", self.jobs.is_some() && other.jobs.is_some()),
        ];
        let part = parts.into_iter().find(|(_, both)| *both).map(|(what, _)| what.to_owned());
        part.or_else(|| {
            let check = self.checks.iter().find(|check| other.checks.iter().any(|theirs| theirs.id == check.id))?;
            Some(format!("the check {}", check.id))
        })
    }

    /// The packs as one audit looks at them. What is about the database as a whole belongs to the first: a system's own
    /// schema is the one that is known.
    pub fn together(mut packs: Vec<Pack>) -> Vec<Pack> {
        packs.sort_by_key(|pack| !pack.is_system());
        packs.iter_mut().skip(1).for_each(|pack| pack.part = Some(pack.name.clone()));
        packs
    }

    /// The name under which bursar keeps what it knows of the ledger.
    pub fn key(&self) -> String {
        match self.ledger.as_ref().and_then(|ledger| ledger.name.as_ref()) {
            Some(ledger) => format!("{}/{ledger}", self.name),
            None => self.name.clone(),
        }
    }

    /// The ledger.
    ///
    /// # Errors
    /// A usage error if there is none. Refused where there are several.
    pub fn need_ledger(&self) -> Result<&Ledger> {
        self.require_one("this command serves one")?;
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
        for ledger in self.all_ledgers() {
            let of =
                if self.ledgers.is_empty() { String::new() } else { format!(" in the ledger {}", ledger.called()) };
            if !ledger.running {
                lacks.push(format!(
                    "{} keeps no running balances{of}, so the chain of entries is not checked",
                    self.name
                ));
            }
            if ledger.balances.is_none() {
                lacks.push(format!("{} caches no balances{of}, so none is compared with its entries", self.name));
            }
        }
        let mut lack = |missing: bool, what: &str| {
            if missing {
                lacks.push(format!("{} {what}", self.name));
            }
        };
        lack(self.ledger.is_none(), NO_LEDGER);
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
        lack(lacks_fact(JobFact::Added), "does not say when a job was added, so the pace cannot be told");
        lack(lacks_fact(JobFact::Done), "does not keep jobs that are done, so their pace cannot be told");
        lack(self.jobs.as_ref().is_some_and(|j| j.attempts.is_none()), "keeps no attempts of its jobs");
        lacks
    }
}
