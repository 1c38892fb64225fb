//! The word to whoever waits for a lock of another session.

use std::convert::Infallible;
use std::time::Duration;

use super::Context;
use crate::db::{self, Connection, Database};

/// A statement that takes no longer is not asked about.
const PATIENCE: Duration = Duration::from_secs(2);

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Says who holds up the command, whenever it waits for another session, for as long as it runs.
pub(super) async fn held_up(context: &Context) -> Infallible {
    let mut said = None;
    let mut looking: Vec<(Option<Connection>, Database)> = Vec::new();
    loop {
        tokio::time::sleep(LOOK).await;
        if db::waiting().is_none_or(|waited| waited < PATIENCE) {
            looking.clear();
            continue;
        }
        if looking.is_empty() {
            looking = context.databases().into_iter().map(|database| (None, database)).collect();
        }
        for (connection, database) in &mut looking {
            // Where the server cannot be asked, there is nothing to say: the wait ends all the same.
            let Ok(Some(holder)) = database.look_for_holder(connection).await else { continue };
            if said.as_ref() != Some(&holder) {
                if !context.ui.is_drawn() {
                    context.ui.note(&format!("waiting for {}", holder.lock()));
                }
                said = Some(holder);
            }
        }
    }
}
