//! The result of a change: each job as it is done, and the totals in the end.

use super::args::JobChange;
use super::look::view;
use super::model::{SAMPLE, Wanted};
use crate::commands::{Context, Done, Outcome, no_matches};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::jobs::{Answer, ChangeOutcome};
use crate::output::{Column, Format, Page, Record, Table, csv_line, csv_rows, ndjson_rows};
use crate::packs::Pack;
use crate::text::{counted, thousands};

/// On a terminal of fewer columns, the reason stands below a job and not beside it.
const WIDE: usize = 100;

/// The number of jobs of each outcome.
#[derive(Debug, Default)]
struct Tally {
    done: u64,
    skipped: u64,
    conflicts: u64,
}

/// The result of a change so far.
pub(super) struct Report<'a> {
    context: &'a Context,
    format: Format,
    wanted: &'a Wanted,
    pack: &'a Pack,
    dry_run: bool,
    max: Option<u32>,
    /// Number of jobs that were skipped before anything was begun.
    aside: u64,
    /// Number of jobs that match, and are not changed, because an operator cancelled them.
    left_out: usize,
    /// The tables of which row level security may hide rows.
    hidden: &'a [String],
    /// True if the jobs were named by their ids.
    named: bool,
    tally: Tally,
    /// Number of jobs that a table has to name.
    odd: usize,
    /// The jobs that a report in one piece names.
    kept: Vec<Answer>,
    headed: bool,
}

impl<'a> Report<'a> {
    pub fn new(
        context: &'a Context,
        wanted: &'a Wanted,
        pack: &'a Pack,
        hidden: &'a [String],
        args: &JobChange,
    ) -> Self {
        Report {
            context,
            format: args.output.format,
            wanted,
            pack,
            dry_run: args.dry_run,
            max: args.max,
            aside: 0,
            left_out: 0,
            hidden,
            named: false,
            tally: Tally::default(),
            odd: 0,
            kept: Vec::new(),
            headed: false,
        }
    }

    /// Adds jobs that cannot be changed, as is known before anything is begun.
    pub fn aside(&mut self, answers: &[Answer]) -> Result<()> {
        self.aside += answers.len() as u64;
        self.add(answers)
    }

    /// Says that the jobs were named by their ids, so that no other one was asked for.
    pub fn named(&mut self) {
        self.named = true;
    }

    /// Sets the number of jobs that were left out because an operator cancelled them.
    pub fn left_out(&mut self, jobs: usize) {
        self.left_out = jobs;
    }

    /// Adds answers. Rows are written as they come; what is written in one piece is kept.
    pub fn add(&mut self, answers: &[Answer]) -> Result<()> {
        for answer in answers {
            match answer.outcome {
                ChangeOutcome::Done => self.tally.done += 1,
                ChangeOutcome::Skipped => self.tally.skipped += 1,
                ChangeOutcome::Conflict => self.tally.conflicts += 1,
                ChangeOutcome::Would => {}
            }
        }
        match self.format {
            Format::Ndjson => self.context.ui.write(|out| ndjson_rows(Answer::TYPE, answers, out))?,
            Format::Csv => self.context.ui.csv(|out| {
                if !self.headed {
                    csv_rows(&["job", "outcome", "note"], std::iter::empty(), out)?;
                    self.headed = true;
                }
                answers.iter().try_for_each(|a| {
                    csv_line(&[a.job.clone(), a.outcome.name().to_owned(), a.note.clone().unwrap_or_default()], out)
                })
            })?,
            Format::Json => self.kept.extend_from_slice(answers),
            _ => {
                let room = SAMPLE.saturating_sub(self.kept.len());
                // One that was done has a note where something else became of it than was asked for.
                let odd = |a: &&Answer| a.note.is_some() || a.outcome == ChangeOutcome::Conflict;
                self.odd += answers.iter().filter(odd).count();
                self.kept.extend(answers.iter().filter(odd).take(room).cloned());
            }
        }
        Ok(())
    }

    /// The message for whoever interrupts the change now.
    pub fn word(&self) -> String {
        let done = self.tally.done;
        let jobs = counted(done, "job");
        let (were, past) = (if done == 1 { "was" } else { "were" }, self.wanted.verb().past);
        // A file that holds what was purged is never written over, and what was done does not match any more.
        let mut other = Vec::new();
        if self.wanted.export.is_some() {
            other.push("another --export".to_owned());
        }
        if let Some(max) = self.max {
            other.push(format!("--max {}", u64::from(max).saturating_sub(done)));
        }
        let with = if other.is_empty() { String::new() } else { format!(" with {}", other.join(" and ")) };
        format!("{jobs} {were} {past} and stay so; the same command{with} goes on with the rest")
    }

    /// Ends a change that broke: what was done before is named all the same.
    pub fn broken(&self, planned: usize, error: Error) -> Outcome {
        if self.format == Format::Json && self.tally.done > 0 {
            self.emit(planned, Some(&error.to_string()), Page::default)?;
        }
        Err(error)
    }

    /// Number of jobs that were not begun.
    fn left(&self, planned: usize) -> u64 {
        let Tally { done, skipped, conflicts } = self.tally;
        (planned as u64 + self.aside).saturating_sub(done + skipped + conflicts) * u64::from(!self.dry_run)
    }

    /// True if all that was asked for is done. Of jobs that a filter chooses, some that this role does not see may be left.
    fn is_complete(&self, planned: usize) -> bool {
        self.tally.skipped + self.tally.conflicts + self.left(planned) == 0 && (self.named || self.hidden.is_empty())
    }

    /// Writes the report in one piece.
    fn emit(&self, planned: usize, stopped: Option<&str>, page: impl FnOnce() -> Page) -> Result<()> {
        let view = view(self.wanted.command, self.pack, self.hidden)
            .field("outcome", if self.dry_run { "would" } else { "done" })
            .field("planned", planned)
            .field("done", self.tally.done)
            .field("skipped", self.tally.skipped)
            .field("conflicts", self.tally.conflicts)
            .field("not_begun", self.left(planned))
            .field("cancelled_left_out", self.left_out)
            .field("stopped", stopped)
            .field("complete", stopped.is_none() && self.is_complete(planned))
            .rows("jobs", &self.kept)
            .page(page);
        self.context.ui.emit(self.format, view)
    }

    /// Adds to an error how much was done before it.
    pub fn so_far(&self, error: Error) -> Error {
        if self.tally.done == 0 { error } else { error.context(format!("after {}", self.word())) }
    }

    /// Ends the report. The announcement of a dry run is a part of it.
    pub fn finish(&self, planned: usize, stopped: Option<String>, announced: Option<Page>) -> Outcome {
        let announced = announced.filter(|_| self.dry_run && planned > 0).unwrap_or_default();
        if !matches!(self.format, Format::Ndjson | Format::Csv) {
            self.emit(planned, stopped.as_deref(), || self.page(planned, announced))?;
        }
        if let Some(why) = stopped {
            let left = thousands(self.left(planned));
            return Err(Error::new(Kind::Incomplete, format!("stopped: {why}; {left} not begun"))).or_hint(
                "look at them with bursar jobs show; the same command without --canary goes on with the rest",
            );
        }
        Ok(if self.is_complete(planned) { Done::Clean } else { Done::Incomplete })
    }

    fn page(&self, planned: usize, mut page: Page) -> Page {
        let Tally { done, skipped, conflicts } = self.tally;
        if !self.kept.is_empty() {
            page = page.and_table(self.undone());
            let more = self.odd.saturating_sub(self.kept.len());
            if more > 0 && self.format != Format::Json {
                page = page.and(format!("and {} more; -o ndjson names each", thousands(more)));
            }
        }
        if self.dry_run {
            return match (planned, self.kept.is_empty(), self.left_out) {
                (0, true, 0) => page.and(no_matches(self.hidden)),
                (0, true, _) if self.hidden.is_empty() => page.and("No other matches."),
                (0, true, _) => page.and("No other visible matches."),
                _ => page,
            };
        }
        let mut parts = vec![format!("{} {}", thousands(done), self.wanted.verb().past)];
        let others = [(skipped, "skipped"), (conflicts, "in conflict"), (self.left(planned), "not begun")];
        parts.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands(*n))));
        let (symbol, code) = if self.is_complete(planned) { ("✓", "32") } else { ("!", "33") };
        let symbol =
            if self.format == Format::Table { self.context.ui.paint_out(symbol, code) } else { symbol.to_owned() };
        page.and(format!("{symbol} {}", parts.join(", ")))
    }

    /// The jobs that were not done, with the reasons.
    fn undone(&self) -> Table {
        let noted = self.format == Format::Table && self.context.ui.columns().is_some_and(|c| c < WIDE);
        let mut columns = vec![Column::new("job").rank(0), Column::new("outcome").rank(1)];
        columns.extend((!noted).then(|| Column::text("reason").rank(0)));
        let mut table = Table::new(&self.context.ui, &columns);
        for answer in &self.kept {
            let cells = [answer.job.as_str(), answer.outcome.name()];
            super::list::add_row(&mut table, noted, &cells, &[answer.note.as_deref().unwrap_or_default()]);
        }
        table
    }
}

impl Record for Answer {
    const TYPE: &'static str = "job";
    const FIELDS: &'static [&'static str] = &["job", "outcome", "note"];
}
