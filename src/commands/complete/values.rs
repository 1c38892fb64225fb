//! Values that need no database, or only the name of its application.

use std::ffi::OsStr;

use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter as _};

use super::asked::{self, Typed, config};
use crate::packs;
use crate::{audit, inspect};

fn candidate(value: impl Into<std::ffi::OsString>, about: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!about.is_empty()).then(|| crate::text::escape(about).into_owned().into()))
}

/// The environments of `bursar.toml`.
pub(super) fn environments(_: &Typed, _: &str) -> Vec<CompletionCandidate> {
    let config = config().unwrap_or_default();
    config.env.iter().map(|(name, env)| candidate(name, env.app.as_deref().unwrap_or_default())).collect()
}

/// The built-in packs, and folders, which may hold one.
pub(super) fn packs(_: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    let mut found: Vec<_> =
        packs::marks().unwrap_or_default().iter().map(|pack| candidate(&pack.name, &pack.title)).collect();
    if prefix.contains('/') || prefix.starts_with('.') {
        found.extend(PathCompleter::dir().complete(OsStr::new(prefix)));
    }
    found
}

/// The audit's checks.
pub(super) fn checks(typed: &Typed, _: &str) -> Vec<CompletionCandidate> {
    let checks = audit::list(&asked::packs(typed));
    checks.iter().map(|check| candidate(&check.id, &check.title)).collect()
}

/// The audit's checks, and what several of them have in common before the point.
pub(super) fn checks_and_parts(typed: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    with_parts(checks(typed, prefix))
}

/// What `inspect` can be asked for.
pub(super) fn inspect_topics(_: &Typed, _: &str) -> Vec<CompletionCandidate> {
    let checks = inspect::checks().unwrap_or_default();
    let all = candidate("all", "every check");
    let checks = with_parts(checks.iter().map(|check| candidate(&check.id, &check.title)).collect());
    std::iter::once(all).chain(checks).collect()
}

fn with_parts(checks: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let part = |check: &CompletionCandidate| check.get_value().to_str()?.split('.').next().map(str::to_owned);
    let mut parts: Vec<String> = checks.iter().filter_map(part).collect();
    parts.dedup();
    parts.into_iter().map(|part| candidate(part, "all of these checks")).chain(checks).collect()
}

/// The topics of the pack's business figures.
pub(super) fn stats_topics(typed: &Typed, _: &str) -> Vec<CompletionCandidate> {
    let topics: Vec<_> = asked::packs(typed).into_iter().flat_map(|pack| pack.stats).collect();
    let all = candidate("overview", "every topic");
    std::iter::once(all).chain(topics.iter().map(|topic| candidate(&topic.name, &topic.title))).collect()
}

/// The rules of `migrate lint`.
pub(super) fn lint_rules(_: &Typed, _: &str) -> Vec<CompletionCandidate> {
    #[cfg(feature = "lint")]
    return crate::migrate::lint::rules().into_iter().map(|(rule, about)| candidate(rule, about)).collect();
    #[cfg(not(feature = "lint"))]
    Vec::new()
}
