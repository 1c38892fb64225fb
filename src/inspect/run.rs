//! Running checks.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Row as _};

use super::check::Check;
use super::model::{CheckOutcome, CheckVerdict, Finding};
use crate::db::{Connection, Tx, guarded, quote_identifier, sqlstate};
use crate::error::{Kind, Result};

/// Runs checks, in one snapshot. `long` is how long a statement, a transaction without work, a wait for a lock or
/// a replica's lag may be.
///
/// # Errors
/// Only a connection that is gone: a check that fails is in the outcomes.
pub async fn run(tx: &mut Tx, checks: &[Check], long: Duration) -> Result<Vec<CheckOutcome>> {
    let mut outcomes = Vec::new();
    // Whoever asks for the size of a table queues behind a lock that somebody waits for. A look must not hang
    // just when it is needed most.
    sqlx::query("SELECT set_config('lock_timeout', '1s', true)").execute(&mut **tx).await?;
    for check in checks {
        let (verdict, reason, findings, incomplete) = match unmet(tx, check).await? {
            Some(reason) => (CheckVerdict::Skipped, Some(reason), Vec::new(), false),
            None => match guarded(tx, async |c| found(c, check, long).await).await? {
                Ok(findings) => {
                    let verdict = findings.iter().map(|f| f.verdict).max().unwrap_or(CheckVerdict::Ok);
                    let reason =
                        findings.iter().find(|f| f.verdict == CheckVerdict::Skipped).map(|f| f.message.clone());
                    (verdict, reason.filter(|_| verdict == CheckVerdict::Skipped), findings, false)
                }
                Err(error) if error.kind == Kind::Connection => return Err(error),
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::LOCK_NOT_AVAILABLE) => {
                    let reason = "a session holds or awaits a lock on a table, which blocks this check: see `locks`";
                    (CheckVerdict::Skipped, Some(reason.to_owned()), Vec::new(), true)
                }
                // The extension was created, and the server does not load it.
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE) => {
                    (CheckVerdict::Skipped, Some(error.message()), Vec::new(), false)
                }
                Err(error) => (CheckVerdict::Skipped, Some(error.message()), Vec::new(), true),
            },
        };
        let Check { id, title, why, remedy, .. } = check.clone();
        outcomes.push(CheckOutcome { check: id, title, verdict, reason, incomplete, findings, why, remedy });
    }
    Ok(outcomes)
}

/// The reason why the check cannot run here, if it cannot: an extension or a role is missing.
async fn unmet(connection: &mut Connection, check: &Check) -> Result<Option<String>> {
    if let Some(extension) = &check.extension
        && schema_of(connection, extension).await?.is_none()
    {
        return Ok(Some(format!(
            "the extension {extension} is not there: CREATE EXTENSION {extension}, after it is in shared_preload_libraries"
        )));
    }
    if let Some(role) = &check.role {
        let has: bool = sqlx::query_scalar("SELECT pg_has_role(current_user, $1, 'USAGE')")
            .bind(role)
            .fetch_one(connection)
            .await?;
        if !has {
            return Ok(Some(format!("this role does not see what others do: GRANT {role} to it")));
        }
    }
    Ok(None)
}

async fn schema_of(connection: &mut Connection, extension: &str) -> Result<Option<String>> {
    Ok(sqlx::query_scalar(
        "SELECT n.nspname::text FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1",
    )
    .bind(extension)
    .fetch_optional(connection)
    .await?)
}

/// The part of `s.query` that a check may show. The server takes the constants out of queries, and leaves them in
/// commands such as CREATE ROLE … PASSWORD '…'. So a text ends where its first literal begins; a comment in front, which may
/// have a quote in it, is left out.
const STATEMENT: &str = r"left(regexp_replace(regexp_replace(regexp_replace(s.query,
    '^(\s|--[^\n]*(\n|$)|/\*([^*]|\*+[^*/])*\*+/)+', ''), '(''|\$([^0-9$\s][^$\s]*)?\$).*', '…'), '\s+', ' ', 'g'), 200)";

async fn found(connection: &mut Connection, check: &Check, long: Duration) -> Result<Vec<Finding>> {
    let mut sql = check.sql.replace("{statement}", STATEMENT);
    if let Some(extension) = &check.extension {
        let schema = schema_of(connection, extension).await?.unwrap_or_default();
        let name = format!("{}.{}", quote_identifier(&schema), quote_identifier(extension));
        sql = sql.replace(&format!("{{{extension}}}"), &name);
    }
    // Numbers stay exact as text, and every check has the same types then.
    let sql =
        format!("SELECT object::text, verdict::text, message::text, value::text, unit::text FROM ({sql}) AS finding");
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = if check.sql.contains("$1") { query.bind(long) } else { query };
    let mut findings = Vec::new();
    for row in query.fetch_all(connection).await? {
        findings.push(Finding {
            object: row.try_get("object")?,
            verdict: CheckVerdict::named(row.try_get("verdict")?)?,
            message: row.try_get("message")?,
            value: row.try_get("value")?,
            unit: row.try_get("unit")?,
        });
    }
    // A stable sort: the order of a check's own stays within a verdict.
    findings.sort_by_key(|f| std::cmp::Reverse(f.verdict));
    Ok(findings)
}
