//! Where findings wait until they are written: the first ones in memory, the rest in an unnamed
//! temporary file, so that memory stays bounded when every account of a ledger is broken.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::rc::Rc;

use super::{Accepted, Finding};
use crate::error::{Error, Result, ResultExt as _};
use crate::packs::Severity;

/// What is accepted, by the finding's fingerprint.
pub type AcceptedFindings = BTreeMap<String, Accepted>;

/// How many findings of one check stay in memory.
const IN_MEMORY: usize = 1000;

/// The findings of one check, in the order they were found: all are counted, those up to the limit
/// are kept.
#[derive(Debug)]
pub struct Findings {
    limit: usize,
    known: Rc<AcceptedFindings>,
    severity: Severity,
    count: u64,
    accepted: u64,
    kinds: BTreeMap<String, u64>,
    memory: Vec<Finding>,
    spilled: Option<BufWriter<File>>,
}

impl Findings {
    /// None yet. A limit of zero is none; `known` are those that are accepted.
    pub fn new(limit: usize, known: &Rc<AcceptedFindings>) -> Self {
        Findings {
            limit: if limit == 0 { usize::MAX } else { limit },
            known: Rc::clone(known),
            severity: Severity::Warn,
            count: 0,
            accepted: 0,
            kinds: BTreeMap::new(),
            memory: Vec::new(),
            spilled: None,
        }
    }

    /// How many were found, also those that are not kept, without those that are accepted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many more are accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// The worst severity among them.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// How many of each kind were found, where they have one.
    pub fn kinds(&self) -> &BTreeMap<String, u64> {
        &self.kinds
    }

    /// How many are kept.
    pub fn kept(&self) -> u64 {
        (self.count + self.accepted).min(self.limit as u64)
    }

    /// Adds one.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn push(&mut self, mut finding: Finding) -> Result<()> {
        finding.accepted = self.known.get(&finding.fingerprint).cloned();
        self.add(finding)
    }

    /// Adds one that is accepted for another reason than its own fingerprint.
    ///
    /// # Errors
    /// As [`Findings::push`].
    pub fn push_accepted(&mut self, mut finding: Finding, by: Accepted) -> Result<()> {
        finding.accepted = Some(by);
        self.add(finding)
    }

    fn add(&mut self, finding: Finding) -> Result<()> {
        if finding.accepted.is_some() {
            self.accepted += 1;
        } else {
            self.count += 1;
            if let Some(kind) = &finding.kind {
                *self.kinds.entry(kind.clone()).or_default() += 1;
            }
        }
        self.severity = self.severity.max(finding.severity);
        if self.count + self.accepted > self.limit as u64 {
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
            serde_json::to_writer(&mut *file, &finding).map_err(std::io::Error::from)?;
            file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// No more will be added: what is still in a buffer is written out, so that it can be read.
    ///
    /// # Errors
    /// As [`Findings::push`].
    pub fn finish(&mut self) -> Result<()> {
        Ok(self.spilled.as_mut().map_or(Ok(()), BufWriter::flush)?)
    }

    /// Those that are kept.
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
                serde_json::from_str(&line?).map_err(|e| Error::failed(format!("a finding cannot be read back: {e}")))
            });
            error.into_iter().chain(parsed)
        });
        self.memory.iter().cloned().map(Ok).chain(spilled.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Finding, Findings, IN_MEMORY};

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
        let mut all = Findings::new(0, &Rc::default());
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
        let mut few = Findings::new(3, &Rc::default());
        (0..10).for_each(|n| few.push(finding(n)).unwrap());
        assert_eq!((few.count(), few.kept(), few.iter().count()), (10, 3, 3));
        assert_eq!(few.kinds().values().copied().collect::<Vec<_>>(), [5, 5]);
    }
}
