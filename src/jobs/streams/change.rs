//! Putting streams right: entries are added, acknowledged and moved, each after a last look at Redis and at its job.
//!
//! An entry is added by a script that Redis runs as one step. It adds nothing for a job that got an entry since the
//! stream was read, by another operator or by the application. Where an entry may have come and gone since then, the script
//! does nothing at all, and the stream and the jobs are read again. So a job gets one entry, without a lock.

use std::collections::HashMap;

use redis::{Value, cmd};
use serde_json::json;
use sqlx::types::Uuid;

use super::answer::{EntryId, array, number, strange, text};
use super::compare::{Grace, added, number_of};
use super::jobs::{Jobs, Known};
use super::model::{Comparison, Finding, FindingKind};
use super::plan::{StreamAct, StreamAnswer, StreamStep};
use super::script::{ACKNOWLEDGE, ADD, script};
use super::server::Redis;
use crate::db::{Connection, Series};
use crate::error::Result;
use crate::jobs::ChangeOutcome;
use crate::operations::Actor;
use crate::packs::{JobStream, Key, Pack};
use crate::store::jobs as store;

/// Largest number of entries that are changed at once.
pub const BATCH: usize = 200;

/// Number of times that entries are tried to be added while others add to the stream.
const TRIES: usize = 50;

/// The reason for which a job gets no entry.
const HAS_ONE: &str = "it has an entry by now";

/// What a change needs.
pub struct Mending<'a> {
    /// The jobs, read anew.
    pub reads: Series,
    /// The operator log.
    pub writes: Series,
    /// The streams.
    pub redis: &'a mut Redis,
    /// The pack.
    pub pack: &'a Pack,
    /// The streams of the pack.
    pub streams: &'a [JobStream],
    /// The lengths of time that the comparison used.
    pub grace: Grace,
    /// The consumer that gets entries.
    pub claim: Option<&'a str>,
    /// The person who does it.
    pub actor: Actor,
    /// The reason, in the operator's words.
    pub reason: Option<&'a str>,
    /// The id that the rows of the operator log share.
    pub operation: Uuid,
    /// Each stream as far as it was read since the comparison.
    read: Vec<Read>,
}

/// What was read of a stream since the comparison: a later batch is about other jobs, which may be among these.
struct Read {
    /// The newest id.
    seen: EntryId,
    /// The entries, by the numbers of their jobs.
    added: HashMap<u128, EntryId>,
}

impl<'a> Mending<'a> {
    /// The change of what a comparison found.
    #[allow(clippy::too_many_arguments, reason = "one for each part that it is made of")]
    pub fn new(
        (reads, writes): (Series, Series),
        redis: &'a mut Redis,
        pack: &'a Pack,
        (streams, found): (&'a [JobStream], &Comparison),
        grace: Grace,
        claim: Option<&'a str>,
        (actor, reason, operation): (Actor, Option<&'a str>, Uuid),
    ) -> Self {
        let read = found.streams.iter().map(|s| Read { seen: s.seen, added: HashMap::new() }).collect();
        Mending { reads, writes, redis, pack, streams, grace, claim, actor, reason, operation, read }
    }

    /// Does steps of one kind on one stream, at most [`BATCH`], and logs them before and after.
    ///
    /// # Errors
    /// Connection errors: what was asked of Redis may have been done then.
    pub async fn apply(&mut self, steps: &[StreamStep]) -> Result<Vec<StreamAnswer>> {
        let Some(first) = steps.first() else { return Ok(Vec::new()) };
        let (act, at) = (first.act, first.finding.at);
        let Some(stream) = self.streams.get(at) else { return Ok(Vec::new()) };
        let begun: Vec<_> = steps.iter().map(|s| json!({"job": s.finding.job, "entry": s.finding.entry})).collect();
        self.log(act, stream, &json!(begun), "begun").await?;
        let answers = match act {
            StreamAct::Requeue => self.requeue(steps, stream, at).await?,
            StreamAct::Ack => self.acknowledge(steps, stream).await?,
            StreamAct::Claim => self.claim(steps, stream).await?,
        };
        let done: Vec<_> = answers.iter().filter(|a| a.outcome == ChangeOutcome::Done).collect();
        let outcome = format!("{} of {} done", done.len(), steps.len());
        let done: Vec<_> = done.iter().map(|a| json!({"job": a.job, "entry": a.entry})).collect();
        self.log(act, stream, &json!(done), &outcome).await?;
        Ok(answers)
    }

    async fn log(
        &mut self,
        act: StreamAct,
        stream: &JobStream,
        entries: &serde_json::Value,
        outcome: &str,
    ) -> Result<()> {
        let mut parameters = json!({"act": act, "stream": stream.stream, "group": stream.group, "entries": entries});
        if let (StreamAct::Claim, Some(consumer), Some(map)) = (act, self.claim, parameters.as_object_mut()) {
            map.insert("consumer".to_owned(), consumer.into());
        }
        let (reason, operation, actor) = (self.reason, self.operation, json!(self.actor));
        let write = async |connection: &mut Connection| {
            store::log_streams(outcome, reason, &actor, &parameters, operation).run(connection).await
        };
        self.writes.run("", write).await
    }

    async fn known(&mut self, steps: &[&StreamStep], copies: &[&str]) -> Result<HashMap<String, Known>> {
        let ids: Vec<String> = steps.iter().filter_map(|s| s.finding.job.clone()).collect();
        Jobs { series: &mut self.reads, pack: self.pack }.known(&ids, copies).await
    }

    /// Adds an entry for each job that still waits as it did and that nobody else has added one for.
    async fn requeue(&mut self, steps: &[StreamStep], stream: &JobStream, at: usize) -> Result<Vec<StreamAnswer>> {
        let key: Key = Jobs { series: &mut self.reads, pack: self.pack }.key().await?.0;
        let copies: Vec<&str> = stream.fields.values().map(String::as_str).collect();
        let mut answers = Vec::new();
        let mut left: Vec<&StreamStep> = steps.iter().collect();
        for _ in 0..TRIES {
            let Some(read) = self.read.get_mut(at) else { break };
            // Redis first, and then the jobs: an entry that came and went in between has changed its job.
            let added = added(self.redis, stream, key, &mut read.seen).await?;
            read.added.extend(added);
            let newest = read.seen;
            let known = self.known(&left, &copies).await?;
            let mut waiting = Vec::new();
            let mut command = script(ADD, &stream.stream);
            command.arg(newest.to_string()).arg(&stream.job);
            for step in left {
                let job = step.finding.job.as_deref().unwrap_or_default();
                let entry = self.read.get(at).and_then(|read| read.added.get(&number_of(job)));
                match (known.get(job), entry) {
                    (_, Some(id)) => answers.push(StreamAnswer {
                        entry: Some(id.to_string()),
                        ..step.answer(ChangeOutcome::Skipped, Some(HAS_ONE))
                    }),
                    (Some(now), None) if now.claimable && Some(&now.version) == step.finding.version.as_ref() => {
                        command.arg(job).arg(2 + 2 * stream.fields.len()).arg(&stream.job).arg(job);
                        for (field, column) in &stream.fields {
                            command.arg(field).arg(now.copies.get(column).map_or("", String::as_str));
                        }
                        waiting.push(step);
                    }
                    _ => answers.push(step.conflict("it has changed since it was looked at")),
                }
            }
            left = waiting;
            if left.is_empty() {
                return Ok(answers);
            }
            let answer = self.redis.ask(&command).await?;
            if answer == Value::Nil {
                continue;
            }
            let all = array(&answer).filter(|all| all.len() == left.len()).ok_or_else(|| strange("EVAL"))?;
            for (step, one) in left.iter().zip(all) {
                let Some([is_new, id]) = array(one) else { return Err(strange("EVAL")) };
                let answer = match number(is_new) {
                    Some(1) => step.answer(ChangeOutcome::Done, None),
                    _ => step.answer(ChangeOutcome::Skipped, Some(HAS_ONE)),
                };
                answers.push(StreamAnswer { entry: text(id), ..answer });
            }
            return Ok(answers);
        }
        answers.extend(left.iter().map(|step| step.conflict("others add to the stream all the time")));
        Ok(answers)
    }

    /// Acknowledges entries that are still pending as they were, and deletes those that are still undelivered, if their
    /// jobs are as they were.
    async fn acknowledge(&mut self, steps: &[StreamStep], stream: &JobStream) -> Result<Vec<StreamAnswer>> {
        let known = self.known(&steps.iter().collect::<Vec<_>>(), &[]).await?;
        let unchanged = |finding: &Finding| {
            let now = finding.job.as_ref().and_then(|job| known.get(job));
            match finding.kind {
                FindingKind::Ghost => now.is_none(),
                FindingKind::Ended => now.is_some_and(|now| now.ended),
                _ => true,
            }
        };
        let (as_they_were, changed): (Vec<&StreamStep>, Vec<&StreamStep>) =
            steps.iter().partition(|step| unchanged(&step.finding));
        let mut answers: Vec<_> =
            changed.iter().map(|s| s.conflict("its job has changed since it was looked at")).collect();
        if as_they_were.is_empty() {
            return Ok(answers);
        }
        let mut command = script(ACKNOWLEDGE, &stream.stream);
        command.arg(&stream.group);
        for Finding { entry, consumer, delivered, .. } in as_they_were.iter().map(|s| &s.finding) {
            let delivered = delivered.map(|n| n.to_string()).unwrap_or_default();
            command
                .arg(entry.as_deref().unwrap_or_default())
                .arg(consumer.as_deref().unwrap_or_default())
                .arg(delivered);
        }
        let answer = self.redis.ask(&command).await?;
        let outcomes = array(&answer).filter(|all| all.len() == as_they_were.len()).ok_or_else(|| strange("EVAL"))?;
        answers.extend(as_they_were.iter().zip(outcomes).map(|(step, outcome)| match number(outcome) {
            Some(1) => step.answer(ChangeOutcome::Done, None),
            _ => step.conflict("the entry is not as it was"),
        }));
        Ok(answers)
    }

    /// Gives entries to a consumer, if nobody asked for them in the meantime.
    async fn claim(&mut self, steps: &[StreamStep], stream: &JobStream) -> Result<Vec<StreamAnswer>> {
        let Some(consumer) = self.claim else { return Ok(Vec::new()) };
        let known = self.known(&steps.iter().collect::<Vec<_>>(), &[]).await?;
        let open = |step: &&StreamStep| {
            step.finding.job.as_ref().and_then(|job| known.get(job)).is_some_and(|job| !job.ended && !job.held)
        };
        let (open, changed): (Vec<&StreamStep>, Vec<&StreamStep>) = steps.iter().partition(open);
        let mut answers: Vec<_> =
            changed.iter().map(|s| s.conflict("its job has changed since it was looked at")).collect();
        if open.is_empty() {
            return Ok(answers);
        }
        let idle = self.grace.young.as_millis().max(1);
        let mut command = cmd("XCLAIM");
        command.arg(&stream.stream).arg(&stream.group).arg(consumer).arg(u64::try_from(idle).unwrap_or(u64::MAX));
        for step in &open {
            command.arg(step.finding.entry.as_deref().unwrap_or_default());
        }
        // It is no delivery, and is not counted as one.
        command.arg("JUSTID");
        let answer = self.redis.ask(&command).await?;
        let moved: Vec<String> = array(&answer).ok_or_else(|| strange("XCLAIM"))?.iter().filter_map(text).collect();
        answers.extend(open.iter().map(|step| match &step.finding.entry {
            Some(entry) if moved.contains(entry) => step.answer(ChangeOutcome::Done, None),
            _ => step.conflict("another consumer has it"),
        }));
        Ok(answers)
    }
}
