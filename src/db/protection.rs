//! The protection of a database.
//!
//! It lives in the database (`bursar.settings`), so that naming the server in another way cannot
//! walk around it. A server that is not known to be on this machine and says nothing counts as protected. So does one where
//! `default_transaction_read_only` is on, for its role, database or server: that is a brake, as before a switch-over,
//! and only the database's name releases it.

use std::sync::atomic::Ordering;

use sqlx::{AssertSqlSafe, Row as _};

use super::Connection;
use super::database::{Database, relation_exists};
use super::guard::Protection;
use super::place::{COLUMNS, Place};
use crate::error::Result;

impl Database {
    /// The protection of the database, read on a connection of its own.
    ///
    /// # Errors
    /// As [`Database::protection_in`].
    pub async fn protection(&self) -> Result<Protection> {
        let mut tx = self.read().await?;
        let protection = self.protection_in(&mut tx).await?;
        tx.rollback().await?;
        Ok(protection)
    }

    /// The protection of the database, read in a snapshot of it that is open, as the role that will write.
    ///
    /// # Errors
    /// Connection errors; a missing `bursar` schema is no error but the default.
    pub async fn protection_in(&self, connection: &mut Connection) -> Result<Protection> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only')::boolean AS braked, {COLUMNS}"
        )))
        .fetch_one(&mut *connection)
        .await?;
        let (standby, braked): (bool, bool) = (row.try_get("standby")?, row.try_get("braked")?);
        let place = self.place_in(connection.ours, &row)?;
        self.braked.store(braked, Ordering::Relaxed);
        if standby {
            return Ok(Protection::Standby);
        }
        let mut setting: Option<String> = None;
        if relation_exists(connection, "bursar.settings").await? {
            let readable: Option<bool> = sqlx::query_scalar(
                "SELECT has_schema_privilege('bursar', 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'bursar' AND c.relname = 'settings'",
            )
            .fetch_optional(&mut *connection)
            .await?;
            // It may have come after this snapshot, and says nothing in it then.
            if readable == Some(false) {
                return Ok(Protection::Unreadable);
            }
            setting = sqlx::query_scalar("SELECT value FROM bursar.settings WHERE name = 'protected'")
                .fetch_optional(&mut *connection)
                .await?;
        }
        Ok(match setting.as_deref() {
            Some("false") if braked => Protection::Braked,
            Some("false") => Protection::Open,
            Some(_) => Protection::BySetting,
            None if place == Place::Elsewhere => Protection::ByDistance,
            None if place != Place::Here => Protection::Behind,
            None if braked => Protection::Braked,
            None => Protection::Open,
        })
    }

    /// True where new transactions were read-only when the protection was looked at, whatever else protects the database.
    pub fn is_braked(&self) -> bool {
        self.braked.load(Ordering::Relaxed)
    }
}
