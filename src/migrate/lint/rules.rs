//! The names of all rules, ours and squawk's.

use super::model::{RULES, is_ours};
use super::squawk;

/// Every rule, ours and squawk's, and in a line what ours are about.
pub fn rules() -> Vec<(String, &'static str)> {
    let ours = RULES.iter().map(|rule| (rule.name.to_owned(), rule.title));
    ours.chain(squawk::rules().into_iter().map(|rule| (rule, ""))).collect()
}

/// True if there is a rule of this name, squawk's or ours.
pub fn is_rule(name: &str) -> bool {
    is_ours(name) || squawk::is_rule(name)
}
