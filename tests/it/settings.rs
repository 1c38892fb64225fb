//! `bursar settings`: what is kept in the database, by whom, and who may change it.

use serde_json::Value;

use crate::support::{Db, Starts as _, Template, bursar, run, until, wait};

const MIGRATED: Template = Template::Migrated("mimivibe");

fn value(db: &Db, name: &str) -> String {
    db.value(&format!("SELECT value FROM bursar.settings WHERE name = '{name}'"))
}

#[test]
fn a_setting_is_set_listed_changed_and_taken_away() {
    let db = Db::new(MIGRATED);
    let list = db.json(&["settings", "list", "-o", "json"]);
    assert_eq!(list["settings"][0]["name"], "protected", "{list}");
    assert_eq!((&list["settings"][0]["value"], &list["settings"][1]["value"]), (&Value::Null, &Value::Null), "{list}");
    let shown = db.bursar(&["settings", "list"]).ok().stdout;
    assert!(shown.contains("not set") && shown.contains("protected, unless the server is on this machine"), "{shown}");

    let ran =
        db.bursar(&["settings", "set", "refund_limit", " THB  5000.00,USD 0150 ", "--yes", "--operator", "noi"]).ok();
    assert!(ran.stdout.contains("refund_limit: not set → THB 5000.00, USD 150"), "{}", ran.stdout);
    assert_eq!(value(&db, "refund_limit"), "THB 5000.00, USD 150");
    assert_eq!(
        db.value("SELECT concat_ws('|', operator, command, parameters, outcome) FROM bursar.operations"),
        r#"noi|settings set|{"to": "THB 5000.00, USD 150", "from": null, "name": "refund_limit"}|done"#
    );
    let before = db.value("SELECT updated_at FROM bursar.settings");
    let again = db.bursar(&["settings", "set", "refund_limit", "THB 5000.00, USD 150"]).ok();
    assert!(again.stdout.contains("already"), "{}", again.stdout);
    db.bursar(&["settings", "set", "refund_limit", "JPY 7", "--yes"]).ok();
    assert_ne!(db.value("SELECT updated_at FROM bursar.settings"), before);
    let list = db.json(&["settings", "list", "-o", "json"]);
    let limit = &list["settings"][1];
    assert_eq!(
        (&limit["value"], &limit["set_by"]),
        (&"JPY 7".into(), &db.value("SELECT session_user").into()),
        "{list}"
    );
    assert!(limit["set_at"].as_str().unwrap().ends_with('Z'), "{list}");
    let would = db.bursar(&["settings", "set", "refund_limit", "none", "--dry-run"]).ok().stdout;
    assert!(would.contains("would set refund_limit: JPY 7 → not set"), "{would}");
    assert_eq!(value(&db, "refund_limit"), "JPY 7");
    db.bursar(&["settings", "set", "refund_limit", "none", "--yes"]).ok();
    assert_eq!(db.value("SELECT count(*) FROM bursar.settings"), "0");
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations"), "3");
}

#[test]
fn a_setting_is_unset_as_it_is_set() {
    let db = Db::new(MIGRATED);
    db.bursar(&["settings", "unset", "refund_limit", "--yes"]).ok().tells("refund_limit is not set already");
    db.bursar(&["settings", "set", "refund_limit", "JPY 7", "--yes"]).ok();
    db.bursar(&["settings", "unset", "refund_limit", "--dry-run"])
        .ok()
        .tells("would unset refund_limit: JPY 7 → not set");
    db.bursar(&["settings", "unset", "refund_limit"]).exits(4).says("--yes");
    assert_eq!(value(&db, "refund_limit"), "JPY 7");
    let unset = db.json(&["settings", "unset", "refund_limit", "--yes", "-o", "json"]);
    assert_eq!((&unset["command"], &unset["outcome"]), (&"settings unset".into(), &"done".into()), "{unset}");
    assert_eq!(db.value("SELECT count(*) FROM bursar.settings"), "0");
    let logged = "SELECT concat_ws('|', command, parameters, outcome) FROM bursar.operations ORDER BY at DESC LIMIT 1";
    assert_eq!(db.value(logged), r#"settings unset|{"to": null, "from": "JPY 7", "name": "refund_limit"}|done"#);
    db.bursar(&["settings", "unset", "refund_limits", "--yes"]).exits(2).says("refund_limit");

    // Protection goes only with the name, and a database that is protected wants it for the rest too.
    db.bursar(&["settings", "set", "support_daily_limit", "THB 20000.00, USD 500", "--yes"]).ok();
    db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    for name in ["protected", "support_daily_limit"] {
        db.bursar(&["settings", "unset", name, "--yes"]).exits(4).says(&format!("--confirm {}", db.name));
        db.bursar(&["settings", "unset", name, "--confirm", "another"]).exits(4);
    }
    assert_eq!(value(&db, "protected"), "true");
    for name in ["protected", "support_daily_limit"] {
        db.bursar(&["settings", "unset", name, "--confirm", &db.name]).ok();
    }
    assert_eq!(db.value("SELECT count(*) FROM bursar.settings"), "0");
}

#[test]
fn what_is_no_value_changes_nothing() {
    let db = Db::new(MIGRATED);
    for (name, value) in [
        ("protected", "yes"),
        ("protected", "none"),
        ("refund_limit", "5000"),
        ("refund_limit", "THB 5,000.00"),
        ("refund_limits", "none"),
        ("refund_limit", "JPY 10.5"),
        ("refund_limit", "THB 1.005"),
        ("support_daily_limit", "XXX 5"),
    ] {
        db.bursar(&["settings", "set", name, value, "--yes"]).exits(2);
    }
    db.bursar(&["settings", "set", "refund_limit", "thb 1", "--yes"]).exits(2).says("three capitals");
    db.bursar(&["settings", "set", "refund_limit", "USD 5, JPY 10.5", "--yes"]).exits(2).says("JPY has no decimals");
    assert_eq!(
        db.value("SELECT (SELECT count(*) FROM bursar.settings) + (SELECT count(*) FROM bursar.operations)"),
        "0"
    );
    let empty = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    empty.bursar(&["settings", "list"]).exits(2).says("bursar migrate up --only bursar");
    empty.bursar(&["settings", "set", "protected", "true", "--yes"]).exits(2);
}

#[test]
fn protection_is_taken_away_only_by_the_name() {
    let db = Db::new(MIGRATED);
    db.bursar(&["settings", "set", "protected", "true"]).exits(4).says("--yes");
    // Also where nothing protects it yet: the setting goes with the database to another server.
    db.bursar(&["settings", "set", "protected", "false", "--yes"]).exits(4).says(&format!("--confirm {}", db.name));
    db.bursar(&["settings", "set", "protected", "true", "--yes"]).ok();
    assert_eq!(value(&db, "protected"), "true");
    db.bursar(&["settings", "set", "protected", "false", "--yes"]).exits(4).says(&format!("--confirm {}", db.name));
    db.bursar(&["settings", "set", "protected", "false", "--confirm", "another"]).exits(4);
    // Protection holds for the other settings too.
    db.bursar(&["settings", "set", "refund_limit", "THB 1", "--yes"]).exits(4);
    assert_eq!(value(&db, "protected"), "true");
    db.bursar(&["settings", "set", "protected", "false", "--confirm", &db.name]).ok();
    assert_eq!(value(&db, "protected"), "false");
    db.bursar(&["settings", "set", "refund_limit", "THB 1", "--yes"]).ok();
}

#[test]
fn who_does_not_own_it_is_refused_and_told_who_does() {
    let db = Db::new(MIGRATED);
    let role = format!("{}_operator", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_operator"));
    let owner = db.value("SELECT current_user");
    let as_role = |arguments: &[&str]| run(bursar().args(arguments).args(["-d", &db.url_as(&role)]));
    let list = as_role(&["settings", "list"]).ok();
    assert!(list.stdout.contains("refund_limit"), "{}", list.stdout);
    let refused = as_role(&["settings", "set", "protected", "true", "--yes"]).exits(4);
    refused.says("only the owner of bursar's schema").says(&format!("connect as {owner}"));
    assert_eq!(db.value("SELECT count(*) FROM bursar.settings"), "0");
    db.sql(&format!("DROP ROLE {role}"));
}

#[test]
fn a_value_that_changed_since_it_was_planned_on_is_a_conflict() {
    let db = Db::new(MIGRATED);
    for (before, meanwhile) in [
        ("INSERT INTO bursar.settings VALUES ('refund_limit', 'THB 1')", "UPDATE bursar.settings SET value = 'THB 2'"),
        ("DELETE FROM bursar.settings", "INSERT INTO bursar.settings VALUES ('refund_limit', 'THB 2')"),
        ("UPDATE bursar.settings SET value = 'THB 1'", "DELETE FROM bursar.settings"),
    ] {
        db.sql(before);
        let mut other = wait(db.connect());
        wait(async {
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("BEGIN; {meanwhile}"))).execute(&mut other).await.unwrap()
        });
        let child =
            bursar().args(["settings", "set", "refund_limit", "THB 3", "--yes", "-d", &db.url()]).starts_quietly();
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar settings set' AND wait_event_type = 'Lock'";
        until("a setting that waits", || db.value(waits) != "0");
        wait(async { sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap() });
        child.ended().exits(7).says("meanwhile; nothing was changed");
        assert_ne!(value_or_none(&db), "THB 3");
    }
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations"), "0");
}

fn value_or_none(db: &Db) -> String {
    db.value("SELECT max(value) FROM bursar.settings WHERE name = 'refund_limit'")
}

#[test]
fn a_limit_of_adjustments_is_in_a_unit_of_the_application() {
    let db = Db::new(MIGRATED);
    let set = |limit: &str| db.bursar(&["settings", "set", "adjust_limit", limit, "--yes"]);
    set("STAR 5").ok();
    let ran = set("FOO 5").exits(2).says("there is no unit 'FOO'").says("STAR");
    assert!(ran.stderr.contains("COIN"), "{ran:?}");
    set("STAR 6, FOO 5").exits(2);
    assert_eq!(value(&db, "adjust_limit"), "STAR 5");
    set("star 7, Coin 8").ok();
    assert_eq!(value(&db, "adjust_limit"), "STAR 7, COIN 8");
    set("STAR 7, star 8").exits(2).says("STAR is there twice");
    // Where nothing says which units there are, that is said.
    let db = Db::new(Template::Bursar);
    db.bursar(&["settings", "set", "adjust_limit", "FOO 5", "--yes"]).ok().says("not checked");
    assert_eq!(value(&db, "adjust_limit"), "FOO 5");
}

#[test]
fn a_second_person_is_another_login_in_each_sentence() {
    let db = Db::new(MIGRATED);
    for (name, value) in [("refund_limit", "THB 1"), ("adjust_limit", "STAR 1")] {
        db.bursar(&["settings", "set", name, value, "--dry-run"]).ok().tells("another login's approval");
    }
}
