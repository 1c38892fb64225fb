//! The flags and subcommands of `bursar audit`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Subcommand, ValueEnum};

use crate::commands::values::{Root, Since, duration, root, since};
use crate::commands::{complete, uses};
use crate::cursor::Cursor;
use crate::output::{Format, FormatSet, Output, Rows};

/// Check that balances, payments, counters and jobs agree with what they were derived from
///
/// Reads one snapshot, so concurrent writers cannot cause a finding. Exit 3: something disagrees. Exit 6: some of it
/// could not be read or no check was made, which is never reported as clean.
#[derive(Debug, Args)]
#[command(groups = uses::writes(), args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  bursar audit\n  bursar audit --only ledger,payments --strict\n  bursar audit --only ledger --explain\n  bursar audit -o json --limit 0 --fail-on never > audit.json\n  bursar audit --report junit=audit.xml --report markdown=audit.md\n  bursar audit --write-baseline baseline.toml\n  bursar audit --record --yes --prometheus bursar-audit.prom"
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
    /// Maximum number of findings to list for each check. All are counted. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// The scope and the mode of the reading.
    #[command(flatten)]
    pub reading: AuditReading,
    /// Show the ledger's entries around each finding, with the stored and the recomputed balance
    #[arg(long)]
    pub explain: bool,
    /// Store the result in the database, for `audit history`
    #[arg(long)]
    pub record: bool,
    /// Lowest severity of the findings that make the audit fail
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// The format.
    #[command(flatten)]
    pub output: Output<AuditFormats>,
    /// The files.
    #[command(flatten)]
    pub files: AuditFiles,
}

/// The checks, the account and the depth of an audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AuditScope {
    /// Run only these checks: ids, or beginnings of ids, such as `ledger`
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',', add = complete::checks())]
    pub only: Vec<String>,
    /// Leave out these checks
    #[arg(long, value_name = "CHECK,…", value_delimiter = ',', add = complete::checks())]
    pub skip: Vec<String>,
    /// Check only this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Depth of the ledger's checks
    #[arg(long, value_enum, default_value_t)]
    pub depth: AuditDepth,
    /// Short for --depth strict
    #[arg(long, conflicts_with = "depth")]
    pub strict: bool,
}

/// The scope and the mode of an audit's reading.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditReading {
    /// The checks, the account and the depth.
    #[command(flatten)]
    pub scope: AuditScope,
    /// Check only the rows of this tenant, where the pack's queries return the column tenant
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// Check only this ledger, of a pack with several
    #[arg(long, value_name = "NAME")]
    pub ledger: Option<String>,
    /// Number of connections that read at the same time, on one snapshot
    #[arg(long, value_name = "N", default_value_t = PARALLEL, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub parallel: u8,
    /// Run only on a replica; fail on a primary. The report shows the lag
    #[arg(long)]
    pub replica: bool,
    /// Maximum lag of a replica. An audit of one that is further behind, or whose lag is unknown, is incomplete
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_lag: Option<Duration>,
    /// Price list, a TOML file of [[prices]]. Payments, and what else the pack has prices for, are compared with it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since_seal", "verify_seal"])]
    pub prices: Option<PathBuf>,
    /// Take the rows of foreign tables for all rows of one snapshot. Without this, an audit of foreign tables is incomplete
    #[arg(long)]
    pub trust_foreign: bool,
    /// Maximum time of a statement. A check that takes longer is incomplete
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub statement_timeout: Option<Duration>,
    /// Trust the newest seal, and check only what arrived after it
    #[arg(long, conflicts_with_all = ["account", "tenant", "depth", "strict"])]
    pub since_seal: bool,
    /// Verify the seal with this root: read only what it sealed, and name every account that differs
    #[arg(long, value_name = "ROOT", value_parser = root,
          conflicts_with_all = ["since_seal", "account", "tenant", "depth", "strict", "only", "skip"])]
    pub verify_seal: Option<Root>,
}

const PARALLEL: u8 = 2;

impl Default for AuditReading {
    fn default() -> Self {
        AuditReading {
            scope: AuditScope::default(),
            tenant: None,
            ledger: None,
            parallel: PARALLEL,
            replica: false,
            max_lag: None,
            prices: None,
            trust_foreign: false,
            statement_timeout: None,
            since_seal: false,
            verify_seal: None,
        }
    }
}

/// The depth of the ledger's checks.
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

/// The lowest severity of the findings that make the audit fail.
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

/// A subcommand of the audit.
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
        output: Output<Rows>,
    },
    /// Seal the ledger: digest every account's entries, and print the root to keep elsewhere
    ///
    /// The root proves later that no sealed entry was changed, added or removed (--verify-seal), also
    /// where every sum still agrees. Only a root outside the database is evidence.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar audit seal --yes\n  bursar audit seal --yes --tables -q >> roots.txt\n  bursar audit seal --yes --tables --restart payments --reason \"erased for a customer\"")]
    Seal {
        /// Seal the rows of the pack's [[seal.tables]] too, such as payments. Each table has a root of its own
        #[arg(long)]
        tables: bool,
        /// Start the seals of this table over, after sealed rows of it were deleted or changed on purpose. Repeatable. Every later audit tells who did it and why
        #[arg(long, value_name = "TABLE", requires = "tables", requires = "reason")]
        restart: Vec<String>,
        /// Reason for --restart. It is kept in the operator log
        #[arg(long, value_name = "TEXT", requires = "restart")]
        reason: Option<String>,
        /// Seal this ledger, of a pack with several
        #[arg(long, value_name = "NAME")]
        ledger: Option<String>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the seals and the recorded audits, newest first
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar audit history\n  bursar audit history --since 30d --limit 0 -o json")]
    History {
        /// Only seals and audits from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
        #[arg(long, value_name = "DATE|AGE", value_parser = since)]
        since: Option<Since>,
        /// Maximum number of seals and audits. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Continue an earlier list that was cut
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<Cursor>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Explain a check, or one finding with the entries around it
    ///
    /// For a check: why it matters, what to do, and its SQL. For a finding, named by its fingerprint: its current
    /// state, with the ledger's entries around the break and the stored balance beside the recomputed one. Options
    /// that say what is read apply to a finding only.
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar audit explain ledger.chain\n  bursar audit explain ledger.chain -o json"
    )]
    Explain {
        /// The check's id, or the finding's fingerprint
        #[arg(value_name = "CHECK|FINGERPRINT", add = complete::check())]
        what: String,
        /// The scope and the mode of the reading, for a finding.
        #[command(flatten)]
        reading: Box<AuditReading>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Repair the findings of the ledger's checks: write a plan, edit it, apply it
    ///
    /// Entries are never edited or removed. A plan rebuilds a cached balance from the ledger, records an adjustment
    /// where the balance is owed, or acknowledges a break with a reason. --apply checks every line again, does all of
    /// them in one transaction, audits the accounts inside it, and rolls back if a finding is left that nobody
    /// acknowledged.
    #[command(
        after_help = "Examples:\n  bursar audit repair --plan repair.toml\n  bursar audit repair --apply repair.toml --dry-run\n  bursar audit repair --apply repair.toml --operator noi --yes"
    )]
    #[command(groups = uses::writes(), mut_args = of_a_plan)]
    Repair {
        /// Write the proposed repairs to this new file. Changes nothing else
        #[arg(long, value_name = "FILE", required_unless_present = "apply", conflicts_with = "apply")]
        plan: Option<PathBuf>,
        /// Apply the repairs in this file
        #[arg(long, value_name = "FILE")]
        apply: Option<PathBuf>,
        /// Show what would be done, and change nothing
        #[arg(long, conflicts_with = "plan")]
        dry_run: bool,
        /// The checks, the account and the depth that a plan is made from.
        #[command(flatten)]
        scope: Box<AuditScope>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Refuses the options of a plan's scope beside `--apply`: the plan has its own.
fn of_a_plan(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "only" | "skip" | "account" | "depth" | "strict" => arg.conflicts_with("apply"),
        _ => arg,
    }
}

/// The files of an audit.
#[derive(Debug, Args)]
pub struct AuditFiles {
    /// Write the report to a file too, such as junit=audit.xml. Repeatable
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub reports: Vec<ReportFile>,
    /// Accept the findings in this file. Each has a reason, an owner and a last day
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Also write the counts, and when an audit was last clean and the ledger last sealed, to this file for Prometheus
    #[arg(long, value_name = "FILE")]
    pub prometheus: Option<PathBuf>,
    /// Write every finding to this file as a baseline. Each still needs a reason
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
}

/// A further file for the report.
#[derive(Debug, Clone)]
pub struct ReportFile {
    /// The format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy)]
pub struct AuditFormats;

impl FormatSet for AuditFormats {
    const FORMATS: &'static [Format] =
        &[Format::Table, Format::Json, Format::Ndjson, Format::Csv, Format::Markdown, Format::Junit, Format::Github];
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let Some((name, path)) = text.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err("write it as FORMAT=FILE, such as junit=audit.xml".to_owned());
    };
    match AuditFormats::FORMATS.iter().find(|format| format.name() == name) {
        Some(format) => Ok(ReportFile { format: *format, path: path.into() }),
        None => {
            let names: Vec<String> = AuditFormats::FORMATS.iter().map(|format| format.name()).collect();
            Err(format!("there is no format '{name}'; these are {}", names.join(", ")))
        }
    }
}
