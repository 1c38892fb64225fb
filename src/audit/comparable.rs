//! The payments that the checks of payments can compare with the ledger. A comparison with NULL finds nothing, so a pack
//! that returns NULL throughout must not look like one whose payments agree.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::model::Suspicion;
use crate::db::Connection;
use crate::error::Result;
use crate::packs::{Pack, Shape, Sql};

/// Counts of the payments and the entries.
const COUNTS: &str = "
SELECT count(*) AS payments, count(p.account) AS accounts,
       count(*) FILTER (WHERE {was_paid}) AS paid,
       count(*) FILTER (WHERE {was_paid} AND p.granted IS NOT NULL) AS granted,
       count(*) FILTER (WHERE {was_paid} AND p.unit IS NOT NULL) AS units,
       count(*) FILTER (WHERE {was_paid} AND p.granted > 0) AS bought,
       coalesce(bool_or(cardinality(p.provider_ids::text[]) > 0), false) AS ids,
       EXISTS (SELECT FROM {entries} e) AS entries,
       EXISTS (SELECT FROM {entries} e WHERE e.ref IS NOT NULL) AS refs,
       -- Some rows answer nearly always, and at once.
       EXISTS (SELECT FROM (SELECT e.ref FROM {entries} e WHERE e.ref IS NOT NULL LIMIT 1000) e
                 JOIN {payments} o ON e.ref{ref} = o.payment_id{ref})
       OR EXISTS (SELECT FROM {entries} e JOIN {payments} o ON e.ref{ref} = o.payment_id{ref}) AS linked
  FROM {payments} p";

/// The checks that need them.
const CHECKS: [&str; 4] = ["payments.granted", "payments.duplicate", "payments.unpaid", "payments.account"];

/// Counts of what can be compared.
#[derive(Debug)]
pub(super) struct Comparable {
    payments: i64,
    accounts: i64,
    paid: i64,
    granted: i64,
    units: i64,
    bought: i64,
    ids: bool,
    entries: bool,
    refs: bool,
    linked: bool,
}

impl Comparable {
    /// True for a check that needs the counts. One of bursar's own systems needs none: its schema keeps these columns
    /// filled.
    pub fn is_needed(pack: &Pack, check: &str) -> bool {
        !pack.is_system() && CHECKS.contains(&check)
    }

    /// Counts.
    pub async fn of(connection: &mut Connection, pack: &Pack, shape: &Shape) -> Result<Self> {
        let sql = Sql { file: "payments.sql".to_owned(), text: pack.canonical(COUNTS, shape) };
        let sql = sql.filled(connection).await?;
        // As in the checks, the planner must not compare each payment with each entry.
        connection.execute("SET LOCAL enable_nestloop = off").await?;
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        connection.execute("SET LOCAL enable_nestloop TO DEFAULT").await?;
        Ok(Comparable {
            payments: row.try_get("payments")?,
            accounts: row.try_get("accounts")?,
            paid: row.try_get("paid")?,
            granted: row.try_get("granted")?,
            units: row.try_get("units")?,
            bought: row.try_get("bought")?,
            ids: row.try_get("ids")?,
            entries: row.try_get("entries")?,
            refs: row.try_get("refs")?,
            linked: row.try_get("linked")?,
        })
    }

    /// The reason why nothing can be compared, with the check whose half is left, if there is one.
    fn lack(&self, pack: &Pack, check: &str) -> Option<String> {
        let payments = pack.payments.as_ref().map_or("payments.sql", |p| &p.sql.file);
        let entries = pack.ledger.as_ref().map_or("ledger/entries.sql", |l| &l.entries.file);
        let null = |column: &str, rows: &str, file: &str| Some(format!("`{column}` is NULL in every {rows} of {file}"));
        let needs_amount = matches!(check, "payments.granted" | "payments.duplicate");
        if pack.ledger.is_none() {
            Some("the pack has no ledger, and no payment has an id of its gateway".to_owned())
        } else if self.payments > 0 && self.accounts == 0 {
            null("account", "payment", payments)
        } else if needs_amount && self.paid > 0 && self.granted == 0 {
            null("granted", "paid payment", payments)
        } else if needs_amount && self.paid > 0 && self.units == 0 {
            null("unit", "paid payment", payments)
        // A payment without an entry is what payments.granted looks for.
        } else if check != "payments.granted" && self.payments > 0 && self.entries && !self.refs {
            null("ref", "entry", entries)
        } else if check != "payments.granted" && self.payments > 0 && self.entries && !self.linked {
            Some(format!("no `ref` of {entries} is the `payment_id` of a payment"))
        } else {
            None
        }
    }

    /// The reason to leave the check out; none if there is something to compare.
    pub fn why_not(&self, pack: &Pack, check: &str) -> Option<String> {
        self.lack(pack, check).filter(|_| check != "payments.duplicate" || !self.ids)
    }

    /// The part that the check does not compare, in a sentence.
    pub fn unchecked(&self, pack: &Pack, check: &str) -> Option<String> {
        // A report of a pack without a ledger says once that it has none.
        if check == "payments.duplicate" && self.ids && pack.ledger.is_some() {
            let reason = self.lack(pack, check)?;
            return Some(format!("{check} compared only the ids of the gateway, and no credits, because {reason}"));
        }
        let without = self.paid - self.granted;
        (check == "payments.granted" && without > 0).then(|| {
            format!("{without} of {} paid payments have NULL for `granted`: {check} did not compare them", self.paid)
        })
    }

    /// The suspicion against the pack, where nine of ten payments fail.
    pub fn suspicion(&self, pack: &Pack, check: &str, failed: u64) -> Option<Suspicion> {
        let of = self.bought.unsigned_abs();
        if check != "payments.granted" || !Suspicion::is_due(failed, of) {
            return None;
        }
        let (payments, ledger) = (pack.payments.as_ref()?, pack.ledger.as_ref()?);
        let message = format!(
            "{failed} of {of} payments fail {check} in one way: `ref` of {}, or `granted` and `unit` of {}, is more likely \
             wrong than the money (`ref` is the id of the payment, and both name a unit alike)",
            ledger.entries.file, payments.sql.file
        );
        Some(Suspicion { check: check.to_owned(), failed, of, message })
    }
}
