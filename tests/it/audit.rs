//! `bursar audit`: what it finds, what it does not report, and what it does when it cannot read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Db, Template, sample, stable, url};

const CLEAN: &str = "mimivibe-clean.sql.gz";
const FAULTY: &str = "mimivibe-faulty.sql.gz";

/// The findings of a report as (check, table, key).
fn findings(report: &Value) -> BTreeSet<(String, String)> {
    let list = report["findings"].as_array().expect("findings");
    list.iter().map(|f| (f["check"].as_str().unwrap().to_owned(), f["key"].as_str().unwrap().to_owned())).collect()
}

/// The ids of the checks that failed.
fn failed(report: &Value) -> BTreeSet<String> {
    let list = report["checks"].as_array().expect("checks");
    list.iter().filter(|c| c["status"] == "failed").map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn status<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|c| c["id"] == id)
        .unwrap_or_else(|| panic!("no check {id}"))
}

#[test]
fn a_clean_dump_is_clean_and_says_what_was_read() {
    let db = Db::new(Template::Dump(CLEAN));
    let ran = db.bursar(&["audit"]).ok().says_nothing();
    insta::assert_snapshot!(stable(&ran.stdout));
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(report["verdict"], "clean");
    assert_eq!(report["complete"], true);
    // Nothing of bursar's is in the dump; that is a note, not a finding.
    assert_eq!(status(&report, "schema.triggers")["status"], "skipped");
    assert_eq!(report["summary"]["skipped"], 12);
}

/// The ten faults of the dump, each with every check that has to name it. The entry that was
/// removed breaks the chain, leaves the cache apart from the sum, and a reading without its debit.
#[test]
fn all_ten_faults_of_the_faulty_dump_are_found_and_nothing_else() {
    let expected = [
        // 1. A cached balance raised by 100.
        ("ledger.balance", "00bdeae8-8a29-430a-a84b-6594f81ee54b"),
        // 2. The debit of a reading removed.
        ("readings.debited", "10c07778-46ed-4ac8-b5c5-30ef7775e9a4"),
        ("ledger.chain", "a8720e0a-ebc2-410d-b1d6-1ee13541ccb8"),
        ("ledger.balance", "a8720e0a-ebc2-410d-b1d6-1ee13541ccb8"),
        // 3. A running balance edited.
        ("ledger.chain", "3854b403-28b9-4320-8b69-68457dd15329"),
        // 4. Two entries exchanged in time.
        ("ledger.order", "28f5a242-e2d1-45e4-9978-dc8a94031f11"),
        // 5. A payment credited twice.
        ("payments.duplicate", "9986c127-7314-4b45-abd1-ee507e12a9a3"),
        // 6. A refunded payment whose stars were not taken back.
        ("payments.refunded", "bbe06c02-e9eb-426b-a85f-272b9ef0aa11"),
        // 7. An invite counter that is one too high.
        ("counters.total_invites", "2db35075-91be-4fc4-8773-d6934884a544"),
        // 8. An exchange without its second leg.
        ("exchanges.paired", "b928c0ff-c931-4cad-bb96-3bcbf89f43bb"),
        // 9. A job that says more attempts than were recorded.
        ("jobs.attempts", "b2781e3a-0fe4-4cf2-9e8d-87e52a53d9aa"),
        // 10. A job past its lease.
        ("jobs.stuck", "fe244144-2e12-4893-b347-66eeda98de9f"),
    ];
    let db = Db::new(Template::Dump(FAULTY));
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(findings(&report), expected.iter().map(|(c, k)| ((*c).to_owned(), (*k).to_owned())).collect());
    assert_eq!(report["verdict"], "violated");
    let find = |check: &str, key: &str| {
        let list = report["findings"].as_array().unwrap();
        list.iter().find(|f| f["check"] == check && f["key"] == key).unwrap().clone()
    };
    let cache = find("ledger.balance", "00bdeae8-8a29-430a-a84b-6594f81ee54b");
    assert_eq!(
        (&cache["expected"], &cache["actual"], &cache["difference"]),
        (&"146".into(), &"246".into(), &"100".into())
    );
    let removed = find("ledger.chain", "a8720e0a-ebc2-410d-b1d6-1ee13541ccb8");
    assert_eq!(removed["first_bad_entry"], "6b8485a3-e229-486e-b8a6-3b03cf8f5cb7");
    assert!(removed["cause"].as_str().unwrap().contains("worth -1 STAR was removed"), "{removed}");
    let edited = find("ledger.chain", "3854b403-28b9-4320-8b69-68457dd15329");
    assert_eq!(edited["first_bad_entry"], "09b36a02-617d-4ce1-aee4-39d9a930b6b5");
    assert!(edited["cause"].as_str().unwrap().contains("changed by 9"), "{edited}");
    assert_eq!(find("ledger.order", "28f5a242-e2d1-45e4-9978-dc8a94031f11")["severity"], "warn");
}

#[test]
fn the_report_of_the_faulty_dump_reads_well() {
    let ran = Db::new(Template::Dump(FAULTY)).bursar(&["audit", "-q"]).exits(3);
    insta::assert_snapshot!(stable(&ran.stdout));
    assert_eq!(ran.stderr, "");
}

#[test]
fn fingerprints_stay_as_long_as_the_facts_do() {
    let prints = |db: &Db| -> BTreeSet<String> {
        let report = db.json(&["audit", "-o", "json"]);
        report["findings"].as_array().unwrap().iter().map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let db = Db::new(Template::Dump(FAULTY));
    let before = prints(&db);
    assert_eq!(before.len(), 12);
    assert_eq!(prints(&db), before);
    db.sql("UPDATE users SET star_balance = star_balance + 1 WHERE id = '00bdeae8-8a29-430a-a84b-6594f81ee54b'");
    assert_eq!(prints(&db).intersection(&before).count(), 11);
}

#[test]
fn a_role_that_policies_restrict_gets_no_answer_instead_of_a_clean_one() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let role = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE authenticated; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let as_role = |db: &Db| db.url_as(&role);
    let ran = crate::support::run(crate::support::bursar().args(["audit", "-o", "json", "-d", &as_role(&db)])).exits(6);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["verdict"], "incomplete");
    assert_eq!(report["complete"], false);
    assert!(status(&report, "ledger.balance")["reason"].as_str().unwrap().contains("row-level security"), "{report}");
    // A member of the auditor role reads everything by taking that role on.
    db.sql(&format!("GRANT bursar_auditor TO {role}"));
    let ran = crate::support::run(crate::support::bursar().args(["audit", "-o", "json", "-d", &as_role(&db)])).ok();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["snapshot"]["role"], "bursar_auditor");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn what_cannot_be_read_is_incomplete_and_the_rest_is_still_reported() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("ALTER TABLE job_attempts RENAME TO elsewhere");
    let ran = db.bursar(&["audit"]).exits(6);
    assert!(ran.stdout.contains("? incomplete"), "{}", ran.stdout);
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(status(&report, "jobs.attempts")["status"], "incomplete");
    assert!(status(&report, "jobs.attempts")["reason"].as_str().unwrap().contains("42P01"));
    assert_eq!(status(&report, "ledger.balance")["status"], "passed");
    // Findings beat incomplete.
    db.sql("UPDATE users SET coin_balance = coin_balance + 1 WHERE id = (SELECT min(id::text)::uuid FROM users)");
    db.bursar(&["audit"]).exits(3);
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!((&report["verdict"], &report["complete"]), (&"violated".into(), &false.into()));
}

#[test]
fn an_account_without_a_cache_and_a_cache_without_entries_are_found() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("ALTER TABLE wallet_transactions DROP CONSTRAINT wallet_transactions_user_id_fkey;
            ALTER TABLE payments DROP CONSTRAINT payments_user_id_fkey;
            ALTER TABLE tarot_readings DROP CONSTRAINT tarot_readings_user_id_fkey;
            UPDATE wallet_transactions SET user_id = '00000000-0000-0000-0000-000000000001' WHERE user_id = (SELECT user_id FROM wallet_transactions WHERE currency = 'COIN' ORDER BY user_id LIMIT 1) AND currency = 'COIN'");
    let report = db.json(&["audit", "-o", "json"]);
    let messages: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["check"] == "ledger.balance")
        .map(|f| f["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().any(|m| m.contains("which has no cached balance")), "{messages:?}");
    assert!(messages.iter().any(|m| m.contains("no entries at all")), "{messages:?}");
}

#[test]
fn a_cut_list_says_so_and_counts_all() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("UPDATE users SET star_balance = star_balance + 1");
    let ran = db.bursar(&["audit", "--limit", "3"]).exits(3);
    assert!(ran.stdout.contains("showing 3 of 400 findings; --limit 0 for all"), "{}", ran.stdout);
    let report = db.json(&["audit", "run", "-o", "json", "--limit", "0"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 400);
}

#[test]
fn an_empty_database_of_the_application_is_clean_and_says_that_it_is_empty() {
    let ran = Db::new(Template::Migrated("mimivibe")).bursar(&["audit"]).ok();
    assert!(ran.stdout.contains("every table is empty: there was nothing to check"), "{}", ran.stdout);
}

#[test]
fn a_database_of_another_kind_is_a_usage_error() {
    let db = Db::new(Template::Empty);
    db.bursar(&["audit"]).exits(2).says("this database fits no pack\n").says("bursar pack new ./pack");
    db.bursar(&["audit", "--app", "mimivibe"]).exits(2).says("bursar migrate up --app mimivibe");
    // Where an application's tables are, its migrations are not what to try first.
    db.sql("CREATE TABLE orders (id int)");
    db.bursar(&["audit"]).exits(2).says("this database fits no pack\n  try: bursar pack new ./pack");
}

#[test]
fn hostile_text_from_the_database_cannot_drive_the_terminal() {
    let db = Db::new(Template::Dump(FAULTY));
    db.sql("UPDATE jobs SET worker_id = E'\\x1b[2J\\x1b]0;owned\\x07' WHERE status = 'processing'");
    let ran = db.bursar(&["audit"]).exits(3);
    assert!(!ran.stdout.contains('\x1b'));
    assert!(ran.stdout.contains("\\u{1b}[2J"), "{}", ran.stdout);
}

/// Each way to weaken the schema's guards, and the check that notices.
#[test]
fn a_weakened_schema_is_noticed() {
    let all = [
        ("ALTER TABLE wallet_transactions DISABLE TRIGGER wallet_transactions_append_only", "schema.triggers"),
        ("DROP TRIGGER wallet_transactions_append_only ON wallet_transactions", "schema.triggers"),
        ("ALTER TABLE users DROP CONSTRAINT users_star_balance_check", "schema.constraints"),
        ("DROP INDEX wallet_transactions_one_purchase_per_payment", "schema.constraints"),
        ("ALTER TABLE payments DISABLE ROW LEVEL SECURITY", "schema.rls"),
        // A table that no check reads is guarded like the others.
        ("ALTER TABLE user_payment_methods DISABLE ROW LEVEL SECURITY", "schema.rls"),
        ("GRANT SELECT ON user_payment_methods TO PUBLIC", "schema.grants"),
        ("CREATE POLICY open_door ON wallet_transactions FOR INSERT WITH CHECK (true)", "schema.policies"),
        ("DROP POLICY users_prevent_delete ON users", "schema.policies"),
        ("GRANT UPDATE (star_balance) ON users TO authenticated", "schema.grants"),
        ("GRANT INSERT ON wallet_transactions TO PUBLIC", "schema.grants"),
    ];
    for (change, check) in sample(all, 4) {
        let db = Db::new(Template::Migrated("mimivibe"));
        db.sql(change);
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(failed(&report), BTreeSet::from([check.to_owned()]), "{change}: {}", report["findings"]);
    }
}

#[test]
fn what_opens_no_door_is_no_finding() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = format!("{}_reports", db.name);
    db.sql(&format!("CREATE ROLE {role}; GRANT SELECT ON payments TO {role}; CREATE INDEX another ON payments (amount); CREATE TABLE notes (id int)"));
    db.bursar(&["audit"]).ok();
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_server_that_is_gone_is_a_connection_error() {
    let dead = "postgres://postgres@127.0.0.1:1/x";
    let ran = crate::support::run(crate::support::bursar().args(["audit", "-d", dead])).exits(5);
    assert!(ran.stderr.starts_with("error: cannot connect to postgres://postgres@127.0.0.1:1/x:"), "{}", ran.stderr);
    let missing = url("no_such_database");
    crate::support::run(crate::support::bursar().args(["audit", "-d", &missing]))
        .exits(5)
        .says("3D000")
        .says("createdb");
}

#[test]
fn the_checks_are_listed_and_explained() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let listed = db.json(&["audit", "list", "-o", "json"]);
    let ids: Vec<&str> = listed["checks"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    let report = db.json(&["audit", "-o", "json"]);
    let ran: Vec<&str> = report["checks"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ran);
    assert_eq!(listed["checks"][0]["reads"], serde_json::json!(["wallet_transactions", "users"]));
    for id in sample(ids, 8) {
        let explained = db.json(&["audit", "explain", id, "-o", "json"]);
        for part in ["why", "remedy", "sql"] {
            assert!(explained["check"][part].as_str().unwrap().len() > 20, "{id}: {part}");
        }
    }
    let ran = db.bursar(&["audit", "explain", "payments.granted"]).ok();
    assert!(ran.stdout.contains("why") && ran.stdout.contains("FROM payments"), "{}", ran.stdout);
    db.bursar(&["audit", "explain", "nonsense"]).exits(2).says("no check 'nonsense'").says("bursar audit list");
    // An application that is named needs no database.
    let ran = crate::support::run(crate::support::bursar().args(["audit", "list", "--app", "organic-os"])).ok();
    assert!(ran.stdout.contains("counters.message_count"), "{}", ran.stdout);
}

#[test]
fn only_what_was_asked_for_is_checked_and_the_rest_says_so() {
    let db = Db::new(Template::Dump(FAULTY));
    let report = db.json(&["audit", "-o", "json", "--only", "ledger.balance,jobs", "--skip", "jobs.stuck"]);
    let failed = failed(&report);
    assert_eq!(failed, BTreeSet::from(["jobs.attempts".to_owned(), "ledger.balance".to_owned()]));
    assert_eq!(status(&report, "jobs.stuck")["reason"], "--skip leaves it out");
    assert_eq!(status(&report, "payments.duplicate")["reason"], "--only asks for other checks");
    assert_eq!(status(&report, "ledger.chain")["status"], "skipped");
    db.bursar(&["audit", "--only", "ledgers"]).exits(2).says("no check 'ledgers'");
}

#[test]
fn one_account_can_be_looked_at_alone() {
    let db = Db::new(Template::Dump(FAULTY));
    let account = "3854b403-28b9-4320-8b69-68457dd15329";
    let report = db.json(&["audit", "-o", "json", "--account", account]);
    assert_eq!(findings(&report), BTreeSet::from([("ledger.chain".to_owned(), account.to_owned())]));
    let whole = db.json(&["audit", "-o", "json"]);
    let same = whole["findings"].as_array().unwrap().iter().find(|f| f["key"] == account).unwrap();
    assert_eq!(report["findings"][0], *same);
    db.bursar(&["audit", "--account", "00000000-0000-0000-0000-000000000000"]).exits(2).says("there is no account");
}

/// The depth is that of what was read, not of what the planner expected.
#[test]
fn a_ledger_that_is_larger_than_the_planner_expects_is_strict_where_one_pass_has_read_it() {
    let db = Db::new(Template::Empty);
    // Of a series whose end it does not know, the planner expects a thousand rows.
    db.sql(
        "CREATE TABLE purse (balance bigint); INSERT INTO purse VALUES (1000001);
         CREATE VIEW entry AS SELECT n AS id, '2026-01-01Z'::timestamptz + interval '1 second' * n AS at
                                FROM generate_series(1, (SELECT balance FROM purse)) n",
    );
    let pack = tempfile::tempdir().unwrap();
    std::fs::create_dir(pack.path().join("ledger")).unwrap();
    for (file, text) in [
        (
            "pack.toml",
            "name = \"long\"\ntitle = \"Long\"\nschema = \"public\"\ndetect = [\"purse.balance\"]\ntables = [\"purse\", \"entry\"]\n",
        ),
        (
            "ledger/entries.sql",
            "-- reads: entry\n-- rows: entry\nSELECT e.id AS entry_id, 1 AS account, 'STAR'::text AS unit, 1::bigint AS delta, e.id AS running, e.at, e.id AS seq, NULL::xid8 AS arrival, 'entry' AS kind, NULL::text AS ref FROM entry e",
        ),
        (
            "ledger/balances.sql",
            "-- reads: purse\nSELECT 1 AS account, 'STAR'::text AS unit, p.balance, NULL::timestamptz AS opened_at FROM purse p",
        ),
    ] {
        std::fs::write(pack.path().join(file), text).unwrap();
    }
    let words = ["audit", "-o", "json", "--only", "ledger", "--skip", "pack"];
    let report = db.with_pack(pack.path(), &words).json();
    assert_eq!((&report["depth"], &report["units"][0]["entries"]), (&"strict".into(), &1_000_001.into()), "{report}");
    assert_eq!(status(&report, "ledger.order")["status"], "passed", "{report}");
}

#[test]
fn a_fast_audit_finds_breaks_and_says_that_it_did_not_look_at_the_order() {
    let db = Db::new(Template::Dump(FAULTY));
    let fast = db.json(&["audit", "-o", "json", "--depth", "fast"]);
    let strict = db.json(&["audit", "-o", "json", "--strict"]);
    assert_eq!((&fast["depth"], &strict["depth"]), (&"fast".into(), &"strict".into()));
    assert_eq!(status(&fast, "ledger.order")["status"], "skipped");
    let chain = |report: &Value| -> Vec<Value> {
        report["findings"].as_array().unwrap().iter().filter(|f| f["check"] == "ledger.chain").cloned().collect()
    };
    assert_eq!(chain(&fast).len(), 2);
    assert_eq!(chain(&fast), chain(&strict));
}

#[test]
fn what_makes_an_audit_fail_can_be_chosen() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("UPDATE jobs SET status = 'processing', worker_id = 'w', started_at = '2026-10-31' WHERE id = (SELECT id FROM jobs WHERE status = 'queued' LIMIT 1)");
    let ran = db.bursar(&["audit", "--only", "jobs.stuck"]).ok();
    assert!(ran.stdout.contains("1 warning"), "{}", ran.stdout);
    db.bursar(&["audit", "--only", "jobs.stuck", "--fail-on", "warn"]).exits(3);
    db.sql("UPDATE users SET star_balance = star_balance + 1");
    db.bursar(&["audit"]).exits(3);
    db.bursar(&["audit", "--fail-on", "never"]).ok();
}

/// However many connections read, they read one snapshot: the report is the same, check by check.
#[test]
fn the_number_of_connections_does_not_change_the_answer() {
    let db = Db::new(Template::Dump(FAULTY));
    let answer = |parallel: &str| {
        let mut report = db.json(&["audit", "-o", "json", "--parallel", parallel]);
        for check in report["checks"].as_array_mut().unwrap() {
            check["ms"] = 0.into();
        }
        report["snapshot"] = Value::Null;
        report
    };
    assert_eq!(answer("1"), answer("5"));
}

/// What is too big for the server's native integers is a finding like another, and hides nothing.
#[test]
fn a_balance_beyond_the_range_of_the_native_type_is_found() {
    let db = Db::new(Template::Dump(FAULTY));
    let entry = db.value("SELECT id FROM wallet_transactions WHERE transaction_type = 'reading' ORDER BY id LIMIT 1");
    let before = findings(&db.json(&["audit", "-o", "json", "--only", "ledger"]));
    db.sql(&format!("SET session_replication_role = replica; UPDATE wallet_transactions SET balance_after = 9223372036854775807 WHERE id = '{entry}'"));
    for depth in ["fast", "strict"] {
        let report = db.json(&["audit", "-o", "json", "--only", "ledger", "--depth", depth]);
        assert_eq!(report["complete"], true, "{report}");
        let list = report["findings"].as_array().unwrap();
        let found = list.iter().find(|f| f["first_bad_entry"] == entry.as_str()).unwrap_or_else(|| panic!("{report}"));
        assert_eq!((&found["kind"], &found["actual"]), (&"running_edited".into(), &"9223372036854775807".into()));
        let missing: Vec<_> =
            before.iter().filter(|(c, _)| c != "ledger.order").filter(|f| !findings(&report).contains(f)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn a_finding_is_explained_by_the_entries_around_it() {
    let db = Db::new(Template::Dump(FAULTY));
    let account = "3854b403-28b9-4320-8b69-68457dd15329";
    let report = db.json(&["audit", "-o", "json", "--only", "ledger.chain", "--account", account, "--explain"]);
    let finding = &report["findings"][0];
    let lines = finding["entries"].as_array().unwrap();
    assert_eq!(lines.len(), 7);
    let bad = lines.iter().find(|l| l["entry"] == finding["first_bad_entry"]).unwrap();
    assert_eq!((&bad["stored"], &bad["recomputed"], &bad["amount"]), (&"86".into(), &"77".into(), &"-1".into()));
    // Before and after it the two agree: one entry was edited.
    assert!(lines.iter().filter(|l| *l != bad).all(|l| l["stored"] == l["recomputed"]), "{lines:?}");
    let positions: Vec<i64> = lines.iter().map(|l| l["position"].as_i64().unwrap()).collect();
    assert!(positions.windows(2).all(|w| w[1] == w[0] + 1), "{positions:?}");

    // The same, by its fingerprint; without being asked for, a report carries no entries.
    let fingerprint = finding["fingerprint"].as_str().unwrap();
    let explained = db.json(&["audit", "explain", fingerprint, "-o", "json"]);
    assert_eq!(explained["finding"], *finding);
    assert!(db.json(&["audit", "-o", "json"])["findings"][0]["entries"].is_null());
    let ran = db.bursar(&["audit", "explain", fingerprint]).ok();
    insta::assert_snapshot!(stable(&ran.stdout));
    let ran = db.bursar(&["audit", "--only", "ledger.chain", "--explain"]).exits(3);
    assert_eq!(ran.stdout.matches("recomputed").count(), 2, "{}", ran.stdout);

    db.bursar(&["audit", "explain", "0123456789abcdef"]).exits(1).says("no finding has the fingerprint");
}

/// Memory is bounded by what is shown, and what is shown by the limit: the rest is counts by kind.
#[test]
fn a_ledger_in_which_everything_is_broken_is_reported_in_counts() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("SET session_replication_role = replica; UPDATE wallet_transactions SET balance_after = balance_after + 1 WHERE seq % 2 = 0");
    let ran = db.bursar(&["audit", "--only", "ledger", "--limit", "2"]).exits(3);
    assert!(ran.stdout.contains("--limit 0 for all\n ledger.chain"), "{}", ran.stdout);
    let report = db.json(&["audit", "-o", "json", "--only", "ledger", "--limit", "2"]);
    let chain = status(&report, "ledger.chain");
    let kinds = chain["kinds"].as_object().unwrap();
    let sum: u64 = kinds.values().map(|v| v.as_u64().unwrap()).sum();
    assert!(sum > 100 && kinds.len() > 1, "{chain}");
    assert_eq!(chain["findings"], sum);
    assert!(report["findings"].as_array().unwrap().len() <= 2 * 5);
    let all = db.json(&["audit", "-o", "json", "--only", "ledger.chain", "--limit", "0"]);
    assert_eq!(all["findings"].as_array().unwrap().len() as u64, sum);
}

/// The figures of an audit, for alerts: what failed, and how long ago all was well.
#[test]
fn prometheus_gets_the_counts_and_the_last_clean_run() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.prom");
    let path = file.to_str().unwrap();
    let sample = |name: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        text.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned))
    };
    db.bursar(&["audit", "-q", "--only", "jobs.stuck", "--prometheus", path]).ok();
    assert_eq!(sample("bursar_audit_newest_seal_timestamp_seconds"), None);
    // A part that is clean says nothing of the rest, and neither does an audit of which that is not known.
    db.bursar(&["audit", "seal", "--yes"]).ok();
    let account = db.value("SELECT min(id::text) FROM users");
    for part in [&["--only", "jobs.stuck"][..], &["--skip", "jobs"], &["--account", &account], &["--since-seal"]] {
        db.bursar(&[&["audit", "--record", "--yes"], part].concat());
    }
    db.sql("INSERT INTO bursar.audits (app, verdict, complete, depth, snapshot, role, checks, passed, failed, skipped, incomplete, errors, warnings, accepted, duration_ms) VALUES ('mimivibe', 'clean', true, 'strict', '', '', 40, 40, 0, 0, 0, 0, 0, 0, 1)");
    db.bursar(&["audit", "-q", "--only", "jobs.stuck", "--prometheus", path]).ok();
    assert_eq!(sample("bursar_audit_last_clean_timestamp_seconds"), None);
    let history = db.bursar(&["audit", "history"]).ok();
    assert_eq!(history.stdout.matches(", of a part").count(), 4, "{}", history.stdout);
    db.bursar(&["audit", "--record", "--yes", "-q", "--prometheus", path]).ok();
    let clean = sample("bursar_audit_last_clean_timestamp_seconds{app=\"mimivibe\"} ").expect("a clean run");
    assert_eq!(sample("bursar_audit_clean{app=\"mimivibe\"} ").as_deref(), Some("1"));
    db.sql("UPDATE users SET tier = CASE tier WHEN 'gold' THEN 'bronze' ELSE 'gold' END::user_tier WHERE id = (SELECT min(id::text)::uuid FROM users)");
    db.bursar(&["audit", "-q", "--prometheus", path]).exits(3);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        sample("bursar_audit_findings{app=\"mimivibe\",check=\"counters.tier\",severity=\"error\"} ").as_deref(),
        Some("1")
    );
    assert_eq!(sample("bursar_audit_clean{app=\"mimivibe\"} ").as_deref(), Some("0"));
    // The audit is told by its recorded run now, within the second of its snapshot.
    let last: i64 = sample("bursar_audit_last_clean_timestamp_seconds{app=\"mimivibe\"} ").unwrap().parse().unwrap();
    assert!(last >= clean.parse().unwrap() && text.contains("bursar_audit_newest_seal_timestamp_seconds{"), "{text}");
    db.bursar(&["audit", "--report", &format!("json={path}"), "--prometheus", path])
        .exits(2)
        .says("named for two purposes");
}
