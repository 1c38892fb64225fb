//! A draft of `refunds.sql`, where a table is one of refunds beyond doubt: it refers to the payments, by a key or by its
//! values, and has an amount.

use super::catalogue::{Catalogue, Column, Reference, Table, comment, is_unit, plain};
use super::draft_ledger::{run, runs};
use super::exact::decimals;
use super::names;
use super::payments::{Payments, of_gateway, status, time};
use super::sample::Sample;
use super::states::{self, Placed};
use crate::db::Connection;
use crate::error::Result;
use crate::packs::asked::texts;
use crate::text::counted;

/// A drafted query with what belongs into `pack.toml`.
#[derive(Debug)]
pub(super) struct Refunds {
    pub tables: Vec<String>,
    pub sql: String,
    pub states: Placed,
    pub said: String,
}

/// The draft, or why a table that is called like refunds is none; nothing where no table is called so.
///
/// # Errors
/// If the connection is lost.
pub(super) async fn refunds(
    connection: &mut Connection,
    catalogue: &Catalogue,
    payments: Option<&Payments>,
    entries: Option<usize>,
) -> Result<Option<std::result::Result<Refunds, String>>> {
    let is_other = |at: usize| payments.is_none_or(|p| p.at != at) && entries != Some(at);
    let named = |t: &Table| names::says(&t.name, &["refund"]);
    let tables: Vec<&Table> =
        catalogue.tables.iter().enumerate().filter(|(at, t)| is_other(*at) && named(t)).map(|(_, t)| t).collect();
    let Some(payments) = payments.filter(|_| !tables.is_empty()) else {
        return Ok(
            (!tables.is_empty()).then(|| Err(format!("{} may hold them, and no payments are drafted", list(&tables))))
        );
    };
    let mut lacking = Vec::new();
    let mut drafts = Vec::new();
    for table in &tables {
        match draft(connection, catalogue, table, payments, entries).await? {
            Ok(draft) => drafts.push(draft),
            Err(why) => lacking.push(format!("{} {why}", table.name)),
        }
    }
    Ok(Some(match drafts.len() {
        0 => Err(lacking.join("; ")),
        1 => Ok(drafts.remove(0)),
        _ => Err(format!("{} may each hold them", list(&tables))),
    }))
}

fn list(tables: &[&Table]) -> String {
    tables.iter().map(|t| t.name.as_str()).take(3).collect::<Vec<_>>().join(", ")
}

/// The way from a refund to its payment.
struct Link {
    /// The column of the refund.
    column: usize,
    /// A table between the two, as that of the captures of a collection: itself, its key, and its column of the payment.
    over: Option<(usize, usize, usize)>,
}

impl Link {
    /// The payment of the refund `r`, in SQL.
    fn payment(&self, catalogue: &Catalogue, table: &Table) -> String {
        match self.over {
            Some((between, _, to)) => format!("x.{}", catalogue.tables[between].columns[to].quoted()),
            None => format!("r.{}", table.columns[self.column].quoted()),
        }
    }

    /// The join of the table between the two; `named` is that table as the query names it.
    fn join(&self, catalogue: &Catalogue, table: &Table, named: impl Fn(&Table) -> String) -> String {
        self.over.map_or_else(String::new, |(between, key, _)| {
            let between = &catalogue.tables[between];
            let own = table.columns[self.column].quoted();
            format!("LEFT JOIN {} x ON x.{} = r.{own}\n", named(between), between.columns[key].quoted())
        })
    }
}

/// The column of the payment: one that refers to it, or to a table that does, or else one whose values are payments.
async fn link(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    (paid, key): (&Table, usize),
) -> Result<Option<Link>> {
    let here = |table: &Table, column: usize| Reference {
        schema: catalogue.schema.clone(),
        table: table.name.clone(),
        column: table.columns[column].name.clone(),
    };
    let to = here(paid, key);
    let refers = |table: &Table, to: &Reference| table.position_of(|c| c.refers_to.as_ref() == Some(to));
    if let Some(column) = refers(table, &to) {
        return Ok(Some(Link { column, over: None }));
    }
    for (between, other) in catalogue.tables.iter().enumerate().filter(|(_, t)| t.name != table.name) {
        if let (Some(key), Some(payment)) = (other.key(), refers(other, &to))
            && let Some(column) = refers(table, &here(other, key))
        {
            return Ok(Some(Link { column, over: Some((between, key, payment)) }));
        }
    }
    let theirs = &paid.columns[key];
    let named = |c: &Column| c.says(&["payment", "intent", "charge", "order", "invoice", "transaction", "purchase"]);
    for (column, c) in table.columns.iter().enumerate() {
        // Any small number is the key of some row.
        let may = c.family().is_some() && c.family() == theirs.family() && (named(c) || c.family() != Some('n'));
        if !may || c.refers_to.is_some() || table.key() == Some(column) {
            continue;
        }
        let (own, key, from) = (c.quoted(), theirs.quoted(), catalogue.qualified(table));
        let sql = format!(
            "SELECT ARRAY[count(*)::text, (count(*) FILTER (WHERE EXISTS (SELECT FROM {} p WHERE p.{key} = v.it)))::text]
               FROM (SELECT DISTINCT r.it FROM (SELECT x.{own} FROM {from} x WHERE x.{own} IS NOT NULL LIMIT 20000) r (it) LIMIT 500) v",
            catalogue.qualified(paid),
        );
        let rows = run(connection, catalogue, &sql, &[]).await?.unwrap_or_default();
        let number = |at: usize| rows.first().and_then(|r| r.get(at)?.as_deref()?.parse::<u64>().ok()).unwrap_or(0);
        if number(1) > 1 && 10 * number(1) >= 9 * number(0) {
            return Ok(Some(Link { column, over: None }));
        }
    }
    Ok(None)
}

/// The columns of a table of refunds.
struct Columns {
    link: Link,
    amount: usize,
    /// The factor from these amounts to those of the payments, in SQL, such as ` * 100`; empty where they have one.
    scale: &'static str,
    /// The status; where there is none, each row is a refund that was made.
    status: Option<usize>,
    gateway: Option<usize>,
    deleted: Option<usize>,
}

impl Columns {
    /// The amount of the refund `r` in the scale of the payments, in SQL.
    fn amount(&self, table: &Table) -> String {
        format!("r.{}{}", table.columns[self.amount].quoted(), self.scale)
    }

    fn status(&self, table: &Table) -> String {
        self.status.map_or_else(|| format!("'{MADE}'"), |status| format!("r.{}", table.columns[status].quoted()))
    }

    /// The condition of the rows that count.
    fn filter(&self, catalogue: &Catalogue, table: &Table, orphans: bool) -> String {
        let mut all: Vec<String> = Vec::new();
        all.extend(self.deleted.map(|c| format!("r.{} IS NULL", table.columns[c].quoted())));
        all.extend(orphans.then(|| format!("{} IS NOT NULL", self.link.payment(catalogue, table))));
        if all.is_empty() { String::new() } else { format!("WHERE {}\n", all.join(" AND ")) }
    }
}

/// The status of a refund whose table keeps none.
const MADE: &str = "refunded";

async fn draft(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    payments: &Payments,
    entries: Option<usize>,
) -> Result<std::result::Result<Refunds, String>> {
    let paid = &catalogue.tables[payments.at];
    let Some(key) = paid.key() else { return Ok(Err(format!("cannot refer to {}, which has no key", paid.name))) };
    let columns: Vec<String> =
        table.columns.iter().map(|c| c.as_text("t").unwrap_or_else(|| "NULL::text".to_owned())).collect();
    let sql = format!("SELECT ARRAY[{}]::text[] FROM {} t LIMIT 500", columns.join(", "), catalogue.qualified(table));
    let rows = texts(connection, &sql, &[]).await?.unwrap_or_default();
    let rows = Sample { rows, ..Sample::default() };

    let (link, amount) = (link(connection, catalogue, table, (paid, key)).await?, amount(table));
    let lacks = [(link.is_none(), "reference to the payments"), (amount.is_none(), "amount")];
    let lacks: Vec<&str> = lacks.into_iter().filter_map(|(lacks, what)| lacks.then_some(what)).collect();
    let (Some(link), Some(amount)) = (link, amount) else {
        return Ok(Err(format!("has no {}", lacks.join(" and no "))));
    };
    let deleted = |c: &Column| c.is_time() && c.nullable && c.says(&["deleted"]);
    let mut columns = Columns {
        link,
        amount,
        scale: "",
        status: status(table),
        gateway: gateway(table, &rows),
        deleted: table.position_of(deleted),
    };
    let states = match columns.status {
        Some(status) => states::of_refunds(&states::words_of(connection, catalogue, table, status).await?.all),
        None => (vec![("done", vec![MADE.to_owned()])], Vec::new()),
    };
    if table.columns[amount].is_float() {
        return Ok(Err(format!("has its amounts in {}, which is not exact", table.columns[amount].name)));
    }
    let of = (payments, key);
    let fractions = rows.rows.iter().any(|r| r[amount].as_deref().is_some_and(|a| decimals(a) > 0));
    let (unsure, compared) = match scaled(connection, catalogue, table, &mut columns, of, &states, fractions).await? {
        Ok(scaled) => scaled,
        Err(why) => return Ok(Err(why)),
    };
    let entry = entries.and_then(|at| {
        let name = &catalogue.tables[at].name;
        table.position_of(|c| c.refers_to.as_ref().is_some_and(|to| to.schema == catalogue.schema && to.table == *name))
    });
    let time = time(catalogue, table, &rows, "r");
    let sql = written(catalogue, table, &columns, (payments, key), entry, &time, &compared);
    if let Err(why) = runs(connection, catalogue, &sql).await? {
        return Ok(Err(format!("is not drafted, because the query does not run: {why}")));
    }
    let unsure = unsure.then_some(payments.amounts);
    let said = format!("refunds in {}, of {}{}", table.name, paid.name, remarks(table, &columns, unsure, &compared));
    let mut tables = vec![table.name.clone()];
    tables.extend(columns.link.over.map(|(between, ..)| catalogue.tables[between].name.clone()));
    Ok(Ok(Refunds { tables, sql, states, said }))
}

/// The remarks on drafted refunds. `unsure` is the scale that the rows do not tell.
fn remarks(table: &Table, columns: &Columns, unsure: Option<&str>, compared: &Compared) -> String {
    let (mut said, amount) = (String::new(), &table.columns[columns.amount].name);
    if columns.status.is_none() {
        said.push_str(", each of which counts as done, because none has a status");
    }
    if !columns.scale.is_empty() {
        let (from, to) = if columns.scale == HUNDREDFOLD { ("major", "minor") } else { ("minor", "major") };
        said.push_str(&format!(", whose {amount} is {from} and is taken to {to} by{}", columns.scale));
    }
    if let Some(scale) = unsure {
        said.push_str(&format!(
            ", whose {amount} is taken as {scale}, which the rows do not tell: it may be in another scale"
        ));
    }
    if compared.orphans > 0 {
        said.push_str(&format!(", without {} of no payment", compared.orphans));
    }
    said
}

const HUNDREDFOLD: &str = " * 100";

/// Finds the scale of the refunds where their type or name is of another one than that of the payments, and compares the
/// two in it. Returns true where the rows do not tell the scale; or else why the two cannot be compared.
async fn scaled(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    columns: &mut Columns,
    of: (&Payments, usize),
    states: &Placed,
    fractions: bool,
) -> Result<std::result::Result<(bool, Compared), String>> {
    let (payments, paid) = (of.0, &catalogue.tables[of.0.at]);
    let (own, theirs) = (&table.columns[columns.amount], &paid.columns[payments.amount]);
    let is_minor = |c: &Column| c.says(&["cent", "minor"]);
    let other = match payments.amounts {
        "major" if is_minor(own) && own.is_integer() => Some(" / 100.0"),
        "major" => None,
        _ if !fractions && (own.is_integer() || is_minor(own) || !theirs.is_integer()) => None,
        _ => Some(HUNDREDFOLD),
    };
    let plain = compared(connection, catalogue, table, columns, of, states).await?;
    let Some(other) = other else { return Ok(plain.map(|plain| (false, plain))) };
    columns.scale = other;
    let scaled = compared(connection, catalogue, table, columns, of, states).await?;
    let full = |compared: &std::result::Result<Compared, String>| compared.as_ref().map_or(0, |c| c.full);
    // Whoever gets the whole back tells the scale, and so do parts of the smallest unit, and the name.
    let told = fractions || other != HUNDREDFOLD || full(&scaled) > 0 && full(&plain) == 0;
    if scaled.is_ok() && told {
        if !hundredths(connection, catalogue, paid).await? {
            return Ok(Err(format!(
                "has its amounts in another scale than {}, and not every currency has hundredths",
                paid.name
            )));
        }
        return Ok(scaled.map(|scaled| (false, scaled)));
    }
    columns.scale = "";
    Ok(match fractions {
        true => Err(format!("has amounts with decimals, and those of {} are {}", paid.name, payments.amounts)),
        false => {
            let unsure = scaled.is_ok() && full(&plain) == 0;
            plain.map(|plain| (unsure, plain))
        }
    })
}

/// True if every currency of the payments has hundredths.
async fn hundredths(connection: &mut Connection, catalogue: &Catalogue, paid: &Table) -> Result<bool> {
    let Some(unit) = paid.find(is_unit) else { return Ok(true) };
    let sql = format!(
        "SELECT DISTINCT ARRAY[upper(t.it::text)] FROM (SELECT x.{} FROM {} x LIMIT 20000) t (it) WHERE t.it IS NOT NULL LIMIT 200",
        unit.quoted(),
        catalogue.qualified(paid)
    );
    let codes = run(connection, catalogue, &sql, &[]).await?.unwrap_or_default();
    Ok(codes.iter().flatten().flatten().all(|code| crate::money::digits(code) == Some(2)))
}

/// The payments that were refunded, those for more than was paid, and the refunds that name no payment.
struct Compared {
    all: u64,
    over: u64,
    orphans: u64,
    /// Number of payments that were refunded in full.
    full: u64,
}

/// Compares refunds with what was paid: each is above 0, and together they are no more than that. Or else why not.
async fn compared(
    connection: &mut Connection,
    catalogue: &Catalogue,
    table: &Table,
    columns: &Columns,
    (payments, key): (&Payments, usize),
    states: &Placed,
) -> Result<std::result::Result<Compared, String>> {
    let paid = &catalogue.tables[payments.at];
    let done: Vec<String> =
        states.0.iter().filter(|(s, _)| *s == "done").flat_map(|(_, words)| words).cloned().collect();
    let payment = columns.link.payment(catalogue, table);
    let whole = paid.columns[payments.amount].quoted();
    let sql = format!(
        "SELECT ARRAY[count(p.*)::text, (count(p.*) FILTER (WHERE r.low <= 0))::text, (count(*) FILTER (WHERE r.total > abs(p.{whole})))::text,
                      coalesce(sum(r.rows) FILTER (WHERE r.link IS NULL), 0)::text, (count(*) FILTER (WHERE r.total = abs(p.{whole})))::text]
           FROM (SELECT r.link, sum(r.amount) FILTER (WHERE r.status = ANY ($1)) AS total, min(r.amount) AS low, count(*) AS rows
                   FROM (SELECT {payment} AS link, {} AS amount, {}::text AS status FROM {} r {}{}LIMIT 20000) r GROUP BY 1) r
           LEFT JOIN {} p ON p.{} = r.link",
        columns.amount(table),
        columns.status(table),
        catalogue.qualified(table),
        columns.link.join(catalogue, table, |between| catalogue.qualified(between)),
        columns.filter(catalogue, table, false),
        catalogue.qualified(paid),
        paid.columns[key].quoted(),
    );
    let row = run(connection, catalogue, &sql, &done).await?.unwrap_or_default();
    let number = |at: usize| row.first().and_then(|r| r.get(at)?.as_deref()?.parse::<u64>().ok()).unwrap_or(0);
    let (all, low, over) = (number(0), number(1), number(2));
    if low > 0 {
        return Ok(Err(format!("has amounts that are not above 0, of {low} of {}", counted(all, "payment"))));
    }
    if over * 10 > all {
        return Ok(Err(format!("comes to more than was paid, for {over} of {}", counted(all, "payment"))));
    }
    Ok(Ok(Compared { all, over, orphans: number(3), full: number(4) }))
}

/// The text of the query.
fn written(
    catalogue: &Catalogue,
    table: &Table,
    columns: &Columns,
    (payments, key): (&Payments, usize),
    entry: Option<usize>,
    time: &str,
    compared: &Compared,
) -> String {
    let paid = &catalogue.tables[payments.at];
    let column = |i: usize| format!("r.{}", table.columns[i].quoted());
    let payment = columns.link.payment(catalogue, table);
    let mut reads = vec![table.name.clone()];
    reads.extend(columns.link.over.map(|(between, ..)| catalogue.tables[between].name.clone()));
    let (currency, join) = match (table.unit(), paid.find(is_unit)) {
        (Some(own), _) => (column(own), String::new()),
        (None, Some(theirs)) => {
            reads.push(paid.name.clone());
            let join = format!("LEFT JOIN {} p ON p.{} = {payment}\n", plain(&paid.name), paid.columns[key].quoted());
            (format!("p.{}", theirs.quoted()), join)
        }
        (None, None) => ("NULL::text".to_owned(), String::new()),
    };
    let made = match columns.status {
        None => "       -- No column says what became of a refund, so each counts as done.\n",
        Some(_) => "",
    };
    let status = if columns.status.is_none() { format!("'{MADE}'::text") } else { columns.status(table) };
    let filter = columns.filter(catalogue, table, compared.orphans > 0);
    let orphans = match compared.orphans {
        0 => String::new(),
        n => format!("-- {} of no payment: the last line leaves them out.\n", counted(n, "refund")),
    };
    format!(
        "-- reads: {}
-- One row per refund that the application keeps. Correct the guesses.
{orphans}SELECT {} AS refund_id,
       {payment} AS payment_id,
       -- Amounts are {}, as those of the payments. {} of {} were refunded for more than was paid.
       {} AS amount,
       {currency} AS currency,
{made}       {status} AS status,
       {} AS provider_id,
       -- The ledger's entry that took the units back, if any.
       {} AS ref,
       {time} AS created_at
FROM {} r
{}{join}{filter}",
        comment(&reads.join(", ")),
        table.key().map_or_else(|| "r.ctid::text".to_owned(), column),
        payments.amounts,
        compared.over,
        counted(compared.all, "payment"),
        columns.amount(table),
        columns.gateway.map_or_else(|| "NULL::text".to_owned(), |c| format!("{}::text", column(c))),
        entry.map_or_else(|| "NULL::text".to_owned(), column),
        plain(&table.name),
        columns.link.join(catalogue, table, |between| plain(&between.name)),
    )
}

fn amount(table: &Table) -> Option<usize> {
    let score = |i: &usize| {
        let c = &table.columns[*i];
        let words = names::words(&c.name);
        match () {
            () if !c.is_number() || c.says(&["fee", "tax", "net", "rate", "count", "unit", "credit", "point"]) => 0,
            () if words == ["amount"] => 4,
            () if c.says(&["amount"]) => 3,
            () if c.says(&["total", "refunded", "sum", "value"]) => 1,
            () => 0,
        }
    };
    (0..table.columns.len()).rev().max_by_key(score).filter(|i| score(i) > 0)
}

/// The column of the refund's own id at the gateway: not that of the payment.
fn gateway(table: &Table, rows: &Sample) -> Option<usize> {
    let is_refunds =
        |value: &str| ["re_", "pyr_", "rfnd_"].iter().any(|p| value.starts_with(p) && value.len() > p.len());
    let named = |c: &Column| !c.says(&["payment", "intent", "charge", "checkout", "session"]) && of_gateway(c);
    let fits = |i: &usize| {
        let c = &table.columns[*i];
        let has = rows.rows.iter().any(|r| r[*i].as_deref().is_some_and(is_refunds));
        c.category == "S" && c.refers_to.is_none() && (has || named(c) && !c.key)
    };
    (0..table.columns.len()).find(fits)
}
