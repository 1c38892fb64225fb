//! Seals beside open transactions and writers, and what is checked on top of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use bursar::audit::{self, Options};
use bursar::config::Config;
use bursar::db::{Database, Limits, Request, resolve};
use bursar::packs;

use super::*;
use crate::support::soak;

/// A transaction that began before the seal and commits after it is not behind the watermark.
#[test]
fn a_transaction_that_was_open_while_sealing_is_read_by_the_next() {
    let db = Db::new(SEEDED);
    db.settled("wallet_transactions");
    let account = busy(&db);
    let before: i64 = db.value("SELECT count(*) FROM wallet_transactions").parse().unwrap();
    let mut open = wait(db.connect());
    wait(does(&mut open, &format!("BEGIN; {}", adjust(&account, 7, "credit"))));
    // Another one comes later and is faster; its number is above the one that is open.
    let other = db.value(&format!("SELECT user_id FROM wallet_transactions WHERE user_id <> '{account}' LIMIT 1"));
    db.sql(&adjust(&other, 3, "credit"));
    let first = sealed_as_is(&db);
    assert_eq!(first["seal"]["entries"], before, "{first}");
    wait(does(&mut open, "COMMIT"));
    assert_eq!(verify(&db, &root(&first)), set(&[]));
    let report = since(&db);
    assert_eq!((&report["seal"]["arrived_since"], &report["verdict"]), (&2.into(), &"clean".into()), "{report}");
    db.settled("wallet_transactions");
    let second = sealed_as_is(&db);
    assert_eq!((&second["read"], &second["seal"]["entries"]), (&2.into(), &(before + 2).into()));
    assert_eq!(verify(&db, &root(&second)), set(&[]));
    // Had the watermark been the newest number, the one that was open would be in neither.
    tamper(
        &db,
        &format!(
            "DELETE FROM wallet_transactions WHERE user_id = '{account}' AND amount = 7 AND transaction_type = 'adjustment'"
        ),
    );
    assert_eq!(verify(&db, &root(&first)), set(&[]));
    assert_eq!(verify(&db, &root(&second)), set(&[(&account, "removed")]));
}

#[test]
fn what_arrived_after_a_seal_is_checked_on_top_of_it() {
    let db = Db::new(SEEDED);
    sealed(&db);
    let account = busy(&db);
    let other = db.value(&format!("SELECT min(id::text) FROM users WHERE id <> '{account}'"));
    for amount in [4, 9] {
        db.sql(&adjust(&account, amount, "credit"));
    }
    let report = since(&db);
    assert_eq!(report["verdict"], "clean", "{report}");
    let status = |id: &str| report["checks"].as_array().unwrap().iter().find(|c| c["id"] == id).unwrap().clone();
    assert_eq!(status("ledger.chain")["status"], "passed");
    assert_eq!(status("ledger.order")["status"], "skipped");
    assert_eq!(status("jobs.stuck")["reason"], "--since-seal reads only the ledger");
    let newest = format!("(SELECT max(seq) FROM wallet_transactions WHERE user_id = '{account}')");
    for (change, expected) in [
        // A balance that nobody moved for long.
        (format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{other}'"), ("ledger.balance", &other)),
        (format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{account}'"), ("ledger.balance", &account)),
        (format!("UPDATE wallet_transactions SET balance_after = balance_after + 1 WHERE seq = {newest}"), ("ledger.chain", &account)),
        (format!("UPDATE wallet_transactions SET created_at = '2030-01-01' WHERE seq = {newest}"), ("ledger.domain", &account)),
        // A sealed entry is gone and the new ones go on from what is left: the chain is whole, and the balance is what
        // the seal and the new entries say.
        (
            format!("CREATE TEMP TABLE gone AS SELECT *, balance_after - lead(balance_after) OVER w AS delta FROM wallet_transactions
                      WHERE user_id = '{account}' AND currency = 'STAR' WINDOW w AS (ORDER BY seq DESC) ORDER BY seq DESC OFFSET 2 LIMIT 1;
                     UPDATE wallet_transactions w SET balance_after = w.balance_after - g.delta FROM gone g
                      WHERE w.user_id = g.user_id AND w.currency = 'STAR' AND w.seq > g.seq;
                     DELETE FROM wallet_transactions WHERE id = (SELECT id FROM gone)"),
            ("ledger.chain", &account),
        ),
    ] {
        let db = db.copy();
        tamper(&db, &change);
        let report = since(&db);
        let found: BTreeSet<(String, String)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["check"].as_str().unwrap().to_owned(), f["account"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(found, set(&[(expected.0, expected.1)]), "{change}: {report}");
        // The same facts have the same fingerprint as in an audit of everything.
        if expected.0 == "ledger.balance" {
            let whole = db.json(&["audit", "--only", "ledger", "-o", "json"]);
            assert_eq!(whole["findings"][0]["fingerprint"], report["findings"][0]["fingerprint"]);
        }
    }
}

/// The report of an audit on top of the newest seal, but for what differs from run to run.
fn on_top(db: &Db, in_order: bool) -> Value {
    let pack = packs::named("mimivibe").unwrap();
    let (config, url) = (Config::default(), db.url());
    let target = resolve(&Request { flag: Some(&url), env_name: None, config: &config, var: &|_| None }).unwrap();
    let limits = Limits { connect: std::time::Duration::from_secs(30), statement: None };
    let database = Database::new(target, "since a seal", limits);
    let options = Options { seal: Some(audit::seal::Use::Since), in_order, limit: 0, ..Options::default() };
    let report = wait(async {
        let tx = database.read().await.unwrap();
        audit::run(&database, tx, &[pack], &options, &mut |_| {}).await.unwrap()
    });
    assert_eq!(report.ways, Vec::<String>::new(), "it was not read in one pass");
    let mut value = serde_json::to_value(&report).unwrap();
    value["snapshot"] = Value::Null;
    value["checks"].as_array_mut().unwrap().iter_mut().for_each(|check| check["ms"] = Value::Null);
    value
}

/// What a pass proves on top of a seal, the server says of every account.
#[test]
fn a_pass_on_top_of_a_seal_says_what_a_comparison_of_every_account_says() {
    let db = Db::new(SEEDED);
    let account = busy(&db);
    db.sql(&format!(
        "{}; ALTER TABLE users DROP CONSTRAINT users_star_balance_check, DROP CONSTRAINT users_coin_balance_check",
        adjust(&account, 3, "credit")
    ));
    sealed(&db);
    let other = db.value(&format!("SELECT min(user_id::text) FROM wallet_transactions WHERE user_id <> '{account}'"));
    let empty = db.value("SELECT id FROM users u WHERE NOT EXISTS (SELECT FROM wallet_transactions w WHERE w.user_id = u.id) ORDER BY id LIMIT 1");
    for (who, amount) in [(&account, 4), (&account, 9), (&other, 2)] {
        db.sql(&adjust(who, amount, "credit"));
    }
    let newest = format!("WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = '{account}')");
    let second = format!(
        "WHERE seq = (SELECT seq FROM wallet_transactions WHERE user_id = '{account}' ORDER BY seq DESC OFFSET 1 LIMIT 1)"
    );
    let again = "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata)
         SELECT user_id, transaction_type, amount, currency, balance_after, metadata FROM wallet_transactions";
    for (change, expected) in [
        ("SELECT 1".to_owned(), 0),
        (format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{other}'"), 1),
        (format!("UPDATE users SET coin_balance = -1 WHERE id = '{empty}'"), 2),
        (format!("UPDATE users SET coin_balance = 7 WHERE id IN ('{empty}', '{account}')"), 2),
        (format!("DELETE FROM users WHERE id = '{account}'"), 1),
        (format!("UPDATE users SET created_at = now() + interval '1 minute' WHERE id = '{account}'"), 0),
        (format!("UPDATE users SET created_at = now() + interval '1 hour' WHERE id = '{account}'"), 2),
        (format!("UPDATE wallet_transactions SET balance_after = balance_after + 1 {newest}"), 1),
        (format!("UPDATE wallet_transactions SET balance_after = balance_after + 1 {second}"), 1),
        (format!("UPDATE wallet_transactions SET amount = amount + 1 {newest}"), 2),
        (format!("UPDATE wallet_transactions SET metadata = '{{}}' {second}"), 3),
        (format!("UPDATE wallet_transactions SET created_at = 'infinity' {newest}"), 1),
        (format!("DELETE FROM wallet_transactions {second}"), 2),
        (format!("{again} {newest}"), 2),
    ] {
        let db = db.copy();
        tamper(
            &db,
            &format!("ALTER TABLE wallet_transactions DROP CONSTRAINT wallet_transactions_adjustment_check; {change}"),
        );
        let passed = on_top(&db, false);
        assert_eq!(passed, on_top(&db, true), "{change}");
        assert_eq!(passed["findings"].as_array().unwrap().len(), expected, "{change}: {:#}", passed["findings"]);
    }
}

/// Of two entries of an account, the one that was written later may have the lower number; a
/// watermark between the two seals the later one without the earlier.
#[test]
fn a_watermark_that_divides_a_chain_is_no_finding() {
    let db = Db::new(SEEDED);
    db.settled("wallet_transactions");
    let account = busy(&db);
    let (mut low, mut middle) = wait(async { (db.connect().await, db.connect().await) });
    wait(does(&mut low, "BEGIN; SELECT pg_current_xact_id()"));
    wait(does(&mut middle, "BEGIN; SELECT pg_current_xact_id()"));
    db.sql(&adjust(&account, 7, "credit"));
    wait(does(&mut low, &format!("{}; COMMIT", adjust(&account, 1, "credit"))));
    // Until only the middle one holds the watermark.
    let newest = "(SELECT arrival FROM wallet_transactions WHERE amount = 1 AND transaction_type = 'adjustment' ORDER BY seq DESC LIMIT 1)";
    let below = format!("SELECT pg_snapshot_xmin(pg_current_snapshot()) > {newest}");
    crate::support::until("a watermark between the two", || db.value(&below) == "true");
    let sealed = sealed_as_is(&db);
    let watermark = sealed["seal"]["watermark"].as_str().unwrap();
    assert_eq!(
        db.value(&format!("SELECT count(*) FROM wallet_transactions WHERE arrival >= '{watermark}'::xid8")),
        "1"
    );
    wait(does(&mut middle, "COMMIT"));
    let report = since(&db);
    assert_eq!((&report["verdict"], &report["seal"]["arrived_since"]), (&"clean".into(), &1.into()), "{report}");
    assert_eq!(verify(&db, &root(&sealed)), set(&[]));
    db.bursar(&["audit"]).ok();
}

/// Tells the writers to stop when it goes.
struct End<'s>(&'s AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Seals while four writers work: each root holds, then and afterwards, and so does the next audit.
#[test]
fn seals_among_writers_are_whole() {
    let db = Db::new(SEEDED);
    let users: Vec<String> =
        (0..6).map(|n| db.value(&format!("SELECT id FROM users ORDER BY id OFFSET {n} LIMIT 1"))).collect();
    let stop = AtomicBool::new(false);
    let roots: Vec<String> = std::thread::scope(|threads| {
        // Also where an assertion fails: the writers would go on for ever.
        let _end = End(&stop);
        for writer in 0..4_usize {
            let (db, users, stop) = (&db, &users, &stop);
            threads.spawn(move || {
                wait(async {
                    let mut connection = db.connect().await;
                    for n in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        // Now and then a transaction takes its number long before it writes.
                        let user = &users[(n * 7 + writer) % users.len()];
                        let pause = if n % 5 == 0 { "SELECT pg_current_xact_id(), pg_sleep(0.02);" } else { "" };
                        does(&mut connection, &format!("BEGIN; {pause} {}; COMMIT", adjust(user, 1, "credit"))).await;
                    }
                });
            });
        }
        (0..if soak() { 8 } else { 3 })
            .map(|n| {
                // Another test's transaction keeps what arrives meanwhile from being sealed.
                let more = "SELECT EXISTS (SELECT FROM wallet_transactions WHERE arrival < pg_snapshot_xmin(pg_current_snapshot())
                                AND arrival >= (SELECT watermark::text::xid8 FROM bursar.seals ORDER BY id DESC LIMIT 1))";
                crate::support::until("entries to seal", || n == 0 || db.value(more) == "true");
                let root = root(&sealed_as_is(&db));
                assert_eq!(verify(&db, &root), set(&[]));
                assert_eq!(since(&db)["verdict"], "clean");
                root
            })
            .collect()
    });
    for root in &roots {
        assert_eq!(verify(&db, root), set(&[]));
    }
    assert_eq!(db.value("SELECT max(entries) > min(entries) FROM bursar.seals"), "true");
    let all = sealed(&db);
    assert_eq!(
        db.value(
            "SELECT entries = (SELECT count(*) FROM wallet_transactions) FROM bursar.seals ORDER BY id DESC LIMIT 1"
        ),
        "true"
    );
    assert_eq!(verify(&db, &all), set(&[]));
}

/// The sums of a seal are trusted where they give the root that the operator log holds.
#[test]
fn a_seal_whose_rows_were_rewritten_or_that_the_log_does_not_hold_is_not_trusted() {
    let db = Db::new(SEEDED);
    sealed(&db);
    let account = busy(&db);
    db.bursar(&["audit", "--since-seal"]).ok();
    tamper(
        &db,
        &format!(
            "UPDATE bursar.sealed_accounts SET total = total + 500, running = running + 500 WHERE account = '{account}' AND unit = 'STAR';
             UPDATE users SET star_balance = star_balance + 500 WHERE id = '{account}'"
        ),
    );
    db.bursar(&["audit", "--since-seal"]).exits(6).tells("does not give its root");
    tamper(
        &db,
        &format!(
            "UPDATE bursar.sealed_accounts SET total = total - 500, running = running - 500 WHERE account = '{account}' AND unit = 'STAR';
             UPDATE users SET star_balance = star_balance - 500 WHERE id = '{account}'"
        ),
    );
    db.bursar(&["audit", "--since-seal"]).ok();
    // A seal that somebody wrote by hand, newer than the others.
    tamper(
        &db,
        "INSERT INTO bursar.seals (app, sealed_at, system_identifier, database, mode, watermark, content, base, accounts, entries, previous, root)
         SELECT app, sealed_at, system_identifier, database, mode, watermark, content, base, accounts, entries, previous, sha256(root)
           FROM bursar.seals ORDER BY id DESC LIMIT 1",
    );
    db.bursar(&["audit", "--since-seal"]).exits(6).tells("the operator log holds no operation that made it");
}
