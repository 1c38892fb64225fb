//! Applying a change that was agreed to: batch by batch, within a rate, and a few jobs first if that is asked for.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::args::JobChange;
use super::model::{Canary, Wanted};
use super::report::Report;
use crate::commands::Context;
use crate::db::{Connection, Database, WritePermit};
use crate::error::{Error, Result};
use crate::jobs::{self, Answer, Batch, ChangeOutcome, Ended, Planned, Queue};
use crate::output::NewFile;
use crate::pace::Pace;
use crate::text::counted;

/// Longest wait for the operator log if somebody holds it. Jobs are never waited for.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Time between two looks at the first jobs.
const LOOK: Duration = Duration::from_millis(500);

/// A change that was agreed to.
pub(super) struct Change<'a> {
    pub context: &'a Context,
    pub database: &'a Database,
    pub queue: &'a Queue<'a>,
    pub permit: &'a WritePermit,
    pub wanted: &'a Wanted,
    pub args: &'a JobChange,
    pub parameters: serde_json::Value,
    pub operation: sqlx::types::Uuid,
}

impl Change<'_> {
    /// Changes the jobs. Returns the reason if it stopped early.
    pub async fn apply(
        &self,
        jobs: &[Planned],
        export: Option<&Export>,
        report: &mut Report<'_>,
    ) -> Result<Option<String>> {
        let actor = self.context.actor();
        let mut series = self.database.writes(self.permit, LOCK_WAIT).await?;
        let mut progress = self.context.ui.progress("jobs", Some(jobs.len() as u64));
        let first =
            self.wanted.canary.as_ref().map_or(0, |c| usize::try_from(c.jobs).unwrap_or(usize::MAX).min(jobs.len()));
        let (mut begun, mut firsts) = (0, Vec::new());
        let pace = Pace::new(self.args.rate);
        let size = usize::try_from(self.args.batch).unwrap_or(usize::MAX).min(pace.most());
        while begun < jobs.len() {
            let end = begun.saturating_add(size).min(if begun < first { first } else { jobs.len() });
            let batch = self.batch(&jobs[begun..end]);
            let keep = async |answers: &[Answer]| match export {
                Some(export) => export.write(answers),
                None => Ok(()),
            };
            pace.wait(end - begun).await;
            let answers = jobs::apply(&mut series, &batch, &actor, &keep).await.map_err(|e| report.so_far(e))?;
            begun = end;
            report.add(&answers)?;
            self.context.leave_word(Some(report.word()));
            progress.set(begun as u64);
            // The first ones may take several batches.
            if begun <= first {
                let done = answers.into_iter().filter(|a| a.outcome == ChangeOutcome::Done);
                firsts.extend(done.map(|a| a.job));
            }
            if begun == first
                && let Some(canary) = &self.wanted.canary
                && let Some(why) = self.watch(canary, &firsts).await.map_err(|e| report.so_far(e))?
            {
                self.context.leave_word(None);
                return Ok(Some(why));
            }
        }
        self.context.leave_word(None);
        Ok(None)
    }

    fn batch<'b>(&'b self, jobs: &'b [Planned]) -> Batch<'b> {
        Batch {
            queue: self.queue,
            at: self.wanted.at,
            action: self.wanted.action,
            cancelled: self.wanted.cancelled,
            jobs,
            reason: self.wanted.reason.as_deref(),
            command: self.wanted.command,
            parameters: &self.parameters,
            operation: self.operation,
        }
    }

    /// Waits for the first jobs to end, outside of any transaction. Returns the reason if the change has to stop.
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
        // Where jobs that are done are deleted, that is how one ends well. Elsewhere it is not known how.
        let forgets = self.queue.jobs().may_forget_done();
        let first = format!("of the first {}", ids.len());
        loop {
            let look = async |connection: &mut Connection| jobs::ended(connection, self.queue, ids).await;
            let (Ended { done, failed, there }, hidden) = series.run("", look).await?;
            let gone = ids.len().saturating_sub(there);
            if failed * 100 > usize::from(canary.abort_above) * ids.len() {
                return Ok(Some(format!("{failed} {first} failed again")));
            }
            if gone > 0 && (!forgets || !hidden.is_empty()) {
                return Ok(Some(format!("{gone} {first} are gone, so how they ended is not known")));
            }
            let ended = failed + done + gone;
            if ended == ids.len() {
                if gone > 0 {
                    self.context
                        .ui
                        .note(&format!("{gone} {first} are gone, as jobs that are done are here: they count as done"));
                }
                return Ok(None);
            }
            if Instant::now() >= until {
                return Ok(Some(format!("{} {first} did not end in time", ids.len() - ended)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The file of the jobs that are purged.
pub(super) struct Export {
    path: PathBuf,
    file: File,
}

impl Export {
    /// Creates the file.
    ///
    /// # Errors
    /// If it exists already, or cannot be created.
    pub fn create(path: &Path) -> Result<Self> {
        let file = NewFile::fresh(path).and_then(NewFile::begin);
        let file = file.map_err(|e| e.context("--export").hint("name a file that is not there yet"))?;
        Ok(Export { path: path.to_owned(), file })
    }

    /// Removes the file again if it is empty.
    pub fn withdraw(&self) {
        if self.file.metadata().is_ok_and(|file| file.len() == 0) {
            // An empty file that stays harms nobody.
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// Writes the jobs that are about to be deleted, and waits until they are on disk.
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
