//! A database to try migrations on: on a private server that is gone afterwards, or on one that is named.

use sqlx::{AssertSqlSafe, Executor as _};

use crate::commands::{Context, beside, os_var};
use crate::db::{Consent, Database, Protection, WritePermit, quote_identifier};
use crate::error::Result;
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
