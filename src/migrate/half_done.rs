//! The migrations of a database that are begun and not finished, in every history, whoever began them.

use super::history;
use super::model::{MigrationState, MigrationStatus, Progress};
use super::sqlx_histories::{half_done_in, histories};
use crate::db::Connection;
use crate::error::Result;

/// A migration that is begun and not finished.
#[derive(Debug)]
pub struct HalfDone {
    /// The history that says so, as `schema.table`.
    pub history: String,
    /// The version.
    pub version: i64,
    /// The description, from the history.
    pub description: String,
    /// Its progress; `None` where no record says how far it came.
    pub progress: Option<Progress>,
}

impl HalfDone {
    /// The state in words.
    pub fn words(&self) -> String {
        words(self.version, &self.description, self.progress)
    }
}

impl MigrationStatus {
    /// The half-done state in words; `None` where it is not half done.
    pub fn half_done(&self) -> Option<String> {
        (self.state == MigrationState::Partial).then(|| words(self.version, &self.description, self.progress))
    }
}

/// The migrations that are half done, and the histories that could not be read.
#[derive(Debug, Default)]
pub struct AllHalfDone {
    /// The migrations.
    pub migrations: Vec<HalfDone>,
    /// The histories, as `schema.table`.
    pub unread: Vec<String>,
}

/// A half-done migration in words, with the progress where that is known.
fn words(version: i64, description: &str, progress: Option<Progress>) -> String {
    let far = match progress {
        Some(progress) => format!(": {}", progress.words()),
        None => ", and no record says how far it came".to_owned(),
    };
    format!("{version} {description} is half done{far}")
}

/// Every half-done migration of the database.
///
/// # Errors
/// If the server cannot be asked, or bursar's record cannot be read.
pub async fn all_half_done(connection: &mut Connection) -> Result<AllHalfDone> {
    let mut all = AllHalfDone::default();
    for found in histories(connection).await? {
        let Some(rows) = half_done_in(connection, &found).await? else {
            all.unread.push(found.plain());
            continue;
        };
        for (version, description) in rows {
            let history = found.plain();
            let progress = history::progress(connection, &history, version).await?;
            all.migrations.push(HalfDone { history, version, description, progress });
        }
    }
    Ok(all)
}
