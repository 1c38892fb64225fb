//! The session that a transaction of ours waits for.
//!
//! Who holds a lock is known only while somebody waits for it, so it is asked then, from a second connection. An error that
//! comes of the wait takes the answer from here.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Row as _};

use super::connection::Connection;
use super::database::{Database, WHO};
use super::own_path;
use crate::error::Result;

/// For so long what was seen says why a statement ends. It is seen anew each second while the statement waits.
const FRESH: Duration = Duration::from_secs(3);

/// The sessions that hold up a transaction of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Their names, as in "a lock of NAME".
    pub who: String,
    /// The command that ends the wait.
    pub remedy: String,
}

impl Holder {
    /// The lock that they keep from us, in words.
    pub fn lock(&self) -> String {
        format!("a lock that is held or awaited by {}", self.who)
    }
}

static SEEN: Mutex<Option<(Instant, Holder)>> = Mutex::new(None);

/// The sessions that held up a transaction of ours a moment ago.
pub fn holder() -> Option<Holder> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, holder)| holder.clone())
}

impl Database {
    /// Looks for whoever holds up the transactions of ours, and keeps it for [`holder`]. The connection is opened where there is
    /// none yet.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub(crate) async fn look_for_holder(&self, connection: &mut Option<Connection>) -> Result<Option<Holder>> {
        // A session has its process to itself, and migrations look themselves.
        let pids: Vec<String> =
            self.running.lock().iter().filter(|work| work.since.is_some()).map(|work| work.pid.to_string()).collect();
        if pids.is_empty() {
            return Ok(None);
        }
        let connection = match connection {
            Some(connection) => connection,
            none => none.insert(self.second_connection().await?),
        };
        // One simple query is a transaction of its own, and so is its path.
        let sql =
            own_path() + &include_str!("sql/holder.sql").replace("{pids}", &pids.join(", ")).replace("{who}", WHO);
        let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await?;
        let Some(direct) = row.try_get::<Option<String>, _>(0)? else { return Ok(None) };
        let who = match row.try_get::<Option<String>, _>(1)? {
            Some(behind) => format!("{direct}, which waits for {behind}"),
            None => direct,
        };
        let remedy = match row.try_get::<Option<String>, _>(2)? {
            Some(ends) => format!("let it end, and run the same command again; or end it, in psql: {ends}"),
            None => {
                "bursar inspect locks shows the prepared transaction, and the statement that rolls it back".to_owned()
            }
        };
        let holder = Holder { who, remedy };
        *SEEN.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), holder.clone()));
        Ok(Some(holder))
    }
}
