//! Texts of a migration as they are sent: in a transaction, watched for whom they wait, and recorded with it.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};

use super::failure::{ELSEWHERE, Failure, Rest};
use super::run::{Event, Run};
use crate::backoff;
use crate::db;
use crate::error::Result;
use crate::migrate::kept::{self, still_there};
use crate::migrate::script::Script;
use crate::migrate::snapshot::{self, SchemaSnapshot};
use crate::migrate::source::Set;
use crate::migrate::split::{in_parts, settings_before, split};
use crate::text::locate;

/// The longest time between two looks for whom a statement waits.
const LOOK: Duration = Duration::from_millis(500);

/// The pause before the second attempt at a statement that did not get its locks.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest such pause, without its random part.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A pause between two attempts.
pub(super) struct Pause {
    /// The attempt that failed, from 1.
    attempt: u32,
    length: Duration,
}

/// The number of the transaction, which is asked before a text in the same round trip, and again before the record is
/// made: a text that ends the transaction which it runs in can hide that from anybody who only reads it.
const NUMBER: &str = "SELECT pg_catalog.txid_current()";

/// Goes on as who we are, whatever a text has made of the session, and with our own settings.
fn as_itself() -> String {
    format!("RESET SESSION AUTHORIZATION; RESET ROLE; {}", db::pinning())
}

impl Run<'_> {
    /// Runs a text in a transaction that is left open, again where its locks were not to be had in time.
    pub(super) async fn transaction(
        &mut self,
        script: &Script,
        at: usize,
        text: &str,
        begin: &str,
    ) -> Result<(), Failure> {
        let mut begin = format!("{begin}; SET LOCAL lock_timeout = {};", self.options.lock_timeout.as_millis());
        if let Some(lock) = &self.keeps_still {
            begin.push_str(lock);
            begin.push(';');
        }
        // The isolation of a transaction can be set only before its first query.
        let (settings, rest) = text.split_at(settings_before(text));
        let parts = in_parts(rest);
        let from = at + settings.len();
        let first = Framed::new(&begin).part(at, settings).ours(NUMBER);
        // Rows are counted in between.
        let (first, parts) = match self.keeps.is_empty() {
            true => (first.part(from, parts[0]), parts),
            false => (first, [&[""], parts.as_slice()].concat()),
        };
        let mut pauses = self.pauses();
        loop {
            let mut number = None;
            let Err(failure) = self.all_parts(script, &first, (from, &parts), &mut number).await else {
                self.number = number;
                return Ok(());
            };
            self.roll_back().await;
            let failure = Failure { rest: self.rest(number).await, ..failure };
            let again = failure.is_of_locks() && failure.rest == Rest::RolledBack;
            match pauses.next().filter(|_| again) {
                Some(pause) => self.pause(script, pause, &failure).await,
                None => return Err(failure),
            }
        }
    }

    /// Runs the first part of a text, and then the others. The first of them starts there in the file.
    async fn all_parts(
        &mut self,
        script: &Script,
        first: &Framed,
        (mut from, parts): (usize, &[&str]),
        number: &mut Option<i64>,
    ) -> Result<(), Failure> {
        self.watched(script, first, number).await?;
        self.count().await.map_err(|error| Failure { error, place: None, rest: Rest::Unknown, in_the_way: None })?;
        for two in parts.windows(2) {
            from += two[0].len();
            self.watched(script, &Framed::new("").part(from, two[1]), &mut None).await?;
        }
        Ok(())
    }

    /// Counts the rows that have to stay, as who we are, and goes on with the settings that the text has made.
    async fn count(&mut self) -> Result<(), sqlx::Error> {
        if self.keeps.is_empty() {
            return Ok(());
        }
        self.session.execute(AssertSqlSafe(format!("SAVEPOINT bursar_count; {}", as_itself()))).await?;
        kept::count(self.session, &mut self.keeps).await?;
        self.session.execute("ROLLBACK TO SAVEPOINT bursar_count; RELEASE SAVEPOINT bursar_count").await?;
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

    /// The pauses after each attempt that may be followed by another one.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Pause> + use<> {
        let lengths = backoff::pauses(FIRST_PAUSE, LONGEST_PAUSE, self.options.retries);
        lengths.zip(1..).map(|(length, attempt)| Pause { attempt, length })
    }

    /// Reports that another attempt follows, and waits for it.
    pub(super) async fn pause(&mut self, script: &Script, pause: Pause, failure: &Failure) {
        let Pause { attempt, length } = pause;
        let words =
            || failure.error.as_database_error().map_or_else(String::new, |e| db::cut(e.message()).into_owned());
        let why = failure.in_the_way.as_ref().map_or_else(words, |who| format!("in the way: {who}"));
        let of = self.options.retries + 1;
        (self.tell)(Event::Again { file: &script.file, attempt, of, pause: length, why: &why });
        tokio::time::sleep(length).await;
    }

    /// Runs a text, and looks meanwhile who is in its way. The first row is [`NUMBER`]'s,
    /// where that is asked.
    pub(super) async fn watched(
        &mut self,
        script: &Script,
        framed: &Framed,
        number: &mut Option<i64>,
    ) -> Result<(), Failure> {
        let pid = self.session.pid();
        self.in_the_way = None;
        // What was said before is not about this text.
        drop(db::notices());
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
                        said(&mut *self.tell, script);
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
        said(&mut *self.tell, script);
        result.map_err(|error| {
            // The server names the place where it can; otherwise it is the statement that had its turn.
            let found = db::position(&error, &framed.sql);
            let found = found.or_else(|| split(&framed.sql).nth(done).map(|s| s.at));
            // It may be about what is not of the file.
            let place = found.and_then(|found| framed.origin(found)).map(|at| locate(&script.text, at));
            Failure { error, place, rest: Rest::Unknown, in_the_way: self.in_the_way.clone() }
        })
    }

    /// Looks whether what has to stay is there, and runs SQL that records what was done in the transaction that is
    /// open, and commits it; takes it back where any of that fails.
    pub(super) async fn record(&mut self, set: &Set, snapshot: SchemaSnapshot, sql: &str) -> Result<()> {
        let same = self.number.take().map_or_else(String::new, |number| {
            format!(
                "DO $$ BEGIN IF pg_catalog.txid_current() <> {number} THEN \
                 RAISE EXCEPTION 'another transaction' USING ERRCODE = '{ELSEWHERE}'; END IF; END $$; "
            )
        });
        let recorded = async {
            if !self.keeps.is_empty() || snapshot != SchemaSnapshot::Leave {
                self.session.execute(AssertSqlSafe(as_itself() + &same)).await?;
                still_there(self.session, &self.keeps).await?;
                snapshot::change(self.session, set, snapshot).await?;
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

    /// Does work of our own in the transaction that a text has left open; takes all of it back where that fails.
    pub(super) async fn inside(&mut self, work: impl AsyncFnOnce(&mut db::Connection) -> Result<()>) -> Result<()> {
        let done = async {
            self.session.execute(AssertSqlSafe(as_itself())).await?;
            work(self.session).await
        };
        let done = done.await;
        if done.is_err() {
            self.roll_back().await;
        }
        done
    }

    async fn roll_back(&mut self) {
        // Where even this fails, the connection is gone, and the server rolls back by itself.
        let _ = self.session.execute("ROLLBACK").await;
    }
}

/// Hands on what the server has said of a file.
fn said(tell: &mut dyn FnMut(Event<'_>), script: &Script) {
    for notice in &db::notices() {
        tell(Event::Said { file: &script.file, notice });
    }
}

/// A text of a file in what is sent with it in one round trip.
pub(super) struct Framed {
    sql: String,
    parts: Vec<Part>,
}

/// A part of the file in it, in bytes.
struct Part {
    in_sql: usize,
    in_file: usize,
    length: usize,
}

impl Framed {
    /// Begins with this text, which is not of the file.
    pub(super) fn new(first: &str) -> Self {
        Framed { sql: first.to_owned(), parts: Vec::new() }
    }

    /// A part of the file, which starts there.
    pub(super) fn part(mut self, at: usize, text: &str) -> Self {
        self.parts.push(Part { in_sql: self.sql.len(), in_file: at, length: text.len() });
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

    /// The place in the file of a place in the text; none before the first part. Behind a part it is the part's end.
    fn origin(&self, found: usize) -> Option<usize> {
        let part = self.parts.iter().rev().find(|part| part.in_sql <= found)?;
        Some(part.in_file + (found - part.in_sql).min(part.length))
    }
}
