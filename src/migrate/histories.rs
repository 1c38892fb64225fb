//! The history tables of other tools: which of a set's migrations such a tool has applied. They are only read.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::catalogue::Object;
use super::formats::Format;
use super::model::{MigrationState, SetStatus};
use super::source::{Migration, Set};
use crate::db::{self, Connection, quote_identifier};
use crate::error::{Error, Kind, Result};

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
    Hasura,
}

/// The schema in which hasura keeps its own.
const HASURA: &str = "hdb_catalog";

/// The tables that their tools keep in one schema unless they are told another, whatever is searched.
const AT_HOME: [&str; 5] = [
    "supabase_migrations.schema_migrations",
    "drizzle.__drizzle_migrations",
    "public._prisma_migrations",
    "hdb_catalog.schema_migrations",
    "hdb_catalog.hdb_version",
];

/// Each table, its tool, and a column that tells it from one of the same name.
const TABLES: [(&str, &str, Tool); 10] = [
    ("goose_db_version", "version_id", Tool::Goose),
    ("gorp_migrations", "id", Tool::SqlMigrate),
    ("schema_migrations", "dirty", Tool::GolangMigrate),
    ("schema_migrations", "statements", Tool::Supabase),
    ("schema_migrations", "version", Tool::Dbmate),
    ("__diesel_schema_migrations", "version", Tool::Diesel),
    ("_prisma_migrations", "migration_name", Tool::Prisma),
    ("flyway_schema_history", "installed_rank", Tool::Flyway),
    ("__drizzle_migrations", "hash", Tool::Drizzle),
    (STATE, "cli_state", Tool::Hasura),
];

/// The table of hasura's state, which holds the history since its version 2.
const STATE: &str = "hdb_version";

/// The history of another tool.
#[derive(Debug)]
pub struct History {
    tool: Tool,
    /// The table, as SQL.
    pub table: String,
    /// True if it is a part of a state of hasura's.
    is_state: bool,
    /// The reason why it is not read.
    unread: Option<String>,
}

/// The entries of a history about a set.
#[derive(Debug, Default)]
struct Applied {
    versions: BTreeSet<i64>,
    /// Hashes of drizzle that no file has.
    unknown: Vec<String>,
    /// The names of files or folders, where the tool keeps them, with the hashes of their texts.
    names: Vec<(i64, String, Option<String>)>,
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
            Tool::Hasura => "hasura",
        }
    }

    /// True if the tool keeps its migrations in this format.
    fn is_of(&self, format: Format) -> bool {
        match self.tool {
            Tool::Goose => format == Format::Goose,
            Tool::SqlMigrate => format == Format::SqlMigrate,
            Tool::Dbmate => format == Format::Dbmate,
            Tool::Diesel | Tool::Hasura => format == Format::Diesel,
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
                ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
                pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_open
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND c.relname = ANY ($1)
            AND (n.nspname = ANY ($2) OR n.nspname || '.' || c.relname = ANY ($3))
          ORDER BY 1, 2",
    )
    .bind(TABLES.map(|(table, _, _)| table).to_vec())
    .bind(path)
    .bind(AT_HOME.to_vec())
    .fetch_all(&mut *connection)
    .await?;
    let mut all = Vec::new();
    for row in rows {
        let (schema, name, columns): (String, String, Vec<String>) =
            (row.try_get("schema")?, row.try_get("name")?, row.try_get("columns")?);
        let known = TABLES.iter().find(|(table, column, _)| *table == name && columns.iter().any(|c| c == column));
        let tool = match known {
            // Its first table has the columns of another tool's.
            Some((_, _, Tool::GolangMigrate)) if schema == HASURA => Tool::Hasura,
            Some((_, _, tool)) => *tool,
            None => continue,
        };
        let table = format!("{}.{}", quote_identifier(&schema), quote_identifier(&name));
        let unread = match row.try_get("is_open")? {
            false => Some(format!("{table} cannot be read by this role")),
            // What a stranger has planted is refused.
            true if !db::relation_exists(connection, &format!("{schema}.{name}")).await? => continue,
            true => None,
        };
        let is_state = tool == Tool::Hasura && name == STATE;
        if is_state && unread.is_none() && !holds_history(connection, &table).await? {
            continue;
        }
        // It has taken over what was in the table before it, which stays and is not written any more. By name, it comes
        // before that table.
        if tool == Tool::Hasura && all.iter().any(|history: &History| history.tool == Tool::Hasura) {
            continue;
        }
        all.push(History { tool, table, is_state, unread });
    }
    Ok(all)
}

/// The rows of a table, as `t`.
fn rows(table: &str) -> String {
    format!("{table} t {}", db::OF_A_TABLE)
}

/// True if hasura's state holds a history.
async fn holds_history(connection: &mut Connection, table: &str) -> Result<bool> {
    let rows = rows(table);
    let sql = format!(
        "SELECT EXISTS (SELECT FROM {rows} WHERE jsonb_typeof(to_jsonb(t) -> 'cli_state' -> 'migrations') = 'object')"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?)
}

/// The objects of a schema that are another tool's history: its table, what is on it, and its sequence.
pub fn kept_in(found: &[Object]) -> BTreeSet<&Object> {
    let columns: BTreeSet<&str> = found.iter().filter(|o| o.kind == "column").map(|o| o.object.as_str()).collect();
    let is_history = |object: &&Object| {
        let name = object.object.rsplit('.').next().unwrap_or_default();
        let has = |column: &str| columns.contains(format!("{}.{column}", object.object).as_str());
        object.kind == "table" && TABLES.iter().any(|(table, column, _)| *table == name && has(column))
    };
    let tables: Vec<&str> = found.iter().filter(is_history).map(|o| o.object.as_str()).collect();
    let is_of =
        |name: &str, table: &str| name.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let is_on = |word: &str| tables.iter().any(|table| is_of(word, table));
    let sequences: BTreeSet<&str> = found
        .iter()
        .filter(|o| {
            o.kind == "sequence" && o.definition.rsplit_once(" owned by ").is_some_and(|(_, owner)| is_on(owner))
        })
        .map(|o| o.object.as_str())
        .collect();
    // A grant and a comment have more words than the name of what they are on.
    let is_kept = |o: &&Object| o.object.split(' ').any(|word| is_on(word) || sequences.contains(word));
    found.iter().filter(is_kept).collect()
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
    if all.len() > 1 && all.iter().any(|history| history.unread.is_none()) {
        all.retain(|history| history.unread.is_none());
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
    if let Some(why) = history.unread {
        return Err(
            Error::refused(format!("{why}; nothing was recorded")).hint("ask its owner for the right to SELECT")
        );
    }
    let Applied { versions, unknown, names } = applied(connection, &history, set).await?;
    if let Some(hash) = unknown.first() {
        return Err(unmatched(&history, hash, "recorded"));
    }
    for (version, name, hash) in &names {
        let Some(migration) = set.get(*version) else { continue };
        let (table, file) = (&history.table, &migration.up.file);
        if !is_called(migration, name) {
            return Err(Error::refused(format!(
                "{table} has '{name}', and the file of that version is {file}; nothing was recorded"
            ))
            .hint("name the directory that holds it with --source DIR, or give the file the name that it had"));
        }
        if hash.as_ref().is_some_and(|hash| !hashes(migration).contains(hash)) {
            return Err(Error::refused(format!(
                "{file} is not the text that {} has applied, by the checksum in {table}; nothing was recorded",
                history.tool()
            ))
            .hint("put the file back as it was, or record what is there with `bursar migrate baseline VERSION`"));
        }
    }
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

/// True if this is the name of a migration's file or folder. Files that were imported keep the version and the words of it.
fn is_called(migration: &Migration, name: &str) -> bool {
    let path = std::path::Path::new(&migration.up.file);
    let own = match migration.format {
        Format::Prisma => path.parent().and_then(std::path::Path::file_name),
        Format::SqlMigrate => path.file_name(),
        _ => {
            let rest = name.trim_end_matches(".sql").trim_start_matches(|c: char| c.is_ascii_digit());
            let plain = |text: &str| text.replace(|c: char| !c.is_alphanumeric(), " ").trim().to_owned();
            return plain(rest) == plain(&migration.description);
        }
    };
    own.is_some_and(|own| own == name)
}

/// The refusal of a hash of drizzle that no file has.
fn unmatched(history: &History, hash: &str, done: &str) -> Error {
    Error::refused(format!("{} has the hash {hash}, and no file has it; nothing was {done}", history.table)).hint(
        "put back each file as it was when drizzle ran it, or record what is there with `bursar migrate baseline VERSION`",
    )
}

/// Whether another tool has applied what is pending: warnings, and the refusal. A history that may be of another project
/// only warns.
///
/// # Errors
/// If the server cannot be asked.
pub async fn applied_elsewhere(
    connection: &mut Connection,
    set: &Set,
    status: &SetStatus,
    pending: &[&Migration],
) -> Result<(Vec<String>, Option<Error>)> {
    const SMALLEST_TIME: i64 = 1_000_000_000;
    let is_new = |m: &&&Migration| status.state(m.version) != Some(MigrationState::Partial);
    let is_empty = status.migrations.iter().all(|line| line.applied_at.is_none());
    // Who names a table for the history says that the others are of other projects.
    let is_apart = set.has_history_of_its_own();
    // Imported files can be of any tool.
    let is_plain = matches!(set.format, Format::Sqlx | Format::Numbered);
    let mut warnings = Vec::new();
    for history in found(connection).await? {
        let is_own = history.is_of(set.format);
        if let Some(why) = &history.unread {
            warnings.push(format!("{why}, so nobody knows what {} has applied", history.tool()));
            continue;
        }
        connection.execute("SAVEPOINT other_history").await?;
        let Applied { versions, unknown, .. } = match applied(connection, &history, set).await {
            Ok(applied) => applied,
            Err(error) => {
                connection.execute("ROLLBACK TO SAVEPOINT other_history").await?;
                let is_said = error.kind == Kind::Refused;
                if is_said && is_own && !is_apart && (is_empty || set.format != Format::Sqlx) {
                    return Ok((warnings, Some(error)));
                }
                let why = if is_said { error.message() } else { format!("{} cannot be read", history.table) };
                let why = why.trim_end_matches("; nothing was recorded");
                warnings.push(format!("{why}; the history may be of another project"));
                continue;
            }
        };
        let done: Vec<i64> =
            pending.iter().filter(is_new).map(|m| m.version).filter(|v| versions.contains(v)).collect();
        let (Some(first), Some(last)) = (done.first(), done.last()) else {
            match unknown.first().filter(|_| is_empty && is_own) {
                Some(hash) if !is_apart => return Ok((warnings, Some(unmatched(&history, hash, "applied")))),
                Some(hash) => warnings.push(format!("{} has the hash {hash}, and no file has it", history.table)),
                None => {}
            }
            continue;
        };
        let said =
            format!("{} says in {} that it has applied {first}, which is pending here", history.tool(), history.table);
        // These say of a version that what is before it is applied, whoever's it is.
        let is_exact = !matches!(history.tool, Tool::GolangMigrate | Tool::Flyway);
        let is_time = *first >= SMALLEST_TIME;
        let refuses = match () {
            // A hash is of this very text.
            () if history.tool == Tool::Drizzle => true,
            () if is_apart => is_time && is_exact,
            () if is_own => is_empty || is_time || set.format != Format::Sqlx,
            () if is_plain => is_empty || is_time,
            () => is_time && is_exact,
        };
        if !refuses {
            warnings.push(said);
            continue;
        }
        let mut hint = format!(
            "take its history over: bursar migrate import --history\nor record what is there yourself: bursar migrate baseline {last}"
        );
        if !is_time && history.tool != Tool::Drizzle {
            hint.push_str("\nor, where it is another project's, keep a history apart: bursar migrate up --history-table own_migrations");
        }
        return Ok((warnings, Some(Error::refused(format!("{said}; nothing was applied")).hint(hint))));
    }
    Ok((warnings, None))
}

/// The query of a history: the name of each version, true if it is applied now, true if it is half done, true if all before
/// it are applied too, and the SHA-256 of its text where it is kept.
fn query(history: &History, set: &Set) -> String {
    let rows = rows(&history.table);
    match history.tool {
        Tool::Goose => format!(
            "SELECT DISTINCT ON (version_id) version_id::text, is_applied, false, false, NULL FROM {rows} WHERE version_id > 0 ORDER BY version_id, id DESC"
        ),
        Tool::SqlMigrate => format!("SELECT id::text, true, false, false, NULL FROM {rows}"),
        Tool::GolangMigrate => format!("SELECT version::text, true, dirty, true, NULL FROM {rows}"),
        Tool::Hasura if history.is_state => {
            let database = db::quote_literal(&hasura_database(set));
            format!(
                "SELECT m.key, true, m.value::boolean, false, NULL
                   FROM {rows}, jsonb_each(t.cli_state -> 'migrations') d, jsonb_each_text(d.value) m
                  WHERE d.key = {database} OR NOT (t.cli_state -> 'migrations') ? {database}"
            )
        }
        Tool::Hasura => format!("SELECT version::text, true, dirty, false, NULL FROM {rows}"),
        Tool::Dbmate | Tool::Diesel | Tool::Supabase => {
            format!("SELECT version::text, true, false, false, NULL FROM {rows}")
        }
        Tool::Prisma => format!(
            "SELECT migration_name::text, finished_at IS NOT NULL, finished_at IS NULL, false, nullif(to_jsonb(t) ->> 'checksum', '')
               FROM {rows} WHERE rolled_back_at IS NULL"
        ),
        Tool::Flyway => format!(
            "SELECT version::text, type::text NOT LIKE 'UNDO%' AND type::text <> 'DELETE', NOT success, type::text LIKE '%BASELINE', NULL
               FROM {rows} WHERE version IS NOT NULL ORDER BY installed_rank"
        ),
        Tool::Drizzle => format!("SELECT hash::text, true, false, false, NULL FROM {rows}"),
    }
}

/// The versions that a history says are applied.
async fn applied(connection: &mut Connection, history: &History, set: &Set) -> Result<Applied> {
    let table = &history.table;
    let rows: Vec<(String, bool, bool, bool, Option<String>)> =
        sqlx::query_as(AssertSqlSafe(query(history, set))).fetch_all(connection).await?;
    if history.tool == Tool::Drizzle {
        return Ok(hashed(set, rows.into_iter().map(|(hash, ..)| hash).collect()));
    }
    let (mut versions, mut names) = (BTreeSet::new(), Vec::new());
    for (name, applied, half, with_earlier, checksum) in rows {
        if half {
            let what = format!("{} has not finished {name}, says {table}; nothing was recorded", history.tool());
            return Err(Error::refused(what).hint(format!("finish it, or undo it, with {}", history.tool())));
        }
        // These two keep the name of the file or the folder; of a baseline's parts, the first is before our next one.
        let is_baseline = history.tool == Tool::Flyway && with_earlier;
        let named = is_baseline || matches!(history.tool, Tool::SqlMigrate | Tool::Prisma);
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let version: i64 = (if named { &name[..digits] } else { &name }).parse().map_err(|_| {
            Error::refused(format!("{table} has '{name}', which is no version that bursar knows; nothing was recorded"))
        })?;
        if with_earlier {
            versions.extend(set.migrations.iter().map(|m| m.version).filter(|v| *v <= version));
        }
        if named && !is_baseline && applied {
            names.push((version, name, checksum));
        }
        match applied {
            // A baseline may stand for files that were never kept.
            true if is_baseline => {}
            true => drop(versions.insert(version)),
            false => drop(versions.remove(&version)),
        }
    }
    Ok(Applied { versions, unknown: Vec::new(), names })
}

/// The name that hasura gives to the database of these migrations, which is that of their directory.
fn hasura_database(set: &Set) -> String {
    let file = set.migrations.first().map_or("", |m| m.up.file.as_str());
    let directory = Path::new(file).parent().and_then(Path::parent).and_then(Path::file_name);
    directory.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The SHA-256 of a file's text, as it is or with other line ends. The mark of its encoding, which is not in the text, counts.
fn hashes(migration: &Migration) -> Vec<String> {
    let text = migration.up.unparted.as_deref().unwrap_or(&migration.up.text);
    let lf = text.replace("\r\n", "\n");
    let texts = [lf.replace('\n', "\r\n"), lf, text.to_owned()];
    let texts = texts.iter().flat_map(|text| [text.clone(), format!("\u{feff}{text}")]);
    texts.map(|text| hex::encode(Sha256::digest(text.as_bytes()))).collect()
}

/// The migrations that drizzle knows by the hashes of their texts. Of equal files, each hash is that of the next one.
fn hashed(set: &Set, mut unknown: Vec<String>) -> Applied {
    let mut versions = BTreeSet::new();
    for migration in &set.migrations {
        let own = hashes(migration);
        if let Some(at) = unknown.iter().position(|hash| own.contains(hash)) {
            unknown.remove(at);
            versions.insert(migration.version);
        }
    }
    Applied { versions, unknown, names: Vec::new() }
}
