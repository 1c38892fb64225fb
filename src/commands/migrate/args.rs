//! `bursar migrate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::lint::Lint;
use crate::commands::cli::Output;
use crate::commands::uses;
use crate::commands::values::duration;

/// Bring a database to the current schema, or see how it stands
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Write an empty migration behind the last one
    #[command(
        after_help = "Examples:\n  bursar migrate new add_gift_cards\n  bursar migrate new add_gift_cards --reversible --source db/migrations"
    )]
    New {
        /// What it does, in snake_case
        name: String,
        /// Also a file that takes it back
        #[arg(long)]
        reversible: bool,
        /// The directory of the migrations
        #[arg(long, value_name = "DIR", default_value = "migrations")]
        source: PathBuf,
    },
    /// Show what is applied, pending, changed or missing; writes nothing
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate status\n  bursar migrate status --check -o json\n  bursar migrate status --source migrations"
    )]
    Status {
        /// Exit 3 when anything is pending, or keeps `migrate up` from going on
        #[arg(long)]
        check: bool,
        /// Where the migrations come from.
        #[command(flatten)]
        source: MigrateSource,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show the SQL that would run, what it locks, and how large that is; writes nothing
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate plan --app mimivibe\n  bursar migrate plan --source migrations -o json"
    )]
    Plan {
        /// Where the migrations come from.
        #[command(flatten)]
        source: MigrateSource,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    Lint(Lint),
    /// Apply what is pending, each migration in a transaction of its own
    ///
    /// Where a statement cannot be in a transaction, as CREATE INDEX CONCURRENTLY, the statements of its
    /// file run one by one, each recorded, and a run that stopped goes on where it stopped.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate up --app mimivibe --yes\n  bursar migrate up --only bursar --yes\n  bursar migrate up --source migrations --yes"
    )]
    Up(MigrateUp),
    /// Take migrations back, newest first
    ///
    /// Refused where one has no file for it, on a protected database, and where rows of the ledger or of
    /// payments would be dropped.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate down --app mimivibe --yes\n  bursar migrate down --app mimivibe --to 20251101000500 --dry-run"
    )]
    Down(MigrateDown),
    /// Try the migrations on a scratch database, and compare its schema with this one; exit 3 where they differ
    ///
    /// All of them are applied, taken back as far as there are files for it, and applied again. The scratch
    /// database is on a private server, which is gone afterwards; nothing is written to the connected one.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate verify --app mimivibe\n  bursar migrate verify --source migrations -o json"
    )]
    Verify {
        /// A server on which to make the scratch database, and drop it [default: a private one]
        #[arg(long, value_name = "URL", env = "BURSAR_SCRATCH_URL", hide_env_values = true)]
        scratch: Option<String>,
        /// A directory of migrations of your own, as sqlx names them [default: those of the application]
        #[arg(long, value_name = "DIR")]
        source: Option<PathBuf>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Adopt a database that has its tables already: record migrations as applied without running them
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate baseline --source migrations --detect --dry-run\n  bursar migrate baseline 20250101000000 --source migrations --yes"
    )]
    Baseline(MigrateBaseline),
    /// Put the history right, or drop INVALID indexes; prints its SQL first
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate repair --restamp --dry-run\n  bursar migrate repair --drop-invalid-indexes --yes"
    )]
    Repair(MigrateRepair),
}

impl Migrate {
    /// The command, as it names itself to the server.
    pub fn name(&self) -> &'static str {
        match self {
            Migrate::New { .. } => "migrate new",
            Migrate::Status { .. } => "migrate status",
            Migrate::Plan { .. } => "migrate plan",
            Migrate::Lint(_) => "migrate lint",
            Migrate::Up(_) => "migrate up",
            Migrate::Down(_) => "migrate down",
            Migrate::Verify { .. } => "migrate verify",
            Migrate::Baseline(_) => "migrate baseline",
            Migrate::Repair(_) => "migrate repair",
        }
    }
}

/// Where migrations come from.
#[derive(Debug, Clone, Args)]
pub struct MigrateSource {
    /// A directory of migrations of your own, as sqlx names them [default: those of the application]
    #[arg(long, value_name = "DIR", conflicts_with = "only")]
    pub source: Option<PathBuf>,
    /// Only this set: bursar's own schema
    #[arg(long, value_name = "SET", value_parser = ["bursar"])]
    pub only: Option<String>,
}

/// The server itself, for what a transaction pooler cannot do.
#[derive(Debug, Clone, Args)]
pub struct MigrationUrl {
    /// The server's direct address, where the database is otherwise reached through a transaction pooler [env: MIGRATION_URL]
    #[arg(long, value_name = "URL")]
    pub migration_url: Option<String>,
}

/// How long a run waits, and for what.
#[derive(Debug, Clone, Copy, Args)]
pub struct Patience {
    /// How long to wait for another run to end
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub lock_wait: Duration,
    /// How long a statement may wait for a lock, and keep everybody behind it waiting too
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "3s")]
    pub lock_timeout: Duration,
    /// How often to try again what did not get its locks in time
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: u32,
    /// How long a statement may run [default: as long as it takes]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
}

/// `bursar migrate up`.
#[derive(Debug, Args)]
pub struct MigrateUp {
    /// The last one to apply
    #[arg(long, value_name = "VERSION", conflicts_with = "only")]
    pub to: Option<i64>,
    /// How many to apply at most
    #[arg(long, value_name = "N", conflicts_with_all = ["to", "only"], value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Option<u32>,
    /// Also those that are older than one that is applied
    #[arg(long)]
    pub allow_out_of_order: bool,
    /// Show what would be applied, and apply nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How patient to be.
    #[command(flatten)]
    pub patience: Patience,
    /// Where the migrations come from.
    #[command(flatten)]
    pub source: MigrateSource,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The server itself, where there is a pooler.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate down`.
#[derive(Debug, Args)]
pub struct MigrateDown {
    /// How many to take back
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: u32,
    /// The one that becomes the last; 0 takes all of them back
    #[arg(long, value_name = "VERSION", conflicts_with = "steps")]
    pub to: Option<i64>,
    /// Show what would be taken back, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How patient to be.
    #[command(flatten)]
    pub patience: Patience,
    /// A directory of migrations of your own [default: those of the application]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The server itself, where there is a pooler.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate baseline`.
#[derive(Debug, Args)]
pub struct MigrateBaseline {
    /// The last migration whose objects the database has already
    #[arg(required_unless_present = "detect")]
    pub version: Option<i64>,
    /// Look on a scratch database what each migration makes, and which of that is there
    #[arg(long)]
    pub detect: bool,
    /// A server on which to make the scratch database, and drop it [default: a private one]
    #[arg(long, value_name = "URL", env = "BURSAR_SCRATCH_URL", hide_env_values = true)]
    pub scratch: Option<String>,
    /// Show what would be recorded, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// A directory of migrations of your own [default: those of the application]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// The server itself, where there is a pooler.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate repair`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["restamp", "mark_applied", "mark_reverted", "drop_invalid_indexes"]))]
pub struct MigrateRepair {
    /// Record the checksums of the files as they are now, where only line ends differ
    #[arg(long)]
    pub restamp: bool,
    /// With --restamp: also where more than line ends differs
    #[arg(long, requires = "restamp")]
    pub force: bool,
    /// Record a migration as applied, without running it
    #[arg(long, value_name = "VERSION")]
    pub mark_applied: Option<i64>,
    /// Record a migration as not applied, without taking it back
    #[arg(long, value_name = "VERSION")]
    pub mark_reverted: Option<i64>,
    /// Drop indexes that a failed CREATE INDEX CONCURRENTLY left INVALID
    #[arg(long)]
    pub drop_invalid_indexes: bool,
    /// Show the SQL, and run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where the migrations come from.
    #[command(flatten)]
    pub source: MigrateSource,
    /// The server itself, where there is a pooler.
    #[command(flatten)]
    pub direct: MigrationUrl,
}
