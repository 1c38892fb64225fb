//! A draft of `jobs.sql`.

use super::catalogue::{Catalogue, Column, Table, comment, plain};
use super::names;
use super::states::{self, Placed};
use crate::db::Connection;
use crate::error::Result;

/// A drafted query with what belongs into `pack.toml`.
#[derive(Debug)]
pub(super) struct Jobs {
    pub table: String,
    pub sql: String,
    pub lacks: Vec<&'static str>,
    pub states: Placed,
    pub said: String,
}

fn name_score(name: &str) -> i32 {
    let words: Vec<String> = names::words(name).iter().map(|w| names::singular(w)).collect();
    let says = |any: &[&str]| words.iter().any(|w| any.contains(&w.as_str()));
    let base = if says(&["job"]) {
        6
    } else if says(&["task", "queue"]) {
        4
    } else {
        0
    };
    let other = [
        "attempt",
        "log",
        "event",
        "history",
        "process",
        "execution",
        "schedule",
        "cron",
        "result",
        "batch",
        "type",
        "definition",
        "lock",
        "worker",
        "dependency",
        "param",
        "setting",
    ];
    base - if says(&other) { 5 } else { 0 }
}

fn status(table: &Table) -> Option<usize> {
    let named = |i: &usize| table.columns[*i].is_text() && table.columns[*i].says(names::STATUS);
    (0..table.columns.len()).filter(named).min_by_key(|&i| names::words(&table.columns[i].name).len())
}

/// The findings about jobs.
#[derive(Debug)]
pub(super) enum Found {
    Drafted(Box<Jobs>),
    /// Tables that are called like a queue, and lack a status.
    Without(Vec<String>),
}

/// Drafts the jobs of the table that is named, or of the likeliest one.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn jobs(connection: &mut Connection, catalogue: &Catalogue, only: Option<usize>) -> Result<Found> {
    let score = |table: &Table| {
        let helps = |any: &[&str]| i32::from(table.columns.iter().any(|c| c.says(any)));
        name_score(&table.name)
            + helps(&["attempt", "retry"])
            + helps(&["payload", "args", "input"])
            + helps(&["worker", "attempted", "locked"])
            + helps(&["scheduled", "run"])
    };
    let fits = |(i, table): &(usize, &Table)| match only {
        Some(only) => only == *i,
        None => name_score(&table.name) > 0,
    };
    let called: Vec<(usize, &Table)> = catalogue.tables.iter().enumerate().filter(fits).collect();
    let best = called
        .iter()
        .filter(|(_, t)| status(t).is_some() && t.key().is_some())
        .max_by_key(|(i, t)| (score(t), std::cmp::Reverse(*i)));
    let Some((table, column)) = best.and_then(|(_, table)| Some((*table, status(table)?))) else {
        return Ok(Found::Without(called.into_iter().map(|(_, t)| t.name.clone()).take(3).collect()));
    };
    let words = states::words_of(connection, catalogue, table, column).await?;
    let mut drafted = write(catalogue, table, column, &words.all);
    if words.sampled {
        drafted.said = format!("{}; of the status, {}", drafted.said, states::SAMPLED);
    }
    Ok(Found::Drafted(Box::new(drafted)))
}

fn write(catalogue: &Catalogue, table: &Table, status: usize, words: &[String]) -> Jobs {
    let name = |i: usize| format!("t.{}", table.columns[i].quoted());
    let find = |fits: &dyn Fn(&Column) -> bool| table.columns.iter().position(fits);
    let or_null = |i: Option<usize>, kind: &str| i.map_or_else(|| format!("NULL::{kind}"), name);
    let number = |any: &[&str], not: &[&str]| find(&|c| c.is_integer() && !c.key && c.says(any) && !c.says(not));
    let time = |any: &[&str], not: &[&str]| find(&|c| c.is_time() && c.says(any) && !c.says(not));
    let text = |any: &[&str], not: &[&str]| find(&|c| c.category == "S" && !c.key && c.says(any) && !c.says(not));
    let json = |any: &[&str]| {
        find(&|c| (c.base == "jsonb" || c.base == "json" || c.base == "text") && c.says(any) && !c.says(&["type"]))
    };
    let when = |i: Option<usize>| {
        i.map_or("NULL::timestamptz".to_owned(), |i| table.columns[i].as_time("t", &catalogue.zone, false))
    };
    let kind = text(&["kind", "type", "class"], &["queue", "payload"])
        .or_else(|| text(&["task", "job", "handler", "name", "worker"], &["queue", "id"]))
        .or_else(|| text(&["queue"], &[]));
    let queue = text(&["queue"], &["lock", "key"]);
    let attempts = number(&["attempt", "tries", "try", "retry", "retries"], &["max", "limit"]);
    let most = number(&["max", "limit"], &["size"])
        .filter(|&i| table.columns[i].says(&["attempt", "retry", "retries", "tries", "limit"]));
    let worker =
        text(&["worker", "locked", "leased", "claimed"], &["type", "at", "class"]).filter(|w| Some(*w) != kind);
    let started = time(&["started", "attempted", "processing", "picked"], &["scheduled"]);
    let finished = time(&["completed", "finished", "finalized", "ended", "done"], &[]);
    let failed = time(&["failed", "discarded", "errored"], &[]);
    let lease = time(&["lease", "leased", "visible", "visibility", "expires"], &["created"])
        .filter(|&i| table.columns[i].says(&["until", "expires", "at", "deadline", "timeout", "visible"]));
    let facts = [
        (lease, "leases"),
        (worker, "workers"),
        (started, "starts"),
        (finished.or(failed), "ends"),
        (attempts, "attempts"),
    ];
    let lacks = facts.into_iter().filter_map(|(column, fact)| column.is_none().then_some(fact)).collect();
    let (states, said) = states_of(words);
    let sql = format!(
        "-- reads: {}
-- One row per job. A fact that is not kept is NULL; [jobs] in pack.toml holds the meaning of each status.
SELECT {} AS job_id,
       {} AS kind,
{queue}       {} AS status,
       {} AS attempts,
       {} AS max_attempts,
       {} AS worker,
       {} AS created_at,
       {} AS scheduled_at,
       {} AS retry_at,
       {} AS started_at,
       {} AS lease_until,
       {} AS finished_at,
       {} AS failed_at,
       {} AS error,
       {} AS payload,
       {} AS result,
       t.xmin::text AS version
FROM {} t
",
        comment(&table.name),
        or_null(table.key(), "text"),
        or_null(kind, "text"),
        name(status),
        or_null(attempts, "integer"),
        or_null(most, "integer"),
        or_null(worker, "text"),
        when(time(&["created", "enqueued", "inserted"], &[])),
        when(time(&["scheduled", "run", "due", "available"], &["created"])),
        when(time(&["retry"], &[])),
        when(started),
        when(lease),
        when(finished),
        when(failed),
        or_null(text(&["error", "exception", "failure"], &["code"]), "text"),
        or_null(json(&["payload", "input", "args", "arguments", "params", "data"]), "jsonb"),
        or_null(json(&["result", "output"]), "jsonb"),
        plain(&table.name),
        queue =
            queue.filter(|q| Some(*q) != kind).map(|q| format!("       {} AS queue,\n", name(q))).unwrap_or_default(),
    );
    Jobs { table: table.name.clone(), sql, lacks, said: format!("jobs in {}: {said}", table.name), states }
}

/// The states of the words, and what is said of them.
fn states_of(words: &[String]) -> (Placed, String) {
    let placed = states::of_jobs(words);
    if placed.0.is_empty() {
        // The table is empty and nothing limits its words. In a text, a word that is never there harms nothing.
        let common = ["queued", "pending", "running", "retrying", "failed", "done", "completed", "dead", "cancelled"];
        let common: Vec<String> = common.iter().map(|w| (*w).to_owned()).collect();
        return (
            states::of_jobs(&common),
            "the words of its states are a guess, because the table is empty".to_owned(),
        );
    }
    let unknown = match placed.1.is_empty() {
        true => String::new(),
        false => format!(", without a known meaning: {}", placed.1.join(", ")),
    };
    let said = format!("{} of its status{unknown}", crate::text::counted(words.len(), "word"));
    (placed, said)
}
