//! Locks, and what comes with them, as a statement's text tells them.

use std::fmt;

use squawk_syntax::ast::{self, AstNode};

use crate::migrate::relation::Relation;

/// The modes of a table's lock, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// The mode of reading; only the strongest mode stands in its way.
    AccessShare,
    /// The mode of `SELECT … FOR UPDATE`.
    RowShare,
    /// The mode of writing.
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

/// Work on a whole table while it is locked: the time that the lock is held grows with its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableWork {
    /// It is read, where nothing shows that it need not be.
    MayScan,
    /// It is read.
    Scans,
    /// It is written anew, unless the stored values stay as they are.
    MayRewrite,
    /// It is written anew.
    Rewrites,
}

impl fmt::Display for TableWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TableWork::MayScan => "may read the whole table",
            TableWork::Scans => "reads the whole table",
            TableWork::MayRewrite => "may rewrite the table",
            TableWork::Rewrites => "rewrites the table",
        })
    }
}

/// One lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The locked relation; with [`Lock::table_of_index`], an index on it.
    pub relation: Relation,
    /// The mode.
    pub mode: LockMode,
    /// The work meanwhile, if it takes time.
    pub work: Option<TableWork>,
    /// The name is an index's, and the lock is on the index's table: only the catalogs know which.
    pub table_of_index: bool,
    /// Partitions and inheritance children, where there are any, are locked the same way.
    pub children: bool,
}

/// A lock that cannot be told from the text.
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

/// The locks of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locks {
    /// The locks that the text tells, one a relation, each in its strongest mode.
    pub taken: Vec<Lock>,
    /// The locks that the text does not tell.
    pub beyond: Vec<Beyond>,
    /// The tables that get a column, each with the column's type: where that is a domain with a constraint, which only the
    /// catalogs know, the table is written anew.
    pub columns: Vec<(Relation, Relation)>,
}

impl Locks {
    /// True if the text does not tell which tables are locked, because code decides it.
    pub fn runs_code(&self) -> bool {
        self.beyond.contains(&Beyond::Code)
    }

    pub(super) fn add(&mut self, lock: Lock) {
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

    pub(super) fn lock(&mut self, relation: Option<Relation>, mode: LockMode) {
        self.work(relation, mode, None);
    }

    pub(super) fn work(&mut self, relation: Option<Relation>, mode: LockMode, work: Option<TableWork>) {
        if let Some(relation) = relation {
            self.add(Lock { relation, mode, work, table_of_index: false, children: false });
        }
    }

    /// As [`Locks::work`], and partitions and children with it.
    pub(super) fn tree(&mut self, relation: Option<Relation>, only: bool, mode: LockMode, work: Option<TableWork>) {
        if let Some(relation) = relation {
            self.add(Lock { relation, mode, work, table_of_index: false, children: !only });
        }
    }

    pub(super) fn table_of_index(&mut self, index: Option<Relation>, mode: LockMode, work: Option<TableWork>) {
        if let Some(relation) = index {
            self.add(Lock { relation, mode, work, table_of_index: true, children: false });
        }
    }

    pub(super) fn beyond(&mut self, what: Beyond) {
        if !self.beyond.contains(&what) {
            self.beyond.push(what);
        }
    }

    pub(super) fn all<N: AstNode>(&mut self, parts: impl Iterator<Item = N>, mode: LockMode) {
        for part in parts {
            self.lock(Relation::of(Some(part)), mode);
        }
    }

    pub(super) fn dropped<N: AstNode>(&mut self, parts: impl Iterator<Item = N>, cascade: Option<ast::DropBehavior>) {
        self.all(parts, LockMode::AccessExclusive);
        if matches!(cascade, Some(ast::DropBehavior::Cascade(_))) {
            self.beyond(Beyond::Dependents);
        }
    }
}
