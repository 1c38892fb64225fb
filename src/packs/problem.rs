//! A defect of a query of a pack, with its place.

use crate::error::Error;

/// A defect of one query of a pack.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1, if the server names a place.
    pub line: Option<usize>,
    /// The column, from 1, if the server names a place.
    pub column: Option<usize>,
    /// The text of the line.
    pub text: Option<String>,
    /// The defect, in the server's words with the SQLSTATE.
    pub message: String,
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let Problem { file, line, column, text, message } = problem;
        let place: Vec<String> =
            [Some(file), line.map(|l| l.to_string()), column.map(|c| c.to_string())].into_iter().flatten().collect();
        let text = text.map(|t| format!(" in `{}`", t.trim())).unwrap_or_default();
        Error::usage(format!("{}: {message}{text}", place.join(":")))
            .hint("`bursar pack check DIR` lists every defect of a pack")
    }
}
