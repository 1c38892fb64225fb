//! An SQL text of a pack, and bursar's own tables that it may name.

use squawk_lexer::{TokenKind, tokenize};

use crate::db::Connection;
use crate::error::Result;
use crate::store::repairs;

/// One SQL text of a pack, and the file that it came from.
#[derive(Debug, Clone)]
pub struct Sql {
    /// The file, with the pack's name or folder before it.
    pub file: String,
    /// One statement, without a semicolon; the whole file for functions.
    pub text: String,
}

/// A query of a pack that canonical checks count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `ledger/entries.sql`.
    Entries,
    /// `ledger/balances.sql`.
    Balances,
    /// `payments.sql`.
    Payments,
    /// `refunds.sql`.
    Refunds,
    /// `jobs.sql`.
    Jobs,
}

impl Source {
    /// All of them.
    pub const ALL: [Source; 5] = [Source::Entries, Source::Balances, Source::Payments, Source::Refunds, Source::Jobs];

    /// The columns that name one row. One transaction may be an entry of two accounts.
    pub const fn key(self) -> &'static [&'static str] {
        match self {
            Source::Entries => &["entry_id", "account", "unit"],
            Source::Balances => &["account", "unit"],
            Source::Payments => &["payment_id"],
            Source::Refunds => &["refund_id"],
            Source::Jobs => &["job_id"],
        }
    }
}

/// Empty stand-ins for `{refunds}`, `{refund_transitions}` and `{acknowledgements}` in a database without bursar's tables: the columns that a
/// query may name, and no row. They have one line, so that the lines of the query stay those of its file.
const NO_REFUNDS: [(&str, &str); 3] = [
    (
        "refunds",
        "(SELECT NULL::uuid AS id, NULL::text AS payment, NULL::text AS account, NULL::bigint AS paid, \
         NULL::bigint AS amount, NULL::text AS currency, NULL::text AS unit, \
         NULL::numeric AS units_taken, NULL::numeric AS units_found, NULL::numeric AS units_written_off, \
         NULL::text AS state, NULL::text AS origin, NULL::text AS gateway, NULL::text AS gateway_ref, NULL::text AS entry, NULL::text AS reversal, \
          NULL::boolean AS refused, \
         NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at WHERE false)",
    ),
    (
        "refund_transitions",
        "(SELECT NULL::uuid AS refund, NULL::integer AS position, NULL::text AS from_state, \
         NULL::text AS to_state, NULL::timestamptz AS at WHERE false)",
    ),
    ("acknowledgements", "(SELECT NULL::text AS check_id, NULL::text AS unit, NULL::text AS entry_id WHERE false)"),
];

/// The place of the tenant in a query, as a text; NULL where all tenants are asked for.
pub(super) const TENANT_ASKED: &str = "{tenant}";

impl Sql {
    /// The statement with the names of bursar's own tables filled in, or with empty stand-ins if this database has none.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn filled(&self, connection: &mut Connection) -> Result<String> {
        Ok(self.filled_where(connection, |_| true).await?.0)
    }

    /// As [`Sql::filled`], with empty stand-ins also for those of bursar's own tables that this role may not read.
    /// Returns the names of these too.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn filled_as_readable(&self, connection: &mut Connection) -> Result<(String, Vec<String>)> {
        self.filled_where(connection, |readable| readable).await
    }

    /// Fills in the tables that exist and are wanted; `wanted` gets true for a table that this role may read.
    /// Returns the names of the unwanted ones too.
    async fn filled_where(
        &self,
        connection: &mut Connection,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<(String, Vec<String>)> {
        let (mut text, mut left_out) = (placed(&self.text, &[(TENANT_ASKED, "NULL::text")]), Vec::new());
        for (table, none) in NO_REFUNDS {
            let placeholder = format!("{{{table}}}");
            if !asks_for(&text, &placeholder) {
                continue;
            }
            let readable: Option<bool> = sqlx::query_scalar(
                "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'bursar' AND c.relname = $1",
            )
            .bind(table)
            .fetch_optional(&mut *connection)
            .await?;
            let name = format!("bursar.{table}");
            let rows = if table == "acknowledgements" { repairs::STANDING } else { &name };
            text = placed(&text, &[(&placeholder, if readable.is_some_and(&wanted) { rows } else { none })]);
            left_out.extend(readable.filter(|readable| !wanted(*readable)).map(|_| name));
        }
        Ok((text, left_out))
    }
}

/// True if the statement names the place. A comment, a text and a quoted name do not.
pub(crate) fn asks_for(sql: &str, place: &str) -> bool {
    // Most texts do not have it anywhere, and to take one apart costs more than to look.
    sql.contains(place) && parts(sql).iter().any(|(is_code, part)| *is_code && part.contains(place))
}

/// The template with each text in its place; a place in a comment, in a text or in a quoted name is none, because what is
/// placed there could end it. What is placed is not searched again: it holds names from the database.
pub(crate) fn placed(template: &str, texts: &[(&str, &str)]) -> String {
    if !texts.iter().any(|(place, _)| template.contains(place)) {
        return template.to_owned();
    }
    let mut out = String::with_capacity(template.len());
    for (is_code, mut rest) in parts(template) {
        while is_code
            && let Some((at, place, text)) =
                texts.iter().filter_map(|(place, text)| Some((rest.find(place)?, place, text))).min()
        {
            out.push_str(&rest[..at]);
            out.push_str(text);
            rest = &rest[at + place.len()..];
        }
        out.push_str(rest);
    }
    out
}

/// The text in parts: true for code, false for comments, literals and quoted names.
fn parts(sql: &str) -> Vec<(bool, &str)> {
    let (mut ends, mut until): (Vec<(bool, usize)>, usize) = (Vec::new(), 0);
    for token in tokenize(sql) {
        until += token.len as usize;
        let is_code = !matches!(
            token.kind,
            TokenKind::LineComment
                | TokenKind::BlockComment { .. }
                | TokenKind::Literal { .. }
                | TokenKind::QuotedIdent { .. }
        );
        match ends.last_mut() {
            Some((last, end)) if *last == is_code => *end = until,
            _ => ends.push((is_code, until)),
        }
    }
    let mut from = 0;
    ends.into_iter().map(|(is_code, end)| (is_code, &sql[std::mem::replace(&mut from, end)..end])).collect()
}

#[cfg(test)]
mod tests {
    use super::{asks_for, placed};

    #[test]
    fn a_name_from_the_database_is_no_place_of_a_template() {
        let texts = [("{entries}", "e WHERE x = '{balances}'"), ("{balances}", "b")];
        assert_eq!(placed("{balances} {entries} {}", &texts), "b e WHERE x = '{balances}' {}");
    }

    #[test]
    fn a_place_in_a_comment_a_text_or_a_quoted_name_is_none() {
        for sql in [
            "SELECT 1 -- {tenant}\n",
            "SELECT 1 /* a /* {tenant} */ {tenant} */",
            "SELECT 'it''s {tenant}'",
            "SELECT E'\\'{tenant}'",
            "SELECT $$ {tenant} $$, $a$ $$ {tenant} $a$",
            "SELECT \"{tenant}\"",
        ] {
            assert!(!asks_for(sql, "{tenant}"), "{sql}");
            assert_eq!(placed(sql, &[("{tenant}", "'a\nb'")]), sql);
        }
        let sql = "-- {tenant}\nSELECT '{tenant}', x <> {tenant}, {tenant}::text -- {tenant}";
        assert!(asks_for(sql, "{tenant}"));
        let filled = "-- {tenant}\nSELECT '{tenant}', x <> 'ü''', 'ü'''::text -- {tenant}";
        assert_eq!(placed(sql, &[("{tenant}", "'ü'''")]), filled);
    }
}
