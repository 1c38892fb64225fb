//! `bursar.pack_functions`: the functions of a pack that are installed.

use super::call::{record, statements};

/// The table.
pub const TABLE: &str = "bursar.pack_functions";

record! {
    /// A file of functions that is installed.
    #[derive(Debug)]
    pub struct Installed {
        /// The file.
        pub file: String,
        /// Its checksum.
        pub checksum: String,
    }
}

statements! {
    /// The files of an application that are installed.
    fn installed(app: &str) -> Installed = "SELECT file, checksum FROM bursar.pack_functions WHERE app = $1";

    /// Forgets the files of all other applications.
    fn forget_others(apps: &[&str]) -> () = "DELETE FROM bursar.pack_functions WHERE app <> ALL ($1::text[])";

    /// Forgets the files of an application that are none of these.
    fn forget_files(app: &str, but: &[&str]) -> () =
        "DELETE FROM bursar.pack_functions WHERE app = $1 AND file <> ALL ($2::text[])";

    /// Records that a file is installed.
    fn record(app: &str, file: &str, checksum: &str) -> () =
        "INSERT INTO bursar.pack_functions (app, file, checksum) VALUES ($1, $2, $3)
         ON CONFLICT (app, file) DO UPDATE SET checksum = EXCLUDED.checksum, installed_at = clock_timestamp()";
}
