//! `jobs retry`, `cancel`, `delete`, `purge` and `stuck --release`: find the jobs, show what would be done, ask, and
//! do it batch by batch.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::list::no_leases;
use super::{Looked, filter, look};
use crate::cli::{JobChange, RowsFormat};
use crate::commands::payments::{minute, short};
use crate::commands::{Context, Done, Outcome, beside, new_id};
use crate::db::{Database, WritePermit};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::jobs::{self, Action, Answer, Batch, ErrorLike, Filter, Plan, Planned, Queue};
use crate::packs::{JobFact, JobState, Pack};
use crate::ui::{Table, counted, csv_line, csv_rows, ndjson_rows, thousands};

/// How many jobs the announcement shows, and how many the report names that were not done.
const SAMPLE: usize = 10;

/// How long a row that somebody holds is waited for where the database has to: not at all for jobs, which are passed
/// over; for the operator log.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How often the canary is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// A few jobs that go first.
pub(super) struct Canary {
    /// How many.
    pub jobs: u32,
    /// How many of a hundred may fail.
    pub abort_above: u8,
    /// How long they may take.
    pub wait: Duration,
}

/// What is to be done.
pub(super) struct Wanted {
    /// What.
    pub action: Action,
    /// As the operator log names it.
    pub command: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// Some go first.
    pub canary: Option<Canary>,
    /// What is deleted is written here first.
    pub export: Option<PathBuf>,
}

impl Wanted {
    pub fn new(action: Action, command: &'static str, reason: Option<String>) -> Self {
        Wanted { action, command, reason, canary: None, export: None }
    }

    /// What is done, in a word, and what would be.
    fn verb(&self) -> (&'static str, &'static str) {
        match self.action {
            Action::Retry => ("Retry", "retried"),
            Action::Cancel => ("Cancel", "cancelled"),
            Action::Release => ("Release", "released"),
            Action::Delete if self.export.is_some() => ("Purge", "purged"),
            Action::Delete => ("Delete", "deleted"),
        }
    }

    /// The states that are meant where none is named.
    fn states(&self) -> &'static [JobState] {
        if self.export.is_some() { &[JobState::Done, JobState::Dead] } else { self.action.of() }
    }
}

pub(super) async fn run(context: &Context, args: JobChange, wanted: Wanted) -> Outcome {
    let given = given(&args.jobs).await?;
    let format = args.output.format;
    let Looked { database, mut tx, pack, .. } = look(context).await?;
    let queue = Queue::open(&mut tx, &pack).await?;
    if wanted.action == Action::Release && queue.jobs().lacks.contains(&JobFact::Leases) {
        return Err(no_leases(&pack.name));
    }
    if !args.dry_run {
        jobs::prepared(&mut tx, &pack).await?;
    }
    let mut filter = filter(&args.filter);
    let asked = asked(&args, &filter, &given);
    if asked.is_empty() && !args.all && wanted.action != Action::Release {
        return Err(Error::usage("it does not say which jobs")
            .hint("name ids, a handle of `bursar jobs triage`, or a filter such as --status; --all means every job"));
    }
    let named = !given.ids.is_empty();
    filter.error.extend(given.handles.iter().copied().map(ErrorLike::Of));
    filter.ids = given.ids;
    filter.stuck = wanted.action == Action::Release;
    if filter.status.is_empty() && !named {
        filter.status = wanted.states().iter().map(|s| s.name().to_owned()).collect();
    }
    let max = args.max.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    if let Some(why) = jobs::slow(&mut tx, &queue, &filter, 0).await? {
        context.ui.note(&why);
    }
    let plan = jobs::plan(&mut tx, &queue, &filter, max).await?;
    let mut report = Report::new(context, format, &wanted, &pack, args.dry_run);
    let skipped: Vec<Answer> = plan
        .unknown
        .iter()
        .map(|id| Answer::unknown(id))
        .chain(plan.jobs.iter().filter_map(|j| Answer::skipped(wanted.action, j, queue.state(Some(&j.status)))))
        .collect();
    let idle: HashSet<&str> = skipped.iter().map(|a| a.job.as_str()).collect();
    let doable: Vec<Planned> = plan.jobs.iter().filter(|j| !idle.contains(j.job.as_str())).cloned().collect();
    let announced = announce(context, &mut tx, &queue, &wanted, &plan, &doable).await?;
    tx.rollback().await?;
    report.add(&skipped)?;
    if args.dry_run || doable.is_empty() {
        if format == RowsFormat::Table && !doable.is_empty() {
            context.ui.data(&announced)?;
        }
        return report.finish(doable.len(), None);
    }
    announced.lines().for_each(|line| context.ui.note(line));
    let protection = database.protection().await?;
    let what = format!("{} {} of {}", wanted.verb().0, counted(doable.len(), "job"), database.target().database());
    // Where the file cannot be made, nothing is to be asked.
    let export = wanted.export.as_deref().map(Export::create).transpose()?;
    let permit = context.confirm(&database, protection, &what).await.inspect_err(|_| {
        export.iter().for_each(Export::withdraw);
    })?;
    let work = Work {
        context,
        database: &database,
        pack: &pack,
        permit: &permit,
        wanted: &wanted,
        args: &args,
        parameters: json!({"filter": asked, "matched": plan.matched}),
        operation: new_id(),
    };
    let stopped = work.all(&doable, export, &mut report).await?;
    report.finish(doable.len(), stopped)
}

/// What was named beside the flags.
#[derive(Default)]
struct Given {
    ids: Vec<String>,
    handles: Vec<jobs::Fingerprint>,
}

/// The ids and handles that were given; `-` stands for what is on standard input.
async fn given(texts: &[String]) -> Result<Given> {
    let mut words: Vec<String> = texts.iter().filter(|t| *t != "-").cloned().collect();
    if words.len() < texts.len() {
        let lines = beside(|| {
            let lines = std::io::stdin().lock().lines().collect::<std::io::Result<Vec<_>>>();
            lines.map_err(|e| Error::usage(format!("standard input cannot be read: {e}")))
        });
        words.extend(lines.await?.into_iter().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()));
        if words.is_empty() {
            return Err(Error::usage("standard input names no job"));
        }
    }
    let mut given = Given::default();
    for word in words {
        if word.starts_with("err:") {
            given.handles.push(word.parse().map_err(Error::usage)?);
        } else if !given.ids.contains(&word) {
            given.ids.push(word);
        }
    }
    if !given.ids.is_empty() && !given.handles.is_empty() {
        return Err(Error::usage("ids and handles are two ways to say which jobs; give one of them at a time"));
    }
    Ok(given)
}

/// What was asked for, for the operator log; empty where nothing was.
fn asked(args: &JobChange, filter: &Filter, given: &Given) -> serde_json::Map<String, serde_json::Value> {
    let mut asked = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| {
        asked.insert(name.to_owned(), value);
    };
    let errors = || {
        args.filter.error.iter().map(|e| match e {
            ErrorLike::Matching(regex) => format!("~{regex}"),
            ErrorLike::Of(fingerprint) => fingerprint.to_string(),
        })
    };
    for (name, given) in [("status", &filter.status), ("type", &filter.kind)] {
        if !given.is_empty() {
            put(name, json!(given));
        }
    }
    if let Some(worker) = &filter.worker {
        put("worker", json!(worker));
    }
    let errors: Vec<String> = errors().chain(given.handles.iter().map(ToString::to_string)).collect();
    if !errors.is_empty() {
        put("error", json!(errors));
    }
    if !filter.payload.is_empty() {
        put("payload", json!(filter.payload.iter().map(|p| p.path.join(".")).collect::<Vec<_>>()));
    }
    if filter.least_attempts.is_some() || filter.most_attempts.is_some() {
        put("attempts", json!([filter.least_attempts, filter.most_attempts]));
    }
    for (name, when) in [("since", filter.since), ("until", filter.until)] {
        match when {
            Some(jobs::When::At(at)) => put(name, json!(at)),
            Some(jobs::When::Ago(ago)) => put(name, json!(format!("{} ago", humantime::format_duration(ago)))),
            None => {}
        }
    }
    if !given.ids.is_empty() {
        put("ids", json!(given.ids.len()));
    }
    asked
}

/// What would be done, and to which jobs for example.
async fn announce(
    context: &Context,
    tx: &mut crate::db::Tx,
    queue: &Queue<'_>,
    wanted: &Wanted,
    plan: &Plan,
    doable: &[Planned],
) -> Result<String> {
    let sample: Vec<String> = doable.iter().take(SAMPLE).map(|j| j.job.clone()).collect();
    let mut out = format!("{} would be {}", counted(doable.len(), "job"), wanted.verb().1);
    if plan.matched > plan.jobs.len() {
        out.push_str(&format!(", the oldest of {} that fit", thousands(&plan.matched.to_string())));
    }
    if sample.is_empty() {
        return Ok(out);
    }
    let filter = Filter { ids: sample, ..Filter::default() };
    let page = jobs::list(tx, queue, &filter, 0, None).await?;
    let mut table = Table::new(&context.ui, &["added (UTC)", "job", "type", "status", "last error"]);
    for job in page.jobs.iter().rev() {
        table.row(&[
            &minute(job.created_at.as_deref()),
            short(&job.job),
            job.kind.as_deref().unwrap_or("-"),
            job.status.as_deref().unwrap_or("-"),
            &super::list::shortened(job.error.as_deref().unwrap_or_default(), 80),
        ]);
    }
    out.push_str(&format!("\n\n{}", table.render()));
    if doable.len() > SAMPLE {
        out.push_str(&format!("\nand {} more", thousands(&(doable.len() - SAMPLE).to_string())));
    }
    Ok(out)
}

/// A change that was agreed to.
struct Work<'a> {
    context: &'a Context,
    database: &'a Database,
    pack: &'a Pack,
    permit: &'a WritePermit,
    wanted: &'a Wanted,
    args: &'a JobChange,
    parameters: serde_json::Value,
    operation: sqlx::types::Uuid,
}

impl Work<'_> {
    /// Does it, and returns why it stopped early, where it did.
    async fn all(&self, jobs: &[Planned], export: Option<Export>, report: &mut Report<'_>) -> Result<Option<String>> {
        let actor = self.context.actor();
        let mut series = self.database.writes(self.permit, LOCK_WAIT).await?;
        let mut progress = self.context.ui.progress("jobs", Some(jobs.len() as u64));
        let first =
            self.wanted.canary.as_ref().map_or(0, |c| usize::try_from(c.jobs).unwrap_or(usize::MAX).min(jobs.len()));
        let mut begun = 0;
        let pace = Pace::new(self.args.rate);
        while begun < jobs.len() {
            let size = usize::try_from(self.args.batch).unwrap_or(usize::MAX).min(pace.most());
            let end = if begun < first {
                begun.saturating_add(size).min(first)
            } else {
                begun.saturating_add(size).min(jobs.len())
            };
            let batch = Batch {
                action: self.wanted.action,
                jobs: &jobs[begun..end],
                reason: self.wanted.reason.as_deref(),
                command: self.wanted.command,
                parameters: &self.parameters,
                operation: self.operation,
            };
            let keep = async |answers: &[Answer]| match &export {
                Some(export) => export.write(answers),
                None => Ok(()),
            };
            let answers = jobs::apply(&mut series, &batch, &actor, keep).await.map_err(|e| report.so_far(e))?;
            begun = end;
            report.add(&answers)?;
            self.context.leave_word(Some(report.word()));
            progress.set(begun as u64);
            if begun == first
                && let Some(canary) = &self.wanted.canary
                && let Some(why) = self.watch(canary, &answers_done(&answers)).await.map_err(|e| report.so_far(e))?
            {
                self.context.leave_word(None);
                return Ok(Some(why));
            }
            if begun < jobs.len() {
                pace.wait(end).await;
            }
        }
        self.context.leave_word(None);
        Ok(None)
    }

    /// Waits for the first jobs to end, outside of any transaction; says why it is not to go on, where it is not.
    async fn watch(&self, canary: &Canary, ids: &[String]) -> Result<Option<String>> {
        if ids.is_empty() {
            return Ok(Some("none of the first jobs could be retried".to_owned()));
        }
        self.context.ui.note(&format!(
            "waiting up to {} for the first {} to end",
            humantime::format_duration(canary.wait),
            counted(ids.len(), "job")
        ));
        let until = Instant::now() + canary.wait;
        let mut series = self.database.reads().await?;
        loop {
            let filter = Filter { ids: ids.to_vec(), ..Filter::default() };
            let page = series
                .run("", async |connection| {
                    let queue = Queue::open(connection, self.pack).await?;
                    jobs::list(connection, &queue, &filter, 0, None).await
                })
                .await?;
            let count =
                |states: &[JobState]| page.jobs.iter().filter(|j| j.state.is_some_and(|s| states.contains(&s))).count();
            let failed = count(&[JobState::Failed, JobState::Dead]) + ids.len().saturating_sub(page.jobs.len());
            let done = count(&[JobState::Done]);
            if failed * 100 > usize::from(canary.abort_above) * ids.len() {
                return Ok(Some(format!("{failed} of the first {} failed again", ids.len())));
            }
            if failed + done == ids.len() {
                return Ok(None);
            }
            if Instant::now() >= until {
                return Ok(Some(format!(
                    "{} of the first {} have not ended in time",
                    ids.len() - failed - done,
                    ids.len()
                )));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn answers_done(answers: &[Answer]) -> Vec<String> {
    answers.iter().filter(|a| a.outcome == jobs::Outcome::Done).map(|a| a.job.clone()).collect()
}

/// Keeps a rate.
struct Pace {
    /// So many a second.
    rate: Option<f64>,
    began: Instant,
}

impl Pace {
    fn new(rate: Option<f64>) -> Self {
        Pace { rate, began: Instant::now() }
    }

    /// How many may go at once: those of a second.
    fn most(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive rate, rounded down")]
        self.rate.map_or(usize::MAX, |rate| (rate as usize).max(1))
    }

    /// Waits until so many in all are within the rate.
    async fn wait(&self, done: usize) {
        if let Some(rate) = self.rate {
            #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
            let due = Duration::from_secs_f64(done as f64 / rate);
            tokio::time::sleep_until(self.began + due).await;
        }
    }
}

/// The file that holds what is purged.
struct Export {
    path: PathBuf,
    file: File,
}

impl Export {
    fn create(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| {
            Error::usage(format!("--export {}: {e}", path.display())).hint("name a file that is not there yet")
        })?;
        Ok(Export { path: path.to_owned(), file })
    }

    /// Takes the file away again, which holds nothing yet.
    fn withdraw(&self) {
        // An empty file that stays harms nobody.
        let _ = std::fs::remove_file(&self.path);
    }

    /// Writes what is about to be deleted, and waits until it is on disk.
    fn write(&self, answers: &[Answer]) -> Result<()> {
        let mut lines = String::new();
        for row in answers.iter().filter_map(|a| a.row.as_deref()) {
            lines.push_str(row);
            lines.push('\n');
        }
        let written = (&self.file).write_all(lines.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::failed(format!("cannot write {}: {e}", self.path.display())))
    }
}

/// What came of the jobs.
struct Report<'a> {
    context: &'a Context,
    format: RowsFormat,
    wanted: &'a Wanted,
    app: &'a str,
    dry_run: bool,
    tally: [u64; 3],
    /// Those that a report in one piece names.
    kept: Vec<Answer>,
    headed: bool,
}

impl<'a> Report<'a> {
    fn new(context: &'a Context, format: RowsFormat, wanted: &'a Wanted, pack: &'a Pack, dry_run: bool) -> Self {
        let app = &pack.name;
        Report { context, format, wanted, app, dry_run, tally: [0; 3], kept: Vec::new(), headed: false }
    }

    /// Rows are written as they come; what is written in one piece is kept.
    fn add(&mut self, answers: &[Answer]) -> Result<()> {
        for answer in answers {
            self.tally[answer.outcome as usize] += 1;
        }
        match self.format {
            RowsFormat::Json => self.kept.extend_from_slice(answers),
            RowsFormat::Table => {
                let room = SAMPLE.saturating_sub(self.kept.len());
                self.kept.extend(answers.iter().filter(|a| a.outcome != jobs::Outcome::Done).take(room).cloned());
            }
            RowsFormat::Ndjson => self.context.ui.write(|out| ndjson_rows("job", answers, out))?,
            RowsFormat::Csv => self.context.ui.write(|out| {
                if !self.headed {
                    csv_rows(&["job", "outcome", "note"], std::iter::empty(), out)?;
                    self.headed = true;
                }
                answers.iter().try_for_each(|a| {
                    csv_line(&[a.job.clone(), a.outcome.name().to_owned(), a.note.clone().unwrap_or_default()], out)
                })
            })?,
        }
        Ok(())
    }

    /// What whoever interrupts it now has to know.
    fn word(&self) -> String {
        format!(
            "{} {} and stay so; the same command goes on with the rest",
            counted(usize::try_from(self.tally[0]).unwrap_or(usize::MAX), "job"),
            self.were()
        )
    }

    fn were(&self) -> String {
        format!("{} {}", if self.tally[0] == 1 { "was" } else { "were" }, self.wanted.verb().1)
    }

    /// An error after some were done says so.
    fn so_far(&self, error: Error) -> Error {
        if self.tally[0] == 0 { error } else { error.context(format!("after {}", self.word())) }
    }

    fn finish(&self, planned: usize, stopped: Option<String>) -> Outcome {
        let [done, skipped, conflicts] = self.tally;
        let left = (planned as u64).saturating_sub(done + conflicts) * u64::from(!self.dry_run);
        let complete = skipped + conflicts + left == 0;
        let number = |n: u64| thousands(&n.to_string());
        match self.format {
            RowsFormat::Json => self.context.ui.json(&json!({
                "schema_version": 1, "command": self.wanted.command, "app": self.app,
                "outcome": if self.dry_run { "would" } else { "done" }, "planned": planned, "done": done, "skipped": skipped,
                "conflicts": conflicts, "not_begun": left, "stopped": stopped, "complete": complete, "jobs": self.kept,
            }))?,
            RowsFormat::Table if self.dry_run && planned > 0 && self.kept.is_empty() => {}
            RowsFormat::Table => {
                let mut out = String::new();
                if !self.kept.is_empty() {
                    let mut table = Table::new(&self.context.ui, &["job", "", "why"]);
                    for answer in &self.kept {
                        table.row(&[&answer.job, answer.outcome.name(), answer.note.as_deref().unwrap_or_default()]);
                    }
                    out = format!("{}\n", table.render());
                    let more = skipped + conflicts - self.kept.len() as u64;
                    if more > 0 {
                        out.push_str(&format!("and {} more; -o ndjson names each\n", number(more)));
                    }
                    out.push('\n');
                }
                let mut parts = vec![format!("{} {}", number(done), self.wanted.verb().1)];
                let all = [(skipped, "skipped"), (conflicts, "in conflict"), (left, "not begun")];
                parts.extend(all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", number(*n))));
                let symbol = if complete { self.context.ui.paint_out("✓", "32") } else { self.context.ui.paint_out("!", "33") };
                if !self.dry_run {
                    out.push_str(&format!("{symbol} {}", parts.join(", ")));
                } else if planned == 0 && self.kept.is_empty() {
                    out.push_str("no job is like that");
                }
                self.context.ui.data(out.trim_end())?;
            }
            RowsFormat::Ndjson | RowsFormat::Csv => {}
        }
        if let Some(why) = stopped {
            return Err(Error::new(Kind::Incomplete, format!("stopped: {why}; {} not begun", number(left)))).or_hint(
                "look at them with bursar jobs show; the same command without --canary goes on with the rest",
            );
        }
        Ok(if complete { Done::Clean } else { Done::Incomplete })
    }
}
