//! The result of a draft.

/// A proposed pack.
#[derive(Debug, Default)]
pub struct Proposal {
    /// The files, by their path inside the pack's folder.
    pub files: Vec<(String, String)>,
    /// The findings, each a mark and a sentence: `✓` for what the rows confirm, `?` for what could not be tried, `!` for
    /// what they contradict, `-` for what was not recognized.
    pub said: Vec<(char, String)>,
    /// The ledgers that the rows confirm beside the drafted one.
    pub others: Vec<Other>,
}

/// A ledger that another pack can have.
#[derive(Debug, Clone)]
pub struct Other {
    /// The evidence of the rows, in a sentence.
    pub said: String,
    /// The table of its entries.
    pub ledger: String,
    /// The column of its balances, as `table.column`.
    pub balances: String,
}
