//! Workers, waits, runs and the pace, each equal to SQL that was written independently.

use serde_json::{Value, json};

use super::{empty, job, refused};
use crate::support::{Db, sample};

/// 400 jobs, most of which ended, with attempts of 5 workers over the last 20 hours; one in 20 attempts has not ended,
/// and in one in 25 the clock ran backwards.
fn worked() -> Db {
    let db = empty();
    db.sql(
        "INSERT INTO jobs (id, job_type, status, payload, attempts, created_at, started_at, completed_at, worker_id, visibility_timeout_secs)
         SELECT format('00000000-0000-4000-8000-%s', lpad(g::text, 12, '0'))::uuid, (ARRAY['mail', 'report'])[1 + g % 2],
                (CASE WHEN g % 10 = 0 THEN 'processing' WHEN g % 7 = 0 THEN 'dlq' ELSE 'succeeded' END)::job_status, '{}', 1,
                now() - g * interval '3 minutes' - interval '47 seconds', now() - g * interval '3 minutes' + g * interval '31 milliseconds',
                CASE WHEN g % 10 > 0 THEN now() - g * interval '3 minutes' + (g % 40 + 1) * (g % 40 + 1) * interval '211 milliseconds' END,
                'worker-' || g % 5, CASE WHEN g % 20 = 0 THEN 1000000 ELSE 1 END
           FROM generate_series(1, 400) g;
         INSERT INTO job_attempts (job_id, attempt_number, worker_id, started_at, finished_at, success, created_at)
         SELECT format('00000000-0000-4000-8000-%s', lpad(g::text, 12, '0'))::uuid, n, 'worker-' || (g + n) % 5,
                now() - g * interval '3 minutes' + g * interval '31 milliseconds',
                CASE WHEN g % 20 > 0 THEN now() - g * interval '3 minutes' + (g % 40 + 1) * (g % 40 + 1) * interval '211 milliseconds'
                     - CASE WHEN g % 25 = 0 THEN interval '1 hour' ELSE interval '0' END END,
                CASE WHEN g % 20 > 0 THEN n = 2 END, now() - g * interval '3 minutes' + interval '2 seconds'
           FROM generate_series(1, 400) g, generate_series(1, 2) n;",
    );
    db
}

/// The object that a query returns.
fn object(db: &Db, sql: &str) -> Value {
    serde_json::from_str(&db.value(&format!("SELECT to_jsonb(r) FROM ({sql}) r"))).unwrap()
}

#[track_caller]
fn includes(told: &Value, expected: &Value) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(told[key], *value, "{key} of {told}, where {expected} was expected");
    }
}

const TOOK: &str =
    "CASE WHEN finished_at >= started_at THEN floor(extract(epoch FROM finished_at - started_at) * 1000)::int8 END";

#[test]
fn each_worker_is_told_as_its_attempts_were() {
    let db = worked();
    for (since, interval) in [("24h", "24 hours"), ("301m 30s", "301 minutes 30 seconds")] {
        let told = db.json(&["jobs", "workers", "--since", since, "-o", "json"]);
        let workers = told["workers"].as_array().unwrap();
        assert_eq!(workers.len(), 5);
        for worker in workers {
            let name = worker["worker"].as_str().unwrap();
            let past =
                format!("FROM job_attempts WHERE worker_id = '{name}' AND created_at > now() - interval '{interval}'");
            includes(worker, &object(&db, &format!(
                "SELECT (SELECT count(*) {past} AND success) AS done, (SELECT count(*) {past} AND NOT success) AS failed,
                        (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY {TOOK}) {past}) AS median_ms,
                        (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY {TOOK}) {past}) AS p95_ms,
                        (SELECT count(*) FROM jobs WHERE worker_id = '{name}' AND status = 'processing') AS running,
                        (SELECT count(*) FROM jobs WHERE worker_id = '{name}' AND status = 'processing' AND visibility_timeout_secs = 1) AS stuck"
            )));
            assert!(worker["median_ms"].as_i64().unwrap() >= 0, "{worker}");
            let seen = db.value(&format!("SELECT floor(extract(epoch FROM now() - greatest(max(created_at), max(finished_at), (SELECT max(started_at) FROM jobs WHERE worker_id = '{name}' AND status = 'processing')))) {past}"));
            let (seen, told) = (seen.parse::<i64>().unwrap(), worker["last_seen_secs"].as_i64().unwrap());
            assert!((seen - 30..=seen).contains(&told), "{seen}: {worker}");
        }
    }
    let csv = db.bursar(&["jobs", "workers", "-o", "csv"]).ok().stdout;
    assert_eq!(csv.lines().count(), 6);
    assert!(csv.starts_with("worker,running,stuck,done,failed,median_ms,p95_ms,last_seen\r\n"), "{csv}");
    assert_eq!(db.bursar(&["jobs", "workers", "-o", "ndjson"]).ok().stdout.lines().count(), 5);
    let table = db.bursar(&["jobs", "workers"]).ok().stdout;
    assert!(table.contains("past lease") && table.contains("worker-4"), "{table}");
    let none = empty().bursar(&["jobs", "workers"]).ok().stdout;
    assert!(none.contains("No worker has a job, or had one in that time."), "{none}");
}

fn bars(took: &str, rows: &str) -> String {
    let ends = [
        10i64, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000, 600_000, 1_800_000, 3_600_000, 21_600_000,
        86_400_000,
    ];
    let mut counts: Vec<String> = (0..ends.len())
        .map(|i| format!("count(*) FILTER (WHERE t <= {} AND t > {})", ends[i], if i == 0 { -1 } else { ends[i - 1] }))
        .collect();
    counts.push("count(*) FILTER (WHERE t > 86400000)".to_owned());
    format!(
        "SELECT count(t), max(t) AS max_ms, percentile_disc(0.5) WITHIN GROUP (ORDER BY t) AS p50_ms, percentile_disc(0.9) WITHIN GROUP (ORDER BY t) AS p90_ms,
                percentile_disc(0.95) WITHIN GROUP (ORDER BY t) AS p95_ms, percentile_disc(0.99) WITHIN GROUP (ORDER BY t) AS p99_ms,
                ARRAY[{}] AS histogram FROM (SELECT {took} AS t {rows}) s",
        counts.join(", ")
    )
}

#[test]
fn waits_and_runs_are_what_the_rows_say() {
    let db = worked();
    // Ends of bars belong to the bar that they end.
    for ms in [0, 10, 11, 30, 1_000, 86_400_000, 86_400_001] {
        job(
            &db,
            "status, job_type, created_at, completed_at",
            &format!(
                "'succeeded', 'mail', now() - interval '{ms} milliseconds' - interval '3 minutes', now() - interval '3 minutes'"
            ),
        );
    }
    for kind in [None, Some("mail")] {
        let only = kind.map_or("true".to_owned(), |k| format!("j.job_type = '{k}'"));
        let mut arguments = vec!["jobs", "latency", "--since", "601m 30s", "-o", "json"];
        arguments.extend(kind.into_iter().flat_map(|k| ["--type", k]));
        let told = db.json(&arguments);
        let attempts = format!(
            "FROM job_attempts a JOIN jobs j ON j.id = a.job_id WHERE a.created_at > now() - interval '601 minutes 30 seconds' AND {only}"
        );
        let took = |from: &str, to: &str| {
            format!("CASE WHEN {to} >= {from} THEN floor(extract(epoch FROM {to} - {from}) * 1000)::int8 END")
        };
        includes(&told["run"], &object(&db, &bars(&took("a.started_at", "a.finished_at"), &attempts)));
        includes(
            &told["wait"],
            &object(&db, &bars(&took("j.created_at", "a.started_at"), &format!("{attempts} AND a.attempt_number = 1"))),
        );
        includes(
            &told["total"],
            &object(
                &db,
                &bars(
                    &took("j.created_at", "j.completed_at"),
                    &format!("FROM jobs j WHERE j.completed_at > now() - interval '601 minutes 30 seconds' AND {only}"),
                ),
            ),
        );
        assert!(told["run"]["count"].as_u64().unwrap() > 100);
        assert_eq!(
            told["histogram_up_to_ms"].as_array().unwrap().len() + 1,
            told["run"]["histogram"].as_array().unwrap().len()
        );
    }
    let table = db.bursar(&["jobs", "latency"]).ok().stdout;
    for text in ["wait: until the first attempt", "p99", "≤ 10 ms", "longer", "█"] {
        assert!(table.contains(text), "{text}: {table}");
    }
    // Where nothing ended there is nothing to tell, and that is no error.
    let none = empty().json(&["jobs", "latency", "-o", "json"]);
    assert_eq!((&none["total"]["count"], &none["total"]["p50_ms"]), (&json!(0), &Value::Null));
    refused(db.bursar(&["jobs", "latency", "-o", "csv"]), &["table, json"]);
}

#[test]
fn the_pace_adds_up_to_what_came_and_went() {
    let db = worked();
    for (step, since, kind) in [("1m", "1h", None), ("7m", "5h", None), ("15m", "24h", Some("report"))] {
        let only = kind.map_or("true".to_owned(), |k| format!("job_type = '{k}'"));
        let mut arguments = vec!["jobs", "throughput", "--since", since, "--step", step, "-o", "json"];
        arguments.extend(kind.into_iter().flat_map(|k| ["--type", k]));
        let told = db.json(&arguments);
        let steps = told["steps"].as_array().unwrap();
        let secs = told["step_secs"].as_i64().unwrap();
        assert_eq!(secs, 60 * step.trim_end_matches('m').parse::<i64>().unwrap());
        for step in steps {
            let within = |column: &str| {
                format!(
                    "{column} >= '{0}' AND {column} < '{0}'::timestamptz + interval '{secs} seconds'",
                    step["at"].as_str().unwrap()
                )
            };
            let expected = object(&db, &format!(
                "SELECT (SELECT count(*) FROM jobs WHERE {} AND {only}) AS added,
                        (SELECT count(*) FROM jobs WHERE {} AND status = 'succeeded' AND {only}) AS done,
                        (SELECT count(*) FROM jobs WHERE {} AND status = 'dlq' AND {only}) AS dead,
                        (SELECT count(*) FROM job_attempts a JOIN jobs j ON j.id = a.job_id WHERE {} AND NOT success AND {only}) AS failed_attempts",
                within("created_at"), within("completed_at"), within("completed_at"), within("a.created_at"),
            ));
            includes(step, &expected);
        }
        // They lie side by side, and the last one holds the present.
        let at = |n: usize| chrono::DateTime::parse_from_rfc3339(steps[n]["at"].as_str().unwrap()).unwrap().timestamp();
        assert!((1..steps.len()).all(|n| at(n) - at(n - 1) == secs));
        let now: i64 = db.value("SELECT floor(extract(epoch FROM now()))::int8").parse().unwrap();
        assert!((at(steps.len() - 1)..=at(steps.len() - 1) + secs + 60).contains(&now));
    }
    let csv = db.bursar(&["jobs", "throughput", "-o", "csv"]).ok().stdout;
    assert_eq!(csv.lines().count(), 61);
    let table = db.bursar(&["jobs", "throughput", "--since", "24h", "--step", "15m"]).ok().stdout;
    assert!(table.contains("in steps of 15 min"), "{table}");
    refused(db.bursar(&["jobs", "throughput", "--since", "2000-01-01"]), &["steps", "--step 1h"]);
    refused(db.bursar(&["jobs", "throughput", "--since", "2999-01-01"]), &["--since is in the future"]);
    refused(db.bursar(&["jobs", "throughput", "--since", "300d"]), &["432,000 steps", "--step 1h"]);
    refused(db.bursar(&["jobs", "throughput", "--since", "0s"]), &["12h or 7d"]);
}

#[test]
fn every_filter_of_a_list_holds_for_workers_times_and_the_pace_too() {
    let db = worked();
    // What an attempt failed of is not what the job failed of last.
    db.sql(
        r#"UPDATE jobs SET last_error = CASE WHEN right(id::text, 2) = '07' THEN 'no model 12' ELSE 'timeout after ' || attempts || ' ms' END, last_error_at = now()
            WHERE status = 'dlq';
           UPDATE jobs SET payload = '{"user": {"plan": "gold"}}', attempts = 3 WHERE right(id::text, 1) IN ('3', '7');
           UPDATE job_attempts SET error = CASE WHEN right(job_id::text, 1) IN ('1', '2') THEN 'timeout after 77 ms' ELSE 'no model 3' END WHERE NOT success"#,
    );
    let groups = db.json(&["jobs", "triage", "-o", "json"]);
    let handle = |pattern: &str| {
        let groups = groups["groups"].as_array().unwrap();
        let group = groups.iter().find(|g| g["pattern"].as_str().unwrap().starts_with(pattern)).unwrap();
        group["fingerprint"].as_str().unwrap().to_owned()
    };
    let (timeouts, model) = (handle("timeout"), handle("no model"));
    let of_timeouts = ("j.last_error LIKE 'timeout%'", "a.error LIKE 'timeout%'");
    let like = |condition: &'static str| (condition, condition);
    let all = [
        (&["--status", "dead"][..], like("j.status = 'dlq'")),
        (&["--worker", "worker-2"], ("j.worker_id = 'worker-2'", "a.worker_id = 'worker-2'")),
        (&["--error", "~^time"], of_timeouts),
        (&["--error", &timeouts], of_timeouts),
        (&["--error", &model], ("j.last_error LIKE 'no model%'", "a.error LIKE 'no model%'")),
        (&["--error", "err:0000000"], like("false")),
        (&["--payload", "user.plan=gold"], like("j.payload #>> '{user,plan}' = 'gold'")),
        (&["--attempts", ">=2", "--type", "mail"], like("j.attempts >= 2 AND j.job_type = 'mail'")),
        (
            &["--error", &timeouts, "--worker", "worker-1"],
            (
                "j.last_error LIKE 'timeout%' AND j.worker_id = 'worker-1'",
                "a.error LIKE 'timeout%' AND a.worker_id = 'worker-1'",
            ),
        ),
    ];
    for (arguments, (of_job, of_attempt)) in sample(all, 2) {
        let run = |what: &[&str]| db.json(&[&["jobs"], what, arguments, &["-o", "json"]].concat());
        let ended = format!("FROM jobs j WHERE completed_at > now() - interval '24 hours' AND {of_job}");
        let past = format!("FROM job_attempts a JOIN jobs j ON j.id = a.job_id WHERE {of_attempt}");
        let told = run(&["latency"]);
        includes(&told["total"], &object(&db, &format!("SELECT count(*) {ended}")));
        includes(&told["run"], &object(&db, &format!("SELECT count(*) {past} AND a.finished_at >= a.started_at")));
        includes(
            &told["wait"],
            &object(&db, &format!("SELECT count(*) {past} AND a.attempt_number = 1 AND a.started_at >= j.created_at")),
        );

        let told = run(&["throughput", "--since", "24h", "--step", "1h"]);
        let steps = told["steps"].as_array().unwrap();
        for (column, expected) in [
            ("added", format!("SELECT count(*) FROM jobs j WHERE {of_job}")),
            ("done", format!("SELECT count(*) {ended} AND status = 'succeeded'")),
            ("dead", format!("SELECT count(*) {ended} AND status = 'dlq'")),
            ("failed_attempts", format!("SELECT count(*) {past} AND NOT success")),
        ] {
            let sum: i64 = steps.iter().map(|s| s[column].as_i64().unwrap()).sum();
            assert_eq!(sum.to_string(), db.value(&expected), "{column} of {arguments:?}");
        }

        let told = run(&["workers"]);
        let seen: serde_json::Map<String, Value> = told["workers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|w| (w["worker"].as_str().unwrap().to_owned(), json!([w["done"], w["failed"], w["running"]])))
            .collect();
        let running = format!("FROM jobs j WHERE status = 'processing' AND {of_job}");
        let expected = db.value(&format!(
            "SELECT coalesce(jsonb_object_agg(worker, jsonb_build_array(done, failed, running)), '{{}}')
               FROM (SELECT 'worker-' || w AS worker, (SELECT count(*) {past} AND a.worker_id = 'worker-' || w) AS past,
                            (SELECT count(*) {past} AND a.worker_id = 'worker-' || w AND success) AS done,
                            (SELECT count(*) {past} AND a.worker_id = 'worker-' || w AND NOT success) AS failed,
                            (SELECT count(*) {running} AND j.worker_id = 'worker-' || w) AS running
                       FROM generate_series(0, 4) w) w WHERE past + running > 0"
        ));
        assert_eq!(Value::Object(seen), serde_json::from_str::<Value>(&expected).unwrap(), "{arguments:?}");
        // When a worker was seen last does not depend on what is asked for.
        let all = db.json(&["jobs", "workers", "-o", "json"]);
        for worker in told["workers"].as_array().unwrap() {
            let same = all["workers"].as_array().unwrap().iter().find(|w| w["worker"] == worker["worker"]).unwrap();
            assert_eq!(worker["last_seen"], same["last_seen"]);
        }
    }
    let none = db.bursar(&["jobs", "workers", "--error", "err:0000000"]).ok().stdout;
    assert!(none.contains("No matches."), "{none}");
    for what in ["latency", "throughput", "workers"] {
        refused(db.bursar(&["jobs", what, "--status", "lost"]), &["no job has the status 'lost'"]);
        refused(db.bursar(&["jobs", what, "--error", "~("]), &["--error"]);
    }
}
