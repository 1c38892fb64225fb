//! The findings and the outcome of a check.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The verdict on a check or a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckVerdict {
    /// Nothing is wrong.
    Ok,
    /// It could not be looked at, or it is too early to tell.
    Skipped,
    /// Worth a look.
    Warn,
    /// Wrong.
    Fail,
}

impl CheckVerdict {
    /// The name in every output.
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
    /// The object; `None` for the server as a whole.
    pub object: Option<String>,
    /// The verdict on it.
    pub verdict: CheckVerdict,
    /// In a sentence.
    pub message: String,
    /// A number to compare, exact, in [`Finding::unit`].
    pub value: Option<String>,
    /// bytes, rows, ms, ratio and so on.
    pub unit: Option<String>,
}

/// The outcome of a check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// The check's id.
    pub check: String,
    /// The statement that holds if the check passes.
    pub title: String,
    /// The worst of what was found.
    pub verdict: CheckVerdict,
    /// The reason why it was skipped or failed.
    pub reason: Option<String>,
    /// True if it ought to have worked, and did not.
    #[serde(default)]
    pub incomplete: bool,
    /// The findings, worst first.
    pub findings: Vec<Finding>,
    /// The reason why the check matters.
    pub why: String,
    /// The action that a finding calls for.
    pub remedy: String,
}
