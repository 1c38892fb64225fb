//! Reads refunds: one, the open ones, or a page of them; and works out what one would do.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use sqlx::types::{Json, Uuid};

use super::{COLUMNS, Refund, State, Terms};
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::Key;

/// Which refunds to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these states; empty for all.
    pub states: Vec<State>,
    /// Only those of this payment.
    pub payment: Option<String>,
    /// Only those of this account.
    pub account: Option<String>,
    /// Only those asked for since then, in UTC.
    pub since: Option<DateTime<Utc>>,
    /// Only those that were asked for before the refund of this number.
    pub before: Option<i64>,
}

/// One step of a refund's history.
#[derive(Debug, Clone, serde::Serialize, sqlx::FromRow)]
pub struct Transition {
    /// The state before; none for the first.
    pub from_state: Option<String>,
    /// The state since.
    pub to_state: String,
    /// When, in UTC.
    pub at: DateTime<Utc>,
    /// The login that made the step.
    pub database_role: String,
    /// Who that was, as bursar knew them.
    pub actor: Json<serde_json::Value>,
    /// What went wrong, where something did.
    pub detail: Option<String>,
}

/// Sees to it that the database can keep refunds.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require(connection: &mut Connection) -> Result<()> {
    if db::relation_exists(connection, "bursar.refunds").await? {
        return Ok(());
    }
    Err(Error::usage("this database keeps no refunds yet").hint("bursar migrate up --only bursar"))
}

/// Sees to it that the functions through which refunds are made are as new as this bursar.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require_functions(connection: &mut Connection) -> Result<()> {
    require(connection).await?;
    let there: bool =
        sqlx::query_scalar("SELECT to_regprocedure('bursar.refund_withdraw(uuid, text, jsonb)') IS NOT NULL")
            .fetch_one(connection)
            .await?;
    match there {
        true => Ok(()),
        false => Err(Error::usage("this database's functions for refunds are older than this bursar")
            .hint("bursar migrate up --only bursar")),
    }
}

/// The refund of this id, of the gateway's id of it, or of an unambiguous beginning of its id.
///
/// # Errors
/// Usage errors: none, or several.
pub async fn find(connection: &mut Connection, text: &str) -> Result<Refund> {
    require(connection).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.refunds
          WHERE id = $2 OR gateway_ref = $1 OR ($2 IS NULL AND length($1) >= 4 AND starts_with(id::text, lower($1)))
          ORDER BY id = $2 DESC NULLS LAST, gateway_ref = $1 DESC NULLS LAST, number DESC LIMIT 11"
    );
    let mut found: Vec<Refund> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(text).bind(Uuid::parse_str(text).ok()).fetch_all(connection).await?;
    let exact = found.first().is_some_and(|r| r.gateway_ref.as_deref() == Some(text));
    match found.len() {
        0 => Err(Error::usage(format!("there is no refund '{text}'")).hint("bursar refund list")),
        n if n == 1 || exact => Ok(found.swap_remove(0)),
        _ => {
            let ids: Vec<String> = found.iter().take(10).map(|r| r.id.to_string()).collect();
            Err(Error::usage(format!("'{text}' may be several refunds: {}", ids.join(", ")))
                .hint("write more of the id"))
        }
    }
}

/// True where this text is the whole id of the refund, ours or the gateway's.
pub fn is_whole_id(text: &str, refund: &Refund) -> bool {
    Uuid::parse_str(text).is_ok_and(|id| id == refund.id) || refund.gateway_ref.as_deref() == Some(text)
}

/// The newest refunds whose id begins so, at most `limit` of them.
///
/// # Errors
/// As [`require`].
pub async fn beginning(connection: &mut Connection, prefix: &str, limit: usize) -> Result<Vec<Refund>> {
    require(connection).await?;
    let Some(bounds) = Key::Uuid.bounds(prefix) else { return Ok(Vec::new()) };
    let condition = Key::Uuid.begins("id", "$1");
    let sql = format!("SELECT {COLUMNS} FROM bursar.refunds WHERE {condition} ORDER BY number DESC LIMIT {limit}");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(bounds).fetch_all(connection).await?)
}

/// The refund of this idempotency key.
///
/// # Errors
/// Where it cannot be read.
pub async fn by_key(connection: &mut Connection, key: &str) -> Result<Option<Refund>> {
    let sql = format!("SELECT {COLUMNS} FROM bursar.refunds WHERE idempotency_key = $1");
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(key).fetch_optional(connection).await?)
}

/// A page of refunds, newest first, and how many there are in all. A limit of 0 is none.
///
/// # Errors
/// Where they cannot be read.
pub async fn list(connection: &mut Connection, filter: &Filter, limit: usize) -> Result<(Vec<Refund>, u64)> {
    require(connection).await?;
    const WHERE: &str = "(cardinality($1::text[]) = 0 OR state = ANY ($1)) AND ($2::text IS NULL OR payment = $2)
        AND ($3::text IS NULL OR account = $3) AND ($4::timestamptz IS NULL OR created_at >= $4)";
    let states: Vec<&str> = filter.states.iter().map(|s| s.name()).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.refunds WHERE {WHERE} AND ($5::bigint IS NULL OR number < $5)
          ORDER BY number DESC LIMIT nullif($6, 0)"
    );
    let rows: Vec<Refund> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(&states)
        .bind(&filter.payment)
        .bind(&filter.account)
        .bind(filter.since)
        .bind(filter.before)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *connection)
        .await?;
    let total: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM bursar.refunds WHERE {WHERE}")))
        .bind(&states)
        .bind(&filter.payment)
        .bind(&filter.account)
        .bind(filter.since)
        .fetch_one(connection)
        .await?;
    Ok((rows, total.unsigned_abs()))
}

/// Who works on the refund at this moment, as a sentence; none where nobody does.
///
/// # Errors
/// Where it cannot be read.
pub async fn holder(connection: &mut Connection, refund: Uuid) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        // The process behind a pooler may serve another client by now, so it is not named by what it does.
        "SELECT format('%s (server process %s, role %s) is working on it, until %s UTC at the latest',
                       CASE WHEN r.lease_digest IS NOT NULL THEN 'a client behind a pooler'
                            ELSE coalesce(nullif(a.application_name, ''), 'a session without a name') END,
                       r.lease_pid, coalesce(a.usename, 'unknown'),
                       to_char(r.lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
           FROM bursar.refunds r LEFT JOIN pg_stat_activity a ON a.pid = r.lease_pid
          WHERE r.id = $1 AND bursar.refund_lease_stands(r)",
    )
    .bind(refund)
    .fetch_optional(connection)
    .await?)
}

/// The refund of this amount that is being made of a payment and is not at its gateway yet, as far as is known, or
/// awaits approval. `amount` is in minor units.
///
/// # Errors
/// Where it cannot be read.
pub async fn underway(connection: &mut Connection, payment: &str, amount: i64) -> Result<Option<Refund>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.refunds
          WHERE payment = $1 AND amount = $2
            AND state IN ('requested', 'awaiting_approval', 'approved', 'reserved', 'submitted', 'unknown')
          ORDER BY number DESC LIMIT 1"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(payment).bind(amount).fetch_optional(connection).await?)
}

/// The refunds that are not final, oldest first.
///
/// # Errors
/// Where they cannot be read.
pub async fn open(connection: &mut Connection) -> Result<Vec<Refund>> {
    require(connection).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.refunds
          WHERE state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') ORDER BY number"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await?)
}

/// The refunds that ended at a gateway and were asked for in the last days, oldest first.
///
/// # Errors
/// Where they cannot be read.
pub async fn recent(connection: &mut Connection, days: u32) -> Result<Vec<Refund>> {
    require(connection).await?;
    let sql = format!(
        "SELECT {COLUMNS} FROM bursar.refunds
          WHERE state IN ('succeeded', 'failed', 'canceled') AND gateway <> 'record-only'
            AND created_at >= now() - make_interval(days => $1) ORDER BY number"
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql)).bind(i32::try_from(days).unwrap_or(i32::MAX)).fetch_all(connection).await?)
}

/// The steps of a refund, first to last.
///
/// # Errors
/// Where they cannot be read.
pub async fn history(connection: &mut Connection, refund: Uuid) -> Result<Vec<Transition>> {
    Ok(sqlx::query_as(
        "SELECT from_state, to_state, at, database_role, actor, detail
           FROM bursar.refund_transitions WHERE refund = $1 ORDER BY position",
    )
    .bind(refund)
    .fetch_all(connection)
    .await?)
}

/// What a refund of a payment would do. `amount` is in minor units; `None` is all that is left.
///
/// # Errors
/// Where the database cannot work it out. That it would be refused is no error here.
pub async fn preview(
    connection: &mut Connection,
    payment: &str,
    amount: Option<i64>,
    if_spent: &str,
    again: bool,
) -> Result<Terms> {
    require(connection).await?;
    let row = sqlx::query_scalar("SELECT to_jsonb(bursar.refund_preview($1, $2, $3, $4))::text")
        .bind(payment)
        .bind(amount)
        .bind(if_spent)
        .bind(again)
        .fetch_one(connection)
        .await?;
    terms(row)
}

/// What a refund would do that waits for approval.
///
/// # Errors
/// As [`preview`].
pub async fn preview_approval(connection: &mut Connection, refund: Uuid) -> Result<Terms> {
    let row = sqlx::query_scalar("SELECT to_jsonb(bursar.refund_preview_approval($1))::text")
        .bind(refund)
        .fetch_one(connection)
        .await?;
    terms(row)
}

fn terms(shown: String) -> Result<Terms> {
    let mut terms: Terms =
        serde_json::from_str(&shown).map_err(|e| Error::failed(format!("the terms are not understood: {e}")))?;
    terms.shown = shown;
    Ok(terms)
}

impl Terms {
    /// Refuses what the database would refuse.
    ///
    /// # Errors
    /// Of the kind that the database names, with its words.
    pub fn accepted(self) -> Result<Self> {
        match &self.problem {
            None => Ok(self),
            Some(code) => {
                let error = Error::new(db::kind_of(code), self.message.as_deref().unwrap_or("it would be refused"));
                Err(match (&self.hint, &self.payment) {
                    // By itself it looks at the payments of some days only, and this one may be older.
                    (Some(hint), Some(payment)) if hint.ends_with("bursar refund sync") => {
                        error.hint(format!("{hint} --payment {payment}"))
                    }
                    (Some(hint), _) => error.hint(hint),
                    (None, _) => error,
                })
            }
        }
    }
}
