//! The command line as a whole: its help, and the list of commands.
//!
//! Help, man pages, completions and `docs/cli.md` are generated from the clap types, which stand beside the
//! commands that they belong to.

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{Parser, Subcommand};

use super::global::Global;
use super::{
    Context, Outcome, audit, completions, config, doctor, inspect, jobs, man, migrate, operations, pack, payments,
    refund, sandbox, settings, stats, wallet,
};
#[cfg(feature = "seed")]
use super::{demo, seed};

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
