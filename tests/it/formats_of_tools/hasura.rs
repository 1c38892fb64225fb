//! hasura's history, in either place where it keeps one.

use super::{RECORDED, about, written};
use crate::support::{Db, Template};

#[test]
fn what_hasura_has_applied_is_not_applied_again() {
    let source = written(&[
        ("1700000000001_a/up.sql", "CREATE TABLE seeds (n int);"),
        ("1700000000002_b/up.sql", "INSERT INTO seeds VALUES (1);"),
        ("1700000000003_c/up.sql", "ALTER TABLE seeds ADD COLUMN c int;"),
    ]);
    let seeded = "CREATE TABLE seeds (n int); INSERT INTO seeds VALUES (1); CREATE SCHEMA hdb_catalog";
    let old = "CREATE TABLE hdb_catalog.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
         INSERT INTO hdb_catalog.schema_migrations VALUES (1700000000001, false), (1700000000002, false)";
    let new = "CREATE TABLE hdb_catalog.hdb_version (hasura_uuid uuid PRIMARY KEY DEFAULT gen_random_uuid(), version text, upgraded_on timestamptz DEFAULT now(),
             cli_state jsonb NOT NULL DEFAULT '{}', console_state jsonb NOT NULL DEFAULT '{}', ee_client_id text, ee_client_secret text);
         INSERT INTO hdb_catalog.hdb_version (cli_state) VALUES ('{\"settings\": {}, \"migrations\": {\"default\": {\"1700000000001\": false, \"1700000000002\": false}}}')";
    let stale = "CREATE TABLE hdb_catalog.hdb_version (cli_state jsonb NOT NULL DEFAULT '{}'); INSERT INTO hdb_catalog.hdb_version DEFAULT VALUES";
    for history in
        [old.to_owned(), new.to_owned(), format!("{old}; {stale}"), format!("{old}, (1700000000003, false); {new}")]
    {
        let db = Db::new(Template::Bursar);
        db.sql(&format!("{seeded}; {history}"));
        about(&db, &source, &["up", "--yes"]).exits(4).says("hasura says in ").says("nothing was applied");
        about(&db, &source, &["import", "--history", "--yes"]).ok();
        assert_eq!(db.value(RECORDED), "1700000000001 1700000000002", "{history}");
        about(&db, &source, &["up", "--yes"]).ok();
        assert_eq!(db.value("SELECT count(*) FROM seeds"), "1");
    }
    // One that is half done is not taken.
    let db = Db::new(Template::Bursar);
    db.sql(&format!("{seeded}; {}", new.replace("2\": false", "2\": true")));
    about(&db, &source, &["import", "--history", "--yes"]).exits(4).says("has not finished 1700000000002");
}
