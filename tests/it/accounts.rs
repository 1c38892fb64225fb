//! `bursar wallet`: what an account has, how it came to that, and corrections that happen once or not
//! at all.

use serde_json::{Value, json};

use crate::support::{Db, Starts as _, Template, bursar, until_so, wait};

const ADA: &str = "00000000-0000-4000-8000-00000000000a";
/// Somebody with ten stars, and somebody who has never had anything.
const PEOPLE: &str = "
    INSERT INTO users (id, external_id, external_provider, email, name) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'a', 'x', 'Ada@Example.com', 'Ada <the first>'),
        ('00000000-0000-4000-8000-00000000000b', 'b', 'x', 'bob@example.com', NULL);
    INSERT INTO payments (id, user_id, amount, status, package_type, stars_purchased) VALUES
        ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-00000000000a', 4900, 'succeeded', 'starter', 10);
    SELECT wallet_purchase('00000000-0000-4000-8000-0000000000c1')";

fn migrated() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(PEOPLE);
    db
}

/// Everything that an adjustment could touch.
fn state(db: &Db) -> String {
    db.value("SELECT md5(concat((SELECT string_agg(u::text, '' ORDER BY id) FROM users u), (SELECT string_agg(w::text, '' ORDER BY seq) FROM wallet_transactions w), (SELECT count(*) FROM bursar.operations)))")
}

#[test]
fn an_account_is_found_by_its_id_its_beginning_or_the_address_of_who_paid() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let account = db.value("SELECT user_id FROM payments ORDER BY user_id LIMIT 1");
    let email = db.value(&format!("SELECT upper(email) FROM users WHERE id = '{account}'"));
    for text in [account.as_str(), &account.to_uppercase(), &account[..20], &email] {
        let shown = db.json(&["wallet", "show", text, "-o", "json"]);
        assert_eq!(shown["account"], account.as_str(), "{text}");
    }
    let nobody = "dddd0000-0000-4000-8000-000000000001";
    for (text, says) in [
        (nobody, "there is no account"),
        ("x@y", "find a customer who has paid"),
        ("a", "there is no account"),
        ("", "there is no account"),
    ] {
        db.bursar(&["wallet", "show", text]).exits(2).says(says);
        db.bursar(&["wallet", "history", text]).exits(2).says(says);
    }
    let db = migrated();
    db.bursar(&["wallet", "show", "00000000-0000-4000"]).exits(2).says("may be any of several accounts").says(ADA);
    // A name that pretends to be an address leads to its owner only.
    assert_eq!(db.json(&["wallet", "show", "ada@example.com", "-o", "json"])["account"], ADA);
    db.bursar(&["wallet", "show", "the first"]).exits(2);
}

#[test]
fn the_cache_and_the_ledger_are_shown_side_by_side() {
    let db = migrated();
    let balances = |db: &Db| db.json(&["wallet", "show", ADA, "-o", "json"])["balances"].clone();
    let star = &balances(&db)[1];
    for (field, value) in [
        ("unit", json!("STAR")),
        ("balance", json!("10")),
        ("ledger", json!("10")),
        ("entries", json!(1)),
        ("agrees", json!(true)),
    ] {
        assert_eq!(star[field], value);
    }
    assert!(db.bursar(&["wallet", "show", ADA]).ok().stdout.contains("✓ agrees"));
    db.sql("UPDATE users SET star_balance = 12 WHERE email = 'Ada@Example.com'");
    assert_eq!((&balances(&db)[1]["agrees"], &balances(&db)[1]["ledger"]), (&json!(false), &json!("10")));
    let ran = db.bursar(&["wallet", "show", ADA]).ok().says("bursar audit --only ledger --account");
    assert!(ran.stdout.contains("✗ differs"), "{}", ran.stdout);
}

#[test]
fn the_history_is_newest_first_and_marks_a_balance_that_does_not_follow() {
    let db = migrated();
    for n in 1..=4 {
        db.sql(&format!("SELECT wallet_adjust('{ADA}', 'STAR', {n}, 'credit', 'gift', 'noi')"));
    }
    db.sql(&format!("SELECT wallet_adjust('{ADA}', 'COIN', 7, 'credit', 'gift', 'noi')"));
    let history = |arguments: &[&str]| db.json(&[&["wallet", "history", ADA, "-o", "json"], arguments].concat());
    let amounts = |history: &Value| -> Vec<String> {
        history["entries"].as_array().unwrap().iter().map(|e| e["amount"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(amounts(&history(&[])), ["7", "4", "3", "2", "1", "10"]);
    assert_eq!(amounts(&history(&["--unit", "STAR"])), ["4", "3", "2", "1", "10"]);
    let page = history(&["--unit", "STAR", "--limit", "2"]);
    assert_eq!((amounts(&page), &page["total"]), (vec!["4".to_owned(), "3".to_owned()], &json!(5)));
    // A page begins where the one before it ended, with the same balances.
    let before = page["entries"][1]["entry"].as_str().unwrap();
    let rest = history(&["--unit", "STAR", "--cursor", before]);
    assert_eq!(amounts(&rest), ["2", "1", "10"]);
    assert_eq!(rest["entries"][0]["recomputed"], "13");
    assert_eq!((page["next"].as_str(), &rest["next"]), (Some(before), &Value::Null));
    // The flag's former name.
    assert_eq!(history(&["--unit", "STAR", "--before", before]), rest);
    let full = history(&["--unit", "STAR", "--cursor", before, "--limit", "3"]);
    assert_eq!((amounts(&full).len(), &full["next"]), (3, &Value::Null));
    let cut = db.bursar(&["wallet", "history", ADA, "--unit", "STAR", "--limit", "2"]).ok().stdout;
    assert!(
        cut.contains(&format!("showing 2 of 5; --limit 0 for all, or the next page:\n--cursor {before}\n")),
        "{cut}"
    );
    db.bursar(&["wallet", "history", ADA, "--cursor", "nothing"]).exits(2).says("no entry of this account's");
    db.bursar(&["wallet", "history", ADA, "--unit", "COIN", "--cursor", before]).exits(2);

    db.sql("SET session_replication_role = replica; UPDATE wallet_transactions SET balance_after = balance_after + 5 WHERE amount = 3");
    let history = history(&["--unit", "STAR"]);
    let agrees: Vec<_> =
        history["entries"].as_array().unwrap().iter().map(|e| e["agrees"].as_bool().unwrap()).collect();
    assert_eq!(agrees, [true, false, true, true, true]);
    assert_eq!((&history["entries"][1]["stored"], &history["entries"][1]["recomputed"]), (&json!("21"), &json!("16")));
    let table = db.bursar(&["wallet", "history", ADA]).ok().stdout;
    assert_eq!(table.matches("✗ differs").count(), 1, "{table}");
}

#[test]
fn the_history_is_narrowed_by_a_time_and_keeps_its_balances() {
    let db = migrated();
    for n in 1..=3 {
        db.sql(&format!("SELECT wallet_adjust('{ADA}', 'STAR', {n}, 'credit', 'gift', 'noi')"));
    }
    db.sql("SET session_replication_role = replica; UPDATE wallet_transactions SET created_at = now() - interval '9 days' WHERE transaction_type = 'adjustment' AND amount = 1; UPDATE wallet_transactions SET created_at = now() - interval '20 days' WHERE transaction_type <> 'adjustment'");
    let entries = |arguments: &[&str]| {
        let page = db.json(&[&["wallet", "history", ADA, "--unit", "STAR", "-o", "json"], arguments].concat());
        let cell = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let entries = page["entries"].as_array().unwrap().clone();
        let entries: Vec<_> = entries.iter().map(|e| (cell(e, "amount"), cell(e, "recomputed"))).collect();
        (page["total"].as_i64().unwrap(), entries)
    };
    let pair = |amount: &str, recomputed: &str| (amount.to_owned(), recomputed.to_owned());
    assert_eq!(entries(&["--since", "7d"]), (2, vec![pair("3", "16"), pair("2", "13")]));
    assert_eq!(entries(&["--until", "7d", "--since", "10d"]), (1, vec![pair("1", "11")]));
    db.bursar(&["wallet", "history", ADA, "--until", "2001-01-01"]).ok().tells("No matches.");
    db.bursar(&["wallet", "history", ADA, "--since", "1d", "--until", "2d"]).exits(2).says("--since is not before");
}

#[test]
fn an_adjustment_is_shown_made_and_logged() {
    let db = migrated();
    let before = state(&db);
    let would =
        db.json(&["wallet", "adjust", "ada@example.com", "STAR", "-4", "--reason", "twice", "--dry-run", "-o", "json"]);
    assert_eq!((&would["outcome"], &would["before"], &would["after"]), (&json!("would"), &json!("10"), &json!("6")));
    db.bursar(&["wallet", "adjust", ADA, "STAR", "-4", "--reason", "twice"])
        .exits(4)
        .says("10 STAR now, 6 after -4")
        .says("would be adjusted:")
        .says("--yes");
    assert_eq!(state(&db), before);
    let done = db.json(&[
        "wallet",
        "adjust",
        ADA,
        "STAR",
        "-4",
        "--reason",
        "twice",
        "--operator",
        "noi",
        "--yes",
        "-o",
        "json",
    ]);
    let entry = done["entry"].as_str().unwrap();
    assert_eq!(
        db.value(&format!("SELECT concat_ws(' ', amount, balance_after, metadata->>'direction', metadata->>'reason', metadata->>'operator') FROM wallet_transactions WHERE id = '{entry}'")),
        "4 6 debit twice noi"
    );
    assert_eq!(
        db.value("SELECT concat_ws(' ', command, operator, reason, outcome, parameters->>'amount', parameters->>'before', parameters->>'after', parameters->>'entry') FROM bursar.operations ORDER BY id DESC LIMIT 1"),
        format!("wallet adjust noi twice done -4 10 6 {entry}")
    );
    // Without --operator it is the operating system's user.
    db.bursar(&["wallet", "adjust", ADA, "COIN", "+2", "--reason", "gift", "--yes"]).ok();
    assert_ne!(
        db.value("SELECT coalesce(metadata->>'operator', '') FROM wallet_transactions WHERE currency = 'COIN'"),
        ""
    );
    db.bursar(&["audit"]).ok();
}

#[test]
fn what_cannot_be_adjusted_is_left_alone() {
    let db = migrated();
    let before = state(&db);
    for (unit, amount, reason, code, says) in [
        ("STAR", "-11", "x", 4, "would leave -1"),
        ("STAR", "+0", "x", 2, "adds and takes nothing"),
        ("STAR", "5", "x", 2, "with its sign: +5 to add, -5 to take away"),
        ("STAR", "+1.5", "x", 2, "which has 0 decimals"),
        ("STAR", "+1e3", "x", 2, "write it as"),
        ("STAR", "+5", "  ", 2, "needs a reason"),
        ("GOLD", "+5", "x", 2, "no unit 'GOLD'"),
        ("STAR", "+99999999999", "x", 2, "more than one ledger entry can hold"),
    ] {
        db.bursar(&["wallet", "adjust", ADA, unit, amount, "--reason", reason, "--yes"]).exits(code).says(says);
    }
    let nobody = "dddd0000-0000-4000-8000-000000000001";
    db.bursar(&["wallet", "adjust", nobody, "STAR", "+5", "--reason", "x", "--yes"]).exits(2).says("there is no user");
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    db.bursar(&["wallet", "adjust", ADA, "STAR", "+5", "--reason", "x", "--yes"]).exits(4).says("--confirm");
    assert_eq!(state(&db), before);
    // The function says no by itself, whoever calls it.
    for (arguments, code) in [
        ("'STAR', 5, 9, 'x', '{}'", "BR007"),
        ("'STAR', 5, NULL, 'x', '{}'", "BR007"),
        ("'STAR', -11, 10, 'x', '{}'", "BR004"),
        ("'STAR', 0, 10, 'x', '{}'", "BR002"),
        ("'STAR', 'NaN', 10, 'x', '{}'", "BR002"),
        ("'STAR', NULL, 10, 'x', '{}'", "BR002"),
        ("'STAR', 5, 10, ' ', '{}'", "BR002"),
        ("'STAR', 5, 10, NULL, '{}'", "BR002"),
        ("'GOLD', 5, 10, 'x', '{}'", "BR002"),
        ("'STAR', 5, 10, 'x', NULL", "00000"),
    ] {
        assert_eq!(db.sqlstate(&format!("SELECT bursar.wallet_adjust('{ADA}', {arguments})")), code, "{arguments}");
    }
}

/// The balance moves between the preview and the write: the application holds the account while
/// bursar, which has seen the old balance, waits for it.
#[test]
fn an_adjustment_of_a_balance_that_has_moved_since_is_a_conflict() {
    let db = migrated();
    let running = wait(async {
        let mut application = db.connect().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "BEGIN; SELECT wallet_adjust('{ADA}', 'STAR', 1, 'credit', 'gift', 'app')"
        )))
        .execute(&mut application)
        .await
        .unwrap();
        let running = bursar()
            .args(["wallet", "adjust", ADA, "STAR", "+5", "--reason", "x", "--yes"])
            .env("DATABASE_URL", db.url())
            .starts_quietly();
        let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar wallet adjust' AND wait_event_type = 'Lock')";
        let mut owner = db.connect().await;
        until_so("an adjustment that waits", async || {
            sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut owner).await.unwrap()
        })
        .await;
        sqlx::raw_sql("COMMIT").execute(&mut application).await.unwrap();
        running
    });
    running.ended().exits(7).says("has 11 STAR, and no longer 10").says("nothing was changed");
    assert_eq!(db.value(&format!("SELECT star_balance FROM users WHERE id = '{ADA}'")), "11");
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations WHERE command = 'wallet adjust'"), "0");
}

#[test]
fn a_ledger_of_tokens_works_as_well() {
    let db = Db::new(Template::Seeded("avolve"));
    let account = db.value("SELECT user_id FROM token_balances WHERE balance > 1 ORDER BY user_id LIMIT 1");
    let unit =
        db.value(&format!("SELECT min(token_type) FROM token_balances WHERE user_id = '{account}' AND balance > 1"));
    let history = db.bursar(&["wallet", "history", &account]).ok().stdout;
    assert!(history.contains("avolve keeps no running balances"), "{history}");
    assert_eq!(db.json(&["wallet", "history", &account, "-o", "json"])["entries"][0]["agrees"], Value::Null);
    let balance = || {
        db.value(&format!(
            "SELECT trim_scale(balance) FROM token_balances WHERE user_id = '{account}' AND token_type = '{unit}'"
        ))
    };
    let before = balance();
    db.bursar(&["wallet", "adjust", &account, &unit, "+0.25", "--reason", "gift", "--yes"]).ok();
    assert_ne!(balance(), before);
    db.bursar(&["wallet", "adjust", &account, &unit, "-0.25", "--reason", "taken back", "--yes"]).ok();
    assert_eq!(balance(), before);
    // Somebody who has never had a token is an account too, and what was never minted cannot be taken.
    let new = "dddd0000-0000-4000-8000-000000000001";
    db.sql(&format!("INSERT INTO users (id) VALUES ('{new}')"));
    db.bursar(&["wallet", "adjust", new, &unit, "-1", "--reason", "x", "--yes"]).exits(4);
    db.bursar(&["wallet", "adjust", new, &unit, "+1", "--reason", "x", "--yes"]).ok();
    db.bursar(&["wallet", "adjust", new, "NONSENSE", "+1", "--reason", "x", "--yes"]).exits(2).says("NONSENSE");
    db.bursar(&["audit"]).ok();
}

#[test]
fn an_application_without_a_ledger_says_so() {
    for app in ["organic-os", "aethercrown"] {
        let db = Db::new(Template::Migrated(app));
        for arguments in [
            &["wallet", "show", ADA][..],
            &["wallet", "history", ADA],
            &["wallet", "adjust", ADA, "STAR", "+5", "--reason", "x", "--yes"],
        ] {
            db.bursar(arguments).exits(2).says("keeps no ledger, so there are no balances");
        }
    }
}
