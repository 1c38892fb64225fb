//! A drafted pack: its files, and what is said of them.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::draft_ledger::{draft_ledger, runs};
use super::granted;
use super::jobs;
use super::ledger;
use super::manifest::Manifest;
use super::payments;
use super::plan::{Only, Plan};
use super::proposal::Proposal;
use super::refunds;
use crate::db::{Connection, quote_identifier, see_all};
use crate::error::{Error, Result};
use crate::text::quoted;

/// The user's own answers about the schema.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// The table of the ledger's entries.
    pub ledger: Option<String>,
    /// The column of the balances, as `table.column`.
    pub balances: Option<String>,
    /// The table of payments.
    pub payments: Option<String>,
    /// The table of jobs.
    pub jobs: Option<String>,
}

/// Looks at the tables of a schema and at some of their rows, and drafts a pack called `name`.
///
/// # Errors
/// Usage errors: there is no such schema, it is empty, or it lacks a table that the user names.
pub async fn propose(connection: &mut Connection, schema: &str, name: &str, wanted: &Wanted) -> Result<Proposal> {
    let catalogue = Catalogue::read(connection, schema).await?;
    if catalogue.tables.is_empty() {
        return Err(nothing(connection, schema).await?);
    }
    require_readable(connection, &catalogue).await?;
    let names: Vec<String> = catalogue.tables.iter().map(|t| t.name.clone()).collect();
    let hidden = see_all(connection, &catalogue.schema, &names).await?;
    let only = wanted_tables(&catalogue, wanted)?;
    let (mut proposal, mut manifest) = (Proposal::default(), Manifest::default());
    proposal.said.extend(of_hidden(&hidden));
    let mut tables: BTreeSet<String> = BTreeSet::new();
    let found = ledger::search(connection, &catalogue, only.ledger).await?;
    draft_ledger(connection, &catalogue, &found, &mut proposal, &mut manifest, &mut tables).await?;
    let payments = draft_payments(
        connection,
        &catalogue,
        only.payments,
        found.plan.as_ref(),
        &mut proposal,
        &mut manifest,
        &mut tables,
    )
    .await?;
    let entries = found.plan.as_ref().map(|plan| plan.place.table);
    match refunds::refunds(connection, &catalogue, payments.as_ref(), entries).await? {
        None => {}
        Some(Err(why)) => proposal
            .said
            .push(('-', format!("not recognized: refunds. {why}. refunds.sql is not drafted, and is written by hand"))),
        Some(Ok(draft)) => {
            proposal.said.push(('?', format!("{}. Its columns are a guess", draft.said)));
            proposal.files.push(("refunds.sql".to_owned(), draft.sql));
            manifest.refunds = Some(draft.states);
            tables.extend(draft.tables);
        }
    }
    draft_jobs(connection, &catalogue, only.jobs, &mut proposal, &mut manifest, &mut tables).await?;
    if manifest.detect.is_empty() {
        let first = catalogue.tables.iter().find(|t| tables.is_empty() || tables.contains(&t.name));
        manifest.detect.extend(first.and_then(|t| Some(format!("{}.{}", t.name, t.columns.first()?.name))));
    }
    manifest.tables = tables.into_iter().collect();
    if manifest.tables.is_empty() {
        // Nothing was recognized, and whoever fills the examples in begins with some table.
        manifest.tables.extend(catalogue.tables.iter().take(2).map(|t| t.name.clone()));
    }
    let id = format!("checks/{name}.example.sql.example");
    proposal
        .files
        .push((id, CHECK_EXAMPLE.replace("{table}", manifest.tables.first().map_or("accounts", String::as_str))));
    proposal.files.push(("pack.toml".to_owned(), manifest.text(name, schema)));
    Ok(proposal)
}

/// The warning of tables whose rows may be hidden.
fn of_hidden(hidden: &[String]) -> Option<(char, String)> {
    let said = || {
        format!(
            "row level security may hide rows from this role, so the draft may be wrong: {}. Draft it as their owner, or as a role with BYPASSRLS",
            hidden.join(", ")
        )
    };
    (!hidden.is_empty()).then(|| ('!', said()))
}

/// Refuses a role that may read none of the tables: what a draft said of them would be about nothing.
async fn require_readable(connection: &mut Connection, catalogue: &Catalogue) -> Result<()> {
    let (readable, role): (bool, String) = sqlx::query_as(
        "SELECT coalesce(bool_or(has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')), false), current_user::text
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
    )
    .bind(&catalogue.schema)
    .fetch_one(connection)
    .await?;
    if readable {
        return Ok(());
    }
    let (schema, quoted) = (quote_identifier(&catalogue.schema), quote_identifier(&role));
    Err(Error::refused(format!("role {role} may read no table of schema {}; nothing was written", catalogue.schema))
        .hint(format!(
            "GRANT USAGE ON SCHEMA {schema} TO {quoted}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {quoted}"
        )))
}

/// The refusal where a schema has no tables.
async fn nothing(connection: &mut Connection, schema: &str) -> Result<Error> {
    let exists = crate::packs::schema_exists(connection, schema).await?;
    let others: Vec<String> = sqlx::query_scalar(
        "SELECT n.nspname::text FROM pg_namespace n
          WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'bursar')
            AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')) ORDER BY 1",
    )
    .fetch_all(connection)
    .await?;
    let error = Error::usage(match exists {
        true => format!("schema {schema} has no tables; nothing was written"),
        false => format!("there is no schema {schema}; nothing was written"),
    });
    Ok(error.hint(match others.first() {
        Some(first) => format!("tables are in {}: --schema {}", others.join(", "), quoted(first)),
        None => "no schema of this database has tables; name another database with -d".to_owned(),
    }))
}

/// The tables that the user names.
struct Named {
    ledger: Only,
    payments: Option<usize>,
    jobs: Option<usize>,
}

fn wanted_tables(catalogue: &Catalogue, wanted: &Wanted) -> Result<Named> {
    let find = |flag: &str, name: &Option<String>| match name {
        None => Ok(None),
        Some(name) => catalogue.table(name).map(Some).ok_or_else(|| {
            let all: Vec<&str> = catalogue.tables.iter().map(|t| t.name.as_str()).take(30).collect();
            Error::usage(format!("{flag}: there is no table {name} in schema {}", catalogue.schema))
                .hint(format!("its tables are: {}", all.join(", ")))
        }),
    };
    let balances = match wanted.balances.as_ref().map(|b| b.rsplit_once('.')) {
        None => None,
        Some(None) => {
            return Err(Error::usage("--balances is not of the form TABLE.COLUMN").hint("--balances accounts.balance"));
        }
        Some(Some((table, column))) => {
            let at = find("--balances", &Some(table.to_owned()))?;
            let place = at.and_then(|at| Some((at, catalogue.tables[at].position(column)?)));
            Some(place.ok_or_else(|| {
                let numbers = at.map(|at| {
                    catalogue.tables[at]
                        .columns
                        .iter()
                        .filter(|c| c.is_number())
                        .map(|c| c.name.as_str())
                        .collect::<Vec<_>>()
                });
                Error::usage(format!("--balances: {table} has no column {column}"))
                    .hint(format!("its numbers are: {}", numbers.unwrap_or_default().join(", ")))
            })?)
        }
    };
    Ok(Named {
        ledger: Only { ledger: find("--ledger", &wanted.ledger)?, balances },
        payments: find("--payments", &wanted.payments)?,
        jobs: find("--jobs", &wanted.jobs)?,
    })
}

async fn draft_payments(
    connection: &mut Connection,
    catalogue: &Catalogue,
    only: Option<usize>,
    plan: Option<&Plan>,
    proposal: &mut Proposal,
    manifest: &mut Manifest,
    tables: &mut BTreeSet<String>,
) -> Result<Option<payments::Payments>> {
    let Some(mut draft) = payments::payments(connection, catalogue, only, plan).await? else {
        if let Some(table) = only.map(|at| &catalogue.tables[at]) {
            let numbers = table.columns.iter().filter(|c| c.is_number()).map(|c| c.name.as_str()).collect::<Vec<_>>();
            proposal.said.push((
                '-',
                format!(
                    "not drafted: payments in {}: no number in it is called like an amount, a total or a price. Its numbers are {}. \
                     Write payments.sql by hand",
                    table.name,
                    if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") }
                ),
            ));
            return Ok(None);
        }
        proposal.said.push(('-', "not recognized: payments. A table called like payment, charge, invoice or order, with an amount and a status. Name it with --payments TABLE".to_owned()));
        return Ok(None);
    };
    if let Err(why) = runs(connection, catalogue, &draft.sql).await? {
        proposal.said.push(('-', format!("not drafted: payments in {}: the query does not run: {why}", draft.table)));
        return Ok(None);
    }
    proposal.said.push(('?', format!("{}. Its columns are a guess", draft.said)));
    let entries = proposal.files.iter().find(|(name, _)| name == "ledger/entries.sql").map(|(_, text)| text.clone());
    if let Some((entries, at)) = entries.zip(catalogue.table(&draft.table)) {
        match granted::granted(connection, catalogue, &catalogue.tables[at], &entries).await? {
            Ok(lines) => draft.sql = draft.sql.replace(granted::NOTHING, &lines),
            Err(why) => proposal.said.push((
                '?',
                format!("granted and unit of payments.sql are not drafted, so what was paid is not compared with the ledger: {why}"),
            )),
        }
    }
    proposal.files.push(("payments.sql".to_owned(), draft.sql.clone()));
    manifest.detect.extend((manifest.detect.is_empty()).then(|| mark_of(catalogue, &draft.table)).flatten());
    manifest.payments = Some((draft.amounts, draft.states.clone()));
    tables.insert(draft.table.clone());
    Ok(Some(draft))
}

fn mark_of(catalogue: &Catalogue, table: &str) -> Option<String> {
    let table = &catalogue.tables[catalogue.table(table)?];
    table.columns.last().map(|c| format!("{}.{}", table.name, c.name))
}

async fn draft_jobs(
    connection: &mut Connection,
    catalogue: &Catalogue,
    only: Option<usize>,
    proposal: &mut Proposal,
    manifest: &mut Manifest,
    tables: &mut BTreeSet<String>,
) -> Result<()> {
    let draft = match jobs::jobs(connection, catalogue, only).await? {
        jobs::Found::Drafted(draft) => draft,
        jobs::Found::Without(near) => {
            let near = match near.is_empty() {
                true => String::new(),
                false => format!(
                    ". Nearly: {} {} no status of type text or enum; a CASE over the times gives one",
                    near.join(", "),
                    if near.len() == 1 { "has" } else { "have" },
                ),
            };
            proposal.said.push(('-', format!("not recognized: jobs. A table called like job, task or queue, with a status{near}. Name it with --jobs TABLE")));
            return Ok(());
        }
    };
    if let Err(why) = runs(connection, catalogue, &draft.sql).await? {
        proposal.said.push(('-', format!("not drafted: jobs in {}: the query does not run: {why}", draft.table)));
        return Ok(());
    }
    proposal.said.push(('?', format!("{}. Its columns are a guess", draft.said)));
    proposal.files.push(("jobs.sql".to_owned(), draft.sql));
    manifest.detect.extend((manifest.detect.is_empty()).then(|| mark_of(catalogue, &draft.table)).flatten());
    manifest.jobs = Some((draft.lacks, draft.states));
    tables.insert(draft.table);
    Ok(())
}

const CHECK_EXAMPLE: &str = "-- title: What holds when this check passes
-- severity: warn
-- reads: {table}
-- why: Why it matters.
-- cause: The likely cause of a violation, in a sentence.
-- remedy: What to do about it.

-- A row of this query is a violation. Write your own, and rename the file to end in .sql.
SELECT '{table}' AS table_name, '' AS key, NULL::text AS account, NULL::text AS unit,
       NULL::text AS expected, NULL::text AS actual, 'A sentence.' AS message
WHERE false
";
