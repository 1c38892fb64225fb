//! `bursar audit list` and `bursar audit explain`: the checks of the application, and a check or a finding in detail.

use super::super::{Context, Done, Outcome};
use super::args::AuditReading;
use super::check::{examine, options};
use super::render::render_finding;
use crate::audit::{self, Described, Options};
use crate::error::{Error, Result};
use crate::output::{Column, Format, Page, Record, Table, View};
use crate::packs::Pack;
use crate::text::escape_lines;

/// The checks of the application. Where it is named, no database is needed.
async fn checks(context: &Context) -> Result<(String, Vec<Described>)> {
    let packs = Pack::together(context.packs_by(context.global.app.as_deref()).await?);
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    Ok((names.join(","), audit::list(&packs)))
}

impl Record for Described {
    const TYPE: &'static str = "check";
    const FIELDS: &'static [&'static str] = &["id", "severity", "title", "reads"];
}

pub(super) async fn list(context: &Context, format: Format) -> Outcome {
    let (app, checks) = checks(context).await?;
    let view = View::new("audit list").field("app", app).rows("checks", &checks).page(|| {
        let columns = [
            Column::new("check").rank(0),
            Column::new("severity").rank(1),
            Column::text("rule").rank(2),
            Column::new("reads").rank(3),
        ];
        let mut table = Table::new(&context.ui, &columns);
        for check in &checks {
            table.row(&[&check.id, check.severity.name(), &check.title, &check.reads.join(", ")]);
        }
        Page::table(table)
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

pub(super) async fn explain(context: &Context, what: &str, reading: &AuditReading, format: Format) -> Outcome {
    // The ids of checks have a dot in them.
    let is_fingerprint = what.len() == 16 && what.bytes().all(|b| b.is_ascii_hexdigit());
    if is_fingerprint {
        explain_finding(context, what, reading, format).await
    } else if *reading != AuditReading::default() {
        Err(Error::usage(format!("'{what}' is a check, and explaining one reads no data: only -o applies"))
            .hint("the fingerprint of a finding is 16 hexadecimal digits"))
    } else {
        explain_check(context, what, format).await
    }
}

/// Audits again and shows the one finding, as it stands now.
async fn explain_finding(context: &Context, fingerprint: &str, reading: &AuditReading, format: Format) -> Outcome {
    let fingerprint = fingerprint.to_ascii_lowercase();
    let options = Options { limit: 0, explain: true, fingerprint: Some(fingerprint.clone()), ..options(reading) };
    let database = context.database().await?.with_statement_timeout(reading.statement_timeout);
    let report = examine(context, &database, &options).await?;
    let Some(finding) = report.all_findings().next().transpose()? else {
        let scope = &reading.scope;
        if !scope.only.is_empty() || !scope.skip.is_empty() || scope.account.is_some() {
            return Err(Error::usage(format!(
                "no finding of what --only, --skip and --account leave has the fingerprint {fingerprint}"
            ))
            .hint(format!("bursar audit explain {fingerprint}")));
        }
        return Err(Error::failed(format!(
            "no finding has the fingerprint {fingerprint} now: it was repaired, or its facts changed"
        ))
        .hint("bursar audit"));
    };
    let view = View::new("audit explain")
        .field("app", &report.app)
        .field("snapshot", &report.snapshot)
        .field("finding", &finding)
        .page(|| Page::default().and_code(render_finding(&context.ui, &finding)));
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}

async fn explain_check(context: &Context, id: &str, format: Format) -> Outcome {
    let (app, checks) = checks(context).await?;
    let Some(check) = checks.into_iter().find(|c| c.id == id) else {
        return Err(Error::usage(format!("{app} has no check '{id}'")).hint("bursar audit list"));
    };
    let view = View::new("audit explain").field("app", app).field("check", &check).page(|| {
        let mut facts = Table::facts(&context.ui, 2);
        facts.row(&["check", &check.id]);
        facts.row(&["rule", &check.title]);
        facts.row(&["severity", check.severity.name()]);
        facts.row(&["reads", &check.reads.join(", ")]);
        facts.row(&["why", &check.why]);
        facts.row(&["to do", &check.remedy]);
        Page::table(facts).and_code(escape_lines(check.sql.trim()))
    });
    context.ui.emit(format, view)?;
    Ok(Done::Clean)
}
