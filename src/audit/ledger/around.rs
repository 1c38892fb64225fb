//! The entries around a finding: what is stored beside what follows from the amounts.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::super::{EntryLine, Findings};
use super::query::Query;
use crate::error::Result;
use crate::packs::Ledger;

const AROUND: &str = include_str!("../sql/around.sql");

/// Adds to each finding of an account the entries around it. Only those that are kept in memory,
/// because nobody reads more.
pub(super) async fn attach(connection: &mut PgConnection, ledger: &Ledger, findings: &mut Findings) -> Result<()> {
    for finding in findings.in_memory() {
        let (Some(account), Some(unit)) = (&finding.account, &finding.unit) else { continue };
        let query = Query::new(connection, ledger, Some(account)).await?;
        let rows = sqlx::query(AssertSqlSafe(query.fill(AROUND)))
            .bind(account)
            .bind(unit)
            .bind(&finding.first_bad_entry)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            finding.entries.push(EntryLine {
                position: row.try_get("position")?,
                entry: row.try_get("entry")?,
                at: row.try_get("at")?,
                kind: row.try_get("kind")?,
                r#ref: row.try_get("ref")?,
                amount: row.try_get("amount")?,
                stored: row.try_get("stored")?,
                recomputed: row.try_get("recomputed")?,
            });
        }
    }
    Ok(())
}
