//! `bursar.reconciliations`, and what a comparison with a gateway reads of bursar's refunds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{record, statements};
use super::{RefundOrigin, RefundState};
use crate::db::{self, Connection};
use crate::error::Result;
use crate::ids::PaymentId;

/// The table that shows whether a database keeps reconciliations.
pub const TABLE: &str = "bursar.reconciliations";

/// The gateways that can be compared with.
pub const GATEWAYS: [&str; 2] = ["stripe", "paypal"];

record! {
    /// A refund, as it is compared with its gateway.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Compared {
        /// The payment.
        pub payment: PaymentId,
        /// Its id.
        pub id: String,
        /// In minor units of the currency; of a dispute over more than was left of its payment, all that it took.
        pub amount: i64,
        /// ISO 4217.
        pub currency: String,
        /// Its state.
        pub state: RefundState,
        /// The place that it was made at.
        pub origin: RefundOrigin,
        /// The gateway.
        pub gateway: String,
        /// The gateway's id of it.
        pub gateway_ref: Option<String>,
        /// Units of account that were taken back.
        pub units_taken: String,
        /// The time of the request.
        pub created_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// The time of which the recorded reconciliations with a gateway tell.
    #[derive(Debug)]
    pub struct Stretch {
        /// Whole days since the moment up to which the payments were compared; none where they never were.
        pub age: Option<i32>,
        /// Whole days since the moment since which they were compared.
        pub span: Option<i32>,
        /// The moment since which they were compared without a gap.
        pub compared_since: Option<DateTime<Utc>>,
        /// The moment up to which they were compared.
        pub compared_until: Option<DateTime<Utc>>,
    }
}

record! {
    /// The differences of a kind that a run left open, and that no later run has taken back.
    #[derive(Debug)]
    pub struct Open {
        /// The number of the run.
        pub id: i64,
        /// The beginning of its range.
        pub since: DateTime<Utc>,
        /// The end of its range.
        pub until: DateTime<Utc>,
        /// The gateways that the differences may be with: of a run of an earlier version, all that it asked.
        pub gateways: Vec<String>,
        /// All differences that the run left open.
        pub all: i64,
        /// Those of this kind; of a run of an earlier version, all.
        pub differences: i64,
        /// The kind of object; none where an earlier version did not record it.
        pub kind: Option<String>,
        /// ISO 4217; none where an earlier version did not record it.
        pub currency: Option<String>,
        /// True where only a run that has the kind takes them back.
        pub needed: bool,
        /// The first moment that a run must look at to take them back.
        pub first: DateTime<Utc>,
        /// The last one.
        pub last: DateTime<Utc>,
    }
}

/// The time that a run tells of, which a row of an earlier version derives from its range.
macro_rules! told {
    () => {
        "coalesce(r.told, tstzrange(r.since, greatest(r.since, least(r.until, r.at))))"
    };
}

/// The runs of an application with a gateway. One of a payout says nothing about the rest.
macro_rules! runs {
    () => {
        "bursar.reconciliations r WHERE r.app = $1 AND $2 = ANY (r.gateways) AND r.payout IS NULL"
    };
}

statements! {
    /// Every refund.
    fn refunds() -> Compared =
        "SELECT payment, id::text AS id, coalesce(gateway_amount, amount) AS amount, currency, state, origin, gateway, gateway_ref, units_taken::text, created_at,
                updated_at
           FROM bursar.refunds";

    /// True if rows have the time that they tell of, which an older schema lacks. The catalog answers every role; to look a
    /// name up needs rights to its schema, and fails without them.
    fn tells() -> (bool,) =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'bursar' AND c.relname = 'reconciliations' AND a.attname = 'told' AND NOT a.attisdropped)";

    /// The time of which the complete reconciliations with a gateway tell.
    fn stretch(app: &str, gateway: &str) -> Stretch = concat!(
        "SELECT floor(extract(epoch FROM now() - upper(c.stretch)) / 86400)::integer AS age,
                floor(extract(epoch FROM now() - lower(c.stretch)) / 86400)::integer AS span,
                lower(c.stretch) AS compared_since, upper(c.stretch) AS compared_until
           FROM (VALUES (1)) AS one
           LEFT JOIN LATERAL (
                     SELECT s.stretch
                       FROM (SELECT unnest(range_agg(", told!(), ")) AS stretch
                               FROM ", runs!(), " AND r.complete) s
                      ORDER BY s.stretch DESC LIMIT 1) AS c ON true"
    );

    /// The differences with a gateway that no later complete run has taken back, the newest first. A run takes those back
    /// that are of a kind and a currency that it saw over all of their time. A balance is seen over the time of its file, the
    /// rest over the time that the run tells of. An API tells every kind but balances. `earlier` is what the runs of an
    /// earlier version saw, and what they may be about: their totals tell it.
    fn open(app: &str, gateway: &str) -> Open = concat!(
        "WITH runs AS (
             SELECT r.*, r.counts ? 'open' AS is_whole, ", told!(), " AS tells FROM ", runs!(), "
         ), earlier AS (
             SELECT r.id, k.kind, k.currency, bool_or(k.differs) AS differs
               FROM runs r
              CROSS JOIN LATERAL jsonb_array_elements(r.totals) t
              CROSS JOIN LATERAL (
                         SELECT jsonb_array_elements_text(t -> 'kinds') AS kind, NULL AS currency, true AS differs
                          UNION ALL
                         SELECT v.kind, NULL, true
                           FROM (VALUES ('payment', t ->> 'gross'), ('refund', t ->> 'refunds'), ('dispute', t ->> 'disputes')) AS v (kind, total)
                          WHERE NOT t ? 'kinds' AND v.total <> '0'
                          UNION ALL
                         SELECT 'balance', t ->> 'currency', t #>> '{balance,difference}' <> '0'
                          WHERE jsonb_typeof(t -> 'balance') = 'object') AS k
              WHERE NOT r.is_whole AND t ->> 'gateway' = $2
              GROUP BY 1, 2, 3
         ), seen AS (
             SELECT r.id, s.kind, s.currency, tstzrange(s.since, greatest(s.since, s.until)) AS stretch
               FROM runs r
              CROSS JOIN LATERAL jsonb_to_recordset(r.counts -> 'seen') AS s (gateway text, kind text, currency text, since timestamptz, until timestamptz)
              WHERE r.complete AND s.gateway = $2
              UNION ALL
             SELECT r.id, e.kind, e.currency, r.tells FROM runs r JOIN earlier e ON e.id = r.id WHERE r.complete
              UNION ALL
             SELECT r.id, k.kind, NULL, r.tells
               FROM runs r CROSS JOIN (VALUES ('payment'), ('refund'), ('dispute')) AS k (kind)
              WHERE r.complete AND NOT r.is_whole AND r.source = 'api'
              UNION ALL
             SELECT r.id, NULL, NULL, r.tells FROM runs r WHERE r.complete
         ), open AS (
             SELECT r.id, o.differences, o.kind, o.currency, o.needed, o.since AS first, o.until AS last
               FROM runs r
              CROSS JOIN LATERAL jsonb_to_recordset(r.counts -> 'open')
                      AS o (gateway text, kind text, currency text, differences bigint, needed boolean, since timestamptz, until timestamptz)
              WHERE o.gateway = $2
              UNION ALL
             SELECT r.id, r.differences, e.kind, e.currency, e.kind IS NOT NULL, least(r.oldest, r.at),
                    greatest(least(r.oldest, r.at), least(coalesce(r.newest, r.until - interval '1 microsecond'), r.at))
               FROM runs r LEFT JOIN earlier e ON e.id = r.id AND e.differs
              WHERE NOT r.is_whole
         )
         SELECT r.id, r.since, r.until, CASE WHEN r.is_whole THEN ARRAY[$2] ELSE r.gateways END AS gateways, r.differences AS all, o.differences, o.kind, o.currency, o.needed, o.first, o.last
           FROM open o
           JOIN runs r ON r.id = o.id
          WHERE r.differences > 0 AND o.differences > 0
            AND NOT EXISTS (SELECT FROM seen s
                             WHERE s.id > o.id AND s.stretch @> tstzrange(o.first, o.last, '[]')
                               AND CASE WHEN o.needed THEN s.kind = o.kind AND coalesce(s.currency = o.currency, true)
                                        ELSE s.kind IS NULL END)
          ORDER BY r.id DESC, o.kind, o.currency LIMIT 1000"
    );

    /// Records a run.
    fn record(
        app: &str,
        gateways: &[String],
        source: &str,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        told_since: DateTime<Utc>,
        told_until: DateTime<Utc>,
        payout: Option<&str>,
        complete: bool,
        differences: i64,
        oldest: Option<DateTime<Utc>>,
        newest: Option<DateTime<Utc>>,
        accepted: i64,
        counts: &Value,
        totals: &Value,
        digest: &[u8],
        actor: &Value,
    ) -> (i64,) =
        "SELECT bursar.record_reconciliation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
}

impl Open {
    /// The kind and its currency; none where an earlier version did not record them.
    pub fn about(&self) -> Option<String> {
        let kind = self.kind.as_ref()?;
        Some(self.currency.as_ref().map_or_else(|| kind.clone(), |currency| format!("{kind} in {currency}")))
    }

    /// True for a balance, of which only a file tells.
    pub fn is_balance(&self) -> bool {
        self.kind.as_deref() == Some("balance")
    }
}

/// True if the database keeps runs, as this bursar records them and reads them.
///
/// # Errors
/// As [`db::relation_exists`].
pub async fn can_record(connection: &mut Connection) -> Result<bool> {
    Ok(db::relation_exists(connection, TABLE).await? && tells().one(connection).await?.0)
}
