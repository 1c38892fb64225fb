//! The history tables of other tools: which of a set's migrations such a tool has applied. They are only read.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Row as _};

use super::formats::Format;
use super::model::{MigrationState, SetStatus};
use super::source::{Migration, Set};
use crate::db::{self, Connection, quote_identifier};
use crate::error::{Error, Result};

/// A tool that keeps a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    Goose,
    SqlMigrate,
    GolangMigrate,
    /// dbmate's table is as that of Rails.
    Dbmate,
    Diesel,
    Prisma,
    Flyway,
    Supabase,
    Drizzle,
}

/// Each table, its tool, and a column that tells it from one of the same name.
const TABLES: [(&str, &str, Tool); 9] = [
    ("goose_db_version", "version_id", Tool::Goose),
    ("gorp_migrations", "id", Tool::SqlMigrate),
    ("schema_migrations", "dirty", Tool::GolangMigrate),
    ("schema_migrations", "statements", Tool::Supabase),
    ("schema_migrations", "version", Tool::Dbmate),
    ("__diesel_schema_migrations", "version", Tool::Diesel),
    ("_prisma_migrations", "migration_name", Tool::Prisma),
    ("flyway_schema_history", "installed_rank", Tool::Flyway),
    ("__drizzle_migrations", "hash", Tool::Drizzle),
];

/// The history of another tool.
#[derive(Debug)]
pub struct History {
    tool: Tool,
    /// The table, as SQL.
    pub table: String,
}

impl History {
    /// The name of the tool.
    pub fn tool(&self) -> &'static str {
        match self.tool {
            Tool::Goose => "goose",
            Tool::SqlMigrate => "sql-migrate",
            Tool::GolangMigrate => "golang-migrate",
            Tool::Dbmate => "dbmate or Rails",
            Tool::Diesel => "diesel",
            Tool::Prisma => "prisma",
            Tool::Flyway => "Flyway",
            Tool::Supabase => "supabase",
            Tool::Drizzle => "drizzle",
        }
    }

    /// True if the tool keeps its migrations in this format.
    fn is_of(&self, format: Format) -> bool {
        match self.tool {
            Tool::Goose => format == Format::Goose,
            Tool::SqlMigrate => format == Format::SqlMigrate,
            Tool::Dbmate => format == Format::Dbmate,
            Tool::Diesel => format == Format::Diesel,
            Tool::Prisma => format == Format::Prisma,
            Tool::Flyway => format == Format::Flyway,
            Tool::Drizzle => format == Format::Drizzle,
            Tool::Supabase | Tool::GolangMigrate => format == Format::Sqlx,
        }
    }
}

/// The histories in the schemas that are searched, and in those of their tools.
async fn found(connection: &mut Connection) -> Result<Vec<History>> {
    let path = db::configured_path(connection).await?;
    let rows = sqlx::query(
        "SELECT n.nspname::text AS schema, c.relname::text AS name,
                ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND c.relname = ANY ($1)
            AND (n.nspname = ANY ($2) OR n.nspname IN ('supabase_migrations', 'drizzle'))
          ORDER BY 1, 2",
    )
    .bind(TABLES.map(|(table, _, _)| table).to_vec())
    .bind(path)
    .fetch_all(&mut *connection)
    .await?;
    let mut all = Vec::new();
    for row in rows {
        let (schema, name, columns): (String, String, Vec<String>) =
            (row.try_get("schema")?, row.try_get("name")?, row.try_get("columns")?);
        let known = TABLES.iter().find(|(table, column, _)| *table == name && columns.iter().any(|c| c == column));
        let Some((_, _, tool)) = known else { continue };
        // What a stranger has planted is refused.
        if db::relation_exists(connection, &format!("{schema}.{name}")).await? {
            all.push(History {
                tool: *tool,
                table: format!("{}.{}", quote_identifier(&schema), quote_identifier(&name)),
            });
        }
    }
    Ok(all)
}

/// The history that a set's migrations were applied by, with the versions of it.
///
/// # Errors
/// A usage error if there is none, or more than one that it could be; a refusal where it holds what is half done, or
/// a migration that the set does not have.
pub async fn of(connection: &mut Connection, set: &Set) -> Result<(History, BTreeSet<i64>)> {
    let mut all = found(connection).await?;
    if all.len() > 1 && all.iter().any(|history| history.is_of(set.format)) {
        all.retain(|history| history.is_of(set.format));
    }
    if all.len() > 1 {
        let names: Vec<&str> = all.iter().map(|history| history.table.as_str()).collect();
        return Err(Error::usage(format!("the database has several histories of other tools: {}", names.join(", ")))
            .hint("name the tool's own directory with --source DIR, or record them with `bursar migrate baseline VERSION`"));
    }
    let Some(history) = all.pop() else {
        return Err(Error::usage("the database has no history of another tool that bursar reads")
            .hint("record what is there with `bursar migrate baseline VERSION`, or look with `bursar migrate baseline --detect`"));
    };
    let versions = versions(connection, &history, set).await?;
    if let Some(unknown) = versions.iter().find(|version| set.get(**version).is_none()) {
        return Err(Error::refused(format!(
            "{} of {} has version {unknown}, and there is no such migration in the files; nothing was recorded",
            history.table,
            history.tool()
        ))
        .hint("name the directory that holds all of them with --source DIR"));
    }
    Ok((history, versions))
}

/// The reason why pending migrations cannot be applied here: another tool has applied one of them. `Err` in the pair
/// is a refusal, `Ok` a warning, because small numbers may be of another project.
///
/// # Errors
/// If a history cannot be read.
pub async fn applied_elsewhere(
    connection: &mut Connection,
    set: &Set,
    status: &SetStatus,
    pending: &[&Migration],
) -> Result<Option<std::result::Result<String, Error>>> {
    const SMALLEST_TIME: i64 = 1_000_000_000;
    let is_new = |m: &&&Migration| status.state(m.version) != Some(MigrationState::Partial);
    for history in found(connection).await? {
        let versions = versions(connection, &history, set).await?;
        let done: Vec<i64> =
            pending.iter().filter(is_new).map(|m| m.version).filter(|v| versions.contains(v)).collect();
        let Some(first) = done.first() else { continue };
        let said =
            format!("{} says in {} that it has applied {first}, which is pending here", history.tool(), history.table);
        let is_own = history.is_of(set.format) && set.format != Format::Sqlx;
        return Ok(Some(if is_own || *first >= SMALLEST_TIME {
            Err(Error::refused(format!("{said}; nothing was applied"))
                .hint("take its history over: bursar migrate import --history"))
        } else {
            Ok(said)
        }));
    }
    Ok(None)
}

/// The versions that a history says are applied.
async fn versions(connection: &mut Connection, history: &History, set: &Set) -> Result<BTreeSet<i64>> {
    let table = &history.table;
    // Each: what names the version, whether it is applied now, and whether it is half done.
    let query = match history.tool {
        Tool::Goose => format!(
            "SELECT DISTINCT ON (version_id) version_id::text, is_applied, false FROM {table} WHERE version_id > 0 ORDER BY version_id, id DESC"
        ),
        Tool::SqlMigrate => format!("SELECT id::text, true, false FROM {table}"),
        Tool::GolangMigrate => format!("SELECT version::text, true, dirty FROM {table}"),
        Tool::Dbmate | Tool::Diesel | Tool::Supabase => format!("SELECT version::text, true, false FROM {table}"),
        Tool::Prisma => format!(
            "SELECT migration_name::text, finished_at IS NOT NULL, finished_at IS NULL FROM {table} WHERE rolled_back_at IS NULL"
        ),
        Tool::Flyway => format!(
            "SELECT version::text, type::text NOT LIKE 'UNDO%' AND type::text <> 'DELETE', NOT success
               FROM {table} WHERE version IS NOT NULL ORDER BY installed_rank"
        ),
        Tool::Drizzle => format!("SELECT hash::text, true, false FROM {table}"),
    };
    let rows = sqlx::query_as::<_, (String, bool, bool)>(AssertSqlSafe(query)).fetch_all(connection).await?;
    let mut versions = BTreeSet::new();
    for (name, applied, half) in rows {
        if half {
            let what = format!("{} has not finished {name}, says {table}; nothing was recorded", history.tool());
            return Err(Error::refused(what).hint(format!("finish it, or undo it, with {}", history.tool())));
        }
        if history.tool == Tool::Drizzle {
            // It knows a migration by its text.
            let of = |m: &&Migration| hex::encode(Sha256::digest(m.up.text.as_bytes())) == name;
            versions.extend(set.migrations.iter().find(of).map(|m| m.version));
            continue;
        }
        // These two keep the name of the file or the folder.
        let named = matches!(history.tool, Tool::SqlMigrate | Tool::Prisma);
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let version: i64 = (if named { &name[..digits] } else { &name }).parse().map_err(|_| {
            Error::refused(format!("{table} has '{name}', which is no version that bursar knows; nothing was recorded"))
        })?;
        match (history.tool, applied) {
            // It records only where it stands.
            (Tool::GolangMigrate, _) => {
                versions.extend(set.migrations.iter().map(|m| m.version).filter(|v| *v <= version));
                versions.insert(version);
            }
            (_, true) => drop(versions.insert(version)),
            (_, false) => drop(versions.remove(&version)),
        }
    }
    Ok(versions)
}
