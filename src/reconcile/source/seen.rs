//! The rows of a file that were read, and those that went on.

use crate::error::Result;
use crate::reconcile::model::{Movement, MovementKind, Range, Sink};

/// The number of rows after which others may have their turn.
const TURN: u64 = 1_000;

/// What was read of a file.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: u64,
    inside: u64,
    /// Payments that have one id, and those that have more.
    pub one_id: u64,
    pub more_ids: u64,
}

impl Seen {
    /// Counts a row.
    pub async fn row(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
    }

    /// Passes a movement on, where it is of the range; true if it is.
    pub fn take(&mut self, movement: Movement, range: Range, sink: &mut Sink<'_>) -> Result<bool> {
        if !range.holds(movement.created) {
            return Ok(false);
        }
        self.inside += 1;
        if movement.kind == MovementKind::Payment {
            let of = if movement.payment_ids.len() > 1 { &mut self.more_ids } else { &mut self.one_id };
            *of += 1;
        }
        sink(movement)?;
        Ok(true)
    }

    /// The sentence about a file that has rows, and none in the range.
    pub fn outside(&self) -> Option<String> {
        (self.rows > 0 && self.inside == 0).then(|| {
            let rows = self.rows;
            format!("None of the {rows} rows of the file is in the range: give its range with `--since` and `--until`.")
        })
    }
}
