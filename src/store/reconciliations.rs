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
    /// The result of the recorded reconciliations with a gateway.
    #[derive(Debug)]
    pub struct Newest {
        /// Whole days since the moment up to which the payments were compared; none where they never were.
        pub age: Option<i32>,
        /// Whole days since the moment since which they were compared.
        pub span: Option<i32>,
        /// The moment since which they were compared without a gap.
        pub compared_since: Option<DateTime<Utc>>,
        /// The moment up to which they were compared.
        pub compared_until: Option<DateTime<Utc>>,
        /// The number of the newest run that left differences open, which no later complete run of their time has taken back.
        pub id: Option<i64>,
        /// The differences that it left open.
        pub differences: Option<i64>,
        /// The beginning of its range.
        pub since: Option<DateTime<Utc>>,
        /// The end of its range.
        pub until: Option<DateTime<Utc>>,
    }
}

statements! {
    /// Every refund.
    fn refunds() -> Compared =
        "SELECT payment, id::text AS id, coalesce(gateway_amount, amount) AS amount, currency, state, origin, gateway, gateway_ref, units_taken::text, created_at,
                updated_at
           FROM bursar.refunds";

    /// True if rows have the time that they tell of, which an older schema lacks.
    fn tells() -> (bool,) =
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = pg_catalog.to_regclass('bursar.reconciliations') AND a.attname = 'told')";

    /// The result of the reconciliations with a gateway. One of a payout says nothing about the rest. A run takes the
    /// differences of an earlier one back where it tells of their time, has every kind of object that the earlier one had, and
    /// every balance that did not follow. An API has every kind; a file has those of its totals, as it was exported.
    fn newest(app: &str, gateway: &str) -> Newest =
        "WITH runs AS (
             SELECT r.*, coalesce(r.told, tstzrange(r.since, greatest(r.since, least(r.until, r.at)))) AS tells,
                    tstzrange(least(r.oldest, r.at), greatest(least(r.oldest, r.at),
                              least(coalesce(r.newest, r.until - interval '1 microsecond'), r.at)), '[]') AS open,
                    s.kinds || s.differing AS needs,
                    CASE r.source WHEN 'api' THEN ARRAY['payment', 'refund', 'dispute'] ELSE s.kinds END || s.balances AS has
               FROM bursar.reconciliations r
              CROSS JOIN LATERAL (
                        SELECT coalesce(array_agg(k.kind) FILTER (WHERE k.kind IS NOT NULL), '{}') AS kinds,
                               coalesce(array_agg(t ->> 'currency') FILTER (WHERE jsonb_typeof(t -> 'balance') = 'object'), '{}') AS balances,
                               coalesce(array_agg(t ->> 'currency') FILTER (WHERE t #>> '{balance,difference}' <> '0'), '{}') AS differing
                          FROM jsonb_array_elements(r.totals) t
                          LEFT JOIN LATERAL (
                                    SELECT jsonb_array_elements_text(t -> 'kinds')
                                     UNION ALL
                                    SELECT v.kind
                                      FROM (VALUES ('payment', t ->> 'gross'), ('refund', t ->> 'refunds'), ('dispute', t ->> 'disputes')) AS v (kind, total)
                                     WHERE NOT t ? 'kinds' AND v.total <> '0') AS k (kind) ON true
                         WHERE t ->> 'gateway' = $2) AS s
              WHERE r.app = $1 AND $2 = ANY (r.gateways) AND r.payout IS NULL
         )
         SELECT floor(extract(epoch FROM now() - upper(c.stretch)) / 86400)::integer AS age,
                floor(extract(epoch FROM now() - lower(c.stretch)) / 86400)::integer AS span,
                lower(c.stretch) AS compared_since, upper(c.stretch) AS compared_until, l.id, l.differences, l.since, l.until
           FROM (VALUES (1)) AS one
           LEFT JOIN LATERAL (SELECT s.stretch FROM (SELECT unnest(range_agg(r.tells)) AS stretch FROM runs r WHERE r.complete) s
                               ORDER BY s.stretch DESC LIMIT 1) AS c ON true
           LEFT JOIN LATERAL (SELECT r.id, r.differences, r.since, r.until FROM runs r
                               WHERE r.differences > 0
                                 AND NOT EXISTS (SELECT FROM runs later
                                                  WHERE later.complete AND later.id > r.id AND later.tells @> r.open
                                                    AND later.has @> r.needs)
                               ORDER BY r.id DESC LIMIT 1) AS l ON true";

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

/// True if the database keeps runs, as this bursar records them and reads them.
///
/// # Errors
/// As [`db::relation_exists`].
pub async fn can_record(connection: &mut Connection) -> Result<bool> {
    Ok(db::relation_exists(connection, TABLE).await? && tells().one(connection).await?.0)
}
