//! The arguments of `bursar jobs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Subcommand};

use crate::commands::cli::{Output, RowsOutput, ScreenOutput};
use crate::commands::values::{
    Attempts, Since, Until, ago, attempts, duration, interval, payload, percent, rate, since, until,
};
use crate::commands::{complete, uses};
use crate::cursor::Cursor;
use crate::jobs::{ErrorLike, Payload};

/// See how the queue stands, why a job does not run, and put jobs right
///
/// Alone it lists the newest jobs. A verdict heads what it shows: idle, keeping up, draining, falling behind or
/// stalled, told from how long the oldest job has waited and from what comes and goes, not from how many there
/// are. A count of very many is the planner's estimate, and says "about"; --exact counts.
#[derive(Debug, Args)]
#[command(groups = uses::reads(), args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  bursar jobs\n  bursar jobs why 0fa8c2d1\n  bursar jobs triage --since 24h\n  bursar jobs retry err:1f09ab2 --dry-run"
)]
pub struct Jobs {
    /// The flags of the list.
    #[command(flatten)]
    pub list: JobsList,
    /// The default is to list.
    #[command(subcommand)]
    pub action: Option<JobsAction>,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsAction {
    /// List jobs, newest first
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs list --status failed --since 24h\n  bursar jobs list --error '~timeout|refused' --attempts '>=3' -o json\n  bursar jobs list --payload user.plan=gold --limit 0 -o csv > gold.csv"
    )]
    List(Box<JobsList>),
    /// Count jobs by status
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs count\n  bursar jobs count --status failed,dead --since 24h --exact -o json"
    )]
    Count {
        /// Which.
        #[command(flatten)]
        filter: Box<JobFilter>,
        /// Count them all, however many, and however long it takes
        #[arg(long)]
        exact: bool,
        /// The format.
        #[command(flatten)]
        output: RowsOutput,
    },
    /// Show everything about one job: its attempts as a timeline, what it was asked to do, and what came of it
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs show 0fa8c2d1\n  bursar jobs show 0fa8c2d1 --redact -o json")]
    Show {
        /// The job: its id, or the beginning of one, of at least 4 characters
        #[arg(add = complete::job())]
        job: String,
        /// Leave out what people wrote: the values of payload and result, and the details of errors
        #[arg(long)]
        redact: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Say in a sentence why a job is not running
    #[command(groups = uses::reads(), after_help = "Example:\n  bursar jobs why 0fa8c2d1")]
    Why {
        /// The job: its id, or the beginning of one, of at least 4 characters
        #[arg(add = complete::job())]
        job: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Group failures by what went wrong, with a handle for each group
    ///
    /// Errors that differ in ids, numbers and quoted text only are one group. Its handle, such as err:1f09ab2, stands
    /// wherever ids of jobs or --error do.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs triage\n  bursar jobs triage --since 24h --type tarot_reading -o json\n  bursar jobs list --error err:1f09ab2"
    )]
    Triage {
        /// Which.
        #[command(flatten)]
        filter: Box<JobFilter>,
        /// How many groups to show. 0 shows all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: RowsOutput,
    },
    /// Queue jobs again that failed
    ///
    /// A job that is out of attempts is allowed one more. Each job is looked at again when it is changed: one that is not
    /// as it was is a conflict and is left alone. Exit 6 where some were not done. A job that an operator cancelled is
    /// left out and counted, or skipped where it is named by its id.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs retry 0fa8c2d1-0000-4000-8000-000000000001 --yes\n  bursar jobs retry err:1f09ab2 --dry-run\n  bursar jobs retry --status dead --since 24h --rate 50/s --canary 10 --yes\n  bursar jobs list --status dead -o ndjson | jq -r .job | bursar jobs retry - --yes"
    )]
    Retry {
        /// Which, and how.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Retry so many first, and the rest when these have ended
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        canary: Option<u32>,
        /// Stop where more of the first failed again
        #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "20%", requires = "canary")]
        abort_above: u8,
        /// How long the first may take to end
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s", requires = "canary")]
        canary_wait: Duration,
        /// Retry those too that an operator cancelled
        #[arg(long)]
        cancelled: bool,
        /// Why, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Give jobs up that have not run yet
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs cancel 0fa8c2d1-0000-4000-8000-000000000001 --reason 'asked twice' --yes\n  bursar jobs cancel --status queued --older-than 2d --reason stale --dry-run"
    )]
    Cancel {
        /// Which, and how.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Why; it is kept with the job and in the operator log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Delete jobs, with their attempts; those that are running are left alone
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs delete 0fa8c2d1-0000-4000-8000-000000000001 --yes\n  bursar jobs delete --status dead --error '~^cancelled' --dry-run"
    )]
    Delete {
        /// Which, and how.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Why, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Delete old jobs that have ended, and write them into a file first
    ///
    /// The file gets a line of JSON for each job, with its attempts, and is on disk before the job is gone.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar jobs purge --older-than 90d --export jobs.ndjson --yes\n  bursar jobs purge --status done --older-than 1y --export old.ndjson --dry-run"
    )]
    Purge {
        /// Which, and how.
        #[command(flatten)]
        change: Box<JobChange>,
        /// The file to write them into; there must be none of that name
        #[arg(long, value_name = "FILE")]
        export: PathBuf,
        /// Why, for the operator log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// List the jobs that are past their lease: their worker is gone
    #[command(
        after_help = "Examples:\n  bursar jobs stuck\n  bursar jobs stuck --release --dry-run\n  bursar jobs stuck --worker worker-3 --release --yes"
    )]
    #[command(groups = uses::writes(), mut_args = of_a_release)]
    Stuck {
        /// Which, and how.
        #[command(flatten)]
        change: Box<JobChange>,
        /// Put them back, so that another worker takes them
        #[arg(long)]
        release: bool,
        /// Why, for the operator log
        #[arg(long, value_name = "TEXT", requires = "release")]
        reason: Option<String>,
        /// How many to list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "release")]
        limit: usize,
    },
    /// Show who works, on how much, and how fast
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs workers\n  bursar jobs workers --since 7d --type tarot_reading -o json"
    )]
    Workers {
        /// What they did since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d
        #[arg(long, value_name = "DATE|DURATION", value_parser = since, default_value = "24h")]
        since: Since,
        /// Which jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: RowsOutput,
    },
    /// Show how long jobs wait and run, as percentiles and a histogram
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs latency\n  bursar jobs latency --since 7d --type tarot_reading -o json"
    )]
    Latency {
        /// Of the jobs that ended since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d
        #[arg(long, value_name = "DATE|DURATION", value_parser = since, default_value = "24h")]
        since: Since,
        /// Which jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show how many jobs come and go, minute by minute
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs throughput\n  bursar jobs throughput --since 24h --step 15m -o csv > pace.csv"
    )]
    Throughput {
        /// How far back to go
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1h")]
        since: Duration,
        /// How long a step is, in whole minutes
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1m")]
        step: Duration,
        /// Which jobs.
        #[command(flatten)]
        which: Box<JobMatch>,
        /// The format.
        #[command(flatten)]
        output: RowsOutput,
    },
    /// Watch the queue on a live screen
    ///
    /// It is read again and again, each time in a short read-only transaction. Where the connection is lost, the screen
    /// says so, shows the last figures with their age, and goes on when the server is back. Off a terminal, -o ndjson
    /// writes an object each time.
    ///
    /// Keys: q or Esc quits, p pauses and goes on, + and - change the interval.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar jobs watch -o ndjson --count 1\n  bursar jobs watch -o ndjson --interval 500ms --count 3 | jq -r .verdict.is"
    )]
    Watch {
        /// How long to wait from one reading to the next, at least 500ms
        #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "2s")]
        interval: Duration,
        /// Stop after so many readings
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// The format: a screen, or ndjson.
        #[command(flatten)]
        output: ScreenOutput,
    },
}

/// What changes jobs is for a release only: a list changes nothing.
fn of_a_release(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "jobs" | "all" | "max" | "batch" | "rate" | "dry_run" => arg.requires("release"),
        _ => arg,
    }
}

/// Which jobs, whenever they were added: each that is given has to hold.
#[derive(Debug, Clone, Default, Args)]
pub struct JobMatch {
    /// Only those of these statuses, in the application's words, or queued, running, failed, done, dead
    #[arg(long, value_name = "STATUS,…", value_delimiter = ',')]
    pub status: Vec<String>,
    /// Only those of these kinds
    #[arg(long = "type", value_name = "TYPE,…", value_delimiter = ',')]
    pub kind: Vec<String>,
    /// Only those that this worker has, or had last
    #[arg(long, value_name = "NAME")]
    pub worker: Option<String>,
    /// Only those whose last error matches, as '~timeout|refused', or is of a group of triage's, as err:1f09ab2
    #[arg(long, value_name = "~REGEX|HANDLE", value_parser = crate::commands::values::error_like)]
    pub error: Vec<ErrorLike>,
    /// Only those with this value in the payload, as user.plan=gold; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = payload)]
    pub payload: Vec<Payload>,
    /// Only those that were tried so often, as 3, '>=3' or '<2'
    #[arg(long, value_name = "[OP]N", value_parser = attempts, allow_hyphen_values = true)]
    pub attempts: Option<Attempts>,
}

/// Which jobs: each that is given has to hold.
#[derive(Debug, Clone, Default, Args)]
pub struct JobFilter {
    /// Which.
    #[command(flatten)]
    pub which: JobMatch,
    /// Only those that were added longer ago, as 2h or 30d
    #[arg(long, value_name = "DURATION", value_parser = ago, conflicts_with = "until")]
    pub older_than: Option<Duration>,
    /// Only those added since then: a date, an RFC 3339 time, or how long ago, as 12h or 7d
    #[arg(long, value_name = "DATE|DURATION", value_parser = since)]
    pub since: Option<Since>,
    /// Only those added before this time, as YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub until: Option<Until>,
}

/// Which jobs to list, and how many.
#[derive(Debug, Clone, Args)]
pub struct JobsList {
    /// Which.
    #[command(flatten)]
    pub filter: JobFilter,
    /// How many to list. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Go on where an earlier list was cut, as that said
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    pub cursor: Option<Cursor>,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}

/// Which jobs to change, and how.
#[derive(Debug, Clone, Args)]
pub struct JobChange {
    /// The jobs: whole ids, handles of errors as err:1f09ab2, or - for ids on standard input, one a line
    #[arg(value_name = "JOB|HANDLE|-", add = complete::job())]
    pub jobs: Vec<String>,
    /// Which.
    #[command(flatten)]
    pub filter: JobFilter,
    /// Every job to which that can be done
    #[arg(long)]
    pub all: bool,
    /// At most so many, the oldest first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max: Option<u32>,
    /// How many at a time, each time in a transaction of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), default_value = "500")]
    pub batch: u32,
    /// No faster than this, as 50/s or 300/m
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}

impl JobsAction {
    /// The command as it names itself to the server.
    pub fn name(&self) -> &'static str {
        match self {
            JobsAction::List(_) => "jobs list",
            JobsAction::Count { .. } => "jobs count",
            JobsAction::Show { .. } => "jobs show",
            JobsAction::Why { .. } => "jobs why",
            JobsAction::Triage { .. } => "jobs triage",
            JobsAction::Retry { .. } => "jobs retry",
            JobsAction::Cancel { .. } => "jobs cancel",
            JobsAction::Delete { .. } => "jobs delete",
            JobsAction::Purge { .. } => "jobs purge",
            JobsAction::Stuck { .. } => "jobs stuck",
            JobsAction::Workers { .. } => "jobs workers",
            JobsAction::Latency { .. } => "jobs latency",
            JobsAction::Throughput { .. } => "jobs throughput",
            JobsAction::Watch { .. } => "jobs watch",
        }
    }
}
