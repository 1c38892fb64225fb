//! A comparison of streams with jobs, and what it finds.

use serde::Serialize;

use super::answer::EntryId;

/// What is wrong about a job or an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// A worker could take the job, and no entry tells it of the job.
    Lost,
    /// The job of an entry does not exist.
    Ghost,
    /// The job of an entry has ended.
    Ended,
    /// The consumer of a pending entry is gone, and its job is not done.
    Abandoned,
    /// Another entry tells of the same job.
    Twice,
    /// The entry was delivered more often than the job was tried.
    Redelivered,
    /// The stream does not hold a pending entry any more.
    Trimmed,
    /// The entry names no job.
    Malformed,
}

impl FindingKind {
    /// Every kind, in the order of the report.
    pub const ALL: [FindingKind; 8] = [
        FindingKind::Lost,
        FindingKind::Ghost,
        FindingKind::Ended,
        FindingKind::Abandoned,
        FindingKind::Twice,
        FindingKind::Redelivered,
        FindingKind::Trimmed,
        FindingKind::Malformed,
    ];

    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            FindingKind::Lost => "lost",
            FindingKind::Ghost => "ghost",
            FindingKind::Ended => "ended",
            FindingKind::Abandoned => "abandoned",
            FindingKind::Twice => "twice",
            FindingKind::Redelivered => "redelivered",
            FindingKind::Trimmed => "trimmed",
            FindingKind::Malformed => "malformed",
        }
    }
}

/// A difference between a stream and the jobs.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// The stream.
    pub stream: String,
    /// The entry, where there is one.
    pub entry: Option<String>,
    /// The job, where one is named.
    pub job: Option<String>,
    /// The application's word for how the job stands.
    pub status: Option<String>,
    /// The consumer that has the entry.
    pub consumer: Option<String>,
    /// Number of times that the entry was delivered.
    pub delivered: Option<i64>,
    /// Number of times that the job was tried.
    pub attempts: Option<i32>,
    /// Time since the job was due or the entry was delivered or added, in seconds.
    pub since_secs: Option<i64>,
    /// More about it.
    pub note: Option<String>,
    /// The place of the stream in the pack.
    #[serde(skip)]
    pub(super) at: usize,
    #[serde(skip)]
    pub(super) id: Option<EntryId>,
    /// The version of the job, which differs after every change of it.
    #[serde(skip)]
    pub(super) version: Option<String>,
    /// False for an entry that a consumer may be at, and that stays as it is.
    #[serde(skip)]
    pub(super) removable: bool,
}

/// A consumer of a group.
#[derive(Debug, Clone, Serialize)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// Number of entries that it has and did not acknowledge.
    pub pending: i64,
    /// Time since it last asked for entries, in seconds.
    pub idle_secs: i64,
    /// True where that is long ago.
    pub gone: bool,
}

/// A group of a stream.
#[derive(Debug, Clone, Serialize)]
pub struct StreamGroup {
    /// Its name.
    pub name: String,
    /// Number of consumers.
    pub consumers: i64,
    /// Number of entries that were delivered and not acknowledged.
    pub pending: i64,
    /// The newest entry that was delivered.
    #[serde(skip)]
    pub(super) last: EntryId,
    /// Number of entries that were not delivered yet; none where the server does not say.
    pub lag: Option<i64>,
}

/// A stream.
#[derive(Debug, Clone, Serialize)]
pub struct StreamState {
    /// Its key.
    pub stream: String,
    /// The group of its workers.
    pub group: String,
    /// Number of entries, with those that were acknowledged and not deleted; none without the key.
    pub length: Option<u64>,
    /// True where the group is there.
    pub has_group: bool,
    /// Number of entries that were not delivered to the group yet.
    pub undelivered: u64,
    /// Number of entries that were delivered to the group and not acknowledged.
    pub pending: u64,
    /// Age of the oldest entry that was not delivered yet, in seconds.
    pub oldest_secs: Option<i64>,
    /// Every group of the stream.
    pub groups: Vec<StreamGroup>,
    /// The consumers of the group.
    pub consumers: Vec<Consumer>,
    /// The newest id that the comparison has seen.
    #[serde(skip)]
    pub(super) seen: EntryId,
}

/// The number of findings of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FindingCount {
    /// The kind.
    pub kind: FindingKind,
    /// Their number.
    pub count: u64,
}

/// A comparison of streams with jobs.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The streams.
    pub streams: Vec<StreamState>,
    /// The differences, at most [`Comparison::KEPT`] of a kind.
    pub findings: Vec<Finding>,
    /// Their numbers, of those kinds that there are.
    pub counts: Vec<FindingCount>,
    /// What was not compared, in words.
    pub unread: Vec<String>,
}

impl Comparison {
    /// Largest number of findings of a kind that are kept; the others are counted.
    pub const KEPT: u64 = 100_000;

    /// Keeps a finding, or only counts it.
    pub(super) fn add(&mut self, finding: Finding) {
        let at = match self.counts.iter().position(|c| c.kind == finding.kind) {
            Some(at) => at,
            None => {
                self.counts.push(FindingCount { kind: finding.kind, count: 0 });
                self.counts.len() - 1
            }
        };
        let Some(counted) = self.counts.get_mut(at) else { return };
        counted.count += 1;
        if counted.count <= Self::KEPT {
            self.findings.push(finding);
        }
    }

    /// Counts findings that are not kept.
    pub(super) fn add_uncounted(&mut self, kind: FindingKind, more: u64) {
        if let Some(counted) = self.counts.iter_mut().find(|c| c.kind == kind) {
            counted.count += more;
        }
    }

    /// Takes findings back.
    pub(super) fn withdraw(&mut self, which: impl Fn(&Finding) -> bool) {
        let counts = &mut self.counts;
        self.findings.retain(|finding| {
            let withdrawn = which(finding);
            if withdrawn && let Some(counted) = counts.iter_mut().find(|c| c.kind == finding.kind) {
                counted.count -= 1;
            }
            !withdrawn
        });
    }

    /// Number of findings of a kind.
    pub fn count(&self, kind: FindingKind) -> u64 {
        self.counts.iter().find(|c| c.kind == kind).map_or(0, |c| c.count)
    }

    /// True if everything was compared.
    pub fn complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// True if a group of the pack is not there, so its entries would reach nobody.
    pub fn lacks_group(&self) -> bool {
        self.streams.iter().any(|s| !s.has_group)
    }
}
