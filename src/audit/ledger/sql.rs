//! The queries of the canonical checks.

/// True if the entries of an account form no whole chain in any order.
pub(super) const SPLIT: &str = include_str!("../sql/split.sql");

pub(super) const SUMS: &str = include_str!("../sql/sums.sql");
pub(super) const LINKS: &str = include_str!("../sql/links.sql");
pub(super) const UNORDERED: &str = include_str!("../sql/unordered.sql");
pub(super) const BROKEN: &str = include_str!("../sql/broken.sql");
pub(super) const MISPLACED: &str = include_str!("../sql/misplaced.sql");
pub(super) const OVERDRAWN: &str = include_str!("../sql/overdrawn.sql");
pub(super) const UNBALANCED: &str = include_str!("../sql/unbalanced.sql");
pub(super) const SETTLED: &str = include_str!("../sql/settled.sql");
pub(super) const PASS_ENTRIES: &str = include_str!("../sql/pass_entries.sql");
pub(super) const PASS_BALANCES: &str = include_str!("../sql/pass_balances.sql");
