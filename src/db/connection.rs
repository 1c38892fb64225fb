//! The only way to a server: no statement of ours is left there under a name.
//!
//! Behind a transaction pooler, a server process serves one client after another. sqlx names what it
//! prepares by a count of its own (`sqlx_s_1`), so that one client would run another one's statement,
//! and a pooler that follows names would lose count of its own. So everything goes through
//! [`Connection`], which asks sqlx for the protocol's unnamed statement instead, whatever a call site
//! says; the raw connection is out of reach. sqlx parses an unnamed statement and runs it in two
//! batches, which is sound in an explicit transaction only: outside one, a pooler may send the two to
//! different processes. `DEALLOCATE ALL` around named statements would be the other way; it costs
//! round trips, and takes away what others have prepared on the same process.
//!
//! What this costs: a statement that is run again is parsed again. What sqlx looks up by itself, the
//! types that it does not know, it asks by simple queries, which drop the unnamed statement: the rows
//! of a query therefore hold the server's own types only, and others are cast to text.

//!
//! A server may also send what makes sqlx panic. Everything of sqlx that reads a server's answer is polled
//! here, where a panic becomes an error about this connection, which is not used again.

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use sqlx::postgres::{PgArguments, PgColumn, PgConnectOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Execute, Executor, PgConnection, Postgres, Row as _,
    SqlStr,
};

/// The number of answers of servers that are waited for now, the number of all so far, and the time of the last
/// question, in milliseconds since the first.
static WAITING: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);
static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time that this process has been waiting for the answer of a server since its last question; none where it does
/// not wait.
pub fn waiting() -> Option<Duration> {
    let last = Duration::from_millis(LAST.load(Ordering::Relaxed));
    (WAITING.load(Ordering::Relaxed) > 0).then(|| FIRST.elapsed().saturating_sub(last))
}

/// The number of questions to servers so far.
pub fn asked() -> u64 {
    ASKED.load(Ordering::Relaxed)
}

/// An answer that is waited for.
pub(super) struct Waiting;

impl Waiting {
    pub(super) fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::Relaxed);
        ASKED.fetch_add(1, Ordering::Relaxed);
        LAST.store(u64::try_from(FIRST.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Waiting
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Opens a connection. It has a task of its own, so that the time limit is heard while a server sends without end,
/// and that a panic is the task's.
///
/// # Errors
/// As the server says; where its answer makes sqlx panic.
pub(super) async fn open(options: PgConnectOptions) -> sqlx::Result<PgConnection> {
    let _waiting = Waiting::begin();
    let mut attempt = Task::spawn(async move { options.connect().await });
    match attempt.ended().await {
        Ok(connected) => connected,
        Err(error) if error.is_panic() => Err(not_understood(&*error.into_panic())),
        Err(_) => Err(sqlx::Error::WorkerCrashed),
    }
}

/// A task that ends with whoever holds this.
pub(super) struct Task<T>(Option<tokio::task::JoinHandle<T>>);

impl<T: Send + 'static> Task<T> {
    pub fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Task(Some(tokio::spawn(work)))
    }

    /// Waits for its end.
    async fn ended(&mut self) -> Result<T, tokio::task::JoinError> {
        match &mut self.0 {
            Some(handle) => handle.await,
            None => std::future::pending().await,
        }
    }

    /// Lets it go on by itself.
    pub fn detach(mut self) {
        self.0 = None;
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}

/// The error of an answer that made sqlx panic.
fn not_understood(panic: &(dyn Any + Send)) -> sqlx::Error {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    sqlx::Error::Protocol(text.unwrap_or("it is malformed").to_owned())
}

/// The same, of an answer on a connection, which is not used from here on.
fn broken_by(broken: &AtomicBool, panic: &(dyn Any + Send)) -> sqlx::Error {
    broken.store(true, Ordering::Relaxed);
    not_understood(panic)
}

/// Waits for an answer, unless one before it was malformed.
async fn answered<T>(broken: &AtomicBool, answer: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
    if broken.load(Ordering::Relaxed) {
        return Err(unusable());
    }
    let _waiting = Waiting::begin();
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|panic| Err(broken_by(broken, &*panic)))
}

fn unusable() -> sqlx::Error {
    sqlx::Error::Protocol("an answer before it on this connection was malformed".to_owned())
}

/// A connection on which nothing is left prepared.
#[derive(Debug)]
pub struct Connection {
    connection: PgConnection,
    /// An answer made sqlx panic, so that nobody knows what would be read next.
    broken: AtomicBool,
    /// Our end of it, where it goes over TCP.
    pub(super) ours: Option<SocketAddr>,
}

impl Connection {
    /// Nothing can be prepared under a name on it from here on.
    pub fn new(connection: PgConnection) -> Self {
        Connection { connection, broken: AtomicBool::new(false), ours: None }
    }

    /// Sends rows with a `COPY … FROM STDIN`.
    ///
    /// # Errors
    /// As the server says.
    pub async fn copy_in(&mut self, statement: &str, rows: &[u8]) -> sqlx::Result<()> {
        let sent = async {
            let mut copy = self.connection.copy_in_raw(statement).await?;
            if let Err(error) = copy.send(rows).await {
                // The abort's own answer says no more than the error that led to it.
                let _ = copy.abort("bursar could not send the rows").await;
                return Err(error);
            }
            copy.finish().await.map(|_| ())
        };
        answered(&self.broken, sent).await
    }

    /// Receives what a `COPY … TO STDOUT` sends, piece by piece, to its end.
    ///
    /// # Errors
    /// As the server says.
    pub async fn copy_out(&mut self, statement: &str, mut take: impl FnMut(&[u8])) -> sqlx::Result<()> {
        let received = async {
            let mut pieces = self.connection.copy_out_raw(statement).await?;
            while let Some(piece) = pieces.try_next().await? {
                take(&piece);
                // A server that sends faster than is read would never let another task have its turn.
                tokio::task::consume_budget().await;
            }
            Ok(())
        };
        answered(&self.broken, received).await
    }

    /// The columns that a query returns. It is planned and not run; it takes no parameters.
    ///
    /// # Errors
    /// As the server says: the query does not fit the database, or this role may not read what it reads.
    pub async fn columns(&mut self, query: &str) -> sqlx::Result<Vec<PgColumn>> {
        let sql = format!(
            "SELECT q.* FROM (VALUES (1)) AS one LEFT JOIN (SELECT * FROM ({query}\n) AS p LIMIT 0) AS q ON true"
        );
        Ok(sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(self).await?.columns().to_vec())
    }
}

/// A query that is not to be given a name.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, sqlx::error::BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: Execute<'q, Postgres> + 'q,
    {
        let Connection { connection, broken, .. } = self;
        if broken.load(Ordering::Relaxed) {
            return stream::once(async { Err(unusable()) }).boxed();
        }
        let (waiting, broken) = (Waiting::begin(), &*broken);
        let answers = AssertUnwindSafe(connection.fetch_many(Unnamed(query))).catch_unwind();
        answers
            .then(move |answer| {
                let _ = &waiting;
                async move {
                    // A server that sends faster than is read would never let another task have its turn.
                    tokio::task::consume_budget().await;
                    answer.unwrap_or_else(|panic| Err(broken_by(broken, &*panic)))
                }
            })
            .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: Execute<'q, Postgres> + 'q,
    {
        let Connection { connection, broken, .. } = self;
        Box::pin(answered(broken, connection.fetch_optional(Unnamed(query))))
    }

    /// Prepares a statement to look at it. sqlx can do that under a name only, which is taken back at
    /// once; where another client has left a statement of that name there (42P05), the next try has
    /// the next one.
    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let prepared = async {
                let statement = self.connection.prepare_with(sql, parameters).await?;
                self.connection.clear_cached_statements().await?;
                Ok(statement)
            };
            answered(&self.broken, prepared).await
        })
    }
}
