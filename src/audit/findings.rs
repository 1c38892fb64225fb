//! The store of findings until they are written: the first ones in memory, the rest in an unnamed
//! temporary file, so that memory stays bounded when every account of a ledger is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::rc::Rc;

use super::finding::{Accepted, Finding};
use crate::error::{Error, Result, ResultExt as _};
use crate::packs::Severity;
use crate::text::with_flags;

/// Accepted findings, by fingerprint.
pub type AcceptedFindings = BTreeMap<String, Accepted>;

/// Number of findings of one check that stay in memory.
const IN_MEMORY: usize = 1000;

/// The findings of one check, in the order they were found: all are counted, those up to the limit
/// are kept. Accepted ones have a limit of their own, so that they crowd nothing else out.
#[derive(Debug)]
pub struct Findings {
    limit: u64,
    keep_all: bool,
    known: Rc<AcceptedFindings>,
    /// The fingerprints of `known` that were found.
    matched: BTreeSet<String>,
    only: Option<String>,
    within: Option<String>,
    flags: String,
    /// The pack that they are of, where there are several.
    app: Option<String>,
    severity: Severity,
    count: u64,
    accepted: u64,
    kinds: BTreeMap<String, u64>,
    memory: Vec<Finding>,
    spilled: Option<BufWriter<File>>,
}

impl Findings {
    /// None yet. A limit of zero is none; with `keep_all` those beyond it are kept too, but not
    /// listed. `known` are those that are accepted.
    pub fn new(limit: usize, keep_all: bool, known: &Rc<AcceptedFindings>) -> Self {
        Findings {
            limit: if limit == 0 { u64::MAX } else { limit as u64 },
            keep_all,
            known: Rc::clone(known),
            matched: BTreeSet::new(),
            only: None,
            within: None,
            flags: String::new(),
            app: None,
            severity: Severity::Warn,
            count: 0,
            accepted: 0,
            kinds: BTreeMap::new(),
            memory: Vec::new(),
            spilled: None,
        }
    }

    /// Keeps only the finding of this fingerprint; all are counted.
    #[must_use]
    pub fn only(mut self, fingerprint: Option<String>) -> Self {
        self.only = fingerprint;
        self
    }

    /// The findings of a ledger's checks are those of the ledger with this name.
    #[must_use]
    pub fn within(mut self, ledger: Option<String>) -> Self {
        self.within = ledger;
        self
    }

    /// The commands that they name are of the same application with these flags.
    #[must_use]
    pub fn with_flags(mut self, flags: String) -> Self {
        self.flags = flags;
        self
    }

    /// Says which pack they are of.
    pub fn set_app(&mut self, app: &str) {
        self.app = Some(app.to_owned());
    }

    fn named(&self, finding: Finding) -> Finding {
        let mut finding = match &self.within {
            Some(ledger) => finding.of_ledger(ledger),
            None => finding,
        };
        finding.remedy = with_flags(&finding.remedy, &self.flags);
        finding
    }

    /// The check that they are of, if any was kept.
    pub fn check(&self) -> Option<&String> {
        self.memory.first().map(|finding| &finding.check)
    }

    /// Lists only the first of them, and the first accepted one, unless all were asked for.
    pub fn show_one(&mut self) {
        if self.limit < u64::MAX {
            self.limit = 1;
        }
    }

    /// Those that are kept in memory, to be completed.
    pub fn in_memory(&mut self) -> &mut [Finding] {
        &mut self.memory
    }

    /// Number of findings that are not accepted, also those that are not kept.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Number of accepted findings.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// The worst severity among them.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Number of findings of each kind, if the check distinguishes kinds.
    pub fn kinds(&self) -> &BTreeMap<String, u64> {
        &self.kinds
    }

    /// The fingerprints of the accepted ones that were found.
    pub fn matched(&self) -> &BTreeSet<String> {
        &self.matched
    }

    /// Number of findings that are listed, accepted ones included.
    pub fn listed(&self) -> u64 {
        self.count.min(self.limit) + self.accepted.min(self.limit)
    }

    /// Adds one.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn push(&mut self, finding: Finding) -> Result<()> {
        let mut finding = self.named(finding);
        let known = finding.fingerprints().find_map(|print| self.known.get_key_value(print));
        if let Some((print, by)) = known {
            self.matched.insert(print.clone());
            finding.accepted = Some(by.clone());
        }
        self.add(finding)
    }

    /// Adds one that is accepted for another reason than its own fingerprint.
    ///
    /// # Errors
    /// As [`Findings::push`].
    pub fn push_accepted(&mut self, finding: Finding, by: Accepted) -> Result<()> {
        let mut finding = self.named(finding);
        finding.accepted = Some(by);
        self.add(finding)
    }

    fn add(&mut self, finding: Finding) -> Result<()> {
        let nth = if finding.accepted.is_some() {
            self.accepted += 1;
            self.matched.insert(finding.fingerprint.clone());
            self.accepted
        } else {
            self.count += 1;
            if let Some(kind) = &finding.kind {
                *self.kinds.entry(kind.clone()).or_default() += 1;
            }
            self.count
        };
        self.severity = self.severity.max(finding.severity);
        let unwanted = self.only.as_ref().is_some_and(|only| !finding.fingerprints().any(|print| print == only));
        if unwanted || nth > self.limit && !self.keep_all {
            return Ok(());
        }
        if self.memory.len() < IN_MEMORY {
            self.memory.push(finding);
            return Ok(());
        }
        if self.spilled.is_none() {
            let file = tempfile::tempfile().context("findings beyond the first thousand wait in a temporary file")?;
            self.spilled = Some(BufWriter::new(file));
        }
        if let Some(file) = &mut self.spilled {
            serde_json::to_writer(&mut *file, &(&finding, &finding.formerly, &finding.floor))
                .map_err(std::io::Error::from)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Writes out what is still in a buffer, so that it can be read. Nothing is added afterwards.
    ///
    /// # Errors
    /// As [`Findings::push`].
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.spilled.as_mut().map_or(Ok(()), BufWriter::flush)?)
    }

    /// Those up to the limit: the accepted ones, or the others.
    pub fn list(&self, accepted: bool) -> impl Iterator<Item = Result<Finding>> {
        let any = if accepted { self.accepted > 0 } else { self.count > 0 };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        // An error is in both lists, so that it is seen whichever is read.
        let wanted = move |f: &Result<Finding>| f.as_ref().map_or(true, |f| f.accepted.is_some() == accepted);
        any.then(|| self.iter().filter(wanted).take(limit)).into_iter().flatten()
    }

    /// All that are kept.
    pub fn iter(&self) -> impl Iterator<Item = Result<Finding>> {
        let spilled = self.spilled.as_ref().map(|writer| {
            let read = || -> Result<_> {
                let mut file = writer.get_ref().try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Ok(BufReader::new(file).lines())
            };
            let (lines, error) = match read() {
                Ok(lines) => (Some(lines), None),
                Err(error) => (None, Some(Err(error))),
            };
            let parsed = lines.into_iter().flatten().map(|line| {
                let (finding, formerly, floor) = serde_json::from_str::<(Finding, _, _)>(&line?)
                    .map_err(|e| Error::failed(format!("a finding cannot be read back: {e}")))?;
                Ok(Finding { formerly, floor, ..finding })
            });
            error.into_iter().chain(parsed)
        });
        let all = self.memory.iter().cloned().map(Ok).chain(spilled.into_iter().flatten());
        all.map(|finding| Ok(Finding { app: self.app.clone(), ..finding? }))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Accepted, Finding, Findings, IN_MEMORY};

    fn finding(n: usize) -> Finding {
        Finding {
            key: n.to_string(),
            kind: Some(format!("k{}", n % 2)),
            message: "a\nb\t\u{1b}".into(),
            ..Finding::default()
        }
    }

    #[test]
    fn what_does_not_fit_into_memory_comes_back_in_order() {
        let many = IN_MEMORY * 2 + 5;
        let mut all = Findings::new(0, false, &Rc::default());
        (0..many).for_each(|n| all.push(finding(n)).unwrap());
        all.finish().unwrap();
        assert_eq!(all.memory.len(), IN_MEMORY);
        for _ in 0..2 {
            let back: Vec<Finding> = all.iter().map(Result::unwrap).collect();
            assert_eq!(back, (0..many).map(finding).collect::<Vec<_>>());
        }
    }

    #[test]
    fn all_are_counted_and_those_up_to_the_limit_kept() {
        for (keep_all, kept) in [(false, 3), (true, 10)] {
            let mut few = Findings::new(3, keep_all, &Rc::default());
            (0..10).for_each(|n| few.push(finding(n)).unwrap());
            assert_eq!((few.count(), few.listed(), few.list(false).count(), few.iter().count()), (10, 3, 3, kept));
            assert_eq!(few.kinds().values().copied().collect::<Vec<_>>(), [5, 5]);
        }
    }

    #[test]
    fn accepted_findings_crowd_nothing_out() {
        let accept = |n: usize| (n.to_string(), Accepted { by: "baseline".into(), ..Accepted::default() });
        let mut few = Findings::new(2, false, &Rc::new((0..8).map(accept).collect()));
        let known = |n: usize| Finding { fingerprint: n.to_string(), ..finding(n) };
        (0..10).for_each(|n| few.push(known(n)).unwrap());
        assert_eq!((few.count(), few.accepted(), few.listed(), few.matched().len()), (2, 8, 4, 8));
        let keys = |accepted| few.list(accepted).map(|f| f.unwrap().key).collect::<Vec<_>>();
        assert_eq!((keys(false), keys(true)), (vec!["8".into(), "9".into()], vec!["0".into(), "1".into()]));
    }
}
