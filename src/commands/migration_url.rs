//! The database as migrations reach it: without a transaction pooler in between.

use super::migrate::args::MigrationUrl;
use super::{Context, beside, var};
use crate::config::Config;
use crate::db::{self, Database};
use crate::error::{Error, Result};

impl Context {
    /// The database for work that needs a session of its own: the one of `--migration-url`, then the one
    /// of `--database-url` or `--env`, then of `MIGRATION_URL`, then as for every command.
    ///
    /// # Errors
    /// As [`Context::database`]. A transaction pooler in between is refused where the session is opened.
    pub async fn direct_database(&self, direct: MigrationUrl) -> Result<Database> {
        let named = self.global.database_url.is_some() || self.global.env.is_some();
        let given = match direct.migration_url {
            Some(url) => Some((url, "the --migration-url flag")),
            // The environment does not lead a database astray that a flag names.
            None if named => None,
            None => var("MIGRATION_URL").map(|url| (url, "MIGRATION_URL")),
        };
        let database = match given {
            None => self.database().await?,
            Some((url, source)) => {
                let mut target = db::resolve_url(&url, source, &var)?;
                target.app = self.app_of_environment().await?;
                self.opened(target)
            }
        };
        Ok(database)
    }

    /// The pack that the environment of `--env` names.
    async fn app_of_environment(&self) -> Result<Option<String>> {
        let Some(name) = self.global.env.clone() else { return Ok(None) };
        beside(move || {
            let directory =
                std::env::current_dir().map_err(|e| Error::usage(format!("cannot tell the working directory: {e}")))?;
            Ok(Config::load(&directory)?.environment(&name)?.app.clone())
        })
        .await
    }
}
