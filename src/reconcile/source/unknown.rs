//! What a source did not understand, counted by reason, for [`SourceEnd::missing`](crate::reconcile::SourceEnd).

use std::collections::{BTreeMap, HashSet};

/// The most reasons that are told apart.
const REASONS: usize = 20;

/// Reasons, each with how often it was met and the first object of it.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    reasons: BTreeMap<String, (u64, String)>,
    /// The objects that somebody answers for: they are not counted.
    left: HashSet<String>,
}

impl Unknown {
    /// None yet, and these objects are left out.
    pub fn leaving(left: &HashSet<String>) -> Self {
        Unknown { left: left.clone(), ..Unknown::default() }
    }

    /// Counts an object that is not understood for that reason.
    pub fn add(&mut self, reason: String, id: &str) {
        if self.left.contains(id) {
            return;
        }
        let reason = if self.reasons.len() < REASONS || self.reasons.contains_key(&reason) {
            reason
        } else {
            "other reasons".into()
        };
        self.reasons.entry(reason).or_insert_with(|| (0, id.to_owned())).0 += 1;
    }

    /// True where somebody answers for one of these objects, so that a row about it may be left out.
    pub fn leaves(&self, ids: impl IntoIterator<Item = Option<String>>) -> bool {
        ids.into_iter().flatten().any(|id| self.left.contains(&id))
    }

    /// A sentence for each reason, each with what to do.
    pub fn sentences(&self, gateway: &str) -> impl Iterator<Item = String> {
        self.reasons.iter().map(move |(reason, (count, first))| {
            format!("{count} × {reason}, the first is {first}: look at it in the dashboard of {gateway}")
        })
    }
}
