//! What a check finds.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckVerdict {
    /// As it should be.
    Ok,
    /// It could not be looked at, or it is too early to tell.
    Skipped,
    /// Worth a look.
    Warn,
    /// Wrong.
    Fail,
}

impl CheckVerdict {
    /// Its name in every output.
    pub const fn name(self) -> &'static str {
        match self {
            CheckVerdict::Ok => "ok",
            CheckVerdict::Skipped => "skipped",
            CheckVerdict::Warn => "warn",
            CheckVerdict::Fail => "fail",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self> {
        [CheckVerdict::Ok, CheckVerdict::Skipped, CheckVerdict::Warn, CheckVerdict::Fail]
            .into_iter()
            .find(|v| v.name() == name)
            .ok_or_else(|| Error::failed(format!("a check gave the verdict '{name}'")))
    }
}

/// One row of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about; `None` for the server as a whole.
    pub object: Option<String>,
    /// How that stands.
    pub verdict: CheckVerdict,
    /// In a sentence.
    pub message: String,
    /// A number to compare, exact, in [`Finding::unit`].
    pub value: Option<String>,
    /// bytes, rows, ms, ratio and so on.
    pub unit: Option<String>,
}

/// What came of a check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// The check's id.
    pub check: String,
    /// What holds when it passes.
    pub title: String,
    /// The worst of what was found.
    pub verdict: CheckVerdict,
    /// Why it was skipped, or could not be done.
    pub reason: Option<String>,
    /// Whether it ought to have worked, and did not.
    #[serde(default)]
    pub incomplete: bool,
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
}
