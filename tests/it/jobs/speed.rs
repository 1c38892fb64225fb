//! An index answers the questions about a deep queue.

use super::empty;

/// The plans of the queries in a log, each with its query.
fn plans(log: &str) -> Vec<&str> {
    log.split("Query Text: ").skip(1).collect()
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
    let log =
        String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_else(|e| panic!("{}: {e}", log.display()))).into_owned();
    let plans = plans(&log);
    let of = |part: &str| {
        *plans.iter().find(|plan| plan.contains(part)).unwrap_or_else(|| panic!("no plan of {part}: {log}"))
    };
    // The jobs that are due for longest come in their order, and are not sorted.
    let due = of("ORDER BY j.created_at LIMIT 10000");
    assert!(due.contains("Index Scan Backward using idx_jobs_") && !due.contains("Sort Key: j.created_at"), "{due}");
    assert!(of("(j.payload #> ").contains("Bitmap Index Scan on jobs_payload"), "{plans:?}");
}
