//! Whose names a pack's queries mean, and whether they may be run at all.
//!
//! This is the only way to run a pack's SQL: the path that its names need is set here, after a look at what the path would
//! bring in, and at what the session's role may do beyond reading data.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::Pack;
use crate::db::{self, Connection, Look, Planted};
use crate::error::{Error, Result};

/// What whoever runs bursar vouches for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    /// The queries and functions of a pack that is not built in.
    pub pack: bool,
    /// What others have created in the application's schema.
    pub schema: bool,
}

/// How many objects an error names.
const NAMED: usize = 10;

impl Pack {
    /// Makes the pack's unqualified names mean what they mean in pg_catalog or else in its own schema, for the rest of the
    /// transaction, so that its queries can be run.
    ///
    /// # Errors
    /// A refusal where the schema holds what a stranger has planted, or where the pack is not built in and the role may do
    /// more than read and write data; neither where that is trusted. A refusal where the role may not use the schema, and a
    /// usage error where the schema is not there or holds none of the tables.
    pub async fn enter(&self, connection: &mut Connection) -> Result<()> {
        self.enter_with(connection, "").await
    }

    /// As [`Pack::enter`], and does something else in the same round trip.
    ///
    /// # Errors
    /// As [`Pack::enter`].
    pub(crate) async fn enter_with(&self, connection: &mut Connection, also: &str) -> Result<()> {
        let look = self.look(connection, also).await?;
        self.require_trust(connection, &look).await?;
        self.require_schema(&look)?;
        self.require_reach(connection, &look).await
    }

    /// As [`Pack::enter`], for queries that are prepared and not run.
    ///
    /// # Errors
    /// As [`Pack::enter`], without the look at the role.
    pub async fn enter_to_prepare(&self, connection: &mut Connection) -> Result<()> {
        let look = self.look(connection, "").await?;
        self.require_schema(&look)?;
        self.require_reach(connection, &look).await
    }

    /// Refuses to run what a pack brings with it that is not built in, where that could do more than read and write data.
    ///
    /// # Errors
    /// The refusal.
    pub async fn require_trusted(&self, connection: &mut Connection) -> Result<()> {
        let look = self.look_and(connection, "").await?;
        self.require_trust(connection, &look).await
    }

    /// What a stranger has put into the pack's schema that its queries might take for something else.
    ///
    /// # Errors
    /// Only where the server cannot be asked.
    pub async fn planted(&self, connection: &mut Connection) -> Result<Vec<Planted>> {
        Ok(self.look_and(connection, "").await?.planted)
    }

    async fn look(&self, connection: &mut Connection, also: &str) -> Result<Look> {
        self.look_and(connection, &(self.set_search_path() + also)).await
    }

    async fn look_and(&self, connection: &mut Connection, next: &str) -> Result<Look> {
        // There is hardly ever anything to compare with the words.
        let words = OnceLock::new();
        let named = |name: &str| words.get_or_init(|| self.words()).contains(name);
        db::look(connection, &self.schema, &self.tables, named, next).await
    }

    async fn require_reach(&self, connection: &mut Connection, look: &Look) -> Result<()> {
        if look.unreachable { Err(self.out_of_reach(connection).await?) } else { Ok(()) }
    }

    async fn require_trust(&self, connection: &mut Connection, look: &Look) -> Result<()> {
        let Some(why) = look.beyond_data.as_ref().filter(|_| !self.is_built_in() && !self.trust.pack) else {
            return Ok(());
        };
        Err(Error::refused(format!(
            "the pack {} comes from {}, and a pack is code: {why}, so its queries could write files, run programs and end sessions at the server",
            self.name, self.origin
        ))
        .hint(self.way_to_a_reader(connection).await?))
    }

    fn require_schema(&self, look: &Look) -> Result<()> {
        if look.planted.is_empty() || self.trust.schema {
            return Ok(());
        }
        Err(Error::refused(format!(
            "in schema {}, the queries of {} could take something for the server's own or the application's that a role without right to it has created: {}; nothing was run",
            self.schema, self.name, listed(&look.planted)
        ))
        .hint("find out who made it and why, and drop it or change its owner; where its owner is to be trusted: --trust-schema"))
    }

    /// Whether it is one of those that bursar comes with.
    pub fn is_built_in(&self) -> bool {
        self.simulate.is_some()
    }

    /// Every word of its SQL, which holds every name that it can name without quotes, and its tables.
    fn words(&self) -> BTreeSet<String> {
        let queries = self.queries().into_iter().map(|(sql, _)| sql);
        let others = self.faults.iter().map(|f| &f.sql).chain(&self.after_seed);
        let mut words: BTreeSet<String> = self.tables.iter().cloned().collect();
        for sql in queries.chain(others) {
            let part_of_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            words.extend(sql.text.split(|c| !part_of_name(c)).filter(|w| !w.is_empty()).map(str::to_lowercase));
            // One in quotes may hold anything.
            words.extend(sql.text.split('"').map(str::to_owned));
        }
        words
    }
}

/// Objects with their owners, for a sentence.
pub fn listed(planted: &[Planted]) -> String {
    let mut named: Vec<String> = planted.iter().take(NAMED).map(|p| format!("{} of {}", p.object, p.owner)).collect();
    if planted.len() > NAMED {
        named.push(format!("and {} more", planted.len() - NAMED));
    }
    named.join("; ")
}
