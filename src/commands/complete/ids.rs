//! Values that only the database knows: the newest ids that begin so.

use std::time::{Duration, Instant};

use clap_complete::engine::CompletionCandidate;
use sqlx::{AssertSqlSafe, Row as _};

use super::{Typed, values};
use crate::commands::var;
use crate::config::Config;
use crate::db::{self, Database, Limits, Tx};
use crate::error::{Error, Kind, Result};
use crate::packs::{self, Key, Pack};
use crate::{payments, refund};

/// How many are offered: more than a screen of them helps nobody.
const OFFERED: usize = 50;

/// An id, and what a person knows it by.
type Id = (String, String);

/// Payments: by their own ids, and where none begins so, by the gateway's.
pub(super) fn payments(typed: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    let prefix = prefix.to_owned();
    found(typed, async move |tx, asked| {
        let pack = asked.pack(tx).await?;
        let found = payments::beginning(tx, &pack, &prefix, OFFERED).await?;
        Ok(found
            .into_iter()
            .map(|(id, p)| (id, format!("{} {}", p.amount.for_people(), p.status.unwrap_or_default())))
            .collect())
    })
}

/// Refunds.
pub(super) fn refunds(typed: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    let prefix = prefix.to_owned();
    found(typed, async move |tx, _| {
        let found = refund::beginning(tx, &prefix, OFFERED).await?;
        Ok(found.into_iter().map(|r| (r.id.to_string(), format!("{} of {}", r.state.name(), r.payment))).collect())
    })
}

/// Jobs.
pub(super) fn jobs(typed: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    let prefix = prefix.to_owned();
    found(typed, async move |tx, asked| {
        let pack = asked.pack(tx).await?;
        let Some(jobs) = &pack.jobs else { return Ok(Vec::new()) };
        pack.enter(tx).await?;
        let key = Key::of(tx, &jobs.jobs, "job_id").await?;
        let Some(bounds) = key.bounds(&prefix) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT j.job_id::text, concat_ws(' ', j.kind::text, j.status::text) FROM ({}\n) j WHERE {} ORDER BY j.created_at DESC LIMIT {OFFERED}",
            jobs.jobs.text,
            key.begins("j.job_id", "$1")
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(bounds).fetch_all(&mut **tx).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    })
}

/// The pack that the database fits.
pub(super) fn detected(typed: &Typed) -> Option<Pack> {
    within(typed, async |tx, asked| asked.pack(tx).await)
}

/// The pack that the line, the environment or the configuration names.
pub(super) fn named_app(typed: &Typed) -> Option<String> {
    let asked = Asked::new(typed).ok()?;
    let of_env = || asked.config.env.get(asked.env.as_ref()?)?.app.clone();
    asked.app.clone().or_else(of_env)
}

/// What is asked, and of which database.
struct Asked {
    url: Option<String>,
    env: Option<String>,
    app: Option<String>,
    schema: Option<String>,
    config: Config,
}

impl Asked {
    fn new(typed: &Typed) -> Result<Self> {
        let flag = |long: &str, short: Option<&str>| typed.flag(long, short).map(str::to_owned);
        Ok(Asked {
            url: flag("--database-url", Some("-d")),
            env: flag("--env", None),
            app: flag("--app", None).or_else(|| var("BURSAR_APP")),
            schema: flag("--schema", None),
            config: values::quiet_config()?,
        })
    }

    fn database(&self, patience: Duration) -> Result<Database> {
        let target = db::resolve(&db::Request {
            flag: self.url.as_deref(),
            env_name: self.env.as_deref(),
            config: &self.config,
            var: &var,
        })?;
        Ok(Database::new(target, "completions", Limits { connect: patience, statement: Some(patience) }))
    }

    async fn pack(&self, tx: &mut Tx) -> Result<Pack> {
        let of_env = self.env.as_ref().or(self.config.default_env.as_ref());
        let of_env = of_env.and_then(|name| self.config.env.get(name)?.app.as_deref());
        packs::select(tx, self.app.as_deref().or(of_env), self.schema.as_deref()).await
    }
}

fn found(
    typed: &Typed,
    ask: impl AsyncFnOnce(&mut Tx, &Asked) -> Result<Vec<Id>> + Send + 'static,
) -> Vec<CompletionCandidate> {
    let ids = within(typed, ask).unwrap_or_default();
    // The newest come first, and shells keep the order.
    let help = |about: &str| crate::text::escape(about).into_owned().into();
    ids.into_iter().map(|(id, about)| CompletionCandidate::new(id).help(Some(help(&about)))).collect()
}

/// Asks the database, and has the answer in time or none. It is asked from a thread of its own, which is
/// left behind: not all that may hang, such as a look at a file, can be cancelled.
fn within<T: Send + 'static>(
    typed: &Typed,
    ask: impl AsyncFnOnce(&mut Tx, &Asked) -> Result<T> + Send + 'static,
) -> Option<T> {
    let asked = Asked::new(typed).ok()?;
    let deadline = typed.deadline;
    let (answer, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let looked = || -> Result<T> {
            let patience = deadline.saturating_duration_since(Instant::now());
            let database = asked.database(patience)?;
            let unusable = |e| Error::from_cause(Kind::Failed, e);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unusable)?;
            runtime.block_on(async { ask(&mut database.read().await?, &asked).await })
        };
        // Whoever asked may have stopped waiting.
        let _ = answer.send(looked());
    });
    wait.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?.ok()
}
