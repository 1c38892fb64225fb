//! `bursar.reconciliations`, and what a comparison with a gateway reads of bursar's refunds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{record, statements};
use super::{RefundOrigin, RefundState};
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
    /// The newest reconciliations of a gateway.
    #[derive(Debug)]
    pub struct Newest {
        /// Whole days since the newest run that was complete; none where there is none.
        pub days: Option<i32>,
        /// The time of that run.
        pub at: Option<DateTime<Utc>>,
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

    /// The newest reconciliations of a gateway. One of a payout says nothing about the rest.
    fn newest(app: &str, gateway: &str) -> Newest =
        "SELECT floor(extract(epoch FROM now() - c.at) / 86400)::integer AS days, c.at, l.id, l.differences,
                l.since, l.until
           FROM (VALUES (1)) AS one
           LEFT JOIN LATERAL (SELECT r.at FROM bursar.reconciliations r
                               WHERE r.app = $1 AND $2 = ANY (r.gateways) AND r.payout IS NULL AND r.complete
                               ORDER BY r.id DESC LIMIT 1) AS c ON true
           LEFT JOIN LATERAL (SELECT r.id, r.differences, r.since, r.until FROM bursar.reconciliations r
                               WHERE r.app = $1 AND $2 = ANY (r.gateways) AND r.payout IS NULL AND r.differences > 0
                                 AND NOT EXISTS (SELECT FROM bursar.reconciliations later
                                                  WHERE later.app = $1 AND $2 = ANY (later.gateways) AND later.payout IS NULL
                                                    AND later.complete AND later.id > r.id
                                                    AND later.since <= r.oldest AND later.until >= r.until)
                               ORDER BY r.id DESC LIMIT 1) AS l ON true";

    /// Records a run.
    fn record(
        app: &str,
        gateways: &[String],
        source: &str,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
        payout: Option<&str>,
        complete: bool,
        differences: i64,
        oldest: Option<DateTime<Utc>>,
        accepted: i64,
        counts: &Value,
        totals: &Value,
        digest: &[u8],
        actor: &Value,
    ) -> (i64,) =
        "SELECT bursar.record_reconciliation($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
}
