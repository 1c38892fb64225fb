//! The locks of queries: the tables that they read and write.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode as _, HasSelectTail as _};

use super::model::{Beyond, LockMode, Locks};
use crate::migrate::relation::Relation;

/// Functions of the server that lock nothing and are called without their schema every day. `true`
/// are those whose value changes from row to row.
const KNOWN: [(&str, bool); 44] = [
    ("abs", false),
    ("array_agg", false),
    ("array_length", false),
    ("avg", false),
    ("bool_and", false),
    ("bool_or", false),
    ("btrim", false),
    ("clock_timestamp", true),
    ("coalesce", false),
    ("concat", false),
    ("count", false),
    ("current_setting", false),
    ("current_user", false),
    ("date_trunc", false),
    ("floor", false),
    ("format", false),
    ("gen_random_uuid", true),
    ("generate_series", false),
    ("greatest", false),
    ("jsonb_array_length", false),
    ("jsonb_build_object", false),
    ("jsonb_typeof", false),
    ("least", false),
    ("length", false),
    ("lower", false),
    ("make_interval", false),
    ("max", false),
    ("md5", false),
    ("min", false),
    ("now", false),
    ("nullif", false),
    ("pg_notify", true),
    ("random", true),
    ("replace", false),
    ("round", false),
    ("row_number", false),
    ("set_config", true),
    ("statement_timestamp", false),
    ("string_agg", false),
    ("sum", false),
    ("to_jsonb", false),
    ("to_tsvector", false),
    ("transaction_timestamp", false),
    ("upper", false),
];

/// The function that is called here, where it is one with a name.
fn called(call: &ast::CallExpr) -> Option<(Option<String>, String)> {
    let name = |expr: &ast::Expr| match expr {
        ast::Expr::NameRef(name) => Some(name.text()),
        _ => None,
    };
    match call.expr()? {
        ast::Expr::FieldExpr(field) => {
            let schema = field.base().as_ref().and_then(name);
            Some((schema.or_else(|| Some(String::new())), field.field()?.text()))
        }
        expr => Some((None, name(&expr)?)),
    }
}

/// True if an expression's value differs from row to row; `None` where its functions are unknown.
pub(super) fn volatile(node: &SyntaxNode) -> Option<bool> {
    let mut answer = Some(false);
    for call in node.descendants().filter_map(ast::CallExpr::cast) {
        let known = called(&call).map(|(schema, name)| {
            let ours = schema.as_deref().is_none_or(|s| s == "pg_catalog");
            KNOWN.iter().find(|(n, _)| ours && *n == name).map(|(_, volatile)| *volatile)
        });
        match known {
            Some(Some(true)) => return Some(true),
            Some(None) => answer = None,
            // A form of its own, such as EXTRACT, which does not change.
            Some(Some(false)) | None => {}
        }
    }
    answer
}

/// Says so where a function is called of which nobody knows what it locks.
pub(super) fn calls(node: &SyntaxNode, locks: &mut Locks) {
    let unknown = |call: ast::CallExpr| {
        called(&call).is_some_and(|(schema, name)| match schema.as_deref() {
            Some(schema) => schema != "pg_catalog",
            None => !KNOWN.iter().any(|(n, _)| *n == name),
        })
    };
    if node.descendants().filter_map(ast::CallExpr::cast).any(unknown) {
        locks.beyond(Beyond::Code);
    }
}

/// A function's body: what the server checks when the function is made, it locks.
pub(super) fn body(node: &SyntaxNode, locks: &mut Locks) {
    let sql = |option: ast::LanguageFuncOption| option.language_name().is_some_and(|l| l.name == "sql");
    if node.descendants().filter_map(ast::LanguageFuncOption::cast).any(sql)
        || node.children().any(|c| ast::AtomicBody::can_cast(c.kind()))
    {
        locks.beyond(Beyond::Dependents);
    }
}

/// Every query within a node: what it reads, what it writes, and which rows it locks.
pub(super) fn queries(root: &SyntaxNode, locks: &mut Locks) {
    let with: Vec<String> = root
        .descendants()
        .filter_map(ast::WithTable::cast)
        .filter_map(|t| t.name().map(|n| ast::normalize_name_node(n.syntax())))
        .collect();
    let real = |relation: Option<Relation>| relation.filter(|r| r.schema.is_some() || !with.contains(&r.name));
    for node in root.descendants() {
        if let Some(item) = ast::RelationFromItem::cast(node.clone()) {
            let only = item.only_token().is_some();
            locks.tree(real(Relation::of(item.relation_name_ref())), only, LockMode::AccessShare, None);
        } else if let Some(table) = ast::Table::cast(node.clone()) {
            locks.tree(real(Relation::within(table.syntax())), false, LockMode::AccessShare, None);
        } else if let Some(insert) = ast::Insert::cast(node.clone()) {
            locks.lock(Relation::of(insert.relation_name_ref()), LockMode::RowExclusive);
            locks.beyond(Beyond::Triggers);
        } else if let Some(update) = ast::Update::cast(node.clone()) {
            written(update.relation_name(), locks);
        } else if let Some(delete) = ast::Delete::cast(node.clone()) {
            written(delete.relation_name(), locks);
        } else if let Some(merge) = ast::Merge::cast(node.clone()) {
            let target = merge.table_relation_name();
            let only = target.as_ref().is_some_and(|t| t.only_token().is_some());
            locks.tree(Relation::of(target), only, LockMode::RowExclusive, None);
            locks.beyond(Beyond::Triggers);
        } else if let Some(select) = ast::Select::cast(node) {
            for clause in select.locking_clauses() {
                row_locks(&select, &clause, &real, locks);
            }
        }
    }
    calls(root, locks);
}

fn written(target: Option<ast::RelationName>, locks: &mut Locks) {
    let only = target.as_ref().is_some_and(|t| t.only_token().is_some());
    locks.tree(Relation::of(target), only, LockMode::RowExclusive, None);
    locks.beyond(Beyond::Triggers);
}

/// The tables whose rows `FOR UPDATE` and its like lock: those that it names, or all of the query's.
fn row_locks(
    select: &ast::Select,
    clause: &ast::LockingClause,
    real: &dyn Fn(Option<Relation>) -> Option<Relation>,
    locks: &mut Locks,
) {
    let named: Option<Vec<String>> = clause.locking_of().map(|of| {
        let text = |expr: ast::Expr| match expr {
            ast::Expr::NameRef(name) => Some(name.text()),
            ast::Expr::FieldExpr(field) => Some(field.field()?.text()),
            _ => None,
        };
        of.exprs().filter_map(text).collect()
    });
    let items = select.from_clause().into_iter().flat_map(|from| from.syntax().descendants().collect::<Vec<_>>());
    for item in items.filter_map(ast::RelationFromItem::cast) {
        let relation = real(Relation::of(item.relation_name_ref()));
        let alias = item.alias().and_then(|a| a.name()).map(|n| ast::normalize_name_node(n.syntax()));
        let name = alias.or_else(|| relation.as_ref().map(|r| r.name.clone()));
        if named.as_ref().is_none_or(|of| name.is_some_and(|n| of.contains(&n))) {
            locks.tree(relation, item.only_token().is_some(), LockMode::RowShare, None);
        }
    }
}
