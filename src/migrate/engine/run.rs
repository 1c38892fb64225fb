//! Running one migration: its text, and the record of it, together or not at all.
//!
//! Where a statement cannot be in a transaction, the record is made around it: the history says that
//! the migration is not finished before the first statement, `bursar.migration_runs` says before each
//! such statement that it is being tried (`success` is null) and after each how many are done. Whatever
//! happens in between, the next run can tell.

use std::time::{Duration, Instant};

use super::failure::{MEND, at_its_end, hinted};
use crate::db::{self, Connection, Database, Session};
use crate::error::{Error, Kind, Result};
use crate::migrate::history;
use crate::migrate::kept::{self, Kept};
use crate::migrate::lock::RunLock;
use crate::migrate::model::{Direction, MigrationState, Options, SetStatus};
use crate::migrate::script::{Script, Step, Steps};
use crate::migrate::snapshot::{self, SchemaSnapshot};
use crate::migrate::source::{Migration, Set};
use crate::packs::Pack;
use crate::text::counted;

/// An event of a run, for progress.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another run holds the lock; its session.
    Waiting(&'a str),
    /// A statement waits; for whom.
    Blocked(&'a str),
    /// Locks were not to be had in time, or a deadlock was: it will be tried again after a pause.
    Again {
        /// The file.
        file: &'a str,
        /// Number of the attempt that failed, from 1.
        attempt: u32,
        /// Largest number of attempts.
        of: u32,
        /// Time until the next attempt.
        pause: Duration,
        /// The reason: who is in the way, or the server's words.
        why: &'a str,
    },
    /// A statement of a migration that runs one by one is done.
    Step {
        /// The file.
        file: &'a str,
        /// Number of statements that are done.
        done: usize,
        /// Number of all statements.
        total: usize,
    },
    /// The server says something of what runs.
    Said {
        /// The file.
        file: &'a str,
        /// Its words.
        notice: &'a db::Notice,
    },
    /// A statement is run again: it was being tried when an earlier run ended without a word.
    Repeated {
        /// The file.
        file: &'a str,
        /// Number of the statement, from 1.
        statement: usize,
    },
    /// A migration was applied or taken back, in this time.
    Done {
        /// The set.
        set: &'a str,
        /// The migration.
        migration: &'a Migration,
        /// The time that it took.
        took: Duration,
    },
}

/// One run: the session that holds the lock and migrates.
pub(in crate::migrate) struct Run<'a> {
    pub session: &'a mut Session,
    pub database: &'a Database,
    pub lock: RunLock,
    pub options: &'a Options,
    pub tell: &'a mut dyn FnMut(Event<'_>),
    /// True if runs are recorded in bursar's own schema beside the history.
    pub records: bool,
    /// Tables that have to be there, with their rows, when a transaction ends.
    pub(super) keeps: Vec<Kept>,
    /// The statement with which a transaction keeps the writes of others from them.
    pub(super) keeps_still: Option<String>,
    /// The number of the transaction that a text ran in, until its record is made.
    pub(super) number: Option<i64>,
    /// A second connection, opened when a statement takes its time.
    pub(super) watcher: Option<Connection>,
    /// The session in the way, as last seen on the second connection.
    pub(super) in_the_way: Option<String>,
}

/// One migration of a run, in one direction.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub set: &'a Set,
    pub migration: &'a Migration,
    pub direction: Direction,
    /// The migration's text in this direction.
    pub script: &'a Script,
    pub snapshot: SchemaSnapshot,
    /// True for the last one of a run.
    pub is_last: bool,
    pub started: Instant,
}

impl<'a> Run<'a> {
    /// Takes the lock of a run.
    pub async fn begin(
        session: &'a mut Session,
        database: &'a Database,
        options: &'a Options,
        tell: &'a mut dyn FnMut(Event<'_>),
    ) -> Result<Self> {
        let lock = RunLock::acquire(session, options.lock_wait, |holder| tell(Event::Waiting(holder))).await?;
        Ok(Run {
            session,
            database,
            lock,
            options,
            tell,
            records: true,
            keeps: Vec::new(),
            keeps_still: None,
            number: None,
            watcher: None,
            in_the_way: None,
        })
    }

    /// Refuses from now on what would lose rows of the ledger or of payments.
    pub async fn keep(&mut self, pack: &Pack) -> Result<()> {
        self.keeps = db::ours(self.session, async |c| kept::with_rows(c, pack).await).await?;
        let keeps = &self.keeps;
        self.keeps_still = db::ours(self.session, async |c| kept::lock(c, keeps).await).await?;
        Ok(())
    }

    /// Runs migrations of one set one after the other, and leaves a snapshot of the schema as it is then. Returns the
    /// number of migrations.
    pub async fn all(
        &mut self,
        set: &Set,
        status: &SetStatus,
        migrations: &[&Migration],
        direction: Direction,
    ) -> Result<usize> {
        self.session.pin(set.is_ours).await?;
        if !set.is_ours {
            self.records = db::ours(self.session, async |c| history::keeps_records(c).await).await?;
        }
        if !self.records {
            migrations.iter().try_for_each(|migration| without_records(migration, direction))?;
        }
        for (position, migration) in migrations.iter().enumerate() {
            let is_last = position + 1 == migrations.len();
            let snapshot = match position {
                _ if !self.records => SchemaSnapshot::Leave,
                _ if is_last => SchemaSnapshot::Take,
                0 => SchemaSnapshot::Delete,
                _ => SchemaSnapshot::Leave,
            };
            let script = migration.script(direction)?;
            let task = Task { set, migration, direction, script, snapshot, is_last, started: Instant::now() };
            if let Err(error) = self.migrate(task, status.state(migration.version)).await {
                // The error of the migration is the one to be told, not that of the snapshot.
                if position > 0 && self.records {
                    let _ = snapshot::take_after_stop(self.session, set).await;
                }
                return Err(error);
            }
        }
        Ok(migrations.len())
    }

    /// Runs the text of an adoption in one transaction, looks at what it has made, and records the migrations as applied.
    pub async fn adopt(
        &mut self,
        set: &Set,
        script: &Script,
        migrations: &[&Migration],
        look: impl AsyncFnOnce(&mut Connection) -> Result<()>,
    ) -> Result<()> {
        const AGAIN: &str =
            "correct the rows, or what the file does, and apply that: bursar migrate adopt --write FILE";
        let options = self.options;
        let again = |error: Error| match error.kind {
            _ if error.hint.is_some() => error,
            Kind::Conflict => error.hint(options.longer()),
            _ => error.hint(AGAIN),
        };
        let started = Instant::now();
        self.session.pin(true).await?;
        let ran = self.transaction(script, 0, &script.text, "BEGIN").await;
        ran.map_err(|failure| again(failure.of_transaction(script, 0, Direction::Up)))?;
        self.inside(async |c| {
            history::ensure(c, set).await?;
            look(c).await
        })
        .await?;
        let record = history::adopted(set, migrations, script, &self.options.actor, started.elapsed());
        let record = format!("{record}; COMMIT; {}", self.session.resetting());
        let recorded = self.record(set, SchemaSnapshot::Take, &record).await;
        recorded.map_err(|e| again(at_its_end(e, &script.file, 0, Direction::Up)))
    }

    async fn migrate(&mut self, task: Task<'_>, state: Option<MigrationState>) -> Result<()> {
        let is_begun = state == Some(MigrationState::Partial);
        match if is_begun { task.script.steps_of_rest()? } else { task.script.steps()? } {
            Steps::Together => self.together(task, task.script.whole()).await?,
            Steps::Singly(_, steps) => match steps.as_slice() {
                // What keeps no record needs none where it is one transaction.
                [Step { begin: Some(begin), at, text, .. }] if !self.records => {
                    self.together(task, (begin, *at, text)).await?;
                }
                steps => self.singly(task, steps).await?,
            },
        }
        let Task { set, migration, started, .. } = task;
        (self.tell)(Event::Done { set: &set.name, migration, took: started.elapsed() });
        Ok(())
    }

    /// Runs a text in one transaction, with its record.
    async fn together(&mut self, task: Task<'_>, (begin, at, text): (&str, usize, &str)) -> Result<()> {
        let Task { set, migration, direction, script, snapshot, is_last, started } = task;
        self.transaction(script, at, text, begin)
            .await
            .map_err(|failure| hinted(failure.of_transaction(script, migration.version, direction), MEND, direction))?;
        let record =
            history::ended(set, migration, direction, script, &self.options.actor, started.elapsed(), self.records);
        // The last commit of a run waits until all of them are on disk, so that the others need not.
        let commit = if is_last { "COMMIT" } else { "SET LOCAL synchronous_commit = off; COMMIT" };
        // A file may have changed the session's settings, as a dump does.
        let record = format!("{record}; {commit}; {}", self.session.resetting());
        let recorded = self.record(set, snapshot, &record).await;
        // Constraints that are deferred speak up at the commit.
        recorded.map_err(|e| hinted(at_its_end(e, &script.file, migration.version, direction), MEND, direction))
    }

    /// Runs the steps of a text one by one, beginning with the first that is not done yet.
    async fn singly(&mut self, task: Task<'_>, steps: &[Step<'_>]) -> Result<()> {
        let Task { set, migration, direction, script, snapshot, started, .. } = task;
        let total = steps.len();
        let (actor, records) = (&self.options.actor, self.records);
        let begun = history::begin(self.session, set, migration, direction, total, actor, records).await?;
        let done = begun.done;
        if let Some(text) = &begun.text {
            let before = Script { text: text.clone(), ..script.clone() };
            if done > 0 && !same_beginning(&before, steps, done) {
                return Err(Error::refused(format!(
                    "{} stopped after {}, and what had run has been changed since",
                    script.file,
                    counted(done, "statement")
                ))
                .hint("restore the file, or record the state with `bursar migrate repair`"));
            }
            history::goes_on(self.session, set, &begun, migration, direction, total).await?;
        }
        let stays = |done: usize, e: Error| match done {
            0 => e,
            _ => e.context(format!("{done} of its {total} statements are done and stay")),
        };
        let mut settings = String::new();
        for (position, step) in steps.iter().enumerate() {
            if position >= done {
                if let Err(error) = self.step(task, step, &settings, &begun, position).await {
                    // Where the connection is gone these fail too, and the next run finds what was tried.
                    let _ = self.session.reset().await;
                    let _ = history::stopped(self.session, &begun).await;
                    let what = "correct the cause; the next run continues where it stopped";
                    return Err(hinted(stays(position, error), what, direction));
                }
                (self.tell)(Event::Step { file: &script.file, done: position + 1, total });
                if self.begin_of(step).is_none() {
                    let tell = &mut *self.tell;
                    let kept = self.lock.keep_sqlx_out(self.session, |holder| tell(Event::Waiting(holder))).await;
                    kept.map_err(|e| stays(position + 1, e))?;
                }
            }
            for text in &step.sets {
                // It may end in a comment.
                settings.push_str(text);
                settings.push_str("\n;");
            }
        }
        self.session.reset().await?;
        db::ours(self.session, async |c| {
            history::finished(c, set, migration, direction, &begun, started.elapsed()).await?;
            snapshot::change(c, set, snapshot).await
        })
        .await
    }
}

/// Refuses a migration whose progress the history alone cannot keep.
///
/// # Errors
/// A refusal where its statements run one by one; a usage error if the file cannot be run.
pub fn without_records(migration: &Migration, direction: Direction) -> Result<()> {
    let script = migration.script(direction)?;
    let Steps::Singly(why, steps) = script.steps()? else { return Ok(()) };
    let is_kept = matches!(steps.as_slice(), [step] if direction == Direction::Up || step.begin.is_some());
    if is_kept || steps.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} runs its statements one by one, because of {why}, and nobody keeps how far it came: bursar's own schema is not there, or this role may not write in it; nothing was run",
        script.file
    ))
    .hint("give each such statement a file of its own; or install that schema as the owner of the database: bursar --yes migrate up --only bursar"))
}

/// True if the steps that are done are still the ones that the file begins with.
fn same_beginning(before: &Script, steps: &[Step<'_>], done: usize) -> bool {
    let same = |text: &str| text.replace("\r\n", "\n");
    match before.steps_of_rest() {
        Ok(Steps::Singly(_, old)) => {
            old.len() >= done
                && steps.len() >= done
                && old[..done].iter().zip(steps).all(|(old, new)| same(old.text) == same(new.text))
        }
        _ => false,
    }
}
