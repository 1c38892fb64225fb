//! The flags of `bursar config`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Output;

/// Which `bursar.toml` files bursar trusts
///
/// A `bursar.toml` comes with the folder that it is in, and somebody else may have written it. Until it is trusted, it
/// may only name a database of this machine; it runs no command, reads no variable, names no pack and no other server.
/// The file in your own configuration directory needs no trust. What is trusted is one file with its content of now,
/// which is noted in your state directory: changed content has to be trusted again. A file that another user owns or
/// may write to is never used.
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Trust a file with what it says now
    #[command(after_help = "Examples:\n  bursar config trust\n  bursar config trust ./bursar.toml")]
    Trust {
        /// The file [default: the bursar.toml that is used here]
        file: Option<PathBuf>,
    },
    /// Trust a file no longer
    #[command(after_help = "Example:\n  bursar config untrust ../bursar.toml")]
    Untrust {
        /// The file, which may be gone [default: the bursar.toml that is used here]
        file: Option<PathBuf>,
    },
    /// List the files that were trusted, and whether they still are
    #[command(after_help = "Examples:\n  bursar config list\n  bursar config list -o json")]
    List {
        /// The format.
        #[command(flatten)]
        output: Output,
    },
}
