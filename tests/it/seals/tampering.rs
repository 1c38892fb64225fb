//! What is done to what was sealed, and databases where less is known.

use std::time::Duration;

use super::*;
use crate::support::{sample, turn};

/// What is done, in words and in SQL; what has to be found; whether the ledger's own checks see it too.
type Tampering = (&'static str, &'static str, &'static [(&'static str, &'static str)], bool);

/// Everything that can be done to sealed entries and to the seal, each with what has to be found.
/// ACCOUNT is the account.
const TAMPERINGS: [Tampering; 12] = [
    (
        "the tail cut, and the balance with it",
        "WITH gone AS (DELETE FROM wallet_transactions WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR'))
         UPDATE users SET star_balance = (SELECT balance_after FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR' ORDER BY created_at DESC, seq DESC OFFSET 1 LIMIT 1) WHERE id = 'ACCOUNT'",
        &[("ACCOUNT", "removed")],
        false,
    ),
    (
        "a note edited",
        "UPDATE wallet_transactions SET metadata = coalesce(metadata, '{}') || '{\"note\": \"a gift\"}' WHERE seq = (SELECT min(seq) FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR')",
        &[("ACCOUNT", "changed")],
        false,
    ),
    (
        "a microsecond more",
        "UPDATE wallet_transactions SET created_at = created_at + interval '1 microsecond' WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR')",
        &[("ACCOUNT", "changed")],
        false,
    ),
    (
        "two times exchanged",
        "UPDATE wallet_transactions w SET created_at = o.created_at
           FROM (SELECT id, created_at, row_number() OVER (ORDER BY seq) AS n FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR' ORDER BY seq LIMIT 2) o,
                (SELECT id, row_number() OVER (ORDER BY seq) AS n FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR' ORDER BY seq LIMIT 2) m
          WHERE m.id = w.id AND o.n = 3 - m.n",
        &[("ACCOUNT", "changed")],
        true,
    ),
    (
        "what two readings were for exchanged",
        "CREATE TEMP TABLE two AS SELECT id, related_reading_id AS reading, row_number() OVER () AS n FROM wallet_transactions
          WHERE user_id = 'ACCOUNT' AND transaction_type = 'reading' ORDER BY seq LIMIT 2;
         DROP INDEX wallet_transactions_one_debit_per_reading;
         UPDATE wallet_transactions w SET related_reading_id = o.reading FROM two m, two o WHERE m.id = w.id AND o.n = 3 - m.n",
        &[("ACCOUNT", "changed")],
        false,
    ),
    (
        "one star moved from one reading to the next, with the running balance",
        "CREATE TEMP TABLE pairs AS SELECT id, lead(id) OVER w AS next, transaction_type AS kind, lead(transaction_type) OVER w AS next_kind
           FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR' WINDOW w AS (ORDER BY created_at, seq);
         CREATE TEMP TABLE pair AS SELECT * FROM pairs WHERE kind = 'reading' AND next_kind = 'reading' LIMIT 1;
         UPDATE wallet_transactions SET amount = amount + 1, balance_after = balance_after - 1 WHERE id = (SELECT id FROM pair);
         UPDATE wallet_transactions SET amount = amount - 1 WHERE id = (SELECT next FROM pair)",
        &[("ACCOUNT", "changed")],
        false,
    ),
    (
        "an entry of nothing slipped in from before",
        "INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata, created_at, arrival)
         SELECT user_id, 'adjustment', 0, 'STAR', balance_after, '{\"direction\": \"credit\", \"reason\": \"x\", \"operator\": \"x\"}', created_at + interval '1 second', arrival
           FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR' ORDER BY created_at DESC, seq DESC LIMIT 1",
        &[("ACCOUNT", "added")],
        false,
    ),
    (
        "an entry moved behind the watermark",
        "UPDATE wallet_transactions SET arrival = pg_current_xact_id() WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR')",
        &[("ACCOUNT", "removed")],
        false,
    ),
    (
        "a sealed row rewritten",
        "UPDATE bursar.sealed_accounts SET total = total + 1 WHERE account = 'ACCOUNT' AND unit = 'STAR'",
        &[("ACCOUNT", "sealed_row_changed"), ("SEAL", "seal_rewritten")],
        false,
    ),
    (
        "an account's sealed row removed with its last entry",
        "DELETE FROM bursar.sealed_accounts WHERE account = 'ACCOUNT' AND unit = 'STAR';
         UPDATE wallet_transactions SET metadata = '{}' WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = 'ACCOUNT' AND currency = 'STAR')",
        &[("ACCOUNT", "added"), ("SEAL", "seal_rewritten")],
        false,
    ),
    ("the seal's time rewritten", "UPDATE bursar.seals SET sealed_at = sealed_at + interval '1 day'", &[("SEAL", "seal_rewritten")], false),
    ("the seal removed", "DELETE FROM bursar.seals", &[("ROOT", "seal_missing")], false),
];

#[test]
fn whatever_is_done_to_what_was_sealed_is_found_and_no_other_account_is_named() {
    for (what, sql, expected, visible) in sample(TAMPERINGS, 4) {
        let db = Db::new(SEEDED);
        let root = sealed(&db);
        let account = busy(&db);
        let seal = db.value("SELECT max(id) FROM bursar.seals");
        tamper(&db, &sql.replace("ACCOUNT", &account));
        let name = |n: &str| n.replace("ACCOUNT", &account).replace("SEAL", &seal).replace("ROOT", &root);
        let expected = expected.iter().map(|(n, k)| (name(n), (*k).to_owned())).collect();
        assert_eq!(verify(&db, &root), expected, "{what}");
        db.bursar(&["audit", "--verify-seal", &root]).exits(3);
        // Every sum agrees all the same.
        let report = db.json(&["audit", "--only", "ledger", "-o", "json"]);
        assert_eq!(!wrong(&report).is_empty(), visible, "{what}: {report}");
    }
}

#[test]
fn without_an_arrival_column_it_is_sealed_by_time() {
    let db = Db::new(SEEDED);
    db.sql("ALTER TABLE wallet_transactions DROP COLUMN arrival");
    let ran = db.bursar(&["audit", "seal", "--yes"]).ok().says("sealed by time: the ledger has no arrival column");
    let first = ran.stdout.trim().to_owned();
    assert_eq!(verify(&db, &first), set(&[]));
    db.bursar(&["audit", "--since-seal"])
        .exits(2)
        .says("cannot tell what arrived after seal")
        .says("the ledger has no arrival column");
    let account = busy(&db);
    db.sql(&adjust(&account, 5, "credit"));
    std::thread::sleep(Duration::from_millis(10));
    let second = sealed_as_is(&db);
    assert_eq!(
        (&second["read"], &second["seal"]["mode"], &second["afresh"]),
        (&1.into(), &"time".into(), &Value::Null),
        "{second}"
    );
    assert_eq!(verify(&db, &first), set(&[]));
    assert_eq!(verify(&db, &root(&second)), set(&[]));
    tamper(
        &db,
        &format!(
            "DELETE FROM wallet_transactions WHERE user_id = '{account}' AND seq = (SELECT min(seq) FROM wallet_transactions WHERE user_id = '{account}')"
        ),
    );
    assert_eq!(verify(&db, &root(&second)), set(&[(&account, "removed")]));
}

#[test]
fn a_column_that_went_after_the_seal_makes_the_verification_incomplete() {
    let db = Db::new(SEEDED);
    let root = sealed(&db);
    db.sql("ALTER TABLE wallet_transactions DROP COLUMN arrival");
    let ran = db.bursar(&["audit", "--verify-seal", &root]).exits(6);
    assert!(ran.stdout.contains("the ledger's arrival column is gone"), "{}", ran.stdout);
    db.bursar(&["audit", "seal", "--yes"])
        .ok()
        .says("the digests start over: the seal before went by the order of arrival");
}

#[test]
fn numbers_of_another_server_are_not_compared() {
    let db = Db::new(SEEDED);
    let first = sealed(&db);
    // As in a dump of another server that had come further.
    tamper(&db, "UPDATE wallet_transactions SET arrival = (arrival::text::bigint + 1000000000)::text::xid8");
    db.bursar(&["audit", "--since-seal"])
        .exits(2)
        .says("which this server has not reached: they were restored from another one");
    let by_time = sealed_as_is(&db);
    assert_eq!(by_time["seal"]["mode"], "time", "{by_time}");
    assert_eq!(verify(&db, &root(&by_time)), set(&[]));

    // As in a dump of a server with numbers below ours.
    let db = Db::new(SEEDED);
    sealed(&db);
    tamper(&db, "UPDATE bursar.seals SET system_identifier = '1'");
    db.bursar(&["audit", "--since-seal"])
        .exits(2)
        .says("the seal was made on another server (system identifier 1, here ");
    let fresh = sealed_as_is(&db);
    assert!(fresh["afresh"].as_str().unwrap().contains("another server"), "{fresh}");
    assert_eq!((&fresh["read"], &fresh["stored"]), (&fresh["seal"]["entries"], &fresh["seal"]["accounts"]));
    assert_eq!(verify(&db, &root(&fresh)), set(&[]));
    assert_ne!(root(&fresh), first);
    assert_eq!(since(&db)["seal"]["id"], fresh["seal"]["id"]);
}

#[test]
fn a_ledger_without_running_balances_is_sealed_too() {
    let db = Db::new(Template::Seeded("avolve"));
    db.settled("token_transactions");
    let root = root(&sealed_as_is(&db));
    assert_eq!(verify(&db, &root), set(&[]));
    assert_eq!(since(&db)["verdict"], "clean");
    let pair = "SELECT from_user_id || ' ' || to_user_id FROM token_transactions WHERE from_user_id IS NOT NULL AND to_user_id IS NOT NULL ORDER BY seq LIMIT 1";
    let pair = db.value(pair);
    let (from, to) = pair.split_once(' ').unwrap();
    // Half of a transfer's amount more, on both balances: every sum agrees.
    tamper(&db, &format!(
        "CREATE TEMP TABLE t AS SELECT * FROM token_transactions WHERE from_user_id = '{from}' AND to_user_id = '{to}' ORDER BY seq LIMIT 1;
         UPDATE token_transactions SET amount = amount + 0.5 WHERE id = (SELECT id FROM t);
         UPDATE token_balances b SET balance = balance - 0.5 FROM t WHERE b.user_id = '{from}' AND b.token_type = t.token_type;
         UPDATE token_balances b SET balance = balance + 0.5 FROM t WHERE b.user_id = '{to}' AND b.token_type = t.token_type"
    ));
    assert_eq!(verify(&db, &root), set(&[(from, "changed"), (to, "changed")]));
    let ledger = db.json(&["audit", "--only", "ledger", "-o", "json"]);
    assert_eq!(ledger["verdict"], "clean", "{ledger}");
    // On top of the seal, the balances no longer agree with what was sealed.
    assert_eq!(wrong(&since(&db)), set(&[(from, "cache_drift"), (to, "cache_drift")]));
    let report = since(&db);
    let chain = report["checks"].as_array().unwrap().iter().find(|c| c["id"] == "ledger.chain").unwrap();
    assert_eq!(chain["reason"], "the ledger keeps no running balances, so there is no chain");
}

/// The order of the rows in the table decides how they are read, and not what their digest is.
#[test]
fn a_seal_holds_in_whatever_order_the_table_has_the_entries() {
    let db = Db::new(SEEDED);
    let entries = "wallet_transactions";
    db.sql(
        "CREATE INDEX backwards ON wallet_transactions (seq DESC); CREATE INDEX forwards ON wallet_transactions (seq)",
    );
    let backwards = || db.sql("CLUSTER wallet_transactions USING backwards");
    let forwards = || db.sql("CLUSTER wallet_transactions USING forwards");
    // A third of the accounts have one entry out of order, behind all others.
    let some = || {
        tamper(
            &db,
            "UPDATE wallet_transactions SET metadata = metadata WHERE id IN (SELECT DISTINCT ON (user_id) id FROM wallet_transactions WHERE user_id::text < '5' ORDER BY user_id, seq)",
        )
    };
    // And so few that the others are not sorted for them.
    let few = || {
        tamper(
            &db,
            "UPDATE wallet_transactions SET metadata = metadata WHERE id = (SELECT id FROM wallet_transactions WHERE currency = 'STAR' ORDER BY seq LIMIT 1)",
        )
    };
    db.settled(entries);
    let account = busy(&db);
    let changed = db.value(&format!("SELECT id FROM wallet_transactions WHERE user_id = '{account}' AND currency = 'STAR' ORDER BY seq OFFSET 3 LIMIT 1"));
    let later = |by: &str| {
        tamper(
            &db,
            &format!("UPDATE wallet_transactions SET created_at = created_at + interval '{by}' WHERE id = '{changed}'"),
        )
    };
    let few = || {
        forwards();
        few();
    };
    for (at, seal) in [&backwards as &dyn Fn(), &forwards, &few].into_iter().enumerate() {
        seal();
        db.settled(entries);
        let root = root(&sealed_as_is(&db));
        // Each order that it was sealed in is read in another one or two.
        for (n, read) in [&backwards as &dyn Fn(), &forwards, &some, &few].into_iter().enumerate() {
            if !turn(at + 2 * n, 3) {
                continue;
            }
            read();
            assert_eq!(verify(&db, &root), set(&[]));
            later("1 microsecond");
            assert_eq!(verify(&db, &root), set(&[(&account, "changed")]));
            later("-1 microsecond");
        }
    }
}
