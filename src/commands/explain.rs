//! Errors of the server with what helps: the role, the statement, the schema.

use super::Context;
use crate::db::{self, Database, sqlstate};
use crate::error::{Error, Result};
use crate::packs;
use crate::store::operations::withheld_path;

/// The SQLSTATEs of names that are not found.
const MISSING_NAME: [&str; 4] = [
    sqlstate::UNDEFINED_TABLE,
    sqlstate::UNDEFINED_FUNCTION,
    sqlstate::UNDEFINED_OBJECT,
    sqlstate::INVALID_SCHEMA_NAME,
];

/// Names the command that shows who holds a lock, where nobody has said what to do about one.
pub(super) fn explain_lock(error: &mut Error) {
    if error.hint.is_none() && error.sqlstate.as_deref() == Some(sqlstate::LOCK_NOT_AVAILABLE) {
        error.hint = Some("bursar inspect locks shows who holds what others wait for".to_owned());
    }
}

impl Context {
    /// Says why a trigger of the application finds no name, where bursar's functions keep a schema out of its search path.
    pub(super) async fn explain_path(&self, error: &mut Error) {
        let missing = error.sqlstate.as_deref().is_some_and(|code| MISSING_NAME.contains(&code));
        if !missing || error.hint.is_some() {
            return;
        }
        let agreed: Vec<Database> = self
            .agreed
            .lock()
            .map(|agreed| agreed.iter().map(|(database, _)| database.clone()).collect())
            .unwrap_or_default();
        for database in agreed {
            let Ok(mut tx) = database.read().await else { continue };
            // A database without this function has nothing to say, and the first error stands.
            if let Ok((Some(withheld),)) = withheld_path().one(&mut tx).await {
                error.hint =
                    Some(format!("triggers that name it without its schema cannot find it, because {withheld}"));
                return;
            }
        }
    }

    /// Names the role that may execute the function of bursar's that the server refused.
    pub(super) async fn explain_refusal(&self, error: &mut Error) {
        if error.hint.as_deref() != Some(db::NO_PRIVILEGE) {
            return;
        }
        for database in self.databases() {
            let Ok(mut tx) = database.read().await else { continue };
            if let Ok(Some((roles, grant))) = db::helping_roles(&mut tx, &error.message()).await {
                error.hint = Some(format!("this needs a member of {}: {grant}", roles.join(" or ")));
                return;
            }
        }
    }

    /// Says which rights are missing where the server refused to let something be read.
    pub(super) async fn explain_rights(&self, error: &mut Error) {
        let unexplained = error.hint.as_deref().is_none_or(|hint| hint == db::NO_PRIVILEGE);
        // What a write lacks is no right to read.
        let writes = self.writes();
        if !unexplained || writes || error.sqlstate.as_deref() != Some(sqlstate::INSUFFICIENT_PRIVILEGE) {
            return;
        }
        for database in self.databases() {
            // Where this cannot be found out, the first error stands.
            if let Ok(Some(hint)) = self.rights_to_read(&database).await {
                error.hint = Some(hint);
                return;
            }
        }
    }

    /// The rights that the role lacks to read the pack's tables and what bursar keeps, with the statements that give them.
    ///
    /// # Errors
    /// Only if the server cannot be asked.
    pub(super) async fn rights_to_read(&self, database: &Database) -> Result<Option<String>> {
        let mut all = self.reads.lock().map(|reads| reads.clone()).unwrap_or_default();
        if all.is_empty() {
            all.push(Default::default());
        }
        let mut tx = database.read().await?;
        let mut hints: Vec<String> = Vec::new();
        for (schema, tables) in all {
            let hint = packs::hint(&mut tx, &schema, &tables).await?;
            hints.extend(hint.filter(|hint| !hints.contains(hint)));
        }
        tx.rollback().await?;
        Ok((!hints.is_empty()).then(|| hints.join("\n")))
    }
}
