//! Owners and schemas whose names are not plain lower-case identifiers.

use crate::support::{Db, Template, bursar, connect, run, url, wait};
use sqlx::{AssertSqlSafe, Executor as _};

#[test]
fn an_owner_and_a_schema_with_capitals_and_hyphens_work() {
    let db = Db::new(Template::Empty);
    let owner = format!("App-Owner-{}", db.name);
    db.sql(&format!(
        "CREATE ROLE \"{owner}\" LOGIN CREATEROLE PASSWORD 'x'; ALTER DATABASE {0} OWNER TO \"{owner}\";
         ALTER SCHEMA public OWNER TO \"{owner}\";
         DO $$ DECLARE r record; BEGIN
             FOR r IN SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role') OR rolname LIKE 'bursar\\_%' LOOP
                 EXECUTE format('GRANT %I TO %I WITH ADMIN OPTION', r.rolname, '{owner}'); END LOOP; END $$;
         ALTER ROLE \"{owner}\" IN DATABASE {0} SET search_path = \"MyApp\", public",
        db.name
    ));
    let by_owner = |arguments: &[&str]| run(bursar().args(arguments).args(["-d", &db.url_as(&owner)]));
    by_owner(&["migrate", "up", "--app", "mimivibe", "--yes"]).ok();
    by_owner(&["seed", "--users", "30", "--seed", "1", "--until", "2026-11-01", "--yes", "--app", "mimivibe"]).ok();
    let account = db.value("SELECT id FROM public.users ORDER BY id LIMIT 1");
    let adjust = ["wallet", "adjust", &account, "STAR", "+1", "--reason", "r", "-y"];
    by_owner(&adjust).ok();

    // A trigger without a path of its own finds what is in the schema with capitals.
    db.sql(&format!(
        "CREATE SCHEMA \"MyApp\" AUTHORIZATION \"{owner}\"; SET ROLE \"{owner}\";
         CREATE TABLE \"MyApp\".audit_log (id uuid);
         CREATE FUNCTION public.log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit_log VALUES (new.id); RETURN new; END $$;
         CREATE TRIGGER log_it AFTER UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.log_it();
         CREATE TRIGGER log_it AFTER UPDATE ON public.jobs FOR EACH ROW EXECUTE FUNCTION public.log_it();
         UPDATE public.jobs SET status = 'dlq', completed_at = now() WHERE id = (SELECT id FROM public.jobs WHERE status = 'succeeded' ORDER BY id LIMIT 1)"


    ).replace("UPDATE public.jobs SET", "SET search_path = \"MyApp\", public; UPDATE public.jobs SET"));
    db.sql("DELETE FROM \"MyApp\".audit_log");
    by_owner(&adjust).ok();
    by_owner(&["jobs", "retry", "--status", "dead", "-y"]).ok();
    assert_eq!(db.value("SELECT count(*) >= 2 FROM \"MyApp\".audit_log"), "true");

    drop(db);
    wait(async {
        let mut connection = connect(&url("postgres")).await;
        for sql in [format!("DROP OWNED BY \"{owner}\""), format!("DROP ROLE \"{owner}\"")] {
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
        }
    });
}
