//! A database to try migrations on: on a private server that is gone afterwards, or on one that is named.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::commands::{Context, beside, os_var};
use crate::db::{self, Consent, Database, Protection, Tx, WritePermit, quote_identifier, quote_literal};
use crate::error::Result;
use crate::migrate::catalogue::Object;
use crate::migrate::{Set, adopt};
use crate::sandbox::{Binaries, Ephemeral, Options};

/// Where scratch databases are made.
pub(super) struct Scratch {
    maintenance: Database,
    permit: WritePermit,
    private: Option<Ephemeral>,
    made: usize,
}

impl Scratch {
    /// Starts a private server, or takes the one of the URL.
    pub async fn start(context: &Context, url: Option<&str>) -> Result<Scratch> {
        let (maintenance, private) = match url {
            Some(url) => (context.private_database(url)?, None),
            None => {
                let server = beside(|| Ephemeral::start(&Binaries::find(&os_var)?, &Options::from_env(&os_var))).await;
                let server = server.map_err(|error| {
                    let hint = "or name a server on which a scratch database may be made: --scratch URL";
                    let hint = error.hint.as_ref().map_or_else(|| hint.to_owned(), |first| format!("{first}; {hint}"));
                    error.hint(hint)
                })?;
                (context.private_database(&server.url("postgres"))?, Some(server))
            }
        };
        // Whoever names a server for scratch databases has agreed to them.
        let permit = maintenance.permit(Protection::Open, &Consent::Yes)?;
        Ok(Scratch { maintenance, permit, private, made: 0 })
    }

    /// Makes an empty database.
    pub async fn database(&mut self, context: &Context) -> Result<(Database, WritePermit)> {
        let mut session = self.maintenance.session(&self.permit).await?;
        let name = format!("bursar_scratch_{}_{}", session.pid(), self.made);
        self.made += 1;
        if self.private.is_none() {
            context.drops_later(&self.maintenance, &self.permit, &name);
        }
        session
            .execute(AssertSqlSafe(format!("CREATE DATABASE {} TEMPLATE template0", quote_identifier(&name))))
            .await?;
        let database = self.maintenance.with_database(&name);
        let permit = database.permit(Protection::Open, &Consent::Yes)?;
        Ok((database, permit))
    }

    /// Makes a database with what these statements make there, as far as the server can.
    pub async fn database_like(
        &mut self,
        context: &Context,
        surroundings: &[String],
    ) -> Result<(Database, WritePermit)> {
        let (database, permit) = self.database(context).await?;
        if !surroundings.is_empty() {
            let mut session = database.session(&permit).await?;
            for statement in surroundings {
                // An extension that this server lacks is what the migrations do without, or complain of themselves.
                let _ = session.execute(AssertSqlSafe(statement.clone())).await;
            }
        }
        Ok((database, permit))
    }

    /// True if the server is gone afterwards.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// Drops what was made.
    pub async fn end(self, context: &Context) -> Result<()> {
        if let Some(server) = self.private {
            return beside(move || {
                drop(server);
                Ok(())
            })
            .await;
        }
        context.drop_scratch().await
    }
}

/// What a scratch database takes over from the connected one.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The statements that make it, as far as the scratch server can: extensions, publications, schemas, the search path.
    pub everywhere: Vec<String>,
    /// Those for a server that is gone afterwards: roles belong to the whole server.
    pub private: Vec<String>,
    /// What stands there for something else than the migrations make, in words.
    pub made: Vec<String>,
    /// Those of `everywhere` that make an extension which the files make too, where they would make it.
    again: Vec<String>,
}

impl Surroundings {
    /// Reads them. Of schemas and roles, those that the files name and do not create.
    pub async fn of(tx: &mut Tx, found: &[Object], set: &Set) -> Result<Surroundings> {
        let mut everywhere = adopt::surroundings(found);
        let texts: Vec<String> = match set.is_embedded() {
            true => Vec::new(),
            false => set.migrations.iter().map(|m| m.up.text.to_lowercase()).collect(),
        };
        let makes = |kind: &str, name: &str| {
            let name = name.trim_matches('"').to_lowercase();
            texts.iter().any(|text| text.contains(&format!("create {kind}")) && text.contains(&name))
        };
        // Nothing makes a publication a second time.
        everywhere
            .retain(|sql| !sql.strip_prefix("CREATE PUBLICATION ").is_some_and(|name| makes("publication", name)));
        let there = quote_identifier(&set.schema);
        let again = everywhere.iter().filter(|sql| {
            let made = sql.strip_prefix("CREATE EXTENSION IF NOT EXISTS ").and_then(|sql| sql.split_once(" SCHEMA "));
            made.is_some_and(|(name, schema)| (schema == set.schema || schema == there) && makes("extension", name))
        });
        let again = again.cloned().collect();
        let needs = |kinds: &[&str], name: &str| {
            let named: Vec<&String> = texts.iter().filter(|text| text.contains(&name.to_lowercase())).collect();
            let creates = |text: &&String| kinds.iter().any(|kind| text.contains(&format!("create {kind}")));
            !named.is_empty() && !named.iter().any(creates)
        };
        let path = sqlx::raw_sql(AssertSqlSafe("SET LOCAL search_path TO DEFAULT; SHOW search_path".to_owned()));
        let path: Option<String> = tx.fetch_all(path).await?.first().map(|row| row.try_get(0)).transpose()?;
        tx.execute(AssertSqlSafe(db::own_path())).await?;
        let schemas: Vec<String> = sqlx::query_scalar(
            "SELECT nspname::text FROM pg_catalog.pg_namespace
              WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'bursar', 'public') ORDER BY 1",
        )
        .fetch_all(&mut **tx)
        .await?;
        let schemas: Vec<&String> = schemas.iter().filter(|name| needs(&["schema"], name)).collect();
        let mut made: Vec<String> = schemas.iter().map(|name| format!("schema {name}")).collect();
        everywhere.extend(schemas.iter().map(|name| format!("CREATE SCHEMA IF NOT EXISTS {}", quote_identifier(name))));
        if let Some(path) = path.filter(|path| path != "\"$user\", public") {
            everywhere.push(format!(
                "DO $bursar$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = %s', pg_catalog.current_database(), {}); END $bursar$",
                quote_literal(&path)
            ));
        }
        let roles: Vec<String> = sqlx::query_scalar(
            "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname !~ '^(pg|bursar)_' ORDER BY 1",
        )
        .fetch_all(&mut **tx)
        .await?;
        let roles: Vec<&String> = roles.iter().filter(|name| needs(&["role", "user"], name)).collect();
        made.extend(roles.iter().map(|name| format!("role {name}")));
        let private = roles.iter().map(|name| format!("CREATE ROLE {}", quote_identifier(name))).collect();
        Ok(Surroundings { everywhere, private, made, again })
    }

    /// The same for finding out what the files make: what they make themselves is not there before them.
    pub fn without_what_files_make(mut self) -> Surroundings {
        self.everywhere.retain(|statement| !self.again.contains(statement));
        self
    }

    /// The statements for this scratch server.
    pub fn on(&self, scratch: &Scratch) -> Vec<String> {
        let private = if scratch.is_private() { &self.private[..] } else { &[] };
        private.iter().chain(&self.everywhere).cloned().collect()
    }
}
