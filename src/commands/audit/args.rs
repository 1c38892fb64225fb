//! The flags and subcommands of `bursar audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Subcommand, ValueEnum};

use crate::commands::cli::{AuditFormat, AuditOutput, ChecksOutput, Output};
use crate::commands::values::{Root, duration, root};
use crate::commands::{complete, uses};

/// Check that balances, payments, counters and jobs agree with what they were derived from
///
/// Reads one snapshot, so writers in flight cannot cause a finding. What could not be read is
/// reported as incomplete (exit 6), never as clean. Violations exit 3.
#[derive(Debug, Args)]
#[command(groups = uses::writes(), args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  bursar audit\n  bursar audit --only ledger,payments --strict\n  bursar audit --only ledger --explain\n  bursar audit -o json --limit 0 --fail-on never > audit.json\n  bursar audit --report junit=audit.xml --report markdown=audit.md\n  bursar audit --write-baseline baseline.toml\n  bursar audit --record --yes"
)]
pub struct Audit {
    /// The flags of a run.
    #[command(flatten)]
    pub run: AuditRun,
    /// The default is to run the audit.
    #[command(subcommand)]
    pub action: Option<AuditAction>,
}

/// The flags of an audit that is run.
#[derive(Debug, Args)]
pub struct AuditRun {
    /// How many findings to list for each check; all are counted. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// What is read, and how.
    #[command(flatten)]
    pub reading: AuditReading,
    /// Show the entries around each finding of the ledger, stored and recomputed balance side by side
    #[arg(long)]
    pub explain: bool,
    /// Remember the answer in the database, for `audit history`
    #[arg(long)]
    pub record: bool,
    /// Which findings make the audit fail
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// The format.
    #[command(flatten)]
    pub output: AuditOutput,
    /// The files.
    #[command(flatten)]
    pub files: AuditFiles,
}

/// Which checks read the ledger's tables, and of whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AuditScope {
    /// Only these checks: ids, or what ids begin with, such as `ledger`
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',', add = complete::checks())]
    pub only: Vec<String>,
    /// Not these checks
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',', add = complete::checks())]
    pub skip: Vec<String>,
    /// Only this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// How deeply to read the ledger
    #[arg(long, value_enum, default_value_t)]
    pub depth: AuditDepth,
    /// Short for --depth strict
    #[arg(long, conflicts_with = "depth")]
    pub strict: bool,
}

/// What an audit reads, and how.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditReading {
    /// Which checks, and of whom.
    #[command(flatten)]
    pub scope: AuditScope,
    /// How many connections read at the same time, on one snapshot
    #[arg(long, value_name = "N", default_value_t = PARALLEL, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub parallel: u8,
    /// Refuse a primary: the audit is for a replica, and says how far behind it is
    #[arg(long)]
    pub replica: bool,
    /// Let no statement take longer; a check that would is incomplete
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
    /// Trust the newest seal, and check only what arrived after it
    #[arg(long, conflicts_with_all = ["account", "depth", "strict"])]
    pub since_seal: bool,
    /// Read again what the seal with this root sealed, and nothing else; name every account that differs
    #[arg(long, value_name = "ROOT", value_parser = root,
          conflicts_with_all = ["since_seal", "account", "depth", "strict", "only", "skip"])]
    pub verify_seal: Option<Root>,
}

const PARALLEL: u8 = 2;

impl Default for AuditReading {
    fn default() -> Self {
        AuditReading {
            scope: AuditScope::default(),
            parallel: PARALLEL,
            replica: false,
            statement_timeout: None,
            since_seal: false,
            verify_seal: None,
        }
    }
}

/// How deeply to read the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AuditDepth {
    /// Strict where that is cheap, fast otherwise; the report says which
    #[default]
    Auto,
    /// Sums prove each chain whole; only accounts that fail are read in order
    Fast,
    /// Every account is read in order
    Strict,
}

/// Which findings make the audit fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Errors and warnings
    Warn,
    /// None: exit 0 unless something could not be read
    Never,
}

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Run the audit, as `bursar audit` alone does
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar audit run")]
    Run(Box<AuditRun>),
    /// List every check of the application
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar audit list\n  bursar audit list --app avolve")]
    List {
        /// The format.
        #[command(flatten)]
        output: ChecksOutput,
    },
    /// Seal the ledger: digest every account's entries, and print the root to keep elsewhere
    ///
    /// The root proves later that no sealed entry was changed, added or removed (--verify-seal), also
    /// where every sum still agrees. Only a root outside the database is evidence.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar audit seal --yes\n  bursar audit seal --yes -q >> roots.txt")]
    Seal {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the seals and the recorded audits, newest first
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar audit history\n  bursar audit history --limit 0 -o json")]
    History {
        /// How many to list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Explain a check, or one finding with the entries around it
    ///
    /// Of a check: why it matters, what to do, and its SQL. Of a finding, named by its fingerprint: what
    /// the audit says of it now, with the ledger's entries around the break, the stored balance beside the
    /// recomputed one. What is to be read, and how, is asked of a finding only.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar audit explain ledger.chain\n  bursar audit explain ledger.chain -o json"
    )]
    Explain {
        /// The check's id, or the finding's fingerprint
        #[arg(value_name = "CHECK|FINGERPRINT", add = complete::check())]
        what: String,
        /// What is read for a finding, and how.
        #[command(flatten)]
        reading: Box<AuditReading>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Repair what the ledger's checks found: plan it into a file, edit that, apply it
    ///
    /// Entries are never edited or removed. A plan proposes to rebuild a cached balance from the ledger,
    /// to record an adjustment instead where the balance is owed, or to acknowledge a break, with a
    /// reason, as it is. Applying looks at every line again, does all of them in one transaction, audits
    /// the accounts inside it, and takes everything back where anything is left that nobody acknowledged.
    #[command(
        after_help = "Examples:\n  bursar audit repair --plan repair.toml\n  bursar audit repair --apply repair.toml --dry-run\n  bursar audit repair --apply repair.toml --operator noi --yes"
    )]
    #[command(groups = uses::writes(), mut_args = of_a_plan)]
    Repair {
        /// Write what may be done into this new file; changes nothing
        #[arg(long, value_name = "FILE", required_unless_present = "apply", conflicts_with = "apply")]
        plan: Option<PathBuf>,
        /// Do what this file says
        #[arg(long, value_name = "FILE")]
        apply: Option<PathBuf>,
        /// Only say what would be done
        #[arg(long, conflicts_with = "plan")]
        dry_run: bool,
        /// What a plan is made of.
        #[command(flatten)]
        scope: Box<AuditScope>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// What is read is decided when a plan is made; one that is applied says it itself.
fn of_a_plan(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "only" | "skip" | "account" | "depth" | "strict" => arg.conflicts_with("apply"),
        _ => arg,
    }
}

/// The files of an audit.
#[derive(Debug, Args)]
pub struct AuditFiles {
    /// Write the report to a file too, such as junit=audit.xml; may be given several times
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub reports: Vec<ReportFile>,
    /// Accept the findings that this file lists, each with a reason, an owner and its last day
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write every finding into this file as a baseline, in which each still needs a reason
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// A file that holds the report too.
#[derive(Debug, Clone)]
pub struct ReportFile {
    /// In which format.
    pub format: AuditFormat,
    /// Where.
    pub path: PathBuf,
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let known = || AuditFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names = || known().map(|v| v.get_name().to_owned()).collect::<Vec<_>>().join(", ");
    match text.split_once('=') {
        Some((format, path)) if !path.is_empty() => {
            let format = AuditFormat::from_str(format, false)
                .map_err(|_| format!("there is no format '{format}'; these are {}", names()))?;
            Ok(ReportFile { format, path: path.into() })
        }
        _ => Err("write it as FORMAT=FILE, such as junit=audit.xml".to_owned()),
    }
}
