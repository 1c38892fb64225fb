//! The transactions that are open when a seal by time begins. What they commit later is dated in the past.

use std::time::Duration;

use sqlx::Row as _;

use crate::db::{Connection, quote_identifier, quote_literal};
use crate::error::{Error, Kind, Result};

const OPEN: &str = include_str!("../sql/seal_open.sql");
const STILL_OPEN: &str = include_str!("../sql/seal_still_open.sql");

/// Number of looks at the transactions whose beginning is not known.
const LOOKS: u32 = 25;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// The open transactions, as they were before the snapshot that is sealed.
pub(super) struct Open {
    /// The time before which no row can arrive any more, but from those whose beginning is not known.
    pub(super) until: String,
    /// The virtual ids of transactions of other logins that this role may not look at, and the words for each.
    hidden: Vec<(String, String)>,
    /// The names of prepared transactions.
    prepared: Vec<String>,
    role: String,
}

impl Open {
    /// Looks at them. The connection must not have looked at the server's activity in this transaction, which would show
    /// the same again.
    pub(super) async fn look(connection: &mut Connection) -> Result<Self> {
        let row = sqlx::query(OPEN).fetch_one(connection).await?;
        let (ids, names): (Vec<String>, Vec<String>) = (row.try_get("hidden")?, row.try_get("hidden_names")?);
        Ok(Open {
            until: row.try_get("until")?,
            hidden: ids.into_iter().zip(names).collect(),
            prepared: row.try_get("prepared")?,
            role: row.try_get("role")?,
        })
    }

    /// True if it is not known of each of them when it began.
    pub(super) fn is_unknown(&self) -> bool {
        !self.hidden.is_empty() || !self.prepared.is_empty()
    }

    /// Waits a few seconds for the end of those whose beginning is not known.
    ///
    /// # Errors
    /// Refused, or [`Kind::Conflict`] for a prepared transaction, where one of them stays open.
    pub(super) async fn settle(&mut self, connection: &mut Connection) -> Result<()> {
        for look in 0..LOOKS {
            let ids: Vec<&String> = self.hidden.iter().map(|(id, _)| id).collect();
            let row = sqlx::query(STILL_OPEN).bind(ids).bind(&self.prepared).fetch_one(&mut *connection).await?;
            let left: Vec<String> = row.try_get("hidden")?;
            self.hidden.retain(|(id, _)| left.contains(id));
            self.prepared = row.try_get("prepared")?;
            if !self.is_unknown() {
                return Ok(());
            }
            if look + 1 < LOOKS {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Err(self.refusal())
    }

    fn refusal(&self) -> Error {
        const WHY: &str = "and what it commits later would count as added; nothing was sealed";
        match (self.hidden.first(), self.prepared.first()) {
            (Some((_, session)), _) => Error::refused(format!(
                "a seal by time ends before the oldest open transaction began; this role may not see when that of {session} began, {WHY}"
            ))
            .hint(format!("as a superuser: GRANT pg_read_all_stats TO {}", quote_identifier(&self.role))),
            (None, prepared) => {
                let name = quote_literal(prepared.map_or("", String::as_str));
                Error::new(
                    Kind::Conflict,
                    format!("the prepared transaction {name} is open, nothing tells when it began, {WHY}"),
                )
                .hint(format!("end it, as who prepared it: COMMIT PREPARED {name}, or ROLLBACK PREPARED {name}"))
            }
        }
    }
}
