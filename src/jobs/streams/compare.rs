//! The comparison of streams with jobs.
//!
//! The order of reading makes the difference between a fault and a moment: Redis is read first, and each job in a snapshot
//! that is newer. What is younger than the grace is never reported, because a worker may be between its two writes.
//! Only entries that a worker can still get are held in memory, each as a few numbers, so the length of a stream does not
//! matter.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::answer::{Entry, EntryId};
use super::jobs::{Due, Jobs, Known};
use super::model::{Comparison, Finding, FindingKind, StreamState};
use super::read::{PAGE, Pending};
use super::server::Redis;
use crate::db::Series;
use crate::error::Result;
use crate::packs::{JobStream, Key, Pack};
use crate::text::thousands;

/// Largest number of entries of one stream that are compared: those that wait for a worker or are pending.
const MOST: usize = 2_000_000;

/// The lengths of time after which a difference counts.
#[derive(Debug, Clone, Copy)]
pub struct Grace {
    /// What is younger is not reported.
    pub young: Duration,
    /// A consumer that did not ask for longer is gone.
    pub gone: Duration,
}

/// Compares the streams with the jobs. Nothing is changed.
///
/// # Errors
/// Connection errors of both; a key that is no stream.
pub async fn compare(
    series: &mut Series,
    redis: &mut Redis,
    pack: &Pack,
    streams: &[JobStream],
    grace: Grace,
) -> Result<Comparison> {
    let mut jobs = Jobs { series, pack };
    let (key, hidden) = jobs.key().await?;
    let mut found = Comparison::default();
    if !hidden.is_empty() {
        found.unread.push(format!(
            "row level security may hide rows of {}, so neither a ghost nor every lost job is known",
            hidden.join(", ")
        ));
    }
    for (at, stream) in streams.iter().enumerate() {
        let others: Vec<&str> = match stream.kinds.is_empty() {
            true => streams.iter().flat_map(|s| &s.kinds).map(String::as_str).collect(),
            false => Vec::new(),
        };
        let now_ms = redis.now_ms().await?;
        let mut look = Look {
            jobs: &mut jobs,
            redis,
            stream,
            at,
            key,
            grace,
            now_ms,
            hidden: !hidden.is_empty(),
            found: &mut found,
            live: Vec::new(),
        };
        let state = look.stream(&others).await?;
        found.streams.push(state);
    }
    found.counts.retain(|c| c.count > 0);
    found.counts.sort_by_key(|c| c.kind);
    found.findings.sort_by(|a, b| (a.kind, a.at, b.since_secs, &a.job).cmp(&(b.kind, b.at, a.since_secs, &b.job)));
    Ok(found)
}

/// An entry that a worker can still get.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Live {
    job: u128,
    rank: Rank,
    id: EntryId,
}

/// Where an entry is. Of several for one job, the first in this order stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A consumer has it and may be at it.
    Held,
    /// Nobody has it yet.
    Waits,
    /// A consumer that is gone has it.
    Left,
}

/// An id as a number of 128 bits, the beginning of its SHA-256.
pub(super) fn number_of(job: &str) -> u128 {
    let digest = Sha256::digest(job.as_bytes());
    digest.iter().take(16).fold(0, |n, byte| n << 8 | u128::from(*byte))
}

/// The job that an entry names, if it is an id of this database's jobs.
fn named(entry: &Entry, stream: &JobStream, key: Key) -> Option<String> {
    key.parse(entry.field(&stream.job)?.trim())
}

/// An entry of a page.
struct Seen {
    id: EntryId,
    entry: Option<Entry>,
    pending: Option<Pending>,
}

struct Look<'a, 'j> {
    jobs: &'a mut Jobs<'j>,
    redis: &'a mut Redis,
    stream: &'a JobStream,
    at: usize,
    key: Key,
    grace: Grace,
    now_ms: u64,
    hidden: bool,
    found: &'a mut Comparison,
    live: Vec<Live>,
}

impl Look<'_, '_> {
    async fn stream(&mut self, others: &[&str]) -> Result<StreamState> {
        let (key, group) = (self.stream.stream.as_str(), self.stream.group.as_str());
        let zero = EntryId { ms: 0, seq: 0 };
        let info = self.redis.info(key).await?;
        let mut state = StreamState {
            stream: key.to_owned(),
            group: group.to_owned(),
            length: info.as_ref().map(|info| info.length),
            has_group: false,
            undelivered: 0,
            pending: 0,
            oldest_secs: None,
            groups: Vec::new(),
            consumers: Vec::new(),
            seen: info.as_ref().map_or(zero, |info| info.last),
        };
        if info.is_some() {
            state.groups = self.redis.groups(key).await?;
        }
        if let Some(last) = state.groups.iter().find(|g| g.name == group).map(|g| g.last) {
            state.has_group = true;
            state.consumers = self.redis.consumers(key, group).await?;
            let gone = i64::try_from(self.grace.gone.as_secs()).unwrap_or(i64::MAX);
            state.consumers.iter_mut().for_each(|c| c.gone = c.idle_secs >= gone);
            if !self.entries(&mut state, last).await? {
                return Ok(state);
            }
        }
        self.twice().await?;
        self.lost(&mut state, others).await?;
        Ok(state)
    }

    /// Reads what a worker can still get. Returns whether all was read.
    async fn entries(&mut self, state: &mut StreamState, last: EntryId) -> Result<bool> {
        let (key, group) = (self.stream.stream.as_str(), self.stream.group.as_str());
        let gone: HashSet<&str> = state.consumers.iter().filter(|c| c.gone).map(|c| c.name.as_str()).collect();
        let too_many = |found: &mut Comparison, read: u64| {
            let much = usize::try_from(read).unwrap_or(usize::MAX) > MOST;
            if much {
                found.unread.push(format!("{key} has more than {} entries that wait or are pending", thousands(MOST)));
            }
            much
        };
        // What is delivered while this runs is met a second time behind the last delivered entry.
        let mut met: HashSet<EntryId> = HashSet::new();
        let mut after = None;
        loop {
            let page = self.redis.pending(key, group, after).await?;
            let Some(newest) = page.last().map(|p| p.id) else { break };
            let full = page.len() >= PAGE;
            after = Some(newest);
            state.pending += page.len() as u64;
            met.extend(page.iter().map(|p| p.id).filter(|id| *id > last));
            let ids: Vec<EntryId> = page.iter().map(|p| p.id).collect();
            let entries = self.redis.by_ids(key, &ids).await?;
            let seen = page.into_iter().zip(entries).map(|(pending, entry)| Seen {
                id: pending.id,
                entry,
                pending: Some(pending),
            });
            self.judge(seen.collect(), &gone).await?;
            if too_many(self.found, state.pending) {
                return Ok(false);
            }
            if !full {
                break;
            }
        }
        let mut after = last;
        while after < state.seen {
            let page = self.redis.range(key, after, state.seen).await?;
            let Some(newest) = page.last().map(|e| e.id) else { break };
            after = newest;
            let waiting: Vec<Seen> = page
                .into_iter()
                .filter(|entry| !met.contains(&entry.id))
                .map(|entry| Seen { id: entry.id, entry: Some(entry), pending: None })
                .collect();
            if let (None, Some(first)) = (state.oldest_secs, waiting.first()) {
                state.oldest_secs = Some(self.age_secs(first.id));
            }
            state.undelivered += waiting.len() as u64;
            self.judge(waiting, &gone).await?;
            if too_many(self.found, state.undelivered + state.pending) {
                return Ok(false);
            }
        }
        // What was delivered since is its consumer's, and may be acknowledged by now.
        let groups = self.redis.groups(key).await?;
        let delivered = groups.iter().find(|g| g.name == group).map_or(last, |g| g.last);
        let at = self.at;
        self.found.withdraw(|f| f.at == at && f.consumer.is_none() && f.id.is_some_and(|id| id <= delivered));
        Ok(true)
    }

    fn age_secs(&self, id: EntryId) -> i64 {
        i64::try_from(self.now_ms.saturating_sub(id.ms) / 1000).unwrap_or(i64::MAX)
    }

    fn is_old(&self, id: EntryId) -> bool {
        u128::from(self.now_ms.saturating_sub(id.ms)) >= self.grace.young.as_millis()
    }

    fn finding(&self, kind: FindingKind, id: Option<EntryId>, job: Option<String>) -> Finding {
        Finding {
            kind,
            stream: self.stream.stream.clone(),
            entry: id.map(|id| id.to_string()),
            job,
            status: None,
            consumer: None,
            delivered: None,
            attempts: None,
            since_secs: id.map(|id| self.age_secs(id)),
            note: None,
            at: self.at,
            id,
            version: None,
            removable: true,
        }
    }

    /// Compares a page of entries with their jobs.
    async fn judge(&mut self, page: Vec<Seen>, gone: &HashSet<&str>) -> Result<()> {
        let job = |seen: &Seen| named(seen.entry.as_ref()?, self.stream, self.key);
        let jobs: Vec<Option<String>> = page.iter().map(job).collect();
        let mut ids: Vec<String> = jobs.iter().flatten().cloned().collect();
        ids.sort();
        ids.dedup();
        let known = self.jobs.known(&ids, &[]).await?;
        for (seen, job) in page.into_iter().zip(jobs) {
            let of = job.as_ref().and_then(|job| known.get(job));
            self.one(seen, job.clone(), of, gone);
        }
        Ok(())
    }

    fn one(&mut self, seen: Seen, job: Option<String>, known: Option<&Known>, gone: &HashSet<&str>) {
        let age_ms = match &seen.pending {
            Some(pending) => pending.idle_ms,
            None => i64::try_from(self.now_ms.saturating_sub(seen.id.ms)).unwrap_or(i64::MAX),
        };
        let old = u128::try_from(age_ms).is_ok_and(|ms| ms >= self.grace.young.as_millis());
        let held = known.is_some_and(|job| job.held);
        let left = seen.pending.as_ref().is_some_and(|p| old && !held && gone.contains(p.consumer.as_str()));
        if let (Some(job), Some(known)) = (&job, known)
            && !known.ended
        {
            let rank = match (&seen.pending, left) {
                (None, _) => Rank::Waits,
                (Some(_), false) => Rank::Held,
                (Some(_), true) => Rank::Left,
            };
            self.live.push(Live { job: number_of(job), rank, id: seen.id });
        }
        if !old {
            return;
        }
        let finding = Finding {
            status: known.and_then(|job| job.status.clone()),
            attempts: known.and_then(|job| job.attempts),
            version: known.map(|job| job.version.clone()),
            consumer: seen.pending.as_ref().map(|p| p.consumer.clone()),
            delivered: seen.pending.as_ref().map(|p| p.delivered),
            since_secs: Some(age_ms / 1000),
            ..self.finding(FindingKind::Ended, Some(seen.id), job.clone())
        };
        let kind = match (&seen.entry, &job, known) {
            (None, ..) => FindingKind::Trimmed,
            (Some(_), None, _) => FindingKind::Malformed,
            (_, _, None) if self.hidden => return,
            (_, _, None) => FindingKind::Ghost,
            (_, _, Some(known)) if known.ended => FindingKind::Ended,
            _ if left => FindingKind::Abandoned,
            _ => {
                self.redelivered(finding);
                return;
            }
        };
        let note = (kind == FindingKind::Malformed).then(|| {
            let fields: Vec<&str> =
                seen.entry.iter().flat_map(|e| &e.fields).map(|(name, _)| name.as_str()).take(5).collect();
            match fields.contains(&self.stream.job.as_str()) {
                true => format!("its {} is not an id of this database's jobs", self.stream.job),
                false => format!("it has no field {}; its fields are {}", self.stream.job, fields.join(", ")),
            }
        });
        if kind == FindingKind::Abandoned {
            self.redelivered(finding.clone());
        }
        self.found.add(Finding { kind, note: note.map(|n| n.chars().take(200).collect()), ..finding });
    }

    /// Reports an entry that was delivered more often than its job was tried: a worker got it and did not begin.
    fn redelivered(&mut self, finding: Finding) {
        if let (Some(delivered), Some(attempts)) = (finding.delivered, finding.attempts)
            && delivered > i64::from(attempts)
        {
            self.found.add(Finding { kind: FindingKind::Redelivered, ..finding });
        }
    }

    /// Reports jobs with more than one entry. One entry of each stays.
    async fn twice(&mut self) -> Result<()> {
        self.live.sort_unstable();
        let most = usize::try_from(Comparison::KEPT).unwrap_or(usize::MAX);
        let second = |pair: &[Live]| (pair[0].job == pair[1].job).then_some(pair[1]);
        let others: Vec<Live> = self.live.windows(2).filter_map(second).take(most).collect();
        if others.is_empty() {
            return Ok(());
        }
        let stays: HashMap<u128, EntryId> = self.live.iter().rev().map(|live| (live.job, live.id)).collect();
        let ids: Vec<EntryId> = others.iter().map(|live| live.id).collect();
        let entries = self.redis.by_ids(&self.stream.stream, &ids).await?;
        let (at, removed): (usize, HashSet<EntryId>) = (self.at, ids.iter().copied().collect());
        let mut pending: HashMap<EntryId, Finding> = HashMap::new();
        for finding in self.found.findings.iter().filter(|f| f.at == at && f.kind == FindingKind::Abandoned) {
            pending.extend(finding.id.filter(|id| removed.contains(id)).map(|id| (id, finding.clone())));
        }
        // What is to be removed is not to be moved.
        self.found.withdraw(|f| {
            f.at == at && f.kind == FindingKind::Abandoned && f.id.is_some_and(|id| removed.contains(&id))
        });
        for (live, entry) in others.into_iter().zip(entries) {
            let job = entry.and_then(|entry| named(&entry, self.stream, self.key));
            // One that is not there any more, or tells of another job, is none.
            let Some(job) = job.filter(|job| number_of(job) == live.job && self.is_old(live.id)) else { continue };
            let stays = stays.get(&live.job).map(|id| format!("entry {id} tells of it too"));
            let old =
                pending.remove(&live.id).unwrap_or_else(|| self.finding(FindingKind::Twice, Some(live.id), Some(job)));
            self.found.add(Finding {
                kind: FindingKind::Twice,
                note: match live.rank {
                    Rank::Held => stays.map(|stays| format!("{stays}, and a consumer may be at this one")),
                    _ => stays,
                },
                removable: live.rank != Rank::Held,
                ..old
            });
        }
        Ok(())
    }

    /// Reports jobs that a worker could take and that no entry tells of.
    async fn lost(&mut self, state: &mut StreamState, others: &[&str]) -> Result<()> {
        let mut lost: Vec<Due> = Vec::new();
        let mut more = 0_u64;
        let live = &self.live;
        self.jobs
            .due(self.stream, others, self.grace.young, |due| {
                let number = number_of(&due.job);
                let at = live.partition_point(|l| l.job < number);
                let told = live.get(at).is_some_and(|l| l.job == number);
                match told {
                    true => {}
                    false if (lost.len() as u64) < Comparison::KEPT => lost.push(due),
                    false => more += 1,
                }
            })
            .await?;
        // Somebody may have added entries since the stream was read.
        let added = added(self.redis, self.stream, self.key, &mut state.seen).await?;
        for due in lost.into_iter().filter(|due| !added.contains_key(&number_of(&due.job))) {
            let finding = self.finding(FindingKind::Lost, None, Some(due.job));
            self.found.add(Finding {
                status: due.status,
                attempts: due.attempts,
                version: Some(due.version),
                since_secs: due.secs,
                ..finding
            });
        }
        self.found.add_uncounted(FindingKind::Lost, more);
        Ok(())
    }
}

/// The jobs of the entries that were added to a stream since it was looked at, by their numbers; `seen` is the newest id
/// that was looked at, before and after.
pub(super) async fn added(
    redis: &mut Redis,
    stream: &JobStream,
    key: Key,
    seen: &mut EntryId,
) -> Result<HashMap<u128, EntryId>> {
    let mut added = HashMap::new();
    let Some(info) = redis.info(&stream.stream).await? else { return Ok(added) };
    while *seen < info.last {
        let page = redis.range(&stream.stream, *seen, info.last).await?;
        let full = page.len() >= PAGE;
        for entry in &page {
            added.extend(named(entry, stream, key).map(|job| (number_of(&job), entry.id)));
        }
        *seen = page.last().map_or(info.last, |e| e.id);
        if !full {
            *seen = info.last;
        }
    }
    Ok(added)
}
