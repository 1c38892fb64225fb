//! The tables of a schema, with the types and keys of their columns.

use sqlx::Row as _;

use crate::db::{self, Connection, quote_identifier, quote_literal};
use crate::error::Result;

/// The tables of one schema.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub schema: String,
    pub tables: Vec<Table>,
    /// The time zone of the database, which times without one are in.
    pub zone: String,
    /// True if no stranger's object in the schema could be taken for one of the server's.
    pub is_safe: bool,
}

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub name: String,
    /// The name of its base type, such as `int4`.
    pub base: String,
    /// The type's category as the server sorts them: N number, D date or time, S string, E enum, B boolean.
    pub category: String,
    /// True for a column of the primary key.
    pub key: bool,
    /// True if no two rows have the same value.
    pub unique: bool,
    pub nullable: bool,
    /// The words of an enum.
    pub words: Vec<String>,
    /// The column that it refers to.
    pub refers_to: Option<Reference>,
}

/// A column that another refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub schema: String,
    pub table: String,
    pub column: String,
}

/// The least that a number must be to be a time in milliseconds since 1970.
pub(super) const MILLISECONDS: i128 = 100_000_000_000;

impl Column {
    pub fn quoted(&self) -> String {
        plain(&self.name)
    }

    /// The column in SQL as a unit, which is a text.
    pub fn as_unit(&self, alias: &str) -> String {
        let bare = matches!(self.base.as_str(), "text" | "varchar" | "bpchar");
        format!("{alias}.{}{}", self.quoted(), if bare { "" } else { "::text" })
    }

    /// A number that counts something: no key, no reference.
    pub fn is_number(&self) -> bool {
        matches!(self.base.as_str(), "int2" | "int4" | "int8" | "numeric" | "float4" | "float8")
            && !self.key
            && self.refers_to.is_none()
            && !self.says(&["id", "status", "state", "type", "enum", "digits", "places", "decimals"])
    }

    pub fn is_integer(&self) -> bool {
        matches!(self.base.as_str(), "int2" | "int4" | "int8")
    }

    /// True for a column that names something of its own, as a key does: beside an account, it is a part of the account's name.
    pub fn is_of_account(&self) -> bool {
        self.is_integer() || self.base == "uuid" || self.refers_to.is_some() || self.says(super::names::OWNER)
    }

    pub fn is_float(&self) -> bool {
        self.base.starts_with("float")
    }

    pub fn is_time(&self) -> bool {
        matches!(self.base.as_str(), "timestamptz" | "timestamp" | "date")
    }

    /// A number that may hold seconds or milliseconds since 1970.
    pub fn is_epoch(&self) -> bool {
        matches!(self.base.as_str(), "int4" | "int8" | "numeric" | "float8")
            && self.is_number()
            && self.says(&["at", "time", "timestamp", "date", "created", "ts"])
    }

    pub fn is_text(&self) -> bool {
        self.category == "S" || self.category == "E"
    }

    /// Types whose values can be the same account: numbers, UUIDs and texts.
    pub fn family(&self) -> Option<char> {
        match self.base.as_str() {
            "int2" | "int4" | "int8" | "numeric" => Some('n'),
            "uuid" => Some('u'),
            _ if self.category == "S" => Some('s'),
            _ => None,
        }
    }

    pub fn says(&self, any: &[&str]) -> bool {
        super::names::says(&self.name, any)
    }

    /// The value as text that [`super::exact::exact`] and comparisons understand; none for what is not looked at.
    pub fn as_text(&self, alias: &str) -> Option<String> {
        let it = format!("{alias}.{}", self.quoted());
        match self.base.as_str() {
            "float4" | "float8" => {
                Some(format!("CASE WHEN {it} BETWEEN -1e30 AND 1e30 THEN round({it}::numeric, 10)::text END"))
            }
            "timestamptz" | "timestamp" | "date" => {
                Some(format!("CASE WHEN isfinite({it}) THEN extract(epoch FROM {it})::numeric::text END"))
            }
            "numeric" | "int2" | "int4" | "int8" | "bool" | "uuid" => Some(format!("{it}::text")),
            _ if self.is_text() => Some(format!("left({it}::text, 200)")),
            _ => None,
        }
    }

    /// The value as a time with a zone.
    pub fn as_time(&self, alias: &str, zone: &str, milliseconds: bool) -> String {
        let it = format!("{alias}.{}", self.quoted());
        match self.base.as_str() {
            "timestamptz" => it,
            "timestamp" => format!("{it} AT TIME ZONE {}", quote_literal(zone)),
            "date" => format!("{it}::timestamp AT TIME ZONE {}", quote_literal(zone)),
            _ if milliseconds => format!("to_timestamp({it} / 1000.0)"),
            _ => format!("to_timestamp({it})"),
        }
    }

    /// A literal of the column's type, for comparisons with it.
    pub fn literal(&self, word: &str) -> String {
        if self.is_integer() || self.base == "bool" { word.to_owned() } else { quote_literal(word) }
    }
}

impl Table {
    pub fn find(&self, fits: impl Fn(&Column) -> bool) -> Option<&Column> {
        self.columns.iter().find(|c| fits(c))
    }

    pub fn position_of(&self, fits: impl Fn(&Column) -> bool) -> Option<usize> {
        self.columns.iter().position(fits)
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    /// The only column of the primary key, or else one without two equal values.
    pub fn key(&self) -> Option<usize> {
        let mut keys = (0..self.columns.len()).filter(|&i| self.columns[i].key);
        match (keys.next(), keys.next()) {
            (Some(key), None) => Some(key),
            _ => self.columns.iter().position(|c| c.unique && !c.nullable),
        }
    }

    /// The columns that may say when a row came to be, the likeliest first.
    pub fn times(&self) -> Vec<usize> {
        let mut all: Vec<usize> =
            (0..self.columns.len()).filter(|&i| self.columns[i].is_time() || self.columns[i].is_epoch()).collect();
        all.sort_by_key(|&i| {
            let c = &self.columns[i];
            let never = c.says(&[
                "updated",
                "deleted",
                "modified",
                "synced",
                "expires",
                "expired",
                "expiry",
                "cancelled",
                "canceled",
            ]);
            let likely = c.says(&["created", "posted", "booked", "inserted", "opened", "occurred", "recorded"]);
            (never, c.nullable && !likely, !likely, !c.is_time())
        });
        all
    }

    /// The time at which a row came to be.
    pub fn time(&self) -> Option<usize> {
        self.times().first().copied()
    }

    pub fn unit(&self) -> Option<usize> {
        self.columns.iter().position(is_unit)
    }
}

/// True for a column that holds a unit of account by its name and type.
pub(super) fn is_unit(column: &Column) -> bool {
    column.is_text()
        && column.refers_to.as_ref().is_none_or(|to| super::names::says(&to.table, super::names::UNIT))
        && (column.says(super::names::UNIT) || super::names::words(&column.name) == ["token", "type"])
}

impl Catalogue {
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|t| t.name == name)
    }

    /// The name for queries that run outside the pack's own path.
    pub fn qualified(&self, table: &Table) -> String {
        format!("{}.{}", quote_identifier(&self.schema), quote_identifier(&table.name))
    }

    /// Reads the tables of a schema.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn read(connection: &mut Connection, schema: &str) -> Result<Self> {
        let rows = sqlx::query(COLUMNS).bind(schema).fetch_all(&mut *connection).await?;
        let mut tables: Vec<Table> = Vec::new();
        for row in rows {
            let name: String = row.try_get("relation")?;
            let reference = (row.try_get("to_schema")?, row.try_get("to_table")?, row.try_get("to_column")?);
            let column = Column {
                name: row.try_get("attribute")?,
                base: row.try_get("base")?,
                category: row.try_get("category")?,
                key: row.try_get("key")?,
                unique: row.try_get("unique")?,
                nullable: row.try_get("nullable")?,
                words: row.try_get("words")?,
                refers_to: match reference {
                    (Some(schema), Some(table), Some(column)) => Some(Reference { schema, table, column }),
                    _ => None,
                },
            };
            match tables.last_mut().filter(|t| t.name == name) {
                Some(table) => table.columns.push(column),
                None => tables.push(Table { name, columns: vec![column] }),
            }
        }
        let zone = crate::packs::types::database_zone(connection).await?;
        let names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
        // Drafted queries name nothing but tables and the server's own functions.
        let is_safe = db::look(connection, schema, &names, |_| false, "").await?.planted.is_empty();
        Ok(Catalogue { schema: schema.to_owned(), tables, zone, is_safe })
    }
}

/// A name inside a comment, which ends with its line.
pub(super) fn comment(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Words that SQL keeps for itself, and some that it does not.
const KEPT: &[&str] = &[
    "order",
    "user",
    "group",
    "table",
    "limit",
    "end",
    "from",
    "to",
    "default",
    "check",
    "primary",
    "references",
    "desc",
    "asc",
    "case",
    "column",
    "offset",
    "union",
    "when",
    "then",
    "else",
    "and",
    "or",
    "not",
    "null",
    "in",
    "do",
    "for",
    "grant",
    "into",
    "on",
    "only",
    "select",
    "some",
    "all",
    "any",
    "using",
    "where",
    "with",
    "window",
    "array",
    "as",
    "both",
    "cast",
    "create",
    "distinct",
    "except",
    "false",
    "true",
    "fetch",
    "foreign",
    "having",
    "initially",
    "intersect",
    "lateral",
    "leading",
    "placing",
    "returning",
    "symmetric",
    "trailing",
    "unique",
    "variadic",
    "analyse",
    "analyze",
    "collate",
    "constraint",
    "deferrable",
    "session_user",
    "current_user",
    "current_date",
    "current_time",
    "localtime",
];

/// An identifier in SQL: bare if that means the same, else quoted.
pub(super) fn plain(name: &str) -> String {
    let bare = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if bare && !KEPT.contains(&name) { name.to_owned() } else { quote_identifier(name) }
}

const COLUMNS: &str = "
SELECT c.relname::text AS relation, a.attname::text AS attribute, b.typname::text AS base, b.typcategory::text AS category, NOT a.attnotnull AS nullable,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS key,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1
                  AND i.indkey[0] = a.attnum) AS unique,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = b.oid ORDER BY e.enumsortorder) AS words,
       f.to_schema, f.to_table, f.to_column
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
  LEFT JOIN LATERAL (SELECT m.nspname::text AS to_schema, r.relname::text AS to_table, x.attname::text AS to_column
                       FROM pg_constraint f JOIN pg_class r ON r.oid = f.confrelid JOIN pg_namespace m ON m.oid = r.relnamespace
                       JOIN pg_attribute x ON x.attrelid = r.oid AND x.attnum = f.confkey[1]
                      WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] ORDER BY f.oid LIMIT 1) f ON true
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY c.relname, a.attnum";
