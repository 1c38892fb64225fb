//! The targets of references exist. A foreign key that was off while rows were restored, or is not valid, promises nothing, and
//! leaves no trace of it. So the rows are compared, by one join for each key that the catalogue has for the pack's tables,
//! and for each reference that the pack declares because no key can.

use std::time::Instant;

use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Row as _};

use super::finding::Finding;
use super::model::{Described, Part};
use super::scope::Scope;
use crate::db::{Connection, Tx, guarded};
use crate::error::Result;
use crate::packs::{Pack, Reference, Severity, Sql};
use crate::text::counted;

const ID: &str = "references.exist";

/// The foreign keys of the pack's tables.
const KEYS: &str = include_str!("sql/references.sql");

/// A reference, as parts of the statement that looks for rows without a target: `f` is the row, `p` the target.
struct Compared {
    table: String,
    column: String,
    /// The meaning of the target, in words.
    target: String,
    from: String,
    to: String,
    /// True for a row that refers to something.
    given: String,
    /// True for the target of the row.
    met: String,
    value: String,
    key: String,
    /// True for a target outside of the pack that this role may not read.
    closed: bool,
    /// True for one that no foreign key promises: the schema lets its target go.
    declared: bool,
    /// The checks of the pack that tell of it. They may look at some of the rows only, so what they leave out is told here.
    told: Vec<Sql>,
}

pub(super) fn described(pack: &Pack) -> Described {
    let mut sql = KEYS.to_owned();
    for reference in pack.references.iter().map(Compared::declared) {
        sql.push_str(&format!("\n;\n{}\n", reference.sql()));
    }
    Described {
        id: ID.to_owned(),
        title: "Rows refer to rows that exist".to_owned(),
        severity: Severity::Error,
        reads: vec!["pg_catalog".to_owned()],
        why: "A row that refers to nothing is money, or work, of nobody: nothing leads to it, and no report counts it."
            .to_owned(),
        remedy: "Restore what the row refers to, or find out who removed it and settle the row.".to_owned(),
        sql,
    }
}

pub(super) async fn check(tx: &mut Tx, scope: &Scope<'_>) -> Result<Part> {
    let (mut part, about) = (Part::default(), described(scope.pack));
    if !scope.options.is_whole() {
        part.skip(&about, "one account or tenant is asked for");
        return Ok(part);
    }
    let started = Instant::now();
    let mut unread = Vec::new();
    let outcome = guarded(tx, async |connection| {
        let all = compared(connection, scope).await?;
        let mut found = scope.options.findings();
        for reference in &all {
            if reference.closed {
                unread.push(format!("{}.{}", reference.table, reference.column));
                continue;
            }
            if !reference.told.is_empty() && !reference.dangles(connection).await? {
                continue;
            }
            let sql = reference.sql_of_untold(connection).await?;
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *connection);
            while let Some(row) = rows.try_next().await? {
                found.push(reference.finding(&row)?)?;
            }
        }
        Ok((!all.is_empty()).then_some(found))
    })
    .await?;
    match outcome.transpose() {
        None => part.skip(&about, "no reference between the tables is without a check of its own"),
        Some(outcome) => part.record_worst(about, started, outcome),
    }
    if !unread.is_empty() {
        part.unchecked.push(format!(
            "{ID} did not compare {}, because this role may not read what they refer to",
            unread.join(", ")
        ));
    }
    Ok(part)
}

/// The references to compare. One that no foreign key promises and that a check of the pack tells of is that check's alone.
async fn compared(connection: &mut Connection, scope: &Scope<'_>) -> Result<Vec<Compared>> {
    let pack = scope.pack;
    let rows = sqlx::query(KEYS).bind(&pack.schema).bind(&pack.tables).fetch_all(connection).await?;
    let mut all = rows.iter().map(Compared::read).collect::<Result<Vec<_>>>()?;
    for declared in pack.references.iter().map(Compared::declared) {
        if !all.iter().any(|key| key.name() == declared.name()) {
            all.push(declared);
        }
    }
    all.retain_mut(|reference| {
        let name = reference.name();
        let mut telling = pack.checks.iter().filter(|c| c.references.contains(&name));
        let asked = telling.clone().filter(|c| scope.options.leaves_out(&c.id).is_none() && c.lacks.is_none());
        reference.told = asked.map(|c| c.sql.clone()).collect();
        // What a check makes of the pack's own queries is not known here, so its rows cannot be told from others.
        !telling.any(|c| reference.declared || !c.sources.is_empty())
    });
    Ok(all)
}

impl Compared {
    fn read(row: &sqlx::postgres::PgRow) -> Result<Self> {
        Ok(Compared {
            table: row.try_get("relation")?,
            column: row.try_get("column_names")?,
            target: row.try_get("target")?,
            from: row.try_get("from_table")?,
            to: row.try_get("to_table")?,
            given: row.try_get("given")?,
            met: row.try_get("met")?,
            value: row.try_get("value")?,
            key: row.try_get("key")?,
            closed: row.try_get("closed")?,
            declared: false,
            told: Vec::new(),
        })
    }

    fn declared(reference: &Reference) -> Self {
        let Reference { table, key, .. } = reference;
        let (value, target) = (reference.value("f"), reference.target("p"));
        Compared {
            table: table.clone(),
            column: reference.column(),
            target: format!("{} of {}", reference.to_column, reference.to_table),
            from: crate::db::quote_identifier(table),
            to: crate::db::quote_identifier(&reference.to_table),
            given: reference.given("f"),
            met: format!("{target} = {value}"),
            key: format!("f.{}::text", crate::db::quote_identifier(key)),
            value: format!("{value}::text"),
            closed: false,
            declared: true,
            told: Vec::new(),
        }
    }

    /// The name, as the header of a check has it.
    fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// The rows without a target: each missing target once, with one row of those that name it and how many there are.
    fn sql(&self) -> String {
        self.sql_but("")
    }

    /// The same, but for the rows of which this condition says so.
    fn sql_but(&self, told: &str) -> String {
        format!(
            "SELECT min(d.key) AS key, d.value, count(*) AS rows FROM ({}) AS d{told} GROUP BY d.value ORDER BY d.value",
            self.dangling()
        )
    }

    fn dangling(&self) -> String {
        let Compared { from, to, given, met, value, key, .. } = self;
        format!(
            "SELECT {key} AS key, {value} AS value FROM {from} AS f
              WHERE {given} AND NOT EXISTS (SELECT FROM {to} AS p WHERE {met})"
        )
    }

    /// True if a row has no target.
    async fn dangles(&self, connection: &mut Connection) -> Result<bool> {
        let sql = format!("SELECT EXISTS ({})", self.dangling());
        Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
    }

    /// The rows without a target that no check of the pack tells of. A check may name a row by the first column of its key.
    async fn sql_of_untold(&self, connection: &mut Connection) -> Result<String> {
        let mut told = Vec::new();
        for check in &self.told {
            told.push(format!(
                "NOT EXISTS (SELECT FROM ({}\n) AS v
                              WHERE v.table_name::text = {} AND (v.key::text = d.key OR starts_with(d.key, v.key::text || ', ')))",
                check.filled(connection).await?,
                crate::db::quote_literal(&self.table)
            ));
        }
        Ok(self.sql_but(&if told.is_empty() { String::new() } else { format!(" WHERE {}", told.join(" AND ")) }))
    }

    fn finding(&self, row: &sqlx::postgres::PgRow) -> Result<Finding> {
        let (value, rows): (String, i64) = (row.try_get("value")?, row.try_get("rows")?);
        let key: String = row.try_get::<Option<String>, _>("key")?.unwrap_or_default();
        let Compared { table, column, target, .. } = self;
        let message = match rows {
            1 => format!("Row {key} of {table} has {value} as its {column}, which is no {target}."),
            _ => format!(
                "{} of {table} have {value} as their {column}, which is no {target}; one of them is {key}.",
                counted(rows, "row")
            ),
        };
        let (severity, cause) = if self.declared {
            (
                Severity::Warn,
                "No foreign key guards it: the target was removed and the row stayed, or the row was written wrong.",
            )
        } else {
            (
                Severity::Error,
                "The foreign key was off, not valid or not there while the target was removed or the row was written.",
            )
        };
        Ok(Finding {
            check: ID.to_owned(),
            severity,
            table: table.clone(),
            key,
            expected: Some(format!("{value} in {target}")),
            actual: Some("missing".to_owned()),
            message,
            cause: cause.to_owned(),
            remedy: format!("Restore what it refers to, or find out who removed it and settle the rows of {table}."),
            ..Finding::default()
        }
        .sealed())
    }
}
