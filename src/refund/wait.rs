//! Waiting for whoever works on a refund.

use std::time::{Duration, Instant};

use super::{Refund, RefundSession, RefundState, find, holder};
use crate::backoff;
use crate::error::Result;
use crate::ids::RefundId;

/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Waits until nobody works on a refund any more, or it has ended, for so long at most. No transaction is open between
/// two looks. Returns the refund, and whoever still works on it, as a sentence.
///
/// # Errors
/// As the database says.
pub async fn wait_for(
    session: &mut RefundSession,
    refund: RefundId,
    patience: Duration,
) -> Result<(Refund, Option<String>)> {
    let until = Instant::now() + patience;
    let mut pauses = backoff::pauses(PAUSES.0, PAUSES.1, u32::MAX);
    let mut left_just_now = false;
    loop {
        let name = refund.to_string();
        let (refund, holder) = session.read(async |c| Ok((find(c, &name).await?, holder(c, refund).await?))).await?;
        let is_open = matches!(refund.state, RefundState::Reserved | RefundState::Submitted) && !refund.refused;
        match holder {
            Some(holder) if is_open || refund.state == RefundState::Unknown => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok((refund, Some(holder)));
                }
                tokio::time::sleep(pauses.next().unwrap_or(PAUSES.1).min(left)).await;
                left_just_now = false;
            }
            // It may have come to its end just now, which only a later look shows.
            None if is_open && !left_just_now => left_just_now = true,
            _ => return Ok((refund, None)),
        }
    }
}
