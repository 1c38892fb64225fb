//! The arguments of `bursar payments`.

use clap::{Args, Subcommand};

use super::values::until;
use super::{Output, RowsOutput, Until};
use crate::cursor::Cursor;

/// Find a payment: by its id, the gateway's, the customer, the amount or the time
#[derive(Debug, Subcommand)]
pub enum Payments {
    /// List payments, newest first
    #[command(
        after_help = "Examples:\n  bursar payments list --search ada@example.com\n  bursar payments list --since 2026-10-01 --min 500 --currency THB --refundable\n  bursar payments list --status failed --limit 0 -o csv > failed.csv"
    )]
    List(Box<PaymentsList>),
    /// Show everything about one payment: the customer, what it granted, its entries and refunds
    #[command(after_help = "Examples:\n  bursar payments show pi_3PqX1a\n  bursar payments show pi_3Pq -o json")]
    Show {
        /// The payment: its id, an id of the gateway's, or the beginning of one, of at least 4 characters
        payment: String,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}

/// Which payments to list, and how many.
#[derive(Debug, Args)]
pub struct PaymentsList {
    /// Only those with this in the customer's name or address, the id or the gateway's, in any case
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Only those of this status, in the application's words
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only those from this time on, as YYYY-MM-DD or RFC 3339
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub since: Option<Until>,
    /// Only those before this time
    #[arg(long, value_name = "DATE", value_parser = until)]
    pub until: Option<Until>,
    /// Only those of this amount or more, in whole units of --currency
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    pub min: Option<String>,
    /// Only those of this amount or less, in whole units of --currency
    #[arg(long, value_name = "AMOUNT", requires = "currency")]
    pub max: Option<String>,
    /// Only those in this currency, such as THB
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only those that may be refunded, as far as their status says
    #[arg(long)]
    pub refundable: bool,
    /// How many to list. 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Go on where an earlier list was cut, as that said
    #[arg(long, value_name = "CURSOR", allow_hyphen_values = true)]
    pub cursor: Option<Cursor>,
    /// The format.
    #[command(flatten)]
    pub output: RowsOutput,
}
