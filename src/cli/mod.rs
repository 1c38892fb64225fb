//! The command line, as clap types only. Help, man pages, completions and `docs/cli.md` are all
//! generated from here.

mod audit;
mod config;
pub mod docs;
mod doctor;
mod inspect;
mod jobs;
mod lint;
mod migrate;
mod operations;
mod output;
mod payments;
mod refund;
mod settings;
mod stats;
pub mod used;
pub mod values;
mod wallet;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use audit::{Audit, AuditAction, AuditDepth, AuditReading, AuditRun, AuditScope, FailOn};
pub use config::Config;
pub use doctor::Doctor;
pub use inspect::{Inspect, InspectFailOn};
pub use jobs::{JobChange, JobFilter, JobMatch, Jobs, JobsAction, JobsList};
pub use lint::{Lint, LintFormat};
pub use migrate::{
    Migrate, MigrateBaseline, MigrateDown, MigrateRepair, MigrateSource, MigrateUp, MigrationUrl, Patience,
};
pub use operations::{Operations, OperationsList};
pub use output::{
    AuditFiles, AuditFormat, AuditOutput, ChecksFormat, ChecksOutput, ReportFile, RowsFormat, RowsOutput, ScreenFormat,
    ScreenOutput,
};
pub use payments::{Payments, PaymentsList};
pub use refund::{IfSpent, Refund, RefundAction, RefundFlags, RefundReason};
pub use settings::Settings;
pub use stats::{Stats, StatsBucket, StatsCompare, StatsFormat};
pub use values::{Root, Since, Until};
use values::{duration, people, until};
pub use wallet::Wallet;

use crate::output::ColorChoice;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for a check: clean
  1  it failed; whatever it had begun was rolled back
  2  usage or configuration error; nothing was touched
  3  findings: audit violations, pending migrations with --check
  4  refused: declined, needs a terminal or --yes, a guard said no
  5  cannot connect, or the connection was lost
  6  incomplete: some of it could not be read or done
  7  conflict: a lock is held by another run, or the state changed
  129, 130, 143  hung up, interrupted, terminated (SIGHUP, SIGINT, SIGTERM)";

/// Admin command line for applications that keep wallets, payments and jobs in PostgreSQL.
///
/// bursar migrates a database, fills it with lifelike data, audits the ledger against the balances
/// that are cached from it, refunds payments exactly once, puts jobs right, and shows figures and the
/// health of the database. Try it without a database of your own: `bursar demo`.
#[derive(Debug, Parser)]
#[command(name = "bursar", version, styles = STYLES, after_long_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Flags that every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The database, as postgres://USER@HOST:PORT/DATABASE. PG* variables, ~/.pgpass and PGSERVICE work too [env: DATABASE_URL]
    #[arg(short = 'd', long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// A named environment from bursar.toml
    #[arg(long, global = true, value_name = "NAME")]
    pub env: Option<String>,
    /// The application: a built-in pack's name, or the folder of a pack [default: detected]
    #[arg(long, global = true, value_name = "NAME|DIR", env = "BURSAR_APP", hide_env_values = true)]
    pub app: Option<String>,
    /// The schema that the application's tables live in [default: as the pack says]
    #[arg(long, global = true, value_name = "NAME")]
    pub schema: Option<String>,
    /// Run a pack that is not built in also as a role that may do more at the server than read and write data
    #[arg(long, global = true)]
    pub trust_pack: bool,
    /// Go on where others have created, in the application's schema, what queries may take for something else
    #[arg(long, global = true)]
    pub trust_schema: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
    /// Say only what matters: no notes, no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Never ask; a write then needs --yes
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Agree to the write that is announced
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Agree to a write to a protected database, by its name
    #[arg(long, global = true, value_name = "DATABASE")]
    pub confirm: Option<String>,
    /// Who is doing this, for the operator log
    #[arg(long, global = true, value_name = "NAME", env = "BURSAR_OPERATOR", hide_env_values = true)]
    pub operator: Option<String>,
    /// Give up when the whole command takes longer, as 90s or 5m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Give up when a connection takes longer to open
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub connect_timeout: Duration,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(Demo),
    #[command(subcommand)]
    Sandbox(Sandbox),
    #[command(subcommand)]
    Migrate(Migrate),
    Seed(Seed),
    Audit(Box<Audit>),
    #[command(subcommand)]
    Payments(Payments),
    #[command(subcommand)]
    Wallet(Wallet),
    Refund(Box<Refund>),
    Jobs(Box<Jobs>),
    Stats(Stats),
    Inspect(Inspect),
    Doctor(Doctor),
    #[command(subcommand)]
    Operations(Operations),
    #[command(subcommand)]
    Settings(Settings),
    #[command(subcommand)]
    Pack(Pack),
    #[command(subcommand)]
    Config(Config),
    Completions(Completions),
    /// Print the manual page
    ///
    /// Writes the page of bursar itself, or with a name that of one command.
    #[command(after_help = "Examples:\n  bursar man > bursar.1\n  bursar man audit > bursar-audit.1")]
    Man {
        /// The command, as in `audit` or `migrate up`
        command: Vec<String>,
    },
}

/// Show what bursar does, on a private throw-away Postgres
///
/// Starts a Postgres of its own in a temporary directory, migrates it, seeds it, audits it, puts
/// three faults in, lets the audit find them, refunds a payment, and shows why jobs fail and how
/// business goes. Nothing else is touched, and nothing is left behind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar demo\n  bursar demo --keep")]
pub struct Demo {
    /// Leave the database running afterwards, and print how to connect
    #[arg(long)]
    pub keep: bool,
}

/// A private Postgres that stays, to try things on
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Start it, making it first where there is none; prints its URL
    #[command(
        after_help = "Examples:\n  bursar sandbox start --dir ./sandbox\n  export DATABASE_URL=$(bursar sandbox start)"
    )]
    Start {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
        /// Listen on this TCP port of 127.0.0.1 too, with a password kept in the directory
        #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
        port: Option<u16>,
    },
    /// Stop it; its data stays
    #[command(after_help = "Example:\n  bursar sandbox stop --dir ./sandbox")]
    Stop {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
    },
    /// Say whether it runs, and where
    #[command(after_help = "Example:\n  bursar sandbox status --dir ./sandbox")]
    Status {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Print its URL
    #[command(
        after_help = "Examples:\n  bursar sandbox url --dir ./sandbox\n  bursar audit -d \"$(bursar sandbox url)\""
    )]
    Url {
        /// Where it is.
        #[command(flatten)]
        place: SandboxPlace,
    },
}

/// Where a sandbox lives.
#[derive(Debug, Args)]
pub struct SandboxPlace {
    /// Its directory [default: bursar/sandbox in your data directory]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Fill an empty database with lifelike, consistent data
///
/// The same arguments give the same data. Everything is written in one transaction: all of it, or
/// none. A protected database is refused.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar seed --users 1000 --yes\n  bursar seed --users 50 --seed 7 --until 2026-01-01 --faults balance_drift,tier_wrong --yes"
)]
pub struct Seed {
    /// How many people
    #[arg(long, value_name = "N", default_value = "1000", value_parser = people(), allow_negative_numbers = true)]
    pub users: u64,
    /// The seed of all randomness
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Days of history
    #[arg(long, value_name = "D", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// The end of the history, as YYYY-MM-DD or RFC 3339 [default: today's midnight, UTC]
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub until: Option<Until>,
    /// Put in known inconsistencies of these kinds, or all of them, and print each as JSON
    #[arg(long, value_name = "KIND,…|all", value_delimiter = ',')]
    pub faults: Vec<String>,
    /// Add to the people that are there already
    #[arg(long)]
    pub append: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// What a schema means to bursar
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Draft a pack for the connected database, from its tables, types and foreign keys
    #[command(after_help = "Examples:\n  bursar pack new ./billing --schema billing\n  bursar pack new ./shop")]
    New {
        /// The folder to write; its name becomes the pack's
        dir: PathBuf,
    },
    /// Verify every query of a pack against the connected database; exit 3 when one does not fit
    #[command(after_help = "Example:\n  bursar pack check ./billing")]
    Check {
        /// The pack's folder
        dir: PathBuf,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Show what a pack claims, and what it lacks
    #[command(after_help = "Examples:\n  bursar pack show mimivibe\n  bursar pack show ./billing -o json")]
    Show {
        /// A built-in pack's name, or a pack's folder [default: the one that fits the database]
        name: Option<String>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Print a completion script for a shell
///
/// The script asks bursar itself what may come next: commands and flags, environments, packs and checks,
/// and the newest payments, refunds and jobs of the database that the line names. It is asked for 200 ms at
/// most, in a transaction that only reads, and says nothing where it cannot be; a `url_command` is never run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bursar completions bash > bursar.bash\n  bursar completions zsh > _bursar")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that completions can be made for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// The format of a command that has two.
#[derive(Debug, Clone, Copy, Args)]
pub struct Output {
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,
}

/// How to write a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
}

impl Command {
    /// The command as it names itself to the server.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Demo(_) => "demo",
            Command::Sandbox(_) => "sandbox",
            Command::Migrate(action) => action.name(),
            Command::Seed(_) => "seed",
            Command::Jobs(jobs) => jobs.action.as_ref().map_or("jobs list", JobsAction::name),
            Command::Stats(_) => "stats",
            Command::Inspect(_) => "inspect",
            Command::Doctor(_) => "doctor",
            Command::Audit(audit) => match audit.action {
                Some(AuditAction::Repair { .. }) => "audit repair",
                Some(AuditAction::Seal { .. }) => "audit seal",
                _ => "audit",
            },
            Command::Payments(Payments::List(_)) => "payments list",
            Command::Payments(Payments::Show { .. }) => "payments show",
            Command::Wallet(Wallet::Show { .. }) => "wallet show",
            Command::Wallet(Wallet::History { .. }) => "wallet history",
            Command::Wallet(Wallet::Adjust { .. }) => "wallet adjust",
            Command::Wallet(Wallet::Adjustments { .. }) => "wallet adjustments",
            Command::Wallet(Wallet::Approve { .. }) => "wallet approve",
            Command::Wallet(Wallet::Reject { .. }) => "wallet reject",
            Command::Refund(refund) => match refund.action {
                None | Some(RefundAction::Create { .. }) => "refund create",
                Some(RefundAction::List { .. }) => "refund list",
                Some(RefundAction::Show { .. }) => "refund show",
                Some(RefundAction::Resume { .. }) => "refund resume",
                Some(RefundAction::Approve { .. }) => "refund approve",
                Some(RefundAction::Reject { .. }) => "refund reject",
                Some(RefundAction::Sync { .. }) => "refund sync",
                Some(RefundAction::Batch { .. }) => "refund batch",
            },
            Command::Operations(_) => "operations",
            Command::Settings(_) => "settings",
            Command::Pack(_) => "pack",
            Command::Config(_) => "config",
            Command::Completions(_) => "completions",
            Command::Man { .. } => "man",
        }
    }
}

/// Whether the arguments ask for JSON, or for rows of it, before they are parsed: an error in the
/// arguments is then reported as JSON too.
pub fn asks_for_json(arguments: &[String]) -> bool {
    let json = |format: &str| matches!(format, "json" | "ndjson");
    let pair = |w: &[String]| matches!(w[0].as_str(), "-o" | "--output") && json(&w[1]);
    let joined = |a: &String| ["-o=", "--output=", "-o"].iter().any(|flag| a.strip_prefix(flag).is_some_and(json));
    arguments.windows(2).any(pair) || arguments.iter().any(joined)
}
