//! What a run is asked for.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use super::model::Range;
use crate::audit::Accepted;

/// Objects of gateways that were acknowledged, by gateway and id.
pub type AcknowledgedObjects = BTreeMap<(String, String), Accepted>;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The range, by the date of the gateway's objects.
    pub range: Range,
    /// The flags with which a command is of the same application, each after a space.
    pub flags: String,
    /// The present.
    pub now: DateTime<Utc>,
    /// The age below which a difference is only timing.
    pub grace: TimeDelta,
    /// Only what this payout carried.
    pub payout: Option<String>,
    /// The only gateway that was asked for; none where all payments were meant.
    pub only: Option<String>,
    /// Differences that are accepted, by check and fingerprint.
    pub accepted: Rc<BTreeMap<(String, String), Accepted>>,
    /// Refunds and disputes that somebody answers for, by gateway and the gateway's id of it.
    pub acknowledged: Rc<AcknowledgedObjects>,
    /// True where the gateway's side is a file, which may cover less than the range.
    pub is_export: bool,
    /// True if objects that agree are kept too.
    pub keep_matched: bool,
}
