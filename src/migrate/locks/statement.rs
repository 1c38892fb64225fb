//! The locks of each kind of statement.

use squawk_syntax::ast::{self, AstNode as _, Stmt};

use super::model::{Beyond, LockMode, Locks, TableWork};
use super::{alter, reads};
use crate::migrate::relation::Relation;

/// The locks of this statement. Relations that it makes are not listed: nobody else can see them yet.
pub fn locks(stmt: &Stmt) -> Locks {
    let mut locks = Locks::default();
    statement(stmt, &mut locks);
    locks
}

#[allow(clippy::too_many_lines, reason = "one arm a statement: it reads as the table that it is")]
fn statement(stmt: &Stmt, locks: &mut Locks) {
    use LockMode::{
        AccessExclusive, AccessShare, Exclusive, RowExclusive, Share, ShareRowExclusive, ShareUpdateExclusive,
    };
    match stmt {
        Stmt::AlterTable(s) => {
            if s.all_in_tablespace().is_some() {
                return locks.beyond(Beyond::Every);
            }
            alter::table(s.table_relation_name(), s.actions(), locks);
        }
        Stmt::AlterForeignTable(s) => alter::table(s.table_relation_name(), s.actions(), locks),
        Stmt::AlterMaterializedView(s) => {
            let actions: Vec<_> = s.action().collect();
            alter::materialized_view(Relation::of(s.view_ref()), &actions, locks);
        }
        Stmt::AlterView(s) => locks.lock(Relation::of(s.view_ref()), AccessExclusive),
        Stmt::AlterIndex(s) => alter::index(s, locks),
        Stmt::AlterSequence(s) => alter::sequence(s, locks),
        Stmt::CreateTable(s) => {
            alter::parents(s.partition_of(), s.inherits(), locks);
            alter::parts(s.syntax(), locks);
        }
        Stmt::CreateForeignTable(s) => {
            alter::parents(s.partition_of(), s.inherits(), locks);
            alter::parts(s.syntax(), locks);
        }
        Stmt::CreateIndex(s) => {
            let mode = if s.concurrently_token().is_some() { ShareUpdateExclusive } else { Share };
            let table = s.table_relation_name();
            let only = table.as_ref().is_some_and(|t| t.only_token().is_some());
            locks.tree(Relation::of(table), only, mode, Some(TableWork::Scans));
            reads::calls(s.syntax(), locks);
        }
        Stmt::DropIndex(s) => {
            // Concurrently, the index itself is what others wait for least.
            let mode = if s.concurrently_token().is_some() { ShareUpdateExclusive } else { AccessExclusive };
            for index in s.index_refs() {
                let index = Relation::of(Some(index));
                locks.lock(index.clone(), mode);
                locks.table_of_index(index, mode, None);
            }
        }
        Stmt::DropTable(s) => {
            for table in s.table_name_refs() {
                locks.tree(Relation::of(Some(table)), false, AccessExclusive, None);
            }
            locks.dropped(s.table_name_refs(), s.drop_behavior());
            locks.beyond(Beyond::ForeignKeys);
        }
        Stmt::DropForeignTable(s) => locks.dropped(s.table_name_refs(), s.drop_behavior()),
        Stmt::DropView(s) => locks.dropped(s.view_refs(), s.drop_behavior()),
        Stmt::DropMaterializedView(s) => locks.dropped(s.view_refs(), s.drop_behavior()),
        Stmt::DropSequence(s) => locks.dropped(s.sequence_refs(), s.drop_behavior()),
        Stmt::Truncate(s) => {
            for table in s.table_list().into_iter().flat_map(|l| l.table_relation_names()) {
                let only = table.only_token().is_some();
                locks.tree(Relation::of(Some(table)), only, AccessExclusive, None);
            }
            if matches!(s.drop_behavior(), Some(ast::DropBehavior::Cascade(_))) {
                locks.beyond(Beyond::ForeignKeys);
            }
            if matches!(s.identity_action(), Some(ast::IdentityAction::RestartIdentity(_))) {
                locks.beyond(Beyond::Dependents);
            }
        }
        Stmt::CreateTrigger(s) => {
            locks.tree(Relation::of(s.on_relation()), false, ShareRowExclusive, None);
            locks.lock(Relation::of(s.from_table()), AccessShare);
        }
        Stmt::AlterTrigger(s) => locks.tree(Relation::of(s.on_relation()), false, AccessExclusive, None),
        Stmt::DropTrigger(s) => locks.tree(Relation::of(s.on_relation()), false, AccessExclusive, None),
        Stmt::CreatePolicy(s) => {
            reads::queries(s.syntax(), locks);
            locks.lock(Relation::of(s.on_table()), AccessExclusive);
        }
        Stmt::AlterPolicy(s) => {
            reads::queries(s.syntax(), locks);
            locks.lock(Relation::of(s.on_table()), AccessExclusive);
        }
        Stmt::DropPolicy(s) => locks.lock(Relation::of(s.on_table()), AccessExclusive),
        Stmt::CreateRule(s) => {
            locks.lock(Relation::of(s.rule_on().and_then(|on| on.relation_name_ref())), AccessExclusive);
            reads::queries(s.syntax(), locks);
        }
        Stmt::AlterRule(s) => locks.lock(Relation::of(s.on_relation()), AccessExclusive),
        Stmt::DropRule(s) => locks.lock(Relation::of(s.on_relation()), AccessExclusive),
        Stmt::CreateStatistics(s) => locks.lock(Relation::of(s.from_table()), ShareUpdateExclusive),
        Stmt::DropStatistics(_) | Stmt::AlterStatistics(_) => locks.beyond(Beyond::Dependents),
        Stmt::CreatePublication(s) => locks.published(s.syntax()),
        Stmt::AlterPublication(s) => locks.published(s.syntax()),
        Stmt::Vacuum(s) => {
            let (mode, work) = if s.is_full() {
                (AccessExclusive, TableWork::Rewrites)
            } else {
                (ShareUpdateExclusive, TableWork::MayScan)
            };
            locks.maintained(s.table_and_columns_list(), mode, Some(work));
        }
        Stmt::Analyze(s) => locks.maintained(s.table_and_columns_list(), ShareUpdateExclusive, None),
        Stmt::Cluster(s) => {
            let legacy = s.cluster_legacy().and_then(|l| l.on_path());
            match Relation::of(s.table_name_ref()).or_else(|| Relation::of(legacy)) {
                Some(table) => locks.work(Some(table), AccessExclusive, Some(TableWork::Rewrites)),
                None => locks.beyond(Beyond::Every),
            }
        }
        Stmt::Repack(_) => locks.beyond(Beyond::Every),
        Stmt::Reindex(s) => {
            let mode = if s.is_concurrently() { ShareUpdateExclusive } else { Share };
            match s.reindex_target() {
                Some(ast::ReindexTarget::ReindexTargetTable(t)) => {
                    locks.tree(Relation::of(t.table_name_ref()), false, mode, Some(TableWork::Scans));
                }
                Some(ast::ReindexTarget::ReindexTargetIndex(t)) => {
                    let index = Relation::of(t.index_ref());
                    locks.lock(index.clone(), if s.is_concurrently() { mode } else { AccessExclusive });
                    locks.table_of_index(index, mode, Some(TableWork::Scans));
                }
                _ => locks.beyond(Beyond::Every),
            }
        }
        Stmt::Refresh(s) => {
            let mode = if s.concurrently_token().is_some() { Exclusive } else { AccessExclusive };
            locks.work(Relation::of(s.view_ref()), mode, Some(TableWork::Rewrites));
            locks.beyond(Beyond::Dependents);
        }
        Stmt::Lock(s) => {
            let mode = s.lock_mode_clause().and_then(|c| c.lock_mode()).map_or(AccessExclusive, |m| mode(&m));
            for table in s.relation_list().into_iter().flat_map(|l| l.relation_names()) {
                let only = table.only_token().is_some();
                locks.tree(Relation::of(Some(table)), only, mode, None);
            }
        }
        Stmt::Copy(s) => {
            let mode = if matches!(s.copy_direction(), Some(ast::CopyDirection::CopyFrom(_))) {
                locks.beyond(Beyond::Triggers);
                RowExclusive
            } else {
                AccessShare
            };
            locks.lock(Relation::of(s.copy_table().and_then(|t| t.table_name_ref())), mode);
            reads::queries(s.syntax(), locks);
        }
        Stmt::CommentOn(s) => alter::described(s.comment_object().map(|o| o.syntax().clone()), locks),
        Stmt::SecurityLabel(s) => alter::described(s.security_label_object().map(|o| o.syntax().clone()), locks),
        Stmt::CreateView(s) => {
            if s.or_replace().is_some() {
                locks.lock(s.view().and_then(|v| v.path()).and_then(|p| Relation::new_at(&p)), AccessExclusive);
            }
            reads::queries(s.syntax(), locks);
        }
        Stmt::CreateSchema(s) => {
            for element in s.schema_elements().filter_map(|e| Stmt::cast(e.syntax().clone())) {
                statement(&element, locks);
            }
        }
        Stmt::Do(_) | Stmt::Call(_) | Stmt::Execute(_) => locks.beyond(Beyond::Code),
        Stmt::CreateExtension(_) | Stmt::AlterExtension(_) => locks.beyond(Beyond::Code),
        Stmt::AlterDomain(_) | Stmt::AlterType(_) | Stmt::DropExtension(_) | Stmt::DropOwned(_) | Stmt::Reassign(_) => {
            locks.beyond(Beyond::Dependents);
        }
        Stmt::CreateFunction(s) => reads::body(s.syntax(), locks),
        Stmt::CreateProcedure(s) => reads::body(s.syntax(), locks),
        // What these have in them is planned, or run, and so locked.
        Stmt::Explain(_)
        | Stmt::Prepare(_)
        | Stmt::Declare(_)
        | Stmt::CreateTableAs(_)
        | Stmt::CreateMaterializedView(_)
        | Stmt::Select(_)
        | Stmt::SelectInto(_)
        | Stmt::CompoundSelect(_)
        | Stmt::ParenSelect(_)
        | Stmt::Table(_)
        | Stmt::Values(_)
        | Stmt::Insert(_)
        | Stmt::Update(_)
        | Stmt::Delete(_)
        | Stmt::Merge(_) => reads::queries(stmt.syntax(), locks),
        // Whatever else is dropped takes what depends on it along only where it is told to.
        other => {
            if other.syntax().children().any(|c| ast::Cascade::can_cast(c.kind())) {
                locks.beyond(Beyond::Dependents);
            }
        }
    }
}

fn mode(mode: &ast::LockMode) -> LockMode {
    match mode {
        ast::LockMode::AccessShare(_) => LockMode::AccessShare,
        ast::LockMode::RowShare(_) => LockMode::RowShare,
        ast::LockMode::RowExclusive(_) => LockMode::RowExclusive,
        ast::LockMode::ShareUpdateExclusive(_) => LockMode::ShareUpdateExclusive,
        ast::LockMode::Share(_) => LockMode::Share,
        ast::LockMode::ShareRowExclusive(_) => LockMode::ShareRowExclusive,
        ast::LockMode::Exclusive(_) => LockMode::Exclusive,
        ast::LockMode::AccessExclusive(_) => LockMode::AccessExclusive,
    }
}
