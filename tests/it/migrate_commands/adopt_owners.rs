//! The rights that an adoption needs, and the next step after one that failed.

use sqlx::AssertSqlSafe;

use super::adopt::{PAID, adopt, hosted};
use super::{everything, forget, reader};
use crate::support::{bursar, flat, run, url, wait};

#[test]
fn who_cannot_use_the_tables_installs_nothing_beside_them() {
    let db = hosted("mimivibe", PAID);
    let (role, as_reader) = reader(
        &db,
        "GRANT USAGE, CREATE ON SCHEMA public TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ROLE",
    );
    db.sql(&format!("GRANT CREATE ON DATABASE {} TO {role}", db.name));
    let before = everything(&db);
    let scratch = url("postgres");
    let owner = db.value("SELECT current_user");
    let adopt_as = |more: &[&str]| {
        let mut command = bursar();
        command.args(["migrate", "adopt", "--app", "mimivibe", "--scratch", &scratch, "-d", &as_reader]).args(more);
        run(&mut command)
    };
    let ran = adopt_as(&["--yes"]).exits(4);
    let ran = ran.says(&format!("role {role} may not change what belongs to others: ")).says("nothing was changed");
    ran.says(&format!("of {owner}")).says(&format!("GRANT \"{owner}\" TO \"{role}\";"));
    // What is not of the plan has to be usable as well.
    db.sql(&format!("DO $$ DECLARE o text; BEGIN
        FOR o IN SELECT format('ALTER TABLE %s OWNER TO {role}', c.oid::regclass) FROM pg_class c
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND relname <> 'payments' LOOP EXECUTE o; END LOOP;
    END $$"));
    adopt_as(&["--yes"]).exits(4).says("may not change what belongs to others");
    assert_eq!(db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'bursar'"), "0");
    db.sql(&format!("REASSIGN OWNED BY {role} TO {owner}"));
    assert_eq!(everything(&db).lines().count(), before.lines().count());

    // A schema that such a role owns: doctor tells, and what it tells helps.
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&["doctor"]).ok();
    db.sql(&format!("ALTER SCHEMA bursar OWNER TO {role}; REVOKE SELECT ON payments FROM {role};
        DO $$ DECLARE o text; BEGIN
            FOR o IN SELECT format('ALTER ROUTINE %s OWNER TO {role}', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'bursar'::regnamespace LOOP EXECUTE o; END LOOP;
        END $$"));
    let remedy = format!("REASSIGN OWNED BY \"{role}\" TO \"{owner}\";");
    let doctor = db.bursar(&["doctor"]).exits(3);
    let said = flat(&doctor.stdout);
    for text in [
        "fail owner bursar's functions run as",
        &format!("{role}, which may not read all rows of"),
        "public.payments",
        &remedy,
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    adopt(&db, "mimivibe", &["--yes"])
        .exits(4)
        .says("owner of bursar's functions, may not read and write")
        .says(&remedy);
    db.sql(&remedy);
    db.bursar(&["doctor"]).ok();
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a.sql").display().to_string();
    adopt(&db, "mimivibe", &["--write", &name]).ok();
    adopt(&db, "mimivibe", &["--yes"]).ok();
    // One that was made before another run did the work.
    let late = adopt(&db, "mimivibe", &["--apply", &name, "--yes"]).ok();
    assert!(late.stdout.contains("nothing to do: another run has done it"), "{late:?}");
    forget(&db, &role);
}

#[test]
fn an_adoption_that_did_not_get_its_locks_can_be_run_again() {
    let db = hosted("mimivibe", PAID);
    // Somebody who reads keeps it from its changes, and somebody who changes the table from reading its catalogue.
    for mode in ["ACCESS SHARE", "ACCESS EXCLUSIVE"] {
        let mut holder = wait(db.connect());
        let lock = format!("BEGIN; LOCK TABLE job_attempts IN {mode} MODE");
        wait(sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut holder)).unwrap();
        let ran = adopt(&db, "mimivibe", &["--yes", "--lock-timeout", "200ms", "--retries", "0"]).exits(7);
        drop(holder);
        if mode == "ACCESS SHARE" {
            ran.says("run it again, or give it longer: bursar migrate adopt").says("--lock-timeout 30s");
        }
    }
    adopt(&db, "mimivibe", &["--yes"]).ok();
}
