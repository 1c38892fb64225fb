//! The words of a status, their meanings and their source.

use sqlx::Row as _;

use super::catalogue::{Catalogue, Table};
use super::names::says;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::{Untried, texts};

/// The most words that a status may have.
const MOST: usize = 40;

/// The remark about words that come from a sample.
pub(super) const SAMPLED: &str =
    "its words are those of 20,000 rows, because reading the whole column takes too long; others have no meaning yet";

/// The words of a column.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub all: Vec<String>,
    /// True if not all rows were read.
    pub sampled: bool,
}

/// The words of a column: of its enum, of its constraint, or else of the rows that are there.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn words_of(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    column: usize,
) -> Result<Words> {
    let status = &table.columns[column];
    if !status.words.is_empty() {
        return Ok(Words { all: status.words.clone(), sampled: false });
    }
    let constraint = sqlx::query(
        "SELECT pg_get_constraintdef(f.oid) AS text FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND f.conkey = ARRAY[a.attnum]
          WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND f.contype = 'c' LIMIT 1",
    )
    .bind(&catalogue.schema)
    .bind(&table.name)
    .bind(&status.name)
    .fetch_optional(&mut *connection)
    .await?;
    let mut found: Vec<String> = Vec::new();
    if let Some(row) = constraint {
        let text: String = row.try_get("text")?;
        if text.contains("= ANY") || text.contains(" IN ") {
            found.extend(text.split('\'').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let name = crate::db::quote_identifier(&status.name);
    let of_rows = |limit: &str| {
        format!(
            "SELECT ARRAY[s.word] FROM (SELECT DISTINCT t.{name}::text FROM (SELECT x.{name} FROM {} x WHERE x.{name} IS NOT NULL{limit}) t) s (word) LIMIT {}",
            catalogue.qualified(table),
            MOST + 1
        )
    };
    let mut rows = texts(connection, &of_rows(""), &[]).await?;
    let sampled = rows == Err(Untried::Slow);
    if sampled {
        rows = texts(connection, &of_rows(" LIMIT 20000"), &[]).await?;
    }
    found.extend(rows.unwrap_or_default().into_iter().flatten().flatten());
    found.sort_unstable();
    found.dedup();
    // So many are no status.
    Ok(Words { all: if found.len() > MOST { Vec::new() } else { found }, sampled })
}

/// The words under the name of the state that each means, and those without a known meaning.
pub(super) type Placed = (Vec<(&'static str, Vec<String>)>, Vec<String>);

fn placed(all: &[String], states: &[&'static str], state: impl Fn(&str) -> Option<&'static str>) -> Placed {
    let mut placed: Vec<(&'static str, Vec<String>)> = states.iter().map(|s| (*s, Vec::new())).collect();
    let mut unknown = Vec::new();
    for word in all {
        match state(word).and_then(|s| placed.iter_mut().find(|(name, _)| *name == s)) {
            Some((_, words)) => words.push(word.clone()),
            None => unknown.push(word.clone()),
        }
    }
    placed.retain(|(_, words)| !words.is_empty());
    (placed, unknown)
}

/// Words beside that of a refund that did not give the money back, or not yet.
const NOT_REFUNDED: &[&str] = &[
    "not",
    "no",
    "non",
    "pending",
    "failed",
    "requested",
    "requires",
    "awaiting",
    "processing",
    "initiated",
    "rejected",
    "declined",
    "denied",
    "canceled",
    "cancelled",
    "eligible",
];

/// Words of a payment that is not paid, also beside a word of one that is.
const UNPAID: &[&str] =
    &["un", "unpaid", "not", "requires", "pending", "failed", "awaiting", "partial", "partially", "incomplete"];

/// Words of a payment that is paid.
const PAID: &[&str] =
    &["paid", "succeeded", "success", "successful", "completed", "complete", "captured", "settled", "charged"];

/// Words of a payment that is not paid, or no more.
const NOT_PAID: &[&str] = &[
    "processing",
    "created",
    "new",
    "open",
    "draft",
    "expired",
    "void",
    "voided",
    "declined",
    "rejected",
    "canceled",
    "cancelled",
    "uncollectible",
    "initiated",
    "error",
    "abandoned",
    "authorized",
    "authorised",
    "authorizing",
    "fail",
    "failure",
    "refused",
    "denied",
];

/// Words of a refund that failed.
const REFUND_FAILED: &[&str] = &[
    "failed",
    "failure",
    "fail",
    "canceled",
    "cancelled",
    "rejected",
    "declined",
    "denied",
    "refused",
    "error",
    "void",
    "voided",
    "expired",
];

/// Words of a refund that has not ended.
const REFUND_OPEN: &[&str] = &[
    "pending",
    "processing",
    "requested",
    "requires",
    "created",
    "initiated",
    "queued",
    "open",
    "new",
    "submitted",
    "scheduled",
    "awaiting",
];

/// Words of a refund that is done.
const REFUND_DONE: &[&str] = &[
    "succeeded",
    "success",
    "successful",
    "completed",
    "complete",
    "refunded",
    "processed",
    "done",
    "settled",
    "paid",
    "finished",
];

/// Words of a job that is done.
const JOB_DONE: &[&str] =
    &["done", "succeeded", "success", "successful", "completed", "complete", "finished", "processed"];

/// Words of a job that runs.
const JOB_RUNNING: &[&str] = &[
    "running",
    "processing",
    "progress",
    "active",
    "executing",
    "picked",
    "doing",
    "started",
    "leased",
    "reserved",
    "claimed",
    "working",
    "aborting",
];

/// Words of a job that waits for its turn.
const JOB_QUEUED: &[&str] = &[
    "queued",
    "pending",
    "scheduled",
    "waiting",
    "available",
    "created",
    "ready",
    "new",
    "todo",
    "enqueued",
    "delayed",
];

/// The words of payments.
pub(super) fn of_payments(all: &[String]) -> Placed {
    placed(all, &["paid", "partly", "refunded", "unpaid"], |word| {
        let refunded = says(word, &["refunded", "refund"]);
        Some(match () {
            // The money is in dispute, or is gone without a refund: no state says that.
            () if says(word, &["chargeback", "dispute", "disputed", "back"]) => return None,
            () if refunded && says(word, NOT_REFUNDED) => "paid",
            () if refunded && says(word, &["partial", "partially", "partly"]) => "partly",
            () if refunded => "refunded",
            () if says(word, UNPAID) => "unpaid",
            () if says(word, PAID) => "paid",
            () if says(word, NOT_PAID) => "unpaid",
            () => return None,
        })
    })
}

/// The words of refunds.
pub(super) fn of_refunds(all: &[String]) -> Placed {
    placed(all, &["done", "open", "failed"], |word| {
        Some(match () {
            () if says(word, &["not", "no", "non"]) => return None,
            () if says(word, REFUND_FAILED) => "failed",
            () if says(word, REFUND_OPEN) => "open",
            () if says(word, REFUND_DONE) => "done",
            () => return None,
        })
    })
}

/// The words of jobs.
pub(super) fn of_jobs(all: &[String]) -> Placed {
    let is_dead = |word: &str| says(word, &["dead", "dlq", "discarded", "discard", "buried", "exhausted"]);
    let has_dead = all.iter().any(|w| is_dead(w));
    placed(all, &["queued", "waiting", "running", "failed", "done", "dead", "cancelled"], |word| {
        Some(match () {
            // What somebody forbade is not tried again with what failed.
            () if says(word, &["cancelled", "canceled", "aborted"]) => "cancelled",
            () if is_dead(word) || says(word, &["expired"]) => "dead",
            // No worker takes such a job, whatever its time.
            () if says(word, &["suspended", "blocked"]) => "waiting",
            () if says(word, &["retry", "retrying", "retryable", "retried"]) => "failed",
            // Where jobs have no other end, a failed one is not tried again.
            () if says(word, &["failed", "failure", "error", "errored", "exception"]) => {
                if has_dead {
                    "failed"
                } else {
                    "dead"
                }
            }
            () if says(word, JOB_DONE) => "done",
            () if says(word, JOB_RUNNING) => "running",
            () if says(word, JOB_QUEUED) => "queued",
            () => return None,
        })
    })
}

/// A text in TOML.
pub(super) fn quoted(text: &str) -> String {
    ::toml::Value::String(text.to_owned()).to_string()
}

/// The states as TOML, below the header that they need.
pub(super) fn toml((placed, unknown): &Placed) -> String {
    let list = |words: &[String]| words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for (state, words) in placed {
        text.push_str(&format!("{state} = [{}]\n", list(words)));
    }
    if !unknown.is_empty() {
        text.push_str(&format!("# Words without a meaning yet; add each to one of the states: {}\n", list(unknown)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{of_jobs, of_payments};

    fn state(placed: super::Placed, word: &str) -> Option<&'static str> {
        placed.0.into_iter().find(|(_, words)| words.iter().any(|w| w == word)).map(|(state, _)| state)
    }

    #[test]
    fn words_have_a_meaning_or_none() {
        for (word, meaning) in [
            ("partially_refunded", Some("partly")),
            ("REFUNDED", Some("refunded")),
            ("requires_payment_method", Some("unpaid")),
            ("succeeded", Some("paid")),
            ("unpaid", Some("unpaid")),
            ("zeta", None),
        ] {
            assert_eq!(state(of_payments(&[word.to_owned()]), word), meaning, "{word}");
        }
        let every =
            ["available", "cancelled", "completed", "discarded", "pending", "retryable", "running", "scheduled"];
        let every: Vec<String> = every.iter().map(|w| (*w).to_owned()).collect();
        assert!(of_jobs(&every).1.is_empty());
        // A retry of what is dead is not to run what somebody forbade.
        for (word, meaning) in [("cancelled", "cancelled"), ("discarded", "dead"), ("retryable", "failed")] {
            assert_eq!(state(of_jobs(&every), word), Some(meaning), "{word}");
        }
        assert_eq!(state(of_jobs(&["suspended".to_owned()]), "suspended"), Some("waiting"));
        assert_eq!(state(of_jobs(&["failed".to_owned()]), "failed"), Some("dead"));
        assert_eq!(state(of_jobs(&["failed".to_owned(), "dead".to_owned()]), "failed"), Some("failed"));
    }
}
