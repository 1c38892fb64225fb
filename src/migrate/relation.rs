//! Names of relations, as a statement's text gives them.

use std::fmt;

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode as _};

/// A table, view, sequence or index by name. Names are as the server stores them: folded to lower
/// case where they were not quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    /// The schema, where the text names it; the search path decides otherwise.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
}

impl Relation {
    /// The relation that this path names.
    pub fn at(path: &ast::PathRef) -> Option<Self> {
        let schema = path.qualifier().and_then(|q| q.segment()).map(|s| s.text());
        Some(Relation { schema, name: path.segment()?.text() })
    }

    /// The relation that a new path names.
    pub fn new_at(path: &ast::Path) -> Option<Self> {
        let schema = path.qualifier().and_then(|q| q.segment()).map(|s| s.text());
        Some(Relation { schema, name: path.segment()?.text() })
    }

    /// The name under which it is known: without a schema, the one that comes first in a search path.
    #[must_use]
    pub fn known(self) -> Self {
        Relation { schema: Some(self.schema.unwrap_or_else(|| "public".to_owned())), name: self.name }
    }

    /// The first relation that is named within a node.
    pub fn within(node: &SyntaxNode) -> Option<Self> {
        node.descendants().find_map(ast::PathRef::cast).and_then(|path| Self::at(&path))
    }

    /// The relation that this part of a statement names, where the statement has the part.
    pub fn of<N: ast::AstNode>(part: Option<N>) -> Option<Self> {
        part.and_then(|part| Self::within(part.syntax()))
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
