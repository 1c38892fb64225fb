//! Ids of the database: the newest that begin so.

use clap_complete::engine::CompletionCandidate;
use sqlx::{AssertSqlSafe, Row as _};

use super::asked::{Asked, Typed, within};
use crate::db::Tx;
use crate::error::Result;
use crate::packs::{Key, Need};
use crate::{payments, refund};

/// Maximum number of ids that are offered: more than a screen of them helps nobody.
const OFFERED: usize = 50;

/// An id, and what a person knows it by.
type Id = (String, String);

/// Payments: by their own ids, and where none begins so, by the gateway's.
pub(super) fn payments(typed: &Typed, prefix: &str) -> Vec<CompletionCandidate> {
    let prefix = prefix.to_owned();
    found(typed, async move |tx, asked| {
        let pack = asked.pack(tx, Need::Payments).await?;
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
        let pack = asked.pack(tx, Need::Jobs).await?;
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

fn found(
    typed: &Typed,
    ask: impl AsyncFnOnce(&mut Tx, &Asked) -> Result<Vec<Id>> + Send + 'static,
) -> Vec<CompletionCandidate> {
    let ids = within(typed, ask).unwrap_or_default();
    // The newest come first, and shells keep the order.
    let help = |about: &str| crate::text::escape(about).into_owned().into();
    ids.into_iter().map(|(id, about)| CompletionCandidate::new(id).help(Some(help(&about)))).collect()
}
