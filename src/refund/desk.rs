//! The desk: one connection on which refunds are worked on, each step one call of a function in the
//! database and one transaction.
//!
//! Who talks to the gateway about a refund is known by the server process. Behind a transaction pooler
//! the next step may have another one, so a desk there goes by a secret that it makes up, of which the
//! database keeps the digest.

use std::time::Duration;

use serde_json::Value;
use sqlx::postgres::PgArguments;
use sqlx::types::Uuid;
use sqlx::{Arguments as _, AssertSqlSafe, FromRow as _, Row as _};

use super::{COLUMNS, Refund};
use crate::db::{Connection, Database, Series, WritePermit};
use crate::error::{Error, Result};
use crate::operations::Actor;

/// How often a deadlock or a serialization failure, which leave nothing behind, is tried again.
const ATTEMPTS: u32 = 5;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The payment's id.
    pub payment: String,
    /// In minor units of the payment's currency; `None` for all that is left.
    pub amount: Option<i64>,
    /// What to do about units that were spent: refuse, cap or keep.
    pub if_spent: String,
    /// Why.
    pub reason: String,
    /// Why, in words.
    pub note: Option<String>,
    /// The gateway.
    pub gateway: String,
    /// The gateway's id of a refund that was made elsewhere.
    pub gateway_ref: Option<String>,
    /// The caller's own key: the same request under it is the same refund.
    pub key: Option<String>,
    /// Whether it is to be another refund of an amount that was refunded before.
    pub again: bool,
    /// What was shown to whoever agreed to it; nothing happens where it is no longer true.
    pub expected: Option<String>,
}

/// Whoever holds a payment for longer than this is not waited for: the refund is asked for again.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// A connection on which refunds are worked on.
#[derive(Debug)]
pub struct Desk {
    series: Series,
    actor: Value,
    /// SQL that says who this is, where the server process does not.
    introduction: String,
}

impl Desk {
    /// Opens a connection of its own.
    ///
    /// # Errors
    /// As [`Database::writes`] and [`Database::pooler`]; a usage error where a pooler is in between, and
    /// the database's functions are too old for one.
    pub async fn open(database: &Database, permit: &WritePermit, actor: &Actor) -> Result<Self> {
        let mut series = database.writes(permit, LOCK_WAIT).await?;
        let introduction = match database.pooler().await? {
            Some(_) => format!("SET LOCAL bursar.lease_secret = '{}'; ", secret(&mut series).await?),
            None => {
                // Whoever meets the lease looks between two transactions too. Behind a pooler the next client would
                // inherit the name.
                let name = "SELECT set_config('application_name', current_setting('application_name'), false)";
                series.run("", async |c| Ok(sqlx::query(name).execute(c).await?)).await?;
                String::new()
            }
        };
        Ok(Desk { series, actor: serde_json::json!(actor), introduction })
    }

    /// Opens a connection that cannot write, to say what would be done.
    ///
    /// # Errors
    /// As [`Database::reads`].
    pub async fn reading(database: &Database) -> Result<Self> {
        Ok(Desk { series: database.reads().await?, actor: Value::Null, introduction: String::new() })
    }

    /// Reads something, in a transaction of its own.
    ///
    /// # Errors
    /// As what is read.
    pub async fn read<T>(&mut self, what: impl AsyncFnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        self.series.run("", what).await
    }

    /// Asks for a refund: locks, checks, takes the units back, in one transaction. Returns it, and
    /// whether it was there already.
    ///
    /// # Errors
    /// Usage, refused or conflict, as the database says; then nothing happened.
    pub async fn request(&mut self, request: &Request) -> Result<(Refund, bool)> {
        let sql = format!(
            "SELECT existing, {} FROM bursar.refund_request($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11)",
            of_refund()
        );
        let actor = self.actor.clone();
        let row = self
            .call(&sql, |a| {
                a.add(&request.payment)?;
                a.add(request.amount)?;
                a.add(&request.if_spent)?;
                a.add(&request.reason)?;
                a.add(&request.note)?;
                a.add(&request.gateway)?;
                a.add(&request.gateway_ref)?;
                a.add(&request.key)?;
                a.add(request.again)?;
                a.add(&request.expected)?;
                a.add(&actor)
            })
            .await?
            .ok_or_else(nothing)?;
        Ok((Refund::from_row(&row)?, row.try_get("existing")?))
    }

    /// Makes this session the one that talks to the gateway about a refund, for so many seconds.
    /// `None` where somebody else does.
    ///
    /// # Errors
    /// As the database says.
    pub async fn claim(&mut self, refund: Uuid, seconds: i32) -> Result<Option<Refund>> {
        let sql = format!("SELECT {COLUMNS} FROM bursar.refund_claim($1, $2)");
        let row = self.call(&sql, |a| a.add(refund).and_then(|()| a.add(seconds))).await?;
        Ok(row.map(|row| Refund::from_row(&row)).transpose()?)
    }

    /// Lets others claim a refund about which there is nothing new.
    ///
    /// # Errors
    /// As the database says.
    pub async fn release(&mut self, refund: Uuid) -> Result<()> {
        self.call("SELECT bursar.refund_release($1)", |a| a.add(refund)).await.map(|_| ())
    }

    /// Ends a refund that this session holds and that was never submitted, and gives its units back.
    ///
    /// # Errors
    /// A conflict where it is not held, or was submitted.
    pub async fn withdraw(&mut self, refund: Uuid, why: &str) -> Result<Refund> {
        let actor = self.actor.clone();
        let sql = format!("SELECT {COLUMNS} FROM bursar.refund_withdraw($1, $2, $3)");
        self.one(&sql, |a| {
            a.add(refund)?;
            a.add(why)?;
            a.add(&actor)
        })
        .await
    }

    /// Says that a refund is about to be submitted, which takes so many seconds at most.
    ///
    /// # Errors
    /// A conflict where the claim is no longer ours.
    pub async fn submitting(&mut self, refund: Uuid, seconds: i32) -> Result<()> {
        let actor = self.actor.clone();
        self.call("SELECT bursar.refund_submitting($1, $2, $3)", |a| {
            a.add(refund)?;
            a.add(seconds)?;
            a.add(&actor)
        })
        .await
        .map(|_| ())
    }

    /// Records what the gateway said: the name of a state, or `refused`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn answered(
        &mut self,
        refund: Uuid,
        answer: &str,
        gateway_ref: Option<&str>,
        why: Option<&str>,
    ) -> Result<Refund> {
        let actor = self.actor.clone();
        let sql = format!("SELECT {COLUMNS} FROM bursar.refund_answered($1, $2, $3, $4, $5)");
        self.one(&sql, |a| {
            a.add(refund)?;
            a.add(answer)?;
            a.add(gateway_ref)?;
            a.add(why)?;
            a.add(&actor)
        })
        .await
    }

    /// Approves a refund that waits for it, and takes the units back.
    ///
    /// # Errors
    /// Refused for who asked for it; a conflict where something has changed.
    pub async fn approve(&mut self, refund: Uuid, expected: &str) -> Result<Refund> {
        let actor = self.actor.clone();
        let sql = format!("SELECT {COLUMNS} FROM bursar.refund_approve($1, $2::text::jsonb, $3)");
        self.one(&sql, |a| {
            a.add(refund)?;
            a.add(expected)?;
            a.add(&actor)
        })
        .await
    }

    /// Rejects a refund that waits for approval.
    ///
    /// # Errors
    /// A conflict where it does not.
    pub async fn reject(&mut self, refund: Uuid, why: &str) -> Result<Refund> {
        let actor = self.actor.clone();
        let sql = format!("SELECT {COLUMNS} FROM bursar.refund_reject($1, $2, $3)");
        self.one(&sql, |a| {
            a.add(refund)?;
            a.add(why)?;
            a.add(&actor)
        })
        .await
    }

    /// Brings in a refund that was made without bursar. `state` is a state of the gateway's, `origin`
    /// says whether it is a refund or a dispute. Returns it, and whether it was there already.
    ///
    /// # Errors
    /// A conflict where it does not fit what is known here.
    pub async fn import(
        &mut self,
        payment: &str,
        amount: i64,
        (gateway, gateway_ref): (&str, &str),
        (state, origin): (&str, &str),
        (reason, note): (&str, Option<&str>),
    ) -> Result<(Refund, bool)> {
        let sql =
            format!("SELECT existing, {} FROM bursar.refund_import($1, $2, $3, $4, $5, $6, $7, $8, $9)", of_refund());
        let actor = self.actor.clone();
        let row = self
            .call(&sql, |a| {
                a.add(payment)?;
                a.add(amount)?;
                a.add(gateway)?;
                a.add(gateway_ref)?;
                a.add(state)?;
                a.add(origin)?;
                a.add(reason)?;
                a.add(note)?;
                a.add(&actor)
            })
            .await?
            .ok_or_else(nothing)?;
        Ok((Refund::from_row(&row)?, row.try_get("existing")?))
    }

    async fn one(&mut self, sql: &str, bind: impl Fn(&mut PgArguments) -> Bound) -> Result<Refund> {
        let row = self.call(sql, bind).await?.ok_or_else(nothing)?;
        Ok(Refund::from_row(&row)?)
    }

    /// One statement, one transaction. Where it lost to another one, it left nothing behind and is
    /// tried again.
    async fn call(
        &mut self,
        sql: &str,
        bind: impl Fn(&mut PgArguments) -> Bound,
    ) -> Result<Option<sqlx::postgres::PgRow>> {
        let mut attempt = 1;
        loop {
            let mut arguments = PgArguments::default();
            bind(&mut arguments).map_err(|e| Error::failed(format!("a value cannot be sent: {e}")))?;
            let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments);
            let outcome = self.series.run(&self.introduction, async |c| Ok(query.fetch_optional(c).await?)).await;
            match outcome {
                Err(error) if attempt < ATTEMPTS && matches!(error.sqlstate.as_deref(), Some("40P01" | "40001")) => {
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }
}

/// A secret by which a desk is known that has no server process to itself.
async fn secret(series: &mut Series) -> Result<Uuid> {
    series
        .run("", async |c| {
            if !sqlx::query_scalar("SELECT to_regprocedure('bursar.refund_lease_digest()') IS NOT NULL")
                .fetch_one(&mut *c)
                .await?
            {
                return Err(Error::usage("this database's functions cannot refund through a transaction pooler yet")
                    .hint("bursar migrate up --only bursar"));
            }
            // The server's random numbers for this are cryptographically strong, unlike those of random().
            Ok(sqlx::query_scalar("SELECT gen_random_uuid()").fetch_one(c).await?)
        })
        .await
}

/// What binding a value comes to.
type Bound = std::result::Result<(), sqlx::error::BoxDynError>;

/// The columns of a [`Refund`] that is a column named refund.
fn of_refund() -> String {
    COLUMNS
        .split(',')
        .map(|c| c.trim())
        .map(|c| {
            let (name, cast) = c.split_once("::").map_or((c, String::new()), |(n, t)| (n, format!("::{t}")));
            format!("(refund).{name}{cast} AS {name}")
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// A function that returns a row returned none: the schema is another one.
fn nothing() -> Error {
    Error::failed("the database's function returned nothing").hint("bursar migrate up --only bursar")
}
