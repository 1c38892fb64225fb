//! A drafted pack: its files, and what is said of them.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Executor as _};

use super::catalogue::Catalogue;
use super::jobs;
use super::ledger::{self, Only, Plan, Search};
use super::manifest::Manifest;
use super::payments;
use super::places::Account;
use super::sample;
use super::solve::Units;
use super::write::{Holder, Text, Writer};
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::packs::asked::{Untried, texts};

/// A proposed pack.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The files, by their path inside the pack's folder.
    pub files: Vec<(String, String)>,
    /// What was found, each a mark and a sentence: `✓` for what the rows confirm, `?` for what could not be tried, `!` for
    /// what they contradict, `-` for what was not recognized.
    pub said: Vec<(char, String)>,
}

/// What the user knows of the schema already.
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
    let only = wanted_tables(&catalogue, wanted)?;
    let (mut proposal, mut manifest) = (Proposal::default(), Manifest::default());
    let mut tables: BTreeSet<String> = BTreeSet::new();
    let found = ledger::search(connection, &catalogue, only.ledger).await?;
    draft_ledger(connection, &catalogue, &found, &mut proposal, &mut manifest, &mut tables).await?;
    draft_payments(
        connection,
        &catalogue,
        only.payments,
        found.plan.as_ref(),
        &mut proposal,
        &mut manifest,
        &mut tables,
    )
    .await?;
    draft_jobs(connection, &catalogue, only.jobs, &mut proposal, &mut manifest, &mut tables).await?;
    if manifest.detect.is_empty() {
        let first = catalogue.tables.iter().find(|t| tables.is_empty() || tables.contains(&t.name));
        manifest.detect.extend(first.and_then(|t| Some(format!("{}.{}", t.name, t.columns.first()?.name))));
    }
    manifest.tables = tables.into_iter().collect();
    let id = format!("checks/{name}.example.sql.example");
    proposal
        .files
        .push((id, CHECK_EXAMPLE.replace("{table}", manifest.tables.first().map_or("accounts", String::as_str))));
    proposal.files.push(("pack.toml".to_owned(), manifest.text(name, schema)));
    Ok(proposal)
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
        Some(first) => format!("tables are in {}: --schema {first}", others.join(", ")),
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

async fn draft_ledger(
    connection: &mut Connection,
    catalogue: &Catalogue,
    found: &Search,
    proposal: &mut Proposal,
    manifest: &mut Manifest,
    tables: &mut BTreeSet<String>,
) -> Result<()> {
    let written = match &found.plan {
        Some(plan) => written(connection, catalogue, plan).await?,
        None => Err(None),
    };
    let (plan, written) = match (&found.plan, written) {
        (Some(plan), Ok(written)) => (plan, written),
        (_, refused) => {
            let why = refused.err().flatten().map(|why| format!("the drafted queries do not run: {why}"));
            let near = why.into_iter().chain(found.near.iter().cloned()).collect::<Vec<_>>();
            let near = if near.is_empty() {
                "no table has an amount, a time and an account".to_owned()
            } else {
                near.join("; ")
            };
            proposal.said.push(('-', format!(
                "not recognized: a ledger. No candidate agrees. Nearly: {near}. Name it with --ledger TABLE --balances TABLE.COLUMN, or fill in ledger/*.sql.example and rename the files to end in .sql"
            )));
            proposal.files.push(("ledger/entries.sql.example".to_owned(), ENTRIES_EXAMPLE.to_owned()));
            proposal.files.push(("ledger/balances.sql.example".to_owned(), BALANCES_EXAMPLE.to_owned()));
            return Ok(());
        }
    };
    let entries = &catalogue.tables[plan.place.table];
    manifest.detect.push(format!("{}.{}", entries.name, entries.columns[plan.rule.amount()].name));
    let mut said = format!("a ledger in {}", entries.name);
    match &plan.guess {
        Some(guess) => {
            let balances = &catalogue.tables[guess.join.table];
            let name = |c: usize| format!("{}.{}", balances.name, balances.columns[c].name);
            manifest.detect.push(name(guess.balance));
            let columns = match &plan.units {
                Units::Columns(_, pairs) => pairs.iter().map(|(_, c)| name(*c)).collect::<Vec<_>>().join(", "),
                _ => name(guess.balance),
            };
            said.push_str(&format!(", with balances in {columns}: {}", written.figure));
        }
        None => said.push_str(&format!(" with running balances only: {}", written.figure)),
    }
    if let Some(chain) = plan.chain.as_ref().filter(|c| c.of > 0 && plan.guess.is_some())
        && let Some(after) = chain.after
    {
        said.push_str(&format!("; {}: {} of {} chain", entries.columns[after].name, chain.agree, chain.of));
    }
    if !plan.ties.is_empty() {
        said.push_str(&format!(". As many agree with {}", plan.ties.join(", and with ")));
    }
    proposal.said.push((written.mark, said));
    let running = plan.chain.as_ref().is_some_and(|c| c.after.is_some());
    manifest.ledger = Some((running, plan.chain.as_ref().is_some_and(|c| c.by_seq), written.balanced));
    tables.extend(written.text.tables.iter().cloned());
    proposal.files.push(("ledger/entries.sql".to_owned(), written.text.entries));
    proposal.files.extend(written.text.balances.map(|text| ("ledger/balances.sql".to_owned(), text)));
    Ok(())
}

/// A ledger's queries as they were run.
struct Written {
    text: Text,
    balanced: bool,
    mark: char,
    figure: String,
}

/// Writes the queries of a plan and runs them; the inner error is why they do not run.
async fn written(
    connection: &mut Connection,
    catalogue: &Catalogue,
    plan: &Plan,
) -> Result<std::result::Result<Written, Option<String>>> {
    let writer = Writer { catalogue, plan, holder: holder(connection, catalogue, plan).await? };
    let references = writer.references();
    let (mut reference, mut balanced) = (references.first().copied(), false);
    if !matches!(plan.place.account, Account::Pair(..)) {
        for column in references {
            let entries = writer.text(Some(column)).entries;
            let sql = format!(
                "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE g.total = 0 AND g.parts > 1))::text]
                   FROM (SELECT sum(q.delta) AS total, count(*) AS parts FROM ({entries}\n) q
                          WHERE q.ref IN (SELECT x.ref FROM ({entries}\n) x WHERE x.ref IS NOT NULL LIMIT 100) GROUP BY q.ref, q.unit) g"
            );
            if let Ok(rows) = run(connection, catalogue, &sql, &[]).await?
                && let Some((all, zero)) = pair(&rows)
                && all > 0
                && 10 * zero >= 9 * all
            {
                (reference, balanced) = (Some(column), true);
                break;
            }
        }
    }
    let text = writer.text(reference);
    for sql in std::iter::once(&text.entries).chain(&text.balances) {
        if let Err(why) = runs(connection, catalogue, sql).await? {
            return Ok(Err(Some(why)));
        }
    }
    let mut mark = if plan.untried.is_some() { '?' } else { '✓' };
    let mut figure = writer.figure();
    if plan.untried.is_none() && !plan.holds() {
        mark = '!';
    }
    // What is written has to agree as well as what was tried.
    if let (None, Some(guess), Some(balances)) = (&plan.untried, &plan.guess, &text.balances) {
        let accounts: Vec<String> = plan.sample.accounts.keys().cloned().collect();
        let sql = format!(
            "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE s.total = b.balance))::text]
               FROM (SELECT e.account, e.unit, sum(e.delta) AS total FROM ({}\n) e WHERE e.account::text = ANY ($1::text[]) GROUP BY e.account, e.unit) s
               LEFT JOIN (SELECT * FROM ({balances}\n) b WHERE b.account::text = ANY ($1::text[])) b ON b.account = s.account AND b.unit = s.unit",
            text.entries
        );
        match run(connection, catalogue, &sql, &accounts).await? {
            Ok(rows) => {
                if let Some((all, agree)) = pair(&rows).filter(|(all, agree)| 2 * agree < *all && guess.is_half()) {
                    return Ok(Err(Some(format!("by the drafted queries {agree} of {all} accounts agree"))));
                }
            }
            Err(Untried::Slow) => figure.push_str(" in a sample; the whole query takes too long to try here"),
            Err(Untried::Unsafe) => figure.push_str(
                " in a sample; the drafted queries were not run, because strangers have created objects in the schema",
            ),
            Err(Untried::Refused(why)) => return Ok(Err(Some(why))),
        }
    }
    Ok(Ok(Written { text, balanced, mark, figure }))
}

fn pair(rows: &[Vec<Option<String>>]) -> Option<(usize, usize)> {
    let number = |n: usize| rows.first()?.get(n)?.as_deref()?.parse().ok();
    number(0).zip(number(1))
}

/// The table of the account itself, if it is another one in this schema.
async fn holder(connection: &mut Connection, catalogue: &Catalogue, plan: &Plan) -> Result<Option<Holder>> {
    let entries = &catalogue.tables[plan.place.table];
    let own = if let Account::Mixed(..) = plan.place.account {
        None
    } else {
        entries.columns[plan.place.account.column()].refers_to.clone()
    };
    let theirs =
        plan.guess.as_ref().and_then(|g| catalogue.tables[g.join.table].columns[g.join.account].refers_to.clone());
    let Some(to) = own.or(theirs).filter(|to| to.schema == catalogue.schema) else { return Ok(None) };
    let Some(table) = catalogue.table(&to.table).filter(|t| plan.guess.as_ref().is_none_or(|g| g.join.table != *t))
    else {
        return Ok(None);
    };
    let Some(key) = catalogue.tables[table].position(&to.column) else { return Ok(None) };
    let accounts: Vec<String> = plan.sample.accounts.keys().cloned().collect();
    let rows = match accounts.is_empty() {
        true => sample::Sample::default(),
        false => match sample::of_accounts(connection, catalogue, &catalogue.tables[table], key, &accounts).await? {
            Ok(rows) => rows,
            Err(_) => return Ok(None),
        },
    };
    Ok(Some(Holder { table, key, rows }))
}

/// Runs a query with the path that the pack's queries have.
async fn run(
    connection: &mut Connection,
    catalogue: &Catalogue,
    sql: &str,
    values: &[String],
) -> Result<std::result::Result<Vec<Vec<Option<String>>>, Untried>> {
    if !catalogue.is_safe {
        return Ok(Err(Untried::Unsafe));
    }
    connection.execute("SAVEPOINT path").await?;
    connection.execute(AssertSqlSafe(db::path_of(&catalogue.schema))).await?;
    let rows = texts(connection, sql, values).await;
    connection.execute("ROLLBACK TO SAVEPOINT path; RELEASE SAVEPOINT path").await?;
    rows
}

/// Runs the first rows of a drafted query, with every column of them; the inner error is why it does not run.
async fn runs(
    connection: &mut Connection,
    catalogue: &Catalogue,
    sql: &str,
) -> Result<std::result::Result<(), String>> {
    let whole = format!("SELECT ARRAY[row_to_json(q)::text] FROM ({sql}\n) q LIMIT 20");
    Ok(match run(connection, catalogue, &whole, &[]).await? {
        Err(Untried::Refused(why)) => Err(why),
        // One that takes long for its first rows is a query all the same.
        Ok(_) | Err(Untried::Slow | Untried::Unsafe) => Ok(()),
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
) -> Result<()> {
    let Some(draft) = payments::payments(connection, catalogue, only, plan).await? else {
        proposal.said.push(('-', "not recognized: payments. A table called like payment, charge, invoice or order, with an amount and a status. Name it with --payments TABLE".to_owned()));
        return Ok(());
    };
    if let Err(why) = runs(connection, catalogue, &draft.sql).await? {
        proposal.said.push(('-', format!("not drafted: payments in {}: the query does not run: {why}", draft.table)));
        return Ok(());
    }
    proposal.said.push(('?', format!("{}. Its columns are a guess", draft.said)));
    proposal.files.push(("payments.sql".to_owned(), draft.sql));
    manifest.detect.extend((manifest.detect.is_empty()).then(|| mark_of(catalogue, &draft.table)).flatten());
    manifest.payments = Some((draft.amounts, draft.states));
    tables.insert(draft.table);
    Ok(())
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
                    ". Nearly: {} has no status of type text or enum; a CASE over its times gives one",
                    near.join(", ")
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

const ENTRIES_EXAMPLE: &str = "-- reads: transactions
-- One row per entry of the ledger. The line above is required: every table that the query reads.
-- Put your own names in, list the tables in pack.toml, and rename this file to entries.sql.
SELECT t.id AS entry_id,
       t.account_id AS account,
       'UNIT'::text AS unit,
       -- Signed: what the entry adds to the balance. If a kind decides the sign, write a CASE.
       t.amount AS delta,
       -- The balance after the entry, if entries carry it; with NULL, set running = false under [ledger] in pack.toml.
       NULL::numeric AS running,
       t.created_at AS at,
       NULL::bigint AS seq,
       NULL::xid8 AS arrival,
       'entry' AS kind,
       NULL::text AS ref
FROM transactions t
";
const BALANCES_EXAMPLE: &str = "-- reads: accounts
-- One row per account and unit: the balance that the application shows and spends from. The line above is required.
-- Put your own names in, list the tables in pack.toml, and rename this file to balances.sql.
SELECT a.id AS account,
       'UNIT'::text AS unit,
       a.balance AS balance,
       NULL::timestamptz AS opened_at
FROM accounts a
";
