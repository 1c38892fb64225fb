//! The types of a loaded pack.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::payments::{Payments, Refunds};
use super::reference::Reference;
use super::sql::{Source, Sql};
use crate::error::{Error, Result};
use crate::text::quoted;

/// A loaded pack.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The name, as in `--app NAME`, and the name of its folder of migrations.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// The schema that its tables live in.
    pub schema: String,
    /// Columns, as `table.column`, that must all exist in a database of this application.
    pub detect: Vec<String>,
    /// Every table that the audit reads.
    pub tables: Vec<String>,
    /// The units of account.
    pub units: Vec<Unit>,
    /// Bounds that the audit applies.
    pub thresholds: Thresholds,
    /// The ledger, if the application keeps one; of several, the one that payments are compared with.
    pub ledger: Option<Ledger>,
    /// The further ledgers.
    pub ledgers: Vec<Ledger>,
    /// The tables beside the ledger whose rows can be sealed, each as a ledger of its rows.
    pub sealed: Vec<Ledger>,
    /// The name of a part of what is audited: one of several ledgers, or a pack beside the first; none for the whole.
    pub part: Option<String>,
    /// The ledger that a command has to name to seal the table that this part is about; only of a pack with several.
    pub sealed_beside: Option<String>,
    /// The payments, if it keeps them.
    pub payments: Option<Payments>,
    /// The refunds that it keeps by itself, if it does.
    pub refunds: Option<Refunds>,
    /// The jobs, if it keeps them.
    pub jobs: Option<Jobs>,
    /// Business figures, by topic.
    pub stats: Vec<Topic>,
    /// The references that no foreign key promises.
    pub references: Vec<Reference>,
    /// The application's own checks.
    pub checks: Vec<Check>,
    /// The checks that take the place of those of the same id where there is a price list, each with the kind of price that
    /// it asks for.
    pub listed: Vec<(String, Check)>,
    /// Inconsistencies that can be put in, to test the checks.
    pub faults: Vec<Fault>,
    /// `seed.toml`: the parameters of the simulation.
    pub seed: Option<toml::Table>,
    /// Files of functions in the `bursar` schema, which do the writes. Several statements each.
    pub functions: Vec<Sql>,
    /// The schema that its functions name, where they are left out because `--schema` names another one.
    pub functions_of: Option<String>,
    /// A statement to run after a seed, such as one that makes partitions.
    pub after_seed: Option<Sql>,
    /// A statement that fills what an adoption has made, before its rules hold.
    pub adopt: Option<Sql>,
    /// The place that the pack was loaded from.
    pub origin: Origin,
    /// SQL files of its folder that are no part of it, because of their names or places.
    pub passed_over: Vec<String>,
    /// The user's statements of trust.
    pub trust: Trust,
}

impl Pack {
    /// True for a pack that is embedded in the binary.
    pub fn is_built_in(&self) -> bool {
        self.origin == Origin::BuiltIn
    }

    /// True for one of bursar's own systems, whose tables its migrations make. Every other pack, built in or not, reads
    /// what another project has made.
    pub fn is_system(&self) -> bool {
        self.is_built_in() && self.seed.is_some()
    }
}

/// The place that a pack was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The binary.
    BuiltIn,
    /// A folder on disk, as the user named it.
    Folder(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("bursar"),
            Origin::Folder(folder) => folder.display().fmt(f),
        }
    }
}

/// The user's statements of trust.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    /// The queries and functions of a pack that is not built in.
    pub pack: bool,
    /// Objects that other roles have created in the application's schema.
    pub schema: bool,
}

/// A unit of account, such as a currency or a kind of credit.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The name in the database.
    pub name: String,
    /// The name for people.
    pub title: String,
    /// Digits after the decimal point in one whole unit.
    pub decimals: u32,
}

/// Bounds that the audit applies.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// The furthest that an entry may be dated ahead of the server's clock, in seconds.
    pub future_tolerance_secs: u32,
    /// The longest that payments may go without being compared with their gateway, in days.
    pub reconcile_days: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        // A week, and two days for whoever was away.
        Thresholds { future_tolerance_secs: 300, reconcile_days: 9 }
    }
}

/// The name of the ledger that has no folder of its own, beside others.
pub(super) const MAIN: &str = "main";

impl Ledger {
    /// The name that `--ledger` and a report have for it.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(MAIN)
    }

    /// The flag that names a ledger in a command, after a space; nothing where none is named.
    pub fn flag(name: Option<&str>) -> String {
        name.map(|name| format!(" --ledger {}", quoted(name))).unwrap_or_default()
    }

    /// The queries, that of the balances first.
    pub fn queries(&self) -> impl Iterator<Item = &Sql> {
        self.balances.iter().chain([&self.entries])
    }

    /// The query of the balances.
    ///
    /// # Errors
    /// A usage error where the application caches none.
    pub fn need_balances(&self) -> Result<&Sql> {
        self.balances.as_ref().ok_or_else(|| {
            Error::usage("the pack has no ledger/balances.sql, so no balance of an account is known")
                .hint("add ledger/balances.sql to the pack: see docs/packs.md")
        })
    }
}

/// The application's ledger and the balances cached from it.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The name of its folder, in a pack with folders of ledgers; none for `ledger/entries.sql` itself.
    pub name: Option<String>,
    /// Rows of entry_id, account, unit, delta, running, at, seq, arrival, kind, ref; running_before, where the balance
    /// before an entry is kept too; magnitude, the amount before it gets its sign; content, if seals are to digest more of an entry than that; and reverses, the entry
    /// that it undoes.
    pub entries: Sql,
    /// Rows of account, unit, balance, opened_at; floor and opening, where accounts have them. None where the application
    /// caches no balances.
    pub balances: Option<Sql>,
    /// The tables that the two read, from the `-- reads:` lines of their headers.
    pub reads: Vec<String>,
    /// The table each row of which is one entry, from the `-- rows:` line: the ledger's pass then
    /// counts it.
    pub rows_of: Option<String>,
    /// True if each entry carries the balance after it.
    pub running: bool,
    /// The column that orders the entries of an account.
    pub order: Order,
    /// True for double entry: in each unit, the entries of a ref sum to zero.
    pub balanced: bool,
    /// True if no balance of the past may be below its floor either, where no entry carries one.
    pub recompute: bool,
}

/// The column that orders the entries of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The time; `seq` decides between entries of one instant.
    #[default]
    At,
    /// `seq` alone; the time is only shown.
    Seq,
}

/// The application's jobs.
#[derive(Debug, Clone)]
pub struct Jobs {
    /// Rows of job_id, kind, status, attempts, max_attempts, worker, created_at, scheduled_at, retry_at,
    /// started_at, lease_until, finished_at, failed_at, error, payload, result, version; and, where it has them,
    /// queue, priority, blocked_by, unique_key and progress_at.
    pub jobs: Sql,
    /// The tables that the queries about jobs read, from the `-- reads:` lines of their headers; all of the pack where one of
    /// them has no such line.
    pub reads: Vec<String>,
    /// Rows of job_id, number, worker, at, started_at, finished_at, succeeded, error.
    pub attempts: Option<Sql>,
    /// Rows of worker, queues, kinds, heartbeat, since, and optionally in_turn: the workers that run, idle ones too.
    pub workers: Option<Sql>,
    /// Rows of queue, paused, limit.
    pub queues: Option<Sql>,
    /// Rows of name, cron, queue, kind, next_at, last_at, enabled.
    pub schedules: Option<Sql>,
    /// Rows of job_id, queue, kind, since: the jobs that may be taken now, in the order in which they will be.
    pub claimable: Option<Sql>,
    /// Rows of queue, kind, what, at, created_at, and optionally priority: the jobs that were added, that are done and that
    /// failed lately.
    pub pace: Option<Sql>,
    /// What the pack's functions can do beside changing one job at once.
    pub abilities: Vec<Ability>,
    /// The application's words for the status of a job, each with its meaning.
    pub states: Vec<(String, JobState)>,
    /// The facts that its jobs do not hold.
    pub lacks: Vec<JobFact>,
    /// The application's words of jobs to which a change cannot be done, by the name of the change.
    pub cannot: BTreeMap<String, Vec<String>>,
    /// The beginnings of the errors that the queue itself writes about a job whose worker is gone.
    pub rescued: Vec<String>,
    /// True if the application deletes jobs that are done, perhaps minutes after they ended.
    pub prunes: bool,
    /// True if a worker takes the jobs of several queues in one order; else each queue has its own.
    pub across_queues: bool,
    /// The longest that a job may wait for a worker before bursar reports it, in seconds.
    pub patience_secs: u32,
    /// The topic of statistics about the jobs.
    pub topic: String,
    /// The streams of Redis from which workers take them; empty where workers ask the database.
    pub streams: Vec<JobStream>,
}

impl Jobs {
    /// The names of the changes of jobs.
    pub const CHANGES: [&'static str; 5] = ["retry", "cancel", "release", "delete", "reschedule"];

    /// True if a job that is done may be gone, at once or soon after.
    pub fn may_forget_done(&self) -> bool {
        self.prunes || self.lacks.contains(&JobFact::Done)
    }
}

/// A stream of Redis from which workers take jobs.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobStream {
    /// The key of the stream.
    pub stream: String,
    /// The group of its workers.
    pub group: String,
    /// The kinds of the jobs in it; without any, those of no other stream.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The field of an entry that holds the id of its job.
    #[serde(default = "job_id")]
    pub job: String,
    /// The other fields of an entry, each with the column of `jobs.sql` that it is a copy of.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

impl JobStream {
    /// The columns of `jobs.sql` that an entry may repeat.
    pub const COLUMNS: [&'static str; 6] = ["kind", "status", "attempts", "max_attempts", "created_at", "payload"];
}

fn job_id() -> String {
    "job_id".to_owned()
}

/// The state of a job, whatever the application's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for a worker, which may take it now or at its time.
    Queued,
    /// No worker may take it yet, whatever the time: something holds it back.
    Waiting,
    /// A worker has it.
    Running,
    /// It failed, and is tried again later.
    Failed,
    /// It succeeded.
    Done,
    /// It failed for good, and is not tried again. Where the application has no word for cancelled, so is what was cancelled.
    Dead,
    /// Somebody forbade it.
    Cancelled,
}

impl JobState {
    /// Every state, in the order in which a job goes through them.
    pub const ALL: [JobState; 7] = [
        JobState::Queued,
        JobState::Waiting,
        JobState::Running,
        JobState::Failed,
        JobState::Done,
        JobState::Dead,
        JobState::Cancelled,
    ];

    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Waiting => "waiting",
            JobState::Running => "running",
            JobState::Failed => "failed",
            JobState::Done => "done",
            JobState::Dead => "dead",
            JobState::Cancelled => "cancelled",
        }
    }
}

/// What a pack may be able to do to a queue, if it brings the function for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// Set the time from which a job may be taken.
    Reschedule,
    /// Pause a queue and resume it.
    Pause,
    /// Add the job of a schedule now.
    RunSchedule,
}

impl Ability {
    /// All of them.
    pub const ALL: [Ability; 3] = [Ability::Reschedule, Ability::Pause, Ability::RunSchedule];

    /// The function of the pack that does it, in the schema of bursar.
    pub const fn function(self) -> &'static str {
        match self {
            Ability::Reschedule => "reschedule_job",
            Ability::Pause => "pause_queue",
            Ability::RunSchedule => "run_schedule",
        }
    }
}

/// A fact that the jobs of an application may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobFact {
    /// The time until which a worker has a job.
    Leases,
    /// The worker that has or had a job.
    Workers,
    /// The time at which a worker began with a job.
    Starts,
    /// The time at which a job ended that did not succeed; without it, the time of its last failure is used.
    Ends,
    /// The number of times that a job was tried.
    Attempts,
    /// The time at which a job was added.
    Added,
    /// The jobs that are done: the application deletes them.
    Done,
}

/// A topic of business figures.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name, such as `users`.
    pub name: String,
    /// Its subject, for people.
    pub title: String,
    /// Rows of at, metric, value, unit, for a window ($1, $2), a bucket ($3) and a time zone ($4).
    pub sql: Sql,
    /// The metrics, with their units, that are zero if the query has no row of them.
    pub counts: Vec<(String, Option<String>)>,
    /// The metrics that are not compared with an earlier window, because rows leave them later.
    pub incomparable: Vec<String>,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the audit stays clean.
    Warn,
    /// Derived data disagrees with its source.
    #[default]
    Error,
}

impl Severity {
    /// The name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Warn => "warn",
            Severity::Error => "error",
        }
    }
}

/// A check of the application's own: a query whose rows are the violations.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its id, such as `payments.granted`.
    pub id: String,
    /// The statement that is true if it passes.
    pub title: String,
    /// The severity of a violation.
    pub severity: Severity,
    /// The tables that it reads.
    pub reads: Vec<String>,
    /// The reason for it.
    pub why: String,
    /// The likely cause of a violation.
    pub cause: String,
    /// The remedy of one.
    pub remedy: String,
    /// The query.
    pub sql: Sql,
    /// The queries of the pack that it counts on, if it is a canonical one.
    pub sources: BTreeSet<Source>,
    /// The references, as `table.column`, whose missing targets it reports.
    pub references: Vec<String>,
    /// The reason why this pack cannot be checked for it, if it cannot.
    pub lacks: Option<String>,
}

impl Check {
    /// True for the example that drafts of packs used to hold. It finds nothing, whatever there is, so it does not
    /// count as a check.
    pub fn is_placeholder(&self) -> bool {
        self.title == "What holds when this check passes"
    }
}

/// An inconsistency that can be put in, to test the checks.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its kind, as in `--faults KIND`.
    pub kind: String,
    /// Its effect, for people.
    pub title: String,
    /// A statement of two parameters, a seed and the accounts to leave alone, that puts it in.
    pub sql: Sql,
}
