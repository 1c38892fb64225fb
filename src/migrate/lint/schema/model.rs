//! The schema as the rules about it know it.

use std::collections::BTreeMap;

use super::index::Index;
use crate::migrate::lint::place::Place;
use crate::migrate::relation::Relation;

/// The schema after the files so far.
#[derive(Default)]
pub(in crate::migrate::lint) struct Schema {
    pub(super) tables: BTreeMap<Relation, Table>,
}

/// A table, whether the files make it or only change it.
#[derive(Default)]
pub(super) struct Table {
    pub indexes: Vec<Index>,
    pub keys: Vec<ForeignKey>,
    pub secured: Option<Place>,
    pub policies: Vec<String>,
    /// A partition: the parent's policies hold for it, and the parent's indexes are its own too.
    pub partition: bool,
    /// A copy of another table, whose indexes may be its own too.
    pub copy: bool,
}

pub(super) struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    pub refers_to: Option<Relation>,
    pub place: Place,
}
