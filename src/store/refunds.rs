//! `bursar.refunds`, `bursar.refund_transitions`, and the functions through which refunds are made.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{Postgres, Row as _, Type};

use super::call::{record, statements};
use super::{Column, IfSpent, Record, RefundAnswer, RefundOrigin, RefundReason, RefundState};
use crate::ids::{PaymentId, RefundId};
use crate::moment::Moment;

/// The table that shows whether a database keeps refunds.
pub const TABLE: &str = "bursar.refunds";

record! {
    /// A refund, as `bursar.refunds` holds it.
    #[derive(Debug, Clone, PartialEq, serde::Serialize)]
    pub struct Refund {
        /// Its id, which is the idempotency key at the gateway.
        pub id: RefundId,
        /// The order in which refunds were requested.
        pub number: i64,
        /// The payment.
        pub payment: PaymentId,
        /// The account of the payment.
        pub account: Option<String>,
        /// The customer's name or address.
        pub customer: Option<String>,
        /// The amount of the payment, in minor units of the currency.
        #[serde(serialize_with = "as_text")]
        pub paid: i64,
        /// The amount that goes back, in minor units of the currency.
        #[serde(serialize_with = "as_text")]
        pub amount: i64,
        /// ISO 4217.
        pub currency: String,
        /// The unit of account that the payment granted, where it granted one.
        pub unit: Option<String>,
        /// Units that were taken back.
        pub units_taken: String,
        /// Units that had been spent and were let go.
        pub units_written_off: String,
        /// The policy for units that were spent.
        pub if_spent: IfSpent,
        /// The reason.
        pub reason: RefundReason,
        /// The operator's words about the reason.
        pub note: Option<String>,
        /// The place that it was made at.
        pub origin: RefundOrigin,
        /// The gateway.
        pub gateway: String,
        /// The gateway's ids of the payment.
        pub gateway_payment: Vec<String>,
        /// The gateway's id of the refund.
        pub gateway_ref: Option<String>,
        /// The gateway's id of the account that was asked first, or that it was imported from, where it is known.
        pub gateway_account: Option<String>,
        /// The amount of a dispute at the gateway, in minor units of the currency, where that is more than was left of the
        /// payment.
        #[serde(serialize_with = "as_text_where_known")]
        pub gateway_amount: Option<i64>,
        /// Its state.
        pub state: RefundState,
        /// The ledger's entry that took the units.
        pub entry: Option<String>,
        /// The ledger's entry that gave them back.
        pub reversal: Option<String>,
        /// True where the gateway refused it, which an operator has yet to act upon.
        pub refused: bool,
        /// The last error.
        pub error: Option<String>,
        /// The number of submissions.
        pub attempts: i32,
        /// The database role that requested it.
        pub requested_by: String,
        /// The database role that approved or rejected it.
        pub decided_by: Option<String>,
        /// The actor of the last step: operator, os_user, host.
        pub actor: Json<Value>,
        /// The time of the request, in UTC.
        pub created_at: DateTime<Utc>,
        /// The time of the last change, in UTC.
        pub updated_at: DateTime<Utc>,
    }
}

/// Amounts are text in machine formats, which keep them exact.
fn as_text<S: serde::Serializer>(amount: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn as_text_where_known<S: serde::Serializer>(amount: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match amount {
        Some(amount) => as_text(amount, serializer),
        None => serializer.serialize_none(),
    }
}

/// A refund that was requested or brought in.
#[derive(Debug)]
pub struct Requested {
    /// The refund.
    pub refund: Refund,
    /// True where it was there already.
    pub existing: bool,
}

impl Record for Requested {
    fn columns() -> Vec<Column> {
        let mut columns = Refund::columns();
        columns.push((Some("existing"), <bool as Type<Postgres>>::compatible));
        columns
    }

    fn read(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Requested { refund: Refund::read(row)?, existing: row.try_get("existing")? })
    }
}

record! {
    /// One step of a refund's history.
    #[derive(Debug, Clone, serde::Serialize)]
    pub struct Transition {
        /// The state before; none for the first.
        pub from_state: Option<RefundState>,
        /// The state since.
        pub to_state: RefundState,
        /// The time, in UTC.
        pub at: DateTime<Utc>,
        /// The login that made the step.
        pub database_role: String,
        /// The actor, as bursar knew them.
        pub actor: Json<Value>,
        /// The error, where there was one.
        pub detail: Option<String>,
    }
}

record! {
    /// A refund beside its payment.
    #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
    pub struct OfPayment {
        /// Its id.
        pub refund: RefundId,
        /// In minor units of the currency, exact.
        pub amount_minor: String,
        /// ISO 4217.
        pub currency: String,
        /// Its state.
        pub state: RefundState,
        /// Units of account that were taken back.
        pub units_taken: String,
        /// Their unit.
        pub unit: Option<String>,
        /// The reason.
        pub reason: RefundReason,
        /// The time of the request.
        pub created_at: Moment,
        /// The gateway.
        pub gateway: String,
        /// The gateway's id of it.
        pub gateway_ref: Option<String>,
    }
}

record! {
    /// An object of a gateway that never will fit, and that somebody answers for.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Acknowledged {
        /// The gateway.
        pub gateway: String,
        /// The gateway's id of it.
        pub object: String,
        /// The reason.
        pub reason: String,
        /// The operator.
        pub operator: String,
        /// True where that was withdrawn: the reason and the operator are of the withdrawal.
        pub withdrawn: bool,
    }
}

record! {
    /// The refund that holds an id of a gateway.
    #[derive(Debug)]
    pub struct Holder {
        /// The gateway's id.
        pub gateway_ref: String,
        /// The refund.
        pub refund: RefundId,
    }
}

record! {
    /// A refund, in brief.
    #[derive(Debug, Clone)]
    pub struct Brief {
        /// Its id.
        pub refund: RefundId,
        /// The payment.
        pub payment: PaymentId,
        /// In minor units of the currency.
        pub amount: i64,
        /// Its state.
        pub state: RefundState,
        /// True where the gateway refused it, which an operator has yet to act upon.
        pub refused: bool,
        /// The idempotency key of its request.
        pub key: Option<String>,
    }
}

/// The columns of a [`Refund`], with numbers that have no native type as text.
macro_rules! refund {
    () => {
        "id, number, payment, account, customer, paid, amount, currency, unit, units_taken::text,
         units_written_off::text, if_spent, reason, note, origin, gateway, gateway_payment, gateway_ref, gateway_account,
         gateway_amount, state, entry, reversal, refused, error, attempts, requested_by, decided_by, actor, created_at, updated_at"
    };
}

/// The refunds that fit a filter.
macro_rules! fits {
    () => {
        "(cardinality($1::text[]) = 0 OR state = ANY ($1)) AND ($2::text IS NULL OR payment = $2)
         AND ($3::text IS NULL OR account = $3) AND ($4::timestamptz IS NULL OR created_at >= $4)
         AND ($5::timestamptz IS NULL OR created_at < $5)"
    };
}

statements! {
    /// True where the functions through which refunds are made are as new as this bursar.
    fn functions_are_current() -> (bool,) =
        "SELECT to_regprocedure('bursar.refund_capture(uuid, text, jsonb)') IS NOT NULL
            AND to_regprocedure('bursar.refund_cancel(uuid, text, text, jsonb)') IS NOT NULL
            AND to_regprocedure('bursar.refund_double(bursar.refunds)') IS NOT NULL
            AND to_regprocedure('bursar.withdraw_acknowledgement(text, text, text, text, jsonb)') IS NOT NULL
            AND to_regprocedure('bursar.refund_import(text, bigint, text, text, text, text, text, text, text, jsonb, text)') IS NOT NULL";

    /// True where this login may end what was submitted.
    fn may_operate() -> (bool,) = "SELECT bursar.may_operate()";

    /// True where the functions know leases that go by a secret, as a pooler needs.
    fn leases_go_by_secret() -> (bool,) = "SELECT to_regprocedure('bursar.refund_lease_digest()') IS NOT NULL";

    /// A secret for a lease. The server's random numbers for this are cryptographically strong, unlike those of `random()`.
    fn new_secret() -> (sqlx::types::Uuid,) = "SELECT gen_random_uuid()";

    /// The refunds of this id, of the gateway's id, or of which the id begins so; a whole id first.
    fn named(text: &str, id: Option<RefundId>) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE id = $2 OR gateway_ref = $1 OR ($2 IS NULL AND length($1) >= 4 AND starts_with(id::text, lower($1)))
          ORDER BY id = $2 DESC NULLS LAST, gateway_ref = $1 DESC NULLS LAST, number DESC LIMIT 11"
    );

    /// The refunds whose gateway's id was kept with something unseen around it, and may be this one.
    fn with_edges(reference: &str) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE gateway_ref ~ '^[^!-~]|[^!-~]$' AND strpos(gateway_ref, $1) > 0
          ORDER BY length(gateway_ref), number DESC LIMIT 11"
    );

    /// The newest refunds between two ids.
    fn between(first: RefundId, last: RefundId, limit: i64) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refunds WHERE id BETWEEN $1 AND $2 ORDER BY number DESC LIMIT $3");

    /// The refund of this idempotency key.
    fn by_key(key: &str) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refunds WHERE idempotency_key = $1");

    /// The refunds of these payments, and those under these idempotency keys, first to last.
    fn briefs(payments: &[&str], keys: &[&str]) -> Brief =
        "SELECT id AS refund, payment, amount, state, refused, idempotency_key AS key FROM bursar.refunds
          WHERE payment = ANY ($1) OR idempotency_key = ANY ($2) ORDER BY number";

    /// The refund of this id; else of this id of the gateway's.
    fn by_reference(refund: Option<RefundId>, gateway_ref: &str) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds WHERE id = $1 OR gateway_ref = $2
          ORDER BY id = $1 DESC NULLS LAST, number LIMIT 1"
    );

    /// The refunds that hold these ids of a gateway.
    fn holders(gateway_refs: &[&str]) -> Holder =
        "SELECT gateway_ref, id AS refund FROM bursar.refunds WHERE gateway_ref = ANY ($1)";

    /// A page of refunds, newest first. A limit of 0 is none.
    fn page(
        states: &[RefundState],
        payment: Option<&PaymentId>,
        account: Option<&str>,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        before: Option<i64>,
        limit: i64,
    ) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds WHERE ", fits!(), " AND ($6::bigint IS NULL OR number < $6)
          ORDER BY number DESC LIMIT nullif($7, 0)"
    );

    /// The number of refunds that fit.
    fn count(
        states: &[RefundState],
        payment: Option<&PaymentId>,
        account: Option<&str>,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> (i64,) = concat!("SELECT count(*) FROM bursar.refunds WHERE ", fits!());

    /// The refunds of a payment, first to last.
    fn of_payment(payment: &PaymentId) -> OfPayment =
        "SELECT id AS refund, amount::text AS amount_minor, currency, state, units_taken::text, unit, reason, created_at,
                gateway, gateway_ref
           FROM bursar.refunds WHERE payment = $1 ORDER BY number";

    /// The refund of this amount of a payment that is not at its gateway yet, as far as is known.
    fn underway(payment: &PaymentId, amount: i64) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE payment = $1 AND amount = $2
            AND state IN ('requested', 'awaiting_approval', 'approved', 'reserved', 'submitted', 'unknown')
          ORDER BY number DESC LIMIT 1"
    );

    /// The refund of a payment that awaits approval.
    fn awaiting(payment: &PaymentId) -> (RefundId,) =
        "SELECT id FROM bursar.refunds WHERE payment = $1 AND state = 'awaiting_approval' LIMIT 1";

    /// The refunds that are not final, oldest first.
    fn open() -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE state NOT IN ('succeeded', 'failed', 'canceled', 'rejected') ORDER BY number"
    );

    /// The refunds that ended at a gateway and were requested in the last days, oldest first.
    fn recent(days: i32) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE state IN ('succeeded', 'failed', 'canceled') AND gateway <> 'record-only'
            AND created_at >= now() - make_interval(days => $1) ORDER BY number"
    );

    /// The session that works on a refund, as a sentence. The process behind a pooler may serve another client by now, so
    /// it is not named by what it does.
    fn holder(refund: RefundId) -> (String,) =
        "SELECT format('%s (server process %s, role %s) is working on it, until %s UTC at the latest',
                       CASE WHEN r.lease_digest IS NOT NULL THEN 'a client behind a pooler'
                            ELSE coalesce(nullif(a.application_name, ''), 'a session without a name') END,
                       r.lease_pid, coalesce(a.usename, 'unknown'),
                       to_char(r.lease_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
           FROM bursar.refunds r LEFT JOIN pg_stat_activity a ON a.pid = r.lease_pid
          WHERE r.id = $1 AND bursar.refund_lease_stands(r)";

    /// The refunds of a payment through a gateway that succeeded, made by bursar or imported. A dispute is in no list of
    /// refunds.
    fn succeeded_of(payment: &PaymentId, gateway: &str) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE payment = $1 AND gateway = $2 AND origin <> 'dispute' AND state = 'succeeded' ORDER BY number"
    );

    /// Some of the refunds through a gateway that bursar made or imported from a time on, and that succeeded, after the one of
    /// this number.
    fn succeeded_since(gateway: &str, since: DateTime<Utc>, after: i64, limit: i64) -> Refund = concat!(
        "SELECT ", refund!(), " FROM bursar.refunds
          WHERE gateway = $1 AND created_at >= $2 AND number > $3 AND origin <> 'dispute' AND state = 'succeeded'
          ORDER BY number LIMIT $4"
    );

    /// The steps of a refund, first to last.
    fn history(refund: RefundId) -> Transition =
        "SELECT from_state, to_state, at, database_role, actor, detail
           FROM bursar.refund_transitions WHERE refund = $1 ORDER BY position";

    /// The terms of a refund, as JSON.
    fn preview(payment: &PaymentId, amount: Option<i64>, if_spent: IfSpent, again: bool) -> (String,) =
        "SELECT to_jsonb(bursar.refund_preview($1, $2, $3, $4))::text";

    /// The terms of several refunds, as JSON, in this order.
    fn previews(payments: &[&str], amounts: &[Option<i64>], if_spent: IfSpent) -> (String,) =
        "SELECT to_jsonb(bursar.refund_preview(l.payment, l.amount, $3, false))::text
           FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS l (payment, amount, n) ORDER BY l.n";

    /// The terms of a refund that waits for approval, as JSON.
    fn preview_approval(refund: RefundId) -> (String,) = "SELECT to_jsonb(bursar.refund_preview_approval($1))::text";

    /// Requests a refund: locks, checks, takes the units back. `expected` are the terms that were agreed to, as JSON.
    fn request(
        payment: &PaymentId,
        amount: Option<i64>,
        if_spent: IfSpent,
        reason: RefundReason,
        note: Option<&str>,
        gateway: &str,
        gateway_ref: Option<&str>,
        key: Option<&str>,
        again: bool,
        expected: Option<&str>,
        actor: &Value,
    ) -> Requested =
        concat!(
            "SELECT ", refund!(), ", existing
               FROM (SELECT existing, (refund).*
                       FROM bursar.refund_request($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11)) AS r"
        );

    /// Makes this session the one that talks to the gateway about a refund, for so many seconds.
    fn claim(refund: RefundId, seconds: i32) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_claim($1, $2)");

    /// Lets others claim a refund.
    fn release(refund: RefundId) -> () = "SELECT bursar.refund_release($1)";

    /// Ends a refund that was never submitted, and gives its units back.
    fn withdraw(refund: RefundId, why: &str, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_withdraw($1, $2, $3)");

    /// Keeps the capture that a refund is of.
    fn capture(refund: RefundId, capture: &str, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_capture($1, $2, $3)");

    /// Ends a refund that cannot go on. `seen` says how it was seen that the gateway has none of it.
    fn cancel(refund: RefundId, why: &str, seen: Option<&str>, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_cancel($1, $2, $3, $4)");

    /// Refuses the end of a refund that cannot be ended now, as `cancel` does.
    fn cancel_check(refund: RefundId, seen: Option<&str>) -> () = "SELECT bursar.refund_cancel_check($1, $2)";

    /// Notes that a refund is about to be submitted to an account, which takes so many seconds at most.
    fn submitting(refund: RefundId, seconds: i32, actor: &Value, account: Option<&str>) -> () =
        "SELECT bursar.refund_submitting($1, $2, $3, $4)";

    /// Records the gateway's answer.
    fn answered(refund: RefundId, answer: RefundAnswer, gateway_ref: Option<&str>, why: Option<&str>, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_answered($1, $2, $3, $4, $5)");

    /// Approves a refund. `expected` are the terms that were shown, as JSON.
    fn approve(refund: RefundId, expected: &str, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_approve($1, $2::text::jsonb, $3)");

    /// Rejects a refund that waits for approval.
    fn reject(refund: RefundId, why: &str, actor: &Value) -> Refund =
        concat!("SELECT ", refund!(), " FROM bursar.refund_reject($1, $2, $3)");

    /// The objects of gateways that were ever acknowledged, each as it stands now.
    fn answered_for() -> Acknowledged =
        "SELECT DISTINCT ON (unit, entry_id) unit AS gateway, entry_id AS object, reason, operator,
                check_id = 'gateway.withdrawn' AS withdrawn
           FROM bursar.acknowledgements
          WHERE check_id IN ('gateway.object', 'gateway.withdrawn') ORDER BY unit, entry_id, id DESC";

    /// Acknowledges an object of a gateway. False where it was before.
    fn acknowledge(app: &str, gateway: &str, object: &str, reason: &str, actor: &Value) -> (bool,) =
        "SELECT bursar.acknowledge_object($1, $2, $3, $4, $5)";

    /// Withdraws the acknowledgement of an object of a gateway. False where none stands.
    fn withdraw_acknowledgement(app: &str, gateway: &str, object: &str, reason: &str, actor: &Value) -> (bool,) =
        "SELECT bursar.withdraw_acknowledgement($1, $2, $3, $4, $5)";

    /// Refuses what could not be brought in. `before` is the sum of what would be brought in before it, in minor units of
    /// the currency, and `open` is true where one of that would be open.
    fn import_check(
        payment: &PaymentId,
        amount: i64,
        currency: &str,
        gateway: &str,
        gateway_ref: &str,
        origin: RefundOrigin,
        before: i64,
        open: bool,
    ) -> () = "SELECT bursar.refund_import_check($1, $2, $3, $4, $5, $6, $7, $8)";

    /// Brings in a refund that was made without bursar, and that an account of its gateway lists.
    fn import(
        payment: &PaymentId,
        amount: i64,
        currency: &str,
        gateway: &str,
        gateway_ref: &str,
        state: RefundState,
        origin: RefundOrigin,
        reason: RefundReason,
        note: Option<&str>,
        actor: &Value,
        account: Option<&str>,
    ) -> Requested =
        concat!(
            "SELECT ", refund!(), ", existing
               FROM (SELECT existing, (refund).* FROM bursar.refund_import($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)) AS r"
        );
}
