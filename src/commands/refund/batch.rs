//! `bursar refund batch`: a file of refunds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::sync::mpsc;

use super::args::IfSpent;
use super::{Context, Done, Outcome, gateway_for, opened};
use crate::commands::cli::Format;
use crate::db::Database;
use crate::error::{Error, Kind};
use crate::files::{self, STDIN};
use crate::money;
use crate::output::{NewFile, csv_line};
use crate::refund::batch::{self, BatchLimits, LineResult, Planned};
use crate::refund::gateway::{Gateway, guard};
use crate::refund::{RefundState, Requested};
use crate::text::thousands;

/// How to do it.
pub(super) struct Wanted {
    pub results: Option<PathBuf>,
    pub limits: BatchLimits,
    pub if_spent: IfSpent,
    pub gateway: Option<String>,
    pub dry_run: bool,
}

/// How many lines are listed that cannot be done.
const LISTED: usize = 20;

pub(super) async fn run(context: &Context, path: &Path, wanted: Wanted, format: Format) -> Outcome {
    let name = path.display().to_string();
    if path == Path::new(STDIN) && wanted.results.is_none() {
        return Err(Error::usage("what is read from standard input has no name to call the results by")
            .hint("bursar refund batch - --results FILE"));
    }
    let bytes = files::read_argument(path).map_err(|e| Error::usage(format!("cannot read {name}: {e}")))?;
    let lines = batch::read(&name, &bytes)?;
    let digest = batch::digest(&bytes);
    let database = context.database().await?;
    let (mut tx, pack) = opened(context, &database).await?;
    let mut progress = context.ui.progress("checking", Some(lines.len() as u64));
    let mut planned: Vec<Planned> = Vec::new();
    let mut wrong: Vec<(u64, Error)> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        progress.set(n as u64);
        match batch::plan(&mut tx, &pack, &digest, line, wanted.if_spent, wanted.gateway.as_deref()).await {
            Ok(line) => planned.push(line),
            // After a failed statement the transaction takes no other.
            Err(error) if error.kind == Kind::Connection || error.sqlstate.is_some() => {
                return Err(error.context(format!("{name}:{}", line.number)));
            }
            Err(error) => wrong.push((line.number, error)),
        }
    }
    drop(progress);
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    wrong.extend(batch::clashes(&planned).into_iter().map(|(line, why)| (line, Error::usage(why))));
    if !wrong.is_empty() {
        let done = planned.iter().filter(|l| l.terms.is_none()).map(|l| l.line).collect();
        return Err(refused(&name, wrong, done));
    }
    let mut gateways = BTreeMap::new();
    for line in planned.iter().filter(|l| l.request.gateway != crate::refund::RECORD_ONLY) {
        if !gateways.contains_key(&line.request.gateway) {
            let gateway = gateway_for(wanted.gateway.as_deref(), None, line.provider.as_deref())?;
            guard(&*gateway, protection.is_protected())?;
            gateways.insert(line.request.gateway.clone(), gateway);
        }
    }

    if wanted.dry_run || planned.is_empty() {
        return would(context, &database, &gateways, &name, planned, &wanted.limits, format).await;
    }
    let totals = totals(&planned);
    totals.lines().for_each(|line| context.ui.note(line));
    let what = format!("Refund these {} in {}", planned.len(), database.target().database());
    let results = wanted.results.clone().unwrap_or_else(|| {
        let mut results = path.as_os_str().to_owned();
        results.push(".results.csv");
        results.into()
    });
    // Its digest is part of the refunds' keys, so without the file the batch could not be gone on with.
    if let (Ok(read), Ok(written)) = (path.canonicalize(), results.canonicalize())
        && read == written
    {
        return Err(Error::usage(format!("the results would be written over {name}, which is the batch itself"))
            .hint("name another file with --results"));
    }
    // Where the file cannot be made, nothing is to be asked.
    let file = NewFile::create(&results)?;
    let permit = context.confirm(&database, protection, &what).await?;
    let mut file = file.begin()?;
    csv_line(&HEADINGS.map(str::to_owned), &mut file)?;
    context.leave_word(Some(format!(
        "the same command with the same file goes on where it stopped: bursar refund batch {name}"
    )));
    let (sender, mut receiver) = mpsc::channel(64);
    let mut progress = context.ui.progress("refunds", Some(planned.len() as u64));
    let (count, actor) = (planned.len(), context.actor());
    let running = batch::run(&database, &permit, &actor, &gateways, planned, &wanted.limits, sender);
    let listening = async {
        let mut tally = Tally::default();
        while let Some(came) = receiver.recv().await {
            tally.add(&came);
            progress.set(tally.all());
            csv_line(&cells(&came), &mut file)?;
        }
        // A pipe or a terminal keeps nothing to be waited for.
        if file.metadata().is_ok_and(|m| m.is_file()) {
            file.sync_all().map_err(|e| Error::failed(format!("cannot write {}: {e}", results.display())))?;
        }
        Ok::<Tally, Error>(tally)
    };
    let (begun, tally) = tokio::join!(running, listening);
    context.leave_word(None);
    drop(progress);
    let (begun, tally) = (begun?, tally?);
    let complete = begun && tally.failed == 0 && tally.waiting == 0 && tally.acting == 0;
    let sentence = tally.sentence(count, begun);
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund batch", "outcome": "done", "file": name, "lines": count,
            "refunded": tally.refunded, "before": tally.before, "awaiting_approval": tally.waiting, "requires_action": tally.acting, "failed": tally.failed,
            "not_begun": count as u64 - tally.all(), "complete": complete, "results": results.display().to_string(),
        }))?,
        Format::Table => {
            let symbol = if complete { context.ui.paint_out("✓", "32") } else { context.ui.paint_out("!", "33") };
            context.ui.data(&format!("{symbol} {sentence}\nwhat came of each line: {}", results.display()))?;
        }
    }
    Ok(if complete { Done::Clean } else { Done::Incomplete })
}

/// What the real run would do, and of which lines the gateway would keep it. Exits as that run would.
async fn would(
    context: &Context,
    database: &Database,
    gateways: &BTreeMap<String, Box<dyn Gateway>>,
    name: &str,
    mut planned: Vec<Planned>,
    limits: &BatchLimits,
    format: Format,
) -> Outcome {
    let progress = RefCell::new((0, context.ui.progress("asking", Some(planned.len() as u64))));
    let wrong = batch::look(database, gateways, &planned, limits, || {
        let (asked, progress) = &mut *progress.borrow_mut();
        progress.set(*asked);
        *asked += 1;
    })
    .await;
    drop(progress);
    let (wrong, lines) = (wrong?, planned.len());
    planned.retain(|line| wrong.iter().all(|(number, _)| *number != line.line));
    match format {
        Format::Json => context.ui.json(&json!({
            "schema_version": 1, "command": "refund batch", "outcome": "would", "file": name, "lines": lines,
            "would_fail": wrong.iter().map(|(line, e)| json!({"line": line, "error": e.message(), "hint": e.hint})).collect::<Vec<_>>(),
        }))?,
        Format::Table => {
            let mut out = totals(&planned);
            for (line, error) in &wrong {
                let hint = error.hint.as_ref().map(|hint| format!("; try: {hint}")).unwrap_or_default();
                let why = crate::text::escape(&format!("{}{hint}", error.message())).into_owned();
                out.push_str(&format!("\n✗ {name}:{line} would fail: {why}"));
            }
            context.ui.data(&format!("{out}\nnothing was changed"))?;
        }
    }
    Ok(if wrong.is_empty() { Done::Clean } else { Done::Incomplete })
}

/// The numbers of lines as ranges: `2-4, 7`.
fn ranges(lines: &BTreeSet<u64>) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let words = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    words.collect::<Vec<_>>().join(", ")
}

/// Nothing was done, because some of it cannot be. `done` are the lines of which there is a refund.
fn refused(name: &str, mut wrong: Vec<(u64, Error)>, mut done: BTreeSet<u64>) -> Error {
    wrong.sort_by_key(|(line, _)| *line);
    let doubled = wrong.iter().filter(|(_, e)| e.hint.as_deref() == Some(batch::TAKE_OUT)).map(|(line, _)| *line);
    done.extend(doubled);
    let kinds = || wrong.iter().map(|(_, e)| e.kind);
    let kind = kinds().find(|k| *k == Kind::Usage).or(kinds().next()).unwrap_or(Kind::Usage);
    let mut message = format!("{} of its lines cannot be done, so none was begun", wrong.len());
    for (line, error) in wrong.iter().take(LISTED) {
        message.push_str(&format!("\n  {name}:{line}: {}", crate::text::escape(&error.message())));
    }
    if wrong.len() > LISTED {
        message.push_str(&format!("\n  and {} more", wrong.len() - LISTED));
    }
    let error = Error::new(kind, message);
    match wrong.into_iter().find_map(|(_, e)| e.hint) {
        Some(hint) if hint == batch::TAKE_OUT => error.hint(format!(
            "make a new file of the lines that are left, without {}; one that is to be another refund of the same \
             amount: bursar refund create PAYMENT --amount AMOUNT --again",
            ranges(&done)
        )),
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What all lines come to, by currency and unit.
fn totals(planned: &[Planned]) -> String {
    let mut money_back: BTreeMap<&str, i64> = BTreeMap::new();
    let (mut before, mut approvals, mut spent) = (0_u64, 0_u64, 0_u64);
    for line in planned {
        match &line.terms {
            None => before += 1,
            Some(terms) => {
                let sum = money_back.entry(&line.currency).or_default();
                *sum = sum.saturating_add(line.amount);
                approvals += u64::from(terms.needs_approval == Some(true));
                spent += u64::from(terms.units_written_off.as_ref().is_some_and(|u| u.to_string() != "0"));
            }
        }
    }
    let sums: Vec<String> = money_back.iter().map(|(currency, sum)| money::format(*sum, currency)).collect();
    let sums = if sums.is_empty() { "nothing".to_owned() } else { sums.join(", ") };
    let mut out = format!("{} lines: {sums} would go back", thousands(planned.len()));
    for (count, what) in [
        (before, "were refunded before"),
        (approvals, "would await a second person"),
        (spent, "had spent units, which would be written off"),
    ] {
        if count > 0 {
            out.push_str(&format!("\n{} {what}", thousands(count)));
        }
    }
    out
}

/// What came of the lines so far.
#[derive(Default)]
struct Tally {
    refunded: u64,
    before: u64,
    waiting: u64,
    acting: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, came: &LineResult) {
        match &came.outcome {
            _ if came.failed() => self.failed += 1,
            Ok(Requested { refund, .. }) if refund.state == RefundState::AwaitingApproval => self.waiting += 1,
            Ok(Requested { refund, .. }) if refund.state == RefundState::RequiresAction => self.acting += 1,
            Ok(Requested { existing: true, .. }) => self.before += 1,
            _ => self.refunded += 1,
        }
    }

    fn all(&self) -> u64 {
        self.refunded + self.before + self.waiting + self.acting + self.failed
    }

    fn sentence(&self, count: usize, begun: bool) -> String {
        let mut parts = vec![format!("{} refunded", thousands(self.refunded))];
        for (n, what) in [
            (self.before, "before"),
            (self.waiting, "awaiting approval"),
            (self.acting, "waiting for the customer"),
            (self.failed, "failed"),
        ] {
            if n > 0 {
                parts.push(format!("{} {what}", thousands(n)));
            }
        }
        if !begun {
            parts.push(format!("{} not begun", thousands((count as u64 - self.all()).to_string())));
        }
        parts.join(", ")
    }
}

const HEADINGS: [&str; 9] =
    ["line", "payment", "amount", "currency", "refund", "state", "existing", "gateway_ref", "error"];

fn cells(came: &LineResult) -> [String; HEADINGS.len()] {
    let (refund, state, existing, reference, error) = match &came.outcome {
        Ok(Requested { refund: r, existing }) => (
            r.id.to_string(),
            r.state.name(),
            existing.to_string(),
            r.gateway_ref.clone().unwrap_or_default(),
            r.error.clone().unwrap_or_default(),
        ),
        Err(error) => {
            let hint = error.hint.as_ref().map(|hint| format!("; try: {hint}")).unwrap_or_default();
            (String::new(), "", String::new(), String::new(), error.message() + &hint)
        }
    };
    [
        came.line.to_string(),
        came.payment.to_string(),
        money::decimal(came.amount, &came.currency),
        came.currency.clone(),
        refund,
        state.to_owned(),
        existing,
        reference,
        error,
    ]
}
