//! The application's own checks: each row of a check's query is a violation.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::comparable::Comparable;
use super::finding::Finding;
use super::model::{Described, Part};
use super::scope::Scope;
use crate::db::{Tx, guarded};
use crate::error::{Result, ResultExt as _};
use crate::packs::{Check, Pack, Shape, asks_for};
use crate::text::quoted;

pub(super) fn described(pack: &Pack, check: &Check) -> Described {
    Described {
        id: check.id.clone(),
        title: check.title.clone(),
        severity: check.severity,
        reads: check.reads.clone(),
        why: check.why.clone(),
        remedy: check.remedy.clone(),
        sql: if check.sources.is_empty() {
            check.sql.text.clone()
        } else {
            pack.canonical(&check.sql.text, &Shape::default())
        },
    }
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>, check: &Check) -> Result<Part> {
    let started = Instant::now();
    let (mut part, about) = (Part::default(), &described(scope.pack, check));
    // What reads nothing but bursar's own tables says nothing where there are none.
    let own = !check.reads.is_empty() && check.reads.iter().all(|table| table.starts_with("bursar."));
    let of_refunds = scope.pack.refunds.is_none() && asks_for(&check.sql.text, "{all_refunds}");
    if (own || of_refunds) && !crate::db::relation_exists(tx, crate::store::refunds::TABLE).await? {
        part.skip(
            about,
            match of_refunds {
                true => "the pack has no refunds.sql, and bursar keeps no refunds in this database",
                false => "bursar keeps no refunds in this database",
            },
        );
        return Ok(part);
    }
    if let Some(reason) = &check.lacks {
        part.skip(about, reason);
        return Ok(part);
    }
    if check.is_placeholder() {
        part.skip(about, "it is the placeholder of a draft and has no query yet");
        return Ok(part);
    }
    let mut found = scope.options.findings();
    let (mut comparable, mut lacking, mut unchecked) = (None, None, Vec::new());
    let outcome = guarded(tx, async |connection| {
        let mut sql = check.sql.clone();
        if !check.sources.is_empty() {
            // Several connections look at the same time.
            let mut shape = scope.shape.borrow().clone();
            shape.complete(connection, scope.pack, &check.sources).await?;
            sql.text = scope.pack.canonical(&sql.text, &shape);
            // One account says nothing about a pack.
            if scope.options.is_whole() && Comparable::is_needed(scope.pack, &check.id) {
                let counts = async || Comparable::of(connection, scope.pack, &shape).await;
                let counts = scope.comparable.get_or_try_init(counts).await?;
                lacking = counts.why_not(scope.pack, &check.id);
                comparable = Some(counts);
            }
            scope.shape.borrow_mut().learn(shape);
        }
        if lacking.is_some() {
            return Ok(found);
        }
        let sql = wrap(&sql.filled(connection).await?);
        // Of conditions on what a pack's query works out, the planner thinks that they leave next to nothing. Then it would
        // compare each payment with each entry.
        let joins_all = !check.sources.is_empty() && scope.options.is_whole();
        if joins_all {
            connection.execute("SET LOCAL enable_nestloop = off").await?;
        }
        let query = sqlx::query(AssertSqlSafe(sql)).bind(&scope.options.account);
        let (mut rows, mut skipped) = (query.fetch(&mut *connection), None);
        while let Some(row) = rows.try_next().await? {
            let text = |column: &str| -> Result<Option<String>> { Ok(row.try_get(column)?) };
            // A row that says what was not compared is no finding.
            if let Some(reason) = text("skipped")? {
                skipped = Some(reason);
                continue;
            }
            if let Some(what) = text("unchecked")? {
                unchecked.push(format!("{}: {what}", check.id));
                continue;
            }
            let named = [("PAYMENT", text("payment")?), ("REFUND", text("refund")?)];
            let finding = Finding {
                check: check.id.clone(),
                severity: check.severity,
                table: text("table_name")?.unwrap_or_default(),
                key: text("key")?.unwrap_or_default(),
                account: text("account")?,
                unit: text("unit")?,
                expected: text("expected")?,
                actual: text("actual")?,
                difference: text("difference")?,
                first_bad_entry: text("first_bad_entry")?,
                message: text("message")?.unwrap_or_default(),
                cause: check.cause.clone(),
                remedy: check.remedy.clone(),
                ..Finding::default()
            };
            found.push(with_ids(finding, named, scope.pack).sealed())?;
        }
        drop(rows);
        if joins_all {
            connection.execute("SET LOCAL enable_nestloop TO DEFAULT").await?;
        }
        // What was found is never hidden.
        lacking = skipped.filter(|_| found.count() == 0);
        Ok(found)
    })
    .await?
    .context(&check.sql.file);
    if let Some(reason) = lacking {
        part.skip(about, &reason);
        return Ok(part);
    }
    part.record(about, started, outcome);
    part.unchecked.extend(unchecked);
    if let (Some(comparable), Some(result)) = (comparable, part.checks.last().filter(|c| c.is_answered())) {
        part.suspected.extend(comparable.suspicion(scope.pack, &check.id, result.findings));
        part.unchecked.extend(comparable.unchecked(scope.pack, &check.id));
    }
    Ok(part)
}

/// The finding with its payment and its refund in the commands of its remedy. A row of the payments is named by its key.
fn with_ids(mut finding: Finding, mut named: [(&str, Option<String>); 2], pack: &Pack) -> Finding {
    if pack.payments.as_ref().and_then(|p| p.reads.first()) == Some(&finding.table) {
        named[0].1.get_or_insert_with(|| finding.key.clone());
    }
    for (place, id) in named {
        if let Some(id) = id {
            finding.remedy = finding.remedy.replace(place, &quoted(&id));
        }
    }
    finding
}

/// The check as one statement whose columns are all text. A check may leave out
/// `first_bad_entry`, `payment`, `refund`, `skipped` and `unchecked`; the row as JSON answers for columns that may be absent.
fn wrap(sql: &str) -> String {
    // Numbers are compared by the server, which is exact; anything else has no difference.
    const NUMBER: &str = "'^-?[0-9]+(\\.[0-9]+)?$'";
    format!(
        "SELECT table_name::text, key::text, account::text, unit::text, expected::text, actual::text, message::text,
                to_jsonb(v) ->> 'first_bad_entry' AS first_bad_entry, to_jsonb(v) ->> 'payment' AS payment, to_jsonb(v) ->> 'refund' AS refund,
                to_jsonb(v) ->> 'skipped' AS skipped, to_jsonb(v) ->> 'unchecked' AS unchecked,
                CASE WHEN expected::text ~ {NUMBER} AND actual::text ~ {NUMBER} THEN (actual::text::numeric - expected::text::numeric)::text END AS difference
           FROM ({sql}\n) AS v WHERE $1::text IS NULL OR account::text = $1 ORDER BY table_name, key, unit"
    )
}
