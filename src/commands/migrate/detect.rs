//! `bursar migrate baseline --detect`: how much of each migration the database shows, and what follows from it.

use super::flags::with_flags;
use super::project::Project;
use super::scratch::{Scratch, Surroundings};
use crate::commands::Context;
use crate::db::Database;
use crate::error::{Error, Result, ResultExt as _};
use crate::migrate::catalogue::Object;
use crate::migrate::{Evidence, Made, Options, made_by};
use crate::output::{Column, Table};

/// A question to a database: which migrations has it had?
pub(super) struct Detection<'a> {
    /// The server for the scratch database, where one is named.
    pub scratch: Option<&'a str>,
    /// The last migration that somebody says the database has had.
    pub wanted: Option<i64>,
    /// The schema of the database.
    pub found: &'a [Object],
    /// The roles, schemas and settings that the migrations find there.
    pub surroundings: &'a Surroundings,
    /// The flags of the commands that a message names.
    pub flags: &'a [(&'static str, String)],
    /// True if the migrations are an application's.
    pub is_ours: bool,
}

impl Detection<'_> {
    /// Shows how much of each migration is there. Returns the last one that counts as applied, like all before it.
    ///
    /// # Errors
    /// That of a migration that fails on the scratch database; a refusal where nothing may be recorded.
    pub async fn version(&self, context: &Context, database: &Database, project: &Project) -> Result<i64> {
        let mut scratch = Scratch::start(context, self.scratch).await?;
        let made = async {
            let surroundings = self.surroundings.on(&scratch);
            let (fresh, permit) = scratch.database_like(context, &surroundings).await?;
            let options = Options::new(context.actor());
            let made = made_by(&fresh, &permit, &project.for_scratch()?, self.found, self.wanted, &options).await;
            let made = made.context("on the scratch database")?;
            Ok((made, major(&fresh).await?))
        };
        // The hint of a run is about the database that is brought up.
        let made = made.await.map_err(|error: Error| {
            error.hint(
                "correct the file, or name the version yourself: bursar migrate baseline VERSION\n\
                 where the scratch server lacks what this one has, name another one: bursar migrate baseline --detect --scratch URL",
            )
        });
        scratch.end(context).await?;
        let (made, theirs) = made?;
        show(context, &made);
        let own = if made.iter().any(|m| m.missing.is_some()) { Some(major(database).await?) } else { None };
        if let Some(own) = own.filter(|own| *own != theirs) {
            context.ui.warn(&format!(
                "the scratch server is PostgreSQL {theirs} and this one {own}: some of the differences may come from that; name a server of this version with --scratch URL"
            ));
        }
        let (done, rest) = made.split_at(made.iter().take_while(|m| m.applied).count());
        let last = done.last().map(|m| m.version);
        match (last, self.wanted) {
            (Some(last), Some(wanted)) if wanted <= last => Ok(wanted),
            (_, Some(wanted)) => {
                let what = format!("does not show everything that the migrations up to {wanted} make");
                Err(refused(database, &what).hint(match last {
                    Some(last) => format!("everything up to {last} is there: bursar migrate baseline {last}"),
                    None => self.otherwise(&made),
                }))
            }
            (last, None) => self.unasked(context, database, &made, rest, last),
        }
    }

    /// The last migration to record where nobody has named one.
    fn unasked(
        &self,
        context: &Context,
        database: &Database,
        made: &[Made],
        rest: &[Made],
        last: Option<i64>,
    ) -> Result<i64> {
        if let Some((first, later)) = rest.split_first()
            && first.evidence == Evidence::None
        {
            return self.untold(context, database, first, later, last);
        }
        let Some(last) = last else {
            let what = "does not hold everything that the first migration makes";
            return Err(refused(database, what).hint(self.otherwise(made)));
        };
        if let Some(half) = rest.iter().find(|m| m.evidence == Evidence::Partly) {
            self.warn(
                context,
                &format!(
                    "of {} only a part is there, so `bursar migrate up` will not get past it{}",
                    called(half),
                    if self.is_ours { "; `bursar migrate up --only bursar` leaves it out" } else { "" }
                ),
            );
        }
        Ok(last)
    }

    /// The last migration to record before one of which nobody can tell. Where later ones are there, nothing is recorded,
    /// because `up` would then run that one, perhaps once more.
    fn untold(
        &self,
        context: &Context,
        database: &Database,
        first: &Made,
        later: &[Made],
        last: Option<i64>,
    ) -> Result<i64> {
        const WHY: &str = "the schema shows nothing of what it does, or nothing any more";
        let tellable = |m: &&Made| matches!(m.evidence, Evidence::Shown | Evidence::None);
        let there = later.iter().take_while(tellable).filter(|m| m.evidence == Evidence::Shown).last();
        let what = format!("nobody can tell whether {} was applied", called(first));
        if let Some(there) = there {
            let version = there.version;
            return Err(Error::refused(format!("{what}, and {} is there; nothing was recorded", called(there))).hint(
                format!(
                    "{WHY}\nif it was applied: bursar migrate baseline --detect {version}\nif not, run what it holds first, and then the same"
                ),
            ));
        }
        let version = first.version;
        match last {
            Some(last) => {
                self.warn(
                    context,
                    &format!(
                        "{what}: {WHY}, and `bursar migrate up` will run it; if it was applied: bursar migrate baseline {version}"
                    ),
                );
                Ok(last)
            }
            None => Err(Error::refused(format!("{what} to {}; nothing was recorded", database.target())).hint(
                format!("{WHY}\nif it was applied: bursar migrate baseline {version}\nif not: bursar migrate up"),
            )),
        }
    }

    /// The next step where nothing can be recorded.
    fn otherwise(&self, made: &[Made]) -> String {
        match made.first().filter(|_| made.iter().any(|m| m.shown > 0)) {
            None => "bursar migrate up".to_owned(),
            Some(_) if self.is_ours => {
                "the application was not set up by these migrations; for the difference, as SQL to review: bursar migrate adopt\n\
                 for what bursar itself needs, beside it: bursar migrate up --only bursar"
                    .to_owned()
            }
            Some(first) => format!(
                "create what is missing, or record the first one all the same: bursar migrate baseline {}",
                first.version
            ),
        }
    }

    fn warn(&self, context: &Context, text: &str) {
        context.ui.warn(&with_flags(text, self.flags));
    }
}

/// The first number of a server's version.
async fn major(database: &Database) -> Result<String> {
    let mut tx = database.read().await?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok(version.split(['.', ' ']).next().unwrap_or_default().to_owned())
}

fn show(context: &Context, made: &[Made]) {
    let columns = [
        Column::new("").rank(0),
        Column::new("version").rank(0),
        Column::number("changes").rank(0),
        Column::number("there").rank(0),
        Column::text("first difference").rank(1),
        Column::text("what").rank(2),
    ];
    let mut table = Table::new(&context.ui, &columns);
    for migration in made {
        let symbol = match migration.evidence {
            Evidence::Shown => "✓",
            Evidence::None => "?",
            Evidence::Partly => "✗",
            Evidence::Contrary => "·",
        };
        table.row(&[
            symbol,
            &migration.version.to_string(),
            &migration.changes.to_string(),
            &migration.shown.to_string(),
            migration.missing.as_deref().unwrap_or_default(),
            &migration.description,
        ]);
    }
    context.ui.note_line(&table.render());
}

fn called(migration: &Made) -> String {
    format!("{} {}", migration.version, migration.description).trim_end().to_owned()
}

fn refused(database: &Database, what: &str) -> Error {
    Error::refused(format!("{} {what}; nothing was recorded", database.target()))
}
