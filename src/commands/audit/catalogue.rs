//! `bursar audit list` and `bursar audit explain`: what the audit consists of.

use super::super::{Context, Done, Outcome};
use super::args::AuditReading;
use super::check::{examine, options};
use super::formats;
use super::render::render_finding;
use crate::audit::{self, Described, Options};
use crate::commands::cli::{ChecksFormat, Format};
use crate::error::{Error, Result};
use crate::output::{Table, csv_rows, ndjson_rows};
use crate::text::escape_lines;

/// The checks of the application. Where it is named, no database is needed.
async fn checks(context: &Context) -> Result<(String, Vec<Described>)> {
    let pack = context.pack_by(context.global.app.as_deref()).await?;
    Ok((pack.name.clone(), audit::list(&pack)))
}

pub(super) async fn list(context: &Context, format: ChecksFormat) -> Outcome {
    let (app, checks) = checks(context).await?;
    let header = ["check", "severity", "what holds", "reads"];
    let rows = checks
        .iter()
        .map(|check| [check.id.clone(), check.severity.name().to_owned(), check.title.clone(), check.reads.join(", ")]);
    match format {
        ChecksFormat::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit list", "app": app, "checks": checks,
        }))?,
        ChecksFormat::Ndjson => context.ui.write(|out| ndjson_rows("check", &checks, out))?,
        ChecksFormat::Csv => {
            let fields = ["id", "severity", "title", "reads"];
            context.ui.csv(|out| csv_rows(&fields, rows.map(Ok), out))?;
        }
        ChecksFormat::Markdown => context.ui.write(|out| formats::markdown_table(&header, rows.map(Ok), out))?,
        ChecksFormat::Table => {
            let mut table = Table::new(&context.ui, &header);
            for row in rows {
                table.row(&row.each_ref().map(String::as_str));
            }
            context.ui.data(&table.render())?;
        }
    }
    Ok(Done::Clean)
}

pub(super) async fn explain(context: &Context, what: &str, reading: &AuditReading, format: Format) -> Outcome {
    // The ids of checks have a dot in them.
    let is_fingerprint = what.len() == 16 && what.bytes().all(|b| b.is_ascii_hexdigit());
    if is_fingerprint {
        explain_finding(context, what, reading, format).await
    } else if *reading != AuditReading::default() {
        Err(Error::usage(format!("'{what}' is a check, and nothing is read to explain one: only -o has a use here"))
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
            "no finding has the fingerprint {fingerprint} now: it was put right, or its facts changed"
        ))
        .hint("bursar audit"));
    };
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit explain", "app": report.app, "snapshot": report.snapshot, "finding": finding,
        }))?,
        Format::Table => context.ui.data(&render_finding(&context.ui, &finding))?,
    }
    Ok(Done::Clean)
}

async fn explain_check(context: &Context, id: &str, format: Format) -> Outcome {
    let (app, checks) = checks(context).await?;
    let Some(check) = checks.into_iter().find(|c| c.id == id) else {
        return Err(Error::usage(format!("{app} has no check '{id}'")).hint("bursar audit list"));
    };
    match format {
        Format::Json => context.ui.json(&serde_json::json!({
            "schema_version": 1, "command": "audit explain", "app": app, "check": check,
        }))?,
        Format::Table => {
            let mut facts = Table::facts(&context.ui, 2);
            facts.row(&["check", &check.id]);
            facts.row(&["holds", &check.title]);
            facts.row(&["severity", check.severity.name()]);
            facts.row(&["reads", &check.reads.join(", ")]);
            facts.row(&["why", &check.why]);
            facts.row(&["to do", &check.remedy]);
            context.ui.data(&format!("{}\n\n{}", facts.render(), escape_lines(check.sql.trim())))?;
        }
    }
    Ok(Done::Clean)
}
