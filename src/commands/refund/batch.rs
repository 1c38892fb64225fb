//! `bursar refund batch`: a file of refunds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::sync::mpsc;

use super::args::{PARALLEL, RefundBatch};
use super::carry::{PATIENCE, gateway_for, opened};
use super::report::{HEADINGS, Tally, cells, command, policy, refused, totals};
use super::{Context, Done, Outcome};
use crate::commands::values::rate_text;
use crate::db::{Database, Protection, WritePermit};
use crate::error::{Error, Result};
use crate::files::{self, STDIN};
use crate::output::{Format, NewFile, Page, View, csv_line};
use crate::refund::RECORD_ONLY;
use crate::refund::batch::{self, BatchLimits, Ended, Plan, PlanOptions, Planned};
use crate::refund::gateway::{Gateway, guard};
use crate::text::{counted, escape, quoted, quoted_path};

/// The gateways of a batch, by name.
type Gateways = BTreeMap<String, Box<dyn Gateway>>;

/// A batch of which every line can be done.
struct Batch {
    /// The file, as a person wrote it.
    name: String,
    lines: Vec<Planned>,
    gateways: Gateways,
    limits: BatchLimits,
    protection: Protection,
}

pub(super) async fn run(context: &Context, args: RefundBatch) -> Outcome {
    let path = &args.file;
    if path == Path::new(STDIN) && args.results.is_none() {
        return Err(Error::usage("a batch from standard input needs a file for its results")
            .hint("bursar refund batch - --results FILE"));
    }
    let database = context.database().await?;
    let batch = planned(context, &database, &args).await?;
    let again = context.pasted(&again(&args));
    let format = args.output.format;
    if args.dry_run || batch.lines.is_empty() {
        return would(context, &database, batch, format).await;
    }
    batch::require_ready(&batch.gateways, &batch.lines).await?;
    let agreed = context.global.yes || context.global.confirm.is_some();
    context.ui.note_lines(&totals(&batch.lines, agreed));
    let what = format!("Refund {} in {}", counted(batch.lines.len(), "line"), database.target().database());
    let results = results(path, args.results.clone())?;
    // Where the file cannot be made, nothing is to be asked.
    let file = NewFile::create(&results)?;
    let permit = context.confirm(&database, batch.protection, &what).await?;
    let mut file = file.begin()?;
    csv_line(&HEADINGS.map(str::to_owned), &mut file)?;
    let (name, count) = (batch.name.clone(), batch.lines.len());
    context.leave_word(Some(format!("the same command with the same file continues where it stopped: {again}")));
    let carried = carried_out(context, &database, &permit, batch, &mut file, &results).await;
    context.leave_word(None);
    let (Ended { begun, why }, tally) = carried?;
    let complete = begun && tally.is_good();
    let view = View::new("refund batch")
        .field("outcome", "done")
        .field("file", &name)
        .field("lines", count)
        .fields(&tally)
        .field("not_begun", count as u64 - tally.all())
        .field("complete", complete)
        .field("stopped", &why)
        .field("results", results.display().to_string())
        .page(|| {
            let symbol = if complete { context.ui.paint_out("✓", "32") } else { context.ui.paint_out("!", "33") };
            let sentence = tally.sentence(count, begun);
            let stopped = why.as_ref().map(|why| format!("\nstopped: {}", escape(why))).unwrap_or_default();
            Page::text(format!("{symbol} {sentence}{stopped}\nresult of each line: {}", results.display()))
        });
    context.ui.emit(format, view)?;
    if tally.is_continued() || !begun {
        context
            .ui
            .note(&format!("the same command with the same file goes on with the lines that did not end: {again}"));
    }
    tell_ended(context, &tally);
    Ok(if complete { Done::Clean } else { Done::Incomplete })
}

/// Prints a command for each line that ended without a refund. A line may stand there again after its command was run.
fn tell_ended(context: &Context, tally: &Tally) {
    let (number, commands) = tally.ended();
    let ended = format!("{} ended without a refund, and the same file does not try again", counted(number, "line"));
    match commands {
        [] => {}
        [one] => context.ui.note(&context.pasted(&format!("{ended}; for it: {one}"))),
        _ => {
            let which = if number > commands.len() { "the first of them" } else { "each, unless it was run before" };
            context.ui.note(&format!("{ended}; for {which}:"));
            commands.iter().for_each(|command| context.ui.note(&context.pasted(command)));
        }
    }
}

/// The command as it was given, which goes on with the same file under the same choices.
fn again(args: &RefundBatch) -> String {
    let RefundBatch {
        file,
        results,
        max_failures,
        skip_done,
        wait,
        rate,
        parallel,
        if_spent,
        gateway,
        dry_run: _,
        output: _,
    } = args;
    let flags = [
        ("results", results.as_deref().map(quoted_path)),
        ("max-failures", max_failures.map(|n| n.to_string())),
        ("wait", wait.map(|wait| quoted(&humantime::format_duration(wait).to_string()).into_owned())),
        ("rate", rate.map(rate_text)),
        ("parallel", Some(parallel).filter(|n| **n != PARALLEL).map(ToString::to_string)),
        ("if-spent", policy(*if_spent)),
        ("gateway", gateway.clone()),
    ];
    let mut command = command("batch", &quoted_path(file), flags);
    command.push_str(if *skip_done { " --skip-done" } else { "" });
    command
}

/// Checks every line.
///
/// # Errors
/// The faults of all lines, where there are some.
async fn planned(context: &Context, database: &Database, args: &RefundBatch) -> Result<Batch> {
    let name = args.file.display().to_string();
    let bytes = files::read_argument(&args.file).map_err(|e| {
        Error::usage(format!("cannot read {name}: {e}"))
            .hint("name a CSV file with a header line, or `-` for standard input")
    })?;
    let read = batch::read(&name, &bytes)?;
    let (mut tx, pack) = opened(context, database).await?;
    let mut progress = context.ui.progress("checking", Some(read.len() as u64));
    let options = PlanOptions {
        digest: batch::digest(&bytes),
        if_spent: args.if_spent,
        gateway: args.gateway.as_deref(),
        skip_done: args.skip_done,
    };
    let plan = batch::plan(&mut tx, &pack, &read, &options, |n| progress.set(n as u64)).await;
    drop(progress);
    let Plan { lines, wrong, hidden } = plan.map_err(|error| error.context(&name))?;
    context.say_hidden(&hidden);
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;
    let done = lines.iter().filter(|line| line.work.effects().is_none()).map(|line| line.line).collect();
    if !wrong.is_empty() {
        return Err(refused(&name, wrong, done));
    }
    let gateways = gateways(&lines, args.gateway.as_deref(), protection, database.target().database())?;
    let wrong = inexpressible(&lines, &gateways);
    if !wrong.is_empty() {
        return Err(refused(&name, wrong, done));
    }
    let limits = BatchLimits {
        parallel: args.parallel.into(),
        rate: args.rate,
        max_failures: args.max_failures,
        wait: args.wait.unwrap_or(PATIENCE),
    };
    Ok(Batch { name, lines, gateways, limits, protection })
}

/// The lines that their gateway cannot be asked for.
fn inexpressible(lines: &[Planned], gateways: &Gateways) -> Vec<(u64, Error)> {
    let check = |line: &Planned| {
        let (gateway, effects) = gateways.get(&line.request.gateway).zip(line.work.effects())?;
        let ids = &effects.payment.gateway_payment;
        gateway.check(ids, line.amount, &line.currency).err().map(|error| (line.line, error))
    };
    lines.iter().filter_map(check).collect()
}

fn gateways(lines: &[Planned], named: Option<&str>, protection: Protection, database: &str) -> Result<Gateways> {
    let mut gateways = Gateways::new();
    for line in lines.iter().filter(|l| l.request.gateway != RECORD_ONLY) {
        if !gateways.contains_key(&line.request.gateway) {
            let gateway = gateway_for(named, None, line.provider.as_deref())?;
            guard(&*gateway, protection.is_protected(), database)?;
            gateways.insert(line.request.gateway.clone(), gateway);
        }
    }
    Ok(gateways)
}

/// The file of the results: the one that is named, or one beside the batch.
fn results(path: &Path, named: Option<PathBuf>) -> Result<PathBuf> {
    let results = named.unwrap_or_else(|| {
        let mut results = path.as_os_str().to_owned();
        results.push(".results.csv");
        results.into()
    });
    // The digest of the batch is part of the refunds' keys, so without the file nothing could continue it.
    if let (Ok(read), Ok(written)) = (path.canonicalize(), results.canonicalize())
        && read == written
    {
        let sentence = format!("the results would be written over {}, which is the batch itself", path.display());
        return Err(Error::usage(sentence).hint("name another file with --results"));
    }
    Ok(results)
}

/// Runs the batch, and writes the result of each line into the file. Returns how it ended.
async fn carried_out(
    context: &Context,
    database: &Database,
    permit: &WritePermit,
    batch: Batch,
    file: &mut std::fs::File,
    results: &Path,
) -> Result<(Ended, Tally)> {
    let Batch { lines, gateways, limits, .. } = batch;
    let (sender, mut receiver) = mpsc::channel(64);
    let mut progress = context.ui.progress("refunds", Some(lines.len() as u64));
    let actor = context.actor();
    let running = batch::run(database, permit, &actor, &gateways, lines, &limits, sender);
    let listening = async {
        let mut tally = Tally::default();
        while let Some(came) = receiver.recv().await {
            tally.add(&came);
            progress.set(tally.all());
            csv_line(&cells(&came), file)?;
        }
        // A pipe or a terminal keeps nothing to be waited for.
        if file.metadata().is_ok_and(|m| m.is_file()) {
            file.sync_all().map_err(|e| Error::failed(format!("cannot write {}: {e}", results.display())))?;
        }
        Ok::<Tally, Error>(tally)
    };
    let (ended, tally) = tokio::join!(running, listening);
    Ok((ended?, tally?))
}

/// Says what the real run would do, and the lines that it would fail at. Exits as that run would.
async fn would(context: &Context, database: &Database, batch: Batch, format: Format) -> Outcome {
    let Batch { name, lines: mut planned, gateways, limits, .. } = batch;
    let progress = RefCell::new((0, context.ui.progress("asking", Some(planned.len() as u64))));
    let wrong = batch::look(database, &gateways, &planned, &limits, || {
        let (asked, progress) = &mut *progress.borrow_mut();
        progress.set(*asked);
        *asked += 1;
    })
    .await;
    drop(progress);
    let (wrong, lines) = (wrong?, planned.len());
    planned.retain(|line| wrong.iter().all(|(number, _)| *number != line.line));
    let would_fail = wrong.iter().map(|(line, e)| json!({"line": line, "error": e.message(), "hint": e.hint}));
    let view = View::new("refund batch")
        .field("outcome", "would")
        .field("file", &name)
        .field("lines", lines)
        .field("would_fail", would_fail.collect::<Vec<_>>())
        .page(|| {
            let mut out = totals(&planned, false);
            for (line, error) in &wrong {
                out.push_str(&format!("\n✗ {name}:{line} would fail: {}", escape(&error.in_a_line())));
            }
            Page::text(format!("{out}\nnothing was changed"))
        });
    context.ui.emit(format, view)?;
    Ok(if wrong.is_empty() { Done::Clean } else { Done::Incomplete })
}
