//! The flags of `bursar settings`.

use clap::Subcommand;

use super::Output;
use super::values::setting;
use crate::settings::Name;

/// Limits and protection, which are kept in the database
#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Show each setting, what it means, and who set it
    #[command(after_help = "Examples:\n  bursar settings list\n  bursar settings list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
    /// Set one, as the owner of bursar's schema
    ///
    /// `protected` is true or false; taking the protection away needs the database's name (--confirm).
    /// `refund_limit` is what a refund may come to without an approval, such as "THB 5000.00, USD 150",
    /// or none. `adjust_limit` is what the adjustments of one balance may come to in 30 days without an
    /// approval, such as "STAR 500, COIN 1000", or none.
    #[command(
        after_help = "Examples:\n  bursar settings set protected true --yes\n  bursar settings set refund_limit \"THB 5000.00, USD 150\" --yes\n  bursar settings set adjust_limit \"STAR 500\" --yes\n  bursar settings set refund_limit none --dry-run"
    )]
    Set {
        /// Which
        #[arg(value_parser = setting())]
        name: Name,
        /// Its new value
        value: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}
