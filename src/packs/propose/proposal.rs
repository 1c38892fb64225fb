//! The result of a draft.

/// A proposed pack.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The files, by their path inside the pack's folder.
    pub files: Vec<(String, String)>,
    /// The findings, each a mark and a sentence: `✓` for what the rows confirm, `?` for what could not be tried, `!` for
    /// what they contradict, `-` for what was not recognized.
    pub said: Vec<(char, String)>,
}
