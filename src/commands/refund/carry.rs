//! The steps that several subcommands share: the database, the gateway, and the refund between the two.

use std::time::Duration;

use super::Context;
use super::standing::withdrawn;
use crate::commands::var;
use crate::db::{self, Connection, Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::functions;
use crate::packs::{Need, Pack};
use crate::payments::{self, Found, Payment};
use crate::refund::gateway::{self, Gateway};
use crate::refund::{self, Carried, RECORD_ONLY, RefundSession, Unsent};

/// The wait for another process that works on the same refund, where none is given.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A snapshot of a database whose payments can be refunded, and its pack.
pub(super) async fn opened(context: &Context, database: &Database) -> Result<(Tx, Pack)> {
    let mut tx = database.read().await?;
    let pack = context.pack(database, &mut tx, Need::Payments).await?;
    pack.need_payments()?;
    refund::require_functions(&mut tx).await?;
    functions::require(&mut tx, &pack).await?;
    functions::require_callable(&mut tx, &pack, "refunds.sql", "a refund").await?;
    Ok((tx, pack))
}

/// Finds a payment with every row in sight, where that can be had, and warns where it cannot.
pub(super) async fn found(context: &Context, connection: &mut Connection, pack: &Pack, text: &str) -> Result<Found> {
    let find = async |c: &mut Connection| Ok(payments::find(c, pack, text).await);
    let (found, hidden) = db::seeing_all(connection, &pack.schema, &pack.tables, find).await?;
    context.say_hidden(&hidden);
    context.unless_hidden(connection, pack, &hidden, found).await
}

/// The payments that have these ids of a gateway's, with every row in sight, where that can be had. With them the tables of
/// which rows may be hidden.
pub(super) async fn of_provider(
    session: &mut RefundSession,
    pack: &Pack,
    gateway: &str,
    ids: &[String],
) -> Result<(Vec<Payment>, Vec<String>)> {
    let find = async |c: &mut Connection| payments::of_provider(c, pack, gateway, ids).await;
    session.read(async |c| db::seeing_all(c, &pack.schema, &pack.tables, find).await).await
}

/// The gateway that is named, or the one that the payment came through, where it is configured.
/// Never one that nobody chose.
pub(super) fn gateway_for(
    named: Option<&str>,
    reference: Option<String>,
    provider: Option<&str>,
) -> Result<Box<dyn Gateway>> {
    if let Some(name) = named {
        return gateway::by_name(name, &var, reference);
    }
    if reference.is_some() {
        return Err(Error::usage("--gateway-ref is for money that was moved elsewhere")
            .hint(format!("add --gateway {RECORD_ONLY}")));
    }
    let configured = gateway::configured(&var)?;
    let names: Vec<&str> = configured.iter().map(|g| g.name()).collect();
    let there = if names.is_empty() { "no gateway is".to_owned() } else { format!("only {} is", names.join(", ")) };
    configured.into_iter().find(|g| Some(g.name()) == provider).ok_or_else(|| {
        Error::refused(format!(
            "the payment came through {}, and {there} configured; nothing was changed",
            provider.unwrap_or("no known gateway")
        ))
        .hint(format!(
            "configure it (docs/gateways.md), or add --gateway with one of {}; {RECORD_ONLY} is for money that was moved elsewhere",
            gateway::known().join(", ")
        ))
    })
}

/// The look at the gateway's refunds of the payment before the refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// It was made a moment ago, and bursar knows all of them. What then becomes of a refund that was not sent.
    Now(Unsent),
    /// None.
    No,
}

/// Carries out a refund that is reserved or was interrupted. An interrupt meanwhile prints the command that finishes
/// it.
pub(super) async fn carried(
    context: &Context,
    session: &mut RefundSession,
    gateway: &dyn Gateway,
    refund: &refund::Refund,
    looked: Looked,
) -> Result<Carried> {
    context.leave_word(Some(context.pasted(&format!(
        "refund {} may have been submitted; find out, and finish it: bursar refund resume {}",
        refund.id, refund.id
    ))));
    let carried = match looked {
        Looked::Now(unsent) => refund::submit_new(session, gateway, refund, unsent).await,
        Looked::No => refund::carry_out(session, gateway, refund).await,
    };
    let carried = carried.map_err(|e| {
        let hint = format!("finish it: bursar refund resume {}", refund.id);
        if e.hint.is_some() { e } else { e.hint(hint) }
    });
    context.leave_word(None);
    carried
}

/// The refund with the gateway's answer.
///
/// # Errors
/// Any other outcome.
pub(super) fn settled(carried: Carried) -> Result<refund::Refund> {
    match carried {
        Carried::As(refund) => Ok(refund),
        Carried::Elsewhere(holder) => Err(Error::new(Kind::Incomplete, format!("it is not done yet: {holder}"))
            .hint("wait for it, then look: bursar refund list --open")),
        Carried::Withdrawn(refund, hindrance) => Err(hindrance.error(&withdrawn(&refund))),
        Carried::NotAsked(refund, why) => Err(Error::new(
            Kind::Incomplete,
            format!("{} could not be asked about refund {}: {why}", refund.gateway, refund.id),
        )
        .hint(format!("later: bursar refund resume {}", refund.id))),
    }
}
