//! The migrations of a database, and whether they may run there.

use super::args::MigrateSource;
use crate::commands::Context;
use crate::db::{self, Database, Tx};
use crate::error::{Error, Kind, Result};
use crate::migrate::functions::{self, Lacking};
use crate::migrate::{self, Direction, Migration, SQLX_TABLE, Set, SetStatus, SqlxToml, histories};
use crate::packs::{self, Need, Pack};
use crate::text::counted;

/// The sets to migrate.
pub(super) struct Project {
    /// bursar's own set, and behind it the application's, where that was not left out.
    pub sets: Vec<Set>,
    /// The pack whose functions go with it.
    pub pack: Option<Pack>,
    /// The packs of the same database beside it, whose functions go with it too.
    pub beside: Vec<Pack>,
}

/// The run of the application's migrations, as far as its functions depend on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AppRun {
    /// True if it applies a migration.
    pub begins: bool,
    /// True if it was told to stop before the last one.
    pub leaves: bool,
}

/// The functions that a run would install.
#[derive(Debug, Default)]
pub(super) struct FunctionsPending {
    /// Number of files to install.
    pub files: usize,
    /// True if some of their tables are missing now, and nobody knows whether the migrations of the run create them.
    pub is_open: bool,
    /// The packs whose tables are missing after the run too.
    pub lacking: Vec<Lacking>,
    /// The packs whose tables come with migrations that the run leaves out.
    pub later: Vec<Lacking>,
}

impl FunctionsPending {
    /// The condition for them to be installed, behind their number.
    pub fn condition(&self) -> &'static str {
        if self.is_open { ", where these migrations create the tables" } else { "" }
    }
}

/// bursar's own migrations in a line, beside those of an application.
pub(super) fn folded(migrations: usize) -> String {
    format!("bursar {} of its own schema", counted(migrations, "migration"))
}

impl Project {
    /// True if the migrations of this set are one line for people: bursar's own, beside those that they asked about.
    pub fn folds(&self, set: &str) -> bool {
        set == "bursar" && self.sets.len() > 1
    }

    /// Finds the sets. bursar's own alone can be installed beside an application that nobody named and no pack
    /// fits; a directory needs no pack, and has one only where that is named.
    pub async fn of(context: &Context, database: &Database, tx: &mut Tx, source: &MigrateSource) -> Result<Project> {
        source.check(context)?;
        let mut sets = vec![Set::bursar()?];
        let named = context.global.app.as_deref().or(database.target().app.as_deref());
        if let Some(directory) = &source.own.source {
            let own_only = source.is_only("source");
            let pack = match named {
                Some(_) if !own_only => Some(context.pack(database, tx, Need::One).await?),
                _ => None,
            };
            // A project of somebody's own needs no more than its history, where its role may make no more.
            let is_ready = match own_only || (pack.is_none() && !migrate::may_keep_records(tx).await?) {
                false => true,
                // Somebody else's, with nothing to do, is shown.
                true => {
                    !own_only
                        && migrate::shows_records(tx).await?
                        && migrate::status(tx, &sets[0]).await?.pending() == 0
                }
            };
            if !is_ready {
                sets.clear();
            }
            let config = SqlxToml::of(directory)?;
            let named = source.own.history_table.as_deref().or(config.table.as_deref());
            let (home, table) = history(named, source.own.history_table.is_none())?;
            require_schemas(tx, &config.schemas).await?;
            // sqlx names its table without a schema, so that the search path decides.
            let path = db::configured_path(tx).await?;
            let holder: Option<String> = sqlx::query_scalar(
                "SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relname = $1 AND n.nspname = ANY ($2) ORDER BY array_position($2, n.nspname::text) LIMIT 1",
            )
            .bind(table)
            .bind(&path)
            .fetch_optional(&mut **tx)
            .await?;
            let schema = match home.map(str::to_owned).or(holder) {
                Some(schema) => schema,
                None => writable(tx, &path).await?.or(path.into_iter().next()).unwrap_or_else(|| "public".to_owned()),
            };
            let own = if table == SQLX_TABLE { "source" } else { table };
            let name = pack.as_ref().map_or(own, |p| &p.name);
            let mut set = Set::directory(directory, name, &schema)?.with_history(table);
            if let Some(pack) = &pack {
                set = set.of_application(&pack.name, &pack.schema);
            }
            set.notes.iter().for_each(|said| context.ui.warn(said));
            sets.push(set);
            return Ok(Project { sets, pack, beside: Vec::new() });
        }
        let mut beside = match context.packs(database, tx).await {
            Ok(packs) => packs,
            Err(error) if source.only.is_some() && named.is_none() && error.kind == Kind::Usage => {
                return Ok(Project { sets, pack: None, beside: Vec::new() });
            }
            Err(error) => return Err(error),
        };
        let pack = match beside.iter().position(Pack::is_system) {
            Some(at) => beside.remove(at),
            None if source.only.is_some() => beside.remove(0),
            None => packs::with(std::mem::take(&mut beside), Need::One)?,
        };
        if source.only.is_none() {
            sets.push(Set::application(&pack.name)?);
        }
        for pack in std::iter::once(&pack).chain(&beside) {
            if let Some(own) = &pack.functions_of {
                let (name, schema) = (&pack.name, &pack.schema);
                context.ui.warn(&format!(
                    "the functions of {name} name the schema {own}, so they are left out for {schema}: bursar only reads there"
                ));
            }
        }
        Ok(Project { sets, pack: Some(pack), beside })
    }

    /// Refuses to run migrations where they could take something for the server's own that a stranger has planted. They are
    /// run with the path that is configured, as in psql.
    pub async fn require_unplanted(&self, context: &Context, tx: &mut Tx) -> Result<()> {
        let tables = self.pack.as_ref().map_or(&[][..], |pack| &pack.tables);
        let mut planted = Vec::new();
        for schema in db::configured_path(tx).await? {
            planted.extend(db::look(tx, &schema, tables, |_| false, "").await?.planted);
        }
        if planted.is_empty() {
            return Ok(());
        }
        let found = packs::listed(&planted);
        if context.global.trust_schema {
            context.ui.warn(&format!("--trust-schema: migrations may take these for something else: {found}"));
            return Ok(());
        }
        Err(Error::refused(format!(
            "migrations could take something for the server's own that a role without right to it has created: {found}; nothing was changed"
        ))
        .hint("find out who made it and why, and drop it or change its owner; where its owner is to be trusted: --trust-schema"))
    }

    /// Refuses to install the functions of a pack that is not built in where that is not trusted.
    pub async fn require_trusted(&self, tx: &mut Tx) -> Result<()> {
        for pack in self.packs() {
            pack.require_trusted(tx).await?;
        }
        Ok(())
    }

    /// All packs whose functions go with the migrations.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.pack.iter().chain(&self.beside)
    }

    /// The packs' files of functions to install, where their tables are, or may be after the run.
    pub async fn functions_pending(&self, tx: &mut Tx, run: AppRun) -> Result<FunctionsPending> {
        let mut all = FunctionsPending::default();
        for (position, pack) in self.packs().enumerate() {
            let files = functions::pending(tx, pack).await?.len();
            if files == 0 {
                continue;
            }
            let is_migrated = position == 0 && self.sets.len() > 1;
            match Lacking::of(tx, pack).await? {
                None => all.files += files,
                Some(_) if is_migrated && run.begins => {
                    all.files += files;
                    // Files of somebody's own may create other tables, and the first of ours do not create all.
                    all.is_open = run.leaves || !self.last().is_embedded();
                }
                Some(lacking) if is_migrated && run.leaves => all.later.push(lacking),
                Some(lacking) => all.lacking.push(lacking),
            }
        }
        Ok(all)
    }

    /// The reason why the pending migrations of a set cannot be applied here, if there is one.
    pub async fn made_elsewhere(
        &self,
        context: &Context,
        tx: &mut Tx,
        set: &Set,
        status: &SetStatus,
        pending: &[&Migration],
    ) -> Result<Option<Error>> {
        // bursar's own schema is nobody else's.
        if set.name == "bursar" {
            return Ok(None);
        }
        // Only files of somebody's own can have been another tool's.
        if !set.is_embedded() && !pending.is_empty() {
            let (warnings, refusal) = histories::applied_elsewhere(tx, set, status, pending).await?;
            warnings.iter().for_each(|said| context.ui.warn(said));
            if refusal.is_some() {
                return Ok(refusal);
            }
        }
        if let Some(refusal) = migrate::made_elsewhere(tx, set, status, pending).await? {
            return Ok(Some(refusal));
        }
        // A run that makes bursar's own schema keeps how far it came.
        if pending.is_empty() || self.keeps_records() || migrate::keeps_records(tx).await? {
            return Ok(None);
        }
        Ok(pending.iter().find_map(|migration| migrate::without_records(migration, Direction::Up).err()))
    }

    /// The sets for a scratch database, where everything may be made.
    pub fn for_scratch(&self) -> Result<Vec<Set>> {
        let own = if self.keeps_records() { None } else { Some(Set::bursar()?) };
        Ok(own.into_iter().chain(self.sets.iter().cloned()).collect())
    }

    /// True if bursar's own schema is migrated too.
    pub fn keeps_records(&self) -> bool {
        self.sets.first().is_some_and(|set| set.name == "bursar")
    }

    /// The set that limits and ways back are about: the application's where there is one.
    pub fn last(&self) -> &Set {
        // One of the two is always there.
        &self.sets[self.sets.len() - 1]
    }
}

impl MigrateSource {
    /// True if only this set is meant.
    pub fn is_only(&self, set: &str) -> bool {
        self.only.as_deref() == Some(set)
    }

    /// Refuses a set that is not named, or named twice over.
    fn check(&self, context: &Context) -> Result<()> {
        match &self.own.source {
            Some(_) if context.global.schema.is_some() && context.global.app.is_none() => {
                Err(Error::usage("--schema is about an application, and --source runs files where the search path leads them").hint(
                    "put the schema into the URL, as ?options=-csearch_path%3DNAME; for a history there: --history-table NAME._sqlx_migrations",
                ))
            }
            None if self.is_only("source") => Err(Error::usage("--only source needs the directory: --source DIR")),
            Some(_) if self.is_only("bursar") => {
                Err(Error::usage("--only bursar leaves out the directory of --source")
                    .hint("leave one of the two out, or give --only source"))
            }
            _ => Ok(()),
        }
    }
}

/// The schema of a history, where one is named, and its table.
fn history(named: Option<&str>, by_sqlx: bool) -> Result<(Option<&str>, &str)> {
    let Some(named) = named else { return Ok((None, SQLX_TABLE)) };
    let (schema, table) = named.split_once('.').map_or((None, named), |(schema, table)| (Some(schema), table));
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !plain(table) || !schema.is_none_or(plain) || schema == Some("bursar") || table == "bursar" {
        let from = if by_sqlx { " in sqlx.toml" } else { "" };
        return Err(Error::usage(format!("'{named}'{from} is no name for a history"))
            .hint("name it TABLE or SCHEMA.TABLE, in small letters: --history-table orders_migrations"));
    }
    Ok((schema, table))
}

/// Refuses where a schema is missing that sqlx would make first.
async fn require_schemas(tx: &mut Tx, schemas: &[String]) -> Result<()> {
    for schema in schemas {
        if !packs::schema_exists(tx, schema).await? {
            return Err(Error::usage(format!("sqlx.toml has sqlx create the schema {schema}, and it is not there"))
                .hint(format!("create it: CREATE SCHEMA {}", db::quote_identifier(schema))));
        }
    }
    Ok(())
}

/// The first schema of the path in which this role may make a table.
async fn writable(tx: &mut Tx, path: &[String]) -> Result<Option<String>> {
    let sql = "SELECT n.nspname::text FROM pg_catalog.pg_namespace n
                WHERE n.nspname = ANY ($1) AND pg_catalog.has_schema_privilege(n.oid, 'CREATE')
                ORDER BY array_position($1, n.nspname::text) LIMIT 1";
    Ok(sqlx::query_scalar(sql).bind(path).fetch_optional(&mut **tx).await?)
}
