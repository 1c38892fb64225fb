//! Every migration of the four systems can be undone: what is left is what was there before it.

use bursar::migrate::Set;
use bursar::migrate::catalogue::{Difference, Object, catalogue, differences};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::support::{Db, Template, file, wait};

const SYSTEMS: [&str; 4] = ["mimivibe", "avolve", "organic-os", "aethercrown"];

async fn read(connection: &mut PgConnection) -> Vec<Object> {
    let mut tx = connection.begin().await.unwrap();
    sqlx::raw_sql("SET TRANSACTION READ ONLY").execute(&mut *tx).await.unwrap();
    catalogue(&mut tx).await.unwrap()
}

async fn run(connection: &mut PgConnection, name: &str, sql: &str) {
    let mut tx = connection.begin().await.unwrap();
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await {
        panic!("{name}: {error}");
    }
    tx.commit().await.unwrap();
}

/// The files of a system, oldest first: name, up, down.
fn files(system: &str) -> Vec<(String, String, String)> {
    let text = |path: &str| std::fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let set = Set::application(system).unwrap();
    set.migrations
        .iter()
        .map(|m| (m.file.clone(), m.sql.clone(), text(&m.file.replace(".up.sql", ".down.sql"))))
        .collect()
}

/// What a way down leaves behind on purpose, because it may have been there before.
fn stays(difference: &Difference) -> bool {
    let Difference::Unexpected(Object { kind, object, .. }) = difference else { return false };
    let name = object.rsplit(' ').next().unwrap_or(object);
    // Identities and who may ask who is calling.
    name.starts_with("auth.")
        || name == "auth"
        || object.contains(" auth.")
        || object.starts_with("schema auth ")
        || (kind, object) == (&"extension".to_owned(), &"pg_trgm".to_owned())
        || kind == "grant"
            && ["anon", "authenticated", "service_role"].iter().any(|r| *object == format!("schema public to {r}"))
}

/// Up by single steps, down by single steps, and up again.
async fn there_and_back(db: &Db, system: &str) {
    let mut connection = db.connect().await;
    let files = files(system);
    let mut stages = vec![read(&mut connection).await];
    for (name, up, _) in &files {
        run(&mut connection, name, up).await;
        stages.push(read(&mut connection).await);
    }
    let top = stages.pop().unwrap();
    let keys: std::collections::BTreeSet<_> = top.iter().map(|o| (&o.kind, &o.object)).collect();
    assert_eq!(keys.len(), top.len(), "{system}: each object has one row");
    for (name, _, down) in files.iter().rev() {
        run(&mut connection, &name.replace(".up.", ".down."), down).await;
        let left = differences(&stages.pop().unwrap(), &read(&mut connection).await);
        let left: Vec<_> = left.into_iter().filter(|d| !stays(d)).collect();
        assert!(left.is_empty(), "after {name} was undone: {left:#?}");
    }
    for (name, up, _) in &files {
        run(&mut connection, name, up).await;
    }
    let left = differences(&top, &read(&mut connection).await);
    assert!(left.is_empty(), "{system}, up again: {left:#?}");
}

#[test]
fn every_step_down_leaves_what_was_there_before_the_step_up() {
    for system in SYSTEMS {
        let db = Db::new(Template::Empty);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        wait(there_and_back(&db, system));
    }
}

/// What a hosted server has before anything is migrated.
const HOSTED: &str = "
    CREATE SCHEMA extensions;
    CREATE EXTENSION pg_trgm SCHEMA extensions;
    CREATE SCHEMA auth;
    CREATE TABLE auth.users (id uuid PRIMARY KEY, email text, encrypted_password text,
                             created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    CREATE PUBLICATION supabase_realtime;
    GRANT USAGE ON SCHEMA public, auth TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;";

#[test]
fn nothing_of_a_hosted_server_is_taken_away() {
    for system in SYSTEMS {
        let db = Db::new(Template::Empty);
        db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
        wait(async {
            let mut connection = db.connect().await;
            // The roles are there, from whichever test came first.
            run(&mut connection, "roles", &files(system)[0].1.split("$$;").next().map(|s| format!("{s}$$;")).unwrap())
                .await;
            run(&mut connection, "hosted", HOSTED).await;
            let before = read(&mut connection).await;
            there_and_back(&db, system).await;
            for (name, _, down) in files(system).iter().rev() {
                run(&mut connection, name, down).await;
            }
            // Here nothing may be left either: it was all there.
            assert_eq!(differences(&before, &read(&mut connection).await), [], "{system}");
        });
    }
}
