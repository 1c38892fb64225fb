//! Following a schema from statement to statement.

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AlterTableAction as Action, AstNode as _, Stmt};

use super::index::{Index, columns_of};
use super::model::{ForeignKey, Schema, Table};
use crate::migrate::lint::place::{Place, Span};
use crate::migrate::relation::Relation;

/// The name under which a table is known.
fn known(relation: Option<Relation>) -> Option<Relation> {
    relation.map(Relation::known)
}

impl Schema {
    pub fn follow(&mut self, file: usize, tree: &SourceFile) {
        for stmt in tree.stmts() {
            self.statement(file, &stmt);
        }
    }

    fn statement(&mut self, file: usize, stmt: &Stmt) {
        match stmt {
            Stmt::CreateTable(s) => {
                let name = s.table_name().and_then(|n| n.path()).and_then(|p| Relation::new_at(&p));
                let Some(name) = known(name) else { return };
                // Made anew, it is another table, unless it is there already.
                if s.if_not_exists().is_none() {
                    self.tables.remove(&name);
                }
                let table = self.tables.entry(name.clone()).or_default();
                table.partition |= s.partition_of().is_some();
                for arg in s.table_arg_list().into_iter().flat_map(|l| l.args()) {
                    match arg {
                        ast::TableArg::Column(column) => {
                            let Some(of) = column.name().map(|n| n.text()) else { continue };
                            for clause in column.clauses() {
                                if let ast::ColumnClause::ColumnConstraint(constraint) = clause
                                    && let Some(constraint) = ast::Constraint::cast(constraint.syntax().clone())
                                {
                                    table.constraint(file, &name, Some(&of), &constraint);
                                }
                            }
                        }
                        ast::TableArg::TableConstraint(constraint) => {
                            if let Some(constraint) = ast::Constraint::cast(constraint.syntax().clone()) {
                                table.constraint(file, &name, None, &constraint);
                            }
                        }
                        ast::TableArg::LikeClause(_) => table.copy = true,
                    }
                }
            }
            Stmt::AlterTable(s) => {
                let Some(name) = known(Relation::of(s.table_relation_name())) else { return };
                for action in s.actions() {
                    self.altered(file, &name, &action);
                }
            }
            Stmt::CreateIndex(s) => {
                if let Some(name) = known(Relation::of(s.table_relation_name())) {
                    let index = Index::of(s, &name, Place { file, span: Span::node(s.syntax()) });
                    let table = self.tables.entry(name).or_default();
                    if s.if_not_exists().is_none() || table.indexes.iter().all(|i| i.name != index.name) {
                        table.indexes.push(index);
                    }
                }
            }
            Stmt::DropIndex(s) => {
                for name in s.index_refs().filter_map(|index| Relation::of(Some(index))) {
                    self.tables.values_mut().for_each(|table| table.indexes.retain(|i| i.name != name.name));
                }
            }
            Stmt::AlterIndex(s) => {
                if let (Some(old), Some(ast::AlterIndexAction::IndexRenameTo(to))) =
                    (Relation::of(s.index_ref()), s.action())
                    && let Some(new) = to.index().and_then(|i| i.path()).and_then(|p| Relation::new_at(&p))
                {
                    let indexes = self.tables.values_mut().flat_map(|t| &mut t.indexes);
                    indexes.filter(|i| i.name == old.name).for_each(|i| i.name.clone_from(&new.name));
                }
            }
            Stmt::DropTable(s) => {
                for name in s.table_name_refs().filter_map(|table| known(Relation::of(Some(table)))) {
                    self.tables.remove(&name);
                    self.tables.values_mut().for_each(|t| t.keys.retain(|k| k.refers_to.as_ref() != Some(&name)));
                }
            }
            Stmt::DropSchema(s) => {
                for schema in s.schema_refs().map(|schema| ast::normalize_name_node(schema.syntax())) {
                    self.tables.retain(|name, _| name.schema.as_ref() != Some(&schema));
                }
            }
            Stmt::CreatePolicy(s) => {
                if let (Some(table), Some(policy)) = (known(Relation::of(s.on_table())), s.policy()) {
                    let policies = &mut self.tables.entry(table).or_default().policies;
                    policies.push(ast::normalize_name_node(policy.syntax()));
                }
            }
            Stmt::DropPolicy(s) => {
                if let (Some(table), Some(policy)) = (known(Relation::of(s.on_table())), s.policy_ref()) {
                    let policy = ast::normalize_name_node(policy.syntax());
                    self.tables.entry(table).or_default().policies.retain(|p| *p != policy);
                }
            }
            Stmt::CreateSchema(s) => {
                for element in s.schema_elements().filter_map(|e| Stmt::cast(e.syntax().clone())) {
                    self.statement(file, &element);
                }
            }
            _ => {}
        }
    }

    fn altered(&mut self, file: usize, name: &Relation, action: &Action) {
        let table = self.tables.entry(name.clone()).or_default();
        match action {
            Action::AddColumn(add) => {
                let Some(column) = add.column_name().map(|n| n.text()) else { return };
                for constraint in add.constraints() {
                    table.constraint(file, name, Some(&column), &constraint);
                }
            }
            Action::AddConstraint(add) => {
                if let Some(constraint) = add.constraint() {
                    table.constraint(file, name, None, &constraint);
                }
            }
            Action::DropConstraint(drop) => {
                if let Some(dropped) = Relation::of(drop.constraint_name_ref()) {
                    table.keys.retain(|key| key.name != dropped.name);
                    table.indexes.retain(|index| index.name != dropped.name);
                }
            }
            Action::DropColumn(drop) => {
                if let Some(column) = drop.column_name_ref().map(|c| ast::normalize_name_node(c.syntax())) {
                    table.keys.retain(|key| !key.columns.contains(&column));
                    table.indexes.retain(|index| !index.mentions(&column));
                }
            }
            Action::EnableRls(_) => table.secured = Some(Place { file, span: Span::node(action.syntax()) }),
            Action::DisableRls(_) => table.secured = None,
            Action::AttachPartition(attach) => {
                let part = known(Relation::of(attach.table_name_ref()));
                if let Some(part) = part {
                    self.tables.entry(part).or_default().partition = true;
                }
            }
            Action::RenameColumn(rename) => {
                if let (Some(old), Some(new)) = (rename.column_name_ref(), rename.column_name()) {
                    let (old, new) = (ast::normalize_name_node(old.syntax()), new.text());
                    let keys = table.keys.iter_mut().flat_map(|k| &mut k.columns);
                    keys.chain(table.indexes.iter_mut().flat_map(|i| &mut i.elements))
                        .filter(|column| **column == old)
                        .for_each(|column| column.clone_from(&new));
                }
            }
            Action::TableRenameTo(rename) => {
                let new = rename.table_name().and_then(|n| n.path()).and_then(|p| Relation::new_at(&p));
                if let (Some(new), Some(table)) = (new, self.tables.remove(name)) {
                    self.tables.insert(Relation { schema: name.schema.clone(), name: new.name }, table);
                }
            }
            Action::SetSchema(set) => {
                let schema = set.schema_ref().map(|s| ast::normalize_name_node(s.syntax()));
                if let (Some(schema), Some(table)) = (schema, self.tables.remove(name)) {
                    self.tables.insert(Relation { schema: Some(schema), name: name.name.clone() }, table);
                }
            }
            _ => {}
        }
    }
}

impl Table {
    /// Adds what a constraint of the table, or of one of its columns, brings: an index, or a foreign key.
    fn constraint(&mut self, file: usize, table: &Relation, column: Option<&str>, constraint: &ast::Constraint) {
        let place = Place { file, span: Span::node(constraint.syntax()) };
        let given = constraint.constraint_name().map(|n| ast::normalize_name_node(n.syntax()));
        let named = |columns: &[String], suffix: &str| {
            let parts = [table.name.as_str()].into_iter().chain(columns.iter().map(String::as_str)).chain([suffix]);
            given.clone().unwrap_or_else(|| parts.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("_"))
        };
        let own = || column.map(|c| vec![c.to_owned()]);
        match constraint {
            ast::Constraint::PrimaryKeyConstraint(key) => {
                if key.using_index().is_some() {
                    return;
                }
                let listed = key.index_parameters().and_then(|p| p.column_list()).map(|l| columns_of(l.syntax()));
                if let Some(columns) = own().or(listed) {
                    self.indexes.push(Index::of_key(named(&[], "pkey"), columns, "primary key", place));
                }
            }
            ast::Constraint::UniqueConstraint(key) => {
                if key.using_index().is_some() {
                    return;
                }
                let listed = key.index_parameters().and_then(|p| p.column_list()).map(|l| columns_of(l.syntax()));
                if let Some(columns) = own().or(listed) {
                    let name = named(&columns, "key");
                    self.indexes.push(Index::of_key(name, columns, "unique constraint", place));
                }
            }
            ast::Constraint::ForeignKeyConstraint(key) => {
                let columns = key.from_columns().map(|l| columns_of(l.syntax())).unwrap_or_default();
                let refers_to = known(Relation::of(key.table_name_ref()));
                self.keys.push(ForeignKey { name: named(&columns, "fkey"), columns, refers_to, place });
            }
            ast::Constraint::ReferencesConstraint(key) => {
                let columns = own().unwrap_or_default();
                let refers_to = known(Relation::of(key.table()));
                self.keys.push(ForeignKey { name: named(&columns, "fkey"), columns, refers_to, place });
            }
            _ => {}
        }
    }
}
