//! Facts about a pack from a sample of its rows: rows that are there twice, units and signs that are not there, words
//! without a meaning, and the share of accounts that agree.

use super::asked::{Untried, texts};
use super::examined::{Examined, in_manifest, in_seals, stated};
use super::model::Pack;
use super::payments::Amounts;
use super::sql::{Source, Sql};
use super::types::at;
use crate::db::Connection;
use crate::error::Result;

/// Rows of a query that are looked at.
const ROWS: usize = 50_000;

/// Looks at the rows, and adds what is to be told.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn figures(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    for source in Source::ALL {
        if let Some(sql) = pack.source(source) {
            unique(connection, sql, source.key(), examined).await?;
        }
    }
    for (source, columns) in
        [(Source::Entries, &["account", "unit", "at"][..]), (Source::Balances, &["account", "unit"])]
    {
        if let Some(sql) = pack.source(source) {
            nulls(connection, sql, columns, examined).await?;
        }
    }
    if let Some(entries) = pack.source(Source::Entries) {
        kinds(connection, entries, examined).await?;
        if let Some(balances) = pack.source(Source::Balances) {
            agree(connection, pack, (entries, balances), examined).await?;
        }
    }
    for source in [Source::Payments, Source::Refunds] {
        if let Some(sql) = pack.source(source).filter(|_| is_minor(pack)) {
            fractions(connection, sql, examined).await?;
        }
    }
    for (part, sql, words) in stated(pack) {
        let query = format!(
            "SELECT ARRAY[s.status] FROM (SELECT DISTINCT q.status::text AS status FROM (SELECT x.status FROM ({}\n) x WHERE x.status IS NOT NULL LIMIT {ROWS}) q) s
              WHERE s.status <> ALL ($1::text[]) ORDER BY 1 LIMIT 20",
            sql.filled(connection).await?
        );
        for word in ask(connection, &query, &words, sql, examined).await?.into_iter().flatten().flatten() {
            let message = format!("[{part}.states] gives no meaning to '{word}', which rows have");
            examined.problems.push(in_manifest(pack, part, &word, message));
        }
    }
    Ok(())
}

fn is_minor(pack: &Pack) -> bool {
    pack.payments.as_ref().is_some_and(|payments| payments.amounts == Amounts::Minor)
}

/// Amounts of the smallest unit have no parts of it.
async fn fractions(connection: &mut Connection, sql: &Sql, examined: &mut Examined) -> Result<()> {
    let query = format!(
        "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE q.amount <> trunc(q.amount)))::text]
           FROM (SELECT x.amount::numeric AS amount FROM ({}\n) x LIMIT {ROWS}) q",
        sql.filled(connection).await?
    );
    if let [all, parts @ (1..)] = counts(&ask(connection, &query, &[], sql, examined).await?)[..] {
        let message = format!(
            "'amount' has a fraction in {parts} of {all} rows, and amounts = \"minor\" counts the smallest unit of the currency"
        );
        examined.problems.push(at(sql, "amount", message));
    }
    Ok(())
}

/// The tables that can be sealed and whose key names no row, or several.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn sealed_keys(connection: &mut Connection, pack: &Pack, examined: &mut Examined) -> Result<()> {
    for ledger in &pack.sealed {
        let rows = ask(connection, &ledger.wrong_keys(Some(ROWS)), &[], &ledger.entries, examined).await?;
        let counts: Vec<&str> = rows.iter().flatten().flatten().map(String::as_str).collect();
        if let (Some(why), Some(table)) = (ledger.why_not_keyed(&counts), ledger.sealed_table()) {
            examined.problems.push(in_seals(pack, table, why));
        }
    }
    Ok(())
}

/// The answer; nothing, with a note, where there is none.
async fn ask(
    connection: &mut Connection,
    query: &str,
    values: &[String],
    of: &Sql,
    examined: &mut Examined,
) -> Result<Vec<Vec<Option<String>>>> {
    Ok(match texts(connection, query, values).await? {
        Ok(rows) => rows,
        Err(Untried::Slow) => {
            examined.notes.push(format!("{}: its rows were not looked at, because that takes too long", of.file));
            Vec::new()
        }
        // A query that does not run is told already.
        Err(Untried::Refused(_) | Untried::Unsafe) => Vec::new(),
    })
}

/// The numbers of one row.
fn counts(rows: &[Vec<Option<String>>]) -> Vec<u64> {
    rows.first().into_iter().flatten().map(|n| n.as_deref().and_then(|n| n.parse().ok()).unwrap_or(0)).collect()
}

async fn unique(connection: &mut Connection, sql: &Sql, key: &[&str], examined: &mut Examined) -> Result<()> {
    let columns = key.iter().map(|c| format!("q.{c}")).collect::<Vec<_>>().join(", ");
    let query = format!(
        "SELECT ARRAY[count(*)::text, coalesce(max(g.rows), 0)::text] FROM (SELECT count(*) AS rows FROM (SELECT * FROM ({}\n) x LIMIT {ROWS}) q
          GROUP BY {columns} HAVING count(*) > 1) g",
        sql.filled(connection).await?
    );
    if let [several @ (1..), most, ..] = counts(&ask(connection, &query, &[], sql, examined).await?)[..] {
        let what = key.join(", ");
        let message = format!(
            "({what}) is not unique: {several} of them are there more than once, one of them {most} times. A join that doubles rows does this"
        );
        examined.problems.push(at(sql, key[0], message));
    }
    Ok(())
}

async fn nulls(connection: &mut Connection, sql: &Sql, columns: &[&str], examined: &mut Examined) -> Result<()> {
    let counted: Vec<String> =
        columns.iter().map(|c| format!("(count(*) FILTER (WHERE q.{c} IS NULL))::text")).collect();
    let query = format!(
        "SELECT ARRAY[{}, count(*)::text] FROM (SELECT * FROM ({}\n) x LIMIT {ROWS}) q",
        counted.join(", "),
        sql.filled(connection).await?
    );
    let found = counts(&ask(connection, &query, &[], sql, examined).await?);
    let all = found.last().copied().unwrap_or(0);
    for (column, count) in columns.iter().zip(&found).filter(|(_, count)| **count > 0) {
        examined.problems.push(at(sql, column, format!("'{column}' is NULL in {count} of {all} rows")));
    }
    Ok(())
}

async fn kinds(connection: &mut Connection, entries: &Sql, examined: &mut Examined) -> Result<()> {
    let query = format!(
        "SELECT ARRAY[coalesce(q.kind::text, 'NULL'), count(*)::text] FROM (SELECT * FROM ({}\n) x LIMIT {ROWS}) q
          WHERE q.delta IS NULL GROUP BY q.kind ORDER BY count(*) DESC LIMIT 10",
        entries.filled(connection).await?
    );
    let rows = ask(connection, &query, &[], entries, examined).await?;
    let kinds: Vec<String> =
        rows.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(": ")).collect();
    if !kinds.is_empty() {
        let message =
            format!("'delta' is NULL for entries of these kinds, with how many there are: {}", kinds.join(", "));
        examined.problems.push(at(entries, "delta", message));
    }
    Ok(())
}

async fn agree(
    connection: &mut Connection,
    pack: &Pack,
    (entries, balances): (&Sql, &Sql),
    examined: &mut Examined,
) -> Result<()> {
    let (ours, theirs) = (entries.filled(connection).await?, balances.filled(connection).await?);
    let query = format!(
        "WITH few AS MATERIALIZED (SELECT DISTINCT q.account FROM (SELECT x.account FROM ({ours}\n) x WHERE x.account IS NOT NULL LIMIT {ROWS}) q LIMIT 200),
              sums AS (SELECT e.account, e.unit, sum(e.delta) AS total FROM ({ours}\n) e WHERE e.account IN (SELECT f.account FROM few f) GROUP BY e.account, e.unit)
         SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE s.total + coalesce((to_jsonb(b) ->> 'opening')::numeric, 0) = b.balance))::text]
           FROM sums s LEFT JOIN ({theirs}\n) b ON b.account = s.account AND b.unit = s.unit"
    );
    let found = counts(&ask(connection, &query, &[], entries, examined).await?);
    let [all @ (1..), agree] = found[..] else { return Ok(()) };
    let ledger = pack.ledger.as_ref().and_then(|ledger| ledger.name.as_ref());
    let of = ledger.map(|name| format!(" of the ledger {name}")).unwrap_or_default();
    let fact = format!("{agree} of {}{of} agree", crate::text::counted(all, "account"));
    if 2 * agree < all {
        let message = format!("{fact} with the sum of their entries; the pack is more likely wrong than the ledger");
        examined.problems.push(at(balances, "balance", message));
    } else {
        examined.facts.push(format!("{fact} with the sum of their entries, in a sample"));
    }
    Ok(())
}
