//! The ledger of a drafted pack: its queries are written, run, and written down only if they run and agree.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Executor as _};

use super::catalogue::Catalogue;
use super::guess::Units;
use super::ledger::Search;
use super::manifest::Manifest;
use super::places::Account;
use super::plan::Plan;
use super::proposal::Proposal;
use super::sample;
use super::states;
use super::write::{Holder, Text, Writer};
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::asked::{Untried, texts};

/// Drafts the ledger that was found, or says what came near.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn draft_ledger(
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
            proposal.said.push(('-', refusal(found, refused.err().flatten())));
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
                _ => guess.said_balance(balances),
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
    proposal.said.extend(written.notes.into_iter().map(|note| ('?', note)));
    proposal.others.clone_from(&found.others);
    let running = plan.chain.as_ref().is_some_and(|c| c.after.is_some());
    manifest.ledger = Some((running, plan.chain.as_ref().is_some_and(|c| c.by_seq), written.balanced));
    tables.extend(written.text.tables.iter().cloned());
    proposal.files.push(("ledger/entries.sql".to_owned(), written.text.entries));
    proposal.files.extend(written.text.balances.map(|text| ("ledger/balances.sql".to_owned(), text)));
    Ok(())
}

/// The sentence of a ledger that is not drafted. `why` says what is wrong with the candidate that agrees.
fn refusal(found: &Search, why: Option<String>) -> String {
    let verdict = match &why {
        Some(_) => "The candidate that agrees cannot be used",
        None if found.near.iter().any(|near| near.contains("no evidence")) => "No candidate is proven",
        None => "No candidate agrees",
    };
    let near = why.into_iter().chain(found.near.iter().cloned()).collect::<Vec<_>>();
    let near = match near.is_empty() {
        true => "no table has an amount, a time and an account of which another table has the balance".to_owned(),
        false => near.join("; "),
    };
    let name = if found.is_named { "F" } else { "Name it with --ledger TABLE --balances TABLE.COLUMN, or f" };
    format!(
        "not recognized: a ledger. {verdict}. Nearly: {near}. {name}ill in ledger/*.sql.example and rename the files to end in .sql"
    )
}

/// A ledger's queries as they were run.
struct Written {
    text: Text,
    balanced: bool,
    mark: char,
    figure: String,
    /// Further remarks, in sentences.
    notes: Vec<String>,
}

/// Writes the queries of a plan and runs them; the inner error is why they do not run.
async fn written(
    connection: &mut Connection,
    catalogue: &Catalogue,
    plan: &Plan,
) -> Result<std::result::Result<Written, Option<String>>> {
    let mut writer = Writer {
        catalogue,
        plan,
        holder: holder(connection, catalogue, plan).await?,
        counterparts: Vec::new(),
        silent: Vec::new(),
    };
    writer.silent = silent(connection, catalogue, &writer).await?;
    let (reference, balanced) = reference(connection, catalogue, &writer).await?;
    let mut text = writer.text(reference.as_deref());
    if (balanced || plan.is_double())
        && let Some(balances) = &text.balances
    {
        writer.counterparts = below_zero(connection, catalogue, balances).await?;
        text = writer.text(reference.as_deref());
    }
    for sql in std::iter::once(&text.entries).chain(&text.balances) {
        if let Err(why) = runs(connection, catalogue, sql).await? {
            return Ok(Err(Some(format!("the drafted queries do not run: {why}"))));
        }
    }
    let (mut mark, mut figure) = writer.verdict();
    // What is written has to agree as well as what was tried.
    if let (None, Some(guess), Some(balances)) = (&plan.untried, &plan.guess, &text.balances) {
        match agreeing(connection, catalogue, &writer, &text.entries, balances).await? {
            Ok(rows) => {
                if let Some((all, agree)) = pair(&rows).filter(|(all, agree)| 2 * agree < *all && guess.is_half()) {
                    return Ok(Err(Some(format!(
                        "in a sample {}, but by the drafted queries {agree} of {all} accounts agree",
                        writer.figure()
                    ))));
                }
            }
            Err(Untried::Slow) => figure.push_str(" in a sample; the whole query takes too long to try here"),
            Err(Untried::Unsafe) => figure.push_str(
                " in a sample; the drafted queries were not run, because strangers have created objects in the schema",
            ),
            Err(Untried::Refused(why)) => return Ok(Err(Some(format!("the drafted queries do not run: {why}")))),
        }
    }
    if let (None, Some(balances)) = (&plan.untried, &text.balances)
        && let Some((all, without)) = without_entries(connection, catalogue, &writer, &text.entries, balances).await?
        && 2 * without > all
    {
        let why = format!("{without} of {all} balances that are not 0 have no entry");
        if !plan.is_named {
            return Ok(Err(Some(format!("{}, but {why}", writer.described()))));
        }
        mark = '!';
        figure.push_str(&format!(", but {why}"));
    }
    let mut notes = writer.notes();
    for (column, known) in plan.words() {
        notes.extend(unseen(connection, catalogue, plan, column, &known).await?);
    }
    Ok(Ok(Written { text, balanced, mark, figure, notes }))
}

/// The accounts of the sample by the drafted queries: how many there are, and how many agree.
async fn agreeing(
    connection: &mut Connection,
    catalogue: &Catalogue,
    writer: &Writer<'_>,
    entries: &str,
    balances: &str,
) -> Result<std::result::Result<Vec<Vec<Option<String>>>, Untried>> {
    let accounts: Vec<String> = writer.plan.sample.accounts.keys().cloned().collect();
    let opening = if writer.opening().is_some() { " - b.opening" } else { "" };
    let sql = format!(
        "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE s.total = b.balance{opening}))::text]
           FROM (SELECT e.account, e.unit, sum(e.delta) AS total FROM ({entries}\n) e WHERE e.account::text = ANY ($1::text[]) GROUP BY e.account, e.unit) s
           LEFT JOIN (SELECT * FROM ({balances}\n) b WHERE b.account::text = ANY ($1::text[])) b ON b.account = s.account AND b.unit = s.unit"
    );
    run(connection, catalogue, &sql, &accounts).await
}

/// The expression of `ref` in SQL, and true if the entries of one `ref` sum to 0, which is double entry.
async fn reference(
    connection: &mut Connection,
    catalogue: &Catalogue,
    writer: &Writer<'_>,
) -> Result<(Option<String>, bool)> {
    let references = match writer.plan.place.account {
        Account::Pair(..) => Vec::new(),
        _ => writer.references(),
    };
    for reference in references {
        let entries = writer.text(Some(&reference)).entries;
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
            return Ok((Some(reference), true));
        }
    }
    Ok((writer.reference(), false))
}

/// Of some balances that are not 0 or their opening, how many have no entry at all: a ledger explains them.
async fn without_entries(
    connection: &mut Connection,
    catalogue: &Catalogue,
    writer: &Writer<'_>,
    entries: &str,
    balances: &str,
) -> Result<Option<(usize, usize)>> {
    let opening = if writer.opening().is_some() { "q.opening" } else { "0" };
    let sql = format!(
        "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE NOT EXISTS (SELECT FROM ({entries}\n) e WHERE e.account = b.account)))::text]
           FROM (SELECT q.account FROM ({balances}\n) q WHERE q.balance <> {opening} LIMIT 200) b"
    );
    Ok(run(connection, catalogue, &sql, &[]).await?.ok().as_deref().and_then(pair))
}

/// The accounts whose balance is below zero; none where they are more than a list can name.
async fn below_zero(connection: &mut Connection, catalogue: &Catalogue, balances: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT ARRAY[b.account::text] FROM ({balances}\n) b WHERE b.balance < 0 GROUP BY b.account ORDER BY b.account LIMIT {}",
        COUNTERPARTS + 1
    );
    let accounts: Vec<String> =
        run(connection, catalogue, &sql, &[]).await?.unwrap_or_default().into_iter().flatten().flatten().collect();
    Ok(if accounts.len() > COUNTERPARTS { Vec::new() } else { accounts })
}

/// Of several ledgers in the same tables, those that have balances and not one entry.
async fn silent(connection: &mut Connection, catalogue: &Catalogue, writer: &Writer<'_>) -> Result<Vec<String>> {
    let Some((((ours, theirs), balances), balance)) =
        writer.ledger_columns().zip(writer.balances_table()).zip(writer.balance_text())
    else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "SELECT ARRAY[s.it] FROM (SELECT DISTINCT b.{0}::text FROM (SELECT * FROM {1} LIMIT 20000) b
                                  WHERE {balance} <> 0 AND NOT EXISTS (SELECT FROM {2} e WHERE e.{3} = b.{0})) s (it) ORDER BY 1 LIMIT 20",
        theirs.quoted(),
        catalogue.qualified(balances),
        catalogue.qualified(writer.entries_table()),
        ours.quoted(),
    );
    Ok(run(connection, catalogue, &sql, &[]).await?.unwrap_or_default().into_iter().flatten().flatten().collect())
}

/// The most accounts that a draft lets be below zero by their names.
const COUNTERPARTS: usize = 20;

/// The words of a column that the sample lacks, in a sentence: the draft gives them no meaning.
async fn unseen(
    connection: &mut Connection,
    catalogue: &Catalogue,
    plan: &Plan,
    column: usize,
    known: &[String],
) -> Result<Option<String>> {
    let table = &catalogue.tables[plan.place.table];
    let (from, name) = (&table.name, &table.columns[column].name);
    let words = states::words_of(connection, catalogue, table, column).await?;
    if words.sampled {
        return Ok(Some(format!("{from}.{name}: {}", states::SAMPLED)));
    }
    let unseen: Vec<String> = words.all.into_iter().filter(|word| !known.contains(word)).collect();
    Ok((!unseen.is_empty()).then(|| {
        format!(
            "{from}.{name} also has {}, which no account of the sample has: say in ledger/entries.sql what that means",
            unseen.join(", ")
        )
    }))
}

fn pair(rows: &[Vec<Option<String>>]) -> Option<(usize, usize)> {
    let number = |n: usize| rows.first()?.get(n)?.as_deref()?.parse().ok();
    number(0).zip(number(1))
}

/// The table of the account itself, if it is another one in this schema.
async fn holder(connection: &mut Connection, catalogue: &Catalogue, plan: &Plan) -> Result<Option<Holder>> {
    let entries = &catalogue.tables[plan.place.table];
    if let Account::Mixed(..) | Account::Scoped(..) = plan.place.account {
        return Ok(None);
    }
    let own = entries.columns[plan.place.account.column()].refers_to.clone();
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
pub(super) async fn run(
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
pub(super) async fn runs(
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
