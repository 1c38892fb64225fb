//! Seals of tables beside the ledger: what of a row never changes is held, and what may change is not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{SEEDED, root, set, tamper, verify, wrong};
use crate::support::{Db, Template, bursar, file, run, wait};

/// Seals the ledger, where there is one, and the tables.
fn sealed(db: &Db) -> Value {
    db.json(&["audit", "seal", "--tables", "--yes", "-o", "json"])
}

fn table<'v>(sealed: &'v Value, name: &str) -> &'v Value {
    let tables = sealed["tables"].as_array().unwrap_or_else(|| panic!("{sealed}"));
    tables.iter().find(|table| table["table"] == name).unwrap_or_else(|| panic!("{sealed}"))
}

fn root_of(sealed: &Value, name: &str) -> String {
    table(sealed, name)["root"].as_str().expect("a root").to_owned()
}

#[test]
fn a_sealed_row_is_held_to_what_never_changes_of_it() {
    let db = Db::new(SEEDED);
    db.settled("wallet_transactions");
    let first = sealed(&db);
    let [payments, readings] = ["payments", "tarot_readings"].map(|name| root_of(&first, name));
    assert_eq!(table(&first, "payments")["rows"].to_string(), db.value("SELECT count(*) FROM payments"));
    let row = |n: u32| {
        db.value(&format!("SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id OFFSET {n} LIMIT 1"))
    };
    let [amount, owner, gone, twin] = [0, 1, 2, 3].map(row);
    // What an application does: a new payment, a state that changes, a reading that is found again.
    tamper(
        &db,
        "INSERT INTO payments (user_id, amount, package_type, stars_purchased) SELECT user_id, 4900, 'starter', 10 FROM payments LIMIT 1;
             UPDATE payments SET status = 'failed', stripe_charge_id = NULL, updated_at = now();
             UPDATE tarot_readings SET metadata = '{}', search_tsvector = NULL",
    );
    assert_eq!((verify(&db, &payments), verify(&db, &readings)), (BTreeSet::new(), BTreeSet::new()));
    // What nobody does.
    let reading = db.value("SELECT min(id::text) FROM tarot_readings");
    let added = "00000000-0000-0000-0000-00000000000a";
    tamper(
        &db,
        &format!(
            "UPDATE payments SET amount = amount * 100 WHERE id = '{amount}';
             UPDATE payments SET user_id = (SELECT id FROM users u WHERE u.id <> user_id LIMIT 1) WHERE id = '{owner}';
             DELETE FROM payments WHERE id = '{gone}';
             INSERT INTO payments (id, user_id, amount, package_type, stars_purchased, created_at)
                SELECT '{added}', user_id, amount, package_type, stars_purchased, created_at FROM payments WHERE id = '{twin}';
             UPDATE tarot_readings SET tarot_reading = '{{\"summary\": \"all will be well\"}}' WHERE id = '{reading}'"
        ),
    );
    let found = |rows: &[(&str, &str)]| {
        rows.iter().map(|(key, kind)| ((*key).to_owned(), (*kind).to_owned())).collect::<BTreeSet<_>>()
    };
    let wrong = [(amount.as_str(), "changed"), (&owner, "changed"), (&gone, "removed"), (added, "added")];
    assert_eq!((verify(&db, &payments), verify(&db, &readings)), (found(&wrong), found(&[(&reading, "changed")])));
    assert_eq!(verify(&db, &root(&first)), BTreeSet::new());
    let said = db.bursar(&["audit", "--verify-seal", &payments]).exits(3);
    said.tells("Sealed rows of payments are unchanged").tells(&format!("Row {amount} of payments is not as seal"));
    // The next seal goes on: it stores the new rows alone, and its root holds what is there now.
    let second = sealed(&db);
    assert_eq!(
        (&table(&second, "payments")["previous"], table(&second, "payments")["afresh"].is_null()),
        (&payments.into(), true)
    );
    assert!(table(&second, "payments")["stored"].as_u64().unwrap() <= 2, "{second}");
    // Without the flag nobody is left to think that it was done.
    let plain = db.bursar(&["audit", "seal", "--yes"]).ok();
    assert!(plain.stderr.contains("not sealed: payments, tarot_readings"), "{}", plain.stderr);
    assert_eq!(plain.stdout.trim().len(), 64);
}

#[test]
fn payments_without_a_ledger_can_be_sealed() {
    let db = Db::new(Template::Seeded("aethercrown"));
    db.bursar(&["audit", "seal", "--yes"]).exits(2).says("bursar audit seal --tables");
    let made = sealed(&db);
    assert!(made["seal"].is_null() && made["verdict"].is_null(), "{made}");
    let root = root_of(&made, "payments");
    assert_eq!(verify(&db, &root), BTreeSet::new());
    let id = db.value("SELECT min(id::text) FROM payments");
    tamper(&db, &format!("UPDATE payments SET amount = amount * 100 WHERE id = '{id}'"));
    assert_eq!(verify(&db, &root), BTreeSet::from([(id, "changed".to_owned())]));
    let other = "0".repeat(64);
    assert_eq!(verify(&db, &other), BTreeSet::from([(other.clone(), "seal_missing".to_owned())]));
    Db::new(Template::Bursar).bursar(&["audit", "seal", "--tables", "--yes", "--app", "organic-os"]).exits(2);
}

#[test]
fn rows_that_no_seal_covers_and_rows_that_are_gone_are_said() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let row = |n: u32| db.value(&format!("SELECT id FROM payments ORDER BY id OFFSET {n} LIMIT 1"));
    let [dateless, gone] = [0, 1].map(row);
    tamper(&db, &format!("UPDATE payments SET created_at = 'infinity' WHERE id = '{dateless}'"));
    let ran = db.bursar(&["audit", "seal", "--tables", "--yes"]).ok();
    let ran = ran.says("1 row of payments without a usable time are not covered");
    let root = ran.stdout.split_whitespace().next().unwrap().to_owned();
    let report = db.json(&["audit", "--verify-seal", &root, "-o", "json"]);
    assert_eq!((&report["verdict"], &report["summary"]["warnings"]), (&"clean".into(), &1.into()), "{report}");
    db.bursar(&["audit", "--verify-seal", &root]).tells("1 row of payments without a usable time");
    tamper(&db, &format!("DELETE FROM payments WHERE id = '{gone}'"));
    let ran = db.bursar(&["audit", "seal", "--tables", "--yes", "-o", "json"]).ok();
    let ran = ran
        .says("payments has 1 row fewer than the seal before counted up to its end: ")
        .says("less those that were added");
    assert_eq!(table(&ran.json(), "payments")["gone"], 1);
}

#[test]
fn other_columns_are_another_chain_and_no_finding() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("aethercrown");
    run(std::process::Command::new("cp").arg("-r").args([&file("packs/aethercrown"), &pack])).ok();
    let manifest = std::fs::read_to_string(pack.join("pack.toml")).unwrap();
    let app = ["--app", pack.to_str().unwrap(), "--trust-pack"];
    let with = |text: &str| std::fs::write(pack.join("pack.toml"), text).unwrap();
    let verify = |root: &str| db.bursar(&[&["audit", "--verify-seal", root][..], &app].concat());
    let root = root_of(&sealed(&db), "payments");
    verify(&root).ok();
    with(&manifest.replace("\"order_id\", \"amount\"", "\"amount\""));
    verify(&root).exits(6).says("[[seal.tables]] names other columns of it now");
    let next = db.bursar(&[&["audit", "seal", "--tables", "--yes", "-o", "json"][..], &app].concat()).ok().json();
    assert!(table(&next, "payments")["previous"].is_null(), "{next}");
    verify(&root_of(&next, "payments")).ok();
    let (before, rest) = manifest.split_once("[[seal.tables]]").unwrap();
    with(&format!("{before}{}", rest.split_once("\n\n").unwrap().1));
    verify(&root).exits(6).says("[[seal.tables]] does not name it any more");
}

/// Seals the tables, and starts those of the payments over.
fn restarted(db: &Db, reason: &str) -> Value {
    let restart = ["--restart", "payments", "--reason", reason, "--operator", "ada", "-o", "json"];
    db.json(&[&["audit", "seal", "--tables", "--yes"][..], &restart].concat())
}

/// The findings that somebody answers for, each with its reason.
fn accepted(report: &Value) -> BTreeSet<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().unwrap_or_else(|| panic!("{report}")).iter();
    let accepted = list.filter(|f| !f["accepted"].is_null());
    accepted.map(|f| (text(&f["key"]), text(&f["kind"]), text(&f["accepted"]["reason"]))).collect()
}

/// The findings that nobody answers for.
fn standing(mut report: Value) -> BTreeSet<(String, String)> {
    report["findings"].as_array_mut().unwrap().retain(|f| f["accepted"].is_null());
    wrong(&report)
}

#[test]
fn the_seals_of_a_table_start_over_and_every_audit_tells_it() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let row = |n: u32| db.value(&format!("SELECT id FROM payments ORDER BY id OFFSET {n} LIMIT 1"));
    let [erased, anonymous, later] = [0, 1, 2].map(row);
    let report = |root: &str| db.json(&["audit", "--verify-seal", root, "-o", "json"]);
    // There is nothing to start over yet.
    let restart = ["audit", "seal", "--tables", "--yes", "--restart", "payments", "--reason", "x"];
    db.bursar(&restart).exits(2).says("there is no seal of payments, so there is nothing to start over");
    let first = root_of(&sealed(&db), "payments");
    db.bursar(&restart).exits(4).says("every row of payments is as seal 1 says, so there is nothing to start over");
    db.bursar(&["audit", "seal", "--tables", "--restart", "users", "--reason", "x"]).exits(2).says("'users'");
    db.bursar(&["audit", "seal", "--tables", "--restart", "payments", "--reason", " "]).exits(2).says("needs a reason");

    tamper(
        &db,
        &format!(
            "DELETE FROM payments WHERE id = '{erased}'; UPDATE payments SET amount = amount + 1 WHERE id = '{anonymous}'"
        ),
    );
    let ran = db.bursar(&["audit", "seal", "--tables", "--yes", "-o", "json"]).ok();
    let ran = ran.says("bursar audit seal --tables --restart payments --reason TEXT");
    let broken = root_of(&ran.json(), "payments");
    let both = BTreeSet::from([(erased.clone(), "removed".to_owned()), (anonymous.clone(), "changed".to_owned())]);
    assert_eq!((verify(&db, &first), verify(&db, &broken)), (both.clone(), both));
    db.bursar(&["audit", "--verify-seal", &first]).tells("bursar audit seal --tables --restart payments --reason TEXT");

    let made = restarted(&db, "erased for a customer");
    let facts = &table(&made, "payments")["restarted"];
    let counts = ["removed", "changed", "added"].map(|what| facts[what].as_i64());
    assert_eq!((&facts["after"], counts), (&broken.clone().into(), [Some(1), Some(1), Some(0)]));
    let root = root_of(&made, "payments");
    assert_eq!(verify(&db, &root), BTreeSet::new());
    // What it starts over from verifies again, but for what somebody answers for.
    let reason = || "erased for a customer".to_owned();
    for old in [&first, &broken] {
        let report = report(old);
        assert_eq!((&report["verdict"], &report["summary"]["accepted"]), (&"clean".into(), &2.into()), "{report}");
        let wanted = [(&erased, "removed"), (&anonymous, "changed")];
        assert_eq!(accepted(&report), wanted.map(|(key, kind)| (key.clone(), kind.to_owned(), reason())).into());
    }
    // Every audit tells it, with who and why.
    let whole = db.json(&["audit", "-o", "json"]);
    assert_eq!(accepted(&whole), BTreeSet::from([("3".to_owned(), "seal_restarted".to_owned(), reason())]));
    db.bursar(&["audit"]).tells("erased for a customer, by ada's restart").tells("Seal 3 of payments started over");
    // What changes afterwards is nobody's to answer for.
    tamper(&db, &format!("DELETE FROM payments WHERE id = '{later}'"));
    let removed = BTreeSet::from([(later.clone(), "removed".to_owned())]);
    assert_eq!(
        (verify(&db, &root), standing(report(&first)), standing(report(&broken))),
        (removed.clone(), removed.clone(), removed)
    );
    // A second one covers both.
    let root = root_of(&restarted(&db, "also"), "payments");
    assert_eq!(verify(&db, &root), BTreeSet::new());
    assert_eq!(accepted(&report(&first)).len(), 3);
    assert_eq!(accepted(&db.json(&["audit", "-o", "json"])).len(), 2);
}

#[test]
fn a_restart_without_its_row_of_the_log_accepts_nothing() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let first = root_of(&sealed(&db), "payments");
    let gone = db.value("SELECT min(id::text) FROM payments");
    tamper(&db, &format!("DELETE FROM payments WHERE id = '{gone}'"));
    restarted(&db, "mine");
    let clean = db.json(&["audit", "--verify-seal", &first, "-o", "json"]);
    assert_eq!(clean["verdict"], "clean", "{clean}");
    let removed = BTreeSet::from([(gone, "removed".to_owned())]);
    // The rows of the new seal are believed only as far as they give the root of the log.
    db.sql("CREATE SCHEMA kept; CREATE TABLE kept.log AS TABLE bursar.operations; CREATE TABLE kept.rows AS TABLE bursar.sealed_accounts");
    tamper(
        &db,
        "DELETE FROM bursar.sealed_accounts a USING (SELECT max(seal_id) AS id, min(account) AS account FROM bursar.sealed_accounts WHERE seal_id = 2) k WHERE a.seal_id = k.id AND a.account = k.account",
    );
    assert_eq!(verify(&db, &first), removed);
    tamper(&db, "DELETE FROM bursar.sealed_accounts; INSERT INTO bursar.sealed_accounts TABLE kept.rows");
    // Without its row, the log's chain has a hole and the deletion counts.
    tamper(&db, "DELETE FROM bursar.operations WHERE parameters ? 'restart'");
    assert_eq!(verify(&db, &first), removed);
    let report = db.json(&["audit", "--only", "operations", "-o", "json"]);
    assert_eq!(report["verdict"], "violated", "{report}");
}

/// What the check of the log says of this database, but for what somebody answers for: (key, kind).
fn chain(db: &Db) -> BTreeSet<(String, String)> {
    standing(db.json(&["audit", "--only", "operations.chain", "--limit", "0", "-o", "json"]))
}

#[test]
fn the_seals_and_the_log_are_held_against_each_other() {
    let db = Db::new(Template::Seeded("aethercrown"));
    sealed(&db);
    tamper(&db, "DELETE FROM payments WHERE id = (SELECT min(id::text)::uuid FROM payments)");
    restarted(&db, "mine");
    assert_eq!(chain(&db), BTreeSet::new());
    let kept = ["operations", "operation_links", "seals"];
    db.sql("CREATE SCHEMA kept");
    kept.iter().for_each(|table| db.sql(&format!("CREATE TABLE kept.{table} AS TABLE bursar.{table}")));
    let last = "DELETE FROM bursar.operations WHERE id = (SELECT operation_row FROM bursar.operation_links ORDER BY position DESC LIMIT 1);
                DELETE FROM bursar.operation_links WHERE position = (SELECT max(position) FROM bursar.operation_links)";
    let replaced = format!(
        "{last}; SET session_replication_role = origin;
         SELECT bursar.log_operation('{{}}', command, parameters - 'restart', reason, outcome) FROM kept.operations WHERE parameters ? 'restart';
         SELECT bursar.link_operations()"
    );
    let made = db.value("SELECT id FROM bursar.operations WHERE parameters ? 'restart'");
    for (change, expected) in [
        (last.to_owned(), &[("2", "seal_unlogged")][..]),
        (
            "DELETE FROM bursar.operations; DELETE FROM bursar.operation_links".to_owned(),
            &[("1", "seal_unlogged"), ("2", "seal_unlogged")],
        ),
        (replaced, &[("2", "restart_unlogged")]),
        ("DELETE FROM bursar.seals WHERE id = 2".to_owned(), &[(made.as_str(), "seal_missing")]),
        ("UPDATE bursar.seals SET root = sha256(root) WHERE id = 2".to_owned(), &[("2", "seal_unlogged")]),
    ] {
        tamper(&db, &change);
        let expected = expected.iter().map(|(key, kind)| ((*key).to_owned(), (*kind).to_owned())).collect();
        assert_eq!(chain(&db), expected, "{change}");
        db.bursar(&["operations", "verify"]).exits(3);
        for table in kept {
            let over = if table == "operation_links" { "" } else { "OVERRIDING SYSTEM VALUE" };
            tamper(&db, &format!("DELETE FROM bursar.{table}; INSERT INTO bursar.{table} {over} TABLE kept.{table}"));
        }
    }
    assert_eq!(chain(&db), BTreeSet::new());
}

#[test]
fn roots_that_were_made_before_a_refusal_are_printed() {
    let db = Db::new(SEEDED);
    sealed(&db);
    let restart = ["audit", "seal", "--tables", "--yes", "--restart", "tarot_readings", "--reason", "x"];
    let newest = "SELECT encode(root, 'hex') FROM bursar.seals WHERE app = 'mimivibe' ORDER BY id DESC LIMIT 1";
    let of_payments =
        "SELECT encode(root, 'hex') FROM bursar.seals WHERE app LIKE '%payments%' ORDER BY id DESC LIMIT 1";
    let ran = db.bursar(&restart).exits(4).says("every row of tarot_readings is as seal").says("the next was not");
    assert_eq!(ran.stdout, format!("{}\n{} payments\n", db.value(newest), db.value(of_payments)));
    let made = db.bursar(&[&restart[..], &["-o", "json"]].concat()).exits(4).json();
    assert_eq!((root(&made), root_of(&made, "payments")), (db.value(newest), db.value(of_payments)));
    assert_eq!(made["tables"].as_array().map(Vec::len), Some(1), "{made}");
}

#[test]
fn a_key_that_names_no_row_or_several_seals_nothing() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("aethercrown");
    run(std::process::Command::new("cp").arg("-r").args([&file("packs/aethercrown"), &pack])).ok();
    let manifest = std::fs::read_to_string(pack.join("pack.toml")).unwrap();
    let key = |column: &str| {
        let text = manifest.replace("table = \"payments\"\n", &format!("table = \"payments\"\nkey = \"{column}\"\n"));
        assert_ne!(text, manifest);
        std::fs::write(pack.join("pack.toml"), text).unwrap();
    };
    let refused = |why: &str| {
        db.with_pack(&pack, &["audit", "seal", "--tables", "--yes"])
            .exits(2)
            .says(why)
            .says("nothing was sealed of it");
        db.bursar(&["pack", "check", "--data", "--trust-pack", pack.to_str().unwrap()]).exits(3).tells(why);
        assert_eq!(db.value("SELECT count(*) FROM bursar.seals"), "0");
    };
    key("status");
    let doubled = db.value("SELECT count(*) FROM (SELECT FROM payments GROUP BY status HAVING count(*) > 1) s");
    refused(&format!(
        "the key of the table payments in [[seal.tables]] has {doubled} values that are there more than once"
    ));
    key("description");
    tamper(
        &db,
        "UPDATE payments SET description = id::text; UPDATE payments SET description = NULL WHERE id = (SELECT min(id::text)::uuid FROM payments)",
    );
    refused("the key of the table payments in [[seal.tables]] is NULL in 1 of its rows");
    // An empty text is a key, whether an index says so or not.
    tamper(&db, "UPDATE payments SET description = coalesce(description, '')");
    db.with_pack(&pack, &["audit", "seal", "--tables", "--yes"]).ok();
}

#[test]
fn rows_of_a_table_that_an_open_transaction_holds_back_are_said() {
    let db = Db::new(Template::Seeded("aethercrown"));
    sealed(&db);
    let mut holder = wait(db.connect());
    wait(super::does(&mut holder, "BEGIN; SELECT 1"));
    tamper(
        &db,
        "INSERT INTO payments (order_id, amount, user_id, created_at) SELECT 'held', 5, user_id, clock_timestamp() FROM payments LIMIT 1",
    );
    let ran = db.bursar(&["audit", "seal", "--tables", "--yes", "-o", "json"]).ok();
    let ran = ran.says("the seal does not cover 1 row of payments: the transaction of session").says("is still open");
    assert_eq!(table(&ran.json(), "payments")["uncovered"]["entries"], 1);
    wait(super::does(&mut holder, "ROLLBACK"));
    assert!(table(&sealed(&db), "payments")["uncovered"].is_null());
    // What is dated in the future is held back by nobody.
    tamper(&db, "UPDATE payments SET created_at = now() + interval '2 days' WHERE order_id = 'held'");
    let ran = db.bursar(&["audit", "seal", "--tables", "--yes"]).ok();
    ran.says("the seal does not cover 1 row of payments: they are dated at").says("or later, where the seal ends");
}

/// A transaction of which nobody here sees when it began holds a seal by time back: what it commits later is dated before.
#[test]
fn a_transaction_whose_beginning_is_hidden_is_not_sealed_over() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let role = format!("{}_sealer", db.name);
    db.sql(&format!(
        "CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'x'; GRANT USAGE ON SCHEMA public, bursar TO {role};
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA bursar TO {role};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA bursar TO {role}; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bursar TO {role}"
    ));
    let url = db.url_as(&role);
    let seal = || run(bursar().args(["audit", "seal", "--tables", "--yes", "-o", "json", "-d", &url]));
    let mut writer = wait(db.connect());
    wait(super::does(&mut writer, "BEGIN; INSERT INTO payments (order_id, amount) VALUES ('held', 5)"));
    let refused = seal();
    wait(super::does(&mut writer, "COMMIT"));
    // What has ended is in the snapshot. What is still open and can be seen ends the seal before it.
    let sealed = seal();
    db.sql(&format!("GRANT pg_read_all_stats TO {role}"));
    wait(super::does(&mut writer, "BEGIN; INSERT INTO payments (order_id, amount) VALUES ('late', 5)"));
    let seen = seal();
    wait(super::does(&mut writer, "COMMIT"));
    let verified: Vec<_> =
        [&sealed, &seen].map(|ran| (ran.code == 0).then(|| verify(&db, &root_of(&ran.json(), "payments")))).into();
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    refused.exits(4).says("may not see when that of session").says("GRANT pg_read_all_stats TO ");
    assert_eq!(verified, [Some(set(&[])), Some(set(&[]))]);
}

/// Nothing tells when a prepared transaction began.
#[test]
fn a_prepared_transaction_is_not_sealed_over() {
    use crate::inspect::{OTHER, sql};
    sql(&OTHER.url("postgres"), "CREATE DATABASE prepared");
    let url = OTHER.url("prepared");
    let on = |arguments: &[&str]| run(bursar().args(arguments).args(["-d", &url]));
    on(&["migrate", "up", "--app", "aethercrown", "--yes"]).ok();
    sql(&url, "INSERT INTO payments (order_id, amount, created_at) VALUES ('first', 5, now() - interval '1 day')");
    sql(&url, "BEGIN; INSERT INTO payments (order_id, amount) VALUES ('held', 5); PREPARE TRANSACTION 'held'");
    let seal = ["audit", "seal", "--tables", "--yes", "-o", "json"];
    on(&seal).exits(7).says("the prepared transaction 'held' is open").says("COMMIT PREPARED 'held'");
    sql(&url, "COMMIT PREPARED 'held'");
    let root = root_of(&on(&seal).ok().json(), "payments");
    on(&["audit", "--verify-seal", &root]).ok();
}
