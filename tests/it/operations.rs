//! The operator log: its hash chain, `bursar operations`, and the audit's `operations.chain`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Db, Template, bursar, run, sample, spawn, wait};

const MIGRATED: Template = Template::Migrated("mimivibe");

/// A database with this many rows in its log, all of them linked.
fn logged(rows: u32) -> Db {
    let db = Db::new(MIGRATED);
    db.sql(&format!("{}; SELECT bursar.link_operations()", log(rows)));
    assert_eq!(db.value("SELECT count(*) FROM bursar.unlinked_operations"), "0");
    db
}

/// Adds rows with a value in every column.
fn log(rows: u32) -> String {
    format!(
        "SELECT bursar.log_operation('{{\"operator\": \"noi\", \"os_user\": \"n\", \"host\": \"h\"}}', 'a command', jsonb_build_object('n', n, 'ü', '✓'), 'a reason', 'done')
           FROM generate_series(1, {rows}) AS n"
    )
}

/// What somebody does who may switch triggers off.
fn tamper(db: &Db, sql: &str) {
    db.sql(&format!("SET session_replication_role = replica; {sql}"));
}

/// The findings of the check as (kind, key).
fn found(db: &Db) -> BTreeSet<(String, String)> {
    let report = db.json(&["audit", "--only", "operations.chain", "--limit", "0", "-o", "json"]);
    assert_eq!(report["complete"], true, "{report}");
    wrong(&report)
}

fn wrong(report: &Value) -> BTreeSet<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_else(|| panic!("{report}")).to_owned();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report}"));
    findings.iter().map(|f| (text(&f["kind"]), text(&f["key"]))).collect()
}

fn these(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    expected.iter().map(|(kind, key)| ((*kind).to_owned(), (*key).to_owned())).collect()
}

fn head(db: &Db) -> String {
    db.bursar(&["operations", "verify", "-q"]).ok().stdout.trim().to_owned()
}

/// Computes the whole chain again, as somebody would who covers up a change.
fn recompute(db: &Db) {
    tamper(
        db,
        "DELETE FROM bursar.operation_links; INSERT INTO bursar.unlinked_operations SELECT id FROM bursar.operations",
    );
    db.sql("SELECT bursar.link_operations()");
}

#[test]
fn what_every_writing_command_logs_is_linked_when_it_is_done() {
    let db = Db::new(MIGRATED);
    for arguments in [
        &["seed", "--users", "20", "--yes"][..],
        &["audit", "seal", "--yes"],
        &["settings", "set", "protected", "true", "--yes"],
    ] {
        db.bursar(arguments).ok();
        assert_eq!(db.value("SELECT count(*) FROM bursar.unlinked_operations"), "0", "{arguments:?}");
    }
    assert_eq!(
        db.value("SELECT string_agg(command, ', ' ORDER BY position) FROM bursar.operation_links l JOIN bursar.operations o ON o.id = l.operation_row"),
        "seed, audit seal, settings set"
    );
    assert_eq!(found(&db), these(&[]));
}

#[test]
fn a_link_that_cannot_be_made_now_is_a_note_and_the_next_command_makes_it() {
    let db = Db::new(MIGRATED);
    db.sql("ALTER FUNCTION bursar.link_operations() RENAME TO elsewhere");
    let ran = db.bursar(&["seed", "--users", "20", "--yes", "-v"]).ok();
    ran.says("the operator log was not linked now");
    let report = db.json(&["operations", "verify", "-o", "json"]);
    assert_eq!((&report["verdict"], &report["unlinked"], &report["head"]), (&"clean".into(), &1.into(), &Value::Null));
    db.sql("ALTER FUNCTION bursar.elsewhere() RENAME TO link_operations");
    db.bursar(&["audit", "seal", "--yes"]).ok();
    assert_eq!(db.json(&["operations", "verify", "-o", "json"])["unlinked"], 0);
}

#[test]
fn rows_that_were_there_before_the_chain_are_linked_too() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    // As a database was before the chain came.
    db.sql(
        "DROP TABLE bursar.operation_links, bursar.unlinked_operations, bursar.refunds, bursar.refund_transitions, bursar.operation_turn, bursar.adjustments, bursar.cancelled_jobs, bursar.reconciliations, bursar.refund_logins CASCADE;
         DROP TYPE bursar.refund_terms CASCADE;
         DO $$ DECLARE later record; BEGIN
             FOR later IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'bursar'::regnamespace AND proname <> 'refuse_change' LOOP
                 EXECUTE format('DROP FUNCTION %s CASCADE', later.name);
             END LOOP; END $$;
         DELETE FROM bursar._migrations WHERE version >= 20251121000000;
         INSERT INTO bursar.operations (command) VALUES ('one'), ('two')",
    );
    let report = db.json(&["audit", "--only", "operations", "-o", "json"]);
    assert!(report["checks"].to_string().contains("older than the chain"), "{report}");
    db.bursar(&["operations", "verify"]).exits(2).says("bursar migrate up --only bursar");
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM bursar.operation_links"), "2");
    assert_eq!(found(&db), these(&[]));
}

#[test]
fn every_column_of_a_row_is_under_its_digest() {
    let db = logged(3);
    let columns = db.value(
        "SELECT string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_schema = 'bursar' AND table_name = 'operations'",
    );
    for column in sample(columns.split(' '), 3) {
        let changed = match column {
            "id" => "4711",
            "operation_id" => "gen_random_uuid()",
            "at" => "at + interval '1 microsecond'",
            "parameters" => "parameters || '{\"n\": 3}'",
            _ => "'x'",
        };
        let identity = if column == "id" { "ALTER TABLE bursar.operations ALTER id DROP IDENTITY;" } else { "" };
        for changed in [changed, "NULL"] {
            let required = ["id", "operation_id", "at", "database_role", "command"].contains(&column);
            if changed == "NULL" && required {
                continue;
            }
            let db = logged(3);
            tamper(&db, &format!("{identity} UPDATE bursar.operations SET {column} = {changed} WHERE id = 2"));
            let expected = match column {
                "id" => these(&[("row_missing", "2"), ("unlinked", "4711")]),
                _ => these(&[("digest", "2")]),
            };
            assert_eq!(found(&db), expected, "{column} = {changed}");
        }
    }
    assert_eq!(columns.split(' ').count(), 11, "a column was added: is it under the digest?");
    // Text that moves from one column to the next leaves their sum as it was.
    tamper(&db, "UPDATE bursar.operations SET os_user = os_user || host, host = '' WHERE id = 3");
    assert_eq!(found(&db), these(&[("digest", "3")]));
    // Nothing is not the same as no value.
    let db = Db::new(MIGRATED);
    db.sql("INSERT INTO bursar.operations (command, reason) VALUES ('c', ''); SELECT bursar.link_operations()");
    tamper(&db, "UPDATE bursar.operations SET reason = NULL");
    assert_eq!(found(&db), these(&[("digest", "1")]));
    // A time that is no time is a finding, and no error.
    tamper(&db, "UPDATE bursar.operations SET reason = '', at = 'infinity'");
    assert_eq!(found(&db), these(&[("digest", "1")]));
}

#[test]
fn rows_and_links_that_were_deleted_added_or_swapped_are_found() {
    let all = [
        ("DELETE FROM bursar.operations WHERE id = 3", these(&[("row_missing", "3")])),
        (
            "UPDATE bursar.operations o SET operation_id = p.operation_id, at = p.at, parameters = p.parameters
               FROM bursar.operations p WHERE (o.id, p.id) IN ((2, 4), (4, 2))",
            these(&[("digest", "2"), ("digest", "4")]),
        ),
        (
            "ALTER TABLE bursar.operations DISABLE TRIGGER operations_queue; INSERT INTO bursar.operations (command) VALUES ('c')",
            these(&[("unlinked", "6")]),
        ),
        ("DELETE FROM bursar.operation_links WHERE position = 3", these(&[("hole", "4"), ("unlinked", "3")])),
        ("DELETE FROM bursar.operation_links WHERE position = 5", these(&[("unlinked", "5")])),
        (
            "DELETE FROM bursar.operation_links WHERE position = 1; DELETE FROM bursar.operations WHERE id = 1",
            these(&[("hole", "2")]),
        ),
        (
            "DELETE FROM bursar.operation_links WHERE position = 3; DELETE FROM bursar.operations WHERE id = 3;
             UPDATE bursar.operation_links SET position = position - 1 WHERE position > 3",
            these(&[("previous", "3")]),
        ),
        (
            "UPDATE bursar.operation_links SET digest = sha256('x') WHERE position = 3",
            these(&[("digest", "3"), ("previous", "4")]),
        ),
        (
            "UPDATE bursar.operation_links SET previous = sha256('x') WHERE position = 3",
            these(&[("digest", "3"), ("previous", "3")]),
        ),
        (
            "UPDATE bursar.operation_links SET operation_row = 77 WHERE position = 5",
            these(&[("row_missing", "77"), ("unlinked", "5")]),
        ),
        ("INSERT INTO bursar.unlinked_operations VALUES (77)", these(&[("queued_missing", "77")])),
    ];
    for (tampering, expected) in sample(all, 4) {
        let db = logged(5);
        assert_eq!(found(&db), these(&[]));
        tamper(&db, tampering);
        assert_eq!(found(&db), expected, "{tampering}");
        let report = db.json(&["operations", "verify", "-o", "json"]);
        assert_eq!((wrong(&report), &report["verdict"]), (expected, &"violated".into()), "{tampering}");
        // A script that keeps heads keeps none of a chain that is broken.
        let quiet = db.bursar(&["operations", "verify", "-q"]).exits(3);
        assert_eq!(quiet.stdout, "", "{tampering}");
        db.bursar(&["operations", "verify"]).exits(3);
        db.bursar(&["audit", "--only", "operations"]).exits(3);
    }
}

#[test]
fn a_row_that_waits_for_its_link_can_only_be_changed_unseen_until_then() {
    let db = logged(2);
    db.sql(&log(1));
    assert_eq!(found(&db), these(&[]));
    tamper(&db, "DELETE FROM bursar.unlinked_operations");
    assert_eq!(found(&db), these(&[("unlinked", "3")]));
}

#[test]
fn only_a_head_that_was_kept_shows_that_the_end_was_cut_or_the_chain_computed_again() {
    let all = [
        "DELETE FROM bursar.operation_links WHERE position = 5; DELETE FROM bursar.operations WHERE id = 5",
        "DELETE FROM bursar.operation_links WHERE position > 3; DELETE FROM bursar.operations WHERE id > 3",
        "UPDATE bursar.operations SET reason = 'another' WHERE id = 2",
    ];
    for tampering in sample(all, 2) {
        let db = logged(5);
        let kept = head(&db);
        assert_eq!(kept.len(), 64);
        db.bursar(&["operations", "verify", "--head", &kept]).ok();
        tamper(&db, tampering);
        if tampering.starts_with("UPDATE") {
            recompute(&db);
        }
        // The chain agrees with itself.
        assert_eq!(found(&db), these(&[]), "{tampering}");
        assert_ne!(head(&db), kept);
        let lost = db.bursar(&["operations", "verify", "--head", &kept]).exits(3);
        assert!(lost.stdout.contains("The head that was kept is not in the chain."), "{}", lost.stdout);
        assert_eq!(
            wrong(&db.json(&["operations", "verify", "--head", &kept, "-o", "json"])),
            these(&[("head", &kept)])
        );
        assert_eq!(db.bursar(&["operations", "verify", "-q", "--head", &kept]).exits(3).stdout, "");
    }
}

#[test]
fn a_chain_computed_again_from_the_same_rows_is_the_same() {
    let db = logged(5);
    let kept = head(&db);
    recompute(&db);
    assert_eq!(head(&db), kept);
}

#[test]
fn a_kept_head_is_named_with_its_position_and_time() {
    let db = logged(3);
    let kept = head(&db);
    db.sql(&format!("{}; SELECT bursar.link_operations()", log(2)));
    let report = db.json(&["operations", "verify", "--head", &kept, "-o", "json"]);
    assert_eq!((&report["operations"], &report["position"]), (&5.into(), &5.into()), "{report}");
    assert_eq!((&report["kept"]["position"], &report["kept"]["operation"]), (&3.into(), &3.into()), "{report}");
    let at = db.value("SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM bursar.operations WHERE id = 3");
    assert_eq!(report["kept"]["at"], at);
    let shown = db.bursar(&["operations", "verify", "--head", &kept]).ok().stdout;
    assert!(shown.contains(&format!("link 3, operation 3 of {at}")) && shown.contains(&head(&db)), "{shown}");
    for wrong in ["", "abc", &kept[..63], &format!("{}g", &kept[..63])] {
        db.bursar(&["operations", "verify", "--head", wrong]).exits(2);
    }
}

/// The encoding, done again from its description.
#[test]
fn the_digest_is_what_the_description_says() {
    use sha2::{Digest as _, Sha256};
    let db = logged(2);
    db.sql("INSERT INTO bursar.operations (command) VALUES ('nothing else'); SELECT bursar.link_operations()");
    let mut previous: Vec<u8> = Vec::new();
    for id in 1..=3 {
        let field = |sql: &str| {
            db.value(&format!("SELECT coalesce('=' || ({sql}), '') FROM bursar.operations WHERE id = {id}"))
        };
        let mut hash = Sha256::new();
        hash.update(&previous);
        for column in [
            "id",
            "operation_id",
            "(extract(epoch FROM at) * 1000000)::bigint",
            "database_role",
            "os_user",
            "host",
            "operator",
            "command",
            "parameters::text",
            "reason",
            "outcome",
        ] {
            match field(column).strip_prefix('=') {
                Some(text) => {
                    hash.update(i32::try_from(text.len()).unwrap().to_be_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update((-1i32).to_be_bytes()),
            }
        }
        previous = hash.finalize().to_vec();
    }
    assert_eq!(head(&db), hex::encode(&previous));
}

#[test]
fn no_setting_of_the_session_changes_a_digest() {
    let settings = "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard';
        SET bytea_output = 'escape'; SET extra_float_digits = -15; SET lc_monetary = 'C'; SET lc_numeric = 'C'; SET lc_time = 'C';
        SET standard_conforming_strings = on; SET client_encoding = 'LATIN1';";
    let db = logged(3);
    let kept = head(&db);
    // Linked under other settings.
    tamper(
        &db,
        "DELETE FROM bursar.operation_links; INSERT INTO bursar.unlinked_operations SELECT id FROM bursar.operations",
    );
    db.sql(&format!("{settings} SELECT bursar.link_operations()"));
    assert_eq!(head(&db), kept);
    // Verified under other settings.
    for (name, value) in [("TimeZone", "Asia/Kathmandu"), ("DateStyle", "SQL, DMY"), ("bytea_output", "escape")] {
        db.sql(&format!("ALTER DATABASE {} SET {name} = '{value}'", db.name));
    }
    assert_eq!(head(&db), kept);
}

#[test]
fn a_function_that_was_replaced_does_not_answer_for_the_check() {
    let db = logged(3);
    tamper(&db, "UPDATE bursar.operations SET reason = 'another' WHERE id = 2");
    db.sql(
        "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT digest FROM bursar.operation_links WHERE position = 2 $$;
         CREATE FUNCTION bursar.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT digest FROM bursar.operation_links WHERE position = 2 $$",
    );
    db.sql(&format!("ALTER DATABASE {} SET search_path = bursar, public, pg_catalog", db.name));
    assert_eq!(found(&db), these(&[("digest", "2")]));
    assert_eq!(wrong(&db.json(&["operations", "verify", "-o", "json"])), these(&[("digest", "2")]));
}

#[test]
fn writers_and_linkers_at_once_give_one_chain_with_every_row_once() {
    let db = Db::new(MIGRATED);
    let tasks: Vec<_> = (0..8)
        .map(|writer| {
            let url = db.url();
            spawn(async move {
                let mut connection = crate::support::connect(&url).await;
                for n in 0..25 {
                    // Some are slow to commit, so that rows become visible in another order than their ids'.
                    let sleep = if (writer + n) % 5 == 0 { "SELECT pg_sleep(0.01);" } else { "" };
                    let sql = format!("BEGIN; {}; {sleep} COMMIT; SELECT bursar.link_operations()", log(1));
                    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                }
            })
        })
        .collect();
    wait(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    db.sql("SELECT bursar.link_operations()");
    assert_eq!(
        db.value("SELECT concat_ws(' ', count(*), min(position), max(position), count(DISTINCT operation_row)) FROM bursar.operation_links"),
        "200 1 200 200"
    );
    assert_eq!(db.value("SELECT count(*) FROM bursar.unlinked_operations"), "0");
    assert_eq!(found(&db), these(&[]));
}

#[test]
fn one_links_at_a_time_and_the_others_do_not_wait() {
    let db = Db::new(MIGRATED);
    db.sql(&log(3));
    let mut holder = wait(db.connect());
    wait(async {
        sqlx::raw_sql("BEGIN; SELECT bursar.link_operations()").execute(&mut holder).await.unwrap();
    });
    assert_eq!(db.value("SELECT bursar.link_operations()"), "0");
    wait(async { sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap() });
    assert_eq!(db.value("SELECT bursar.link_operations()"), "3");
}

#[test]
fn links_and_the_log_refuse_change() {
    let db = logged(2);
    for change in [
        "UPDATE bursar.operation_links SET digest = digest",
        "DELETE FROM bursar.operation_links",
        "TRUNCATE bursar.operation_links",
        "TRUNCATE bursar.operations",
    ] {
        assert_eq!(db.sqlstate(change), "23001", "{change}");
    }
}

#[test]
fn each_role_may_what_it_is_for() {
    let db = logged(2);
    let as_role = |role: &str, sql: &str| db.sqlstate(&format!("SET ROLE {role}; {sql}"));
    for (role, reads, links) in [
        ("bursar_auditor", "00000", "42501"),
        ("bursar_operator", "00000", "00000"),
        ("bursar_support", "42501", "00000"),
    ] {
        for table in ["operations", "operation_links", "unlinked_operations"] {
            assert_eq!(as_role(role, &format!("SELECT FROM bursar.{table}")), reads, "{role} {table}");
            assert_eq!(as_role(role, &format!("DELETE FROM bursar.{table}")), "42501", "{role} {table}");
        }
        assert_eq!(as_role(role, "SELECT bursar.link_operations()"), links, "{role}");
        assert_eq!(as_role(role, "INSERT INTO bursar.unlinked_operations VALUES (1)"), "42501", "{role}");
    }
    // A role that may add to the log needs no right on the queue.
    let role = format!("{}_writer", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA bursar TO {role}; GRANT INSERT (command) ON bursar.operations TO {role}"
    ));
    assert_eq!(as_role(&role, "INSERT INTO bursar.operations (command) VALUES ('c')"), "00000");
    assert_eq!(db.value("SELECT count(*) FROM bursar.unlinked_operations"), "1");
    // What a role may not read is refused, and never clean.
    for command in ["list", "verify"] {
        run(bursar().args(["operations", command, "-d", &db.url_as(&role)])).exits(4);
    }
    let audit = run(bursar().args(["audit", "--app", "mimivibe", "--only", "operations", "-d", &db.url_as(&role)]));
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    audit.exits(6);
}

#[test]
fn the_list_is_newest_first_pages_by_key_and_says_when_it_is_cut() {
    let db = logged(5);
    db.sql("INSERT INTO bursar.operations (at, command, os_user) VALUES (now() - interval '3 days', 'audit repair', 'somchai'), (now(), 'audited', E'\\x1b[2J')");
    let ids = |arguments: &[&str]| -> Vec<i64> {
        let mut all = vec!["operations", "list", "-o", "json"];
        all.extend(arguments);
        let list = db.json(&all);
        list["operations"]
            .as_array()
            .unwrap_or_else(|| panic!("{list}"))
            .iter()
            .map(|o| o["id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(ids(&[]), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(ids(&["--limit", "2"]), [7, 6]);
    assert_eq!(ids(&["--limit", "2", "--cursor", "6"]), [5, 4]);
    assert_eq!(ids(&["--limit", "0", "--before", "3"]), [2, 1]);
    assert_eq!(ids(&["--since", "1d"]), [7, 5, 4, 3, 2, 1]);
    assert_eq!(ids(&["--since", "2020-01-01", "--command", "audit"]), [6]);
    assert_eq!(ids(&["--by", "noi"]), [5, 4, 3, 2, 1]);
    assert_eq!(ids(&["--by", "somchai"]), [6]);
    assert!(ids(&["--by", "nobody"]).is_empty());
    let page = db.json(&["operations", "list", "-o", "json", "--limit", "2"]);
    assert_eq!((&page["total"], &page["next_before"]), (&7.into(), &6.into()), "{page}");
    assert_eq!(db.json(&["operations", "list", "-o", "json", "--limit", "7"])["next_before"], Value::Null);
    let shown = db.bursar(&["operations", "list", "--limit", "2"]).ok().stdout;
    assert!(shown.contains("showing 2 of 7; --limit 0 for all, or the next page:\n--cursor 6\n"), "{shown}");
    assert!(!shown.contains('\x1b') && shown.contains("\\u{1b}[2J"), "{shown}");
    let all = db.bursar(&["operations", "list"]).ok().stdout;
    assert!(!all.contains("showing") && all.contains("noi, n@h, role"), "{all}");
    let csv = db.bursar(&["operations", "list", "-o", "csv", "--limit", "2"]).ok().says("showing 2 of 7");
    assert_eq!(csv.stdout.lines().count(), 3, "{}", csv.stdout);
    let ndjson = db.bursar(&["operations", "list", "-o", "ndjson"]).ok().stdout;
    assert_eq!(ndjson.lines().filter(|l| serde_json::from_str::<Value>(l).unwrap()["type"] == "operation").count(), 7);
    for wrong in [&["--since", "yesterday"][..], &["--limit", "-1"], &["--cursor", "x"], &["-o", "xml"]] {
        let mut all = vec!["operations", "list"];
        all.extend(wrong);
        db.bursar(&all).exits(2);
    }
}

#[test]
fn a_database_without_a_log_says_how_it_gets_one() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    for command in ["list", "verify"] {
        db.bursar(&["operations", command]).exits(2).says("bursar migrate up --only bursar");
    }
    let report = db.json(&["audit", "--only", "operations", "-o", "json"]);
    assert!(report["checks"].to_string().contains("bursar did not migrate this database"), "{report}");
}
