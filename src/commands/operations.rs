//! `bursar operations`: who did what, and whether the log of it is as it was written.

use clap::{Args, Subcommand};
use serde_json::json;

use super::audit::render_finding;
use super::{Context, Done, Outcome, now, uses};
use crate::audit::Finding;
use crate::audit::chain::{self, Waiting};
use crate::commands::values::{Root, Since, head, since};
use crate::error::Result;
use crate::operations::{self, Filter, Logged};
use crate::output::{Column, Format, Output, Page, Record, Rows, Table, View};
use crate::text::{counted, escape, thousands};
use crate::vocabulary;

/// The log of who did what through bursar
#[derive(Debug, Subcommand)]
pub enum Operations {
    #[command(groups = uses::database())]
    List(OperationsList),
    /// Verify the log's hash chain, and print its head to keep elsewhere
    ///
    /// Exit 3: a row or a link has changed. Exit 6: a row has waited for its link for more than a minute. The chain alone
    /// does not show that its end was cut off, or that all of it was computed again. A head that you kept outside the
    /// database does: give it to --head. -q prints only the head, and nothing if something is wrong.
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar operations verify\n  bursar operations verify -q >> heads.txt\n  bursar operations verify --head \"$(bursar operations verify -q)\""
    )]
    Verify {
        /// A head that you kept: look for it in the chain
        #[arg(long, value_name = "HEX", value_parser = head)]
        head: Option<Root>,
        /// Maximum number of findings to list. All are counted. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// List what was done, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar operations list\n  bursar operations list --since 7d --command seed -o json\n  bursar operations list --limit 0 -o csv > operations.csv"
)]
pub struct OperationsList {
    /// Maximum number of operations. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Only operations since this date, RFC 3339 time or age, such as 12h or 7d
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    pub since: Option<Since>,
    /// Only operations of this command and its subcommands
    #[arg(long, value_name = "COMMAND")]
    pub command: Option<String>,
    /// Only operations of this operator, operating-system user or database role
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Continue an earlier list that was cut
    #[arg(long, value_name = "CURSOR", alias = "before")]
    pub cursor: Option<i64>,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}

/// Runs `operations list` or `operations verify`.
pub async fn run(context: &Context, action: Operations) -> Outcome {
    match action {
        Operations::List(args) => list(context, args).await,
        Operations::Verify { head, limit, output } => verify(context, head.map(|h| h.0), limit, output.format).await,
    }
}

async fn list(context: &Context, args: OperationsList) -> Outcome {
    let since = args.since.map(|since| since.at(now()));
    let filter = Filter { since, command: args.command, by: args.by, before: args.cursor, limit: args.limit };
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let page = operations::list(&mut tx, &filter).await?;
    if let Some(command) = filter.command.as_deref().filter(|command| page.total == 0 && !is_command(command)) {
        let writes = uses::leaves().into_iter().filter(|leaf| leaf.writes).map(|leaf| leaf.path);
        return Err(vocabulary::unknown("no command is called", command, &writes.collect::<Vec<_>>()));
    }
    if let Some(by) = filter.by.as_deref().filter(|_| page.total == 0) {
        let alone = Filter { by: Some(by.to_owned()), limit: 1, ..Filter::default() };
        if operations::list(&mut tx, &alone).await?.total == 0 {
            context.ui.note(&format!("no operation names '{}'", escape(by)));
        }
    }
    tx.rollback().await?;
    let next = page.next();
    let view = View::new("operations list")
        .field("database", database.target().database())
        .field("total", page.total)
        .field("next", next)
        .field("next_before", next)
        .rows("operations", &page.rows)
        .page(|| table(context, &page))
        .next_page(page.rows.len(), Some(thousands(page.total)), next);
    context.ui.emit(args.output.format, view)?;
    Ok(Done::Clean)
}

/// True if the words are a command, or the beginning of one.
fn is_command(words: &str) -> bool {
    uses::leaves()
        .iter()
        .any(|leaf| leaf.path.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

fn table(context: &Context, page: &operations::Page) -> Page {
    if page.rows.is_empty() {
        return Page::text("No matches.");
    }
    let columns = [
        Column::number("id").rank(0),
        Column::new("when (UTC)").rank(1),
        Column::text("who").rank(3),
        Column::new("command").rank(0),
        Column::text("what").rank(5),
        Column::text("reason").rank(4),
        Column::text("outcome").rank(2),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for row in &page.rows {
        let text = |fact: &Option<String>| fact.clone().unwrap_or_default();
        table.row(&[
            &row.id.to_string(),
            &row.at.second(),
            &who(row),
            &row.command,
            &what(row),
            &text(&row.reason),
            &text(&row.outcome),
        ]);
    }
    Page::table(table)
}

/// The operator first, then what the system says of who it was.
fn who(row: &Logged) -> String {
    let system = match (&row.os_user, &row.host) {
        (Some(user), Some(host)) => format!("{user}@{host}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    let parts = [row.operator.clone().unwrap_or_default(), system, format!("role {}", row.database_role)];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The parameters, as `name=value`.
fn what(row: &Logged) -> String {
    let Some(parameters) = row.parameters.as_ref().and_then(|p| p.as_object()) else {
        return row.parameters.as_ref().map(ToString::to_string).unwrap_or_default();
    };
    let value = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let known = parameters.iter().filter(|(_, v)| !v.is_null() && **v != serde_json::Value::Bool(false));
    known.map(|(name, v)| format!("{name}={}", value(v))).collect::<Vec<_>>().join(" ")
}

async fn verify(context: &Context, kept: Option<[u8; 32]>, limit: usize, format: Format) -> Outcome {
    let database = context.database().await?;
    let mut tx = database.read().await?;
    let (mut found, extent) = chain::verify(&mut tx, limit).await?;
    let place = match &kept {
        Some(head) => chain::find(&mut tx, head).await?,
        None => None,
    };
    tx.rollback().await?;
    if let Some(head) = kept.as_ref().filter(|_| place.is_none()) {
        found.push(chain::lost(head))?;
        found.finish()?;
    }
    let findings = found.list(false).collect::<Result<Vec<_>>>()?;
    let clean = found.count() == 0;
    let waiting = extent.waiting.as_ref();
    let head = extent.head.as_ref().map(|head| head.digest.clone());
    let verdict = match (clean, waiting) {
        (false, _) => "violated",
        (true, Some(_)) => "incomplete",
        (true, None) => "clean",
    };
    if format == Format::Table && context.ui.quiet {
        // A script keeps a head that can be believed, or nothing.
        match &head {
            Some(head) if clean => context.ui.data(head)?,
            Some(_) => context.ui.warn("something is wrong with the operator log: bursar operations verify"),
            None => context.ui.warn("no operation is linked yet, so there is no head"),
        }
    } else {
        let view = View::new("operations verify")
            .field("database", database.target().database())
            .field("verdict", verdict)
            .field("operations", extent.operations)
            .field("unlinked", extent.unlinked)
            .field("waiting", waiting)
            .field("head", &head)
            .field("position", extent.head.as_ref().map(|head| head.position))
            .field(
                "kept",
                place.as_ref().map(|p| json!({"position": p.position, "operation": p.operation, "at": p.at})),
            )
            .field("findings_total", found.count())
            .field("findings", &findings)
            .page(|| verified(context, &findings, found.count(), &extent, place.as_ref()));
        context.ui.emit(format, view)?;
        if format == Format::Table && clean && head.is_some() {
            context.ui.note("keep the head outside this database: only there is it evidence");
        }
    }
    if let Some(Waiting { rows, since, held_by }) = waiting {
        let (rows, are) = (counted(rows, "row"), if *rows == 1 { "is" } else { "are" });
        let held = held_by.as_ref().map(|by| format!(", because linking is held up by {by}")).unwrap_or_default();
        context.ui.warn(&format!("{rows} {are} not linked yet, the oldest since {since}{held}"));
        if held_by.is_none() {
            context.ui.note("every command that writes links them, and so does: SELECT bursar.link_operations()");
        }
    }
    Ok(match (clean, waiting) {
        (false, _) => Done::Findings,
        (true, Some(_)) => Done::Incomplete,
        (true, None) => Done::Clean,
    })
}

/// The answer of a verification, for people.
fn verified(
    context: &Context,
    findings: &[Finding],
    total: u64,
    extent: &chain::Extent,
    kept: Option<&chain::Place>,
) -> Page {
    let mut facts = Table::facts(&context.ui, 2);
    facts.row(&["operations", &thousands(extent.operations)]);
    facts.row(&["not linked yet", &thousands(extent.unlinked)]);
    facts.row(&["head", extent.head.as_ref().map_or("none", |head| &head.digest)]);
    if let Some(kept) = kept {
        let at = kept.at.as_deref().unwrap_or("an unknown time");
        facts.row(&["kept head", &format!("link {}, operation {} of {at}", thousands(kept.position), kept.operation)]);
    }
    let answer = match total {
        0 if extent.waiting.is_some() => "! what is linked is as it was written".to_owned(),
        // Only a head that was kept tells an empty log from one that was emptied.
        0 if extent.operations == 0 => "✓ the log is empty: there was nothing to verify".to_owned(),
        0 => "✓ the log is unchanged".to_owned(),
        1 => "✗ 1 finding".to_owned(),
        n => format!("✗ {}", counted(n, "finding")),
    };
    let cut = match (findings.len() as u64) < total {
        true => format!(", showing {}; --limit 0 for all", thousands(findings.len())),
        false => String::new(),
    };
    let listed: Vec<String> = findings.iter().map(|finding| render_finding(&context.ui, finding)).collect();
    Page::text(listed.join("\n")).and_table(facts).and(format!("{answer}{cut}"))
}

impl Record for Logged {
    const TYPE: &'static str = "operation";
    const FIELDS: &'static [&'static str] = &Logged::FIELDS;
}
