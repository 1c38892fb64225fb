//! The only way to run a pack's SQL.
//!
//! The search path that the pack's unqualified names need is set here. Two things are looked at before: the objects that
//! the path would bring in, and the rights of the session's role beyond reading data.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::model::Pack;
use crate::db::{self, Connection, Look, Planted};
use crate::error::{Error, Result};

/// The most objects that an error names.
const NAMED: usize = 10;

impl Pack {
    /// The SQL that sets the path of [`Pack::enter`] again, after [`Pack::enter`] has looked at it.
    pub fn set_search_path(&self) -> String {
        crate::db::path_of(&self.schema)
    }

    /// Makes the pack's unqualified names mean what they mean in pg_catalog or else in its own schema, for the rest of the
    /// transaction, so that its queries can be run.
    ///
    /// # Errors
    /// Refusals: the schema holds objects of a stranger that the queries could take for others, unless the schema is
    /// trusted; the pack is not built in and the role may do more than read and write data, unless the pack is trusted;
    /// the role may not use the schema. A usage error: the schema does not exist or holds none of the tables.
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

    /// Refuses to run a pack that is not built in as a role that may do more than read and write data, unless the pack is
    /// trusted.
    ///
    /// # Errors
    /// The refusal.
    pub async fn require_trusted(&self, connection: &mut Connection) -> Result<()> {
        let look = self.look_and(connection, "").await?;
        self.require_trust(connection, &look).await
    }

    /// The objects of strangers in the pack's schema that its queries might take for others.
    ///
    /// # Errors
    /// If the server cannot be asked.
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
            "the pack {} comes from {}, and a pack is code: {why}, so its queries could write files, run programs and end sessions on the server",
            self.name, self.origin
        ))
        .hint(self.way_to_a_reader(connection).await?))
    }

    fn require_schema(&self, look: &Look) -> Result<()> {
        if look.planted.is_empty() || self.trust.schema {
            return Ok(());
        }
        Err(Error::refused(format!(
            "schema {} holds objects that the queries of {} could use by mistake, because a role without rights to the application \
             has created them or they take the place of the server's own: {}; nothing was run",
            self.schema, self.name, listed(&look.planted)
        ))
        .hint("find out who created them and why, then drop them, or change the owner of a stranger's. If you trust them all: --trust-schema"))
    }

    /// Every word of its SQL, so every name that it can use without quotes, and its tables.
    fn words(&self) -> BTreeSet<String> {
        let queries = self.queries().into_iter().map(|(sql, _)| sql);
        let canonical = self.checks.iter().filter(|c| !c.sources.is_empty()).map(|c| &c.sql);
        let others = self.faults.iter().map(|f| &f.sql).chain(&self.after_seed).chain(canonical);
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

/// True if the role may do more than read and write data, so that it runs a pack of a folder only where that is trusted.
///
/// # Errors
/// If the server cannot be asked.
pub async fn exceeds_data(connection: &mut Connection) -> Result<bool> {
    Ok(db::look(connection, "pg_catalog", &[], |_| false, "").await?.beyond_data.is_some())
}

/// Objects with their owners, for a sentence.
pub fn listed(planted: &[Planted]) -> String {
    let mut named: Vec<String> = planted.iter().take(NAMED).map(|p| format!("{} of {}", p.object, p.owner)).collect();
    if planted.len() > NAMED {
        named.push(format!("and {} more", planted.len() - NAMED));
    }
    named.join("; ")
}
