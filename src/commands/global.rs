//! The flags that stand for every command.

use std::time::Duration;

use clap::Args;

use super::complete;
use super::values::duration;
use crate::output::ColorChoice;

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
    /// The application: a built-in pack's name, or the folder of a pack. Separate several with commas [default: detected]
    #[arg(long, global = true, value_name = "NAME|DIR", env = "BURSAR_APP", hide_env_values = true, add = complete::pack())]
    pub app: Option<String>,
    /// The schema of the application's tables [default: as the pack says]
    #[arg(long, global = true, value_name = "NAME")]
    pub schema: Option<String>,
    /// Run a pack that is not built in, although the role may do more on the server than read and write data
    #[arg(long, global = true)]
    pub trust_pack: bool,
    /// Continue although other roles have created objects in the application's schema that a query could use by mistake
    #[arg(long, global = true)]
    pub trust_schema: bool,
    /// Show every column of a table, however wide it is
    #[arg(long, global = true)]
    pub wide: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
    /// Print no notes and no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more notes
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Ask no questions. A write then needs --yes
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Agree to the announced write
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Agree to a write to a protected database, by its name
    #[arg(long, global = true, value_name = "DATABASE")]
    pub confirm: Option<String>,
    /// Name of the operator, for the operator log
    #[arg(long, global = true, value_name = "NAME", env = "BURSAR_OPERATOR", hide_env_values = true)]
    pub operator: Option<String>,
    /// Maximum time of the whole command, such as 90s or 5m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// Maximum time to open a connection
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub connect_timeout: Duration,
}
