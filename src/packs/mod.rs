//! Packs: what an application's schema means.
//!
//! A pack is a folder of TOML and SQL that maps a schema to canonical rows. The built-in ones are
//! embedded; `--app DIR` loads one from disk, with the same checks. This folder is the only place
//! that knows an application's name.

mod access;
mod aethercrown;
mod avolve;
mod check;
mod detect;
mod enter;
mod key;
mod load;
mod mimivibe;
#[path = "organic-os/mod.rs"]
mod organic_os;
mod propose;

use include_dir::{Dir, include_dir};

pub use access::{Access, hint, schema_exists};
pub use check::{Problem, verify};
pub use detect::{missing_columns, select};
pub use enter::{Trust, listed};
pub use key::Key;
pub use propose::{Proposal, propose};

use crate::error::{Error, Result};
use crate::seed::Simulate;

const NO_LEDGER: &str = "keeps no ledger, so there are no balances to compare with one";
const NO_PAYMENTS: &str = "keeps no payments, so there is nothing to refund";
const NO_JOBS: &str = "keeps no jobs, so there is no queue to look at";

static FOLDERS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/packs");

/// The built-in packs, by name: each a folder beside this file, and the simulation that fills its
/// database with lifelike data.
static BUILT_IN: [(&str, Simulate); 4] = [
    // The reference system comes first: the demonstration plays on it.
    ("mimivibe", mimivibe::simulate),
    ("avolve", avolve::simulate),
    ("organic-os", organic_os::simulate),
    ("aethercrown", aethercrown::simulate),
];

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
    /// The ledger, where the application keeps one.
    pub ledger: Option<Ledger>,
    /// The payments, where it keeps them.
    pub payments: Option<Payments>,
    /// The jobs, where it keeps them.
    pub jobs: Option<Jobs>,
    /// Business figures, by topic.
    pub stats: Vec<Topic>,
    /// The application's own checks.
    pub checks: Vec<Check>,
    /// Known inconsistencies that can be put in, to try alarms.
    pub faults: Vec<Fault>,
    /// What lifelike data looks like, for the simulation.
    pub seed: Option<toml::Table>,
    /// What writes, as files of functions in the `bursar` schema. Several statements each.
    pub functions: Vec<Sql>,
    /// A statement that puts the database in order after a seed, such as making partitions.
    pub after_seed: Option<Sql>,
    /// The simulation, for a built-in pack.
    pub simulate: Option<Simulate>,
    /// Where the pack came from, for messages.
    pub origin: String,
    /// SQL files of its folder that are no part of it, because of their names or places.
    pub passed_over: Vec<String>,
    /// What whoever runs it vouches for.
    pub trust: Trust,
}

/// A unit of account, such as a currency or a kind of token.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// As the database writes it.
    pub name: String,
    /// For people.
    pub title: String,
    /// Digits after the decimal point in one whole unit.
    pub decimals: u32,
}

/// Bounds that the audit applies.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// How far ahead of the server's clock an entry may be dated, in seconds.
    pub future_tolerance_secs: u32,
}

/// One SQL text of a pack, and the file that it came from.
#[derive(Debug, Clone)]
pub struct Sql {
    /// The file, relative to the pack's folder.
    pub file: String,
    /// One statement, without a semicolon.
    pub text: String,
}

/// What a pack's query means by `{refunds}` and `{refund_transitions}` where bursar keeps no refunds:
/// the columns that it may name, and no row.
const NO_REFUNDS: [(&str, &str); 2] = [
    (
        "refunds",
        "(SELECT NULL::uuid AS id, NULL::text AS payment, NULL::text AS account, NULL::bigint AS paid, NULL::bigint AS amount, NULL::text AS currency, NULL::text AS unit, NULL::numeric AS units_taken, NULL::numeric AS units_found, NULL::numeric AS units_written_off, NULL::text AS state, NULL::text AS entry, NULL::text AS reversal, NULL::boolean AS refused, NULL::timestamptz AS created_at, NULL::timestamptz AS updated_at WHERE false)",
    ),
    (
        "refund_transitions",
        "(SELECT NULL::uuid AS refund, NULL::integer AS position, NULL::text AS from_state, NULL::text AS to_state, NULL::timestamptz AS at WHERE false)",
    ),
];

impl Sql {
    /// The statement with bursar's own tables filled in, or with empty ones where this database has
    /// none.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    pub async fn filled(&self, connection: &mut crate::db::Connection) -> Result<String> {
        Ok(self.filled_where(connection, |_| true).await?.0)
    }

    /// The statement as [`Sql::filled`] makes it, but with empty ones also for those of bursar's own tables that this
    /// role may not read; and the names of these.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    pub async fn filled_as_readable(&self, connection: &mut crate::db::Connection) -> Result<(String, Vec<String>)> {
        self.filled_where(connection, |readable| readable).await
    }

    /// Fills in the tables that there are and that are wanted, of which it is told whether this role may read them.
    /// Returns the names of those that are not wanted too.
    async fn filled_where(
        &self,
        connection: &mut crate::db::Connection,
        wanted: impl Fn(bool) -> bool,
    ) -> Result<(String, Vec<String>)> {
        let (mut text, mut left_out) = (self.text.clone(), Vec::new());
        for (table, none) in NO_REFUNDS {
            let placeholder = format!("{{{table}}}");
            if !text.contains(&placeholder) {
                continue;
            }
            let readable: Option<bool> = sqlx::query_scalar(
                "SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'bursar' AND c.relname = $1",
            )
            .bind(table)
            .fetch_optional(&mut *connection)
            .await?;
            let name = format!("bursar.{table}");
            text = text.replace(&placeholder, if readable.is_some_and(&wanted) { &name } else { none });
            left_out.extend(readable.filter(|readable| !wanted(*readable)).map(|_| name));
        }
        Ok((text, left_out))
    }
}

/// Where the application keeps its ledger and the balances cached from it.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// Rows of entry_id, account, unit, delta, running, at, seq, arrival, kind, ref; and content, where
    /// seals are to digest more of an entry than that.
    pub entries: Sql,
    /// Rows of account, unit, balance, opened_at.
    pub balances: Sql,
    /// The tables that the two read, as the `-- reads:` lines of their headers say.
    pub reads: Vec<String>,
    /// The table each row of which is one entry, where there is such a table, as the `-- rows:`
    /// line says: the ledger's pass then counts it.
    pub rows_of: Option<String>,
    /// Whether entries carry the balance that they left.
    pub running: bool,
}

/// Where the application keeps its payments.
#[derive(Debug, Clone)]
pub struct Payments {
    /// Rows of payment_id, account, customer, amount, currency, status, refundable, provider,
    /// provider_ids, granted, unit, created_at.
    pub sql: Sql,
    /// The tables that it reads, where the `-- reads:` line of its header says so.
    pub reads: Vec<String>,
    /// What the amounts count.
    pub amounts: Amounts,
}

/// What the amounts of payments count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amounts {
    /// The smallest unit of the currency, such as satang.
    Minor,
    /// The currency itself, with decimals.
    Major,
}

/// Where the application keeps its jobs.
#[derive(Debug, Clone)]
pub struct Jobs {
    /// Rows of job_id, kind, status, attempts, max_attempts, worker, created_at, scheduled_at, retry_at,
    /// started_at, lease_until, finished_at, failed_at, error, payload, result, version.
    pub jobs: Sql,
    /// Rows of job_id, number, worker, at, started_at, finished_at, succeeded, error.
    pub attempts: Option<Sql>,
    /// The application's words for how a job stands, and what each means.
    pub states: Vec<(String, JobState)>,
    /// What its jobs do not say.
    pub lacks: Vec<JobFact>,
    /// How long a job may wait for a worker before that is worth a word, in seconds.
    pub patience_secs: u32,
    /// The topic of statistics that is about them.
    pub topic: String,
}

/// How a job stands, whatever the application's word for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It failed, and is tried again when its time has come.
    Failed,
    /// It succeeded.
    Done,
    /// It failed or was cancelled, and is not tried again.
    Dead,
}

impl JobState {
    /// Every state, in the order in which a job goes through them.
    pub const ALL: [JobState; 5] =
        [JobState::Queued, JobState::Running, JobState::Failed, JobState::Done, JobState::Dead];

    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Failed => "failed",
            JobState::Done => "done",
            JobState::Dead => "dead",
        }
    }
}

/// What the jobs of an application may say or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobFact {
    /// Until when a worker has a job.
    Leases,
    /// Which worker has or had a job.
    Workers,
    /// When a worker began with a job.
    Starts,
    /// When a job ended that did not succeed: when it failed last stands for it.
    Ends,
    /// How often a job was tried.
    Attempts,
}

/// A topic of business figures.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name, such as `users`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// Rows of at, metric, value, unit, for a window ($1, $2), a bucket ($3) and a time zone ($4).
    pub sql: Sql,
    /// The metrics, with their units, that are zero where the query has no row of them.
    pub counts: Vec<(String, Option<String>)>,
    /// The metrics that are not compared with an earlier window, because what they count leaves it later.
    pub incomparable: Vec<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look; the audit stays clean.
    Warn,
    /// Something that is derived disagrees with what it was derived from.
    #[default]
    Error,
}

impl Severity {
    /// Its name in every output.
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
    /// What holds when it passes.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// The tables that it reads.
    pub reads: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// The likely cause of a violation.
    pub cause: String,
    /// What to do about one.
    pub remedy: String,
    /// The query.
    pub sql: Sql,
}

impl Check {
    /// Whether it is the example that drafts of packs used to hold. It finds nothing, whatever there is, so it does not
    /// count as a check.
    pub fn is_placeholder(&self) -> bool {
        self.title == "What holds when this check passes"
    }
}

/// A known inconsistency that can be put in.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its kind, as in `--faults KIND`.
    pub kind: String,
    /// What it does.
    pub title: String,
    /// A statement of two parameters, a seed and the accounts to leave alone, that puts it in.
    pub sql: Sql,
}

/// The names of the built-in packs.
pub fn names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

/// All built-in packs.
///
/// # Errors
/// A built-in pack that does not load is a defect that the test suite finds.
pub fn built_in() -> Result<Vec<Pack>> {
    BUILT_IN
        .iter()
        .map(|(name, simulate)| {
            let folder =
                FOLDERS.get_dir(name).ok_or_else(|| Error::failed(format!("the pack {name} is not embedded")))?;
            let mut pack = load::from_embedded(folder, name)?;
            pack.simulate = Some(*simulate);
            Ok(pack)
        })
        .collect()
}

/// The pack that `--app` names: a built-in one by its name, or a folder on disk.
///
/// # Errors
/// Usage errors: no such pack, or a pack on disk that is wrong, with file and line.
pub fn named(name: &str) -> Result<Pack> {
    let folder = std::path::Path::new(name);
    if name.contains(std::path::MAIN_SEPARATOR) || name == "." || name == ".." {
        return load::from_disk(folder);
    }
    match built_in()?.into_iter().find(|p| p.name == name) {
        Some(pack) => Ok(pack),
        None if folder.join("pack.toml").is_file() => load::from_disk(folder),
        None => Err(Error::usage(format!("there is no pack '{name}'")).hint(format!(
            "the built-in packs are: {}; a folder of your own is named by its path, such as ./{name}",
            names().join(", ")
        ))),
    }
}

impl Pack {
    /// The SQL that makes the path of [`Pack::enter`] again, which has looked at it.
    pub fn set_search_path(&self) -> String {
        crate::db::path_of(&self.schema)
    }

    /// Every query of the pack that returns canonical rows, with the columns it has to return.
    pub fn queries(&self) -> Vec<(&Sql, &'static [&'static str])> {
        const ENTRIES: &[&str] =
            &["entry_id", "account", "unit", "delta", "running", "at", "seq", "arrival", "kind", "ref"];
        const BALANCES: &[&str] = &["account", "unit", "balance", "opened_at"];
        const CHECK: &[&str] = &["table_name", "key", "account", "unit", "expected", "actual", "message"];
        const PAYMENTS: &[&str] = &[
            "payment_id",
            "account",
            "customer",
            "amount",
            "currency",
            "status",
            "refundable",
            "provider",
            "provider_ids",
            "granted",
            "unit",
            "created_at",
        ];
        const JOBS: &[&str] = &[
            "job_id",
            "kind",
            "status",
            "attempts",
            "max_attempts",
            "worker",
            "created_at",
            "scheduled_at",
            "retry_at",
            "started_at",
            "lease_until",
            "finished_at",
            "failed_at",
            "error",
            "payload",
            "result",
            "version",
        ];
        const ATTEMPTS: &[&str] =
            &["job_id", "number", "worker", "at", "started_at", "finished_at", "succeeded", "error"];
        const STATS: &[&str] = &["at", "metric", "value", "unit"];
        let mut queries: Vec<(&Sql, &'static [&'static str])> = Vec::new();
        if let Some(ledger) = &self.ledger {
            queries.extend([(&ledger.entries, ENTRIES), (&ledger.balances, BALANCES)]);
        }
        if let Some(payments) = &self.payments {
            queries.push((&payments.sql, PAYMENTS));
        }
        if let Some(jobs) = &self.jobs {
            queries.push((&jobs.jobs, JOBS));
            queries.extend(jobs.attempts.iter().map(|a| (a, ATTEMPTS)));
        }
        queries.extend(self.stats.iter().map(|t| (&t.sql, STATS)));
        queries.extend(self.checks.iter().map(|c| (&c.sql, CHECK)));
        queries
    }

    /// The ledger.
    ///
    /// # Errors
    /// A usage error where there is none.
    pub fn need_ledger(&self) -> Result<&Ledger> {
        self.ledger.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_LEDGER}", self.name)))
    }

    /// The payments.
    ///
    /// # Errors
    /// A usage error where there are none.
    pub fn need_payments(&self) -> Result<&Payments> {
        self.payments.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_PAYMENTS}", self.name)))
    }

    /// The jobs.
    ///
    /// # Errors
    /// A usage error where there are none.
    pub fn need_jobs(&self) -> Result<&Jobs> {
        self.jobs.as_ref().ok_or_else(|| Error::usage(format!("{} {NO_JOBS}", self.name)))
    }

    /// What the pack lacks, each in one sentence.
    pub fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        let mut lack = |missing: bool, what: &str| {
            if missing {
                lacks.push(format!("{} {what}", self.name));
            }
        };
        lack(self.ledger.is_none(), NO_LEDGER);
        lack(
            self.ledger.as_ref().is_some_and(|l| !l.running),
            "keeps no running balances, so the chain of entries is not checked",
        );
        lack(self.payments.is_none(), NO_PAYMENTS);
        lack(self.jobs.is_none(), NO_JOBS);
        let lacks_fact = |fact| self.jobs.as_ref().is_some_and(|j| j.lacks.contains(&fact));
        lack(lacks_fact(JobFact::Leases), "keeps no leases of its jobs, so one that a worker has left is not told");
        lack(lacks_fact(JobFact::Workers), "does not say which worker has a job");
        lack(lacks_fact(JobFact::Starts), "does not say when a worker began with a job");
        lack(lacks_fact(JobFact::Attempts), "does not say how often a job was tried");
        lack(self.jobs.as_ref().is_some_and(|j| j.attempts.is_none()), "keeps no attempts of its jobs");
        lack(self.simulate.is_none() || self.seed.is_none(), "has no simulation, so it cannot be seeded");
        lacks
    }
}
