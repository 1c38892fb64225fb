//! The rules about the schema that is left behind.

use super::index::Index;
use super::model::{Schema, Table};
use crate::migrate::lint::model::{Found, Level};
use crate::migrate::lint::place::Place;
use crate::migrate::relation::Relation;

impl Schema {
    /// The hits, each with the number of its file.
    pub fn finish(self) -> Vec<(usize, Found)> {
        let mut found = Vec::new();
        for (name, table) in &self.tables {
            without_policy(name, table, &mut found);
            duplicates(name, table, &mut found);
            keys_without_index(name, table, &mut found);
        }
        found
    }
}

/// The name as people write it: `public` is seldom written.
fn short(name: &Relation) -> String {
    match name.schema.as_deref() {
        Some("public") => name.name.clone(),
        _ => name.to_string(),
    }
}

fn without_policy(name: &Relation, table: &Table, found: &mut Vec<(usize, Found)>) {
    // A partition's rows are reached through its parent, whose policies hold; that nobody reads the
    // partition itself is then what is wanted.
    let open = table.policies.is_empty() && !table.partition;
    let Some(Place { file, span }) = table.secured.filter(|_| open) else { return };
    let message = format!(
        "Row level security is on for {}, but it has no policy: only its owner and roles with BYPASSRLS can read or \
         change its rows.",
        short(name)
    );
    let help = "Add a policy, or say why not: -- squawk-ignore rls-without-policy -- only its owner may";
    found.push((file, Found::ours("rls-without-policy", Level::Warning, span, message, help)));
}

fn duplicates(name: &Relation, table: &Table, found: &mut Vec<(usize, Found)>) {
    for (number, index) in table.indexes.iter().enumerate() {
        let Some(earlier) = table.indexes[..number].iter().find(|earlier| earlier.holds_the_same_as(index)) else {
            continue;
        };
        let kind = |index: &Index| match index.key {
            Some(key) => format!("the {key} {}", index.name),
            None => format!("the index {}", index.name),
        };
        // Of the two, the one goes that guarantees nothing.
        let needless = if !earlier.unique && index.unique { earlier } else { index };
        let message = format!(
            "On {}, {} is equal to {}: each write maintains both, and no query is faster for it.",
            short(name),
            kind(index),
            kind(earlier)
        );
        let help = format!("Remove {}.", kind(needless));
        let Place { file, span } = index.place;
        found.push((file, Found::ours("duplicate-index", Level::Warning, span, message, &help)));
    }
}

fn keys_without_index(name: &Relation, table: &Table, found: &mut Vec<(usize, Found)>) {
    for key in &table.keys {
        if table.partition
            || table.copy
            || key.columns.is_empty()
            || table.indexes.iter().any(|i| i.finds(&key.columns))
        {
            continue;
        }
        let columns = key.columns.join(", ");
        let to = key.refers_to.as_ref().map_or_else(|| "another table".to_owned(), short);
        let message = format!(
            "{}({columns}) refers to {to}, and no index in these files begins with it: each deletion there, and each \
             change of its key, scans all of {}.",
            short(name),
            short(name)
        );
        let help = format!("CREATE INDEX ON {} ({columns});", short(name));
        let Place { file, span } = key.place;
        found.push((file, Found::ours("foreign-key-without-index", Level::Warning, span, message, &help)));
    }
}
