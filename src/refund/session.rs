//! One connection on which refunds are worked on, each step one call of a function in the database and one transaction.
//!
//! The server process identifies the session that talks to the gateway about a refund. Behind a transaction pooler the
//! next step may have another process, so a session there goes by a secret that it makes up, of which the database keeps
//! the digest.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::gateway::{Except, Gateway};
use super::{Refund, RefundAnswer, RefundOrigin, RefundReason, RefundRequest, RefundState, Requested, Seen};
use crate::backoff;
use crate::db::{Connection, Database, Series, WritePermit, sqlstate};
use crate::error::{Error, Result};
use crate::ids::{PaymentId, RefundId};
use crate::operations::Actor;
use crate::store::{Call, Record, UPGRADE, refunds};

/// The number of further tries after deadlocks and serialization failures, which leave nothing behind.
const RETRIES: u32 = 4;

/// The first pause before a further try, and the longest. Whoever was in the way needs a moment to end.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(320));

/// Maximum wait for whoever holds a payment; the refund is requested again then.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// A connection on which refunds are worked on.
#[derive(Debug)]
pub struct RefundSession {
    series: Series,
    actor: Value,
    /// SQL that identifies this session, where the server process does not.
    introduction: String,
    /// The accounts that the keys of gateways belong to, as far as they were asked for.
    accounts: BTreeMap<&'static str, Option<String>>,
}

impl RefundSession {
    /// Opens a connection of its own.
    ///
    /// # Errors
    /// As [`Database::writes`] and [`Database::pooler`]; a usage error where a pooler is in between, and
    /// the database's functions are too old for one.
    pub async fn open(database: &Database, permit: &WritePermit, actor: &Actor) -> Result<Self> {
        let mut series = database.writes(permit, LOCK_WAIT).await?;
        let introduction = match series.pooler(database).await? {
            Some(_) => {
                let (secret,) = series.run("", secret).await?;
                format!("SET LOCAL bursar.lease_secret = '{secret}'; ")
            }
            None => {
                // Whoever meets the lease looks between two transactions too. Behind a pooler the next client would
                // inherit the name.
                let name = "SELECT set_config('application_name', current_setting('application_name'), false)";
                series.run("", async |c| Ok(sqlx::query(name).execute(c).await?)).await?;
                String::new()
            }
        };
        Ok(RefundSession { series, actor: serde_json::json!(actor), introduction, accounts: BTreeMap::new() })
    }

    /// Opens a connection that cannot write, to say what would be done.
    ///
    /// # Errors
    /// As [`Database::reads`].
    pub async fn reading(database: &Database) -> Result<Self> {
        let (series, introduction) = (database.reads().await?, String::new());
        Ok(RefundSession { series, actor: Value::Null, introduction, accounts: BTreeMap::new() })
    }

    /// Reads something, in a transaction of its own.
    ///
    /// # Errors
    /// As what is read.
    pub async fn read<T>(&mut self, what: impl AsyncFnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        self.series.run("", what).await
    }

    /// The gateway's account that the key belongs to, where it is known. It is asked for once.
    ///
    /// # Errors
    /// As [`Gateway::account`].
    pub async fn account(&mut self, gateway: &dyn Gateway) -> Result<Option<String>> {
        if let Some(account) = self.accounts.get(gateway.name()) {
            return Ok(account.clone());
        }
        let account = gateway.account().await?;
        self.accounts.insert(gateway.name(), account.clone());
        Ok(account)
    }

    /// The refund of a payment that awaits approval.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn awaiting(&mut self, payment: &PaymentId) -> Result<Option<RefundId>> {
        let refund = self.read(async |c| refunds::awaiting(payment).optional(c).await).await?;
        Ok(refund.map(|(refund,)| refund))
    }

    /// The objects of a gateway that somebody answers for, for a question that is about a refund or about none.
    ///
    /// # Errors
    /// As the database says.
    pub async fn except(&mut self, gateway: &str, own: Option<RefundId>) -> Result<Except> {
        let all = self.read(async |c| super::acknowledged(c).await).await?;
        Ok(Except { ids: all.into_iter().filter(|a| a.gateway == gateway).map(|a| a.object).collect(), own })
    }

    /// True where somebody answers for an object of the gateway: it is left as it is, also once it fits.
    ///
    /// # Errors
    /// As the database says.
    pub async fn is_acknowledged(&mut self, gateway: &str, object: &str) -> Result<bool> {
        Ok(self.except(gateway, None).await?.ids.contains(object))
    }

    /// Acknowledges an object of a gateway, which never will fit. False where it was before.
    ///
    /// # Errors
    /// Refused where this login may not.
    pub async fn acknowledge(&mut self, app: &str, gateway: &str, object: &str, reason: &str) -> Result<bool> {
        self.one(|actor| refunds::acknowledge(app, gateway, object, reason, actor)).await.map(|(is_new,)| is_new)
    }

    /// Withdraws the acknowledgement of an object of a gateway. False where none stands.
    ///
    /// # Errors
    /// Refused where this login may not.
    pub async fn withdraw_acknowledgement(
        &mut self,
        app: &str,
        gateway: &str,
        object: &str,
        reason: &str,
    ) -> Result<bool> {
        self.one(|actor| refunds::withdraw_acknowledgement(app, gateway, object, reason, actor))
            .await
            .map(|(done,)| done)
    }

    /// Requests a refund: locks, checks, takes the units back, in one transaction.
    ///
    /// # Errors
    /// Usage, refused or conflict, as the database says; then nothing happened.
    pub async fn request(&mut self, request: &RefundRequest) -> Result<Requested> {
        self.one(|actor| {
            refunds::request(
                &request.payment,
                request.amount,
                request.if_spent,
                request.reason,
                request.note.as_deref(),
                &request.gateway,
                request.gateway_ref.as_deref(),
                request.key.as_deref(),
                request.again,
                request.expected.as_deref(),
                actor,
            )
        })
        .await
    }

    /// Makes this session the one that talks to the gateway about a refund, for so many seconds.
    /// `None` where another session does.
    ///
    /// # Errors
    /// As the database says.
    pub async fn claim(&mut self, refund: RefundId, seconds: i32) -> Result<Option<Refund>> {
        self.call(async |c, _| refunds::claim(refund, seconds).optional(c).await).await
    }

    /// Lets others claim a refund about which there is nothing new.
    ///
    /// # Errors
    /// As the database says.
    pub async fn release(&mut self, refund: RefundId) -> Result<()> {
        self.call(async |c, _| refunds::release(refund).run(c).await).await
    }

    /// Ends a refund that this session holds and that was never submitted, and gives its units back.
    ///
    /// # Errors
    /// A conflict where it is not held, or was submitted.
    pub async fn withdraw(&mut self, refund: RefundId, why: &str) -> Result<Refund> {
        self.one(|actor| refunds::withdraw(refund, why, actor)).await
    }

    /// Keeps the capture of its payment that a refund is of, before it is submitted.
    ///
    /// # Errors
    /// A conflict where it was submitted, or is not ours.
    pub async fn capture(&mut self, refund: RefundId, capture: &str) -> Result<Refund> {
        self.one(|actor| refunds::capture(refund, capture, actor)).await
    }

    /// True where this login may end what was submitted.
    ///
    /// # Errors
    /// As the database says.
    pub async fn may_operate(&mut self) -> Result<bool> {
        self.read(async |c| refunds::may_operate().one(c).await).await.map(|(may,)| may)
    }

    /// Ends a refund that this session holds and that cannot go on, and gives its units back.
    ///
    /// # Errors
    /// A conflict where it is not held, or has ended; refused where only an operator may.
    pub async fn cancel(&mut self, refund: RefundId, why: &str, seen: Option<Seen>) -> Result<Refund> {
        self.one(|actor| refunds::cancel(refund, why, seen.map(Seen::name), actor)).await
    }

    /// Requires that a refund could be ended now, and writes nothing.
    ///
    /// # Errors
    /// As [`RefundSession::cancel`].
    pub async fn cancel_check(&mut self, refund: RefundId, seen: Option<Seen>) -> Result<()> {
        self.read(async |c| refunds::cancel_check(refund, seen.map(Seen::name)).run(c).await).await
    }

    /// Notes that a refund is about to be submitted to an account, which takes so many seconds at most.
    ///
    /// # Errors
    /// A conflict where the claim is no longer ours; refused where another account was asked first.
    pub async fn submitting(&mut self, refund: RefundId, seconds: i32, account: Option<&str>) -> Result<()> {
        self.call(async |c, actor| refunds::submitting(refund, seconds, actor, account).run(c).await).await
    }

    /// Records the gateway's answer.
    ///
    /// # Errors
    /// As the database says.
    pub async fn answered(
        &mut self,
        refund: RefundId,
        answer: RefundAnswer,
        gateway_ref: Option<&str>,
        why: Option<&str>,
    ) -> Result<Refund> {
        self.one(|actor| refunds::answered(refund, answer, gateway_ref, why, actor)).await
    }

    /// Approves a refund that waits for it, and takes the units back. `expected` are the terms that were shown, as JSON.
    ///
    /// # Errors
    /// Refused for the login that requested it; a conflict where something has changed.
    pub async fn approve(&mut self, refund: RefundId, expected: &str) -> Result<Refund> {
        self.one(|actor| refunds::approve(refund, expected, actor)).await
    }

    /// Rejects a refund that waits for approval.
    ///
    /// # Errors
    /// A conflict where it does not.
    pub async fn reject(&mut self, refund: RefundId, why: &str) -> Result<Refund> {
        self.one(|actor| refunds::reject(refund, why, actor)).await
    }

    /// Requires that a refund which was made without bursar could be brought in, and writes nothing. `before` is the sum of
    /// what would be brought in before it, and `open` is true where one of that would be open.
    ///
    /// # Errors
    /// As [`RefundSession::import`].
    pub(super) async fn import_check(&mut self, import: &Import<'_>, before: i64, open: bool) -> Result<()> {
        let Import { payment, amount, currency, gateway, gateway_ref, origin, .. } = *import;
        self.read(async |c| {
            refunds::import_check(payment, amount, currency, gateway, gateway_ref, origin, before, open).run(c).await
        })
        .await
    }

    /// Brings in a refund that was made without bursar, and that an account of its gateway lists.
    ///
    /// # Errors
    /// A conflict where it does not fit what is known here.
    pub async fn import(&mut self, import: &Import<'_>, account: Option<&str>) -> Result<Refund> {
        let requested = self.one(|actor| {
            refunds::import(
                import.payment,
                import.amount,
                import.currency,
                import.gateway,
                import.gateway_ref,
                import.state,
                import.origin,
                RefundReason::Other,
                Some(import.note),
                actor,
                account,
            )
        });
        requested.await.map(|requested| requested.refund)
    }

    async fn one<R: Record>(&mut self, call: impl Fn(&Value) -> Call<R>) -> Result<R> {
        self.call(async |c, actor| call(actor).one(c).await).await
    }

    /// Runs one statement in a transaction of its own. A lost race leaves nothing behind, so it is tried again.
    async fn call<T>(&mut self, call: impl AsyncFn(&mut Connection, &Value) -> Result<T>) -> Result<T> {
        let mut pauses = backoff::pauses(PAUSES.0, PAUSES.1, RETRIES);
        loop {
            let actor = &self.actor;
            let outcome = self.series.run(&self.introduction, async |c| call(c, actor).await).await;
            let has_lost = outcome.as_ref().is_err_and(sqlstate::is_lost_race);
            match pauses.next().filter(|_| has_lost) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return outcome,
            }
        }
    }
}

/// A refund that was made without bursar.
#[derive(Debug)]
pub struct Import<'a> {
    /// The payment.
    pub payment: &'a PaymentId,
    /// In minor units of the currency.
    pub amount: i64,
    /// ISO 4217, in capitals.
    pub currency: &'a str,
    /// The gateway.
    pub gateway: &'a str,
    /// The gateway's id of it.
    pub gateway_ref: &'a str,
    /// Its state at the gateway.
    pub state: RefundState,
    /// A refund of the gateway's, or a dispute.
    pub origin: RefundOrigin,
    /// A note.
    pub note: &'a str,
}

/// A secret that identifies a session which has no server process to itself.
async fn secret(connection: &mut Connection) -> Result<(sqlx::types::Uuid,)> {
    let (is_known,) = refunds::leases_go_by_secret().one(connection).await?;
    if !is_known {
        return Err(
            Error::usage("this database's functions cannot refund through a transaction pooler yet").hint(UPGRADE)
        );
    }
    refunds::new_secret().one(connection).await
}
