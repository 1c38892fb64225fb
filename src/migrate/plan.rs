//! The plan of a migration: its statements, their locks, and the sizes of the tables.

use std::collections::HashMap;

use squawk_syntax::SourceFile;

use super::depth::is_too_deep;
use super::domains::Domains;
use super::locks::{self, Beyond, LockMode, Locks, TableWork};
use super::model::Progress;
use super::script::Steps;
use super::source::Migration;
use crate::db::{Connection, configured_path};
use crate::error::Result;

/// One migration that would be run.
#[derive(Debug, serde::Serialize)]
pub struct Planned {
    /// The set.
    pub set: String,
    /// The version.
    pub version: i64,
    /// The description, from the file name.
    pub description: String,
    /// The file.
    pub file: String,
    /// The reason why its statements would run one by one; `None` if all run in one transaction.
    pub one_by_one: Option<String>,
    /// How far an earlier run came; `None` where none has begun.
    pub progress: Option<Progress>,
    /// The statements that would run, in order.
    pub statements: Vec<PlannedStatement>,
}

/// One statement of it.
#[derive(Debug, serde::Serialize)]
pub struct PlannedStatement {
    /// The line that it starts on, from 1.
    pub line: usize,
    /// The text.
    pub sql: String,
    /// The locks on tables that are there already.
    pub locks: Vec<Locked>,
    /// The locks that its text does not tell.
    pub beyond: Vec<String>,
}

/// A table that would be locked.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Locked {
    /// The name, qualified and quoted if necessary.
    pub table: String,
    /// The mode, as PostgreSQL's manual names it.
    pub mode: String,
    /// The operations that have to wait meanwhile.
    pub blocks: &'static str,
    /// The work meanwhile that takes as long as the table is large.
    pub work: Option<String>,
    /// The size in bytes, with its indexes.
    pub bytes: i64,
    /// The server's estimate of the number of rows; `None` before the first `ANALYZE`.
    pub rows: Option<i64>,
    #[serde(skip)]
    level: LockMode,
}

impl Locked {
    /// True if anybody who reads or writes has to wait.
    pub fn is_felt(&self) -> bool {
        self.level >= LockMode::Share
    }

    /// The stricter of two, then the larger.
    pub fn weight(&self) -> (bool, LockMode, i64) {
        (self.is_felt(), self.level, self.bytes)
    }
}

/// Plans a migration. Writes nothing. `domains` are those of the migrations planned before it, and of this one afterwards.
///
/// # Errors
/// A usage error if the file cannot be run; otherwise where the catalog cannot be read.
pub async fn plan(
    connection: &mut Connection,
    set: &str,
    migration: &Migration,
    progress: Option<Progress>,
    domains: &mut Domains,
) -> Result<Planned> {
    let steps = match progress {
        None => migration.up.steps()?,
        Some(_) => migration.up.steps_of_rest()?,
    };
    let (one_by_one, begins) = match steps {
        Steps::Together => (None, 0),
        Steps::Singly(why, steps) => {
            let done = progress.and_then(|progress| usize::try_from(progress.statements_done).ok());
            // What is done does not run again.
            let begins = done.filter(|done| *done > 0).map(|done| steps.get(done).map_or(usize::MAX, |step| step.at));
            (Some(why.to_owned()), begins.unwrap_or_default())
        }
    };
    let path = configured_path(connection).await?;
    let mut statements = Vec::new();
    // Counted on from statement to statement: a file may have many.
    let (mut line, mut counted) = (1, 0);
    let mut seen: HashMap<String, (Vec<Locked>, Vec<String>)> = HashMap::new();
    for statement in migration.up.statements() {
        line += migration.up.text[counted..statement.at].matches('\n').count();
        counted = statement.at;
        domains.follow(connection, &path, &statement).await?;
        if statement.at < begins {
            continue;
        }
        let skeleton = statement.skeleton().into_owned();
        let (locks, beyond) = match seen.get(&skeleton) {
            Some(found) => found.clone(),
            None => {
                let found = locks_of(connection, &path, &skeleton, domains).await?;
                // A file of data has many statements that differ only in their values.
                if statement.values.is_some() {
                    seen.insert(skeleton, found.clone());
                }
                found
            }
        };
        statements.push(PlannedStatement { line, sql: statement.text.to_owned(), locks, beyond });
    }
    Ok(Planned {
        set: set.to_owned(),
        version: migration.version,
        description: migration.description.clone(),
        file: migration.up.file.clone(),
        one_by_one,
        progress,
        statements,
    })
}

/// The locks of a statement: those on tables that are there already, and those that its text does not tell.
async fn locks_of(
    connection: &mut Connection,
    path: &[String],
    sql: &str,
    domains: &Domains,
) -> Result<(Vec<Locked>, Vec<String>)> {
    let mut found = if is_too_deep(sql) {
        Locks { beyond: vec![Beyond::TooDeep], ..Locks::default() }
    } else {
        SourceFile::parse(sql).tree().stmts().next().map(|s| locks::locks(&s)).unwrap_or_default()
    };
    for (table, ty) in &found.columns {
        if domains.has_constraint(connection, path, ty).await?
            && let Some(lock) = found.taken.iter_mut().find(|lock| lock.relation == *table)
        {
            lock.work = lock.work.max(Some(TableWork::Rewrites));
        }
    }
    let beyond = found.beyond.iter().map(ToString::to_string).collect();
    Ok((locked(connection, path, &found).await?, beyond))
}

/// The locks on tables that are there already; a table that an earlier statement makes, nobody else can be using.
async fn locked(connection: &mut Connection, path: &[String], found: &Locks) -> Result<Vec<Locked>> {
    let mut all = Vec::new();
    for lock in &found.taken {
        let schemas = lock.relation.schema.as_ref().map_or(path, std::slice::from_ref);
        let row: Option<(String, i64, f32)> = sqlx::query_as(
            "SELECT t.oid::regclass::text, pg_total_relation_size(t.oid), t.reltuples
               FROM pg_class c LEFT JOIN pg_index x ON x.indexrelid = c.oid
               JOIN pg_class t ON t.oid = coalesce(x.indrelid, c.oid)
               JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = ANY ($1) AND c.relname = $2 AND ($3 OR x.indexrelid IS NULL)
              ORDER BY array_position($1, n.nspname::text) LIMIT 1",
        )
        .bind(schemas)
        .bind(&lock.relation.name)
        .bind(lock.table_of_index)
        .fetch_optional(&mut *connection)
        .await?;
        if let Some((table, bytes, rows)) = row {
            #[allow(clippy::cast_possible_truncation, reason = "an estimate, and a cast saturates")]
            let rows = (rows >= 0.0).then_some(rows as i64);
            all.push(Locked {
                table,
                mode: lock.mode.to_string(),
                blocks: lock.mode.blocks(),
                work: lock.work.map(|w| w.to_string()),
                bytes,
                rows,
                level: lock.mode,
            });
        }
    }
    Ok(all)
}
