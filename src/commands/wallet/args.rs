//! The arguments of `bursar wallet`.

use clap::{Args, Subcommand};

use crate::commands::uses;
use crate::commands::values::{Since, signed, since};
use crate::output::Output;

/// Show one account's balances and entries, or correct a balance by an entry
#[derive(Debug, Subcommand)]
pub enum Wallet {
    /// Show the balances of an account beside the sums of its entries
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar wallet show ada@example.com\n  bursar wallet show ada@example.com -o json"
    )]
    Show {
        /// Account: its id, the first characters of it, or the address of a customer who paid
        account: String,
        /// The ledger, of a pack with several
        #[arg(long, value_name = "NAME")]
        ledger: Option<String>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the entries of an account, newest first, with the stored balance beside the recomputed one
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar wallet history ada@example.com\n  bursar wallet history ada@example.com --unit STAR --since 30d --limit 0"
    )]
    History(WalletHistory),
    /// Correct a balance by an entry, with a reason
    ///
    /// Shows the balance before and after, asks, and writes the entry, the balance and the operator log in one
    /// transaction. Exits 4 if the balance would go below zero, and 7 if it has changed since it was shown. Above
    /// `adjust_limit` the balance stays as it is, the adjustment waits for the approval of another login, and the
    /// command exits 6.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar wallet adjust ada@example.com STAR +5 --reason \"lost in the outage\" --dry-run\n  bursar wallet adjust ada@example.com STAR -5 --reason \"granted twice\" --operator noi --yes"
    )]
    Adjust {
        /// Account: its id, or the address of a customer who paid. On a terminal, the first characters of its id are enough
        account: String,
        /// Unit, such as STAR
        unit: String,
        /// Amount to add, with its sign: +5 or -5
        #[arg(allow_negative_numbers = true, value_parser = signed)]
        amount: String,
        /// Reason. It is kept in the operator log, and in the entry if that has room for it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the adjustments that need a second person, newest first
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar wallet adjustments\n  bursar wallet adjustments --all --since 30d -o json")]
    Adjustments {
        /// Also list adjustments that are done or rejected
        #[arg(long)]
        all: bool,
        /// Only adjustments requested from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
        #[arg(long, value_name = "DATE|AGE", value_parser = since)]
        since: Option<Since>,
        /// Maximum number of adjustments. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Continue an earlier list that was cut
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<i64>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Approve an adjustment above the limit. Use a different login than the requester
    ///
    /// Shows the balance before and after, asks, and writes the entry.
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar wallet approve 7d1f5a3c-0000-4000-8000-000000000001 --yes")]
    Approve {
        /// Adjustment: its id. On a terminal, the first 4 characters or more are enough
        adjustment: String,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Reject an adjustment that needs a second person. The requester may do it too
    #[command(groups = uses::database_writes(), after_help = "Example:\n  bursar wallet reject 7d1f5a3c-0000-4000-8000-000000000001 --reason \"not lost\" --yes"
    )]
    Reject {
        /// Adjustment: its id. On a terminal, the first 4 characters or more are enough
        adjustment: String,
        /// Reason of the rejection
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// The flags of `wallet history`.
#[derive(Debug, Args)]
pub struct WalletHistory {
    /// Account: its id, the first characters of it, or the address of a customer who paid
    pub account: String,
    /// The ledger, of a pack with several
    #[arg(long, value_name = "NAME")]
    pub ledger: Option<String>,
    /// Only entries in this unit
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// Only entries from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub since: Option<Since>,
    /// Only entries before this time: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub until: Option<Since>,
    /// Maximum number of entries. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Continue an earlier list that was cut
    #[arg(long, value_name = "CURSOR", alias = "before", allow_hyphen_values = true)]
    pub cursor: Option<String>,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}
