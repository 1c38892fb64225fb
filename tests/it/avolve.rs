//! Avolve: its functions, what its documents get wrong, its data, and who may do what.

mod data;
mod documents;
mod functions;
mod grants;
mod upkeep;

use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{Db, Template, wait};

const ONE: &str = "00000000-0000-4000-8000-000000000001";
const TWO: &str = "00000000-0000-4000-8000-000000000002";
const NOBODY: &str = "00000000-0000-4000-8000-00000000000f";

/// Two users, the first with 100 tokens and a pillar begun.
const PEOPLE: &str = "
    INSERT INTO users (id, email) VALUES
        ('00000000-0000-4000-8000-000000000001', 'one@example.com'), ('00000000-0000-4000-8000-000000000002', 'two@example.com');
    INSERT INTO profiles (id, username) VALUES ('00000000-0000-4000-8000-000000000001', 'one');
    INSERT INTO token_types (token_type, category) VALUES ('GROW', 3), ('UNITE', 6);
    SELECT mint_tokens('00000000-0000-4000-8000-000000000001', 100, 'GROW');
    INSERT INTO user_progress (user_id, pillar) VALUES ('00000000-0000-4000-8000-000000000001', 'self')";

fn people() -> Db {
    let db = Db::new(Template::Migrated("avolve"));
    db.sql(PEOPLE);
    db
}

/// What a session has to say first to be that of a user who signed in.
fn session(user: &str) -> String {
    format!("SET SESSION AUTHORIZATION authenticated; SET request.jwt.claims = '{{\"sub\": \"{user}\"}}'; ")
}

/// The SQLSTATE of statements that the user with this id runs, signed in.
fn signed_in(db: &Db, user: &str, sql: &str) -> String {
    db.sqlstate(&format!("{}{sql}", session(user)))
}

/// The SQLSTATE of statements that the backend runs, in a request of nobody's.
fn backend(db: &Db, sql: &str) -> String {
    db.sqlstate(&format!("SET SESSION AUTHORIZATION service_role; {sql}"))
}

/// Runs statements at once, each on a connection and as a user of its own, and returns the
/// SQLSTATEs of those that failed.
fn at_once(db: &Db, statements: Vec<(String, String)>) -> Vec<String> {
    wait(async {
        let mut connections = Vec::new();
        for (user, sql) in statements {
            let mut connection = db.connect().await;
            run(&mut connection, &session(&user)).await.expect("signed in");
            connections.push((connection, sql));
        }
        let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(connections.len()));
        let mut tasks = Vec::new();
        for (mut connection, sql) in connections {
            let barrier = barrier.clone();
            tasks.push(tokio::spawn(async move {
                barrier.wait().await;
                run(&mut connection, &sql).await
            }));
        }
        let mut failed = Vec::new();
        for task in tasks {
            if let Err(error) = task.await.expect("the task ends") {
                failed.push(
                    error
                        .as_database_error()
                        .and_then(|e| e.code())
                        .map_or_else(|| error.to_string(), |c| c.into_owned()),
                );
            }
        }
        failed
    })
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(drop)
}
