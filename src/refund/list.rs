//! Reads refunds: one, the open ones, or a page of them.

use chrono::{DateTime, Utc};

use super::{RECORD_ONLY, Refund, RefundState, Transition};
use crate::cursor;
use crate::db::{self, Connection};
use crate::error::{Error, Result};
use crate::ids::{PaymentId, RefundId};
use crate::packs::Key;
use crate::store::refunds::{Acknowledged, OfPayment};
use crate::store::{UPGRADE, refunds, repairs};
use crate::text::trimmed;

/// A page of refunds, newest first.
#[derive(Debug)]
pub struct Page {
    /// The refunds.
    pub refunds: Vec<Refund>,
    /// The number of all that match the filter, on whatever page.
    pub total: u64,
    /// The `before` of the next page, where there is one.
    pub next: Option<i64>,
}

/// A filter of refunds.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these states; empty for all.
    pub states: Vec<RefundState>,
    /// Only those of this payment.
    pub payment: Option<PaymentId>,
    /// Only those of this account.
    pub account: Option<String>,
    /// Only those requested from this time on.
    pub since: Option<DateTime<Utc>>,
    /// Only those requested before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only those that were requested before the refund of this number.
    pub before: Option<i64>,
}

/// Requires that the database keeps refunds.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require(connection: &mut Connection) -> Result<()> {
    if db::relation_exists(connection, refunds::TABLE).await? {
        return Ok(());
    }
    Err(Error::usage("this database keeps no refunds yet").hint(UPGRADE))
}

/// The objects of gateways that never will fit, and that somebody answers for; none where the database keeps none.
///
/// # Errors
/// If they cannot be read.
pub async fn acknowledged(connection: &mut Connection) -> Result<Vec<Acknowledged>> {
    Ok(answered_for(connection).await?.into_iter().filter(|a| !a.withdrawn).collect())
}

/// As [`acknowledged`], with those of which the acknowledgement was withdrawn.
///
/// # Errors
/// If they cannot be read.
pub async fn answered_for(connection: &mut Connection) -> Result<Vec<Acknowledged>> {
    match db::relation_exists(connection, repairs::ACKNOWLEDGEMENTS).await? {
        true => refunds::answered_for().all(connection).await,
        false => Ok(Vec::new()),
    }
}

/// Requires that the functions that make refunds are as new as this bursar.
///
/// # Errors
/// A usage error that says what to run.
pub async fn require_functions(connection: &mut Connection) -> Result<()> {
    require(connection).await?;
    match refunds::functions_are_current().one(connection).await? {
        (true,) => Ok(()),
        (false,) => Err(Error::usage("this database's functions for refunds are older than this bursar").hint(UPGRADE)),
    }
}

/// The refund of this id, of the gateway's id of it, or of an unambiguous beginning of its id.
///
/// # Errors
/// Usage errors: none, or several.
pub async fn find(connection: &mut Connection, text: &str) -> Result<Refund> {
    require(connection).await?;
    let mut found = refunds::named(text, text.parse().ok()).all(connection).await?;
    let has_reference = |r: &Refund| r.gateway_ref.as_deref().is_some_and(|reference| trimmed(reference) == text);
    // What an earlier version kept with spaces around it may be meant too.
    for refund in refunds::with_edges(text).all(connection).await? {
        if has_reference(&refund) && found.iter().all(|r| r.id != refund.id) {
            found.push(refund);
        }
    }
    let exact = found.iter().filter(|r| has_reference(r)).count() == 1 && has_reference(&found[0]);
    match found.len() {
        0 => Err(Error::usage(format!("there is no refund '{text}'")).hint("bursar refund list")),
        n if n == 1 || exact => Ok(found.swap_remove(0)),
        _ => {
            let ids: Vec<String> = found.iter().take(10).map(|r| r.id.to_string()).collect();
            let hint = match found.iter().filter(|r| has_reference(r)).count() {
                0 | 1 => "write more of the id",
                _ => "use an id instead of the reference",
            };
            Err(Error::usage(format!("'{text}' may be several refunds: {}", ids.join(", "))).hint(hint))
        }
    }
}

/// The other refunds of the payment that stand under the reference of this one, but for what nobody sees around it.
///
/// # Errors
/// If they cannot be read.
pub async fn of_same_reference(connection: &mut Connection, refund: &Refund) -> Result<Vec<OfPayment>> {
    let Some(reference) = refund.gateway_ref.as_deref().map(trimmed).filter(|r| !r.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut same = refunds::of_payment(&refund.payment).all(connection).await?;
    same.retain(|other| {
        let is_same = other.gateway_ref.as_deref().is_some_and(|r| trimmed(r) == reference);
        is_same && other.refund != refund.id && !other.state.is_undone()
    });
    // The database cancels it for the first of these that stands for it. Of two that are record-only, that is not the one with
    // the spaces.
    if refund.gateway_ref.as_deref() == Some(reference) {
        same.sort_by_key(|other| other.gateway == RECORD_ONLY);
    }
    Ok(same)
}

/// True where this text is the whole id of the refund, ours or the gateway's.
pub fn is_whole_id(text: &str, refund: &Refund) -> bool {
    text.parse() == Ok(refund.id) || refund.gateway_ref.as_deref() == Some(text)
}

/// The newest refunds whose id begins so, at most `limit` of them.
///
/// # Errors
/// As [`require`].
pub async fn beginning(connection: &mut Connection, prefix: &str, limit: usize) -> Result<Vec<Refund>> {
    require(connection).await?;
    let bounds: Option<Vec<RefundId>> =
        Key::Uuid.bounds(prefix).and_then(|bounds| bounds.iter().map(|bound| bound.parse().ok()).collect());
    let Some([first, last]) = bounds.as_deref() else { return Ok(Vec::new()) };
    refunds::between(*first, *last, i64::try_from(limit).unwrap_or(i64::MAX)).all(connection).await
}

/// The refund of this idempotency key.
///
/// # Errors
/// If it cannot be read.
pub async fn by_key(connection: &mut Connection, key: &str) -> Result<Option<Refund>> {
    refunds::by_key(key).optional(connection).await
}

/// A page of refunds. A limit of 0 is none.
///
/// # Errors
/// If they cannot be read.
pub async fn list(connection: &mut Connection, filter: &Filter, limit: usize) -> Result<Page> {
    require(connection).await?;
    let Filter { states, payment, account, since, until, before } = filter;
    let (payment, account) = (payment.as_ref(), account.as_deref());
    let page = refunds::page(states, payment, account, *since, *until, *before, cursor::one_more(limit));
    let mut refunds = page.all(&mut *connection).await?;
    let has_more = cursor::cut(&mut refunds, limit);
    let (total,) = refunds::count(states, payment, account, *since, *until).one(connection).await?;
    let next = refunds.last().map(|refund| refund.number).filter(|_| has_more);
    Ok(Page { refunds, total: total.unsigned_abs(), next })
}

/// The session that works on the refund at this moment, as a sentence; none where nobody does.
///
/// # Errors
/// If it cannot be read.
pub async fn holder(connection: &mut Connection, refund: RefundId) -> Result<Option<String>> {
    Ok(refunds::holder(refund).optional(connection).await?.map(|(holder,)| holder))
}

/// The refund of this amount that is being made of a payment and is not at its gateway yet, as far as is known, or
/// awaits approval. `amount` is in minor units.
///
/// # Errors
/// If it cannot be read.
pub async fn underway(connection: &mut Connection, payment: &PaymentId, amount: i64) -> Result<Option<Refund>> {
    refunds::underway(payment, amount).optional(connection).await
}

/// The refunds that are not final, oldest first.
///
/// # Errors
/// If they cannot be read.
pub async fn open(connection: &mut Connection) -> Result<Vec<Refund>> {
    require(connection).await?;
    refunds::open().all(connection).await
}

/// The refunds that ended at a gateway and were requested in the last days, oldest first.
///
/// # Errors
/// If they cannot be read.
pub async fn recent(connection: &mut Connection, days: u32) -> Result<Vec<Refund>> {
    require(connection).await?;
    refunds::recent(i32::try_from(days).unwrap_or(i32::MAX)).all(connection).await
}

/// The steps of a refund, first to last.
///
/// # Errors
/// If they cannot be read.
pub async fn history(connection: &mut Connection, refund: RefundId) -> Result<Vec<Transition>> {
    refunds::history(refund).all(connection).await
}
