//! Adjustments of balances above the limit: nothing moves until another login agrees, and parts come to what the
//! whole is.

use crate::support::{Db, Ran, Template, bursar, run};

const ADA: &str = "aaaa0000-0000-4000-8000-00000000000a";

/// A database with an account that has 100 STAR, and logins of its own.
struct World {
    db: Db,
    logins: Vec<String>,
}

impl World {
    fn new(limit: Option<&str>) -> Self {
        let db = Db::new(Template::Migrated("mimivibe"));
        db.sql(&format!(
            "INSERT INTO users (id, external_id, external_provider, email) VALUES ('{ADA}', 'ada', 'clerk', 'ada@example.com');
             SELECT wallet_adjust('{ADA}', 'STAR', 100 - star_balance, 'credit', 'to begin with', 'test') FROM users WHERE id = '{ADA}' AND star_balance < 100"
        ));
        if let Some(limit) = limit {
            db.bursar(&["settings", "set", "adjust_limit", limit, "--yes"]).ok();
        }
        let logins = [("first", "bursar_operator"), ("second", "bursar_operator"), ("support", "bursar_support")];
        let logins = logins.map(|(name, role)| {
            let login = format!("{}_{name}", db.name);
            db.sql(&format!("CREATE ROLE {login} LOGIN PASSWORD 'x' IN ROLE {role}"));
            login
        });
        World { db, logins: logins.to_vec() }
    }

    fn run(&self, login: &str, arguments: &[&str]) -> Ran {
        let url = self.db.url_as(&format!("{}_{login}", self.db.name));
        run(bursar().args(arguments).env("DATABASE_URL", url))
    }

    fn adjust(&self, login: &str, unit: &str, amount: &str) -> Ran {
        self.run(login, &["wallet", "adjust", ADA, unit, amount, "--reason", "because", "--yes"])
    }

    /// Calls the function as a login; the state that comes of it, or the SQLSTATE.
    fn call(&self, login: &str, account: &str, unit: &str, amount: &str) -> String {
        let before = self.db.value("SELECT count(*) FROM bursar.adjustments");
        let balance = self.balance(unit);
        let code = self.db.sqlstate(&format!(
            "SET SESSION AUTHORIZATION {}_{login}; SELECT bursar.wallet_adjust('{account}', '{unit}', {amount}, {balance}, 'because', '{{}}')",
            self.db.name
        ));
        if code != "00000" {
            return code;
        }
        assert_ne!(self.db.value("SELECT count(*) FROM bursar.adjustments"), before);
        self.db.value("SELECT state FROM bursar.adjustments ORDER BY number DESC LIMIT 1")
    }

    fn balance(&self, unit: &str) -> String {
        let column = if unit == "STAR" { "star_balance" } else { "coin_balance" };
        self.db.value(&format!("SELECT {column} FROM users WHERE id = '{ADA}'"))
    }

    /// The newest adjustment.
    fn newest(&self) -> String {
        self.db.value("SELECT id FROM bursar.adjustments ORDER BY number DESC LIMIT 1")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for login in &self.logins {
                self.db.sql(&format!("DROP OWNED BY {login}; DROP ROLE {login}"));
            }
        }
    }
}

#[test]
fn without_a_limit_one_person_adjusts_as_before() {
    let world = World::new(None);
    world.adjust("first", "STAR", "+2000000000").ok();
    assert_eq!(world.balance("STAR"), "2000000100");
    assert_eq!(
        world.db.value("SELECT string_agg(concat_ws(' ', state, amount, requested_by), ',') FROM bursar.adjustments"),
        format!("done 2000000000 {}_first", world.db.name)
    );
    assert!(world.run("first", &["wallet", "adjustments"]).ok().stdout.contains("no adjustment awaits approval"));
    world.db.bursar(&["audit", "--only", "ledger,operations"]).ok();
}

#[test]
fn above_the_limit_another_login_has_to_agree() {
    let world = World::new(Some("STAR 50"));
    world.adjust("first", "STAR", "+50").ok();
    let would = world.run("first", &["wallet", "adjust", ADA, "STAR", "+1", "--reason", "x", "--dry-run"]).ok();
    assert!(would.stdout.contains("once a second person approves it"), "{would:?}");
    let ran = world.adjust("first", "STAR", "+2000000000").exits(6).says("by another login: bursar wallet approve");
    assert!(ran.stdout.contains("awaits the approval of a second person"), "{ran:?}");
    let id = world.newest();
    assert!(ran.stderr.contains(&id), "{ran:?}");
    let nothing_moved = || {
        assert_eq!(world.balance("STAR"), "150");
        assert_eq!(
            world.db.value(&format!("SELECT state || coalesce(entry, '') FROM bursar.adjustments WHERE id = '{id}'")),
            "awaiting_approval"
        );
    };
    nothing_moved();
    // The same again is told of the first.
    world.adjust("second", "STAR", "+2000000000").exits(7).says(&id);
    let approve = ["wallet", "approve", &id, "--yes"];
    world.run("first", &approve).exits(4).says("cannot approve it too");
    world.run("support", &approve).exits(4).says("42501");
    world.run("support", &["wallet", "reject", &id, "--reason", "no", "--yes"]).exits(4).says("42501");
    world.run("second", &["wallet", "approve", &id, "--dry-run"]).ok().tells("from 150 to 2,000,000,150");
    world.run("second", &["wallet", "approve", &id]).exits(4).says("--yes");
    nothing_moved();
    let listed: serde_json::Value =
        serde_json::from_str(&world.run("second", &["wallet", "adjustments", "-o", "json"]).ok().stdout).expect("JSON");
    assert_eq!((&listed["total"], &listed["adjustments"][0]["id"]), (&1.into(), &id.as_str().into()), "{listed}");

    let would = world.run("second", &["wallet", "reject", &id[..8], "--reason", "no", "--dry-run"]).ok();
    assert!(would.stdout.contains(&format!("adjustment {id} of +2,000,000,000 STAR")), "{would:?}");
    assert!(would.stdout.ends_with("would be rejected; nothing was changed\n"), "{would:?}");
    nothing_moved();
    assert_eq!(listed["adjustments"][0]["number"], 2);

    world.run("second", &approve).ok().tells("is done");
    assert_eq!(world.balance("STAR"), "2000000150");
    assert_eq!(
        world.db.value(&format!("SELECT concat_ws(' ', state, requested_by, decided_by, entry IS NOT NULL) FROM bursar.adjustments WHERE id = '{id}'")),
        format!("done {0}_first {0}_second t", world.db.name)
    );
    world.run("second", &approve).exits(7).says("awaits no approval");
    let log = "SELECT string_agg(command || ' ' || outcome, ', ' ORDER BY id) FROM bursar.operations WHERE command LIKE 'wallet%'";
    assert_eq!(world.db.value(log), "wallet adjust done, wallet adjust awaiting_approval, wallet approve done");
    // What two people did is not counted for what one may do, and what one did is.
    world.adjust("first", "STAR", "+1").exits(6);
    world.db.bursar(&["audit"]).ok();
    world.db.bursar(&["operations", "verify"]).ok();
}

#[test]
fn the_limit_cannot_be_walked_around() {
    let world = World::new(Some("STAR 10, COIN 5"));
    // In parts, up and down, by two logins, and however the account is written.
    assert_eq!(world.call("first", ADA, "STAR", "4"), "done");
    assert_eq!(world.call("second", &ADA.to_uppercase(), "STAR", "-3"), "done");
    assert_eq!(world.call("first", &format!("{{{ADA}}}"), "STAR", "3"), "done");
    for account in [ADA.to_owned(), ADA.to_uppercase(), format!("{{{ADA}}}"), ADA.replace('-', "")] {
        assert_eq!(world.call("second", &account, "STAR", "1"), "awaiting_approval", "{account}");
        world.db.sql(
            "SELECT bursar.wallet_reject(id, 'a test', '{}') FROM bursar.adjustments WHERE state = 'awaiting_approval'",
        );
    }
    assert_eq!(world.call("first", ADA, "STAR", "-1"), "awaiting_approval");
    // One that waits is one, whoever asks, and however the account is written.
    assert_eq!(world.call("second", &ADA.to_uppercase(), "STAR", "1"), "BR007");
    // The owner of the schema is bound too.
    assert_eq!(
        world.db.sqlstate(&format!("SELECT bursar.wallet_adjust('{ADA}', 'STAR', 1, 104, 'because', '{{}}')")),
        "BR007"
    );
    assert_eq!(world.balance("STAR"), "104");
    // Another unit has its own.
    assert_eq!(world.call("first", ADA, "COIN", "5"), "done");
    assert_eq!(world.call("first", ADA, "COIN", "1"), "awaiting_approval");
    // After 30 days there is room again.
    world.db.sql(
        "SELECT bursar.wallet_reject(id, 'a test', '{}') FROM bursar.adjustments WHERE state = 'awaiting_approval'",
    );
    world.db.sql("SET session_replication_role = replica; UPDATE bursar.adjustments SET updated_at = updated_at - interval '31 days'");
    assert_eq!(world.call("first", ADA, "STAR", "10"), "done");
}

#[test]
fn settings_of_the_session_and_old_snapshots_make_no_room() {
    let world = World::new(Some("STAR 10"));
    let adjust = |amount: i32, balance: i32| {
        format!("SELECT bursar.wallet_adjust('{ADA}', 'STAR', {amount}, {balance}, 'because', '{{}}')")
    };
    for before in [
        "SET standard_conforming_strings = off; SET escape_string_warning = off;",
        "SET search_path = nowhere;",
        "SET default_transaction_isolation = 'read uncommitted';",
    ] {
        let sql = format!("SET SESSION AUTHORIZATION {}_first; {before} {}", world.db.name, adjust(11, 100));
        assert_eq!(world.db.sqlstate(&sql), "00000", "{before}");
        assert_eq!(
            world.db.value("SELECT state FROM bursar.adjustments ORDER BY number DESC LIMIT 1"),
            "awaiting_approval"
        );
        world.db.sql(
            "SELECT bursar.wallet_reject(id, 'a test', '{}') FROM bursar.adjustments WHERE state = 'awaiting_approval'",
        );
    }
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let sql = format!("BEGIN ISOLATION LEVEL {level}; {}", adjust(1, 100));
        assert_eq!(world.db.sqlstate(&sql), "BR004", "{level}");
    }
    assert_eq!(world.balance("STAR"), "100");
}

#[test]
fn a_unit_that_is_not_named_and_a_setting_that_is_not_understood_need_a_second_person() {
    for limit in ["COIN 5", "STAR lots", "STAR", "STARS 100", "STAR 1e9", "5 STAR", "STAR -5"] {
        let world = World::new(None);
        world.db.sql(&format!("INSERT INTO bursar.settings (name, value) VALUES ('adjust_limit', '{limit}')"));
        assert_eq!(world.call("first", ADA, "STAR", "1"), "awaiting_approval", "{limit}");
    }
    let world = World::new(Some("COIN 5,  STAR  0100.50 "));
    assert_eq!(world.call("first", ADA, "STAR", "100"), "done");
    assert_eq!(world.call("first", ADA, "STAR", "1"), "awaiting_approval");
}

#[test]
fn what_is_turned_down_moves_nothing_and_may_be_asked_for_again() {
    let world = World::new(Some("STAR 1"));
    world.adjust("first", "STAR", "+5").exits(6);
    let id = world.newest();
    let reject = ["wallet", "reject", &id, "--reason", "not ours to give", "--yes"];
    for command in
        [&["wallet", "reject", &id[..8], "--reason", "r", "--yes"][..], &["wallet", "approve", &id[..8], "--yes"]]
    {
        world.run("second", command).exits(2).says(&id);
    }
    world.run("second", &["wallet", "reject", &id, "--reason", " ", "--yes"]).exits(2);
    world.run("second", &reject).ok().tells("is rejected");
    world.run("second", &reject).exits(7).says("awaits no approval");
    world.run("second", &["wallet", "approve", &id, "--yes"]).exits(7);
    assert_eq!(world.balance("STAR"), "100");
    // Whoever asked for it may take it back.
    world.adjust("first", "STAR", "+5").exits(6);
    world.run("first", &["wallet", "reject", &world.newest(), "--reason", "mine", "--yes"]).ok();
    assert!(world.run("first", &["wallet", "adjustments", "--all"]).ok().stdout.contains("rejected"));
    world.run("second", &["wallet", "approve", "no-such-id", "--yes"]).exits(2);
}

#[test]
fn what_changed_while_it_waited_is_looked_at_again() {
    let world = World::new(Some("STAR 1"));
    world.adjust("first", "STAR", "-60").exits(6);
    let id = world.newest();
    world.db.sql(&format!("SELECT wallet_adjust('{ADA}', 'STAR', 50, 'debit', 'spent', 'test')"));
    world.run("second", &["wallet", "approve", &id, "--yes"]).exits(4).says("would leave -10");
    let expected = format!(
        "SET SESSION AUTHORIZATION {}_second; SELECT bursar.wallet_approve('{id}', 100, '{{}}')",
        world.db.name
    );
    assert_eq!(world.db.sqlstate(&expected), "BR007");
    assert_eq!(
        (world.balance("STAR"), world.db.value("SELECT state FROM bursar.adjustments")),
        ("50".to_owned(), "awaiting_approval".to_owned())
    );
}

#[test]
fn an_adjustment_is_written_by_the_functions_alone_and_kept() {
    let world = World::new(Some("STAR 1"));
    world.adjust("first", "STAR", "+5").exits(6);
    let id = world.newest();
    let as_first = |sql: &str| world.db.sqlstate(&format!("SET SESSION AUTHORIZATION {}_first; {sql}", world.db.name));
    for sql in [
        "UPDATE bursar.adjustments SET state = 'done'".to_owned(),
        "INSERT INTO bursar.adjustments (account, account_key, unit, amount, reason, state) VALUES ('a', 'a', 'STAR', 1, 'x', 'done')".to_owned(),
        "DELETE FROM bursar.adjustments".to_owned(),
        "UPDATE bursar.settings SET value = 'STAR 100000'".to_owned(),
        format!("SELECT bursar.adjust('{ADA}', 'STAR', 5, 'x', 'x')"),
        format!("SELECT bursar.repair_adjust('{ADA}', 'STAR', 5, 'x', 'x', '{{}}', gen_random_uuid())"),
        format!("SELECT bursar.adjustment_waiting('{id}')"),
        format!("SELECT wallet_adjust('{ADA}', 'STAR', 5, 'credit', 'x', 'x')"),
    ] {
        assert_eq!(as_first(&sql), "42501", "{sql}");
    }
    // Another name for oneself is no other person.
    assert_eq!(
        as_first(&format!(
            "SET ROLE bursar_operator; SELECT bursar.wallet_approve('{id}', 100, '{{\"operator\": \"somebody else\"}}')"
        )),
        "BR004"
    );
    world.run("second", &["wallet", "approve", &id, "--yes"]).ok();
    for sql in
        ["UPDATE bursar.adjustments SET amount = 1", "DELETE FROM bursar.adjustments", "TRUNCATE bursar.adjustments"]
    {
        assert_eq!(world.db.sqlstate(sql), "23001", "{sql}");
    }
}

#[test]
fn ids_that_are_the_same_to_an_application_are_the_same_to_the_limit() {
    let db = Db::new(Template::Bursar);
    for (one, other) in [
        ("7", "007"),
        ("7", " +7"),
        ("-7", "-007"),
        ("7", "7.0"),
        ("8f0e0000-0000-4000-8000-00000000000A", "{8F0E0000000040008000-00000000000a}"),
        ("Ada@Example.com", "ada@example.com "),
        ("ab", "ab\n"),
    ] {
        assert_eq!(
            db.value(&format!("SELECT bursar.id_key('{one}') = bursar.id_key('{other}')")),
            "true",
            "{one} {other}"
        );
    }
    for (one, other) in [("7", "8"), ("a-b", "ab"), ("1e3x", "1000"), ("12345678901234567890", "12345678901234567891")]
    {
        assert_eq!(
            db.value(&format!("SELECT bursar.id_key('{one}') <> bursar.id_key('{other}')")),
            "true",
            "{one} {other}"
        );
    }
    for odd in ["", " ", "-", "1e131071", "-infinity", "0x", "٣"] {
        assert_ne!(db.value(&format!("SELECT coalesce(bursar.id_key('{odd}'), 'none')")), "none", "{odd}");
    }
}
