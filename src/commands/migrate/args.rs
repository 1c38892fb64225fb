//! `bursar migrate`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

#[cfg(feature = "lint")]
use super::lint::Lint;
use crate::commands::uses;
use crate::commands::values::duration;
use crate::output::Output;

/// Show, check and change the schema of a database
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Write an empty migration after the last one
    #[command(
        after_help = "Examples:\n  bursar migrate new add_gift_cards\n  bursar migrate new add_gift_cards --reversible --source db/migrations"
    )]
    New {
        /// Name of the migration, in snake_case
        name: String,
        /// Also write a file that takes it back
        #[arg(long)]
        reversible: bool,
        /// Directory of the migrations
        #[arg(long, value_name = "DIR", default_value = "migrations")]
        source: PathBuf,
    },
    /// Show which migrations are applied, pending, changed or missing. Writes nothing
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate status\n  bursar migrate status --check -o json\n  bursar migrate status --source migrations"
    )]
    Status {
        /// Exit 3 when a migration is pending, or when `migrate up` refuses
        #[arg(long)]
        check: bool,
        /// Pass over applied migrations without a file, as `up --ignore-missing` does
        #[arg(long)]
        ignore_missing: bool,
        /// The source of the migrations.
        #[command(flatten)]
        source: MigrateSource,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show the SQL of the pending migrations, its locks and the size of the locked tables. Writes nothing
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate plan --app mimivibe\n  bursar migrate plan --source migrations -o json"
    )]
    Plan {
        /// Pass over applied migrations without a file, as `up --ignore-missing` does
        #[arg(long)]
        ignore_missing: bool,
        /// The source of the migrations.
        #[command(flatten)]
        source: MigrateSource,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    #[cfg(feature = "lint")]
    Lint(Lint),
    /// Apply the pending migrations, each in its own transaction
    ///
    /// A file with a statement that cannot run in a transaction, such as CREATE INDEX CONCURRENTLY, is run statement by
    /// statement. Each statement is recorded, and the next run continues after the last one.
    /// A database that has the application's tables already, but no history of migrations, is refused (exit 2).
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate up --app mimivibe --yes\n  bursar migrate up --only bursar --yes\n  bursar migrate up --source migrations --yes"
    )]
    Up(MigrateUp),
    /// Take migrations back, newest first
    ///
    /// Refused when a migration has no file for it, when the database is protected, and when rows of the ledger or of
    /// payments would be dropped.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate down --app mimivibe --yes\n  bursar migrate down --app mimivibe --to 20251101000500 --dry-run"
    )]
    Down(MigrateDown),
    /// Run the migrations on a scratch database and compare its schema with the connected one. Exit 3 when they differ
    ///
    /// All migrations are applied, taken back as far as there are files for it, and applied again. The scratch database
    /// is on a private server that is removed afterwards. Nothing is written to the connected database. Exit 6: only the
    /// connected schema differs, and the private server is of another version of PostgreSQL, which may be why.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate verify --app mimivibe\n  bursar migrate verify --source migrations -o json"
    )]
    Verify {
        /// Server for the scratch database, which is dropped afterwards [default: a private server]
        #[arg(long, value_name = "URL", env = "BURSAR_SCRATCH_URL", hide_env_values = true)]
        scratch: Option<String>,
        /// The directory.
        #[command(flatten)]
        own: OwnMigrations,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Write the schema as one file, as pg_dump writes it, with the history of the migrations
    ///
    /// The text is the same while the schema is: it has no date, no version and no owner. The rows of the history are at its
    /// end, so that migrations go on in a database that the file was loaded into. bursar's own schema is left out.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar migrate dump --source migrations\n  bursar migrate dump --source migrations --write schema.sql"
    )]
    Dump(MigrateDump),
    /// Wait until the server answers
    ///
    /// Exit 5 when it does not answer in time, and at once when it answers that it lets nobody in: a wrong password, or a
    /// database that is not there.
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar migrate wait\n  bursar migrate wait --wait 5m && bursar migrate up --source migrations --yes"
    )]
    Wait {
        /// Maximum wait
        #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
        wait: Duration,
        /// The direct address of the server.
        #[command(flatten)]
        direct: MigrationUrl,
    },
    /// Bring an application that something else set up to the schema of its migrations, with its rows
    ///
    /// The schema is made on a scratch database, and the difference is written as SQL: what is missing is created, what
    /// is another is replaced, and what the migrations do not know is left alone. Without --apply or --yes, the SQL is
    /// only shown. It is applied in one transaction, which is rolled back if a difference remains.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate adopt --app mimivibe\n  bursar migrate adopt --app mimivibe --write adoption.sql\n  bursar migrate adopt --app mimivibe --yes"
    )]
    Adopt(MigrateAdopt),
    /// Record migrations as applied in a database that has their tables already. Run none
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate baseline --source migrations --detect --dry-run\n  bursar migrate baseline 20250101000000 --source migrations --yes"
    )]
    Baseline(MigrateBaseline),
    /// Take over another tool's migrations: its files, or its history. Run none
    ///
    /// Reads the formats of goose, sql-migrate, dbmate, diesel, prisma, drizzle, Flyway and plain numbers. --from writes
    /// each migration as a file of bursar's own format. --history records as applied what the other tool's history
    /// table has; that table stays as it is.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate import --from db/goose --source migrations\n  bursar migrate import --history --source migrations --dry-run"
    )]
    Import(MigrateImport),
    /// Correct the history, or drop INVALID indexes. Shows the SQL first
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar migrate repair --restamp --dry-run\n  bursar migrate repair --drop-invalid-indexes --yes"
    )]
    Repair(MigrateRepair),
}

/// A directory of migrations, and its history.
#[derive(Debug, Clone, Default, Args)]
pub struct OwnMigrations {
    /// Directory of your own migrations, in sqlx's or another tool's format [default: the application's migrations]
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
    /// Table of the history, for several projects in one database [default: _sqlx_migrations]
    #[arg(long, value_name = "TABLE", requires = "source")]
    pub history_table: Option<String>,
}

/// The source of the migrations.
#[derive(Debug, Clone, Args)]
pub struct MigrateSource {
    /// The directory.
    #[command(flatten)]
    pub own: OwnMigrations,
    /// Only this set: bursar's own schema, or the directory of --source without it
    #[arg(long, value_name = "SET", value_parser = ["bursar", "source"])]
    pub only: Option<String>,
}

/// The direct address of the server, for what a transaction pooler cannot do.
#[derive(Debug, Clone, Args)]
pub struct MigrationUrl {
    /// Direct address of the server, if the database is reached through a transaction pooler [env: MIGRATION_URL]
    #[arg(long, value_name = "URL")]
    pub migration_url: Option<String>,
}

/// Time limits and retries of a run.
#[derive(Debug, Clone, Copy, Args)]
pub struct Patience {
    /// Maximum wait for another run of migrations to end
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s")]
    pub lock_wait: Duration,
    /// Maximum wait for a lock. Other sessions queue behind it meanwhile
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "3s")]
    pub lock_timeout: Duration,
    /// Maximum number of retries after a lock timeout
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub retries: u32,
    /// Maximum run time of a statement [default: none]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
}

/// `bursar migrate up`.
#[derive(Debug, Args)]
pub struct MigrateUp {
    /// Last migration to apply
    #[arg(long, value_name = "VERSION")]
    pub to: Option<i64>,
    /// Maximum number of migrations to apply
    #[arg(long, value_name = "N", conflicts_with = "to", value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: Option<u32>,
    /// Also apply migrations that are older than an applied one
    #[arg(long)]
    pub allow_out_of_order: bool,
    /// Go on although an applied migration has no file, as after several were made one
    #[arg(long)]
    pub ignore_missing: bool,
    /// Show the migrations to apply. Apply nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The limits.
    #[command(flatten)]
    pub patience: Patience,
    /// The source of the migrations.
    #[command(flatten)]
    pub source: MigrateSource,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate down`.
#[derive(Debug, Args)]
pub struct MigrateDown {
    /// Number of migrations to take back
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: u32,
    /// Last migration to keep. 0 takes all of them back
    #[arg(long, value_name = "VERSION", conflicts_with = "steps")]
    pub to: Option<i64>,
    /// Show the migrations to take back. Change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The limits.
    #[command(flatten)]
    pub patience: Patience,
    /// The directory.
    #[command(flatten)]
    pub own: OwnMigrations,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate dump`.
#[derive(Debug, Args)]
pub struct MigrateDump {
    /// Write to this file, which is replaced in one step [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// The directory.
    #[command(flatten)]
    pub own: OwnMigrations,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate adopt`.
#[derive(Debug, Args)]
pub struct MigrateAdopt {
    /// Write the SQL to this file, for review
    #[arg(long, value_name = "FILE", conflicts_with_all = ["apply", "dry_run"])]
    pub write: Option<PathBuf>,
    /// Apply the SQL of this file, as it was reviewed
    #[arg(long, value_name = "FILE")]
    pub apply: Option<PathBuf>,
    /// Show the SQL. Run nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Server for the scratch database, which is dropped afterwards [default: a private server]
    #[arg(long, value_name = "URL", env = "BURSAR_SCRATCH_URL", hide_env_values = true)]
    pub scratch: Option<String>,
    /// The limits.
    #[command(flatten)]
    pub patience: Patience,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate baseline`.
#[derive(Debug, Args)]
pub struct MigrateBaseline {
    /// Last migration that the database has had already
    #[arg(required_unless_present = "detect")]
    pub version: Option<i64>,
    /// Find out on a scratch database what each migration changes, and which of that is there
    #[arg(long)]
    pub detect: bool,
    /// Server for the scratch database, which is dropped afterwards [default: a private server]
    #[arg(long, value_name = "URL", env = "BURSAR_SCRATCH_URL", hide_env_values = true)]
    pub scratch: Option<String>,
    /// Also remove the rows of the history whose migrations have no file, as after several files were made one
    #[arg(long)]
    pub replace_missing: bool,
    /// Show the migrations to record. Record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The directory.
    #[command(flatten)]
    pub own: OwnMigrations,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate import`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("of").required(true).args(["from", "history"]))]
pub struct MigrateImport {
    /// Write the migrations of this directory to that of --source
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Record the migrations of --source that the history of another tool has
    #[arg(long)]
    pub history: bool,
    /// Directory that the files are written to, or that the history is about
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub source: PathBuf,
    /// Table of the history, for several projects in one database [default: _sqlx_migrations]
    #[arg(long, value_name = "TABLE", requires = "history")]
    pub history_table: Option<String>,
    /// Show what would be written. Write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}

/// `bursar migrate repair`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["restamp", "mark_applied", "mark_reverted", "drop_invalid_indexes", "record_schema"]))]
pub struct MigrateRepair {
    /// Record the checksums of the files as they are now, if only line ends differ
    #[arg(long)]
    pub restamp: bool,
    /// With --restamp: also if more than line ends differs
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
    /// Record the schema as it is now. The audit compares with that record
    #[arg(long)]
    pub record_schema: bool,
    /// Show what would be run or recorded. Change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The source of the migrations.
    #[command(flatten)]
    pub source: MigrateSource,
    /// The format.
    #[command(flatten)]
    pub output: Output,
    /// The direct address of the server.
    #[command(flatten)]
    pub direct: MigrationUrl,
}
