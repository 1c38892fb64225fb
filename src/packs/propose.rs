//! A first draft of a pack, from the names of a database's tables, the types of their columns and
//! their references. It is a proposal: every file marks the guesses, so that the person who knows
//! the schema can correct them.

use sqlx::Row as _;

use crate::db::{Connection, quote_identifier};
use crate::error::Result;

/// A proposed pack.
#[derive(Debug)]
pub struct Proposal {
    /// The files, by their path inside the pack's folder.
    pub files: Vec<(String, String)>,
    /// The parts that were recognized, in sentences.
    pub recognized: Vec<String>,
    /// The parts that were not recognized, each with the tables that were looked for.
    pub missing: Vec<String>,
}

#[derive(Debug)]
struct Table {
    name: String,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// The type's category as the server sorts them: N number, D date or time, S string, E enum.
    category: String,
    /// True for `numeric`, which holds decimals exactly.
    exact: bool,
    key: bool,
    /// The table that the column refers to.
    refers_to: Option<String>,
}

impl Column {
    fn quoted(&self) -> String {
        plain(&self.name)
    }

    fn is_number(&self) -> bool {
        self.category == "N" && !self.key && self.refers_to.is_none()
    }

    fn named(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.name.to_lowercase().contains(w))
    }
}

impl Table {
    fn named(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.name.to_lowercase().contains(w))
    }

    fn find(&self, fits: impl Fn(&Column) -> bool) -> Option<&Column> {
        self.columns.iter().find(|c| fits(c))
    }

    fn key(&self) -> Option<&Column> {
        self.find(|c| c.key)
    }

    fn time(&self) -> Option<&Column> {
        let preferred = |c: &Column| {
            c.category == "D" && c.named(&["created", "posted", "booked", "_at"]) && !c.named(&["updated"])
        };
        self.find(preferred).or_else(|| self.find(|c| c.category == "D"))
    }

    fn unit(&self) -> Option<&Column> {
        self.find(|c| matches!(c.category.as_str(), "S" | "E") && c.named(&["currency", "unit", "asset", "token_type"]))
    }
}

/// An identifier in SQL: bare if that means the same, else quoted.
fn plain(name: &str) -> String {
    let bare = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if bare { name.to_owned() } else { quote_identifier(name) }
}

/// Looks at the tables of a schema and drafts a pack called `name`.
///
/// # Errors
/// If the catalogue cannot be read.
pub async fn propose(connection: &mut Connection, schema: &str, name: &str) -> Result<Proposal> {
    let tables = tables(connection, schema).await?;
    let mut proposal = Proposal { files: Vec::new(), recognized: Vec::new(), missing: Vec::new() };
    let mut detect = Vec::new();
    let mut reads: Vec<&str> = Vec::new();
    let mut running = None;
    if let Some(draft) = ledger(&tables) {
        proposal.files.push(("ledger/entries.sql".to_owned(), draft.entries));
        proposal.files.push(("ledger/balances.sql".to_owned(), draft.balances));
        proposal.recognized.push(draft.said);
        running = Some(draft.running);
        detect.extend(draft.detected);
        reads.extend(draft.tables);
    } else {
        let near = nearly(&tables);
        proposal.missing.push(format!(
            "a ledger with balances: a table with an amount (or debit and credit), a time and a reference to an account, and a cached balance: a column called balance, or credits, points, coins, stars or amount on the account{}. Fill in ledger/*.sql.example and rename the files to end in .sql",
            if near.is_empty() { String::new() } else { format!(". Nearly: {}", near.join("; ")) }
        ));
        proposal.files.push(("ledger/entries.sql.example".to_owned(), ENTRIES_EXAMPLE.to_owned()));
        proposal.files.push(("ledger/balances.sql.example".to_owned(), BALANCES_EXAMPLE.to_owned()));
        detect.extend(tables.iter().take(2).filter_map(|t| Some(format!("{}.{}", t.name, t.columns.first()?.name))));
        reads.extend(tables.iter().take(2).map(|t| t.name.as_str()));
    }
    let with_status = |words: &[&str]| {
        tables
            .iter()
            .find(|t| t.named(words) && t.key().is_some() && t.find(|c| c.named(&["status", "state"])).is_some())
    };
    let mut amounts = None;
    if let Some((table, (sql, counts))) =
        with_status(&["payment", "charge", "invoice", "order"]).and_then(|t| Some((t, payments(t)?)))
    {
        proposal.recognized.push(format!("payments in {}", table.name));
        proposal.files.push(("payments.sql".to_owned(), sql));
        amounts = Some(counts);
    } else {
        proposal.missing.push(
            "payments: a table called like payment, charge, invoice or order, with an amount and a status".to_owned(),
        );
    }
    let queue = with_status(&["job", "task", "queue"]);
    if let Some(table) = queue {
        proposal.recognized.push(format!("jobs in {}", table.name));
        proposal.files.push(("jobs.sql".to_owned(), jobs(table)));
    } else {
        proposal.missing.push("jobs: a table called like job, task or queue, with a status".to_owned());
    }
    proposal
        .files
        .push(("pack.toml".to_owned(), manifest(name, schema, &detect, &reads, running, amounts, queue.is_some())));
    Ok(proposal)
}

async fn tables(connection: &mut Connection, schema: &str) -> Result<Vec<Table>> {
    let rows = sqlx::query(
        "SELECT c.relname::text AS relation, a.attname::text AS attribute, t.typcategory::text AS category, t.typname = 'numeric' AS exact,
                EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS key,
                (SELECT r.relname::text FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid
                  WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1) AS refers_to
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           JOIN pg_type t ON t.oid = a.atttypid
          WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          ORDER BY c.relname, a.attnum",
    )
    .bind(schema)
    .fetch_all(connection)
    .await?;
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let name: String = row.try_get("relation")?;
        let column = Column {
            name: row.try_get("attribute")?,
            category: row.try_get("category")?,
            exact: row.try_get("exact")?,
            key: row.try_get("key")?,
            refers_to: row.try_get("refers_to")?,
        };
        match tables.last_mut().filter(|t| t.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name, columns: vec![column] }),
        }
    }
    Ok(tables)
}

/// The ledger's two queries.
struct Draft<'a> {
    entries: String,
    balances: String,
    running: bool,
    detected: Vec<String>,
    tables: Vec<&'a str>,
    said: String,
}

/// The table that looks most like a ledger, together with the balances of the same accounts.
fn ledger(tables: &[Table]) -> Option<Draft<'_>> {
    let mut drafts: Vec<(u32, Draft<'_>)> =
        tables.iter().filter_map(|t| Some((likeness(t), draft(t, tables)?))).collect();
    drafts.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    drafts.into_iter().next().map(|(_, draft)| draft)
}

fn likeness(table: &Table) -> u32 {
    let says = |words: &[&str], score: u32| if table.named(words) { score } else { 0 };
    says(&["ledger", "journal", "posting"], 4)
        + says(&["entr", "transaction", "movement"], 3)
        + table.find(running_balance).map_or(0, |_| 3)
        + table.find(|c| c.named(&["debit"])).map_or(0, |_| 2)
}

fn running_balance(column: &Column) -> bool {
    column.is_number() && column.named(&["balance_after", "running", "balance"])
}

fn draft<'a>(table: &'a Table, tables: &'a [Table]) -> Option<Draft<'a>> {
    let (key, time) = (table.key()?, table.time()?);
    let account = table.find(|c| c.refers_to.is_some() && c.named(&OWNERS))?;
    let holder = account.refers_to.as_deref()?;
    let amount = |words: &[&str]| table.find(|c| c.is_number() && c.named(words) && !running_balance(c));
    let (delta, note, amount_column) = match (
        amount(&["credit"]),
        amount(&["debit"]),
        amount(&["amount", "delta", "value", "points", "quantity"]),
    ) {
        (Some(credit), Some(debit), _) => (
            format!("coalesce(e.{}, 0) - coalesce(e.{}, 0)", credit.quoted(), debit.quoted()),
            "Credits raise the balance and debits lower it. If yours is the other way round, swap the two.",
            credit,
        ),
        (_, _, Some(amount)) => (
            format!("e.{}", amount.quoted()),
            "The amount is taken as signed. If a kind decides the sign, write a CASE here, with NULL for an unknown kind.",
            amount,
        ),
        _ => return None,
    };
    let (cache, balance, cache_account) = cached_balance(table, holder, tables)?;
    let accounts = tables.iter().find(|t| t.name == holder)?;
    let opened = accounts.time().map_or("NULL::timestamptz".to_owned(), |c| format!("a.{}", c.quoted()));
    let running = table.find(running_balance);
    let kind = table
        .find(|c| c.named(&["kind", "type", "reason"]) && c.refers_to.is_none())
        .map_or("'entry'".to_owned(), |c| format!("e.{}", c.quoted()));
    let unit = |t: &Table, alias: &str| t.unit().map(|c| format!("{alias}.{}", c.quoted()));
    let entry_unit = unit(table, "e").or_else(|| unit(accounts, "a")).unwrap_or_else(|| "'UNIT'::text".to_owned());
    let cache_unit = unit(cache, "b").or_else(|| unit(accounts, "a")).unwrap_or_else(|| "'UNIT'::text".to_owned());
    let holder_key = accounts.key()?.quoted();
    let (ledger_name, cache_name, holder_name) = (plain(&table.name), plain(&cache.name), plain(holder));

    let entries = format!(
        "-- reads: {}, {holder}
-- One row per entry. {note}
SELECT e.{} AS entry_id,
       e.{} AS account,
       {entry_unit} AS unit,
       {delta} AS delta,
       {} AS running,
       e.{} AS at,
       -- A column that counts up in the order of writing decides between entries of one instant.
       NULL::bigint AS seq,
       NULL::xid8 AS arrival,
       {kind} AS kind,
       NULL::text AS ref
FROM {ledger_name} e
-- A row whose account is gone has to show too.
LEFT JOIN {holder_name} a ON a.{holder_key} = e.{}
",
        table.name,
        key.quoted(),
        account.quoted(),
        running.map_or_else(|| format!("NULL::{}", "numeric"), |c| format!("e.{}", c.quoted())),
        time.quoted(),
        account.quoted(),
    );
    let balances = format!(
        "-- reads: {}, {holder}
-- One row per account and unit: the balance that the application shows and spends from.
SELECT b.{} AS account,
       {cache_unit} AS unit,
       b.{} AS balance,
       {opened} AS opened_at
FROM {cache_name} b
LEFT JOIN {holder_name} a ON a.{holder_key} = b.{}
",
        cache.name,
        cache_account.quoted(),
        balance.quoted(),
        cache_account.quoted(),
    );
    let mut read = vec![table.name.as_str(), cache.name.as_str(), accounts.name.as_str()];
    read.dedup();
    if accounts.name == cache.name {
        read.truncate(2);
    }
    Some(Draft {
        entries,
        balances,
        running: running.is_some(),
        detected: vec![format!("{}.{}", table.name, amount_column.name), format!("{}.{}", cache.name, balance.name)],
        tables: read,
        said: format!("a ledger in {}, with balances in {}.{}", table.name, cache.name, balance.name),
    })
}

/// The column that caches the balance of an entry's account, with its table and the account there: called balance, on the
/// account itself or on a table that refers to it, or else called like one on the account.
fn cached_balance<'a>(
    entries: &Table,
    holder: &str,
    tables: &'a [Table],
) -> Option<(&'a Table, &'a Column, &'a Column)> {
    let of = |words: &[&str], t: &'a Table| {
        let balance = t.find(|c| c.is_number() && c.named(words))?;
        let account = if t.name == holder { t.key()? } else { t.find(|c| c.refers_to.as_deref() == Some(holder))? };
        Some((t, balance, account))
    };
    let others = || tables.iter().filter(|t| t.name != entries.name);
    others()
        .find_map(|t| of(&["balance"], t))
        .or_else(|| others().filter(|t| t.name == holder).find_map(|t| of(&UNITS_OF_ACCOUNT, t)))
}

/// Names of columns on an account that hold what it has.
const UNITS_OF_ACCOUNT: [&str; 5] = ["credits", "points", "coins", "stars", "amount"];

/// The tables that lack one part of a ledger only, each with that part.
fn nearly(tables: &[Table]) -> Vec<String> {
    let lack = |table: &Table| {
        let account = table.find(|c| c.refers_to.is_some() && c.named(&OWNERS));
        let has_amount = table.find(|c| c.is_number() && c.named(&AMOUNTS)).is_some();
        let lacks = match (account, has_amount, table.time().is_some(), table.key().is_some()) {
            (Some(account), true, true, true) => {
                format!("no cached balance on {}", account.refers_to.as_deref().unwrap_or_default())
            }
            (None, true, true, true) => "no reference to an account".to_owned(),
            (Some(_), false, true, true) => "no amount".to_owned(),
            (Some(_), true, false, true) => "no time".to_owned(),
            (Some(_), true, true, false) => "no primary key".to_owned(),
            _ => return None,
        };
        Some(format!("{} has {lacks}", table.name))
    };
    tables.iter().filter_map(lack).collect()
}

/// Words in the names of columns that refer to an account.
const OWNERS: [&str; 5] = ["account", "user", "wallet", "customer", "owner"];

/// Words in the names of columns that hold the amount of an entry.
const AMOUNTS: [&str; 7] = ["amount", "delta", "value", "points", "quantity", "credit", "debit"];

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

/// A column as an expression, or a NULL of the type that it would have.
fn or_null(column: Option<&Column>, kind: &str) -> String {
    column.map_or_else(|| format!("NULL::{kind}"), |c| format!("t.{}", c.quoted()))
}

/// A draft of `payments.sql`, and what its amounts count.
fn payments(table: &Table) -> Option<(String, &'static str)> {
    let amount = table.find(|c| c.is_number() && c.named(&["amount", "total", "price"]))?;
    let account = table.find(|c| c.refers_to.is_some() && c.named(&["account", "user", "customer", "owner"]));
    let provider_ids: Vec<String> = table
        .columns
        .iter()
        .filter(|c| c.category == "S" && !c.key && c.named(&["_id", "reference"]))
        .map(|c| format!("t.{}::text", c.quoted()))
        .collect();
    let sql = format!(
        "-- reads: {}
-- One row per payment. Correct the guesses, and set refundable for each status that can be refunded.
SELECT {} AS payment_id,
       {} AS account,
       {} AS customer,
       {} AS amount,
       {} AS currency,
       {} AS status,
       false AS refundable,
       NULL::text AS provider,
       ARRAY[{}]::text[] AS provider_ids,
       NULL::bigint AS granted,
       NULL::text AS unit,
       {} AS created_at
FROM {} t
",
        table.name,
        or_null(table.key(), "text"),
        or_null(account, "text"),
        or_null(table.find(|c| c.named(&["email"])), "text"),
        or_null(Some(amount), "bigint"),
        or_null(table.unit(), "text"),
        or_null(table.find(|c| c.named(&["status", "state"])), "text"),
        provider_ids.join(", "),
        or_null(table.time(), "timestamptz"),
        plain(&table.name),
    );
    Some((sql, if amount.exact { "major" } else { "minor" }))
}

/// A draft of `jobs.sql`.
fn jobs(table: &Table) -> String {
    let number = |words: &[&str], without: &[&str]| {
        or_null(table.find(|c| c.is_number() && c.named(words) && !c.named(without)), "integer")
    };
    let time = |words: &[&str]| or_null(table.find(|c| c.category == "D" && c.named(words)), "timestamptz");
    let other = |words: &[&str], kind: &str| {
        let fits = |c: &Column| c.category != "D" && !c.is_number() && c.refers_to.is_none() && c.named(words);
        or_null(table.find(fits), kind)
    };
    format!(
        "-- reads: {}
-- One row per job. A fact that is not kept is NULL; [jobs] in pack.toml holds the meaning of each status.
SELECT {} AS job_id,
       {} AS kind,
       {} AS status,
       {} AS attempts,
       {} AS max_attempts,
       {} AS worker,
       {} AS created_at,
       {} AS scheduled_at,
       {} AS retry_at,
       {} AS started_at,
       NULL::timestamptz AS lease_until,
       {} AS finished_at,
       {} AS failed_at,
       {} AS error,
       {} AS payload,
       {} AS result,
       t.xmin::text AS version
FROM {} t
",
        table.name,
        or_null(table.key(), "text"),
        other(&["type", "kind", "name"], "text"),
        or_null(table.find(|c| c.named(&["status", "state"])), "text"),
        number(&["attempts"], &["max"]),
        number(&["max_attempts", "max_retries"], &[]),
        other(&["worker"], "text"),
        time(&["created", "enqueued", "inserted"]),
        time(&["run_at", "scheduled", "due"]),
        time(&["retry"]),
        time(&["started"]),
        time(&["completed", "finished", "ended"]),
        time(&["failed", "error"]),
        other(&["error"], "text"),
        other(&["payload", "input", "args"], "jsonb"),
        other(&["result", "output"], "jsonb"),
        plain(&table.name),
    )
}

/// `[jobs]` of a pack whose words are not known yet: the common ones, by their meaning.
const JOB_STATES: &str = r#"
[jobs]
# Facts that the jobs do not hold, of "leases", "workers", "starts", "ends" and "attempts".
lacks = ["leases"]
# The longest that a job may wait for a worker before bursar reports it, in seconds.
patience_secs = 60

# The meaning of each status. Keep the words of your own jobs. A failed job is retried automatically, a dead one is not.
[jobs.states]
queued = ["queued", "pending", "scheduled", "waiting"]
running = ["running", "processing", "in_progress", "active"]
failed = ["failed", "retrying"]
done = ["done", "succeeded", "completed", "finished"]
dead = ["dead", "dlq", "discarded", "cancelled"]
"#;

fn manifest(
    name: &str,
    schema: &str,
    detect: &[String],
    tables: &[&str],
    running: Option<bool>,
    amounts: Option<&str>,
    jobs: bool,
) -> String {
    let list = |items: &mut dyn Iterator<Item = &str>| items.map(|i| format!("{i:?}")).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "# The mapping from this schema to bursar. Every other file here is a query that returns canonical rows.
name = {name:?}
title = {name:?}
# The schema that the tables live in; the queries name them without it.
schema = {schema:?}
# Columns that must all exist, and exist together in no other application's database.
detect = [{}]
# Every table that the audit reads: each is counted, and a check may read only these.
tables = [{}]
# The sign rules in words, for the next reader.
signs = \"\"

[thresholds]
# The furthest that an entry may be dated ahead of the server's clock, in seconds.
future_tolerance_secs = 300
",
        list(&mut detect.iter().map(String::as_str)),
        list(&mut tables.iter().copied()),
    );
    if let Some(running) = running {
        text.push_str(&format!(
            "\n[ledger]\n# true if each entry carries the balance after it.\nrunning = {running}\n"
        ));
    }
    if let Some(amounts) = amounts {
        text.push_str(&format!(
            "\n[payments]\n# The scale of the amounts: the smallest unit of the currency (minor) or the currency itself (major).\namounts = {amounts:?}\n"
        ));
    }
    if jobs {
        text.push_str(JOB_STATES);
    }
    text
}
