//! The health of a database: a check is one query, whose rows say what is wrong, or how large things are.
//!
//! The queries are files of their own, which say in their headers what holds when they pass, what they need,
//! why it matters and what to do. Each runs behind a savepoint, so that one that fails leaves the others be.
//! What could not be looked at is skipped, with the reason, and never passes for fine.

mod compare;

use std::time::Duration;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Row as _};

use crate::db::{Connection, Tx, guarded, quote_identifier, sqlstate};
use crate::error::{Error, Kind, Result};
use crate::sql_header::header;

pub use compare::{Change, Comparison, NotCompared, compare};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/inspect/checks");

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It could not be looked at, or it is too early to tell.
    Skipped,
    /// Worth a look.
    Warn,
    /// Wrong.
    Fail,
}

impl Verdict {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Skipped => "skipped",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Verdict::Ok, Verdict::Skipped, Verdict::Warn, Verdict::Fail]
            .into_iter()
            .find(|v| v.name() == name)
            .ok_or_else(|| Error::failed(format!("a check gave the verdict '{name}'")))
    }
}

/// A check.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id: the topic, a point, and its name there.
    pub id: String,
    /// What holds when it passes, or what it shows.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// The extension that it reads, where it needs one.
    extension: Option<String>,
    /// The role whose rights it needs to see what others do.
    role: Option<String>,
    sql: &'static str,
}

impl Check {
    /// What it is about.
    pub fn topic(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }
}

/// One row of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about; `None` for the server as a whole.
    pub object: Option<String>,
    /// How that stands.
    pub verdict: Verdict,
    /// In a sentence.
    pub message: String,
    /// A number to compare, exact, in [`Finding::unit`].
    pub value: Option<String>,
    /// bytes, rows, ms, ratio and so on.
    pub unit: Option<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The check's id.
    pub check: String,
    /// What holds when it passes.
    pub title: String,
    /// The worst of what was found.
    pub verdict: Verdict,
    /// Why it was skipped, or could not be done.
    pub reason: Option<String>,
    /// Whether it ought to have worked, and did not.
    #[serde(default)]
    pub incomplete: bool,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// Every check, by topic.
///
/// # Errors
/// A defect of the program: a file without its header.
pub fn checks() -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for file in FILES.files() {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().unwrap_or_default();
        let mut header = header(text);
        let mut take = |key: &str| {
            header.remove(key).ok_or_else(|| Error::failed(format!("the check {name} lacks its `-- {key}:`")))
        };
        let (title, why, remedy) = (take("title")?, take("why")?, take("remedy")?);
        let needs = take("needs").unwrap_or_default();
        let need = |what: &str| needs.split(',').find_map(|n| n.trim().strip_prefix(what)).map(|n| n.trim().to_owned());
        checks.push(Check {
            id: name.trim_end_matches(".sql").to_owned(),
            title,
            why,
            remedy,
            extension: need("extension "),
            role: need("role "),
            sql: text,
        });
    }
    checks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(checks)
}

/// Runs checks, in one snapshot. `long` is how long a statement, a transaction without work, a wait for a lock or
/// a replica's lag may be.
///
/// # Errors
/// Only a connection that is gone: a check that fails is in the outcomes.
pub async fn run(tx: &mut Tx, checks: &[Check], long: Duration) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    // Whoever asks for the size of a table queues behind a lock that somebody waits for. A look must not hang
    // just when it is needed most.
    sqlx::query("SELECT set_config('lock_timeout', '1s', true)").execute(&mut **tx).await?;
    for check in checks {
        let (verdict, reason, findings, incomplete) = match unmet(tx, check).await? {
            Some(reason) => (Verdict::Skipped, Some(reason), Vec::new(), false),
            None => match guarded(tx, async |c| found(c, check, long).await).await? {
                Ok(findings) => {
                    let verdict = findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Ok);
                    let reason = findings.iter().find(|f| f.verdict == Verdict::Skipped).map(|f| f.message.clone());
                    (verdict, reason.filter(|_| verdict == Verdict::Skipped), findings, false)
                }
                Err(error) if error.kind == Kind::Connection => return Err(error),
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::LOCK_NOT_AVAILABLE) => {
                    let reason = "somebody holds a table, or waits to, so that nobody else may look: see `locks`";
                    (Verdict::Skipped, Some(reason.to_owned()), Vec::new(), true)
                }
                // The extension was created, and the server does not load it.
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE) => {
                    (Verdict::Skipped, Some(error.message()), Vec::new(), false)
                }
                Err(error) => (Verdict::Skipped, Some(error.message()), Vec::new(), true),
            },
        };
        let Check { id, title, why, remedy, .. } = check.clone();
        outcomes.push(Outcome { check: id, title, verdict, reason, incomplete, findings, why, remedy });
    }
    Ok(outcomes)
}

/// What the check needs and this database, or this role, does not have.
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

/// What a check of statements may show of `s.query`. The server takes the constants out of queries, and leaves them in
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
            verdict: Verdict::named(row.try_get("verdict")?)?,
            message: row.try_get("message")?,
            value: row.try_get("value")?,
            unit: row.try_get("unit")?,
        });
    }
    // A stable sort: the order of a check's own stays within a verdict.
    findings.sort_by_key(|f| std::cmp::Reverse(f.verdict));
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::checks;

    #[test]
    fn every_check_says_what_it_is_and_what_to_do() {
        let checks = checks().unwrap();
        assert!(checks.len() >= 30);
        for check in checks {
            assert!(check.id.split('.').count() == 2 && !check.remedy.is_empty(), "{}", check.id);
            assert!(check.role.as_deref().is_none_or(|r| r.starts_with("pg_")), "{}", check.id);
        }
    }
}
