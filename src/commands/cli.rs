//! The command line as a whole: the global flags, and the list of commands.
//!
//! Help, man pages, completions and `docs/cli.md` are generated from the clap types, which stand beside the
//! commands that they belong to.

use std::time::Duration;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{Args, Parser, Subcommand};

use super::values::duration;
use super::{
    Context, Outcome, audit, complete, completions, config, doctor, inspect, jobs, man, migrate, operations, pack,
    payments, refund, sandbox, settings, stats, wallet,
};
#[cfg(feature = "seed")]
use super::{demo, seed};
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
    /// The command.
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
    #[arg(long, global = true, value_name = "NAME", add = complete::environment())]
    pub env: Option<String>,
    /// The application: a built-in pack's name, or the folder of a pack [default: detected]
    #[arg(long, global = true, value_name = "NAME|DIR", env = "BURSAR_APP", hide_env_values = true, add = complete::pack())]
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
    /// Show every column of a table, however wide it is
    #[arg(long, global = true)]
    pub wide: bool,
    /// Use of colour
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
    /// Name of the operator, for the operator log
    #[arg(long, global = true, value_name = "NAME", env = "BURSAR_OPERATOR", hide_env_values = true)]
    pub operator: Option<String>,
    /// Give up when the whole command takes longer, as 90s or 5m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Give up when a connection takes longer to open
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub connect_timeout: Duration,
}

/// Makes the enum of the commands, and the one place that runs them.
macro_rules! commands {
    ($($(#[$meta:meta])* $module:ident::$command:ident $(if $feature:literal)?),* $(,)?) => {
        /// A command with its arguments.
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $(#[allow(missing_docs, reason = "the command's own type has the text")] $(#[cfg(feature = $feature)])? $(#[$meta])* $command(Box<$module::$command>)),*
        }

        impl Command {
            /// Runs the command.
            ///
            /// # Errors
            /// The command's own.
            pub(super) async fn run(self, context: &Context) -> Outcome {
                match self {
                    $($(#[cfg(feature = $feature)])? Command::$command(args) => $module::run(context, *args).await),*
                }
            }
        }
    };
}

commands! {
    demo::Demo if "seed",
    #[command(subcommand)]
    sandbox::Sandbox,
    #[command(subcommand)]
    migrate::Migrate,
    seed::Seed if "seed",
    audit::Audit,
    #[command(subcommand)]
    payments::Payments,
    #[command(subcommand)]
    wallet::Wallet,
    refund::Refund,
    jobs::Jobs,
    stats::Stats,
    inspect::Inspect,
    doctor::Doctor,
    #[command(subcommand)]
    operations::Operations,
    #[command(subcommand)]
    settings::Settings,
    #[command(subcommand)]
    pack::Pack,
    #[command(subcommand)]
    config::Config,
    completions::Completions,
    man::Man,
}

/// True if the arguments ask for JSON, or for rows of it. It is asked before they are parsed, so that an error in the
/// arguments is reported as JSON too.
pub fn asks_for_json(arguments: &[String]) -> bool {
    let json = |format: &str| matches!(format, "json" | "ndjson");
    let pair = |w: &[String]| matches!(w[0].as_str(), "-o" | "--output") && json(&w[1]);
    let joined = |a: &String| ["-o=", "--output=", "-o"].iter().any(|flag| a.strip_prefix(flag).is_some_and(json));
    arguments.windows(2).any(pair) || arguments.iter().any(joined)
}
