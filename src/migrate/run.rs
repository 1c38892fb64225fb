//! Running one migration: its text, and the record of it, together or not at all.
//!
//! Where a statement cannot be in a transaction, the record is made around it: the history says that
//! the migration is not finished before the first statement, `bursar.migration_runs` says before each
//! such statement that it is being tried (`success` is null) and after each how many are done. Whatever
//! happens in between, the next run can tell.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use sqlx::postgres::types::Oid;
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};

use super::down::{Kept, still_there};
use super::history::{self, Begun, Picture};
use super::lock::RunLock;
use super::script::{Index, Script, Step, Steps};
use super::{Direction, Migration, Options, Set};
use crate::db::{self, Connection, Database, Session};
use crate::error::{Error, Kind, Result};
use crate::text::{Position, locate};

/// What happens during a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another run holds the lock; who.
    Waiting(&'a str),
    /// A statement waits; for whom.
    Blocked(&'a str),
    /// Locks were not to be had in time, or a deadlock was: it will be tried again after a pause.
    Again {
        /// The file.
        file: &'a str,
        /// Which attempt failed, from 1.
        attempt: u32,
        /// How many there will be at most.
        of: u32,
        /// How long until the next one.
        pause: Duration,
        /// Why, in the server's words.
        why: &'a str,
    },
    /// A statement of a migration that runs one by one is done.
    Step {
        /// The file.
        file: &'a str,
        /// How many are done now.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// A migration was applied or taken back, in this time.
    Done {
        /// The set.
        set: &'a str,
        /// The migration.
        migration: &'a Migration,
        /// How long it took.
        took: Duration,
    },
}

/// How often to look for whom a statement waits, at most.
const LOOK: Duration = Duration::from_millis(500);

const MEND: &str = "mend the cause, and run it again";

/// One run: the session that holds the lock and migrates.
pub(super) struct Run<'a> {
    pub session: &'a mut Session,
    pub database: &'a Database,
    pub lock: RunLock,
    pub options: &'a Options,
    pub tell: &'a mut dyn FnMut(Event<'_>),
    /// Tables that have to be there, with rows, when a transaction ends.
    pub keeps: Vec<Kept>,
    /// The number of the transaction that a text ran in, until its record is made.
    number: Option<i64>,
    /// A second connection, opened when something takes its time, and who was seen in the way on it.
    watcher: Option<Connection>,
    in_the_way: Option<String>,
}

/// Goes on as who we are, whatever a text has made of the session, and with our own settings.
fn as_itself() -> String {
    format!("RESET SESSION AUTHORIZATION; RESET ROLE; {}", db::pinning())
}

/// The number of the transaction, which is asked before a text in the same round trip, and again before the record is
/// made: a text that ends the transaction which it runs in can hide that from anybody who only reads it.
const NUMBER: &str = "SELECT pg_catalog.txid_current()";

/// The SQLSTATE of a record that is made in another transaction than the text ran in.
const ELSEWHERE: &str = "BR0TX";

/// The failure of a text.
struct Failure {
    error: sqlx::Error,
    place: Option<Position>,
    rest: Rest,
}

/// The fate of what a failed text did before it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// The server says that it is gone.
    RolledBack,
    /// The text ended its transaction, and the server says that it is committed.
    Stays,
    /// The server could not be asked.
    Unknown,
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
            keeps: Vec::new(),
            number: None,
            watcher: None,
            in_the_way: None,
        })
    }

    /// Runs one migration in one direction, and takes the picture of the schema with it.
    pub async fn migrate(
        &mut self,
        set: &Set,
        migration: &Migration,
        direction: Direction,
        picture: Picture,
        is_begun: bool,
    ) -> Result<()> {
        let started = Instant::now();
        let script = migration.script(direction)?;
        let steps = if is_begun { script.steps_of_rest()? } else { script.steps()? };
        match steps {
            Steps::Together => self.together(set, migration, direction, picture, started).await?,
            Steps::Singly(_, steps) => self.singly(set, migration, direction, picture, &steps, started).await?,
        }
        (self.tell)(Event::Done { set: &set.name, migration, took: started.elapsed() });
        Ok(())
    }

    async fn together(
        &mut self,
        set: &Set,
        migration: &Migration,
        direction: Direction,
        picture: Picture,
        started: Instant,
    ) -> Result<()> {
        let script = migration.script(direction)?;
        self.transaction(script, 0, &script.text, "BEGIN").await.map_err(|failure| {
            let error = self.of_transaction(failure, script, migration.version, direction);
            hinted(error, MEND, direction)
        })?;
        let record = history::ended(set, migration, direction, script, &self.options.actor, started.elapsed());
        // The last commit of a run waits until all of them are on disk, so that the others need not.
        let commit = if picture == Picture::Take { "COMMIT" } else { "SET LOCAL synchronous_commit = off; COMMIT" };
        // A file may have changed the session's settings, as a dump does.
        let record = format!("{record}; {commit}; {}", self.session.resetting());
        let recorded = self.record(set, picture, &record).await;
        // Constraints that are deferred speak up at the commit.
        recorded.map_err(|e| hinted(at_its_end(e, &script.file, migration.version, direction), MEND, direction))
    }

    async fn singly(
        &mut self,
        set: &Set,
        migration: &Migration,
        direction: Direction,
        picture: Picture,
        steps: &[Step<'_>],
        started: Instant,
    ) -> Result<()> {
        let script = migration.script(direction)?;
        let begun = history::begin(self.session, set, migration, direction, steps.len(), &self.options.actor).await?;
        let done = begun.done;
        if let Some(text) = &begun.text {
            let before = Script { file: script.file.clone(), text: text.clone() };
            if done > 0 && !same_beginning(&before, steps, done) {
                return Err(Error::refused(format!(
                    "{} stopped after {done} statements, and one of these has been changed since",
                    script.file
                ))
                .hint("put back what was there, or say how it stands with `bursar migrate repair`"));
            }
            history::goes_on(self.session, &begun, migration, direction, steps.len()).await?;
        }
        let total = steps.len();
        let stays = |done: usize, e: Error| e.context(format!("{done} of its {total} statements are done, and stay"));
        let mut settings = String::new();
        for (position, step) in steps.iter().enumerate() {
            if position >= done {
                if let Err(error) =
                    self.step(set, migration, direction, script, step, &settings, &begun, position).await
                {
                    // Where the connection is gone these fail too, and the next run finds what was tried.
                    let _ = self.session.reset().await;
                    let _ = history::stopped(self.session, &begun).await;
                    let what = "mend the cause, and it goes on where it stopped";
                    return Err(hinted(stays(position, error), what, direction));
                }
                (self.tell)(Event::Step { file: &script.file, done: position + 1, total });
                if step.begin.is_none() {
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
            history::picture(c, set, picture).await
        })
        .await
    }

    /// Does one step of a migration that runs one by one, and records it. `settings` is what the file has made of
    /// the session before it: the record is made as who we are, and a run that goes on begins anew.
    #[allow(clippy::too_many_arguments, reason = "each is a different thing, and only one place calls it")]
    async fn step(
        &mut self,
        set: &Set,
        migration: &Migration,
        direction: Direction,
        script: &Script,
        step: &Step<'_>,
        settings: &str,
        begun: &Begun,
        position: usize,
    ) -> Result<()> {
        let tried_before = position == begun.done && begun.tried;
        self.session.execute(AssertSqlSafe(settings)).await?;
        if let Some(begin) = step.begin {
            self.transaction(script, step.at, step.text, begin)
                .await
                .map_err(|failure| self.of_transaction(failure, script, migration.version, direction))?;
            let record = format!("{}; COMMIT", history::stepped(begun, position + 1));
            let recorded = self.record(set, Picture::Leave, &record).await;
            let at = locate(&script.text, step.at);
            return recorded
                .map_err(|e| at_its_end(e, &at.of(&script.file), migration.version, direction).excerpt(at.excerpt()));
        }
        let there = match &step.index {
            Some(index) => validity(self.session, index).await?,
            None => None,
        };
        if there == Some(false) && tried_before {
            self.drop_invalid(step).await?;
        }
        self.session.reset().await?;
        if there == Some(true) && tried_before {
            // Its own earlier try, of which nobody heard the end.
            return history::step(self.session, begun, position + 1).await;
        }
        if there.is_none() {
            history::trying(self.session, begun).await?;
        }
        self.lock.let_sqlx_in(self.session).await?;
        self.session.execute(AssertSqlSafe(settings)).await?;
        match self.alone(script, step, there.is_none() || tried_before).await {
            // So has that of one that is not there any more.
            Err(error) if tried_before && step.drops_index && error.sqlstate.as_deref() == Some("42704") => {}
            outcome => outcome?,
        }
        // Before sqlx is kept out again, which may fail.
        self.session.reset().await?;
        history::step(self.session, begun, position + 1).await
    }

    /// Runs a statement outside a transaction, again where it was chosen as the victim of a deadlock. `ours` is
    /// whether an index that it leaves INVALID is its own.
    async fn alone(&mut self, script: &Script, step: &Step<'_>, ours: bool) -> Result<()> {
        // It keeps nobody from the table while it waits, so it may wait; and giving up half way would leave
        // an INVALID index.
        self.session.execute("SET lock_timeout = 0").await?;
        let framed = Framed::new("").part(step.at, step.text);
        for attempt in 1.. {
            let Err(failure) = self.watched(script, &framed, &mut None).await else { break };
            let again = matches!(failure.sqlstate().as_deref(), Some("40P01" | "55P03"));
            let left = match &step.index {
                Some(index) if ours => validity(self.session, index).await.unwrap_or(None) == Some(false),
                _ => false,
            };
            if left {
                self.drop_invalid(step).await?;
            }
            if !again || attempt > self.options.retries {
                let what = if left { "failed; the INVALID index that it left was dropped" } else { "failed" };
                return Err(self.explained(failure, script, what));
            }
            self.pause(script, attempt, &failure).await;
        }
        match &step.index {
            // IF NOT EXISTS is content with an index that cannot be used.
            Some(index) if validity(self.session, index).await? == Some(false) => {
                let name = index.name.as_deref().unwrap_or_default();
                Err(Error::failed(format!("index {name} was there already, and is INVALID"))
                    .hint("bursar migrate repair --drop-invalid-indexes"))
            }
            _ => Ok(()),
        }
    }

    async fn drop_invalid(&mut self, step: &Step<'_>) -> Result<()> {
        let Some(Index { name: Some(name), table }) = &step.index else { return Ok(()) };
        let table = named_table(self.session, table).await?;
        let sql: Option<String> = db::ours(self.session, async |c| {
            Ok(sqlx::query_scalar(
                "SELECT format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, i.relname)
                   FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
                  WHERE x.indrelid = $1 AND i.relname = $2 AND NOT x.indisvalid",
            )
            .bind(table)
            .bind(name)
            .fetch_optional(c)
            .await?)
        })
        .await?;
        if let Some(sql) = sql {
            self.session.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }

    /// Runs a text in a transaction that is left open, again where its locks were not to be had in time.
    async fn transaction(&mut self, script: &Script, at: usize, text: &str, begin: &str) -> Result<(), Failure> {
        let begin = format!("{begin}; SET LOCAL lock_timeout = {};", self.options.lock_timeout.as_millis());
        // The isolation of a transaction can be set only before its first query.
        let (settings, rest) = text.split_at(Script::settings_before(text));
        let framed = Framed::new(&begin).part(at, settings).ours(NUMBER).part(at + settings.len(), rest);
        for attempt in 1.. {
            let mut number = None;
            let outcome = self.watched(script, &framed, &mut number).await;
            let Err(failure) = outcome else {
                self.number = number;
                break;
            };
            self.roll_back().await;
            let failure = Failure { rest: self.rest(number).await, ..failure };
            let again = matches!(failure.sqlstate().as_deref(), Some("40P01" | "55P03"));
            if !again || failure.rest != Rest::RolledBack || attempt > self.options.retries {
                return Err(failure);
            }
            self.pause(script, attempt, &failure).await;
        }
        Ok(())
    }

    /// Asks the server for the fate of a transaction that was taken back.
    async fn rest(&mut self, number: Option<i64>) -> Rest {
        let sql = match number {
            Some(number) => format!("SELECT pg_catalog.txid_status({number})"),
            // It failed before the text had its turn.
            None => "SELECT 'aborted'".to_owned(),
        };
        let status: Result<Option<String>, sqlx::Error> =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut **self.session).await;
        match status {
            Ok(Some(status)) if status == "aborted" => Rest::RolledBack,
            Ok(Some(status)) if status == "committed" => Rest::Stays,
            _ => Rest::Unknown,
        }
    }

    /// Pauses longer each time, and not as long as others that were turned away at the same moment.
    async fn pause(&mut self, script: &Script, attempt: u32, failure: &Failure) {
        let longest = 500_u64 << attempt.min(5);
        let spread =
            u64::from(self.session.pid().unsigned_abs().wrapping_mul(2_654_435_761).rotate_left(attempt)) % 500;
        let pause = Duration::from_millis(longest * (500 + spread) / 1000);
        let words =
            || failure.error.as_database_error().map_or_else(String::new, |e| db::cut(e.message()).into_owned());
        let why = self.in_the_way.as_ref().map_or_else(words, |who| format!("in the way: {who}"));
        (self.tell)(Event::Again { file: &script.file, attempt, of: self.options.retries + 1, pause, why: &why });
        tokio::time::sleep(pause).await;
    }

    /// Runs a text, and looks meanwhile who is in its way. The first row is [`NUMBER`]'s,
    /// where that is asked.
    async fn watched(&mut self, script: &Script, framed: &Framed, number: &mut Option<i64>) -> Result<(), Failure> {
        let pid = self.session.pid();
        self.in_the_way = None;
        let (mut done, mut answered) = (0_usize, false);
        // Soon enough to have seen who it was when the patience ends.
        let look = (self.options.lock_timeout / 3).clamp(Duration::from_millis(20), LOOK);
        let result = {
            let sql = sqlx::raw_sql(AssertSqlSafe(framed.sql.clone()));
            let mut results = pin!(sql.fetch_many(&mut **self.session));
            loop {
                tokio::select! {
                    next = results.next() => match next {
                        Some(Ok(Either::Left(_))) => done += 1,
                        Some(Ok(Either::Right(row))) if !answered => {
                            answered = true;
                            *number = row.try_get(0).ok();
                        }
                        Some(Ok(Either::Right(_))) => {}
                        Some(Err(error)) => break Err(error),
                        None => break Ok(()),
                    },
                    () = tokio::time::sleep(look) => {
                        if self.watcher.is_none() {
                            self.watcher = self.database.watching().await.ok();
                        }
                        let Some(watcher) = &mut self.watcher else { continue };
                        let seen = db::blockers(watcher, pid).await.ok().flatten();
                        if let Some(who) = seen.filter(|who| self.in_the_way.as_ref() != Some(who)) {
                            (self.tell)(Event::Blocked(&who));
                            self.in_the_way = Some(who);
                        }
                    }
                }
            }
        };
        result.map_err(|error| {
            // The server names the place where it can; otherwise it is the statement that had its turn.
            let found = db::position(&error, &framed.sql);
            let whole = || Script { file: String::new(), text: framed.sql.clone() };
            let found = found.or_else(|| whole().statements().get(done).map(|s| s.at));
            // It may be about what is not of the file.
            let place = found.and_then(|found| framed.origin(found)).map(|at| locate(&script.text, at));
            Failure { error, place, rest: Rest::Unknown }
        })
    }

    /// Looks whether what has to stay is there, and runs SQL that records what was done in the transaction that is
    /// open, and commits it; takes it back where any of that fails.
    async fn record(&mut self, set: &Set, picture: Picture, sql: &str) -> Result<()> {
        let same = self.number.take().map_or_else(String::new, |number| {
            format!(
                "DO $$ BEGIN IF pg_catalog.txid_current() <> {number} THEN \
                 RAISE EXCEPTION 'another transaction' USING ERRCODE = '{ELSEWHERE}'; END IF; END $$; "
            )
        });
        let recorded = async {
            if !self.keeps.is_empty() || picture != Picture::Leave {
                self.session.execute(AssertSqlSafe(as_itself() + &same)).await?;
                still_there(self.session, &self.keeps).await?;
                history::picture(self.session, set, picture).await?;
            }
            self.session.execute(AssertSqlSafe(as_itself() + &same + sql)).await?;
            Ok(())
        };
        let recorded = recorded.await;
        if recorded.is_err() {
            self.roll_back().await;
        }
        recorded
    }

    async fn roll_back(&mut self) {
        // Where even this fails, the connection is gone, and the server rolls back by itself.
        let _ = self.session.execute("ROLLBACK").await;
    }

    /// The error of a text that ran in a transaction, with the fate of the transaction.
    fn of_transaction(&self, failure: Failure, script: &Script, version: i64, direction: Direction) -> Error {
        let rest = failure.rest;
        let what = match rest {
            Rest::RolledBack => "failed and was rolled back",
            Rest::Stays => "failed, and had ended the transaction that it runs in: what it did before that stays",
            Rest::Unknown => "failed, and the server did not confirm that it was rolled back",
        };
        let mut error = self.explained(failure, script, what);
        if rest == Rest::Stays {
            error.kind = Kind::Incomplete;
            error.hint = Some(by_hand(version, direction));
        }
        error
    }

    /// The server's error with file, line, column and a caret under the place.
    fn explained(&self, failure: Failure, script: &Script, what: &str) -> Error {
        let mut error = Error::from(failure.error);
        if error.kind == Kind::Usage {
            error.kind = Kind::Failed;
        }
        if let Some(who) = self.in_the_way.as_ref().filter(|_| error.kind == Kind::Conflict) {
            error = error.context(format!("in the way: {who}"));
        }
        match failure.place {
            Some(place) => error.context(format!("{} {what}", place.of(&script.file))).excerpt(place.excerpt()),
            None => error.context(format!("{} {what}", script.file)),
        }
    }
}

/// The server's hint, where it has one, and the next command.
fn hinted(error: Error, what: &str, direction: Direction) -> Error {
    let next = format!("{what}: bursar migrate {}", direction.name());
    match &error.hint {
        Some(hint) if error.kind == Kind::Refused || hint.contains("bursar ") => error,
        Some(hint) => {
            let both = format!("{hint}\n       {next}");
            error.hint(both)
        }
        None => error.hint(next),
    }
}

/// A text of a file in what is sent with it in one round trip.
struct Framed {
    sql: String,
    /// Where the parts of the file are in it, where they are in the file, and how long they are.
    parts: Vec<(usize, usize, usize)>,
}

impl Framed {
    /// What comes first.
    fn new(first: &str) -> Self {
        Framed { sql: first.to_owned(), parts: Vec::new() }
    }

    /// A part of the file, which starts there.
    fn part(mut self, at: usize, text: &str) -> Self {
        self.parts.push((self.sql.len(), at, text.len()));
        self.sql.push_str(text);
        self
    }

    /// A statement behind a part of the file, which may end in a comment and without a semicolon.
    fn ours(mut self, sql: &str) -> Self {
        self.sql.push_str("\n;");
        self.sql.push_str(sql);
        self.sql.push(';');
        self
    }

    /// Where in the file a place is; none where it comes before. What is ours behind a part is its end.
    fn origin(&self, found: usize) -> Option<usize> {
        let (from, at, length) = self.parts.iter().rev().find(|(from, ..)| *from <= found)?;
        Some(at + (found - from).min(*length))
    }
}

impl Failure {
    fn sqlstate(&self) -> Option<String> {
        Some(self.error.as_database_error()?.code()?.into_owned())
    }
}

/// The error of a transaction that failed at its end, as far as it is known: an answer of the server that was lost may
/// have been that it is committed.
fn at_its_end(error: Error, of: &str, version: i64, direction: Direction) -> Error {
    if error.sqlstate.as_deref() == Some(ELSEWHERE) {
        let what = "ended the transaction that it runs in: what it did before that stays, what came after may be gone, and nothing of it was recorded";
        return Error::new(Kind::Incomplete, format!("{of} {what}")).hint(by_hand(version, direction));
    }
    let lost = error.kind == Kind::Connection && error.sqlstate.is_none();
    error.context(if lost {
        format!("{of} came to its end, and the server did not say whether it is committed")
    } else {
        format!("{of} failed at its end and was rolled back")
    })
}

fn by_hand(version: i64, direction: Direction) -> String {
    let (record, undo) = match direction {
        Direction::Up => ("--mark-applied", "undo it"),
        Direction::Down => ("--mark-reverted", "make it again"),
    };
    format!(
        "look at what is there; finish it by hand and record it with `bursar migrate repair {record} {version}`, or {undo}"
    )
}

/// Whether the steps that are done are still the ones that the file begins with.
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

/// Whether an index can be used; `None` where there is none.
async fn validity(connection: &mut Connection, index: &Index) -> Result<Option<bool>> {
    let table = named_table(connection, &index.table).await?;
    db::ours(connection, async |c| {
        Ok(sqlx::query_scalar(
            "SELECT x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
              WHERE x.indrelid = $1 AND i.relname = $2",
        )
        .bind(table)
        .bind(&index.name)
        .fetch_optional(c)
        .await?)
    })
    .await
}

/// The table that a migration's text means by this name, with the session's own search path.
async fn named_table(connection: &mut Connection, name: &str) -> Result<Option<Oid>> {
    Ok(sqlx::query_scalar("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid").bind(name).fetch_one(connection).await?)
}
