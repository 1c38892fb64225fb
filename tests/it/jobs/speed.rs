//! An index answers the questions about a deep queue.

use super::empty;

/// The plans of the queries in a log, each with its query. An entry ends at the next line that does not begin with a tab.
fn plans(log: &str) -> Vec<String> {
    let entry = |rest: &str| {
        let lines = rest.split('\n').enumerate().take_while(|(n, line)| *n == 0 || line.starts_with('\t'));
        lines.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    };
    log.split("Query Text: ").skip(1).map(entry).collect()
}

#[test]
fn a_deep_queue_and_a_payload_are_answered_by_indexes() {
    let db = empty();
    db.sql(&format!(
        "INSERT INTO jobs (job_type, payload, status, created_at)
         SELECT 'mail', jsonb_build_object('user', jsonb_build_object('id', g)), CASE WHEN g % 4 > 0 THEN 'queued' ELSE 'succeeded' END::job_status,
                now() - (60000 - g) * interval '10 s'
           FROM generate_series(1, 60000) g;
         CREATE INDEX jobs_payload ON jobs USING gin (payload jsonb_path_ops);
         ANALYZE jobs;
         ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain';
         ALTER DATABASE {name} SET auto_explain.log_min_duration = 0",
        name = db.name));
    let told = db.json(&["jobs", "list", "--payload", "user.id=777", "-o", "json"]);
    assert_eq!(told["total"]["count"], 1, "{told}");
    assert_eq!(told["verdict"]["is"], "stalled", "{told}");
    let log =
        std::path::PathBuf::from(db.value("SELECT current_setting('data_directory')")).parent().unwrap().join("log");
    let of = |part: &str| {
        let mut found = None;
        // The last line of a plan is the one with what it took, and another process may still be at writing it.
        crate::support::until(&format!("a plan of {part}"), || {
            let log = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
            found = plans(&log).into_iter().find(|plan| plan.contains(part) && plan.contains("(cost="));
            found.is_some()
        });
        found.unwrap()
    };
    // The jobs that are due for longest come in their order, and are not sorted.
    let due = of("ORDER BY j.created_at LIMIT 10000");
    assert!(due.contains("Index Scan Backward using idx_jobs_") && !due.contains("Sort Key: j.created_at"), "{due}");
    let filtered = of("(j.payload #> ");
    assert!(filtered.contains("Bitmap Index Scan on jobs_payload"), "{filtered}");
}
