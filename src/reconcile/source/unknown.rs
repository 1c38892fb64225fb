//! What a source did not understand, counted by reason, for [`SourceEnd::missing`](crate::reconcile::SourceEnd).

use std::collections::BTreeMap;

/// The most reasons that are told apart.
const REASONS: usize = 20;

/// Reasons, each with how often it was met and the first object of it.
#[derive(Debug, Default)]
pub(super) struct Unknown(BTreeMap<String, (u64, String)>);

impl Unknown {
    /// Counts an object that is not understood for that reason.
    pub fn add(&mut self, reason: String, id: &str) {
        let reason =
            if self.0.len() < REASONS || self.0.contains_key(&reason) { reason } else { "other reasons".into() };
        self.0.entry(reason).or_insert_with(|| (0, id.to_owned())).0 += 1;
    }

    /// A sentence for each reason, each with what to do.
    pub fn sentences(&self, gateway: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |(reason, (count, first))| {
            format!("{count} × {reason}, the first is {first}: look at it in the dashboard of {gateway}")
        })
    }
}
