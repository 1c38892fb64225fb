//! `bursar jobs retry`, `cancel`, `delete`, `purge` and `stuck --release`: each job once, as it was planned on, or not at
//! all, whoever else is at it.

mod answers;
mod cancelled;
mod crowd;
mod pace;

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Db, Ran, Starts as _, Template, bursar, run, until_so, wait};

/// A queue of its own: what a test says, and nothing of a seed.
fn queue(jobs: &str) -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "CREATE FUNCTION job(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT format('d0000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
         CREATE FUNCTION add(n integer, status text, attempts integer DEFAULT 0, error text DEFAULT NULL, age interval DEFAULT '1 hour') RETURNS void LANGUAGE sql AS $$
             INSERT INTO jobs (id, payload, status, attempts, max_attempts, last_error, last_error_at, created_at, started_at, completed_at, result, worker_id, visibility_timeout_secs)
             SELECT job(n), jsonb_build_object('user_id', 'u' || n % 3), status::job_status, attempts, 5, error, CASE WHEN error IS NOT NULL THEN now() END, now() - age,
                    CASE WHEN status <> 'queued' THEN now() - age END, CASE WHEN status IN ('succeeded', 'dlq') THEN now() - age END,
                    CASE WHEN status = 'succeeded' THEN '{}'::jsonb END, CASE WHEN status <> 'queued' THEN 'worker-1' END, 60;
             INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, error)
             SELECT job(n), a, 'worker-1', now() - age, now() - age, status = 'succeeded' AND a = attempts, error FROM generate_series(1, attempts) a $$",
    );
    db.sql(jobs);
    db
}

fn id(n: usize) -> String {
    format!("d0000000-0000-4000-8000-{n:012}")
}

/// Each job's outcome, as the answer names it.
fn outcomes(ran: &Ran) -> Vec<(String, String)> {
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let text = |job: &serde_json::Value, key: &str| job[key].as_str().unwrap_or_default().to_owned();
    answer["jobs"].as_array().unwrap().iter().map(|j| (text(j, "job"), text(j, "outcome"))).collect()
}

#[test]
fn what_failed_is_queued_again_and_everything_else_is_skipped_by_name() {
    let db = queue(
        "SELECT add(1, 'failed', 2, 'e'); SELECT add(2, 'dlq', 5, 'e'); SELECT add(3, 'succeeded', 1); SELECT add(4, 'queued');
         UPDATE jobs SET next_retry_at = now() + interval '1 h' WHERE id = job(1)",
    );
    let ids = [id(1), id(2), id(3), id(4), id(9)];
    let mut arguments = vec!["jobs", "retry", "--yes", "-o", "json", "--reason", "the model is back"];
    arguments.extend(ids.iter().map(String::as_str));
    let ran = db.bursar(&arguments).exits(6);
    let mut came = outcomes(&ran);
    came.sort();
    let expected = [(1, "done"), (2, "done"), (3, "skipped"), (4, "skipped"), (9, "skipped")];
    assert_eq!(came, expected.map(|(n, o)| (id(n), o.to_owned())));
    // Attempts are as their rows say, and the next claim is allowed one more.
    let of = |n: usize| {
        db.value(&format!(
            "SELECT concat_ws(' ', status, attempts, max_attempts, coalesce(next_retry_at::text, '-'), coalesce(worker_id, '-'), coalesce(completed_at::text, '-'))
               FROM jobs WHERE id = job({n})"
        ))
    };
    assert_eq!((of(1), of(2)), ("queued 2 5 - - -".to_owned(), "queued 5 6 - - -".to_owned()));
    db.sql("UPDATE jobs SET attempts = attempts + 1 WHERE id = job(2); UPDATE jobs SET attempts = 5 WHERE id = job(2)");
    assert_eq!(
        db.value("SELECT concat_ws(' ', command, reason, outcome, parameters ->> 'jobs') FROM bursar.operations"),
        format!("jobs retry the model is back 2 of 2 done [\"{}\", \"{}\"]", id(1), id(2))
    );
    db.bursar(&["operations", "verify"]).ok();
    db.bursar(&["audit", "--skip", "jobs.readings,references"]).ok();
}

#[test]
fn a_dry_run_says_would_and_changes_nothing() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e') FROM generate_series(1, 30) n");
    let before = db.value("SELECT md5(string_agg(j::text, '' ORDER BY id)) FROM jobs j");
    for command in [
        vec!["jobs", "retry", "--all"],
        vec!["jobs", "delete", "--all"],
        vec!["jobs", "purge", "--all", "--export", "/nowhere/x"],
    ] {
        let ran = db.bursar(&[command.as_slice(), &["--dry-run"]].concat()).ok();
        assert!(ran.stdout.starts_with("30 jobs would be") && ran.stdout.contains("and 20 more"), "{ran:?}");
        // Nor is anything done where nobody can agree to it, or a protected database is not named.
        let unasked = db.bursar(&command);
        assert!(unasked.code == 4 || command[1] == "purge", "{unasked:?}");
    }
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true') ON CONFLICT (name) DO UPDATE SET value = 'true'");
    db.bursar(&["jobs", "retry", "--all", "--yes"]).exits(4).says("--confirm");
    assert_eq!(before, db.value("SELECT md5(string_agg(j::text, '' ORDER BY id)) FROM jobs j"));
    let name = db.value("SELECT current_database()");
    db.bursar(&["jobs", "retry", "--all", "--confirm", &name]).ok();
}

#[test]
fn nothing_is_done_where_it_is_not_said_to_which() {
    let db = queue("SELECT add(1, 'dlq', 5, 'e')");
    for arguments in [
        vec!["jobs", "retry", "--yes"],
        vec!["jobs", "retry", "--yes", "--max", "1"],
        vec!["jobs", "cancel", "--reason", "r", "--yes"],
        vec!["jobs", "delete", "--yes"],
        vec!["jobs", "purge", "--export", "/nowhere/x", "--yes"],
        vec!["jobs", "retry", "--yes", "d0000000"],
        vec!["jobs", "retry", "--yes", "err:xyz"],
        vec!["jobs", "retry", "--yes", "--status", "broken"],
        vec!["jobs", "retry", "--yes", "--error", "~("],
        vec!["jobs", "retry", "--yes", "--canary", "0"],
        vec!["jobs", "retry", "--yes", "--all", "--batch", "0"],
        vec!["jobs", "retry", "--yes", "--all", "--rate", "fast"],
        vec!["jobs", "retry", "--yes", "--all", "--abort-above", "5%"],
        vec!["jobs", "cancel", "--yes", "--all"],
    ] {
        let ran = db.bursar(&arguments).exits(2);
        assert!(ran.stdout.is_empty(), "{ran:?}");
    }
    assert_eq!(db.value("SELECT status FROM jobs"), "dlq");
}

#[test]
fn a_job_that_somebody_holds_or_has_changed_is_a_conflict_and_nothing_waits_for_it() {
    let db = queue("SELECT add(n, 'dlq', 5, 'e', (10 - n) * interval '1 hour') FROM generate_series(1, 4) n");
    wait(async {
        let mut other = db.connect().await;
        sqlx::raw_sql("BEGIN; SELECT FROM jobs WHERE id = job(2) FOR UPDATE").execute(&mut other).await.unwrap();
        // One a second, so that there is time to change the last one and delete the one before it.
        let command = db.url();
        let going = tokio::task::spawn_blocking(move || {
            run(bursar().args([
                "jobs", "retry", "--all", "--yes", "--batch", "1", "--rate", "1/s", "-o", "json", "-d", &command,
            ]))
        });
        let mut changing = db.connect().await;
        until_so("a job that was retried", async || {
            let queued = sqlx::query_scalar::<_, bool>("SELECT EXISTS (SELECT FROM jobs WHERE status = 'queued')");
            queued.fetch_one(&mut changing).await.unwrap()
        })
        .await;
        sqlx::raw_sql("UPDATE jobs SET last_error = 'another' WHERE id = job(4); DELETE FROM jobs WHERE id = job(3)")
            .execute(&mut changing)
            .await
            .unwrap();
        let ran = going.await.unwrap().exits(6);
        let came: Vec<String> = outcomes(&ran).into_iter().map(|(_, outcome)| outcome).collect();
        assert_eq!(came, ["done", "conflict", "conflict", "conflict"], "{ran:?}");
        for why in ["another session holds it", "it is not there any more", "it has changed since it was looked at"] {
            assert!(ran.stdout.contains(why), "{ran:?}");
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    });
    assert_eq!(db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"), "queued dlq dlq");
}

#[test]
fn ids_come_from_standard_input_and_handles_stand_for_what_failed_alike() {
    let db = queue(
        "SELECT add(1, 'dlq', 5, 'timeout after 10 ms'); SELECT add(2, 'failed', 1, 'timeout after 9000 ms');
         SELECT add(3, 'dlq', 5, 'no such card'); SELECT add(4, 'succeeded', 2, 'timeout after 10 ms')",
    );
    let url = db.url();
    let mut command = bursar();
    command.args(["jobs", "retry", "-", "--yes", "-o", "csv", "-d", &url]).stdin(Stdio::piped());
    let mut child = command.starts_quietly();
    writeln!(child.stdin.take().unwrap(), "\n {} \n{}\n", id(3), id(3)).unwrap();
    assert_eq!(child.ended().ok().stdout, format!("job,outcome,note\r\n{},done,\r\n", id(3)));
    let triage = db.json(&["jobs", "triage", "-o", "json"]);
    let handle = triage["groups"][0]["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(triage["groups"][0]["count"], 2);
    db.bursar(&["jobs", "retry", &handle, "--yes"]).ok().tells("2 retried");
    assert_eq!(
        db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"),
        "queued queued queued succeeded"
    );
}

#[test]
fn a_cancelled_job_says_why_and_is_not_claimed() {
    let db = queue("SELECT add(1, 'queued'); SELECT add(2, 'failed', 1, 'e'); SELECT add(3, 'processing', 1)");
    db.bursar(&["jobs", "cancel", &id(1), &id(2), &id(3), "--reason", "asked twice", "--yes"])
        .exits(6)
        .tells("it is processing");
    assert_eq!(
        db.value("SELECT string_agg(concat_ws(' ', status, last_error, completed_at IS NOT NULL), ', ' ORDER BY id) FROM jobs"),
        "dlq cancelled: asked twice t, dlq cancelled: asked twice t, processing f"
    );
    assert!(db.bursar(&["jobs", "why", &id(1)]).ok().stdout.contains("cancelled it: asked twice"));
}

#[test]
fn only_what_is_past_its_lease_is_put_back() {
    let db = queue(
        "SELECT add(1, 'processing', 5, NULL, '2 minutes'); SELECT add(2, 'processing', 1, NULL, '10 seconds'); SELECT add(3, 'processing', 1, NULL, '2 minutes');
         UPDATE jobs SET worker_id = CASE id WHEN job(3) THEN 'worker-2' ELSE 'worker-3' END WHERE id <> job(1);
         UPDATE job_attempts SET created_at = now() - interval '1 hour'",
    );
    db.bursar(&["jobs", "stuck", "--release", "--worker", "worker-2", "--yes"]).ok().tells("1 released");
    assert_eq!(db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"), "processing processing queued");
    // One that is out of attempts is given up, and gets no more of them each time.
    db.bursar(&["jobs", "stuck", "--release", "--yes"])
        .ok()
        .tells("1 released")
        .tells("it is out of attempts, and is dead now");
    db.bursar(&["jobs", "stuck", "--release", "--yes"]).ok();
    assert_eq!(
        db.value("SELECT string_agg(concat_ws(' ', status, attempts, max_attempts, coalesce(worker_id, '-')), ', ' ORDER BY id) FROM jobs"),
        "dlq 5 5 -, processing 1 5 worker-3, queued 1 5 -"
    );
}

#[test]
fn a_job_whose_worker_lives_is_not_given_to_another_one() {
    let db = queue(
        "SELECT add(n, 'processing', 1, NULL, '2 minutes') FROM generate_series(1, 2) n; UPDATE jobs SET worker_id = 'worker-2' WHERE id = job(2);
         SELECT add(3, 'succeeded', 1, NULL, '2 s'); UPDATE job_attempts SET created_at = now() - interval '1 hour'",
    );
    let listed = db.json(&["jobs", "stuck", "-o", "json"]);
    let seen = |n: usize| {
        listed["jobs"].as_array().unwrap().iter().find(|j| j["job"] == id(n)).unwrap()["worker_seen_secs"].clone()
    };
    assert!(seen(1).as_i64().is_some_and(|secs| secs < 30), "{listed}");
    let ran = db.bursar(&["jobs", "stuck", "--release", "--yes"]).exits(6);
    assert!(ran.stdout.contains("may still be at it; --force releases it all the same"), "{ran:?}");
    assert_eq!(db.value("SELECT string_agg(status::text, ' ' ORDER BY id) FROM jobs"), "processing queued succeeded");
    db.bursar(&["jobs", "stuck", "--release", &id(1), "--yes"]).exits(6);
    db.bursar(&["jobs", "stuck", "--release", "--force", "--yes"]).ok().tells("1 released");
    // A row that names the worker that crashed is not merely next.
    db.sql("UPDATE jobs SET worker_id = 'w-crashed' WHERE id = job(1)");
    let why = db.json(&["jobs", "why", &id(1), "-o", "json"]);
    assert!(why["sentence"].as_str().unwrap().contains("w-crashed has it or had it last"), "{why}");
}

#[test]
fn what_is_purged_is_on_disk_before_it_is_gone() {
    let db = queue(
        "SELECT add(n, 'succeeded', 2, NULL, '40 days') FROM generate_series(1, 25) n; SELECT add(30, 'dlq', 5, 'e', '40 days');
         SELECT add(31, 'succeeded', 1, NULL, '1 day'); SELECT add(32, 'queued', 0, NULL, '40 days')",
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.ndjson");
    let file_name = file.to_str().unwrap();
    let purge = ["jobs", "purge", "--older-than", "30d", "--batch", "10", "--export", file_name];
    // Nobody agrees, so the file is not left either.
    db.bursar(&purge).exits(4);
    assert!(!file.exists());
    // What cannot be written is not deleted.
    db.bursar(&["jobs", "purge", "--older-than", "30d", "--yes", "--export", "/no/such/folder/x"]).exits(2);
    db.sql("CREATE TABLE kept AS SELECT j.id, to_jsonb(j) AS was FROM jobs j");
    db.bursar(&[&purge[..], &["--yes"]].concat()).ok().tells("26 purged");
    let lines: Vec<serde_json::Value> =
        std::fs::read_to_string(&file).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 26);
    for line in &lines {
        assert_eq!(line["job_attempts"].as_array().unwrap().len() as u64, line["attempts"].as_u64().unwrap());
        let mut row = line.clone();
        row.as_object_mut().unwrap().remove("job_attempts");
        let id = line["id"].as_str().unwrap();
        assert_eq!(
            db.value(&format!(
                "SELECT was = '{}'::jsonb FROM kept WHERE id = '{id}'",
                row.to_string().replace('\'', "''")
            )),
            "true"
        );
    }
    assert_eq!(db.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM jobs"), format!("{} {}", id(31), id(32)));
    db.sql("SELECT add(40, 'succeeded', 1, NULL, '40 days')");
    db.bursar(&[&purge[..], &["--yes"]].concat()).exits(2).says("not there yet");
    db.bursar(&["audit", "--skip", "jobs.readings,references"]).ok();
}

#[test]
fn a_disk_that_is_full_keeps_the_jobs() {
    let db = queue("SELECT add(1, 'succeeded', 1, NULL, '40 days')");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.ndjson");
    // A limit on the size of files is what a full disk looks like to the one who writes.
    let url = db.url();
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} jobs purge --older-than 30d --export {} --yes -d '{url}'",
        env!("CARGO_BIN_EXE_bursar"),
        file.display()
    );
    let ran = run(std::process::Command::new("sh").args(["-c", &script]).env("TMPDIR", folder.path()));
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("cannot write") && ran.stderr.contains("nothing of it was changed"), "{ran:?}");
    assert_eq!(db.value("SELECT count(*) FROM jobs"), "1");
}

#[test]
fn who_may_not_write_is_refused_and_a_database_without_the_functions_says_how_to_get_them() {
    let db = queue("SELECT add(1, 'dlq', 5, 'e')");
    let role = format!("reader_{}", std::process::id());
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_auditor BYPASSRLS"));
    let reader = db.url_as(&role);
    run(bursar().args(["jobs", "list", "-q", "-d", &reader])).ok();
    run(bursar().args(["jobs", "retry", "--all", "--yes", "-d", &reader])).exits(4).says("GRANT bursar_operator TO");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    // Who reads the tables by a right of its own is told the one that it lacks, and has it then.
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x' BYPASSRLS; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let retry = || run(bursar().args(["jobs", "retry", "--all", "--yes", "-d", &db.url_as(&role)]));
    let refused = retry().exits(4).says(&format!("GRANT bursar_operator TO {role}"));
    assert!(!refused.stderr.contains("bursar_auditor") && !refused.stderr.contains("row level"), "{refused:?}");
    db.sql(&format!("GRANT bursar_operator TO {role}"));
    retry().ok().tells("1 retried");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}; UPDATE jobs SET status = 'dlq'"));
    db.sql("DELETE FROM bursar.pack_functions WHERE file = 'functions/jobs.sql'");
    db.bursar(&["jobs", "retry", "--all", "--yes"]).exits(2).says("bursar migrate up --only bursar");
    assert_eq!(db.value("SELECT status FROM jobs"), "dlq");
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&["jobs", "retry", "--all", "--yes"]).ok();
}

#[test]
fn tasks_without_leases_and_attempts_are_changed_and_logged_too() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let failed: usize = db.value("SELECT count(*) FROM ai_tasks WHERE status = 'failed'").parse().unwrap();
    assert!(failed > 1);
    db.bursar(&["jobs", "stuck", "--release", "--yes"]).exits(2).says("keeps no leases");
    db.bursar(&["jobs", "retry", "--all", "--max", "1", "--yes"]).ok().tells("1 retried");
    db.bursar(&["jobs", "retry", "--all", "--yes"]).ok().tells(&format!("{} retried", failed - 1));
    let one = db.value("SELECT id FROM ai_tasks WHERE status = 'pending' ORDER BY id LIMIT 1");
    db.bursar(&["jobs", "cancel", &one, "--reason", "asked twice", "--yes"]).ok();
    assert_eq!(db.value(&format!("SELECT error_message FROM ai_tasks WHERE id = '{one}'")), "cancelled: asked twice");
    let other = db.value("SELECT id FROM ai_tasks WHERE status = 'completed' ORDER BY id LIMIT 1");
    db.bursar(&["jobs", "delete", &other, "--yes"]).ok();
    assert_eq!(db.value(&format!("SELECT count(*) FROM ai_tasks WHERE id = '{other}'")), "0");
    // The log follows every change, which the audit verifies.
    db.bursar(&["audit"]).ok();
}
