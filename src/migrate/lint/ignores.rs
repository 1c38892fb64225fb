//! `-- squawk-ignore RULE` for our own rules, read as squawk reads it for its own.

use std::collections::{BTreeMap, BTreeSet};

use squawk_linter::ignore::{IgnoreKind, ignore_rule_info};
use squawk_syntax::SyntaxNode;

use super::model::is_refused;
use super::place::Lines;

/// The rules that the comments of a file silence.
pub(super) struct Ignores {
    file: BTreeSet<String>,
    everything: bool,
    lines: BTreeMap<usize, BTreeSet<String>>,
}

impl Ignores {
    pub fn of(root: &SyntaxNode, lines: &Lines<'_>) -> Self {
        let mut ignores = Ignores { file: BTreeSet::new(), everything: false, lines: BTreeMap::new() };
        for token in root.descendants_with_tokens().filter_map(|part| part.into_token()) {
            let Some((names, range, kind)) = ignore_rule_info(&token) else { continue };
            let names: BTreeSet<String> =
                names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
            match kind {
                IgnoreKind::File if names.is_empty() => ignores.everything = true,
                IgnoreKind::File => ignores.file.extend(names),
                IgnoreKind::Line => {
                    ignores.lines.entry(lines.position(range.start().into()).line).or_default().extend(names);
                }
            }
        }
        ignores
    }

    /// True if a hit of this rule, on this line, is silenced: there, or on the line before.
    pub fn silence(&self, rule: &str, line: usize) -> bool {
        let named = |line: usize| self.lines.get(&line).is_some_and(|names| names.contains(rule));
        if is_refused(rule) {
            return false;
        }
        // A server may be newer than the grammar here, so an error of that can be silenced, but only by its name.
        let everything = self.everything && rule != "syntax-error";
        everything || self.file.contains(rule) || named(line) || named(line.saturating_sub(1))
    }
}
