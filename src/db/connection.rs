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

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgColumn, PgCopyIn, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{AssertSqlSafe, Connection as _, Either, Execute, Executor, PgConnection, Postgres, Row as _, SqlStr};

/// A connection on which nothing is left prepared.
#[derive(Debug)]
pub struct Connection(PgConnection);

impl Connection {
    /// Nothing can be prepared under a name on it from here on.
    pub fn new(connection: PgConnection) -> Self {
        Connection(connection)
    }

    /// Starts a `COPY … FROM STDIN`.
    ///
    /// # Errors
    /// As the server says.
    pub async fn copy_in_raw(&mut self, statement: &str) -> sqlx::Result<PgCopyIn<&mut PgConnection>> {
        self.0.copy_in_raw(statement).await
    }

    /// The columns that a query returns. It is planned and not run; it takes no parameters.
    ///
    /// # Errors
    /// As the server says: the query does not fit the database, or this role may not read what it reads.
    pub async fn columns(&mut self, query: &str) -> sqlx::Result<Vec<PgColumn>> {
        let sql = format!(
            "SELECT q.* FROM (VALUES (1)) AS one LEFT JOIN (SELECT * FROM ({query}\n) AS p LIMIT 0) AS q ON true"
        );
        Ok(sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut self.0).await?.columns().to_vec())
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
        self.0.fetch_many(Unnamed(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: Execute<'q, Postgres> + 'q,
    {
        self.0.fetch_optional(Unnamed(query))
    }

    /// Prepares a statement to look at it. sqlx can do that under a name only, which is taken back at
    /// once; where another client has left a statement of that name there (42P05), the next try has
    /// the next one.
    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let statement = self.0.prepare_with(sql, parameters).await?;
            self.0.clear_cached_statements().await?;
            Ok(statement)
        })
    }
}
