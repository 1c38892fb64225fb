//! The entries of a ledger, and the point up to which they can be sealed.

use sqlx::postgres::types::Oid;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, Row as _};

use super::model::{Mode, Seal, Uncovered};
use super::span::Range;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::Ledger;

/// The type `xid8`, which sqlx does not know; from the server's pg_type.dat.
const XID8: Oid = Oid(5069);

/// The types `timestamptz`, `timestamp` and `date`, and those of integers; from the same file.
const TIMES: [Oid; 3] = [Oid(1184), Oid(1114), Oid(1082)];
const INTEGERS: [Oid; 3] = [Oid(20), Oid(23), Oid(21)];

/// The session or prepared transaction that is the oldest open one, of all databases of the server.
const HOLDER: &str = include_str!("../sql/seal_holder.sql");

/// The session of this database whose transaction began when a seal by time ends.
const HOLDER_BY_TIME: &str = include_str!("../sql/seal_holder_by_time.sql");

const CUT: &str = include_str!("../sql/seal_cut.sql");

/// The entries of a ledger, as its query turns out to return them.
pub(super) struct Source {
    /// The pack's query.
    pub(super) entries: String,
    /// True if it returns what else of an entry must not change.
    pub(super) content: bool,
    /// True if it returns the transaction that wrote an entry, as such.
    arrival: bool,
    /// True if the table may have the entries in their order, account by account, so that a pass over it pays.
    pub(super) is_ordered: bool,
}

/// The entries that a seal leaves out. The first two are counted for a seal by time only.
pub(super) struct LeftOut {
    /// Number of those without a time, and of those after every time: no seal ever covers them.
    pub(super) untimed: i64,
    /// Number by which the seal before counted more than are there now of its time: those that are gone less those that came.
    pub(super) gone: i64,
    /// Number of those of a usable time that stand after its end.
    pub(super) beyond: i64,
}

/// Up to where entries can be sealed now, and by whose numbers.
pub(super) struct Cut {
    pub(super) mode: Mode,
    pub(super) watermark: Option<u64>,
    pub(super) sealed_until: Option<String>,
    /// The reason why the mode is not by arrival, if it is not.
    pub(super) reason: Option<String>,
    pub(super) sealed_at: String,
    pub(super) database: String,
    pub(super) system_identifier: Option<String>,
}

impl Source {
    /// Asks the server what the pack's query returns.
    pub(super) async fn describe(connection: &mut Connection, ledger: &Ledger) -> Result<Self> {
        let columns = connection.columns(&ledger.entries.text).await?;
        let column = |name: &str| columns.iter().find(|c| c.name() == name);
        let is = |name: &str, types: &[Oid]| {
            column(name).and_then(|c| c.type_info().oid()).is_some_and(|oid| types.contains(&oid))
        };
        Ok(Source {
            entries: format!("{}\n", ledger.entries.text),
            content: column("content").is_some(),
            arrival: column("arrival").is_some_and(|c| c.type_info().oid() == Some(XID8)),
            is_ordered: ledger.sealed_table().is_none() && is("at", &TIMES) && is("seq", &INTEGERS),
        })
    }

    /// The pack's query, of a range of accounts.
    pub(super) fn within(&self, range: &Range) -> String {
        range.of(&self.entries, "coalesce(x.account::text, '')")
    }

    /// The end of the entries that can be sealed in the snapshot of this transaction.
    /// By time, it is `until`, which was taken before the snapshot.
    pub(super) async fn cut(&self, connection: &mut Connection, until: &str) -> Result<Cut> {
        let reason = self.why_not_arrival(connection).await?;
        let row = sqlx::query(CUT).fetch_one(&mut *connection).await?;
        let mode = if reason.is_none() { Mode::Arrival } else { Mode::Time };
        Ok(Cut {
            mode,
            watermark: if mode == Mode::Arrival { row.try_get::<String, _>("xmin")?.parse().ok() } else { None },
            sealed_until: (mode == Mode::Time).then(|| until.to_owned()),
            reason,
            sealed_at: row.try_get("at")?,
            database: row.try_get("database")?,
            system_identifier: system_identifier(connection).await?,
        })
    }

    /// The entries that stand after the end of a seal, and what keeps them from being sealed. `own` is the process that makes
    /// the seal, which keeps nothing from it.
    pub(super) async fn uncovered(
        connection: &mut Connection,
        seal: &Seal,
        entries: i64,
        own: i32,
    ) -> Result<Uncovered> {
        let holder = match seal.mode {
            Mode::Arrival => HOLDER,
            Mode::Time => HOLDER_BY_TIME,
        };
        let until = seal.until();
        let holder: Option<String> =
            sqlx::query_scalar(holder).bind(own).bind(&until).fetch_optional(connection).await?;
        let reason = match (holder, seal.mode, until) {
            (None, Mode::Time, Some(until)) => format!("they are dated at {until} or later, where the seal ends"),
            (holder, _, _) => format!(
                "{} is still open, and may be older than they are",
                holder.unwrap_or_else(|| "a transaction that this role may not see".to_owned())
            ),
        };
        Ok(Uncovered { entries, reason })
    }

    /// Counts, in one scan, what a seal leaves out. With the seal that it goes on from, also what is gone since that.
    pub(super) async fn left_out(
        &self,
        connection: &mut Connection,
        seal: &Seal,
        before: Option<&Seal>,
    ) -> Result<LeftOut> {
        let [untimed, covered, beyond] = match seal.mode {
            Mode::Arrival => ["false", "$1::text IS NULL AND false", "e.arrival >= $2::text::xid8"],
            Mode::Time => [
                "e.at IS NULL OR e.at::timestamptz = 'infinity'",
                "e.at < $1::text::timestamptz",
                "e.at >= $2::text::timestamptz AND e.at::timestamptz < 'infinity'",
            ],
        };
        let sql = format!(
            "SELECT count(*) FILTER (WHERE {untimed}) AS untimed, count(*) FILTER (WHERE {covered}) AS covered,
                    count(*) FILTER (WHERE {beyond}) AS beyond
               FROM ({}) AS e",
            self.entries
        );
        let before = before.filter(|_| seal.mode == Mode::Time);
        let until = before.and_then(|seal| seal.sealed_until.as_ref());
        let row = sqlx::query(AssertSqlSafe(sql)).bind(until).bind(seal.until()).fetch_one(connection).await?;
        let covered: i64 = row.try_get("covered")?;
        let gone = before.map_or(0, |seal| (seal.entries - covered).max(0));
        Ok(LeftOut { untimed: row.try_get("untimed")?, gone, beyond: row.try_get("beyond")? })
    }

    /// The reason why the order of arrival is not known here, if it is not.
    pub(super) async fn why_not_arrival(&self, connection: &mut Connection) -> Result<Option<String>> {
        const NONE: &str =
            "the ledger has no arrival column, which would say what can no longer be joined by late entries";
        if !self.arrival {
            return Ok(Some(NONE.to_owned()));
        }
        let entries = &self.entries;
        let sql = format!(
            "SELECT n.arrival::text AS newest, n.arrival >= pg_snapshot_xmax(pg_current_snapshot()) AS foreign_number
               FROM (SELECT e.arrival FROM ({entries}) AS e WHERE e.arrival IS NOT NULL ORDER BY e.arrival DESC LIMIT 1) n"
        );
        match sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *connection).await? {
            Some(row) if row.try_get("foreign_number")? => Ok(Some(format!(
                "entries arrived in transaction {}, which this server has not reached: they were restored from another one",
                row.try_get::<String, _>("newest")?
            ))),
            Some(_) => Ok(None),
            None => {
                let sql = format!("SELECT EXISTS (SELECT FROM ({entries}) AS e)");
                let any: bool = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?;
                Ok(any.then(|| NONE.to_owned()))
            }
        }
    }

    /// The reason why the entries that arrived after this seal cannot be told, if they cannot.
    pub(super) async fn why_not_since(&self, connection: &mut Connection, seal: &Seal) -> Result<Option<String>> {
        if let Some(reason) = self.why_not_arrival(connection).await? {
            return Ok(Some(reason));
        }
        let Some(watermark) = seal.watermark else {
            return Ok(Some("it was sealed by time, because its server did not know the order of arrival".to_owned()));
        };
        if let Some(reason) = other_server(connection, seal).await? {
            return Ok(Some(format!(
                "{reason}, whose numbers of arrival do not compare with this one's; make a new seal"
            )));
        }
        let reached: bool = sqlx::query_scalar("SELECT $1::text::xid8 <= pg_snapshot_xmax(pg_current_snapshot())")
            .bind(watermark.to_string())
            .fetch_one(connection)
            .await?;
        Ok((!reached)
            .then(|| format!("it ends at transaction {watermark}, which this server has not reached; make a new seal")))
    }

    /// The reason why this seal's digests cannot be computed again, if they cannot.
    pub(super) async fn why_not_again(&self, connection: &mut Connection, seal: &Seal) -> Result<Option<String>> {
        if seal.content && !self.content {
            return Ok(Some(
                "the pack's ledger/entries.sql no longer returns the column content, which the seal digested"
                    .to_owned(),
            ));
        }
        let any_arrival = match (seal.mode, self.arrival) {
            (Mode::Time, _) => true,
            (Mode::Arrival, false) => false,
            (Mode::Arrival, true) => {
                let sql = format!(
                    "SELECT EXISTS (SELECT FROM ({0}) AS e WHERE e.arrival IS NOT NULL) OR NOT EXISTS (SELECT FROM ({0}) AS e)",
                    self.entries
                );
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?
            }
        };
        Ok((!any_arrival)
            .then(|| "it sealed by the order of arrival, and the ledger's arrival column is gone".to_owned()))
    }
}

/// The sentence that the seal was made on another server, if both servers are known and differ.
pub(super) async fn other_server(connection: &mut Connection, seal: &Seal) -> Result<Option<String>> {
    let (then, now) = (&seal.system_identifier, system_identifier(connection).await?);
    Ok(match (then, now) {
        (Some(then), Some(now)) if *then != now => {
            Some(format!("the seal was made on another server (system identifier {then}, here {now})"))
        }
        _ => None,
    })
}

/// The server's identity, where this role may ask for it.
async fn system_identifier(connection: &mut Connection) -> Result<Option<String>> {
    let may: bool = sqlx::query_scalar("SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
        .fetch_one(&mut *connection)
        .await?;
    if !may {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
        .fetch_one(connection)
        .await?)
}

/// Fixes, for this transaction, every setting that the text of a value depends on.
pub(super) async fn settle(connection: &mut Connection) -> Result<()> {
    connection
        .execute(
            "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
             SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'",
        )
        .await?;
    Ok(())
}
