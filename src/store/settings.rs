//! `bursar.settings`: protection and limits.

use super::call::{record, statements};
use crate::moment::Moment;

/// The table that holds the settings.
pub const TABLE: &str = "bursar.settings";

record! {
    /// A setting that has a value.
    #[derive(Debug)]
    pub struct Row {
        /// Its name.
        pub name: String,
        /// Its value.
        pub value: String,
        /// The time at which it was set.
        pub updated_at: Moment,
        /// The role that set it.
        pub updated_by: String,
    }
}

record! {
    /// The owner of bursar's schema.
    #[derive(Debug)]
    pub struct Owner {
        /// The role.
        pub owner: String,
        /// The role of this session.
        pub role: String,
        /// True where that may act as the owner.
        pub owns: bool,
    }
}

statements! {
    /// Every setting that has a value.
    fn all() -> Row = "SELECT name, value, updated_at, updated_by FROM bursar.settings";

    /// The value of a setting.
    fn value(name: &str) -> (String,) = "SELECT value FROM bursar.settings WHERE name = $1";

    /// Keeps others from changing settings. A row that is not there yet cannot be locked, so the table is.
    fn lock() -> () = "LOCK TABLE bursar.settings IN SHARE ROW EXCLUSIVE MODE";

    /// Sets a setting.
    fn set(name: &str, value: &str) -> () =
        "INSERT INTO bursar.settings (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = clock_timestamp(), updated_by = session_user";

    /// Takes a setting away.
    fn unset(name: &str) -> () = "DELETE FROM bursar.settings WHERE name = $1";

    /// The owner of bursar's schema.
    fn owner() -> Owner =
        "SELECT r.rolname::text AS owner, current_user::text AS role, pg_has_role(n.nspowner, 'USAGE') AS owns
           FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'bursar'";
}
