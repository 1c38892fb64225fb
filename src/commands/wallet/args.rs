//! The arguments of `bursar wallet`.

use clap::Subcommand;

use crate::commands::cli::Output;
use crate::commands::uses;
use crate::commands::values::signed;

/// Look at one account's balances and entries, or correct a balance by an entry
#[derive(Debug, Subcommand)]
pub enum Wallet {
    /// Show the balances of an account beside what its entries sum to
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar wallet show ada@example.com\n  bursar wallet show ada@example.com -o json"
    )]
    Show {
        /// The account: its id, the beginning of it, or the address of a customer who paid
        account: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the entries of an account, newest first, with the stored balance beside the recomputed one
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar wallet history ada@example.com\n  bursar wallet history ada@example.com --unit STAR --limit 0"
    )]
    History {
        /// The account: its id, the beginning of it, or the address of a customer who paid
        account: String,
        /// Only the entries in this unit
        #[arg(long, value_name = "UNIT")]
        unit: Option<String>,
        /// How many to list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Only the entries older than this one
        #[arg(long, value_name = "ENTRY")]
        before: Option<String>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Correct a balance by an entry, with a reason
    ///
    /// Shows the balance before and after, asks, and writes the entry, the balance and the operator log in
    /// one transaction. Exits 4 where the balance would go below zero, and 7 where it has changed since it
    /// was shown. Above `adjust_limit` nothing is written to the balance: the adjustment awaits the approval of
    /// another login, and the command exits 6.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar wallet adjust ada@example.com STAR +5 --reason \"lost in the outage\" --dry-run\n  bursar wallet adjust ada@example.com STAR -5 --reason \"granted twice\" --operator noi --yes"
    )]
    Adjust {
        /// The account: its id, the address of a customer who paid, or, where you are asked, the beginning of its id
        account: String,
        /// The unit, such as STAR
        unit: String,
        /// What to add, with its sign: +5 or -5
        #[arg(allow_negative_numbers = true, value_parser = signed)]
        amount: String,
        /// Why; it is kept in the operator log, and in the entry where that has room for it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List the adjustments that await a second person, newest first
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar wallet adjustments\n  bursar wallet adjustments --all -o json")]
    Adjustments {
        /// Those too that are done or rejected
        #[arg(long)]
        all: bool,
        /// How many to list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Agree, as a second person, to an adjustment above the limit
    ///
    /// Shows the balance before and after, asks, and writes the entry. The login has to be another one than
    /// asked for the adjustment.
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar wallet approve 7d1f5a3c-0000-4000-8000-000000000001 --yes")]
    Approve {
        /// The adjustment: its id, or the beginning of it, of at least 4 characters
        adjustment: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Turn down an adjustment that awaits approval, or take one's own back
    #[command(groups = uses::database_writes(), after_help = "Example:\n  bursar wallet reject 7d1f5a3c-0000-4000-8000-000000000001 --reason \"not lost\" --yes"
    )]
    Reject {
        /// The adjustment: its id, or the beginning of it, of at least 4 characters
        adjustment: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}
