//! The reading of `seed.toml`, so that a simulation can rely on it.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Declares the tables of a `seed.toml`, in which every key is needed and no other is allowed.
macro_rules! tables {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$meta:meta])* $field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name { $($(#[$meta])* pub $field: $kind,)* }
    )*};
}

pub(super) use tables;

/// The parameters of a simulation.
pub(super) trait Rules: DeserializeOwned {
    /// The first rule that the values break and that their types cannot express.
    fn fault(&self) -> Option<String>;

    /// Reads and checks the table.
    ///
    /// # Errors
    /// A usage error that names what is wrong.
    fn read(table: &toml::Table) -> Result<Self> {
        let wrong = |why: String| Error::usage(format!("seed.toml: {why}"));
        let style: Self = table.clone().try_into().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
        match style.fault() {
            Some(fault) => Err(wrong(fault)),
            None => Ok(style),
        }
    }
}

/// The fault of the first list of these that is empty.
pub(super) fn empty(lists: &[(&str, usize)]) -> Option<String> {
    lists.iter().find(|(_, length)| *length == 0).map(|(name, _)| format!("{name} is empty"))
}

/// The fault of the first number of these that is not above 0.
pub(super) fn not_positive(numbers: &[(&str, f64)]) -> Option<String> {
    let wrong = numbers.iter().find(|(_, number)| !(number.is_finite() && *number > 0.0));
    wrong.map(|(name, _)| format!("{name} must be above 0"))
}

/// The fault of the first of these chances that is too near to 1: each is drawn again and again until the answer is no.
pub(super) fn endless(chances: &[(&str, f64)]) -> Option<String> {
    let wrong = chances.iter().find(|(_, chance)| !(0.0..=0.95).contains(chance));
    wrong.map(|(name, _)| format!("{name} must be between 0 and 0.95"))
}
