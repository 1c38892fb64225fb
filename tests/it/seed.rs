//! `bursar seed`: the same arguments give the same data, and the data is consistent.

use crate::support::{Db, Template, sample};

/// A digest of every row that the seed decides, without what the server adds: the order of arrival.
fn digest(db: &Db) -> String {
    let tables = [
        "users",
        "payments",
        "tarot_readings",
        "user_invites",
        "wallet_transactions",
        "jobs",
        "job_attempts",
        "user_payment_methods",
    ];
    let parts: Vec<String> = tables
        .iter()
        .map(|t| {
            db.value(&format!(
                "SELECT md5(string_agg((to_jsonb(t) - 'arrival' - 'seq')::text, E'\\n' ORDER BY t.id)) FROM {t} t"
            ))
        })
        .collect();
    parts.join(" ")
}

fn seeded(arguments: &[&str]) -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    let mut all = vec!["seed", "--yes"];
    all.extend(arguments);
    db.bursar(&all).ok();
    db
}

#[test]
fn the_same_arguments_give_the_same_data() {
    let arguments = ["--users", "120", "--seed", "5", "--until", "2026-06-01", "--days", "60"];
    let first = digest(&seeded(&arguments));
    assert_eq!(digest(&seeded(&arguments)), first);
    assert_ne!(digest(&seeded(&["--users", "120", "--seed", "6", "--until", "2026-06-01", "--days", "60"])), first);
    assert_ne!(digest(&seeded(&["--users", "120", "--seed", "5", "--until", "2026-06-02", "--days", "60"])), first);
}

#[test]
fn any_size_audits_clean_without_a_warning() {
    for (users, seed) in sample([("1", "1"), ("2", "9"), ("499", "2"), ("60", "5"), ("1203", "3")], 3) {
        let db = seeded(&["--users", users, "--seed", seed]);
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(
            (report["verdict"].as_str(), &report["summary"]["warnings"]),
            (Some("clean"), &0.into()),
            "{users}: {}",
            report["findings"]
        );
        assert_eq!(db.value("SELECT count(*) FROM users"), users);
    }
}

#[test]
fn the_data_is_lifelike() {
    let db = seeded(&["--users", "2000", "--seed", "4", "--until", "2026-06-01"]);
    for (what, question) in [
        (
            "most are small, a few are large",
            "SELECT percentile_disc(0.99) WITHIN GROUP (ORDER BY n) > 6 * percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (SELECT count(w.id) AS n FROM users u LEFT JOIN wallet_transactions w ON w.user_id = u.id GROUP BY u.id) x",
        ),
        (
            "some do nothing",
            "SELECT count(*) > 0 FROM users u WHERE NOT EXISTS (SELECT FROM wallet_transactions w WHERE w.user_id = u.id)",
        ),
        (
            "evenings are busier than nights",
            "SELECT count(*) FILTER (WHERE h BETWEEN 19 AND 22) > 3 * count(*) FILTER (WHERE h BETWEEN 2 AND 5) FROM (SELECT extract(hour FROM created_at AT TIME ZONE 'Asia/Bangkok') AS h FROM tarot_readings) x",
        ),
        (
            "some payments are declined, a few refunded",
            "SELECT count(*) FILTER (WHERE status = 'failed') > 0 AND count(*) FILTER (WHERE status = 'refunded') > 0 FROM payments",
        ),
        (
            "some jobs are retried, some end as dead letters",
            "SELECT count(*) FILTER (WHERE attempts > 1 AND status = 'succeeded') > 0 AND count(*) FILTER (WHERE status = 'dlq') > 0 FROM jobs",
        ),
        ("every kind of entry occurs", "SELECT count(DISTINCT transaction_type) >= 5 FROM wallet_transactions"),
        ("about 18 entries a user", "SELECT count(*) BETWEEN 10 * 2000 AND 30 * 2000 FROM wallet_transactions"),
        ("nothing happens after the end", "SELECT max(created_at) <= '2026-06-01' FROM wallet_transactions"),
    ] {
        assert_eq!(db.value(question), "true", "{what}");
    }
}

#[test]
fn a_database_with_people_in_it_is_refused_and_can_be_added_to() {
    let db = seeded(&["--users", "50"]);
    db.bursar(&["seed", "--users", "50", "--yes"])
        .exits(4)
        .says("already has 50 rows; nothing was written")
        .says("--append");
    db.bursar(&["seed", "--users", "50", "--yes", "--append"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM users"), "100");
    db.bursar(&["audit"]).ok();
}

#[test]
fn it_is_written_into_the_operator_log() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.bursar(&["seed", "--users", "3", "--yes", "--operator", "ada"]).ok();
    assert_eq!(
        db.value("SELECT concat_ws(' ', command, operator, parameters ->> 'users', outcome) FROM bursar.operations"),
        "seed ada 3 done"
    );
}

#[test]
fn what_cannot_be_is_a_usage_error_and_writes_nothing() {
    let db = Db::new(Template::Migrated("mimivibe"));
    for (arguments, says) in [
        (["--users", "0"], "0 is not in 1..=100000000"),
        (["--users", "-1"], "-1 is not in"),
        (["--users", "x"], "invalid digit"),
        (["--until", "yesterday"], "write it as 2026-01-31"),
        (["--until", "2999-01-01"], "is still to come"),
        (["--faults", "gremlins"], "no fault of kind 'gremlins'"),
        (["--days", "0"], "0 is not in"),
    ] {
        let mut all = vec!["seed", "--yes"];
        all.extend(arguments);
        db.bursar(&all).exits(2).says(says);
    }
    db.bursar(&["seed", "--users", "5"]).exits(4).says("no terminal to ask at");
    assert_eq!(db.value("SELECT count(*) FROM users"), "0");
    Db::new(Template::Empty)
        .bursar(&["seed", "--yes", "--app", "mimivibe"])
        .exits(2)
        .says("bursar migrate up --app mimivibe");
}

#[test]
fn a_protected_database_is_never_seeded() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    let name = db.name.clone();
    db.bursar(&["seed", "--users", "5", "--yes", "--confirm", &name])
        .exits(4)
        .says("is protected")
        .says("never seeded");
    assert_eq!(db.value("SELECT count(*) FROM users"), "0");
}

#[test]
fn faults_are_named_and_found() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let ran = db.bursar(&["seed", "--users", "200", "--faults", "balance_drift,tier_wrong", "--yes"]).ok();
    let named = |line: &&str| {
        line.starts_with(" balance_drift  The star balance of user ") && line.ends_with(". Found by ledger.balance")
    };
    assert_eq!(ran.stdout.lines().filter(named).count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("\n tier_wrong     "), "{}", ran.stdout);
    db.bursar(&["audit"]).exits(3);
}

#[test]
fn all_faults_at_once_are_all_found() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let seeded = db.json(&["seed", "--users", "400", "--seed", "8", "--faults", "all", "--yes", "-o", "json"]);
    let report = db.json(&["audit", "-o", "json", "--limit", "0"]);
    let found: std::collections::BTreeMap<&str, u64> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["id"].as_str().unwrap(), c["findings"].as_u64().unwrap()))
        .collect();
    let mut declared = std::collections::BTreeMap::<&str, u64>::new();
    for fault in seeded["faults"].as_array().unwrap() {
        for check in fault["checks"].as_array().unwrap() {
            *declared.entry(check.as_str().unwrap()).or_default() += 1;
        }
    }
    assert!(seeded["faults"].as_array().unwrap().len() >= 20);
    for (check, count) in found {
        assert_eq!(declared.get(check).copied().unwrap_or(0), count, "{check}: {}", report["findings"]);
    }
}

/// A history that begins before the partitions that a migration made finds its months all the same.
#[test]
fn an_old_history_lands_in_partitions_of_its_own() {
    let all = [("organic-os", "wellness_entries"), ("aethercrown", "activity_logs"), ("avolve", "activity_logs")];
    for (app, parent) in sample(all, 2) {
        let db = Db::new(Template::Migrated(app));
        db.bursar(&["seed", "--users", "60", "--until", "2022-03-15", "--yes"]).ok();
        let rows = |table: &str| db.value(&format!("SELECT count(*) FROM {table}"));
        assert_ne!(rows(parent), "0", "{app}");
        assert_eq!(rows(&format!("{parent}_default")), "0", "{app}");
        db.bursar(&["audit"]).ok();
    }
}
