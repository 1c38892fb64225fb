//! The steps of a migration that runs statement by statement.

use sqlx::postgres::types::Oid;
use sqlx::{AssertSqlSafe, Executor as _};

use super::failure::at_its_end;
use super::run::{Event, Run, Task};
use super::transaction::Framed;
use crate::db::{self, Connection, sqlstate};
use crate::error::{Error, Result};
use crate::migrate::history::{self, Begun};
use crate::migrate::script::{Script, Step};
use crate::migrate::snapshot::SchemaSnapshot;
use crate::migrate::statement::Index;
use crate::text::locate;

impl Run<'_> {
    /// The statement that begins the transaction of a step. Where tables must not be emptied, only a transaction can be
    /// taken back, so there nothing runs bare.
    pub(super) fn begin_of<'s>(&self, step: &Step<'s>) -> Option<&'s str> {
        step.begin.or((step.is_bare && !self.keeps.is_empty()).then_some("BEGIN"))
    }

    /// Runs one step of a migration that runs one by one, and records it. `settings` are the settings that the file
    /// has made before it: the record is made with our own, and a run that goes on begins with a new session.
    pub(super) async fn step(
        &mut self,
        task: Task<'_>,
        step: &Step<'_>,
        settings: &str,
        begun: &Begun,
        position: usize,
    ) -> Result<()> {
        let Task { set, migration, direction, script, .. } = task;
        let tried_before = position == begun.done && begun.tried;
        self.session.execute(AssertSqlSafe(settings)).await?;
        if let Some(begin) = self.begin_of(step) {
            self.transaction(script, step.at, step.text, begin)
                .await
                .map_err(|failure| failure.of_transaction(script, migration.version, direction))?;
            let record = format!("{}; COMMIT", history::stepped(begun, position + 1));
            let recorded = self.record(set, SchemaSnapshot::Leave, &record).await;
            let at = locate(&script.text, step.at);
            return recorded
                .map_err(|e| at_its_end(e, &at.of(&script.file), migration.version, direction).excerpt(at.excerpt()));
        }
        let there = match &step.index {
            Some(index) => validity(self.session, index).await?,
            None => None,
        };
        if there == Some(false) && tried_before {
            self.drop_invalid(step).await?;
        }
        self.session.reset().await?;
        if there == Some(true) && tried_before {
            // Its own earlier try, of which nobody heard the end.
            return history::step(self.session, begun, position + 1).await;
        }
        if step.is_bare && tried_before {
            (self.tell)(Event::Repeated { file: &script.file, statement: position + 1 });
        }
        if there.is_none() {
            history::trying(self.session, begun).await?;
        }
        self.lock.let_sqlx_in(self.session).await?;
        self.session.execute(AssertSqlSafe(settings)).await?;
        match self.alone(script, step, there.is_none() || tried_before).await {
            // So has that of one that is not there any more.
            Err(error)
                if tried_before
                    && step.drops_index
                    && error.sqlstate.as_deref() == Some(sqlstate::UNDEFINED_OBJECT) => {}
            outcome => outcome?,
        }
        // Before sqlx is kept out again, which may fail.
        self.session.reset().await?;
        history::step(self.session, begun, position + 1).await
    }

    /// Runs a statement outside a transaction, again where it was chosen as the victim of a deadlock. `ours` is
    /// true if an index that it leaves INVALID is its own.
    async fn alone(&mut self, script: &Script, step: &Step<'_>, ours: bool) -> Result<()> {
        // A concurrent one keeps nobody from the table while it waits, so it may wait; and giving up half way would
        // leave an INVALID index.
        let lock_timeout = if step.is_bare { self.options.lock_timeout.as_millis() } else { 0 };
        self.session.execute(AssertSqlSafe(format!("SET lock_timeout = {lock_timeout}"))).await?;
        let framed = Framed::new("").part(step.at, step.text);
        let mut pauses = self.pauses();
        while let Err(failure) = self.watched(script, &framed, &mut None).await {
            let pause = pauses.next().filter(|_| failure.is_of_locks() && !step.may_commit);
            let left = match &step.index {
                Some(index) if ours => validity(self.session, index).await.unwrap_or(None) == Some(false),
                _ => false,
            };
            if left {
                self.drop_invalid(step).await?;
            }
            let Some(pause) = pause else {
                let what = match (left, step.may_commit) {
                    (true, _) => "failed; the INVALID index that it left was dropped",
                    (_, true) => "failed; what it had committed before that stays",
                    _ => "failed",
                };
                return Err(failure.explained(script, what));
            };
            self.pause(script, pause, &failure).await;
        }
        match &step.index {
            // IF NOT EXISTS is content with an index that cannot be used.
            Some(index) if validity(self.session, index).await? == Some(false) => {
                let name = index.name.as_deref().unwrap_or_default();
                Err(Error::failed(format!("index {name} was there already, and is INVALID"))
                    .hint("bursar migrate repair --drop-invalid-indexes"))
            }
            _ => Ok(()),
        }
    }

    async fn drop_invalid(&mut self, step: &Step<'_>) -> Result<()> {
        let Some(Index { name: Some(name), table }) = &step.index else { return Ok(()) };
        let table = named_table(self.session, table).await?;
        let sql: Option<String> = db::ours(self.session, async |c| {
            Ok(sqlx::query_scalar(
                "SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)
                   FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
                  WHERE x.indrelid = $1 AND i.relname = $2 AND NOT x.indisvalid",
            )
            .bind(table)
            .bind(name)
            .fetch_optional(c)
            .await?)
        })
        .await?;
        if let Some(sql) = sql {
            self.session.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }
}

/// True if an index can be used; `None` if there is none.
async fn validity(connection: &mut Connection, index: &Index) -> Result<Option<bool>> {
    let table = named_table(connection, &index.table).await?;
    db::ours(connection, async |c| {
        Ok(sqlx::query_scalar(
            "SELECT x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
              WHERE x.indrelid = $1 AND i.relname = $2",
        )
        .bind(table)
        .bind(&index.name)
        .fetch_optional(c)
        .await?)
    })
    .await
}

/// The table that a migration's text means by this name, with the session's own search path.
async fn named_table(connection: &mut Connection, name: &str) -> Result<Option<Oid>> {
    Ok(sqlx::query_scalar("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid").bind(name).fetch_one(connection).await?)
}
