//! Checks that the payments were compared with their gateways lately, and that no difference is open. The runs that
//! `bursar payments reconcile` recorded tell it, without any network.

use std::time::Instant;

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::AssertSqlSafe;

use super::finding::Finding;
use super::findings::Findings;
use super::model::{Described, Part};
use super::scope::Scope;
use crate::db::{self, Tx, guarded};
use crate::error::Result;
use crate::packs::{Payments, Severity};
use crate::store::reconciliations::{self, GATEWAYS, TABLE};
use crate::store::refunds;
use crate::text::counted;

const ID: &str = "gateway.reconciled";

/// The gateways through which payments came.
const USED: &str =
    "SELECT DISTINCT p.provider::text FROM ({payments}\n) p WHERE cardinality(p.provider_ids::text[]) > 0";

pub(super) fn described(payments: &Payments) -> Described {
    Described {
        id: ID.to_owned(),
        title: "Payments were compared with their gateway, and agree".to_owned(),
        severity: Severity::Error,
        reads: payments.reads.iter().cloned().chain([TABLE.to_owned()]).collect(),
        why: "The ledger can agree with the payments, and both be wrong: only the gateway knows what money moved."
            .to_owned(),
        remedy: "Compare them: bursar payments reconcile".to_owned(),
        sql: USED.replace("{payments}", &payments.sql.text),
    }
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>, payments: &Payments) -> Result<Part> {
    let (mut part, mut about) = (Part::default(), described(payments));
    let started = Instant::now();
    let skipped = if scope.options.account.is_some() {
        Some("--account asks for one account")
    } else if !db::relation_exists(tx, refunds::TABLE).await? {
        Some("bursar did not migrate this database")
    } else if !db::relation_exists(tx, TABLE).await? {
        Some("bursar's schema is older than the comparison with a gateway: bursar migrate up")
    } else {
        None
    };
    if let Some(reason) = skipped {
        part.skip(&about, reason);
        return Ok(part);
    }
    let outcome = guarded(tx, async |connection| {
        let sql = about.sql.clone();
        let used: Vec<Option<String>> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        let mut found = scope.options.findings();
        let (days, app) = (scope.pack.thresholds.reconcile_days, &scope.pack.name);
        let mut any = false;
        for gateway in GATEWAYS.into_iter().filter(|g| used.iter().flatten().any(|used| used == g)) {
            any = true;
            let newest = reconciliations::newest(app, gateway).one(&mut *connection).await?;
            findings(gateway, &newest, days, &mut found)?;
        }
        Ok(any.then_some(found))
    })
    .await?;
    match outcome {
        Ok(None) => part.skip(&about, "no payment came through a gateway that can be asked"),
        Ok(Some(found)) => {
            if found.count() > 0 {
                about.severity = found.severity();
            }
            part.record(&about, started, Ok(found));
        }
        Err(error) => part.record(&about, started, Err(error)),
    }
    Ok(part)
}

fn findings(gateway: &str, newest: &reconciliations::Newest, days: u32, found: &mut Findings) -> Result<()> {
    let compare = format!("Compare them: bursar payments reconcile --gateway {gateway}");
    let finding = |severity, expected: String, actual: Option<String>, message: String, cause: &str, remedy: String| {
        Finding {
            check: ID.to_owned(),
            severity,
            table: TABLE.to_owned(),
            key: gateway.to_owned(),
            expected: Some(expected),
            actual,
            message,
            cause: cause.to_owned(),
            remedy,
            ..Finding::default()
        }
        .sealed()
    };
    if let (Some(id), Some(differences @ 1..)) = (newest.id, newest.differences) {
        let message = format!("Reconciliation {id} with {gateway} left {} open.", counted(differences, "difference"));
        let cause = "Money moved at the gateway that the database does not know of, or the other way round.";
        // Another range would not tell whether they are settled.
        let range = newest.since.zip(newest.until).map_or_else(String::new, |(since, until)| {
            let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            format!(" --since {} --until {}", moment(since), moment(until))
        });
        let (actual, remedy) = (Some(differences.to_string()), format!("{compare}{range}"));
        found.push(finding(Severity::Error, "0".to_owned(), actual, message, cause, remedy))?;
    }
    let expected = format!("a complete run in {}", counted(days, "day"));
    let cause = "No job compares them, or it does not record its runs.";
    match (newest.days, newest.at) {
        (Some(age), Some(at)) if i64::from(age) >= i64::from(days) => {
            let message = format!("The payments were last compared with {gateway} {} ago.", counted(age, "day"));
            found.push(finding(Severity::Warn, expected, Some(at.to_rfc3339()), message, cause, compare))
        }
        (Some(_), _) => Ok(()),
        _ => {
            let message = format!("The payments were never compared with {gateway}.");
            found.push(finding(Severity::Warn, expected, None, message, cause, compare))
        }
    }
}
