//! What came of a change: each job as it is done, and all of it in the end.

use serde_json::json;

use super::args::JobChange;
use super::change::{SAMPLE, Wanted};
use crate::commands::cli::RowsFormat;
use crate::commands::{Context, Done, Outcome};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::jobs::{self, Answer};
use crate::output::{Table, csv_line, csv_rows, ndjson_rows};
use crate::packs::Pack;
use crate::text::{counted, thousands};

/// What came of the jobs.
pub(super) struct Report<'a> {
    context: &'a Context,
    format: RowsFormat,
    wanted: &'a Wanted,
    app: &'a str,
    dry_run: bool,
    max: Option<u32>,
    /// How many were skipped before anything was begun.
    aside: u64,
    /// How many fit, and are no part of the change, because an operator cancelled them.
    left_out: usize,
    /// How many of each outcome, in the order of these.
    tally: [u64; 4],
    /// Those that a report in one piece names.
    kept: Vec<Answer>,
    headed: bool,
}

impl<'a> Report<'a> {
    pub fn new(context: &'a Context, format: RowsFormat, wanted: &'a Wanted, pack: &'a Pack, args: &JobChange) -> Self {
        let (app, dry_run, max) = (&pack.name, args.dry_run, args.max);
        Report {
            context,
            format,
            wanted,
            app,
            dry_run,
            max,
            aside: 0,
            left_out: 0,
            tally: [0; 4],
            kept: Vec::new(),
            headed: false,
        }
    }

    /// Jobs to which it cannot be done, as is known before anything is begun.
    pub fn aside(&mut self, answers: &[Answer]) -> Result<()> {
        self.aside += answers.len() as u64;
        self.add(answers)
    }

    /// Says how many jobs were left out because an operator cancelled them.
    pub fn left_out(&mut self, jobs: usize) {
        self.left_out = jobs;
    }

    /// Rows are written as they come; what is written in one piece is kept.
    pub fn add(&mut self, answers: &[Answer]) -> Result<()> {
        for answer in answers {
            self.tally[answer.outcome as usize] += 1;
        }
        match self.format {
            RowsFormat::Json => self.kept.extend_from_slice(answers),
            RowsFormat::Table => {
                let room = SAMPLE.saturating_sub(self.kept.len());
                self.kept.extend(
                    answers
                        .iter()
                        .filter(|a| matches!(a.outcome, jobs::ChangeOutcome::Skipped | jobs::ChangeOutcome::Conflict))
                        .take(room)
                        .cloned(),
                );
            }
            RowsFormat::Ndjson => self.context.ui.write(|out| ndjson_rows("job", answers, out))?,
            RowsFormat::Csv => self.context.ui.csv(|out| {
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
    pub fn word(&self) -> String {
        let jobs = counted(usize::try_from(self.tally[0]).unwrap_or(usize::MAX), "job");
        let (were, done) = (if self.tally[0] == 1 { "was" } else { "were" }, self.wanted.verb().1);
        // A file that holds what was purged is never written over, and what was done does not fit any more.
        let mut other = Vec::new();
        if self.wanted.export.is_some() {
            other.push("another --export".to_owned());
        }
        if let Some(max) = self.max {
            other.push(format!("--max {}", u64::from(max).saturating_sub(self.tally[0])));
        }
        let with = if other.is_empty() { String::new() } else { format!(" with {}", other.join(" and ")) };
        format!("{jobs} {were} {done} and stay so; the same command{with} goes on with the rest")
    }

    /// Ends a change that broke: what was done before is named all the same.
    pub fn broken(&self, planned: usize, error: Error) -> Outcome {
        if self.format == RowsFormat::Json && self.tally[0] > 0 {
            self.json(planned, Some(&error.to_string()))?;
        }
        Err(error)
    }

    /// How many were neither done nor looked at.
    fn left(&self, planned: usize) -> u64 {
        let [done, skipped, conflicts, _] = self.tally;
        (planned as u64 + self.aside).saturating_sub(done + skipped + conflicts) * u64::from(!self.dry_run)
    }

    fn json(&self, planned: usize, stopped: Option<&str>) -> Result<()> {
        let [done, skipped, conflicts, _] = self.tally;
        let left = self.left(planned);
        self.context.ui.json(&json!({
            "schema_version": 1, "command": self.wanted.command, "app": self.app,
            "outcome": if self.dry_run { "would" } else { "done" }, "planned": planned, "done": done, "skipped": skipped,
            "conflicts": conflicts, "not_begun": left, "cancelled_left_out": self.left_out, "stopped": stopped,
            "complete": stopped.is_none() && skipped + conflicts + left == 0, "jobs": self.kept,
        }))
    }

    /// An error after some were done says so.
    pub fn so_far(&self, error: Error) -> Error {
        if self.tally[0] == 0 { error } else { error.context(format!("after {}", self.word())) }
    }

    pub fn finish(&self, planned: usize, stopped: Option<String>) -> Outcome {
        let [done, skipped, conflicts, _] = self.tally;
        let left = self.left(planned);
        let complete = skipped + conflicts + left == 0;
        let number = |n: u64| thousands(n);
        match self.format {
            RowsFormat::Json => self.json(planned, stopped.as_deref())?,
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
                let symbol = if complete {
                    self.context.ui.paint_out("✓", "32")
                } else {
                    self.context.ui.paint_out("!", "33")
                };
                if !self.dry_run {
                    out.push_str(&format!("{symbol} {}", parts.join(", ")));
                } else if planned == 0 && self.kept.is_empty() && self.left_out > 0 {
                    out.push_str("no other job is like that");
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
