//! The engine's templates filled in with a pack's queries.

use sqlx::postgres::PgColumn;
use sqlx::{Column as _, TypeInfo as _};

use super::rows::Types;
use super::shape::Shape;
use super::sql::UNBALANCED;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::{Ledger, placed};

/// The ledger's queries, ready to be filled into the templates.
#[derive(Clone)]
pub(crate) struct Query {
    entries: String,
    /// The entries of all accounts.
    ledger: String,
    balances: String,
    /// The cached balances of all accounts.
    cached: String,
    number: &'static str,
    pub(super) shape: Shape,
    /// The types of the columns, where a pass over the table compares as a sort does.
    pub(super) types: Option<Types>,
    /// The type of the entries' account, as an array; none where only its text is compared.
    accounts_type: Option<String>,
    pub(super) account: Option<String>,
    /// True if the entries have a `tenant`, and if the balances have one.
    pub(super) tenants: (bool, bool),
}

impl Query {
    /// Looks at the types that the pack's queries return: native integers are hashed and summed much
    /// faster than `numeric`, and an account is compared in its own type, so that an index serves.
    pub(crate) async fn new(connection: &mut Connection, ledger: &Ledger, account: Option<&str>) -> Result<Self> {
        let balances = cached(ledger);
        // A column of no name of theirs divides those of the two.
        let sql = format!("SELECT e.*, 0 AS \"|\", b.* FROM ({}\n) e, ({balances}\n) b", ledger.entries.text);
        let columns = connection.columns(&sql).await?;
        let (of_entries, of_balances) = columns.split_at(columns.iter().position(|c| c.name() == "|").unwrap_or(0));
        let kind = |columns: &'_ [PgColumn], name: &str| {
            columns.iter().find(|c| c.name() == name).map(|c| c.type_info().name().to_owned())
        };
        let shape =
            Shape::of(ledger, |name| kind(of_entries, name).is_some(), |name| kind(of_balances, name).is_some());
        let numbers = ["delta", "running", "running_before", "magnitude"].map(|name| kind(of_entries, name));
        let numbers = numbers.into_iter().chain(["balance", "floor", "opening"].map(|name| kind(of_balances, name)));
        let integral = numbers.flatten().all(|t| matches!(t.as_str(), "INT2" | "INT4" | "INT8"));
        let (owner, cached_owner) = (kind(of_entries, "account"), kind(of_balances, "account"));
        let narrow = |sql: &str, account_type: Option<&str>| match (account, account_type) {
            (Some(_), Some(kind @ ("UUID" | "INT2" | "INT4" | "INT8"))) => {
                format!("SELECT x.* FROM ({sql}\n) x WHERE x.account = $1::text::{kind}")
            }
            (Some(_), _) => format!("SELECT x.* FROM ({sql}\n) x WHERE x.account::text = $1::text"),
            // The parameter is there in any case, so that the templates need not know.
            (None, _) => format!("SELECT x.* FROM ({sql}\n) x WHERE $1::text IS NULL"),
        };
        Ok(Query {
            entries: narrow(&ledger.entries.text, owner.as_deref()),
            // Its last line may be a comment.
            ledger: format!("{}\n", ledger.entries.text),
            balances: narrow(&balances, cached_owner.as_deref()),
            cached: balances,
            types: if integral { Types::of(of_entries, of_balances) } else { None },
            accounts_type: owner
                .filter(|t| matches!(t.as_str(), "UUID" | "INT2" | "INT4" | "INT8"))
                .map(|t| format!("{t}[]")),
            shape,
            number: if integral { "bigint" } else { "numeric" },
            account: account.map(str::to_owned),
            tenants: (
                kind(of_entries, "tenant").is_some(),
                kind(of_balances, "tenant").is_some() && ledger.balances.is_some(),
            ),
        })
    }

    /// The queries as a person reads them: of every account, in native integers.
    pub(super) fn unbound(ledger: &Ledger) -> Self {
        let (entries, balances) = (ledger.entries.text.clone(), cached(ledger));
        // Without a database, a column is one that the text names.
        let names = |sql: &str, column: &str| {
            sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word.eq_ignore_ascii_case(column))
        };
        let shape = Shape::of(ledger, |column| names(&entries, column), |column| names(&balances, column));
        Query {
            ledger: entries.clone(),
            entries,
            cached: balances.clone(),
            balances,
            number: "bigint",
            shape,
            types: None,
            accounts_type: None,
            tenants: (false, false),
            account: None,
        }
    }

    /// The same where some accounts have no chain, beside others in their unit that have one.
    pub(super) fn with_chainless(mut self) -> Self {
        self.shape.chainless = true;
        self
    }

    /// The same queries, computing with `numeric`, which does not overflow; false where they do so
    /// already.
    pub(super) fn widen(&mut self) -> bool {
        std::mem::replace(&mut self.number, "numeric") == "bigint"
    }

    /// The same for the entries that arrived in this transaction or later.
    pub(super) fn since(mut self, watermark: u64) -> Self {
        for entries in [&mut self.entries, &mut self.ledger] {
            *entries = arrived_since(entries, watermark);
        }
        self
    }

    /// The same for the entries of these accounts.
    pub(super) fn among(mut self, accounts: &[String]) -> Self {
        self.entries = self.listed(&self.entries, accounts);
        self
    }

    /// The same for the entries and the cached balances of these accounts, where both have accounts of one type.
    pub(super) fn of_accounts(mut self, accounts: &[String]) -> Self {
        self.balances = self.listed(&self.balances, accounts);
        self.among(accounts)
    }

    /// The rows of a query whose account is one of these.
    fn listed(&self, sql: &str, accounts: &[String]) -> String {
        let (account, kind, list) = match &self.accounts_type {
            // An account that is NULL is told as an empty text, which is no value of these types.
            Some(kind) => ("y.account", kind.as_str(), array(accounts.iter().filter(|account| !account.is_empty()))),
            None => ("y.account::text", "text[]", array(accounts)),
        };
        format!("SELECT y.* FROM ({sql}\n) y WHERE {account} = ANY ({list}::{kind})")
    }

    /// The rows of a query of texts whose account is one of these.
    pub(super) fn named(sql: &str, accounts: &[String]) -> String {
        format!("SELECT y.* FROM ({sql}\n) y WHERE y.account = ANY ({}::text[])", array(accounts))
    }

    /// The same without the entries in these units.
    pub(super) fn without(self, units: &[String]) -> Self {
        if units.is_empty() { self } else { self.of_units("<> ALL", units) }
    }

    /// The same with the entries in these units alone.
    pub(super) fn only(self, units: &[String]) -> Self {
        self.of_units("= ANY", units)
    }

    fn of_units(mut self, compared: &str, units: &[String]) -> Self {
        let list = array(units);
        self.entries = format!("SELECT y.* FROM ({}\n) y WHERE y.unit::text {compared} ({list}::text[])", self.entries);
        self
    }

    /// The statement about the transactions of double entry: all of them, or those that have an entry of the account.
    pub(super) fn unbalanced(&self) -> String {
        let among = match &self.account {
            Some(_) => "WHERE e.ref IN (SELECT x.ref FROM ({entries}) AS x)",
            None => "WHERE $1::text IS NULL",
        };
        self.fill(&UNBALANCED.replace("{among}", among))
    }

    /// Fills a template in: the pack's queries, what the shape of the ledger needs ([`Shape::fit`]), the number type,
    /// `{h:EXPRESSION}`, a hash of 32 bits of a number, and `{odd:EXPRESSION}`, whether it is not a finite number.
    pub(crate) fn fill(&self, template: &str) -> String {
        let number = self.number;
        let (hash, integral) = if number == "bigint" { ("hashint8", true) } else { ("hash_numeric", false) };
        let template = self.shape.fit(template).replace("{number}", number);
        let mut out = String::with_capacity(template.len());
        let mut rest = template.as_str();
        while let Some(start) = rest.find("{h:").into_iter().chain(rest.find("{odd:")).min() {
            let Some(length) = rest[start..].find('}') else { break };
            out.push_str(&rest[..start]);
            match rest[start + 1..start + length].split_once(':').unwrap_or_default() {
                ("odd", _) if integral => out.push_str("false"),
                ("odd", inside) => out.push_str(&format!("({inside})::numeric IN ('NaN', 'Infinity', '-Infinity')")),
                (_, inside) => out.push_str(&format!("{hash}(({inside})::{number})")),
            }
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        placed(
            &out,
            &[
                ("{entries}", &self.entries),
                ("{ledger}", &self.ledger),
                ("{balances}", &self.balances),
                ("{cached}", &self.cached),
            ],
        )
    }
}

/// The entries of a query that arrived in this transaction or later.
pub(in crate::audit) fn arrived_since(entries: &str, watermark: u64) -> String {
    format!("SELECT y.* FROM ({entries}\n) y WHERE y.arrival >= '{watermark}'::xid8")
}

/// The query of the cached balances; one without rows where the application caches none.
fn cached(ledger: &Ledger) -> String {
    match &ledger.balances {
        Some(balances) => balances.text.clone(),
        None => format!(
            "SELECT x.account, x.unit, x.delta AS balance, NULL::timestamptz AS opened_at FROM ({}\n) x WHERE false",
            ledger.entries.text
        ),
    }
}

/// The literal of an array of text.
fn array<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    // Inside an array's text, a backslash protects a quote and itself; inside a literal, a quote is doubled.
    let quoted = |v: &String| format!("\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "''"));
    format!("'{{{}}}'", values.into_iter().map(quoted).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn a_text_in_an_array_stays_what_it_is() {
        assert_eq!(array(&["a'\"\\".to_owned(), "b,c".to_owned()]), r#"'{"a''\"\\","b,c"}'"#);
    }
}
