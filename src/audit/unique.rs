//! The rows of a pack's queries are there once. A query whose join doubles rows makes sound money look wrong, so this
//! comes before the checks that count on the query, and where it fails they are not made.

use std::collections::BTreeMap;
use std::time::Instant;

use sqlx::{AssertSqlSafe, Row as _};

use super::ledger::arrived_since;
use super::model::{Described, Part};
use super::options::Depth;
use super::scope::Scope;
use super::seal::Use;
use crate::db::{Connection, Tx, guarded};
use crate::error::{Error, Kind, Result};
use crate::packs::{Key, Pack, Severity, Source, Sql};

const ID: &str = "pack.unique";

/// True for the check's id, of the whole pack or of one of its ledgers.
pub(super) fn is(id: &str) -> bool {
    id == ID || id.strip_prefix(ID).is_some_and(|rest| rest.starts_with('.'))
}

/// Up to so many rows, all of them are compared whatever the depth.
const CHEAP: f64 = 1_000_000.0;

/// One of so many rows is compared where there are more, unless the depth is strict.
const SAMPLE: u32 = 16;

/// A query of the pack, and the columns that name one row of it.
struct Keyed {
    source: Source,
    /// The meaning of a row, in a sentence.
    row: &'static str,
    /// True if its rows have an account.
    of_accounts: bool,
}

const KEYED: [Keyed; 5] = [
    Keyed { source: Source::Entries, row: "entry", of_accounts: true },
    Keyed { source: Source::Balances, row: "balance of account", of_accounts: true },
    Keyed { source: Source::Payments, row: "payment", of_accounts: true },
    Keyed { source: Source::Refunds, row: "refund", of_accounts: false },
    Keyed { source: Source::Jobs, row: "job", of_accounts: false },
];

impl Keyed {
    /// The rows that are there more than once: one of them, how often it is there, and how many there are. `$1` is the
    /// account, where one is asked for.
    fn sql(&self, query: &Sql, account: Option<Key>, sampled: bool) -> String {
        let keys: Vec<String> = self.source.key().iter().map(|column| format!("x.{column}")).collect();
        let mut only = match account {
            Some(key) => format!("{} = {}", key.column("x.account"), key.parameter("$1")),
            None => "true".to_owned(),
        };
        if sampled {
            only.push_str(&format!(" AND hashtext({}::text) % {SAMPLE} = 0", keys[0]));
        }
        format!(
            "SELECT concat_ws(' ', {shown}) AS key, d.rows, count(*) OVER () AS several
               FROM (SELECT {keys}, count(*) AS rows FROM ({text}\n) AS x WHERE {only} GROUP BY {keys} HAVING count(*) > 1) AS d
              ORDER BY 1 LIMIT 1",
            shown = self.source.key().iter().map(|column| format!("d.{column}::text")).collect::<Vec<_>>().join(", "),
            keys = keys.join(", "),
            text = query.text,
        )
    }
}

fn keyed(pack: &Pack) -> impl Iterator<Item = (&'static Keyed, &Sql)> {
    KEYED.iter().filter_map(|keyed| Some((keyed, pack.source(keyed.source)?)))
}

/// The check; none for a pack without such queries, and for one of bursar's own systems: its schema keeps the rows
/// unique, as its tests say.
pub(super) fn described(pack: &Pack) -> Option<Described> {
    let queries: Vec<_> = keyed(pack).collect();
    if pack.is_system() || queries.is_empty() {
        return None;
    }
    let mut reads: Vec<String> = Vec::new();
    let tables = pack.ledger.iter().flat_map(|l| &l.reads).chain(pack.payments.iter().flat_map(|p| &p.reads));
    for table in tables.chain(pack.refunds.iter().flat_map(|r| &r.reads)) {
        if !reads.contains(table) {
            reads.push(table.clone());
        }
    }
    Some(Described {
        id: pack.part.as_ref().map_or_else(|| ID.to_owned(), |ledger| format!("{ID}.{ledger}")),
        title: "The queries of the pack return each row once".to_owned(),
        severity: Severity::Error,
        reads,
        why: "A query whose join doubles rows makes sound money look wrong, and what would mend it would lose money."
            .to_owned(),
        remedy: "Correct the query. Where the table itself holds a row twice, remove one.".to_owned(),
        sql: queries.iter().map(|(keyed, query)| keyed.sql(query, None, false)).collect::<Vec<_>>().join("\n;\n"),
    })
}

/// The queries that return rows more than once, with the reason why nothing can count on them.
#[derive(Debug, Default)]
pub(super) struct Doubled(BTreeMap<Source, String>);

impl Doubled {
    /// The error of a check that counts on these queries; none if they are sound.
    pub fn error(&self, sources: impl IntoIterator<Item = Source>) -> Option<Error> {
        let file = sources.into_iter().find_map(|source| self.0.get(&source))?;
        Some(Error::new(Kind::Incomplete, format!("{file} returns rows more than once: see {ID}")))
    }
}

/// Looks for rows that are there more than once. Every check that counts on such a query is to be left out.
pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>) -> Result<(Part, Doubled)> {
    let (mut part, mut doubled) = (Part::default(), Doubled::default());
    let watermark = scope.watermark().map(|(_, watermark)| watermark);
    let counts = match scope.options.seal {
        None => true,
        // The balances, and what arrived later, are all that is read then.
        Some(Use::Since) => watermark.is_some(),
        Some(Use::Verify(_)) => false,
    };
    let Some(mut about) = described(scope.pack).filter(|about| counts && !scope.options.skips(&about.id)) else {
        return Ok((part, doubled));
    };
    let started = Instant::now();
    let (mut reasons, mut failed, mut sampled) = (Vec::new(), None, Vec::new());
    for (keyed, query) in keyed(scope.pack).filter(|(keyed, _)| scope.options.account.is_none() || keyed.of_accounts) {
        let query = match (watermark, keyed.source) {
            (None, _) | (_, Source::Balances) => query.clone(),
            (Some(watermark), Source::Entries) => Sql { text: arrived_since(&query.text, watermark), ..query.clone() },
            (Some(_), _) => continue,
        };
        match guarded(tx, async |connection| of(connection, scope, keyed, &query, &mut sampled).await).await? {
            Ok(None) => {}
            Ok(Some(reason)) => {
                reasons.push(reason);
                doubled.0.insert(keyed.source, query.file.clone());
            }
            // The checks that need it say so too.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    let outcome = match (failed, reasons.is_empty()) {
        (_, false) => Err(Error::new(Kind::Incomplete, reasons.join("; "))),
        (Some(error), true) => Err(error),
        (None, true) => Ok(scope.options.findings()),
    };
    if watermark.is_some() {
        about.title = "The balances, and the entries that arrived later, are returned once each".to_owned();
    }
    if !sampled.is_empty() {
        about.title =
            "Of one row in sixteen, the queries of the pack return each row once (--strict: of all)".to_owned();
        part.unchecked.push(format!(
            "{} compared one row in sixteen of {}, which return over a million: --strict compares all of them",
            about.id,
            sampled.join(", ")
        ));
    }
    if scope.options.leaves_out(&about.id).is_none() || !reasons.is_empty() {
        part.record(&about, started, outcome);
    }
    Ok((part, doubled))
}

/// The reason why no check can count on this query, if rows of it are there more than once.
/// The files of the queries of which only a sample was compared are added to `samples`.
async fn of(
    connection: &mut Connection,
    scope: &Scope<'_>,
    keyed: &Keyed,
    query: &Sql,
    samples: &mut Vec<String>,
) -> Result<Option<String>> {
    let account = match &scope.options.account {
        Some(account) => {
            let key = Key::of(connection, query, "account").await?;
            // What is no value of the column's type is in no row.
            let Some(account) = key.parse(account) else { return Ok(None) };
            Some((key, account))
        }
        None => None,
    };
    let whole = account.is_some() || scope.options.depth == Some(Depth::Strict);
    let keys: Vec<String> = keyed.source.key().iter().map(|column| format!("x.{column}")).collect();
    let plan = Planned::of(connection, &keys.join(", "), query).await?;
    if plan.is_keyed(connection).await? {
        return Ok(None);
    }
    let sampled = !whole && plan.rows > CHEAP;
    if sampled {
        samples.push(query.file.clone());
    }
    let sql = keyed.sql(query, account.as_ref().map(|(key, _)| *key), sampled);
    let asked = sqlx::query(AssertSqlSafe(sql));
    let asked = match &account {
        Some((_, account)) => asked.bind(account),
        None => asked,
    };
    let Some(row) = asked.fetch_optional(connection).await? else { return Ok(None) };
    let (key, rows, several): (String, i64, i64) = (row.try_get("key")?, row.try_get("rows")?, row.try_get("several")?);
    let more = if several > 1 { format!(" ({several} such rows)") } else { String::new() };
    Ok(Some(format!(
        "{} returns {} {key} {rows} times{more}: a join of the query doubles it, or its table holds it twice; correct that \
         before any figure",
        query.file, keyed.row
    )))
}

/// True if a unique index keeps the rows of a query, which is called `x`, apart by these columns.
pub(super) async fn is_keyed(connection: &mut Connection, keys: &str, query: &Sql) -> Result<bool> {
    Planned::of(connection, keys, query).await?.is_keyed(connection).await
}

/// The server's plan for grouping the rows of a query by their ids.
#[derive(Default)]
struct Planned {
    /// The number of rows, as the planner sees it.
    rows: f64,
    /// The columns that it groups by, as `alias.column`.
    keys: Vec<String>,
    /// The tables that it reads: schema, name and alias.
    tables: Vec<[String; 3]>,
    /// True if there is a step that may return a row more than once, as a join does.
    multiplies: bool,
}

impl Planned {
    /// The plan for the rows of the query, which is called `x`.
    async fn of(connection: &mut Connection, keys: &str, query: &Sql) -> Result<Self> {
        let sql = format!(
            "EXPLAIN (VERBOSE, FORMAT JSON) SELECT FROM ({}\n) AS x GROUP BY {keys} HAVING count(*) > 1",
            query.text
        );
        let plan: serde_json::Value = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?;
        let mut planned = Planned::default();
        planned.look(&plan[0]["Plan"]);
        Ok(planned)
    }

    fn look(&mut self, node: &serde_json::Value) {
        let text = |name: &str| node[name].as_str().unwrap_or_default().to_owned();
        match node["Node Type"].as_str().unwrap_or_default() {
            "Aggregate" if self.keys.is_empty() => {
                let keys = node["Group Key"].as_array().into_iter().flatten();
                self.keys = keys.filter_map(|key| key.as_str().map(str::to_owned)).collect();
            }
            "Aggregate" | "Sort" | "Incremental Sort" | "Gather" | "Gather Merge" | "Bitmap Index Scan" => {}
            "Seq Scan" | "Index Scan" | "Index Only Scan" | "Bitmap Heap Scan" => {
                self.tables.push([text("Schema"), text("Relation Name"), text("Alias")]);
            }
            _ => self.multiplies = true,
        }
        let below = node["Plans"].as_array();
        if below.is_none_or(Vec::is_empty) {
            self.rows = self.rows.max(node["Plan Rows"].as_f64().unwrap_or_default());
        }
        below.into_iter().flatten().for_each(|plan| self.look(plan));
    }

    /// True if each row is one of a table that a unique index over these columns keeps apart: then nothing is to be counted.
    async fn is_keyed(&self, connection: &mut Connection) -> Result<bool> {
        let ([[schema, table, alias]], false) = (&self.tables[..], self.multiplies) else { return Ok(false) };
        Ok(sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE n.nspname = $1 AND c.relname = $2 AND i.indisunique AND i.indisvalid AND i.indimmediate
                               AND i.indpred IS NULL AND i.indexprs IS NULL
                               AND NOT EXISTS (SELECT FROM pg_attribute a
                                                WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])
                                                  AND (NOT a.attnotnull OR quote_ident($3) || '.' || quote_ident(a.attname) <> ALL ($4))))",
        )
        .bind(schema)
        .bind(table)
        .bind(alias)
        .bind(&self.keys)
        .fetch_one(connection)
        .await?)
    }
}
