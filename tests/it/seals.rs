//! `bursar audit seal` and what is built on it: whatever is done to what was sealed is found, by the
//! name of its account, and nothing else is.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::support::{Db, Template, bursar, run, wait};

const SEEDED: Template = Template::Seeded("mimivibe");

/// Waits until every entry lies below the watermark: the numbers of transactions are the whole
/// server's, so other tests hold it back.
fn settled(db: &Db, table: &str) {
    for _ in 0..1200 {
        let newest = format!("SELECT arrival FROM {table} ORDER BY arrival DESC LIMIT 1");
        if db.value(&format!("SELECT coalesce(({newest}) < pg_snapshot_xmin(pg_current_snapshot()), true)")) == "true" {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("a transaction of another test never ends");
}

/// Seals what is there, and returns the seal.
fn sealed_as_is(db: &Db) -> Value {
    let sealed = db.json(&["audit", "seal", "--yes", "-o", "json"]);
    assert_eq!(sealed["command"], "audit seal", "{sealed}");
    sealed
}

/// Seals every entry, and returns the root.
fn sealed(db: &Db) -> String {
    settled(db, "wallet_transactions");
    root(&sealed_as_is(db))
}

fn root(sealed: &Value) -> String {
    sealed["seal"]["root"].as_str().expect("a root").to_owned()
}

/// The findings of a report as (account or key, kind).
fn wrong(report: &Value) -> BTreeSet<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().unwrap_or_else(|| panic!("{report}"));
    list.iter().map(|f| (text(&f["key"]), text(&f["kind"]))).collect()
}

fn verify(db: &Db, root: &str) -> BTreeSet<(String, String)> {
    let report = db.json(&["audit", "--verify-seal", root, "-o", "json"]);
    let found = wrong(&report);
    let verdict = if found.is_empty() { "clean" } else { "violated" };
    assert_eq!((&report["verdict"], &report["complete"]), (&verdict.into(), &true.into()), "{report}");
    found
}

fn since(db: &Db) -> Value {
    let report = db.json(&["audit", "--since-seal", "-o", "json"]);
    assert_eq!(report["complete"], true, "{report}");
    report
}

/// What somebody does who may switch triggers off.
fn tamper(db: &Db, sql: &str) {
    db.sql(&format!("SET session_replication_role = replica; {sql}"));
}

/// The account with the most entries in stars.
fn busy(db: &Db) -> String {
    db.value("SELECT user_id FROM wallet_transactions WHERE currency = 'STAR' GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 1")
}

fn adjust(account: &str, amount: i64, direction: &str) -> String {
    format!("SELECT wallet_adjust('{account}', 'STAR', {amount}, '{direction}', 'a reason', 'a person')")
}

async fn does(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
}

fn set(findings: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    findings.iter().map(|(a, k)| ((*a).to_owned(), (*k).to_owned())).collect()
}

#[test]
fn a_seal_prints_its_root_and_says_what_to_do_with_it() {
    let db = Db::new(SEEDED);
    settled(&db, "wallet_transactions");
    let ran = db.bursar(&["audit", "seal", "--yes"]).ok();
    let root = ran.stdout.trim().to_owned();
    assert_eq!((root.len(), ran.stdout.lines().count()), (64, 1), "{ran:?}");
    let ran = ran.says("the ledger of mimivibe would be sealed, all of it, for the first time");
    let ran = ran.says("keep the root outside this database: only there is it evidence");
    ran.says(&format!("bursar audit --verify-seal {root}"));
    assert_eq!(db.value("SELECT encode(root, 'hex') FROM bursar.seals"), root);
    assert_eq!(db.value("SELECT s.entries = (SELECT count(*) FROM wallet_transactions) FROM bursar.seals s"), "true");
    assert_eq!(
        db.value("SELECT s.accounts = (SELECT count(*) FROM bursar.sealed_accounts) FROM bursar.seals s"),
        "true"
    );
    assert_eq!(
        db.value("SELECT command || ' ' || outcome FROM bursar.operations ORDER BY id DESC LIMIT 1"),
        "audit seal sealed"
    );
    let ran = db.bursar(&["audit", "--verify-seal", &root.to_uppercase()]).ok();
    assert!(ran.stdout.contains("✓  seals.entries") && ran.stdout.contains(&format!("root {root}")), "{}", ran.stdout);
    // Seals refuse to be changed as the ledger does.
    for table in ["seals", "sealed_accounts"] {
        assert_eq!(db.sqlstate(&format!("DELETE FROM bursar.{table}")), "23001", "{table}");
    }
}

/// The digest of an account and the root, computed by SQL from what `docs/seals.md` says.
#[test]
fn the_digests_are_the_documented_ones() {
    let db = Db::new(SEEDED);
    let root = sealed(&db);
    let field = |x: &str| {
        format!(
            "CASE WHEN {x} IS NULL THEN '\\xffffffff'::bytea ELSE int4send(octet_length({x})) || convert_to({x}, 'UTF8') END"
        )
    };
    let fields: Vec<String> = ["entry_id", "delta", "running", "at", "seq", "kind", "ref", "content"]
        .iter()
        .map(|f| field(&format!("e.{f}::text")))
        .collect();
    let pack = bursar::packs::named("mimivibe").unwrap();
    let entries = &pack.ledger.as_ref().unwrap().entries.text;
    let chain = format!(
        "WITH RECURSIVE e AS (
             SELECT row_number() OVER (ORDER BY e.arrival, e.at, e.seq) AS n, {} AS bytes
               FROM ({entries}) e WHERE e.account = '{}' AND e.unit = 'STAR'),
         d AS (SELECT 0::bigint AS n, decode(repeat('00', 32), 'hex') AS digest
               UNION ALL SELECT e.n, sha256(d.digest || e.bytes) FROM d JOIN e ON e.n = d.n + 1)
         SELECT encode(digest, 'hex') FROM d ORDER BY n DESC LIMIT 1",
        fields.join(" || "),
        busy(&db)
    );
    let stored = format!(
        "SELECT encode(digest, 'hex') FROM bursar.sealed_accounts WHERE account = '{}' AND unit = 'STAR'",
        busy(&db)
    );
    assert_eq!(db.value(&chain), db.value(&stored));
    let time = |x: &str| format!("to_char({x} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    let facts: Vec<String> = [
        "'bursar seal 1'",
        "s.app",
        "s.database",
        "s.system_identifier",
        &time("s.sealed_at"),
        "s.mode",
        "s.watermark::text",
        "'content'",
        "encode(s.previous, 'hex')",
    ]
    .iter()
    .map(|f| field(f))
    .collect();
    let accounts: Vec<String> = ["a.account", "a.unit", "a.entries::text", "a.total::text", "a.running::text"]
        .iter()
        .map(|f| field(f))
        .collect();
    let all = format!(
        "SELECT encode(sha256(({}) || (SELECT string_agg({} || int4send(32) || a.digest, ''::bytea ORDER BY a.account, a.unit)
                                         FROM bursar.sealed_accounts a)), 'hex') FROM bursar.seals s",
        facts.join(" || "),
        accounts.join(" || ")
    );
    assert_eq!(db.value(&all), root);
}

#[test]
fn a_second_seal_reads_what_is_new_and_stores_what_changed() {
    let db = Db::new(SEEDED);
    let first = sealed(&db);
    let account = busy(&db);
    db.sql(&adjust(&account, 5, "credit"));
    db.sql(&adjust(&account, 2, "debit"));
    settled(&db, "wallet_transactions");
    let second = sealed_as_is(&db);
    assert_eq!((&second["read"], &second["stored"]), (&2.into(), &1.into()), "{second}");
    assert_eq!(second["seal"]["previous"], first.as_str());
    assert_eq!(db.value("SELECT account || ' ' || unit FROM bursar.sealed_accounts WHERE seal_id = (SELECT max(id) FROM bursar.seals)"), format!("{account} STAR"));
    assert_eq!(verify(&db, &first), set(&[]));
    assert_eq!(verify(&db, &root(&second)), set(&[]));
    // What the first seal sealed is changed: both find it, and the second says since when.
    tamper(
        &db,
        &format!(
            "UPDATE wallet_transactions SET metadata = '{{\"note\": 1}}' WHERE id = (SELECT id FROM wallet_transactions WHERE user_id = '{account}' AND currency = 'STAR' ORDER BY seq LIMIT 1)"
        ),
    );
    assert_eq!(verify(&db, &first), set(&[(&account, "changed")]));
    let report = db.json(&["audit", "--verify-seal", &root(&second), "-o", "json"]);
    assert_eq!(wrong(&report), set(&[(&account, "changed")]));
    let said = report["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains(", and that since what seal 1 sealed"), "{said}");
    assert_eq!(report["seal"]["id"], second["seal"]["id"]);
}

/// A transaction that began before the seal and commits after it is not behind the watermark.
#[test]
fn a_transaction_that_was_open_while_sealing_is_read_by_the_next() {
    let db = Db::new(SEEDED);
    settled(&db, "wallet_transactions");
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
    settled(&db, "wallet_transactions");
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

/// Everything that can be done to sealed entries and to the seal, each with what has to be found.
/// ACCOUNT is the account; the last word says whether the ledger's own checks see it too.
const TAMPERINGS: [(&str, &str, &[(&str, &str)], bool); 12] = [
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
        "a second more",
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
    ("the seal's watermark rewritten", "UPDATE bursar.seals SET sealed_at = sealed_at + interval '1 day'", &[("SEAL", "seal_rewritten")], false),
    ("the seal removed", "DELETE FROM bursar.seals", &[("ROOT", "seal_missing")], false),
];

#[test]
fn whatever_is_done_to_what_was_sealed_is_found_and_no_other_account_is_named() {
    for (what, sql, expected, visible) in TAMPERINGS {
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
        (
            format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{account}'"),
            ("ledger.balance", &account),
        ),
        (
            format!("UPDATE wallet_transactions SET balance_after = balance_after + 1 WHERE seq = {newest}"),
            ("ledger.chain", &account),
        ),
        (
            format!("UPDATE wallet_transactions SET created_at = '2030-01-01' WHERE seq = {newest}"),
            ("ledger.domain", &account),
        ),
        // A sealed entry is gone, the new ones go on from what is left, and the balance says what the seal does.
        (
            format!(
                "DELETE FROM wallet_transactions WHERE seq = {newest} - 2;
                     UPDATE wallet_transactions SET balance_after = balance_after - 4 WHERE seq >= {newest} - 1"
            ),
            ("ledger.chain", &account),
        ),
    ] {
        let db = Db::new(SEEDED);
        sealed(&db);
        for amount in [4, 9] {
            db.sql(&adjust(&account, amount, "credit"));
        }
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

/// Of two entries of an account, the one that was written later may have the lower number; a
/// watermark between the two seals the later one without the earlier.
#[test]
fn a_watermark_that_divides_a_chain_is_no_finding() {
    let db = Db::new(SEEDED);
    settled(&db, "wallet_transactions");
    let account = busy(&db);
    let (mut low, mut middle) = wait(async { (db.connect().await, db.connect().await) });
    wait(does(&mut low, "BEGIN; SELECT pg_current_xact_id()"));
    wait(does(&mut middle, "BEGIN; SELECT pg_current_xact_id()"));
    db.sql(&adjust(&account, 7, "credit"));
    wait(does(&mut low, &format!("{}; COMMIT", adjust(&account, 1, "credit"))));
    // Until only the middle one holds the watermark.
    for _ in 0..1200 {
        let newest = "(SELECT arrival FROM wallet_transactions WHERE amount = 1 AND transaction_type = 'adjustment' ORDER BY seq DESC LIMIT 1)";
        if db.value(&format!("SELECT pg_snapshot_xmin(pg_current_snapshot()) > {newest}")) == "true" {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
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
    settled(&db, "token_transactions");
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

#[test]
fn after_many_changes_every_account_is_stored_again() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.json(&["seed", "--users", "3", "--yes", "-o", "json"]);
    let mut roots = vec![sealed(&db)];
    for _ in 0..8 {
        db.sql("SELECT wallet_adjust(id, 'STAR', 1, 'credit', 'r', 'o'), wallet_adjust(id, 'COIN', 1, 'credit', 'r', 'o') FROM users");
        roots.push(sealed(&db));
    }
    assert_eq!(db.value("SELECT count(*) > 1 FROM bursar.seals WHERE base = id"), "true");
    assert_eq!(db.value("SELECT count(*) > 1 FROM bursar.seals WHERE base < id"), "true");
    for root in &roots {
        assert_eq!(verify(&db, root), set(&[]));
    }
    assert_eq!(since(&db)["verdict"], "clean");
    db.sql("UPDATE users SET coin_balance = coin_balance + 1 WHERE id = (SELECT min(id::text)::uuid FROM users)");
    assert_eq!(since(&db)["summary"]["errors"], 1);
}

#[test]
fn one_seal_is_made_at_a_time() {
    let db = Db::new(SEEDED);
    let mut holder = wait(db.connect());
    wait(does(&mut holder, "SELECT pg_advisory_lock(x'627365616c000000'::bigint)"));
    db.bursar(&["audit", "seal", "--yes"]).exits(7).says("another seal is being made: ").says("pid ");
    assert_eq!(db.value("SELECT count(*) FROM bursar.seals"), "0");
    wait(does(&mut holder, "SELECT pg_advisory_unlock_all()"));
    let url = db.url();
    let codes: Vec<i32> = std::thread::scope(|threads| {
        let seal = || run(bursar().args(["audit", "seal", "--yes", "-q", "-d", &url])).code;
        let running: Vec<_> = (0..6).map(|_| threads.spawn(seal)).collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert!(codes.contains(&0) && codes.iter().all(|c| [0, 7].contains(c)), "{codes:?}");
    let kept = codes.iter().filter(|c| **c == 0).count();
    assert_eq!(db.value("SELECT count(*) FROM bursar.seals"), kept.to_string());
    for n in 0..kept {
        let root = db.value(&format!("SELECT encode(root, 'hex') FROM bursar.seals ORDER BY id OFFSET {n} LIMIT 1"));
        assert_eq!(verify(&db, &root), set(&[]));
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
        let roots = (0..8)
            .map(|_| {
                let root = root(&sealed_as_is(&db));
                assert_eq!(verify(&db, &root), set(&[]));
                assert_eq!(since(&db)["verdict"], "clean");
                root
            })
            .collect();
        stop.store(true, Ordering::Relaxed);
        roots
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

#[test]
fn what_cannot_be_sealed_says_what_to_do() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let root = "0".repeat(64);
    for arguments in [
        &["audit", "seal", "--yes"][..],
        &["audit", "--since-seal"],
        &["audit", "--verify-seal", &root],
        &["audit", "history"],
        &["audit", "--record", "--yes"],
    ] {
        db.bursar(arguments).exits(2).says("is missing").says("bursar migrate up --only bursar");
    }
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&["audit", "--since-seal"])
        .exits(2)
        .says("there is no seal of mimivibe to trust")
        .says("bursar audit seal");
    db.bursar(&["audit", "--verify-seal", "abc"]).exits(2).says("64 hexadecimal digits");
    db.bursar(&["audit", "--verify-seal", &root, "--only", "ledger"]).exits(2).says("cannot be used with");
    assert_eq!(verify(&db, &root), set(&[(&root, "seal_missing")]));
    db.bursar(&["audit", "seal"]).exits(4).says("add --yes");
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    db.bursar(&["audit", "seal", "--yes"]).exits(4).says("a plain yes is not enough");
    db.bursar(&["audit", "seal", "--confirm", &db.name]).ok();
    assert_eq!(db.value("SELECT count(*) FROM bursar.seals"), "1");
    Db::new(Template::Migrated("organic-os"))
        .bursar(&["audit", "seal", "--yes"])
        .exits(2)
        .says("keeps no ledger, so there is nothing to seal");
}

#[test]
fn a_role_that_only_reads_verifies_and_does_not_seal() {
    let db = Db::new(SEEDED);
    let root = sealed(&db);
    let role = format!("{}_auditor", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_auditor; GRANT SELECT ON ALL TABLES IN SCHEMA public TO bursar_auditor"));
    let mut url = url::Url::parse(&db.url()).unwrap();
    let _ = url.set_username(&role);
    let _ = url.set_password(Some("x"));
    let query: Vec<(String, String)> = url
        .query_pairs()
        .map(|(k, v)| (k.to_string(), if k == "user" { role.clone() } else { v.to_string() }))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(query);
    let on = |arguments: &[&str]| run(bursar().args(arguments).args(["-d", url.as_str()]));
    let verified = on(&["audit", "--verify-seal", &root]);
    let sealed = on(&["audit", "seal", "--yes"]);
    let recorded = on(&["audit", "--record", "--yes", "--only", "ledger"]);
    db.sql(&format!(
        "DROP OWNED BY {role}; DROP ROLE {role}; REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM bursar_auditor"
    ));
    verified.ok();
    sealed.exits(4).says("this role may not write seals");
    recorded.exits(4).says("SQLSTATE 42501");
}

#[test]
fn the_history_holds_seals_and_recorded_audits() {
    let db = Db::new(SEEDED);
    let ran = db.bursar(&["audit", "history"]).ok();
    assert!(ran.stdout.contains("nothing was sealed, and no audit recorded"), "{}", ran.stdout);
    let first = sealed(&db);
    db.bursar(&["audit", "--record"]).exits(4).says("add --yes");
    db.bursar(&["audit", "--record", "--yes", "--operator", "noi"]).ok().says("recorded");
    db.sql("UPDATE users SET star_balance = star_balance + 1");
    db.bursar(&["audit", "--since-seal", "--record", "--yes"]).exits(3);
    let history = db.json(&["audit", "history", "-o", "json"]);
    assert_eq!((&history["total"], &history["history"][2]["root"]), (&3.into(), &first.as_str().into()));
    let lines = history["history"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = lines.iter().map(|l| (&l["kind"], &l["verdict"])).collect();
    assert_eq!(
        told,
        [(&"audit".into(), &"violated".into()), (&"audit".into(), &"clean".into()), (&"seal".into(), &Value::Null)]
    );
    assert_eq!(
        (&lines[0]["errors"], &lines[0]["seal"], &lines[1]["who"]),
        (&300.into(), &lines[2]["id"], &"noi".into())
    );
    let ran = db.bursar(&["audit", "history", "--limit", "1"]).ok();
    assert!(
        ran.stdout.contains("violated") && ran.stdout.contains("showing 1 of 3; --limit 0 for all"),
        "{}",
        ran.stdout
    );
    assert_eq!(db.sqlstate("UPDATE bursar.audits SET verdict = 'clean'"), "23001");
}
