//! Indexes, in a form in which two that hold the same are equal.

use squawk_syntax::ast::{self, AstNode as _};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use crate::migrate::lint::place::Place;
use crate::migrate::relation::Relation;

/// An index, or what a key makes one of.
pub(super) struct Index {
    pub name: String,
    pub unique: bool,
    /// The kind of key that made it, if one did: a primary key, a unique constraint.
    pub key: Option<&'static str>,
    pub method: String,
    /// Columns by name, and expressions, each with what makes it differ from the default.
    pub elements: Vec<String>,
    pub included: Vec<String>,
    pub predicate: Option<String>,
    pub place: Place,
}

impl Index {
    pub fn of(stmt: &ast::CreateIndex, table: &Relation, place: Place) -> Self {
        let items = stmt.partition_item_list().into_iter().flat_map(|l| l.partition_items());
        let elements: Vec<String> = items.map(|item| element(&item)).collect();
        let given = stmt.index().and_then(|i| i.path()).and_then(|p| Relation::new_at(&p)).map(|r| r.name);
        let method = stmt.using_method().and_then(|m| m.access_method_ref());
        Index {
            name: given.unwrap_or_else(|| format!("{}_{}_idx", table.name, elements.join("_"))),
            unique: stmt.unique_token().is_some(),
            key: None,
            method: method.map_or_else(|| "btree".to_owned(), |m| ast::normalize_name_node(m.syntax())),
            elements,
            included: stmt.index_include_clause().map(|c| vec![canonical(c.syntax())]).unwrap_or_default(),
            predicate: stmt.where_clause().and_then(|w| w.expr()).map(|e| canonical(e.syntax())),
            place,
        }
    }

    pub fn of_key(name: String, columns: Vec<String>, key: &'static str, place: Place) -> Self {
        Index {
            name,
            unique: true,
            key: Some(key),
            method: "btree".to_owned(),
            elements: columns,
            included: Vec::new(),
            predicate: None,
            place,
        }
    }

    /// True if both hold the same rows in the same order.
    pub fn holds_the_same_as(&self, other: &Index) -> bool {
        self.method == other.method
            && self.elements == other.elements
            && self.included == other.included
            && self.predicate == other.predicate
    }

    /// True if the rows that have given values in these columns can be looked up in it. An index of
    /// the rows only that have a value at all will do.
    pub fn finds(&self, columns: &[String]) -> bool {
        let all_rows = self
            .predicate
            .as_ref()
            .is_none_or(|predicate| columns.iter().any(|column| *predicate == format!("{column} is not null")));
        let looks_up = match self.method.as_str() {
            "btree" => self.elements.len() >= columns.len(),
            "hash" => columns.len() == 1,
            _ => false,
        };
        // `DESC` and the like make no difference to a look-up.
        let leads = |column: &String| {
            let head = &self.elements[..columns.len()];
            head.iter().any(|e| e == column || e.strip_prefix(column.as_str()).is_some_and(|r| r.starts_with(" desc")))
        };
        all_rows && looks_up && columns.iter().all(leads)
    }

    pub fn mentions(&self, column: &str) -> bool {
        let texts = self.elements.iter().chain(&self.included).chain(&self.predicate);
        texts.into_iter().any(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column))
    }
}

fn element(item: &ast::PartitionItem) -> String {
    // The default order, written out, makes no other index.
    let descending = matches!(item.sort_order(), Some(ast::SortOrder::SortDesc(_)));
    let nulls_first = item.nulls_order().map(|n| matches!(n, ast::NullsOrder::NullsFirst(_)));
    let parts = [
        item.expr().map(|e| canonical(e.syntax())),
        item.collate().map(|c| canonical(c.syntax())),
        item.op_class_ref().map(|c| canonical(c.syntax())),
        item.attribute_list().map(|l| canonical(l.syntax())),
        descending.then(|| "desc".to_owned()),
        nulls_first
            .filter(|first| *first != descending)
            .map(|first| format!("nulls {}", if first { "first" } else { "last" })),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The columns that a list names.
pub(super) fn columns_of(list: &SyntaxNode) -> Vec<String> {
    list.descendants().filter_map(ast::ColumnNameRef::cast).map(|c| ast::normalize_name_node(c.syntax())).collect()
}

/// A text in which spelling makes no difference: no comments, one kind of white space, names as the
/// server stores them, no parentheses around the whole.
fn canonical(node: &SyntaxNode) -> String {
    if let Some(inner) = ast::ParenExpr::cast(node.clone()).and_then(|paren| paren.expr()) {
        return canonical(inner.syntax());
    }
    let tokens = node.descendants_with_tokens().filter_map(|part| part.into_token());
    let words = tokens.filter(|token| !token.kind().is_trivia()).map(|token| match token.kind() {
        SyntaxKind::STRING | SyntaxKind::ESC_STRING | SyntaxKind::DOLLAR_QUOTED_STRING => token.text().to_owned(),
        _ => {
            let text = token.text();
            text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).map_or_else(|| text.to_lowercase(), str::to_owned)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
