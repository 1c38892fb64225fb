//! The locks of changes of tables and their like: each action by its own level, as the server's
//! `AlterTableGetLockLevel` gives it.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AlterTableAction as Action, AstNode, TableConstraint};

use super::model::{Beyond, LockMode, Locks, TableWork};
use super::reads;
use crate::migrate::relation::Relation;
use LockMode::{AccessExclusive, AccessShare, ShareRowExclusive, ShareUpdateExclusive};

/// Storage parameters that are changed under the strongest lock; the others let the table be used.
const STRONG_OPTIONS: [&str; 9] = [
    "user_catalog_table",
    "security_barrier",
    "security_invoker",
    "check_option",
    "fastupdate",
    "gin_pending_list_limit",
    "buffering",
    "pages_per_range",
    "autosummarize",
];

/// The locks of `ALTER TABLE`.
pub(super) fn table(name: Option<ast::TableRelationName>, actions: impl Iterator<Item = Action>, locks: &mut Locks) {
    let only = name.as_ref().is_some_and(|n| n.only_token().is_some());
    let table = Relation::of(name);
    for action in actions {
        let ActionLock { mode, work, children } = level(&action);
        // A domain's constraint does not hold for an array of it.
        if let Action::AddColumn(add) = &action
            && let (Some(table), Some(ty)) = (&table, add.ty().filter(|ty| !matches!(ty, ast::Type::ArrayType(_))))
        {
            locks.columns.extend(Relation::of(Some(ty)).map(|ty| (table.clone(), ty)));
        }
        locks.tree(table.clone(), only || !children, mode, work);
        others(&action, locks);
    }
}

/// The lock of an action on its table.
struct ActionLock {
    mode: LockMode,
    work: Option<TableWork>,
    /// True if it goes on to partitions and inheritance children.
    children: bool,
}

impl ActionLock {
    fn new(mode: LockMode, work: Option<TableWork>, children: bool) -> Self {
        ActionLock { mode, work, children }
    }
}

/// The lock of one action.
fn level(action: &Action) -> ActionLock {
    match action {
        Action::AddColumn(add) => ActionLock::new(AccessExclusive, added_column(add), true),
        Action::AddConstraint(add) => match add.constraint() {
            Some(constraint) => added_constraint(&constraint),
            None => ActionLock::new(AccessExclusive, None, true),
        },
        Action::AlterColumn(alter) => match alter.option() {
            Some(ast::AlterColumnOption::SetStatistics(_)) => ActionLock::new(ShareUpdateExclusive, None, true),
            Some(
                ast::AlterColumnOption::SetOptions(_)
                | ast::AlterColumnOption::SetOptionsList(_)
                | ast::AlterColumnOption::ResetOptions(_),
            ) => ActionLock::new(ShareUpdateExclusive, None, false),
            Some(ast::AlterColumnOption::SetType(_)) => {
                ActionLock::new(AccessExclusive, Some(TableWork::MayRewrite), true)
            }
            Some(ast::AlterColumnOption::SetExpression(_)) => {
                ActionLock::new(AccessExclusive, Some(TableWork::Rewrites), true)
            }
            Some(ast::AlterColumnOption::SetNotNull(_)) => {
                ActionLock::new(AccessExclusive, Some(TableWork::MayScan), true)
            }
            _ => ActionLock::new(AccessExclusive, None, true),
        },
        Action::ValidateConstraint(_) => ActionLock::new(ShareUpdateExclusive, Some(TableWork::Scans), true),
        Action::AttachPartition(_) => ActionLock::new(ShareUpdateExclusive, None, false),
        Action::DetachPartition(detach) if detach.detach_partition_option().is_some() => {
            ActionLock::new(ShareUpdateExclusive, None, false)
        }
        Action::ClusterOn(_) | Action::SetWithoutCluster(_) => ActionLock::new(ShareUpdateExclusive, None, false),
        Action::SetOptions(set) => ActionLock::new(options(set.syntax()), None, false),
        Action::ResetOptions(reset) => ActionLock::new(options(reset.syntax()), None, false),
        Action::EnableTrigger(_)
        | Action::EnableAlwaysTrigger(_)
        | Action::EnableReplicaTrigger(_)
        | Action::DisableTrigger(_) => ActionLock::new(ShareRowExclusive, None, true),
        // Nothing is done where it is so already.
        Action::SetLogged(_) | Action::SetUnlogged(_) | Action::SetTablespace(_) | Action::SetAccessMethod(_) => {
            ActionLock::new(AccessExclusive, Some(TableWork::MayRewrite), false)
        }
        Action::MergePartitions(_) | Action::SplitPartition(_) => {
            ActionLock::new(AccessExclusive, Some(TableWork::Rewrites), false)
        }
        Action::DropColumn(_) | Action::DropConstraint(_) | Action::RenameColumn(_) | Action::RenameConstraint(_) => {
            ActionLock::new(AccessExclusive, None, true)
        }
        Action::AlterConstraint(_) => ActionLock::new(AccessExclusive, None, true),
        _ => ActionLock::new(AccessExclusive, None, false),
    }
}

/// The work that a new column makes on the rows that are there.
fn added_column(add: &ast::AddColumn) -> Option<TableWork> {
    let serial = Relation::of(add.ty()).is_some_and(|t| {
        matches!(t.name.as_str(), "serial" | "bigserial" | "smallserial" | "serial2" | "serial4" | "serial8")
    });
    let constraints = add.constraints().filter_map(|constraint| match constraint {
        ast::Constraint::DefaultConstraint(default) => match default.expr().map(|e| reads::volatile(e.syntax())) {
            Some(Some(true)) => Some(TableWork::Rewrites),
            Some(None) => Some(TableWork::MayRewrite),
            _ => None,
        },
        ast::Constraint::GeneratedConstraint(_) => Some(TableWork::Rewrites),
        ast::Constraint::CheckConstraint(_)
        | ast::Constraint::PrimaryKeyConstraint(_)
        | ast::Constraint::UniqueConstraint(_)
        | ast::Constraint::NotNullConstraint(_) => Some(TableWork::MayScan),
        _ => None,
    });
    constraints.chain(serial.then_some(TableWork::Rewrites)).max()
}

fn added_constraint(constraint: &ast::Constraint) -> ActionLock {
    let scans = if constraint.is_not_valid() { None } else { Some(TableWork::Scans) };
    match constraint {
        ast::Constraint::ForeignKeyConstraint(_) => ActionLock::new(ShareRowExclusive, scans, true),
        // An index that is there already has every row; a key's columns may have to be looked at for nulls.
        ast::Constraint::UniqueConstraint(c) if c.using_index().is_some() => {
            ActionLock::new(AccessExclusive, None, true)
        }
        ast::Constraint::PrimaryKeyConstraint(c) if c.using_index().is_some() => {
            ActionLock::new(AccessExclusive, Some(TableWork::MayScan), true)
        }
        ast::Constraint::NotNullConstraint(_) if scans.is_some() => {
            ActionLock::new(AccessExclusive, Some(TableWork::MayScan), true)
        }
        _ => ActionLock::new(AccessExclusive, scans, true),
    }
}

fn options(node: &SyntaxNode) -> LockMode {
    let strong = node.descendants().filter_map(ast::AttributeOption::cast).any(|option| {
        option
            .name()
            .is_some_and(|n| STRONG_OPTIONS.contains(&n.syntax().text().to_string().trim().to_lowercase().as_str()))
    });
    if strong { AccessExclusive } else { ShareUpdateExclusive }
}

/// The locks of an action besides the table itself.
fn others(action: &Action, locks: &mut Locks) {
    match action {
        Action::AddColumn(_) | Action::AddConstraint(_) => parts(action.syntax(), locks),
        Action::AttachPartition(attach) => {
            locks.tree(Relation::of(attach.table_name_ref()), false, AccessExclusive, Some(TableWork::MayScan));
            locks.beyond(Beyond::DefaultPartition);
            locks.beyond(Beyond::ForeignKeys);
        }
        Action::DetachPartition(detach) => {
            locks.lock(Relation::of(detach.table_name_ref()), AccessExclusive);
            locks.beyond(Beyond::DefaultPartition);
            locks.beyond(Beyond::ForeignKeys);
        }
        Action::InheritTable(inherit) => locks.lock(Relation::of(inherit.table_name_ref()), ShareUpdateExclusive),
        Action::NoInheritTable(inherit) => locks.lock(Relation::of(inherit.table_name_ref()), AccessShare),
        Action::DropConstraint(_) | Action::DropColumn(_) => {
            locks.beyond(Beyond::ForeignKeys);
            if action.syntax().children().any(|c| ast::Cascade::can_cast(c.kind())) {
                locks.beyond(Beyond::Dependents);
            }
        }
        Action::ValidateConstraint(_) | Action::AlterConstraint(_) => locks.beyond(Beyond::ForeignKeys),
        Action::AlterColumn(alter) if matches!(alter.option(), Some(ast::AlterColumnOption::SetType(_))) => {
            locks.beyond(Beyond::ForeignKeys);
        }
        Action::MergePartitions(_) | Action::SplitPartition(_) => locks.beyond(Beyond::Dependents),
        Action::OwnerTo(_) | Action::SetSchema(_) | Action::SetLogged(_) | Action::SetUnlogged(_) => {
            locks.beyond(Beyond::Dependents);
        }
        _ => {}
    }
}

/// The locks of the columns and constraints of a table that is made or changed: the tables that they
/// refer to, and those that they are like.
pub(super) fn parts(node: &SyntaxNode, locks: &mut Locks) {
    for part in node.descendants() {
        if let Some(TableConstraint::ForeignKeyConstraint(key)) = TableConstraint::cast(part.clone()) {
            locks.lock(Relation::of(key.table_name_ref()), ShareRowExclusive);
        } else if let Some(key) = ast::ReferencesConstraint::cast(part.clone()) {
            locks.lock(Relation::of(key.table()), ShareRowExclusive);
        } else if let Some(like) = ast::LikeClause::cast(part) {
            locks.lock(Relation::of(like.relation_name_ref()), AccessShare);
        }
    }
    reads::calls(node, locks);
}

/// The locks of a new table's parents.
pub(super) fn parents(of: Option<ast::PartitionOf>, inherits: Option<ast::Inherits>, locks: &mut Locks) {
    if let Some(of) = of {
        locks.lock(Relation::of(Some(of)), AccessExclusive);
        locks.beyond(Beyond::DefaultPartition);
        locks.beyond(Beyond::ForeignKeys);
    }
    for parent in inherits.into_iter().flat_map(|i| i.table_name_refs()) {
        locks.lock(Relation::of(Some(parent)), ShareUpdateExclusive);
    }
}

/// The locks of `ALTER MATERIALIZED VIEW`.
pub(super) fn materialized_view(
    view: Option<Relation>,
    actions: &[ast::AlterMaterializedViewAction],
    locks: &mut Locks,
) {
    for action in actions {
        let (mode, work) = match action {
            ast::AlterMaterializedViewAction::AlterTableAction(action) => {
                let ActionLock { mode, work, .. } = level(action);
                (mode, work)
            }
            _ => (AccessExclusive, None),
        };
        locks.work(view.clone(), mode, work);
    }
}

/// The locks of `ALTER INDEX`: the index, which every use of its table then waits for, and seldom the
/// table itself.
pub(super) fn index(stmt: &ast::AlterIndex, locks: &mut Locks) {
    if stmt.all_in_tablespace().is_some() {
        return locks.beyond(Beyond::Every);
    }
    let index = Relation::of(stmt.index_ref());
    match stmt.action() {
        Some(ast::AlterIndexAction::IndexRenameTo(_) | ast::AlterIndexAction::AlterSetStatistics(_)) => {
            locks.lock(index, ShareUpdateExclusive);
        }
        Some(ast::AlterIndexAction::SetOptions(set)) => locks.lock(index, options(set.syntax())),
        Some(ast::AlterIndexAction::ResetOptions(reset)) => locks.lock(index, options(reset.syntax())),
        Some(ast::AlterIndexAction::AttachIndexPartition(attach)) => {
            let part = Relation::of(attach.index_ref());
            locks.lock(index.clone(), ShareUpdateExclusive);
            locks.lock(part.clone(), AccessExclusive);
            locks.table_of_index(index, AccessShare, None);
            locks.table_of_index(part, AccessShare, None);
        }
        Some(ast::AlterIndexAction::SetTablespace(_)) => locks.work(index, AccessExclusive, Some(TableWork::Rewrites)),
        _ => locks.lock(index, AccessExclusive),
    }
}

/// The locks of `ALTER SEQUENCE`.
pub(super) fn sequence(stmt: &ast::AlterSequence, locks: &mut Locks) {
    let sequence = Relation::of(stmt.sequence_ref());
    for action in stmt.actions() {
        let ast::AlterSequenceAction::SequenceOption(option) = action else {
            locks.lock(sequence.clone(), AccessExclusive);
            continue;
        };
        locks.lock(sequence.clone(), ShareRowExclusive);
        if let ast::SequenceOption::OptionOwnedBy(owned) = option {
            locks.lock(column_table(owned.syntax()), AccessShare);
        }
    }
}

/// The table of the qualified column that a node names.
fn column_table(node: &SyntaxNode) -> Option<Relation> {
    let column = node.descendants().find_map(ast::QualifiedColumnNameRef::cast)?;
    column.syntax().descendants().find_map(ast::PathRef::cast)?.qualifier().and_then(|table| Relation::at(&table))
}

/// The lock of a comment or a label: its object.
pub(super) fn described(object: Option<SyntaxNode>, locks: &mut Locks) {
    use ast::CommentObject as Object;
    match object.and_then(Object::cast) {
        Some(Object::ObjectColumn(o)) => locks.lock(column_table(o.syntax()), ShareUpdateExclusive),
        Some(Object::ObjectTable(o)) => locks.lock(Relation::of(o.table_name_ref()), ShareUpdateExclusive),
        Some(Object::ObjectForeignTable(o)) => locks.lock(Relation::of(o.table_name_ref()), ShareUpdateExclusive),
        Some(Object::ObjectView(o)) => locks.lock(Relation::of(o.view_ref()), ShareUpdateExclusive),
        Some(Object::ObjectMaterializedView(o)) => locks.lock(Relation::of(o.view_ref()), ShareUpdateExclusive),
        Some(Object::ObjectSequence(o)) => locks.lock(Relation::of(o.sequence_ref()), ShareUpdateExclusive),
        Some(Object::ObjectIndex(o)) => locks.lock(Relation::of(o.index_ref()), ShareUpdateExclusive),
        Some(Object::ObjectTrigger(o)) => locks.lock(Relation::of(o.relation_name_ref()), AccessShare),
        Some(Object::ObjectRule(o)) => locks.lock(Relation::of(o.relation_name_ref()), AccessShare),
        Some(Object::ObjectPolicy(o)) => locks.lock(Relation::of(o.table_name_ref()), AccessShare),
        Some(Object::ObjectConstraint(o)) => locks.lock(Relation::of(o.table_name_ref()), AccessShare),
        _ => {}
    }
}

impl Locks {
    /// The tables that a publication names.
    pub(super) fn published(&mut self, node: &SyntaxNode) {
        for object in node.descendants().filter_map(ast::PublicationObjectTable::cast) {
            let only = object.only_token().is_some();
            self.tree(Relation::of(object.table_name_ref()), only, ShareUpdateExclusive, None);
        }
    }

    /// The tables that are vacuumed or analyzed: those that are named, or every one.
    pub(super) fn maintained(
        &mut self,
        list: Option<ast::TableAndColumnsList>,
        mode: LockMode,
        work: Option<TableWork>,
    ) {
        match list {
            None => self.beyond(Beyond::Every),
            Some(list) => {
                for table in list.table_and_columnss() {
                    self.tree(Relation::of(table.table_relation_name()), false, mode, work);
                }
            }
        }
    }
}
