//! The jobs behind the readings: how long they wait, how often they are tried, and how they end.

use uuid::Uuid;

use super::model::{Answer, Event};
use super::style::Failure;
use super::world::World;
use crate::seed::Field;
use crate::seed::clock::{At, HOUR, MILLISECOND, MINUTE, SECOND, between, chance, delay, span, uuid, weighted};

/// The state of a job at the end of its story or of the history.
struct Outcome<'a> {
    status: &'static str,
    attempts: u8,
    started: Option<At>,
    changed: At,
    failed: Option<(&'a Failure, At)>,
    next_retry: Option<At>,
    worker: i64,
}

impl World<'_> {
    /// Queues a reading. Everything about its job is decided here; the reading itself follows when
    /// the job is done, if it ever is.
    pub fn queue(&mut self, who: usize, at: At, cards: u8, stars: i64, more: u32) {
        let style = &self.style.jobs;
        let (job, reading) = (uuid(self.rng), uuid(self.rng));
        let mut outcome = Outcome {
            status: "queued",
            attempts: 0,
            started: None,
            changed: at,
            failed: None,
            next_retry: None,
            worker: 0,
        };
        if at < self.clock.end - span(style.backlog_mins, MINUTE) {
            let hopeless = chance(self.rng, style.hopeless);
            let mut start = at + delay(self.rng, style.wait_ms, MILLISECOND);
            let mut wait = style.backoff_secs;
            let lease = i64::from(style.lease_secs) * SECOND;
            loop {
                let failure = (hopeless || chance(self.rng, self.failing(start)))
                    .then(|| weighted(self.rng, &style.errors, |e| e.weight));
                let took = match failure {
                    None => delay(self.rng, style.success_ms, MILLISECOND).min(lease),
                    Some(0) => lease,
                    Some(_) => delay(self.rng, style.failure_ms, MILLISECOND).min(lease),
                };
                let finish = start + took.max(MILLISECOND);
                // An attempt that would still be running in the end has not begun, or a job would be
                // held by a worker that nobody ever hears of again.
                if finish >= self.clock.end - SECOND {
                    outcome.next_retry = (outcome.attempts > 0).then_some(start);
                    break;
                }
                outcome.attempts += 1;
                outcome.started = Some(start);
                outcome.changed = finish;
                outcome.worker = between(self.rng, (1, i64::from(style.workers)));
                let failure = failure.map(|place| &style.errors[place]);
                self.write_attempt(job, &outcome, start, finish, failure);
                let Some(failure) = failure else {
                    outcome.status = "succeeded";
                    self.people[who].reserved += stars;
                    let answer =
                        Answer { reading, job, cards, stars, attempts: outcome.attempts, asked: at, took, more };
                    // The worker stores the reading before it says that it is done.
                    self.plan(finish - 4 * MILLISECOND.min(took / 8), who, Event::Answered(Box::new(answer)));
                    break;
                };
                outcome.status = "failed";
                outcome.failed = Some((failure, finish));
                if outcome.attempts >= style.max_attempts {
                    outcome.status = "dlq";
                    if chance(self.rng, self.style.adjustments.after_dead_letter) {
                        self.plan_adjustment(who, finish);
                    }
                    break;
                }
                start = finish + delay(self.rng, (wait, wait * 2.0), SECOND);
                wait *= style.backoff_factor;
            }
        }
        self.write_job(who, at, job, reading, cards, &outcome);
    }

    /// The chance that an attempt fails at a time.
    fn failing(&self, at: At) -> f64 {
        let style = &self.style.jobs;
        let incident = style.incidents.iter().find(|i| {
            let ended = self.clock.end - span(i.ended_hours_ago, HOUR);
            (ended - span(i.hours, HOUR)..ended).contains(&at)
        });
        incident.map_or(style.failing, |i| i.failing)
    }

    fn write_attempt(&mut self, job: Uuid, outcome: &Outcome<'_>, start: At, finish: At, failure: Option<&Failure>) {
        let id = uuid(self.rng);
        let worker = format!("worker-{}", outcome.worker);
        let fields = [
            Field::Uuid(id),
            Field::Uuid(job),
            Field::Int(i64::from(outcome.attempts)),
            Field::Text(&worker),
            self.clock.field(start),
            self.clock.field(finish),
            Field::Bool(failure.is_none()),
            Field::or_null(failure, |f| Field::Text(&f.text)),
            Field::or_null(failure, |f| Field::Text(&f.code)),
            self.clock.field(start),
        ];
        self.batch.row(self.tables.attempts, &fields);
    }

    fn write_job(&mut self, who: usize, at: At, job: Uuid, reading: Uuid, cards: u8, outcome: &Outcome<'_>) {
        let style = &self.style.jobs;
        let versions = style.prompt_versions.len();
        // The part of the history that has passed chooses among the versions; it is always below 1.
        let version = i128::from(at) * versions as i128 / i128::from(self.clock.end);
        let version = &style.prompt_versions[usize::try_from(version).unwrap_or(0).min(versions - 1)];
        let person = self.people[who].id;
        let payload = format!(r#"{{"user_id":"{person}","card_count":{cards}}}"#);
        let dedupe = format!("reading:{}", job.simple());
        let ended = matches!(outcome.status, "succeeded" | "dlq");
        let result = (outcome.status == "succeeded").then(|| format!(r#"{{"reading_id":"{reading}"}}"#));
        let worker = outcome.started.map(|_| format!("worker-{}", outcome.worker));
        let fields = [
            Field::Uuid(job),
            Field::Text("tarot_reading"),
            Field::Text("1"),
            Field::Text(version),
            Field::Text(&dedupe),
            Field::Text(outcome.status),
            Field::Text(&payload),
            Field::or_null(result.as_deref(), Field::Text),
            Field::Int(i64::from(outcome.attempts)),
            Field::Int(i64::from(style.max_attempts)),
            Field::Int(i64::from(style.lease_secs)),
            Field::or_null(worker.as_deref(), Field::Text),
            Field::or_null(outcome.failed, |(f, _)| Field::Text(&f.text)),
            Field::or_null(outcome.failed, |(_, at)| self.clock.field(at)),
            Field::or_null(outcome.next_retry, |at| self.clock.field(at)),
            self.clock.field(at),
            self.clock.field(outcome.changed),
            Field::or_null(outcome.started, |at| self.clock.field(at)),
            Field::or_null(ended.then_some(outcome.changed), |at| self.clock.field(at)),
        ];
        self.batch.row(self.tables.jobs, &fields);
    }
}
