//! The ambient world: the environment, the clock and randomness enter here.

use chrono::{DateTime, Utc};

/// One environment variable; empty counts as unset.
#[allow(clippy::disallowed_methods, reason = "this is where the environment enters")]
pub(crate) fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// One environment variable as the system has it.
#[allow(clippy::disallowed_methods, reason = "this is where the environment enters")]
pub(super) fn os_var(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The time, for what needs a today.
#[allow(clippy::disallowed_methods, reason = "this is where the clock enters")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// An id that no other operation has.
#[allow(clippy::disallowed_methods, reason = "this is where randomness enters")]
pub(super) fn new_id() -> uuid::Uuid {
    uuid::Uuid::new_v4()
}
