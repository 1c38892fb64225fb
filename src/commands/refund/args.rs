//! The flags and subcommands of `bursar refund`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};

use crate::commands::values::{Since, pasted, patience, rate, since};
use crate::commands::{complete, uses};
use crate::output::{Output, Rows};
pub use crate::refund::{IfSpent, RefundReason};
use crate::refund::{RECORD_ONLY, RefundState, gateway};

/// Refund payments: the money through its gateway, the units back from the account, exactly once
///
/// Without a subcommand, on a terminal, it guides you through one refund: search for the payment, choose the amount
/// and the reason, see what changes, confirm. A flag that you give answers its question. Esc or Ctrl-C at any
/// question changes nothing. `bursar refund resume` finishes refunds that were interrupted.
#[derive(Debug, Args)]
#[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund create pi_3PqX1a --dry-run\n  bursar refund create pi_3PqX1a --amount 50.00 --reason duplicate --yes\n  bursar refund resume --yes\n  bursar refund list --open"
)]
pub struct Refund {
    /// The flags of a guided refund.
    #[command(flatten)]
    pub flags: RefundFlags,
    /// None for a guided refund.
    #[command(subcommand)]
    pub action: Option<RefundAction>,
}

/// The flags of one refund.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct RefundFlags {
    /// Amount in whole units of the payment's currency, such as 50.00 or "฿50" [default: all that is left]
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// Reason of the refund [default: requested_by_customer]
    #[arg(long, value_enum, value_name = "REASON")]
    pub reason: Option<RefundReason>,
    /// Free text about the reason
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Policy if units that the payment bought are spent [default: refuse]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub if_spent: Option<IfSpent>,
    /// Gateway: stripe, paypal, or record-only for money that was refunded elsewhere [default: the payment's]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(gateway::known()))]
    pub gateway: Option<String>,
    /// Reference of the refund that was made elsewhere, with --gateway record-only
    #[arg(long, value_name = "REF", value_parser = pasted)]
    pub gateway_ref: Option<String>,
    /// Your own idempotency key: the same request under the same key is the same refund
    #[arg(long, value_name = "KEY", value_parser = pasted)]
    pub idempotency_key: Option<String>,
    /// Capture to refund, of a PayPal order that has several
    #[arg(long, value_name = "ID", value_parser = capture)]
    pub capture: Option<String>,
    /// Allow a second refund of the same amount
    #[arg(long)]
    pub again: bool,
    /// Maximum wait for another process that works on the same refund. 0 does not wait [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub wait: Option<Duration>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl RefundFlags {
    /// These flags; a flag that is missing is taken from those in front of the subcommand.
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
            capture: self.capture.or(before.capture),
            again: self.again || before.again,
            wait: self.wait.or(before.wait),
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
            RefundReason::Duplicate => "The customer paid twice",
            RefundReason::Fraudulent => "Somebody else paid with the customer's card",
            RefundReason::Other => "Another reason",
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
            IfSpent::Refuse => "Change nothing, and say how many units are missing",
            IfSpent::Cap => "Take the units that are left, and write the rest off",
            IfSpent::Keep => "Take no units, and write all of them off",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

/// The subcommands of `bursar refund`.
#[derive(Debug, Subcommand)]
pub enum RefundAction {
    /// Refund one payment, or a part of it
    ///
    /// Shows the refund, asks, takes the units back, and then asks the gateway for the money. The same refund
    /// twice is one refund: the second run reports the first, with its exit code. It waits for another process that
    /// works on that refund. Exits 6 if the result is not known by then, or if the refund waits for a second person
    /// or for the customer.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund create pi_3PqX1a --dry-run\n  bursar refund create pi_3PqX1a --amount 50.00 --reason duplicate --yes\n  bursar refund create pi_3PqX1a --gateway record-only --gateway-ref re_1Nx --if-spent cap --yes"
    )]
    Create {
        /// Payment: its id or an id of the gateway. On a terminal, the first 4 characters or more are enough
        #[arg(add = complete::payment())]
        payment: String,
        /// The flags.
        #[command(flatten)]
        flags: Box<RefundFlags>,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// List refunds, newest first
    #[command(groups = uses::reads(), after_help = "Examples:\n  bursar refund list --open\n  bursar refund list --state failed --since 30d -o csv"
    )]
    List(Box<RefundList>),
    /// Show one refund with its history
    #[command(groups = uses::database(), after_help = "Examples:\n  bursar refund show re_1Nx\n  bursar refund show re_1Nx -o json")]
    Show {
        /// Refund: its id, the first characters of it, or the gateway's id of it
        #[arg(add = complete::refund(), value_parser = pasted)]
        refund: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Finish refunds that were interrupted
    ///
    /// Asks the gateway before it submits anything again, and always under the refund's own id. It is safe to run
    /// it twice, or on two machines at once. Exits 6 if some refunds are still not finished, also if the gateway
    /// waits for the customer.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund resume --dry-run\n  bursar refund resume --yes\n  bursar refund resume --recheck 30 --yes")]
    Resume {
        /// Refunds to finish [default: all that are not finished]
        #[arg(add = complete::refund(), value_parser = pasted)]
        refund: Vec<String>,
        /// Also check finished refunds of the last DAYS days again: a bank may have returned the money.
        /// Exits 3 if the gateway does not have one that succeeded
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3660), conflicts_with = "refund")]
        recheck: Option<u32>,
        /// Show what would be done, and change nothing. No gateway is asked
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Approve a refund that needs a second person. Use a different login than the requester
    #[command(groups = uses::writes(), after_help = "Example:\n  bursar refund approve 7f3a0000-0000-4000-8000-000000000000 --yes")]
    Approve {
        /// Refund: its id, or the gateway's id of it
        #[arg(add = complete::refund(), value_parser = pasted)]
        refund: String,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Reject a refund that needs a second person
    #[command(groups = uses::database_writes(), after_help = "Example:\n  bursar refund reject 7f3a0000-0000-4000-8000-000000000000 --reason 'not our customer' --yes"
    )]
    Reject {
        /// Refund: its id, or the gateway's id of it
        #[arg(add = complete::refund(), value_parser = pasted)]
        refund: String,
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
    /// End a refund that cannot go on, and give its units back
    ///
    /// A refund that was never submitted ends at once. One that was submitted may have gone through: an operator ends
    /// it, and only if the gateway's list of the payment, in the account that was asked first, shows none of it. A
    /// record-only refund ends only if another refund of the payment has the same reference. The reason is logged.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund cancel 7f3a0000-0000-4000-8000-000000000000 --reason 'the order is gone' --dry-run\n  bursar refund cancel 7f3a0000-0000-4000-8000-000000000000 --reason 'the order is gone' --yes\n  bursar refund cancel 7f3a0000-0000-4000-8000-000000000000 --reason gone --looked-at stripe --yes"
    )]
    Cancel {
        /// Refund: its id, or the gateway's id of it
        #[arg(add = complete::refund(), value_parser = pasted)]
        refund: String,
        /// Reason of the cancellation
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// You looked at the gateway of this name yourself, and it has no such refund. Needed only if bursar cannot see it
        #[arg(long, value_name = "GATEWAY")]
        looked_at: Option<String>,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Accept a refund or dispute of a gateway that can never be imported
    ///
    /// `refund sync` and `payments reconcile` leave such a refund or dispute as it is, and no longer fail because of it.
    /// Nothing else changes. The reason is logged. The gateway is asked first: what `refund sync` would import is refused,
    /// and so is what needs no answer. --withdraw ends it: from then on the object counts as before.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund acknowledge dp_1Nx --gateway stripe --reason 'in USD, booked by finance' --dry-run\n  bursar refund acknowledge dp_1Nx --gateway stripe --reason 'in USD, booked by finance' --yes\n  bursar refund acknowledge dp_1Nx --withdraw --reason 'it was the wrong dispute' --yes"
    )]
    Acknowledge {
        /// The gateway's id of the refund or dispute
        #[arg(value_parser = pasted)]
        object: String,
        /// Gateway of the object. --withdraw needs it only if several gateways have an object with this id
        #[arg(long, value_name = "NAME", required_unless_present = "withdraw", value_parser = PossibleValuesParser::new(gateway::known().iter().filter(|name| **name != RECORD_ONLY)))]
        gateway: Option<String>,
        /// Withdraw the acknowledgement, so that the object counts again
        #[arg(long)]
        withdraw: bool,
        /// Reason, and who agreed
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Show what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Import refunds and lost disputes that were made at the gateway
    ///
    /// Goes by the date of the refund or dispute, not of its payment. A dispute that was lost and is won later is undone.
    /// Exits 3 if a refund succeeded here and its gateway does not have it. Exits 6 if something does not fit, or a gateway
    /// of some payments is not configured.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund sync --dry-run\n  bursar refund sync --days 90 --yes\n  bursar refund sync --since 2026-01-01 --gateway stripe --yes\n  bursar refund sync --payment pi_3PqX1a --yes"
    )]
    Sync(RefundSync),
    /// Refund every line of a CSV file: payment,amount,reason,note
    ///
    /// Checks every line before the first refund, and asks whether the gateways answer. --dry-run also asks them about
    /// each payment. Writes the result of each line to a file beside it. A second run with the same file continues
    /// where the first stopped; --skip-done, or a column `key`, continues with an edited file. Stops if a gateway does
    /// not take the key or cannot be reached. Exits 6 if some lines failed or were not begun.
    #[command(groups = uses::writes(), after_help = "Examples:\n  bursar refund batch refunds.csv --dry-run\n  bursar refund batch refunds.csv --max-failures 5 --rate 10/s --yes"
    )]
    Batch(RefundBatch),
}

/// The flags of `refund list`.
#[derive(Debug, Args)]
pub struct RefundList {
    /// Only refunds in these states
    #[arg(long, value_name = "STATE,…", value_delimiter = ',', value_parser = state)]
    pub state: Vec<RefundState>,
    /// Only refunds that are not finished
    #[arg(long, conflicts_with = "state")]
    pub open: bool,
    /// Only refunds of this payment
    #[arg(long, value_name = "PAYMENT", add = complete::payment())]
    pub payment: Option<String>,
    /// Only refunds of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only refunds requested from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub since: Option<Since>,
    /// Only refunds requested before this time: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since)]
    pub until: Option<Since>,
    /// Maximum number of refunds. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Continue an earlier list that was cut
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<i64>,
    /// The format.
    #[command(flatten)]
    pub output: Output<Rows>,
}

/// The flags of `refund sync`.
#[derive(Debug, Args)]
pub struct RefundSync {
    /// Check refunds and disputes of the last N days; disputes of 150 days at least
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// Check refunds and disputes from this time on: YYYY-MM-DD, RFC 3339, or an age such as 7d
    #[arg(long, value_name = "DATE|AGE", value_parser = since, conflicts_with = "days")]
    pub since: Option<Since>,
    /// Check only this payment
    #[arg(long, value_name = "PAYMENT", conflicts_with_all = ["days", "since"], add = complete::payment())]
    pub payment: Option<String>,
    /// Ask only this gateway
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(gateway::known().iter().filter(|name| **name != RECORD_ONLY)))]
    pub gateway: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

/// The refunds of a batch at the same time, where no number is given.
pub const PARALLEL: u8 = 4;

/// The flags of `refund batch`.
#[derive(Debug, Args)]
pub struct RefundBatch {
    /// CSV file with a header line, or - for standard input. The columns amount, reason, note and key may be empty
    pub file: PathBuf,
    /// File for the result of each line [default: FILE with .results.csv at its end]
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Stop after N failures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_failures: Option<u64>,
    /// Skip lines whose payment and amount have a refund already
    #[arg(long)]
    pub skip_done: bool,
    /// Maximum wait for another process that works on the same refund. 0 does not wait [default: 30s]
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub wait: Option<Duration>,
    /// Maximum rate of refunds, such as 10/s, 300/m, 1000/h, or a number per second
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// Maximum number of refunds at the same time
    #[arg(long, value_name = "N", default_value_t = PARALLEL, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub parallel: u8,
    /// Policy if units that a payment bought are spent
    #[arg(long, value_enum, value_name = "POLICY", default_value_t)]
    pub if_spent: IfSpent,
    /// Gateway of all payments [default: each payment's]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(gateway::known()))]
    pub gateway: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format.
    #[command(flatten)]
    pub output: Output,
}

fn capture(id: &str) -> Result<String, String> {
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_id { Ok(id.to_owned()) } else { Err("PayPal's ids are of letters, digits and hyphens".to_owned()) }
}

fn state(name: &str) -> Result<RefundState, String> {
    name.parse().map_err(|_| {
        let names: Vec<&str> = RefundState::ALL.iter().map(|state| state.name()).collect();
        format!("the states are {}", names.join(", "))
    })
}
