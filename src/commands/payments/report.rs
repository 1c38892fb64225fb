//! The report of a comparison with the gateway, in every format.

use std::collections::BTreeMap;
use std::io::Write;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::money;
use crate::output::{Column, Format, Page, SCHEMA_VERSION, Table, Ui, csv_rows, json, ndjson_row};
use crate::packs::Severity;
use crate::reconcile::{self, Amounts, Object, Report, Totals, Verdict};
use crate::text::{counted, escape, thousands, wrapped};

/// The name of the command in every report.
const COMMAND: &str = "payments reconcile";

/// Objects that a failure of a test report spells out; all are counted.
const SPELLED_OUT: usize = 20;

/// Writes the report. `limit` is for tables: zero is none.
pub(in crate::commands) fn write(
    ui: &Ui,
    format: Format,
    report: &Report,
    limit: usize,
    fails_from: Option<Severity>,
) -> Result<()> {
    match format {
        Format::Table => ui.show(&page(ui, report, limit)?),
        Format::Markdown => ui.data(&page(ui, report, limit)?.markdown()),
        Format::Ndjson => ui.write(|out| ndjson(report, out)),
        Format::Csv => ui.csv(|out| csv(report, out)),
        Format::Junit => ui.write(|out| junit(report, fails_from, out)),
        _ => ui.write(|out| json(&Whole { schema_version: SCHEMA_VERSION, command: COMMAND, report }, out)),
    }
}

/// The whole report, as an object.
#[derive(Serialize)]
struct Whole<'a> {
    schema_version: u32,
    command: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// The last row of NDJSON: everything but the objects. A stream without it was cut off.
#[derive(Serialize)]
struct Last<'a> {
    schema_version: u32,
    command: &'static str,
    app: &'a str,
    gateways: &'a [String],
    since: chrono::DateTime<chrono::Utc>,
    until: chrono::DateTime<chrono::Utc>,
    payout: Option<&'a str>,
    complete: bool,
    incomplete: &'a [String],
    counts: &'a BTreeMap<&'static str, u64>,
    differences: u64,
    accepted: u64,
    #[serde(serialize_with = "reconcile::unrelated")]
    unrelated: &'a BTreeMap<(String, String), Amounts>,
    #[serde(serialize_with = "reconcile::recorded")]
    recorded: &'a BTreeMap<String, Amounts>,
    digest: &'a str,
}

fn ndjson(report: &Report, out: &mut dyn Write) -> Result<()> {
    for object in report.objects() {
        ndjson_row("object", &object?, out)?;
    }
    report.totals.iter().try_for_each(|totals| ndjson_row("totals", totals, out))?;
    let last = Last {
        schema_version: SCHEMA_VERSION,
        command: COMMAND,
        app: &report.app,
        gateways: &report.gateways,
        since: report.since,
        until: report.until,
        payout: report.payout.as_deref(),
        complete: report.complete,
        incomplete: &report.incomplete,
        counts: &report.counts,
        differences: report.differences,
        accepted: report.accepted,
        unrelated: &report.unrelated,
        recorded: &report.recorded,
        digest: &report.digest,
    };
    ndjson_row("summary", &last, out)
}

/// The columns of CSV.
const COLUMNS: [&str; 14] = [
    "verdict",
    "gateway",
    "kind",
    "object",
    "payment",
    "account",
    "refund",
    "here",
    "there",
    "at",
    "cause",
    "remedy",
    "fingerprint",
    "accepted_reason",
];

fn csv(report: &Report, out: &mut dyn Write) -> Result<()> {
    let cells = |object: Object| {
        [
            object.verdict.name().to_owned(),
            object.gateway,
            object.kind.name().to_owned(),
            object.object,
            object.payment.unwrap_or_default(),
            object.account.unwrap_or_default(),
            object.refund.unwrap_or_default(),
            object.here.unwrap_or_default(),
            object.there.unwrap_or_default(),
            object.at.map(|at| at.to_rfc3339()).unwrap_or_default(),
            object.cause,
            object.remedy.unwrap_or_default(),
            object.fingerprint,
            object.accepted.map(|accepted| accepted.reason).unwrap_or_default(),
        ]
    };
    csv_rows(&COLUMNS, report.objects().map(|object| object.map(cells)), out)
}

/// A test case for each verdict, and for each reason for which something was not compared.
fn junit(report: &Report, fails_from: Option<Severity>, out: &mut dyn Write) -> Result<()> {
    let mut suite = TestSuite::new(escape(&report.app).into_owned());
    for verdict in Verdict::ALL {
        let fails = verdict.severity().is_some_and(|severity| fails_from.is_some_and(|from| severity >= from));
        let mut told = Vec::new();
        let mut found = 0_u64;
        for object in report.objects() {
            let object = object?;
            if object.verdict != verdict || object.accepted.is_some() {
                continue;
            }
            found += 1;
            if told.len() < SPELLED_OUT {
                let lines = [
                    object.message(),
                    object.cause.clone(),
                    object.remedy.clone().unwrap_or_default(),
                    object.fingerprint,
                ];
                told.push(lines.map(|line| escape(&line).into_owned()).join("\n"));
            }
        }
        let status = if fails && found > 0 {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type(verdict.name()).set_message(format!("{} of {}", thousands(found), verdict.name()));
            status.set_description(told.join("\n\n"));
            status
        } else {
            TestCaseStatus::success()
        };
        let mut case = TestCase::new(verdict.check(), status);
        case.set_classname("bursar.payments.reconcile");
        case.set_system_out(counted(report.count(verdict), "object"));
        suite.add_test_case(case);
    }
    for reason in &report.incomplete {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(escape(reason).into_owned());
        let mut case = TestCase::new("reconcile.complete", status);
        case.set_classname("bursar.payments.reconcile");
        suite.add_test_case(case);
    }
    let mut document = quick_junit::Report::new("bursar payments reconcile");
    document.add_test_suite(suite);
    document.serialize(out).map_err(|e| Error::from_cause(Kind::Failed, e))
}

/// The report for people: the counts, the totals, the differences, and the answer last, where the eye is.
fn page(ui: &Ui, report: &Report, limit: usize) -> Result<Page> {
    let days = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M").to_string();
    let payout = report.payout.as_ref().map(|id| format!(" · payout {}", escape(id))).unwrap_or_default();
    let heading = format!(
        "{} and {} · {} to {} UTC{payout}",
        escape(&report.app),
        report.gateways.join(", "),
        days(report.since),
        days(report.until)
    );
    let mut counts = Table::new(ui, &["", "verdict", "#objects"]);
    for verdict in Verdict::ALL.into_iter().filter(|v| report.count(*v) > 0 || *v == Verdict::Matched) {
        counts.row(&[symbol(verdict), verdict.name(), &thousands(report.count(verdict))]);
    }
    let mut page = Page::text(heading).and_table(counts);
    if !report.totals.is_empty() {
        page = page.and_table(totals(ui, &report.totals));
    }
    page = page.and(notes(report));
    let mut shown = 0;
    let limit = if limit == 0 { usize::MAX } else { limit };
    for object in report.objects().take(limit) {
        let object = object?;
        let text = difference(ui, &object);
        page = match &object.remedy {
            Some(remedy) => page.and_command(text, escape(remedy)),
            None => page.and(text),
        };
        shown += 1;
    }
    let listed = report.objects().count();
    if listed > shown {
        page = page.and(format!("showing {} of {}; --limit 0 for all", thousands(shown), thousands(listed)));
    }
    let reasons: Vec<String> = report.incomplete.iter().map(|r| format!("? {}", escape(r))).collect();
    page = page.and(reasons.join("\n"));
    let (mark, word, color) = match (report.differences, report.complete) {
        (0, true) if report.count(Verdict::Timing) > 0 => ("✓", "no difference but of timing".to_owned(), "32;1"),
        (0, true) => ("✓", "everything agrees".to_owned(), "32;1"),
        (0, false) => ("?", "incomplete: no difference in what was compared".to_owned(), "33;1"),
        (1, _) => ("✗", "1 difference".to_owned(), "31;1"),
        (n, _) => ("✗", format!("{} differences", thousands(n)), "31;1"),
    };
    let accepted =
        if report.accepted > 0 { format!(", {} accepted", thousands(report.accepted)) } else { String::new() };
    let answer = ui.paint_out(&format!("{mark} {word}"), color);
    Ok(page.and(format!("{answer}  {} compared{accepted}", counted(report.compared(), "object"))))
}

fn symbol(verdict: Verdict) -> &'static str {
    match verdict.severity() {
        None => "✓",
        Some(Severity::Warn) => "!",
        Some(Severity::Error) => "✗",
    }
}

fn money(minor: i128, currency: &str) -> String {
    i64::try_from(minor).map_or_else(|_| minor.to_string(), |m| money::format(m, currency))
}

fn totals(ui: &Ui, all: &[Totals]) -> Table {
    let columns = [
        Column::new("gateway").rank(3),
        Column::number("gross").rank(0),
        Column::number("refunds").rank(0),
        Column::number("disputes").rank(1),
        Column::number("adjustments").rank(2),
        Column::number("fees").rank(1),
        Column::number("net").rank(0),
        Column::number("paid out").rank(2),
    ];
    let mut table = Table::new(ui, &columns);
    for t in all {
        let said = |minor: i128| money(minor, &t.currency);
        let fees = if t.before_fees { "?".to_owned() } else { said(t.fees) };
        table.row(&[
            &t.gateway,
            &said(t.gross),
            &said(t.refunds),
            &said(t.disputes),
            &said(t.adjustments),
            &fees,
            &said(t.net),
            &said(t.paid_out),
        ]);
    }
    table
}

/// The lines beside the verdicts: balances, objects of no payment here, and refunds that were only recorded.
fn notes(report: &Report) -> String {
    let mut lines = Vec::new();
    for t in &report.totals {
        if let Some(b) = &t.balance {
            let said = |minor: i128| money(minor, &t.currency);
            let end =
                if b.difference == 0 { String::new() } else { format!(", which is off by {}", said(b.difference)) };
            lines.push(format!(
                "- balance of {}: {} and changes of {} less payouts of {} come to {}{end}",
                t.gateway,
                said(b.opening),
                said(b.changes),
                said(b.payouts),
                said(b.closing)
            ));
        }
    }
    for ((gateway, currency), a) in &report.unrelated {
        let objects = counted(a.objects, "object");
        lines.push(format!("- of no payment here: {objects} of {gateway}, {}", escape(&money(a.total, currency))));
    }
    for (currency, a) in &report.recorded {
        let refunds = counted(a.objects, "refund");
        lines
            .push(format!("- {refunds} over {} recorded only, and so not compared", escape(&money(a.total, currency))));
    }
    lines.join("\n")
}

/// A difference in lines, without its command.
fn difference(ui: &Ui, object: &Object) -> String {
    let (mark, color) = match (&object.accepted, object.verdict.severity()) {
        (Some(_), _) => ("~", "2"),
        (None, None) => ("✓", "32"),
        (None, Some(Severity::Warn)) => ("!", "33;1"),
        (None, Some(Severity::Error)) => ("✗", "31;1"),
    };
    let head = format!("{} {}", ui.paint_out(mark, color), ui.paint_out(object.verdict.name(), "1"));
    let mut lines = vec![format!("{head} · {}", ui.paint_out(&object.fingerprint, "2"))];
    let room = ui.columns().unwrap_or(usize::MAX).saturating_sub(2);
    let accepted =
        object.accepted.as_ref().map(|a| format!("accepted by {}: {}", a.owner, a.reason)).unwrap_or_default();
    for text in [object.message(), object.cause.clone(), accepted].iter().filter(|text| !text.is_empty()) {
        lines.extend(wrapped(&escape(text), room, "").lines().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}
