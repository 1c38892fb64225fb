//! The flags and subcommands of `bursar refund`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};

use crate::commands::cli::{Output, RowsOutput};
use crate::commands::values::{Until, until};
use crate::commands::{complete, uses};
pub use crate::refund::{IfSpent, RefundReason};
use crate::refund::{RefundState, gateway};

/// Refund payments: the money through its gateway, the units back from the account, exactly once
///
/// Alone, on a terminal, it walks you through one refund: the payment, searched for as you type, how much,
/// why, and what it would change, before the last question. A flag that is given answers its question. Esc
/// or Ctrl-C at any of them changes nothing. A refund that did not come to an end, whatever died in the
/// middle, is finished by `bursar refund resume`.
#[derive(Debug, Args)]
#[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund create pi_3PqX1a --dry-run\n  bursar refund create pi_3PqX1a --amount 50.00 --reason duplicate --yes\n  bursar refund resume --yes\n  bursar refund list --open"
)]
pub struct Refund {
    /// The flags of a refund that one is walked through; those given are not asked about.
    #[command(flatten)]
    pub flags: RefundFlags,
    /// The default is to be walked through one.
    #[command(subcommand)]
    pub action: Option<RefundAction>,
}

/// How to refund.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct RefundFlags {
    /// How much, in whole units of the payment's currency, as 50.00 [default: all that is left]
    #[arg(long, value_name = "AMOUNT")]
    pub amount: Option<String>,
    /// Why [default: requested_by_customer]
    #[arg(long, value_enum, value_name = "REASON")]
    pub reason: Option<RefundReason>,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// What to do where units that the payment bought were spent [default: refuse]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub if_spent: Option<IfSpent>,
    /// The gateway: stripe, paypal, or record-only for money that was moved elsewhere [default: the payment's]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(gateway::known()))]
    pub gateway: Option<String>,
    /// With record-only: the reference of the refund that was made elsewhere
    #[arg(long, value_name = "REF")]
    pub gateway_ref: Option<String>,
    /// Your own key: the same request under the same key is the same refund
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// It is to be another refund of an amount that was refunded before
    #[arg(long)]
    pub again: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
}

impl RefundFlags {
    /// These flags, and where they say nothing, those that stood before the subcommand.
    #[must_use]
    pub fn or(self, before: RefundFlags) -> RefundFlags {
        RefundFlags {
            amount: self.amount.or(before.amount),
            reason: self.reason.or(before.reason),
            note: self.note.or(before.note),
            if_spent: self.if_spent.or(before.if_spent),
            gateway: self.gateway.or(before.gateway),
            gateway_ref: self.gateway_ref.or(before.gateway_ref),
            idempotency_key: self.idempotency_key.or(before.idempotency_key),
            again: self.again || before.again,
            dry_run: self.dry_run || before.dry_run,
        }
    }
}

impl ValueEnum for RefundReason {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            RefundReason::RequestedByCustomer => "The customer asked for it",
            RefundReason::Duplicate => "It was paid twice",
            RefundReason::Fraudulent => "Somebody else paid with the customer's card",
            RefundReason::Other => "Something else",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl ValueEnum for IfSpent {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            IfSpent::Refuse => "Say what is missing, and do nothing",
            IfSpent::Cap => "Take what is there, and write the rest off",
            IfSpent::Keep => "Take nothing",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

/// What to do with refunds.
#[derive(Debug, Subcommand)]
pub enum RefundAction {
    /// Refund one payment, or a part of it
    ///
    /// Shows what it would do, asks, takes the units back, and then asks the gateway for the money. The
    /// same refund twice is one refund: the second time it says so, and exits 0. A refund whose end is
    /// not known, or that awaits a second person or the customer, exits 6.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund create pi_3PqX1a --dry-run\n  bursar refund create pi_3PqX1a --amount 50.00 --reason duplicate --yes\n  bursar refund create pi_3PqX1a --gateway record-only --gateway-ref re_1Nx --if-spent cap --yes"
    )]
    Create {
        /// The payment: its id, an id of the gateway's, or, where you are asked, the beginning of one, of at least 4 characters
        #[arg(add = complete::payment())]
        payment: String,
        /// How.
        #[command(flatten)]
        flags: Box<RefundFlags>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List refunds, newest first
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar refund list --open\n  bursar refund list --state failed --since 2026-10-01 -o csv"
    )]
    List {
        /// Only those in these states
        #[arg(long, value_name = "STATE,…", value_delimiter = ',', value_parser = state)]
        state: Vec<RefundState>,
        /// Only those that have not come to an end
        #[arg(long, conflicts_with = "state")]
        open: bool,
        /// Only those of this payment
        #[arg(long, value_name = "PAYMENT", add = complete::payment())]
        payment: Option<String>,
        /// Only those of this account
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// Only those that were asked for since then, as YYYY-MM-DD or RFC 3339
        #[arg(long, value_name = "DATE", value_parser = until)]
        since: Option<Until>,
        /// How many to list. 0 lists all
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// Go on where an earlier list was cut, as that said
        #[arg(long, value_name = "NUMBER")]
        cursor: Option<i64>,
        /// The format.
        #[command(flatten)]
        output: RowsOutput,
    },
    /// Show one refund with every step that it made
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar refund show re_1Nx\n  bursar refund show re_1Nx -o json")]
    Show {
        /// The refund: its id, the gateway's id of it, or the beginning of its id
        #[arg(add = complete::refund())]
        refund: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Finish refunds that did not come to an end
    ///
    /// Asks the gateway before it submits anything again, and always under the refund's own id. Doing it
    /// twice, or from two machines, is harmless. Exits 6 where some are still not finished, also where the
    /// gateway waits for the customer.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund resume --yes\n  bursar refund resume --recheck 30 --yes")]
    Resume {
        /// The refunds [default: all that did not come to an end]
        #[arg(add = complete::refund())]
        refund: Vec<String>,
        /// Look at refunds of so many days again that did: a bank may have returned the money
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3660), conflicts_with = "refund")]
        recheck: Option<u32>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Let a refund go on that awaits a second person; you must be another login than asked for it
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar refund approve 7f3a0000-0000-4000-8000-000000000000 --yes")]
    Approve {
        /// The refund
        #[arg(add = complete::refund())]
        refund: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Turn a refund down that awaits a second person
    #[command(groups = uses::database_writes(), after_help = "Example:\n  bursar refund reject 7f3a0000-0000-4000-8000-000000000000 --reason 'not our customer' --yes"
    )]
    Reject {
        /// The refund
        #[arg(add = complete::refund())]
        refund: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Bring in refunds and lost disputes that were made at the gateway
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund sync --dry-run\n  bursar refund sync --days 30 --yes\n  bursar refund sync --payment pi_3PqX1a --yes"
    )]
    Sync {
        /// Look at payments of so many days
        #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: u32,
        /// Look at this payment only
        #[arg(long, value_name = "PAYMENT", conflicts_with = "days", add = complete::payment())]
        payment: Option<String>,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Refund every line of a CSV file: payment,amount,reason,note
    ///
    /// Every line is checked before the first refund; --dry-run asks the gateways as well. What came of each line is written into a file
    /// beside it. Run again with the same file, it goes on where it stopped. Exits 6 where some failed.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund batch refunds.csv --dry-run\n  bursar refund batch refunds.csv --max-failures 5 --rate 10 --yes"
    )]
    Batch {
        /// The file, with a line of headings; amount, reason and note may be empty
        file: PathBuf,
        /// Write what came of each line here [default: FILE with .results.csv at its end]
        #[arg(long, value_name = "FILE")]
        results: Option<PathBuf>,
        /// Stop after so many failures
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        max_failures: Option<u64>,
        /// Begin at most so many a second
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
        rate: Option<u32>,
        /// How many at the same time
        #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
        parallel: u8,
        /// What to do where units that a payment bought were spent
        #[arg(long, value_enum, value_name = "POLICY", default_value_t)]
        if_spent: IfSpent,
        /// The gateway of all of them [default: each payment's]
        #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(gateway::known()))]
        gateway: Option<String>,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

fn state(name: &str) -> Result<RefundState, String> {
    name.parse().map_err(|_| {
        let names: Vec<&str> = RefundState::ALL.iter().map(|state| state.name()).collect();
        format!("the states are {}", names.join(", "))
    })
}
