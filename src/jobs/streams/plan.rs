//! What is to be changed: the changes that are asked for, and one step for each finding that they mend.

use serde::Serialize;

use super::model::{Comparison, Finding, FindingKind};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::jobs::ChangeOutcome;
use crate::store::jobs as store;
use crate::text::quoted;

/// A change of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamAct {
    /// Add an entry for a job.
    Requeue,
    /// Acknowledge an entry, or delete one that nobody has yet.
    Ack,
    /// Give an entry to another consumer.
    Claim,
}

impl StreamAct {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            StreamAct::Requeue => "requeue",
            StreamAct::Ack => "ack",
            StreamAct::Claim => "claim",
        }
    }
}

/// The changes that are asked for.
#[derive(Debug, Clone, Default)]
pub struct StreamActs {
    /// Add an entry for each lost job.
    pub requeue: bool,
    /// Acknowledge entries that no worker has any use for.
    pub ack: bool,
    /// Give entries of consumers that are gone to this one.
    pub claim: Option<String>,
}

/// A change of one entry.
#[derive(Debug, Clone)]
pub struct StreamStep {
    /// The change.
    pub act: StreamAct,
    /// The finding that it mends.
    pub finding: Finding,
}

/// The answer about one entry.
#[derive(Debug, Clone, Serialize)]
pub struct StreamAnswer {
    /// The change.
    pub act: StreamAct,
    /// The stream.
    pub stream: String,
    /// The entry; of a job that gets one, the new one.
    pub entry: Option<String>,
    /// The job.
    pub job: Option<String>,
    /// The outcome.
    pub outcome: ChangeOutcome,
    /// The reason why it was not done.
    pub note: Option<String>,
}

impl StreamStep {
    /// The answer about it.
    pub fn answer(&self, outcome: ChangeOutcome, note: Option<&str>) -> StreamAnswer {
        StreamAnswer {
            act: self.act,
            stream: self.finding.stream.clone(),
            entry: self.finding.entry.clone(),
            job: self.finding.job.clone(),
            outcome,
            note: note.map(str::to_owned),
        }
    }

    pub(super) fn conflict(&self, note: &str) -> StreamAnswer {
        self.answer(ChangeOutcome::Conflict, Some(note))
    }
}

/// The steps that mend what was found, as far as they are asked for. `cli` begins a command of redis-cli for this Redis.
///
/// # Errors
/// Usage errors: a group that is not there, a consumer that is not there or is gone.
pub fn plan(found: &Comparison, acts: &StreamActs, cli: &str) -> Result<Vec<StreamStep>> {
    let mut steps = Vec::new();
    for finding in &found.findings {
        let act = match finding.kind {
            FindingKind::Lost if acts.requeue => StreamAct::Requeue,
            FindingKind::Ghost | FindingKind::Ended | FindingKind::Trimmed | FindingKind::Twice
                if acts.ack && finding.removable =>
            {
                StreamAct::Ack
            }
            FindingKind::Abandoned if acts.claim.is_some() => StreamAct::Claim,
            _ => continue,
        };
        let Some(state) = found.streams.get(finding.at) else { continue };
        if !state.has_group {
            let (stream, group) = (quoted(&state.stream), quoted(&state.group));
            return Err(Error::usage(format!(
                "the stream {} has no group {}, so an entry would reach nobody",
                state.stream, state.group
            ))
            .hint(format!(
                "start a worker that makes the group, or make it:\n\
                 {cli} XGROUP CREATE {stream} {group} 0 MKSTREAM   # 0 gives every entry to the workers, also what was done; $ would leave the old ones unread"
            )));
        }
        if let (StreamAct::Claim, Some(name)) = (act, &acts.claim)
            && !state.consumers.iter().any(|c| c.name == *name && !c.gone)
        {
            let there: Vec<&str> = state.consumers.iter().filter(|c| !c.gone).map(|c| c.name.as_str()).collect();
            let there =
                if there.is_empty() { "none is".to_owned() } else { format!("these are: {}", there.join(", ")) };
            return Err(Error::usage(format!("no consumer {name} of {} is there to take entries", state.group))
                .hint(format!("name one that is there; {there}")));
        }
        steps.push(StreamStep { act, finding: finding.clone() });
    }
    steps.sort_by_key(|step| (step.act, step.finding.at));
    Ok(steps)
}

/// Sees to it that the change can be logged.
///
/// # Errors
/// A usage error where bursar's own schema is older; refused where the role is no operator.
pub async fn prepared(connection: &mut Connection) -> Result<()> {
    let store::StreamsRight { may, role } = store::right_to_streams().one(connection).await?;
    match may {
        Some(true) => Ok(()),
        Some(false) => {
            Err(Error::refused(format!("{role} may not change streams, because it is no member of bursar_operator"))
                .hint(format!("as the owner of the database: GRANT bursar_operator TO {role}")))
        }
        None => {
            Err(Error::usage("this database cannot log a change of streams: bursar's own schema is missing or older")
                .hint(crate::store::UPGRADE))
        }
    }
}
