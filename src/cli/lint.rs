//! The arguments of `bursar migrate lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Say what is wrong about migrations before they run; connects to nothing
///
/// Asks squawk's rules, about locks and about what breaks programs that run, and bursar's own: row level
/// security without a policy, SECURITY DEFINER functions without a search_path, duplicate indexes, foreign
/// keys without an index. Exit 3 when there is a hit. A comment `-- squawk-ignore RULE` on the line before
/// silences one; docs/lint.md lists the rules.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bursar migrate lint\n  bursar migrate lint --source ./migrations -o github\n  bursar migrate lint migrations/*.sql --exclude ban-drop-column,renaming-column"
)]
pub struct Lint {
    /// The files, in the order of their names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Every file of this directory [default: ./migrations]
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub source: Option<PathBuf>,
    /// Ask these rules of squawk's too, which are off by default
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub include: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// How to write the result
    #[arg(short = 'o', long = "output", value_name = "FORMAT", value_enum, default_value_t)]
    pub format: LintFormat,
}

/// How to write what the linter found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LintFormat {
    /// For people
    #[default]
    Table,
    /// One object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}
