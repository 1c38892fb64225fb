//! The result of an examination of a pack, and the words of its states.

use super::model::{Origin, Pack};
use super::problem::Problem;
use super::sql::Sql;
use crate::text::locate;

/// The outcome of a run of a pack's queries.
#[derive(Debug, Default)]
pub struct Examined {
    /// The defects.
    pub problems: Vec<Problem>,
    /// The counts, in sentences.
    pub facts: Vec<String>,
    /// The questions without an answer, in sentences.
    pub notes: Vec<String>,
}

/// The parts that have words for states, with the query and the words.
pub(super) fn stated(pack: &Pack) -> Vec<(&'static str, &Sql, Vec<String>)> {
    let mut all = Vec::new();
    let words = |states: Vec<&String>| states.into_iter().cloned().collect::<Vec<_>>();
    if let Some(payments) = pack.payments.as_ref().filter(|p| !p.states.is_empty()) {
        all.push(("payments", &payments.sql, words(payments.states.iter().map(|(w, _)| w).collect())));
    }
    if let Some(refunds) = pack.refunds.as_ref().filter(|r| !r.states.is_empty()) {
        all.push(("refunds", &refunds.sql, words(refunds.states.iter().map(|(w, _)| w).collect())));
    }
    if let Some(jobs) = &pack.jobs {
        all.push(("jobs", &jobs.jobs, words(jobs.states.iter().map(|(w, _)| w).collect())));
    }
    all
}

/// A defect of `pack.toml`, at the place of a word in the states of a part.
pub(super) fn in_manifest(pack: &Pack, part: &str, word: &str, message: String) -> Problem {
    at_word(pack, &format!("[{part}.states]"), word, message)
}

/// A defect of `pack.toml`, at the place of a reference.
pub(super) fn in_references(pack: &Pack, from: &str, message: String) -> Problem {
    at_word(pack, "[[references]]", from, format!("[[references]] from {from}: {message}"))
}

/// A defect of `pack.toml`, at the place of a table that can be sealed.
pub(super) fn in_seals(pack: &Pack, table: &str, message: String) -> Problem {
    at_word(pack, "[[seal.tables]]", table, message)
}

/// A defect at the place of a quoted word below a header.
fn at_word(pack: &Pack, header: &str, word: &str, message: String) -> Problem {
    let file = match &pack.origin {
        Origin::Folder(folder) => folder.join("pack.toml"),
        Origin::BuiltIn => std::path::PathBuf::from(format!("{}/pack.toml", pack.name)),
    };
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let begin = text.find(header);
    let at = begin.and_then(|begin| Some(begin + text[begin..].find(&format!("\"{word}\""))?)).or(begin);
    let at = at.map(|at| locate(&text, at));
    Problem {
        file: file.display().to_string(),
        line: at.as_ref().map(|p| p.line),
        column: at.as_ref().map(|p| p.column),
        text: at.map(|p| p.text),
        message,
    }
}

/// The defect of a ledger in the order of `seq` whose entries lack it.
pub fn seq_is_null(without: i64, of: i64) -> String {
    format!("`seq` is NULL in {without} of {of} entries, and order = \"seq\" in pack.toml says that it orders them")
}
