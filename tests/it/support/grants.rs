//! Who may do what: statements tried in a role, compared with matrices of signs, and databases of
//! servers that gave everything away before bursar came.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{Db, Template};

/// A role, and who is signed in: nobody where that is empty.
pub type Caller<'a> = (&'a str, &'a str);

/// What becomes of a statement of a caller's: `+` is done, `0` reaches no row, `-` is refused.
/// Nothing of it stays.
pub async fn tried(connection: &mut PgConnection, caller: Caller<'_>, sql: &str) -> char {
    let (role, user) = caller;
    let mut tx = connection.begin().await.unwrap();
    let claims = if user.is_empty() { String::new() } else { format!(r#"{{"sub": "{user}"}}"#) };
    sqlx::query("SELECT set_config('request.jwt.claims', $1, true)").bind(claims).execute(&mut *tx).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("SET LOCAL ROLE {role}"))).execute(&mut *tx).await.unwrap();
    let outcome = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    // A call may return no row, and TRUNCATE counts none.
    let counts_no_rows = sql.starts_with("TRUNCATE") || sql.starts_with("SELECT ") && !sql.contains("FROM ");
    match outcome {
        Ok(done) if done.rows_affected() > 0 || counts_no_rows => '+',
        Ok(_) => '0',
        Err(error) => match error.as_database_error().and_then(|e| e.code()).as_deref() {
            Some("42501") => '-',
            // Keys are looked at only after rights and policies.
            Some("23505" | "23503" | "23001") => '+',
            _ => panic!("{role} {user}: {sql}: {error}"),
        },
    }
}

/// The signs of a statement, one for each caller.
pub async fn cell(connection: &mut PgConnection, callers: &[Caller<'_>], sql: &str) -> String {
    let mut signs = String::new();
    for caller in callers {
        signs.push(tried(connection, *caller, sql).await);
    }
    signs
}

/// The rows of a matrix: what a line is about, and its cells.
pub fn matrix(text: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.filter(|words| words.len() > 1 && words[0] != "select").map(|words| (words[0], words[1..].to_vec())).collect()
}

/// A database of a server where the platform was there first, as `before` makes it, and what `auth`
/// said of its auth schema then.
pub fn hosted(app: &'static str, before: &str, auth: &str) -> (Db, String) {
    // The first migrated database brings the roles, which belong to the whole server.
    drop(Db::new(Template::Migrated(app)));
    let db = Db::new(Template::Empty);
    db.sql(before);
    let auth = db.value(auth);
    db.bursar(&["migrate", "up", "--app", app, "--yes"]).ok();
    (db, auth)
}
