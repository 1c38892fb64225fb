//! Runs the queries of a pack as the engine wraps them, and compares the words of its states with the database's.

use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};

use super::asked::{LIMIT, Untried, texts};
use super::check::{may_lack, place};
use super::examined::{Examined, in_manifest, in_references, seq_is_null, stated};
use super::figures::{figures, sealed_keys};
use super::model::{Order, Pack};
use super::sql::Source;
use super::sql::Sql;
use super::tenant::TENANT;
use super::types::at;
use crate::db::{Connection, brief, guarded, sqlstate};
use crate::error::Result;

/// Entries that are looked at for their place in the order.
const NUMBERED: usize = 50_000;

/// Rows that a query is run for.
const ROWS: usize = 100;

/// Runs every query of the pack for its first rows, and with `data` looks at a sample of them.
///
/// # Errors
/// As [`Pack::enter`]; if the connection is lost.
pub async fn examine(connection: &mut Connection, pack: &Pack, data: bool) -> Result<Examined> {
    let mut examined = Examined::default();
    pack.enter(connection).await?;
    let now: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT now()").fetch_one(&mut *connection).await?;
    for (sql, _) in pack.queries() {
        let text = sql.filled(connection).await?;
        let head = head(pack, sql);
        let whole = format!("{head}{text}\n) AS q LIMIT {ROWS}");
        let windowed = pack.stats.iter().any(|t| std::ptr::eq(&t.sql, sql));
        let ran = guarded(connection, async |connection: &mut Connection| {
            brief(connection, LIMIT, async |connection: &mut Connection| {
                let mut query = sqlx::query(AssertSqlSafe(whole.clone()));
                if windowed {
                    query = query.bind(now - chrono::TimeDelta::days(1)).bind(now).bind("day").bind("UTC");
                }
                Ok(query.fetch_all(connection).await.map(|_| ()))
            })
            .await
            .map(|done| done.unwrap_or(Ok(())))
        })
        .await?;
        match ran {
            Ok(Ok(())) => {}
            Ok(Err(sqlx::Error::Database(error))) if error.code().as_deref() == Some(sqlstate::QUERY_CANCELED) => {
                examined.notes.push(format!(
                    "{}: its first rows take longer than {} seconds",
                    sql.file,
                    LIMIT.as_secs()
                ));
            }
            Ok(Err(error)) if may_lack(pack, sql, &error) => {}
            Ok(Err(error)) => examined.problems.push(place(error, sql, &whole, head.len())?),
            Err(error) => return Err(error),
        }
    }
    words(connection, pack, &mut examined).await?;
    references(connection, pack, &mut examined).await?;
    for part in pack.parts() {
        unnumbered(connection, &part, &mut examined).await?;
        unknown_columns(connection, &part, &mut examined).await?;
        if data {
            figures(connection, &part, &mut examined).await?;
        }
    }
    if data {
        sealed_keys(connection, pack, &mut examined).await?;
    }
    Ok(examined)
}

/// The references that do not fit the tables, and those that no row of the first ones has.
async fn references(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    for reference in &pack.references {
        let name = format!("{}.{}", reference.table, reference.column());
        match texts(connection, &reference.trial(NUMBERED), &[]).await? {
            Ok(rows) => {
                let counts: Vec<&str> = rows.iter().flatten().flatten().map(String::as_str).collect();
                if let [rows, "0"] = counts[..]
                    && rows != "0"
                {
                    examined.notes.push(format!("[[references]]: none of {rows} rows has anything in {name}"));
                }
            }
            Err(Untried::Refused(message)) => examined.problems.push(in_references(pack, &name, message)),
            Err(Untried::Slow | Untried::Unsafe) => {}
        }
    }
    Ok(())
}

/// A ledger in the order of `seq` of which entries lack it.
async fn unnumbered(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    let Some(ledger) = pack.ledger.as_ref().filter(|l| l.order == Order::Seq) else { return Ok(()) };
    let query = format!(
        "SELECT ARRAY[(count(*) FILTER (WHERE q.seq IS NULL))::text, count(*)::text] FROM (SELECT x.seq FROM ({}\n) x LIMIT {NUMBERED}) q",
        ledger.entries.filled(connection).await?
    );
    // A query that does not run, or not in time, is told already.
    let Ok(rows) = texts(connection, &query, &[]).await? else { return Ok(()) };
    let counts: Vec<i64> = rows.iter().flatten().flatten().filter_map(|n| n.parse().ok()).collect();
    if let [without, of] = counts[..]
        && without > 0
    {
        examined.problems.push(at(&ledger.entries, "seq", seq_is_null(without, of)));
    }
    Ok(())
}

/// The columns that a query returns and nothing reads: their names may be mistakes.
async fn unknown_columns(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    const MAY: [(Source, &[&str]); 5] = [
        (Source::Entries, &["running_before", "magnitude", "content", "reverses", TENANT]),
        (Source::Balances, &["floor", "opening", TENANT]),
        (Source::Payments, &["settled", TENANT]),
        (Source::Refunds, &[TENANT]),
        (Source::Jobs, &["queue", "priority", "blocked_by", "unique_key", "progress_at"]),
    ];
    let jobs = pack.jobs.iter().flat_map(|j| [&j.workers, &j.queues, &j.schedules, &j.claimable, &j.pace]).flatten();
    let sources = MAY.into_iter().filter_map(|(source, may)| Some((pack.source(source)?, may)));
    for (sql, may) in sources.chain(jobs.map(|sql| (sql, &[][..]))) {
        let must =
            pack.queries().into_iter().find(|(own, _)| std::ptr::eq(*own, sql)).map_or(&[][..], |(_, must)| must);
        let text = sql.filled(connection).await?;
        let found =
            guarded(connection, async |connection: &mut Connection| Ok(connection.columns(&text).await?)).await?;
        // One that does not fit the database is told already.
        let Ok(found) = found else { continue };
        let unknown: Vec<&str> =
            found.iter().map(|c| c.name()).filter(|name| !must.contains(name) && !may.contains(name)).collect();
        if !unknown.is_empty() {
            examined.notes.push(format!("{}: nothing reads the column {}", sql.file, unknown.join(", ")));
        }
    }
    Ok(())
}

/// The beginning of a query as the engine wraps it, with what the engine makes of its columns.
fn head(pack: &Pack, sql: &Sql) -> String {
    let is = |source| pack.source(source).is_some_and(|own| std::ptr::eq(own, sql));
    let more = if is(Source::Jobs) {
        ", q.status::text, CASE WHEN false THEN q.payload::jsonb END, CASE WHEN false THEN q.result::jsonb END"
    } else if is(Source::Payments) {
        ", q.amount::numeric, q.provider_ids::text[], q.created_at::timestamptz, q.refundable::boolean"
    } else {
        ""
    };
    format!("SELECT q.*{more} FROM (")
}

/// The words of states that the column cannot hold, with their place, and the words of its type that are in no state.
async fn words(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    for (part, sql, words) in stated(pack) {
        let text = sql.filled(connection).await?;
        let prepared = guarded(connection, async |connection: &mut Connection| {
            Ok(connection.prepare(AssertSqlSafe(text).into_sql_str()).await?)
        })
        .await?;
        // One that does not fit the database is told already.
        let Ok(prepared) = prepared else { continue };
        let status = prepared.columns().iter().find(|c| c.name() == "status");
        let Some(kind) = status.and_then(|c| c.type_info().oid()) else { continue };
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = $1 ORDER BY e.enumsortorder",
        )
        .bind(kind)
        .fetch_all(&mut *connection)
        .await?;
        if known.is_empty() {
            continue;
        }
        for word in words.iter().filter(|w| !known.contains(w)) {
            let message = format!(
                "[{part}.states] has '{word}', which is no word of the column's type; it has {}",
                known.join(", ")
            );
            examined.problems.push(in_manifest(pack, part, word, message));
        }
        let left: Vec<String> = known.into_iter().filter(|w| !words.contains(w)).collect();
        if !left.is_empty() {
            examined.notes.push(format!("[{part}.states] in pack.toml gives no meaning to {}", left.join(", ")));
        }
    }
    Ok(())
}
