//! The arguments of `bursar jobs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Subcommand, ValueEnum};

use crate::commands::values::{
    Attempts, Since, Until, ago, attempts, duration, error_like, interval, payload, percent, rate, since, until,
};
use crate::commands::{complete, uses};
use crate::cursor::Cursor;
use crate::jobs::{ErrorLike, Payload};
use crate::output::{Format, FormatSet, Output, Rows};

/// Inspect the queue, explain why a job does not run, and retry, cancel or delete jobs
///
/// Without a subcommand, each queue and type and the newest jobs are listed. A verdict stands above the lists: idle, keeping up, draining,
/// falling behind, failing, unattended, paused or stalled. It comes from the wait of the oldest job, from what came and was done,
/// and from when a worker was seen, for the whole and for each type, and not from the length of the queue. A count that is an estimate of the planner says "about"; --exact counts.
#[derive(Debug, Args)]
#[command(groups = uses::reads(), args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  bursar jobs\n  bursar jobs why 0fa8c2d1\n  bursar jobs triage --since 24h\n  bursar jobs retry err:1f09ab2 --dry-run"
)]
pub struct Jobs {
    /// The flags of the list.
    #[command(flatten)]
    pub list: JobsList,
    /// The subcommand; none lists jobs.
    #[command(subcommand)]
    pub action: Option<JobsAction>,
}

/// A subcommand of `bursar jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsAction {
    /// List jobs, newest first
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs list --status failed --since 24h\n  bursar jobs list --error '~timeout|refused' --attempts '>=3' -o json\n  bursar jobs list --payload user.plan=gold --limit 0 -o csv > gold.csv"
    )]
    List(Box<JobsList>),
    /// Count jobs by status, or by queue and type
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs count\n  bursar jobs count --by type,status\n  bursar jobs count --status failed,dead --since 24h --exact -o json"
    )]
    Count {
        /// The jobs that are counted.
        #[command(flatten)]
        filter: Box<JobFilter>,
        /// Count every job, by these
        #[arg(long, value_name = "BY,…", value_delimiter = ',', value_enum)]
        by: Vec<CountBy>,
        /// Count every job, however long it takes
        #[arg(long)]
        exact: bool,
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Show each queue and type: what waits and runs, and how many come, are done and fail in an hour
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs queues\n  bursar jobs queues -o json")]
    Queues {
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Pause a queue, so that no worker takes its jobs
    ///
    /// Jobs that run already go on. The application has to have paused queues, and its pack a function for it.
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar jobs pause QUEUE --reason 'the provider is down' --dry-run")]
    Pause {
        /// The queue.
        #[command(flatten)]
        change: OneChange,
    },
    /// Resume a queue that is paused
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar jobs resume QUEUE --dry-run")]
    Resume {
        /// The queue.
        #[command(flatten)]
        change: OneChange,
    },
    /// List the schedules by which the application adds jobs
    #[command(groups = uses::reads(), args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  bursar jobs schedules\n  bursar jobs schedules run NAME --dry-run")]
    Schedules {
        /// The subcommand; none lists them.
        #[command(subcommand)]
        action: Option<ScheduleAction>,
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Set the time from which jobs may be taken
    ///
    /// Only jobs that wait, or that failed and are tried again, have such a time.
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar jobs reschedule 0fa8c2d1-0000-4000-8000-000000000001 --at 2026-12-24T08:00:00Z --dry-run")]
    Reschedule {
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// The time: a date, or an RFC 3339 time. One that has passed makes them due at once
        #[arg(long, value_name = "TIME", value_parser = until)]
        at: Until,
        /// Reason, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Show one job: its state, attempts, payload and result
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs show 0fa8c2d1\n  bursar jobs show 0fa8c2d1 --redact -o json")]
    Show {
        /// The job's id, or at least the first 4 characters of it
        #[arg(add = complete::job())]
        job: String,
        /// Leave out personal data: the values of payload and result, and the details of errors
        #[arg(long)]
        redact: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Explain in one sentence why a job is not running
    #[command(groups = uses::reads(), after_help = "Example:\n  bursar jobs why 0fa8c2d1")]
    Why {
        /// The job's id, or at least the first 4 characters of it
        #[arg(add = complete::job())]
        job: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Group failed jobs by their error, with a handle for each group
    ///
    /// Errors that differ only in ids, numbers and quoted text are one group. Its handle, such as err:1f09ab2, can be
    /// used in place of job ids and with --error.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs triage\n  bursar jobs triage --since 24h --type tarot_reading -o json\n  bursar jobs list --error err:1f09ab2"
    )]
    Triage {
        /// The jobs that are grouped.
        #[command(flatten)]
        filter: Box<JobFilter>,
        /// Maximum number of groups. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Queue failed jobs again
    ///
    /// A job without attempts left gets one more. Each job is checked again when it is changed: a job that has changed
    /// since is a conflict and is left alone. Exit code 6 if some jobs were not retried. A job that an operator
    /// cancelled is left out and counted. If it is named by its id, it is skipped, with who cancelled it and why.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs retry 0fa8c2d1-0000-4000-8000-000000000001 --yes\n  bursar jobs retry err:1f09ab2 --dry-run\n  bursar jobs retry --status dead --since 24h --rate 50/s --canary 10 --yes\n  bursar jobs list --status dead -o ndjson | jq -r .job | bursar jobs retry - --yes"
    )]
    Retry {
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Retry N jobs first, and the rest after these have ended
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        canary: Option<u32>,
        /// Stop if more than this share of the canary jobs fails again
        #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "20%", requires = "canary")]
        abort_above: u8,
        /// Maximum wait for the canary jobs to end
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s", requires = "canary")]
        canary_wait: Duration,
        /// Also retry jobs that were cancelled
        #[arg(long)]
        cancelled: bool,
        /// Reason, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Cancel jobs that are not running
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs cancel 0fa8c2d1-0000-4000-8000-000000000001 --reason 'asked twice' --yes\n  bursar jobs cancel --status queued --older-than 2d --reason stale --dry-run"
    )]
    Cancel {
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Reason. It is kept with the job and in the operator log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Delete jobs and their attempts. Running jobs are left alone
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs delete 0fa8c2d1-0000-4000-8000-000000000001 --yes\n  bursar jobs delete --status dead --error '~^cancelled' --dry-run"
    )]
    Delete {
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Reason, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Export jobs that have ended into a file, then delete them
    ///
    /// The file gets one line of JSON for each job, with its attempts. The line is on disk before the job is deleted.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs purge --older-than 90d --export jobs.ndjson --yes\n  bursar jobs purge --status done --older-than 1y --export old.ndjson --dry-run"
    )]
    Purge {
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// File for the exported jobs. It must not exist
        #[arg(long, value_name = "FILE")]
        export: PathBuf,
        /// Reason, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List jobs whose lease has expired, because their worker is gone
    ///
    /// A released job is queued again. One that is out of attempts is given up instead. A job whose worker was seen within
    /// the length of a lease is left out, because that worker may still be at it.
    #[command(
        after_help = "Examples:\n  bursar jobs stuck\n  bursar jobs stuck --release --dry-run\n  bursar jobs stuck --worker worker-3 --release --yes"
    )]
    #[command(groups = uses::writes(), mut_args = of_a_release)]
    Stuck {
        /// Release the jobs, so that another worker takes them
        #[arg(long)]
        release: bool,
        /// Also release jobs whose worker was seen within the length of a lease
        #[arg(long)]
        force: bool,
        /// The jobs.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Reason, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Maximum number of jobs in the list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "release")]
        limit: usize,
    },
    /// Show the workers: jobs in progress, results and durations
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs workers\n  bursar jobs workers --since 7d --type tarot_reading -o json"
    )]
    Workers {
        /// Count results since this date, RFC 3339 time or age, such as 12h or 7d
        #[arg(long, value_name = "DATE|DURATION", value_parser = since, default_value = "24h")]
        since: Since,
        /// The jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Show how long jobs wait and run, as percentiles and histograms
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs latency\n  bursar jobs latency --since 7d --type tarot_reading -o json"
    )]
    Latency {
        /// Measure jobs that ended since this date, RFC 3339 time or age, such as 12h or 7d
        #[arg(long, value_name = "DATE|DURATION", value_parser = since, default_value = "24h")]
        since: Since,
        /// The jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show the number of new and ended jobs over time
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs throughput\n  bursar jobs throughput --since 24h --step 15m -o csv > throughput.csv"
    )]
    Throughput {
        /// Begin at this date, RFC 3339 time or age, such as 12h or 7d
        #[arg(long, value_name = "DATE|DURATION", value_parser = since, default_value = "1h")]
        since: Since,
        /// Length of a step, in whole minutes
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1m")]
        step: Duration,
        /// The jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: Output<Rows>,
    },
    /// Compare the jobs with the streams of Redis in front of them, and put the streams right
    ///
    /// A job is lost when a worker could take it and no entry of its stream tells of it. An entry is a ghost when its job
    /// does not exist, ended when its job has ended, and abandoned when its consumer is gone. Without --requeue, --ack or
    /// --claim, nothing is changed. Exit code 3 if anything is found.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs streams\n  bursar jobs streams --requeue --dry-run\n  bursar jobs streams --requeue --ack --yes\n  bursar jobs streams --claim worker-2 --idle 10m --yes"
    )]
    #[cfg(feature = "redis")]
    Streams(Box<super::streams::Streams>),
    /// Watch the queue on a live screen
    ///
    /// The verdict is that of the whole. Below it stand the queues and types, the worst first, where there are several.
    ///
    /// Each reading is a short read-only transaction. If the connection is lost, the screen says so, shows the last
    /// figures with their age, and continues when the server is back. Without a terminal, -o ndjson writes one object
    /// for each reading.
    ///
    /// Keys: q or Esc quits, p pauses and continues, + and - change the interval.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs watch -o ndjson --count 1\n  bursar jobs watch -o ndjson --interval 500ms --count 3 | jq -r .verdict.is"
    )]
    #[cfg(feature = "screen")]
    Watch {
        /// Time between two readings, at least 500ms
        #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "2s")]
        interval: Duration,
        /// Stop after N readings
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// Only jobs of these queues
        #[arg(long, value_name = "QUEUE,…", value_delimiter = ',')]
        queue: Vec<String>,
        /// Only jobs of these types
        #[arg(long = "type", value_name = "TYPE,…", value_delimiter = ',')]
        kind: Vec<String>,
        /// The format: a screen, or ndjson.
        #[command(flatten)]
        output: Output<Live>,
    },
}

/// A subcommand of `bursar jobs schedules`.
#[derive(Debug, Subcommand)]
pub enum ScheduleAction {
    /// Add the job of a schedule now
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar jobs schedules run NAME --dry-run")]
    Run(OneChange),
}

/// The flags of a change of one queue or schedule.
#[derive(Debug, Clone, Args)]
pub struct OneChange {
    /// Name of the queue or schedule
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Reason, for the operator log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// A fact by which a count tells jobs apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CountBy {
    /// The queue
    Queue,
    /// The type
    #[value(alias = "kind")]
    Type,
    /// The status
    Status,
}

/// The formats of something that is read again and again.
#[derive(Debug, Clone, Copy)]
pub struct Live;

impl FormatSet for Live {
    const FORMATS: &'static [Format] = &[Format::Table, Format::Ndjson];
}

/// Marks the flags that change jobs: they need `--release`, because a list changes nothing.
fn of_a_release(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "jobs" | "all" | "max" | "batch" | "rate" | "dry_run" | "reason" | "force" => {
            arg.requires("release").help_heading("With --release")
        }
        _ => arg,
    }
}

/// A filter of jobs, whenever they were added. A job must match every flag that is given.
#[derive(Debug, Clone, Default, Args)]
pub struct JobMatch {
    /// Only jobs with these statuses: the application's words, or queued, waiting, running, failed, done, dead, cancelled
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',')]
    pub status: Vec<String>,
    /// Only jobs of these queues
    #[arg(long, value_name = "QUEUE,…", value_delimiter = ',')]
    pub queue: Vec<String>,
    /// Only jobs of these types
    #[arg(long = "type", value_name = "TYPE,…", value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Only jobs that this worker has, or had last
    #[arg(long, value_name = "NAME")]
    pub worker: Option<String>,
    /// Only jobs whose last error matches: a regular expression, such as '~timeout|refused', or a handle, such as err:1f09ab2
    #[arg(long, value_name = "~REGEX|HANDLE", value_parser = error_like)]
    pub error: Vec<ErrorLike>,
    /// Only jobs with this value in the payload, such as user.plan=gold. May be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = payload)]
    pub payload: Vec<Payload>,
    /// Only jobs with this number of attempts, such as 3, '>=3' or '<2'
    #[arg(long, value_name = "[OP]N", value_parser = attempts, allow_hyphen_values = true)]
    pub attempts: Option<Attempts>,
}

/// A filter of jobs. A job must match every flag that is given.
#[derive(Debug, Clone, Default, Args)]
pub struct JobFilter {
    /// The filter without times.
    #[command(flatten)]
    pub which: JobMatch,
    /// Only jobs added longer ago than this, such as 2h or 30d
    #[arg(long, value_name = "DURATION", value_parser = ago, conflicts_with = "until")]
    pub older_than: Option<Duration>,
    /// Only jobs added since this date, RFC 3339 time or age, such as 12h or 7d
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    pub since: Option<Since>,
    /// Only jobs added before this date, RFC 3339 time or age
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    pub until: Option<Since>,
}

/// The flags of a list.
#[derive(Debug, Clone, Args)]
pub struct JobsList {
    /// The jobs.
    #[command(flatten)]
    pub filter: JobFilter,
    /// Maximum number of jobs. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Continue after a page. The end of a cut list prints the cursor
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    pub cursor: Option<Cursor>,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}

/// The flags of a change.
#[derive(Debug, Clone, Args)]
pub struct JobChange {
    /// The jobs: whole ids, handles of errors such as err:1f09ab2, or - for ids on standard input, one per line
    #[arg(value_name = "JOB|HANDLE|-", add = complete::job())]
    pub jobs: Vec<String>,
    /// The jobs, by a filter.
    #[command(flatten)]
    pub filter: JobFilter,
    /// Change every job that can be changed
    #[arg(long)]
    pub all: bool,
    /// Maximum number of jobs, oldest first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max: Option<u32>,
    /// Number of jobs in one transaction
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), default_value = "500")]
    pub batch: u32,
    /// Maximum rate of changes, such as 50/s or 300/m. A plain number is per second
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}
