//! `bursar inspect locks --kill-root`: ends the session that holds others up.

use serde_json::{Value, json};

use crate::commands::{Context, Done, Outcome};
use crate::error::{Error, Result};
use crate::inspect::locks::{self, Ended, Root, Signal};
use crate::operations;
use crate::output::{Format, Page, View};
use crate::text::{counted, escape};

/// Ends the one of this PID, or the only one. A dry run says what would be done.
pub(super) async fn run(context: &Context, pid: Option<i32>, dry_run: bool, format: Format) -> Outcome {
    if !matches!(format, Format::Table | Format::Json) {
        return Err(Error::usage(format!("the end of a session cannot be written as {}", format.name()))
            .hint("bursar inspect locks --kill-root --dry-run -o json"));
    }
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let roots = locks::roots(&mut tx).await?;
    let Some(root) = chosen(&roots, pid)? else {
        none_stands_first(&locks::waits(&mut tx).await?, &roots, pid)?;
        tx.rollback().await?;
        let nobody = match pid {
            Some(pid) => format!("pid {pid} holds up nobody; nothing was done"),
            None => "nobody is held up; nothing was done".to_owned(),
        };
        return report(context, format, "nothing", json!({}), nobody);
    };
    root.may_be_ended()?;
    if !operations::may_record(&mut tx).await? {
        return Err(Error::refused("this role may not write the operator log, which keeps who ended a session")
            .hint("run it as the owner of bursar's schema, or as a superuser"));
    }
    let protection = database.protection_in(&mut tx).await?;
    tx.rollback().await?;

    let held = format!("{} holds up {}", escape(&root.name()), counted(root.waiting.len(), "session"));
    let plan = match root.signals() {
        [Signal::Terminate] => "its session is ended",
        _ => "its statement is cancelled, and where it still holds anybody up after 5 seconds its session is ended",
    };
    let facts = json!({
        "root": { "pid": root.pid, "who": root.who, "state": root.state }, "waiting": root.waiting, "signals": root.signals(),
    });
    if dry_run {
        return report(context, format, "would", facts, format!("{held}: {plan}; nothing was done"));
    }
    context.ui.note(&format!("{}: {held}: {plan}", database.target()));
    let what = format!("End pid {} of {}", root.pid, database.target().database());
    let permit = context.confirm(&database, protection, &what).await?;
    let ended = locks::end(&database, &permit, &context.actor(), root).await?;
    if !ended.sent.is_empty() && !ended.logged {
        context.ui.warn("this database has no operator log, so nothing keeps who did this");
    }
    told(context, format, root, &ended, facts)
}

/// The one to end: the one that was named, or the only one.
fn chosen(roots: &[Root], pid: Option<i32>) -> Result<Option<&Root>> {
    match (pid, roots) {
        (Some(pid), roots) => Ok(roots.iter().find(|root| root.pid == pid)),
        (None, []) => Ok(None),
        (None, [root]) => Ok(Some(root)),
        (None, [first, ..]) => {
            let all: Vec<String> = roots.iter().map(|r| format!("{} holds up {}", r.name(), r.waiting.len())).collect();
            Err(Error::refused(format!("several hold others up, and one is ended at a time: {}", all.join("; ")))
                .hint(format!("bursar inspect locks --kill-root={} --dry-run", first.pid)))
        }
    }
}

/// Refuses a session that holds others up while it waits itself, and sessions that wait for each other.
fn none_stands_first(waits: &[(i32, Vec<i32>)], roots: &[Root], pid: Option<i32>) -> Result<()> {
    let is_waiting = |pid: &i32| waits.iter().any(|(waiter, _)| waiter == pid);
    if let Some(pid) = pid {
        if !is_waiting(&pid) || !waits.iter().any(|(_, blockers)| blockers.contains(&pid)) {
            return Ok(());
        }
        if let Some(root) = roots.iter().find(|root| root.waiting.contains(&pid)) {
            return Err(Error::refused(format!("pid {pid} holds others up and waits itself, behind {}", root.name()))
                .hint(match root.pid {
                    0 => "bursar inspect locks".to_owned(),
                    first => format!("bursar inspect locks --kill-root={first} --dry-run"),
                }));
        }
    }
    // One whose blockers do not wait came after the roots were read.
    if waits.is_empty() || !waits.iter().flat_map(|(_, blockers)| blockers).all(is_waiting) {
        return Ok(());
    }
    let all: Vec<String> = waits.iter().map(|(pid, _)| format!("pid {pid}")).collect();
    Err(Error::refused(format!("{} wait for each other, so none of them stands first", all.join(", ")))
        .hint("the server ends one of them after deadlock_timeout: bursar inspect locks"))
}

/// Says what was sent, and whether those that waited go on.
fn told(context: &Context, format: Format, root: &Root, ended: &Ended, mut facts: Value) -> Outcome {
    let behind = |by: &Root| by.waiting.iter().filter(|pid| root.waiting.contains(pid)).count();
    let held: Vec<&Root> = ended.roots.iter().filter(|now| behind(now) > 0).collect();
    let stuck = held.iter().any(|now| now.pid == root.pid);
    let still: Vec<&i32> = root.waiting.iter().filter(|pid| held.iter().any(|now| now.waiting.contains(pid))).collect();
    let outcome = match ended.sent.as_slice() {
        [] => "nothing",
        _ if stuck => "still_held",
        _ => "done",
    };
    let did = match ended.sent.as_slice() {
        [] => format!("pid {} holds up nobody any more; nothing was done", root.pid),
        [Signal::Cancel] => format!("the statement of pid {} was cancelled", root.pid),
        _ => format!("the session of pid {} was told to end", root.pid),
    };
    let mut lines = vec![format!("{} {did}", if stuck { "✗" } else { "✓" })];
    let free = root.waiting.len() - still.len();
    if free > 0 {
        lines.push(format!("{} of {} that waited no longer wait", free, root.waiting.len()));
    }
    lines.extend(held.iter().map(|now| format!("{} now behind {}", behind(now), escape(&now.name()))));
    facts["signals"] = json!(ended.sent);
    facts["still_waiting"] = json!(still);
    facts["behind"] = json!(held.iter().map(|now| now.pid).collect::<Vec<_>>());
    report(context, format, outcome, facts, lines.join("\n"))?;
    Ok(if stuck { Done::Incomplete } else { Done::Clean })
}

fn report(context: &Context, format: Format, outcome: &str, facts: Value, text: String) -> Outcome {
    let view = View::new("inspect").field("outcome", outcome).fields(facts).page(|| Page::text(text));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}
