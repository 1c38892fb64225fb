//! Each job has its own answer: what the database does not let go is named, and the others are done all the same.

use super::{id, outcomes, queue};
use crate::support::terminal::{Terminal, plain};
use crate::support::{Db, Template, bursar, run};

#[test]
fn what_a_trigger_keeps_is_no_job_that_was_done() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 3) n");
    db.sql(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
         CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON jobs FOR EACH ROW WHEN (OLD.id <> job(2)) EXECUTE FUNCTION keep()",
    );
    let kept = "a trigger or a policy of the application kept it as it was";
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("purged.ndjson");
    for arguments in [
        &["jobs", "retry", "--status", "dead"][..],
        &["jobs", "purge", "--status", "dead", "--max", "1", "--export", export.to_str().unwrap()],
    ] {
        let before = db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs");
        let ran = db.bursar(&[arguments, &["--yes", "-o", "json"]].concat()).exits(6);
        assert!(ran.stdout.contains(kept), "{ran:?}");
        let done = outcomes(&ran).into_iter().filter(|(_, outcome)| outcome == "done").count();
        assert_eq!(done, usize::from(arguments[1] == "retry"), "{ran:?}");
        assert_eq!(before.split(' ').count(), 3);
    }
    assert_eq!(db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"), "dlq queued dlq");
    // Nothing was deleted, so nothing is in the file, and the log says what was done and no more.
    assert_eq!(std::fs::read_to_string(&export).unwrap_or_default(), "");
    assert_eq!(
        db.value("SELECT string_agg(outcome, ', ') FROM bursar.operations WHERE command LIKE 'jobs %'"),
        "1 of 3 done"
    );
}

#[test]
fn a_row_that_another_table_needs_is_skipped_and_stops_nobody() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 5) n");
    db.sql("CREATE TABLE receipts (job_id uuid REFERENCES jobs); INSERT INTO receipts VALUES (job(2)), (job(5))");
    for (arguments, done) in [(&["--batch", "2"][..], 3), (&[], 0)] {
        let ran = db.bursar(&[&["jobs", "delete", "--all", "--yes", "-o", "json"], arguments].concat()).exits(6);
        let answers = outcomes(&ran);
        assert_eq!(answers.iter().filter(|(_, outcome)| outcome == "done").count(), done, "{ran:?}");
        assert!(ran.stdout.contains("violates foreign key constraint"), "{ran:?}");
        assert!(ran.stdout.contains("\"not_begun\": 0") || ran.stdout.contains("\"not_begun\":0"), "{ran:?}");
    }
    assert_eq!(db.value("SELECT count(*) FROM jobs"), "2");
}

#[test]
fn a_row_that_raises_whatever_error_is_named_and_the_others_are_done() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e', (30 - n) * interval '1 hour') FROM generate_series(1, 20) n");
    // One fails at once, one only when the transaction ends, and one by an assertion; each in a trigger of the application
    // that names a table as its own path allows.
    db.sql(
        "CREATE TABLE audit_log (id uuid);
         CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO audit_log VALUES (new.id);
             IF new.id = job(7) THEN PERFORM 1 / (SELECT count(*) - count(*) FROM audit_log); END IF;
             ASSERT new.id <> job(9), 'nine is odd';
             RETURN new; END $$;
         CREATE TRIGGER log_it BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION log_it();
         ALTER FUNCTION log_it() SET search_path = public;
         CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$ BEGIN
             IF old.id = job(11) THEN RAISE 'eleven is too late'; END IF;
             IF old.id = job(13) THEN PERFORM not_there(); END IF; RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE OR DELETE ON jobs DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION late()",
    );
    for done in [16, 0] {
        let ran = db.bursar(&["jobs", "retry", "--all", "--yes", "-o", "json"]).exits(6);
        let answers = outcomes(&ran);
        assert_eq!(answers.iter().filter(|(_, outcome)| outcome == "done").count(), done, "{ran:?}");
        let mut left: Vec<_> =
            answers.into_iter().filter(|(_, outcome)| outcome == "skipped").map(|(job, _)| job).collect();
        left.sort();
        assert_eq!(left, [id(7), id(9), id(11), id(13)], "{ran:?}");
        for words in ["division by zero", "nine is odd", "eleven is too late", "not_there"] {
            assert!(ran.stdout.contains(words), "{words}: {ran:?}");
        }
    }
    let table = db.bursar(&["jobs", "retry", "--all", "--yes"]).exits(6).stdout;
    assert!(table.contains(&id(7)) && table.contains("division by zero"), "{table}");
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE status = 'queued'"), "16");
    // What is not deleted in the end is not in the file.
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("purged.ndjson");
    db.bursar(&["jobs", "purge", "--status", "dead", "--export", export.to_str().unwrap(), "--yes"])
        .exits(6)
        .tells("eleven is too late");
    assert_eq!(std::fs::read_to_string(&export).unwrap().lines().count(), 2);
    assert_eq!(
        db.value("SELECT string_agg(outcome, ', ' ORDER BY id) FROM bursar.operations WHERE command = 'jobs purge'"),
        "2 of 2 done"
    );
    db.bursar(&["operations", "verify"]).ok();
}

#[test]
fn a_job_that_is_there_is_never_said_not_to_be() {
    let db = queue(
        "SELECT add(1, 'processing', 1, NULL, '1 second'); SELECT add(2, 'queued'); SELECT add(3, 'dlq', 5, 'e')",
    );
    for (arguments, note) in [
        (&["stuck", "--release", &id(1)][..], "its lease is not over"),
        (&["stuck", "--release", &id(2)], "it is queued"),
        (&["retry", &id(3), "--type", "nope"], "the filter leaves it out"),
        (&["retry", &id(4)], "there is no such job"),
        (&["purge", &id(2), "--export", "/nowhere/x"], "it is queued"),
        (&["purge", "--status", "queued", "--export", "/nowhere/x"], "it is queued"),
    ] {
        let ran = db.bursar(&[&["jobs"], arguments, &["--yes", "-o", "json"]].concat()).exits(6);
        assert!(ran.stdout.contains(note), "{arguments:?}: {ran:?}");
    }
    assert_eq!(db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"), "processing queued dlq");
}

#[test]
fn a_dry_run_names_each_job() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 3) n");
    let would = |format: &str| db.bursar(&["jobs", "retry", "--all", "--dry-run", "-o", format]).ok();
    assert_eq!(outcomes(&would("json")), [1, 2, 3].map(|n| (id(n), "would".to_owned())));
    assert_eq!(would("ndjson").stdout.matches("\"would\"").count(), 3);
    assert_eq!(would("csv").stdout.lines().count(), 4);
}

#[test]
fn a_purge_that_could_not_begin_leaves_no_file_in_the_way() {
    let db = queue("SELECT add(1, 'dlq', 5, 'e')");
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("purged.ndjson");
    let purge = ["jobs", "purge", "--all", "--yes", "--export", export.to_str().unwrap()];
    db.sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / 0; END $$; CREATE TRIGGER fail BEFORE DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION fail()");
    db.bursar(&purge).exits(6).tells("division by zero");
    assert!(!export.exists());
    db.sql("DROP TRIGGER fail ON jobs");
    db.bursar(&purge).ok().tells("1 purged");
    assert_eq!(std::fs::read_to_string(&export).unwrap().lines().count(), 1);
}

#[test]
fn what_the_application_calls_failed_is_no_job_to_be_cancelled_where_it_means_dead() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let failed = db.value("SELECT count(*) FROM ai_tasks WHERE status = 'failed'");
    db.sql("INSERT INTO ai_tasks (clone_id, task_name) SELECT id, 't' FROM ai_clones LIMIT 3");
    let pending: usize = db.value("SELECT count(*) FROM ai_tasks WHERE status = 'pending'").parse().unwrap();
    db.bursar(&["jobs", "cancel", "--all", "--max", "2", "--reason", "r", "--yes"]).ok().tells("2 cancelled");
    db.bursar(&["jobs", "cancel", "--all", "--reason", "r", "--yes"]).ok().tells(&format!("{} cancelled", pending - 2));
    let now = db.value("SELECT count(*) FROM ai_tasks WHERE status = 'failed'");
    assert_eq!(now.parse::<usize>().unwrap(), failed.parse::<usize>().unwrap() + pending);
}

#[test]
fn operators_need_no_right_on_the_tables_and_others_are_refused_before_they_are_asked() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 2) n");
    let [operator, other] = ["operator", "other"].map(|r| format!("{r}_{}", std::process::id()));
    db.sql(&format!(
        "CREATE ROLE {operator} LOGIN PASSWORD 'x' IN ROLE bursar_operator, bursar_auditor;
         CREATE ROLE {other} LOGIN PASSWORD 'x' IN ROLE bursar_auditor BYPASSRLS;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO bursar_auditor; GRANT ALL ON jobs, job_attempts TO {other}"
    ));
    let as_role = |role: &str, more: &[&str]| {
        let url = db.url_as(role);
        run(bursar().args([&["jobs", "retry", "--all", "-d", &url], more].concat()))
    };
    let refused = as_role(&other, &["--yes"]).exits(4);
    assert!(refused.stderr.contains(&format!("GRANT bursar_operator TO {other}")), "{refused:?}");
    as_role(&other, &["--dry-run"]).ok();
    // Policies hide every job from a member of the auditor's, who becomes the auditor to see them.
    let done = as_role(&operator, &["--yes"]).ok().tells("2 retried");
    assert!(!done.stderr.contains("row level security"), "{done:?}");
    assert_eq!(
        db.value("SELECT string_agg(DISTINCT database_role || ' ' || outcome, ', ') FROM bursar.operations"),
        format!("{operator} 2 of 2 done")
    );
    db.bursar(&["operations", "verify"]).ok();
    db.sql(&format!("DROP OWNED BY {operator}, {other}; DROP ROLE {operator}, {other}"));
}

#[test]
fn what_is_shown_before_it_is_asked_is_a_table_and_no_codes() {
    let db = queue("SELECT add(1, 'dlq', 5, 'e')");
    let mut terminal = Terminal::start((80, 24), &["jobs", "retry", "--all", "-d", &db.url()], &[]);
    terminal.until("[y/N]");
    terminal.types("n\r");
    let ended = terminal.ends();
    let shown = plain(&ended.raw);
    assert!(shown.contains("added (UTC)") && !shown.contains("u{1b}"), "{shown}");
}

#[test]
fn the_database_itself_refuses_what_cannot_be_done_to_a_job() {
    let db = queue(
        "SELECT add(1, 'processing', 1, NULL, '1 second'); SELECT add(2, 'queued'); SELECT add(3, 'succeeded', 1); SELECT add(4, 'dlq', 5, 'e')",
    );
    let before = db.value("SELECT md5(string_agg(j::text, '' ORDER BY id)) FROM jobs j");
    for (action, n) in [
        ("retry", 1),
        ("retry", 2),
        ("retry", 3),
        ("cancel", 1),
        ("cancel", 3),
        ("cancel", 4),
        ("release", 1),
        ("release", 2),
        ("release", 4),
        ("delete", 1),
        ("explode", 2),
    ] {
        let answer = db.value(&format!(
            "SELECT outcome FROM bursar.change_jobs('{action}', ARRAY[job({n})::text], ARRAY(SELECT xmin::text FROM jobs WHERE id = job({n})), 'r', '{{}}', 'jobs', '{{}}', gen_random_uuid())"
        ));
        assert_eq!(answer, "skipped", "{action} {n}");
    }
    assert_eq!(before, db.value("SELECT md5(string_agg(j::text, '' ORDER BY id)) FROM jobs j"));
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations WHERE command = 'jobs'"), "0");
}
