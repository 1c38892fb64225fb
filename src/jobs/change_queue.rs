//! Changing a queue or a schedule by the pack's own function.

use serde_json::Value;
use sqlx::types::Uuid;

use super::registry::queue_settings;
use crate::db::{self, Connection};
use crate::error::Result;
use crate::packs::{Ability, Pack};
use crate::store::jobs as store;
pub use crate::store::jobs::QueueAnswer;

/// A change of a queue or a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueChange {
    /// No worker may take its jobs.
    Pause,
    /// Workers may take its jobs again.
    Resume,
    /// Its job is added now.
    RunSchedule,
}

impl QueueChange {
    /// What a pack has to be able to do for it.
    pub const fn ability(self) -> Ability {
        match self {
            QueueChange::Pause | QueueChange::Resume => Ability::Pause,
            QueueChange::RunSchedule => Ability::RunSchedule,
        }
    }

    /// The command, as the operator log records it.
    pub const fn command(self) -> &'static str {
        match self {
            QueueChange::Pause => "jobs pause",
            QueueChange::Resume => "jobs resume",
            QueueChange::RunSchedule => "jobs schedules run",
        }
    }

    /// What its name is the name of.
    pub const fn names(self) -> &'static str {
        match self {
            QueueChange::Pause | QueueChange::Resume => "queue",
            QueueChange::RunSchedule => "schedule",
        }
    }

    /// The verb of it, as an order and as what was done.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            QueueChange::Pause => ("Pause", "paused"),
            QueueChange::Resume => ("Resume", "resumed"),
            QueueChange::RunSchedule => ("Run", "run"),
        }
    }

    /// The name in the database's function.
    const fn name(self) -> &'static str {
        match self {
            QueueChange::Pause => "pause",
            QueueChange::Resume => "resume",
            QueueChange::RunSchedule => "run_schedule",
        }
    }
}

/// Changes it, and writes that into the operator log, in the transaction that is open.
///
/// # Errors
/// As the server says.
pub async fn change_queue(
    connection: &mut Connection,
    change: QueueChange,
    name: &str,
    reason: Option<&str>,
    actor: &Value,
    parameters: &Value,
    operation: Uuid,
) -> Result<QueueAnswer> {
    let call = store::change_queue(change.name(), name, reason, actor, change.command(), parameters, operation);
    call.one(connection).await
}

/// True unless a queue that was paused or resumed is told not to be so, in the transaction that is open.
///
/// # Errors
/// If the queues cannot be read.
pub async fn is_as_asked(connection: &mut Connection, pack: &Pack, change: QueueChange, name: &str) -> Result<bool> {
    let paused = match change {
        QueueChange::Pause => true,
        QueueChange::Resume => false,
        QueueChange::RunSchedule => return Ok(true),
    };
    db::settled(connection).await?;
    let read = async |c: &mut Connection| {
        pack.enter(c).await?;
        queue_settings(c, pack).await
    };
    let (settings, _) = db::seeing_all(connection, &pack.schema, &pack.tables, read).await?;
    // A queue without a row of its own is not paused.
    let is = settings.map(|all| all.iter().any(|setting| setting.queue == name && setting.paused));
    Ok(is.is_none_or(|is| is == paused))
}
