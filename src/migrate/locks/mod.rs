//! What a statement locks, read from its text alone.
//!
//! The levels are those of PostgreSQL 15 and later, from its documentation; a test runs each statement
//! on a server and compares. A text does not tell everything: what the catalogs would have to be asked
//! for, or only the code that runs knows, is named in [`Locks::beyond`] and never left out silently.
//! The tables beneath a view are locked as the view is, which the text does not tell either.

mod alter;
mod reads;

use std::fmt;

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::relation::Relation;

/// The modes of a table's lock, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// What reading takes; only the strongest mode stands in its way.
    AccessShare,
    /// What `SELECT … FOR UPDATE` takes.
    RowShare,
    /// What writing takes.
    RowExclusive,
    /// Neither schema changes nor vacuum at the same time.
    ShareUpdateExclusive,
    /// No writing meanwhile.
    Share,
    /// No writing meanwhile, and one session at a time.
    ShareRowExclusive,
    /// Only reading meanwhile.
    Exclusive,
    /// Nothing meanwhile, not even reading.
    AccessExclusive,
}

impl LockMode {
    /// The mode in a few words about others.
    pub fn blocks(self) -> &'static str {
        match self {
            LockMode::AccessShare | LockMode::RowShare | LockMode::RowExclusive => "no reads or writes",
            LockMode::ShareUpdateExclusive => "schema changes and vacuum",
            LockMode::Share | LockMode::ShareRowExclusive => "writes",
            LockMode::Exclusive => "writes and SELECT FOR UPDATE",
            LockMode::AccessExclusive => "reads and writes",
        }
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// What happens to a whole table while it is locked: how long the lock is held grows with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// It is read, where nothing shows that it need not be.
    MayScan,
    /// It is read.
    Scans,
    /// It is written anew, unless the stored values stay as they are.
    MayRewrite,
    /// It is written anew.
    Rewrites,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::MayScan => "may read the whole table",
            Work::Scans => "reads the whole table",
            Work::MayRewrite => "may rewrite the table",
            Work::Rewrites => "rewrites the table",
        })
    }
}

/// One lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// What is locked; with [`Lock::table_of_index`], an index on it.
    pub relation: Relation,
    /// How.
    pub mode: LockMode,
    /// What happens meanwhile, where that takes its time.
    pub work: Option<Work>,
    /// The name is an index's, and the lock is on the index's table: only the catalogs know which.
    pub table_of_index: bool,
    /// Partitions and inheritance children, where there are any, are locked the same way.
    pub children: bool,
}

/// What is locked too, and cannot be told from the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beyond {
    /// Code runs: a block, or a function that is called.
    Code,
    /// Tables at the other end of foreign keys.
    ForeignKeys,
    /// Tables that triggers and foreign keys touch, row by row.
    Triggers,
    /// Tables of objects that depend on it or that it is made of.
    Dependents,
    /// The default partition, whose rows are checked.
    DefaultPartition,
    /// Every table of the database, the schema or the tablespace.
    Every,
    /// Unknown: the statement is too deeply nested to be parsed.
    TooDeep,
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Beyond::Code => "unknown: runs code",
            Beyond::ForeignKeys => "and tables at the other end of its foreign keys",
            Beyond::Triggers => "and tables that its triggers and foreign keys touch",
            Beyond::Dependents => "and tables of dependent objects",
            Beyond::DefaultPartition => "and the default partition",
            Beyond::Every => "every table there",
            Beyond::TooDeep => "unknown: too deeply nested to be read",
        })
    }
}

/// What a statement locks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locks {
    /// The locks that the text tells, one a relation, each in its strongest mode.
    pub taken: Vec<Lock>,
    /// What the text does not tell.
    pub beyond: Vec<Beyond>,
}

impl Locks {
    /// True where the text does not tell which tables are locked, because code decides it.
    pub fn runs_code(&self) -> bool {
        self.beyond.contains(&Beyond::Code)
    }

    fn add(&mut self, lock: Lock) {
        let same = |l: &&mut Lock| l.relation == lock.relation && l.table_of_index == lock.table_of_index;
        match self.taken.iter_mut().find(same) {
            Some(known) => {
                known.mode = known.mode.max(lock.mode);
                known.work = known.work.max(lock.work);
                known.children |= lock.children;
            }
            None => self.taken.push(lock),
        }
    }

    fn lock(&mut self, relation: Option<Relation>, mode: LockMode) {
        self.work(relation, mode, None);
    }

    fn work(&mut self, relation: Option<Relation>, mode: LockMode, work: Option<Work>) {
        if let Some(relation) = relation {
            self.add(Lock { relation, mode, work, table_of_index: false, children: false });
        }
    }

    /// As [`Locks::work`], and partitions and children with it.
    fn tree(&mut self, relation: Option<Relation>, only: bool, mode: LockMode, work: Option<Work>) {
        if let Some(relation) = relation {
            self.add(Lock { relation, mode, work, table_of_index: false, children: !only });
        }
    }

    fn table_of_index(&mut self, index: Option<Relation>, mode: LockMode, work: Option<Work>) {
        if let Some(relation) = index {
            self.add(Lock { relation, mode, work, table_of_index: true, children: false });
        }
    }

    fn beyond(&mut self, what: Beyond) {
        if !self.beyond.contains(&what) {
            self.beyond.push(what);
        }
    }

    fn all<N: AstNode>(&mut self, parts: impl Iterator<Item = N>, mode: LockMode) {
        for part in parts {
            self.lock(Relation::of(Some(part)), mode);
        }
    }

    fn dropped<N: AstNode>(&mut self, parts: impl Iterator<Item = N>, cascade: Option<ast::DropBehavior>) {
        self.all(parts, LockMode::AccessExclusive);
        if matches!(cascade, Some(ast::DropBehavior::Cascade(_))) {
            self.beyond(Beyond::Dependents);
        }
    }
}

/// What this statement locks. Relations that it makes are not listed: nobody else can see them yet.
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
            locks.tree(Relation::of(table), only, mode, Some(Work::Scans));
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
            let (mode, work) =
                if s.is_full() { (AccessExclusive, Work::Rewrites) } else { (ShareUpdateExclusive, Work::MayScan) };
            locks.maintained(s.table_and_columns_list(), mode, Some(work));
        }
        Stmt::Analyze(s) => locks.maintained(s.table_and_columns_list(), ShareUpdateExclusive, None),
        Stmt::Cluster(s) => {
            let legacy = s.cluster_legacy().and_then(|l| l.on_path());
            match Relation::of(s.table_name_ref()).or_else(|| Relation::of(legacy)) {
                Some(table) => locks.work(Some(table), AccessExclusive, Some(Work::Rewrites)),
                None => locks.beyond(Beyond::Every),
            }
        }
        Stmt::Repack(_) => locks.beyond(Beyond::Every),
        Stmt::Reindex(s) => {
            let mode = if s.is_concurrently() { ShareUpdateExclusive } else { Share };
            match s.reindex_target() {
                Some(ast::ReindexTarget::ReindexTargetTable(t)) => {
                    locks.tree(Relation::of(t.table_name_ref()), false, mode, Some(Work::Scans));
                }
                Some(ast::ReindexTarget::ReindexTargetIndex(t)) => {
                    let index = Relation::of(t.index_ref());
                    locks.lock(index.clone(), if s.is_concurrently() { mode } else { AccessExclusive });
                    locks.table_of_index(index, mode, Some(Work::Scans));
                }
                _ => locks.beyond(Beyond::Every),
            }
        }
        Stmt::Refresh(s) => {
            let mode = if s.concurrently_token().is_some() { Exclusive } else { AccessExclusive };
            locks.work(Relation::of(s.view_ref()), mode, Some(Work::Rewrites));
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
