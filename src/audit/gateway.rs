//! Checks that the payments were compared with their gateways lately, and that no difference is open. The runs that
//! `bursar payments reconcile` recorded tell it, without any network.

use std::time::Instant;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::finding::Finding;
use super::findings::Findings;
use super::model::{Described, Part};
use super::scope::Scope;
use crate::db::{self, Tx, guarded};
use crate::error::Result;
use crate::packs::{Payments, Severity};
use crate::store::reconciliations::{self, GATEWAYS, Open, Stretch, TABLE};
use crate::store::refunds;
use crate::text::{counted, minute, moment, quoted};

const ID: &str = "gateway.reconciled";

/// The gateways through which payments came, and the time of the first one. An infinity is no time.
const USED: &str = "SELECT p.provider::text,
       min(CASE WHEN p.created_at::timestamptz BETWEEN '1900-01-01Z' AND '9000-01-01Z' THEN p.created_at::timestamptz END)
  FROM ({payments}\n) p WHERE cardinality(p.provider_ids::text[]) > 0 GROUP BY 1";

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
    } else if !reconciliations::can_record(tx).await? {
        Some("bursar's schema is older than the comparison with a gateway: bursar migrate up")
    } else {
        None
    };
    if let Some(reason) = skipped {
        part.skip(&about, reason);
        return Ok(part);
    }
    let mut compared = Vec::new();
    let outcome = guarded(tx, async |connection| {
        let sql = about.sql.clone();
        let used: Vec<(Option<String>, Option<DateTime<Utc>>)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        let mut found = scope.options.findings();
        let (days, app) = (scope.pack.thresholds.reconcile_days, &scope.pack.name);
        for gateway in GATEWAYS {
            let Some((_, first)) = used.iter().find(|(used, _)| used.as_deref() == Some(gateway)) else { continue };
            let told = reconciliations::stretch(app, gateway).one(&mut *connection).await?;
            let open = reconciliations::open(app, gateway).all(&mut *connection).await?;
            compared.push(stretch(gateway, &told));
            still_open(gateway, &open, &mut found)?;
            findings(gateway, *first, &told, days, &mut found)?;
        }
        Ok((!compared.is_empty()).then_some(found))
    })
    .await?;
    match outcome.transpose() {
        None => part.skip(&about, "no payment came through a gateway that can be asked"),
        Some(outcome) => {
            if outcome.as_ref().is_ok_and(|found| found.count() == 0) {
                about.title = format!("Payments were compared {}, and agree", compared.join(" and "));
            }
            part.record_worst(about, started, outcome);
        }
    }
    Ok(part)
}

/// The time at which the payments were compared without a gap.
fn stretch(gateway: &str, newest: &Stretch) -> String {
    let minute = |at: Option<DateTime<Utc>>| minute(at.map(moment).as_deref());
    format!("with {gateway} from {} to {} UTC", minute(newest.compared_since), minute(newest.compared_until))
}

fn finding(
    gateway: &str,
    severity: Severity,
    expected: String,
    actual: Option<String>,
    message: String,
    cause: &str,
    remedy: String,
) -> Finding {
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
}

fn compare(gateway: &str) -> String {
    format!("bursar payments reconcile --gateway {}", quoted(gateway))
}

/// Adds the finding about the newest run that left differences open.
fn still_open(gateway: &str, open: &[Open], found: &mut Findings) -> Result<()> {
    let Some(newest) = open.first() else { return Ok(()) };
    let of: Vec<&Open> = open.iter().filter(|o| o.id == newest.id).collect();
    // Of a run of an earlier version each kind may be all of them.
    let differences = of.iter().map(|o| o.differences).sum::<i64>().min(newest.all);
    let kinds: Vec<String> = of.iter().filter_map(|o| o.about()).collect();
    let about = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let Open { id, gateways, .. } = newest;
    let with = gateways.join(" and ");
    let which = if gateways.len() > 1 { " It does not tell with which of them." } else { "" };
    let message =
        format!("Reconciliation {id} with {with} left {} open{about}.{which}", counted(differences, "difference"));
    let balances: Vec<&&Open> = of.iter().filter(|o| o.is_balance()).collect();
    let cause = match balances.len() == of.len() {
        true => "The file left movements out, or counts some twice.",
        false => "Money moved at the gateway that the database does not know of, or the other way round.",
    };
    // Another range would not tell whether they are settled.
    let range = format!("--since {} --until {}", moment(newest.since), moment(newest.until));
    let remedy = match balances.first() {
        None => {
            let commands: Vec<String> = gateways.iter().map(|of| format!("{} {range}", compare(of))).collect();
            let with_each = if gateways.len() > 1 { "with each of them" } else { "them" };
            format!("Compare {with_each}: {}", commands.join("; "))
        }
        Some(balance) => format!(
            "Export a file of movements from {} to {} with the {}, and compare it: {} --export FILE.ndjson {range}",
            moment(balance.first),
            moment(balance.last),
            balance.about().unwrap_or_default(),
            compare(gateway)
        ),
    };
    found.push(finding(gateway, Severity::Error, "0".to_owned(), Some(differences.to_string()), message, cause, remedy))
}

/// Adds the finding about the time that was compared. `first` is the time of the gateway's first payment.
fn findings(
    gateway: &str,
    first: Option<DateTime<Utc>>,
    newest: &Stretch,
    days: u32,
    found: &mut Findings,
) -> Result<()> {
    let compare = format!("Compare them: {}", compare(gateway));
    let expected = format!("every payment of the last {} compared", counted(days, "day"));
    let cause = "No job compares them, it does not record its runs, or a run begins after the one before ended.";
    let days = i64::from(days);
    let (actual, message, remedy) = match (newest.age, newest.span, newest.compared_since, newest.compared_until) {
        (Some(age), _, _, Some(until)) if i64::from(age) >= days => (
            Some(moment(until)),
            format!(
                "The payments were compared with {gateway} up to {} only, {} ago.",
                moment(until),
                counted(age, "day")
            ),
            format!("{compare} --since {}", moment(until)),
        ),
        (Some(_), Some(span), Some(since), _) if i64::from(span) < days && first.is_none_or(|first| first < since) => (
            Some(moment(since)),
            format!("The payments were compared with {gateway} since {} only.", moment(since)),
            format!("{compare} --since {}d", days + 1),
        ),
        (Some(_), ..) => return Ok(()),
        _ => (None, format!("The payments were never compared with {gateway}."), compare),
    };
    found.push(finding(gateway, Severity::Warn, expected, actual, message, cause, remedy))
}
