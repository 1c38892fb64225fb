//! `bursar jobs`: the state of the queue, why a job does not run, and changes of jobs.

mod apply;
pub mod args;
mod change;
mod list;
mod look;
mod model;
mod queues;
mod report;
mod setup;
mod show;
#[cfg(feature = "redis")]
mod streams;
pub(super) mod tally;
mod timing;
pub(super) mod triage;
mod verdict;
#[cfg(feature = "screen")]
mod watch;

pub use args::Jobs;
pub(super) use verdict::{headed, headline};

use args::{JobsAction, OneChange, ScheduleAction};
use look::{matching, when};
use model::Wanted;

#[cfg(feature = "screen")]
use super::watch::Pace;
use super::{Context, Outcome};
#[cfg(feature = "screen")]
use crate::jobs::Filter;
use crate::jobs::{Action, QueueChange};

pub(super) async fn run(context: &Context, args: Jobs) -> Outcome {
    act(context, args).await.map_err(|error| context.with_pasted(error))
}

async fn act(context: &Context, args: Jobs) -> Outcome {
    let Some(action) = args.action else { return list::list(context, args.list, true).await };
    match action {
        JobsAction::List(args) => list::list(context, *args, false).await,
        JobsAction::Count { filter, by, exact, output } => match by.is_empty() {
            true => list::count(context, &filter, exact, output.format).await,
            false => tally::by(context, &filter, &by, output.format).await,
        },
        JobsAction::Queues { output } => queues::queues(context, output.format).await,
        JobsAction::Pause { change } => setup::change(context, asked(QueueChange::Pause, change)).await,
        JobsAction::Resume { change } => setup::change(context, asked(QueueChange::Resume, change)).await,
        JobsAction::Schedules { action: None, output } => setup::schedules(context, output.format).await,
        JobsAction::Schedules { action: Some(ScheduleAction::Run(change)), .. } => {
            setup::change(context, asked(QueueChange::RunSchedule, change)).await
        }
        JobsAction::Reschedule { change, at, reason } => {
            let wanted = Wanted::new(Action::Reschedule, "jobs reschedule", reason);
            change::run(context, *change, Wanted { at: Some(at.0), ..wanted }).await
        }
        JobsAction::Show { job, redact, output } => show::show(context, &job, redact, output.format).await,
        JobsAction::Why { job, output } => show::why(context, &job, output.format).await,
        JobsAction::Triage { filter, limit, output } => triage::triage(context, &filter, limit, output.format).await,
        JobsAction::Retry { change, canary, abort_above, canary_wait, cancelled, reason } => {
            let canary = canary.map(|jobs| model::Canary { jobs, abort_above, wait: canary_wait });
            let wanted = Wanted::new(Action::Retry, "jobs retry", reason);
            change::run(context, *change, Wanted { canary, cancelled, ..wanted }).await
        }
        JobsAction::Cancel { change, reason } => {
            change::run(context, *change, Wanted::new(Action::Cancel, "jobs cancel", Some(reason))).await
        }
        JobsAction::Delete { change, reason } => {
            change::run(context, *change, Wanted::new(Action::Delete, "jobs delete", reason)).await
        }
        JobsAction::Purge { change, export, reason } => {
            let wanted = Wanted::new(Action::Delete, "jobs purge", reason);
            change::run(context, *change, Wanted { export: Some(export), ..wanted }).await
        }
        JobsAction::Stuck { change, release: true, force, reason, .. } => {
            let wanted = Wanted::new(Action::Release, "jobs stuck", reason);
            change::run(context, *change, Wanted { force, ..wanted }).await
        }
        JobsAction::Stuck { change, limit, .. } => list::stuck(context, &change, limit).await,
        JobsAction::Workers { since, which, output } => {
            timing::workers(context, when(since), &matching(&which), output.format).await
        }
        JobsAction::Latency { since, which, output } => {
            timing::latency(context, when(since), &matching(&which), output.format).await
        }
        JobsAction::Throughput { since, step, which, output } => {
            timing::throughput(context, since, step, &matching(&which), output.format).await
        }
        #[cfg(feature = "redis")]
        JobsAction::Streams(args) => streams::run(context, *args).await,
        #[cfg(feature = "screen")]
        JobsAction::Watch { interval, count, queue, kind, output } => {
            let filter = Filter { queue, kind, ..Filter::default() };
            watch::run(context, Pace { interval, count, format: output.format }, filter).await
        }
    }
}

/// The change of one queue or schedule that the flags are.
fn asked(change: QueueChange, args: OneChange) -> setup::Asked {
    let OneChange { name, reason, dry_run, output } = args;
    setup::Asked { change, name, reason, dry_run, format: output.format }
}
