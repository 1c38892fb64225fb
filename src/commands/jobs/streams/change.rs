//! `jobs streams --requeue`, `--ack` and `--claim`: show the plan, ask, and change entry by entry.

use super::args::Streams;
use super::show;
use crate::commands::jobs::model::SAMPLE;
use crate::commands::{Context, Done, Outcome, new_id, no_matches};
use crate::db::{Database, Series};
use crate::error::{Error, Result};
use crate::jobs::ChangeOutcome;
use crate::jobs::streams::{
    self, BATCH, Comparison, Finding, Grace, Mending, Redis, RedisTarget, StreamAct, StreamActs, StreamAnswer,
    StreamStep,
};
use crate::output::{Column, Format, Page, Record, Table, View, csv_line, csv_rows, ndjson_rows};
use crate::packs::{JobStream, Pack};
use crate::text::thousands;

/// Longest wait for the operator log if somebody holds it.
const LOCK_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

/// The input of a plan.
pub(super) struct Planned<'a> {
    pub database: &'a Database,
    pub pack: &'a Pack,
    pub target: &'a RedisTarget,
    pub streams: &'a [JobStream],
    pub found: &'a Comparison,
}

pub(super) async fn run(
    context: &Context,
    args: &Streams,
    acts: &StreamActs,
    grace: Grace,
    planned: Planned<'_>,
    (reads, redis): (Series, &mut Redis),
) -> Outcome {
    let Planned { database, pack, target, streams, found } = planned;
    let mut steps = streams::plan(found, acts, &target.cli())?;
    steps.truncate(args.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX));
    found.unread.iter().for_each(|what| context.ui.warn(what));
    let mut report = Report { context, format: args.output.format, answers: Vec::new(), done: 0, headed: false };
    if args.dry_run || steps.is_empty() {
        let page = announced(context, &steps, &found.unread);
        report.add(steps.iter().map(|s| s.answer(ChangeOutcome::Would, None)).collect())?;
        return report.finish(pack, target, steps.len(), None, page);
    }
    announced(context, &steps, &found.unread).render().lines().for_each(|line| context.ui.note_line(line));
    let protection = database.protection().await?;
    let what = format!("{} in {target}, by the jobs of {}", sentence(&steps, true), database.target().database());
    let permit = context.confirm(database, protection, &what).await?;
    let writes = database.writes(&permit, LOCK_WAIT).await?;
    let by = (context.actor(), args.reason.as_deref(), new_id());
    let claim = acts.claim.as_deref();
    let mut mending = Mending::new((reads, writes), redis, pack, (streams, found), grace, claim, by);
    let alike = |a: &StreamStep, b: &StreamStep| a.act == b.act && a.finding.stream == b.finding.stream;
    for batch in steps.chunk_by(alike).flat_map(|same| same.chunks(BATCH)) {
        context.leave_word(Some(report.word()));
        match mending.apply(batch).await {
            Ok(answers) => report.add(answers)?,
            Err(error) => {
                let error = error.context(report.word());
                if args.output.format == Format::Json && !report.answers.is_empty() {
                    report.finish(pack, target, steps.len(), Some(&error), Page::default())?;
                }
                return Err(error);
            }
        }
    }
    context.leave_word(None);
    report.finish(pack, target, steps.len(), None, Page::default())
}

/// The number of changes of each kind, as a sentence: what is asked, or what is announced.
fn sentence(steps: &[StreamStep], asked: bool) -> String {
    let parts = [
        (StreamAct::Requeue, "Add", "would be added", "entry", "entries"),
        (StreamAct::Ack, "Acknowledge or delete", "would be acknowledged or deleted", "entry", "entries"),
        (StreamAct::Claim, "Move", "would be moved", "entry", "entries"),
    ];
    let parts = parts.iter().filter_map(|(act, verb, would, one, several)| {
        let n = steps.iter().filter(|s| s.act == *act).count();
        let entries = format!("{} {}", thousands(n), if n == 1 { one } else { several });
        (n > 0).then(|| if asked { format!("{verb} {entries}") } else { format!("{entries} {would}") })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The plan, with some of its entries as examples.
fn announced(context: &Context, steps: &[StreamStep], unread: &[String]) -> Page {
    if steps.is_empty() {
        return Page::text(no_matches(unread));
    }
    let sample: Vec<Finding> = steps.iter().take(SAMPLE).map(|s| s.finding.clone()).collect();
    let more = steps.len().saturating_sub(SAMPLE);
    let more = if more > 0 { format!("and {} more", thousands(more)) } else { String::new() };
    Page::text(sentence(steps, false)).and_table(show::findings(context, &sample)).and(more)
}

/// The answers so far.
struct Report<'a> {
    context: &'a Context,
    format: Format,
    answers: Vec<StreamAnswer>,
    done: usize,
    headed: bool,
}

impl Report<'_> {
    /// Adds answers. Rows are written as they come.
    fn add(&mut self, answers: Vec<StreamAnswer>) -> Result<()> {
        self.done += answers.iter().filter(|a| a.outcome == ChangeOutcome::Done).count();
        match self.format {
            Format::Ndjson => self.context.ui.write(|out| ndjson_rows(StreamAnswer::TYPE, &answers, out))?,
            Format::Csv => self.context.ui.csv(|out| {
                if !self.headed {
                    csv_rows(&["act", "stream", "entry", "job", "outcome", "note"], std::iter::empty(), out)?;
                    self.headed = true;
                }
                answers.iter().try_for_each(|a| {
                    let text = |text: &Option<String>| text.clone().unwrap_or_default();
                    let (act, outcome) = (a.act.name().to_owned(), a.outcome.name().to_owned());
                    csv_line(&[act, a.stream.clone(), text(&a.entry), text(&a.job), outcome, text(&a.note)], out)
                })
            })?,
            _ => {}
        }
        self.answers.extend(answers);
        Ok(())
    }

    /// The message for whoever interrupts the change now.
    fn word(&self) -> String {
        let entries = if self.done == 1 { "entry is" } else { "entries are" };
        format!(
            "{} {entries} known to be changed; the same command looks again and goes on with the rest",
            thousands(self.done)
        )
    }

    fn finish(
        &self,
        pack: &Pack,
        target: &RedisTarget,
        planned: usize,
        stopped: Option<&Error>,
        mut page: Page,
    ) -> Outcome {
        let count = |outcome| self.answers.iter().filter(|a| a.outcome == outcome).count();
        let (skipped, conflicts) = (count(ChangeOutcome::Skipped), count(ChangeOutcome::Conflict));
        let would = count(ChangeOutcome::Would) == planned;
        let not_begun = planned.saturating_sub(self.answers.len());
        let complete = skipped + conflicts + not_begun == 0;
        if !matches!(self.format, Format::Ndjson | Format::Csv) {
            let view = View::new("jobs streams")
                .field("app", &pack.name)
                .field("redis", target.to_string())
                .field("outcome", if would { "would" } else { "done" })
                .field("planned", planned)
                .field("done", self.done)
                .field("skipped", skipped)
                .field("conflicts", conflicts)
                .field("not_begun", not_begun)
                .field("stopped", stopped.map(ToString::to_string))
                .field("complete", complete)
                .rows("entries", &self.answers)
                .page(|| {
                    if would {
                        return page;
                    }
                    if !complete {
                        page = page.and_table(self.undone());
                    }
                    let mut parts = vec![format!("{} done", thousands(self.done))];
                    let others = [(skipped, "skipped"), (conflicts, "in conflict"), (not_begun, "not begun")];
                    parts.extend(
                        others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", thousands(*n))),
                    );
                    page.and(format!("{} {}", if complete { "✓" } else { "!" }, parts.join(", ")))
                });
            self.context.ui.emit(self.format, view)?;
        }
        Ok(if complete { Done::Clean } else { Done::Incomplete })
    }

    /// The entries that were not done, with the reasons.
    fn undone(&self) -> Table {
        let columns = [
            Column::new("change").rank(1),
            Column::new("job").rank(0),
            Column::new("entry").rank(2),
            Column::new("outcome").rank(0),
            Column::text("reason").rank(0),
        ];
        let mut table = Table::new(&self.context.ui, &columns);
        for answer in self.answers.iter().filter(|a| a.outcome != ChangeOutcome::Done).take(SAMPLE) {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            let (job, entry, note) = (text(&answer.job), text(&answer.entry), text(&answer.note));
            table.row(&[answer.act.name(), &job, &entry, answer.outcome.name(), &note]);
        }
        table
    }
}

impl Record for StreamAnswer {
    const TYPE: &'static str = "entry";
    const FIELDS: &'static [&'static str] = &["act", "stream", "entry", "job", "outcome", "note"];
}
