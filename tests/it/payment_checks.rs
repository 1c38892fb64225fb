//! Payments and refunds against the ledger, of an application that bursar has never seen: what its pack says is enough.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bursar::packs::{self, Source};
use serde_json::Value;

use crate::support::{Db, Ran, Template, flat};

const TABLES: &str = "
    CREATE TABLE users (id text PRIMARY KEY);
    CREATE TABLE billing (user_id text, unit text, balance bigint);
    CREATE TABLE payment (payment_id text, user_id text, amount bigint, status text, gateway text, created_at timestamptz DEFAULT now());
    CREATE TABLE entry (id bigserial PRIMARY KEY, user_id text, amount bigint, unit text DEFAULT 'USD', kind text DEFAULT 'topup',
                        payment_ref text, reverses bigint, created_at timestamptz DEFAULT now());
    CREATE TABLE refund (refund_id text, payment_id text, amount bigint, status text, gateway text, entry_id bigint, created_at timestamptz DEFAULT now());
    CREATE TABLE job (id text); INSERT INTO job VALUES ('j1');
    INSERT INTO users VALUES ('a'), ('b')";

/// The balances that the entries come to.
const BALANCES: &str =
    "DELETE FROM billing; INSERT INTO billing SELECT user_id, unit, sum(amount) FROM entry GROUP BY user_id, unit";

const STATES: &str = "[payments.states]\npaid = [\"succeeded\"]\npartly = [\"partial\"]\nrefunded = [\"refunded\"]\nunpaid = [\"pending\", \"failed\"]\n";
const KINDS: &str = "kinds = [\"topup\"]\n";
const REFUNDS: &str = "[refunds.states]\ndone = [\"done\"]\nopen = [\"open\"]\nfailed = [\"failed\"]\n";

/// The queries of the pack, by their files.
const QUERIES: [(&str, &str); 5] = [
    (
        "ledger/entries.sql",
        "SELECT e.id AS entry_id, e.user_id AS account, e.unit, e.amount AS delta, NULL::numeric AS running, e.created_at AS at,
                NULL::bigint AS seq, NULL::xid8 AS arrival, e.kind, e.payment_ref AS ref FROM entry e",
    ),
    (
        "ledger/balances.sql",
        "SELECT b.user_id AS account, b.unit, b.balance, NULL::timestamptz AS opened_at FROM billing b",
    ),
    (
        "payments.sql",
        "SELECT p.payment_id, p.user_id AS account, NULL::text AS customer, p.amount, 'USD'::text AS currency, p.status,
                p.status = 'succeeded' AS refundable, 'stripe'::text AS provider, array_remove(ARRAY[p.gateway], NULL) AS provider_ids,
                p.amount AS granted, 'USD'::text AS unit, p.created_at FROM payment p",
    ),
    (
        "refunds.sql",
        "SELECT r.refund_id, r.payment_id, r.amount, 'USD'::text AS currency, r.status, r.gateway AS provider_id, r.entry_id AS ref,
                r.created_at FROM refund r",
    ),
    (
        "jobs.sql",
        "SELECT j.id AS job_id, NULL::text AS kind, 'queued'::text AS status, 0 AS attempts, 1 AS max_attempts, NULL::text AS worker,
                now() AS created_at, now() AS scheduled_at, NULL::timestamptz AS retry_at, NULL::timestamptz AS started_at,
                NULL::timestamptz AS lease_until, NULL::timestamptz AS finished_at, NULL::timestamptz AS failed_at, NULL::text AS error,
                NULL::jsonb AS payload, NULL::jsonb AS result, NULL::bigint AS version FROM job j",
    ),
];

/// A pack of these queries, with these lines below `[payments]`.
fn pack(folder: &Path, name: &str, payments: &str, files: &[&str]) -> PathBuf {
    let pack = folder.join(name);
    std::fs::create_dir_all(pack.join("ledger")).unwrap();
    let refunds = if files.contains(&"refunds.sql") { REFUNDS } else { "" };
    let jobs = if files.contains(&"jobs.sql") { "[jobs.states]\nqueued = [\"queued\"]\n" } else { "" };
    let manifest = format!(
        "name = \"{name}\"\ntitle = \"{name}\"\nschema = \"public\"\ndetect = []\ntables = [\"users\", \"billing\", \"payment\", \"entry\", \"refund\", \"job\"]\n\
         [ledger]\nrunning = false\n[thresholds]\nfuture_tolerance_secs = 300\n[payments]\namounts = \"minor\"\n{payments}{refunds}{jobs}"
    );
    std::fs::write(pack.join("pack.toml"), manifest).unwrap();
    for (file, sql) in QUERIES.iter().filter(|(file, _)| files.contains(file)) {
        let table = sql.rsplit(' ').nth(1).unwrap();
        std::fs::write(pack.join(file), format!("-- reads: {table}\n{sql}\n")).unwrap();
    }
    pack
}

const LEDGER: [&str; 3] = ["ledger/entries.sql", "ledger/balances.sql", "payments.sql"];

fn audit(db: &Db, pack: &Path, more: &[&str]) -> Ran {
    db.with_pack(pack, &[&["audit"], more].concat())
}

fn report(db: &Db, pack: &Path, code: i32) -> Value {
    audit(db, pack, &["-o", "json", "--limit", "0"]).exits(code).json()
}

/// The findings: the check and the row.
fn found(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|f| format!("{} {}", f["check"].as_str().unwrap(), f["key"].as_str().unwrap())).collect()
}

fn set(found: &[&str]) -> BTreeSet<String> {
    found.iter().map(|f| (*f).to_owned()).collect()
}

/// The checks in this status, with the reason.
fn of_status(report: &Value, status: &str) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|c| c["status"] == status);
    checks
        .map(|c| (c["id"].as_str().unwrap().to_owned(), c["reason"].as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A payment for each case, and what the ledger has of it. `ok` in a name: nothing is wrong with it.
const PAYMENTS: &str = "
    INSERT INTO payment (payment_id, user_id, amount, status, gateway) VALUES
        ('ok', 'a', 1000, 'succeeded', 'pi_0'), ('twice', 'a', 1000, 'succeeded', 'pi_1'), ('none', 'a', 1000, 'succeeded', 'pi_2'),
        ('less', 'a', 1000, 'succeeded', 'pi_3'), ('more', 'a', 1000, 'succeeded', 'pi_4'), ('ok split', 'a', 1000, 'succeeded', 'pi_5'),
        ('ok one of two', 'a', 5, 'succeeded', 'pi_6'), ('two', 'b', 5, 'succeeded', 'pi_6'),
        ('ok tried', 'a', 5, 'failed', 'pi_7'), ('ok tried again', 'a', 5, 'succeeded', 'pi_7'),
        ('pending', 'a', 1000, 'pending', 'pi_8'), ('ok pending', 'a', 1000, 'failed', NULL),
        ('other', 'a', 1000, 'succeeded', NULL), ('word', 'a', 7, 'weird', NULL), ('null', 'a', 7, NULL, NULL),
        ('ok back', 'a', 1000, 'refunded', NULL), ('ok kept', 'a', 1000, 'refunded', NULL), ('ok given back', 'a', 1000, 'succeeded', NULL),
        ('ok reversed', 'a', 1000, 'succeeded', NULL), ('refunded', 'a', 1000, 'refunded', NULL), ('unit', 'a', 1000, 'partial', NULL),
        ('ok other mended', 'a', 1000, 'succeeded', NULL);
    UPDATE payment SET gateway = 'pi ' || payment_id WHERE gateway IS NULL;
    INSERT INTO entry (user_id, amount, payment_ref) VALUES
        ('a', 1000, 'ok'), ('a', 1000, 'twice'), ('a', 1000, 'twice'), ('a', 900, 'less'), ('a', 1100, 'more'),
        ('a', 400, 'ok split'), ('a', 600, 'ok split'), ('a', 5, 'ok one of two'), ('b', 5, 'two'), ('a', 5, 'ok tried again'),
        ('a', 1000, 'pending'), ('a', 1000, 'ok pending'), ('a', 1000, 'ok back'), ('a', 1000, 'ok kept'),
        ('a', 1000, 'ok given back'), ('a', 1000, 'ok given back'), ('a', 1000, 'ok reversed'), ('a', 1000, 'ok reversed'),
        ('b', 1000, 'ok other mended'), ('a', 1000, 'ok other mended');
    INSERT INTO entry (user_id, amount, payment_ref, kind) VALUES
        ('a', -1000, 'ok pending', 'back'), ('a', -1000, 'ok back', 'back'), ('a', -1000, 'ok given back', 'back'),
        ('a', -1000, 'ok reversed', 'back'), ('b', -1000, 'ok other mended', 'back'), ('a', 50, 'order 9', 'bonus');
    INSERT INTO entry (id, user_id, amount, payment_ref, unit) VALUES (901, 'b', 1000, 'other', 'USD'), (902, 'a', 1000, 'gone', 'USD'),
        (903, 'a', 1000, 'unit', 'EUR'), (904, 'a', 1000, NULL, 'USD')";

const EXPECTED: [&str; 12] = [
    "payments.account 901",
    "payments.duplicate twice",
    "payments.duplicate two",
    "payments.granted less",
    "payments.granted more",
    "payments.granted none",
    "payments.granted refunded",
    "payments.granted unit",
    "payments.orphan 902",
    "payments.orphan 904",
    "payments.status null",
    "payments.status word",
];

#[test]
fn payments_are_compared_with_the_ledger_that_credits_them() {
    let db = Db::new(Template::Empty);
    db.sql(&format!("{TABLES}; {PAYMENTS}; {BALANCES}"));
    let folder = tempfile::tempdir().unwrap();
    let whole = pack(folder.path(), "whole", &format!("{KINDS}{STATES}"), &LEDGER);
    let mut expected = set(&EXPECTED);
    expected.insert("payments.unpaid pending".to_owned());
    assert_eq!(found(&report(&db, &whole, 3)), expected);
    let said = audit(&db, &whole, &["--only", "payments"]).exits(3);
    for sentence in [
        "Payment twice of account a was credited 2 times, 2000 USD in all instead of 1000, by the entries",
        "Payment none of account a is succeeded and worth 1000 USD, but the ledger has no entry for it.",
        "Payment less of account a is worth 1000 USD, but its entry 4 credits 900 USD.",
        "credits 1000 EUR.",
        "Payments ok one of two and two have the same id at stripe: pi_6.",
        "Payment pending of account a is pending, but entry 11 credits 1000 USD for it.",
        "Entry 901 credits 1000 USD to account b for payment other, which belongs to account a.",
        "The topup entry 902 over 1000 USD of account a names payment gone, which does not exist.",
        "Payment word is in the state 'weird'.",
    ] {
        let flat = flat(&said.stdout);
        assert!(flat.contains(sentence), "{sentence}: {}", said.stdout);
    }
    // What a pack does not tell is not looked for, and the report says why.
    let plain = pack(folder.path(), "plain", "", &LEDGER);
    let seen = report(&db, &plain, 3);
    assert_eq!(found(&seen), set(&["payments.account 901", "payments.duplicate twice", "payments.duplicate two"]));
    let skipped = of_status(&seen, "skipped");
    for (id, reason) in
        [("granted", "[payments.states]"), ("unpaid", "states"), ("status", "states"), ("orphan", "kinds")]
    {
        let id = format!("payments.{id}");
        assert!(skipped.iter().any(|(skipped, why)| *skipped == id && why.contains(reason)), "{id}: {skipped:?}");
    }
    // One account.
    let one = audit(&db, &whole, &["-o", "json", "--account", "b"]).exits(3);
    let one: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(found(&one), set(&["payments.account 901", "payments.duplicate two"]));
    // Where the ledger says which entry undoes which, a take-back does not hide that a credit came twice.
    let reversals = pack(folder.path(), "reversals", &format!("{KINDS}{STATES}"), &LEDGER);
    let file = reversals.join("ledger/entries.sql");
    let entries =
        std::fs::read_to_string(&file).unwrap().replace("e.payment_ref AS ref", "e.payment_ref AS ref, e.reverses");
    std::fs::write(&file, entries).unwrap();
    db.sql("UPDATE entry SET reverses = (SELECT min(id) FROM entry o WHERE o.payment_ref = entry.payment_ref AND o.user_id = entry.user_id) WHERE payment_ref IN ('ok reversed', 'ok pending', 'ok other mended') AND amount < 0;
            UPDATE payment SET status = 'refunded' WHERE payment_id = 'twice';
            INSERT INTO entry (user_id, amount, payment_ref, kind) VALUES ('a', -1000, 'twice', 'back')");
    // The entry that gives a take-back back names it.
    db.sql(
        "UPDATE entry SET reverses = (SELECT id FROM entry b WHERE b.payment_ref = 'ok given back' AND b.amount < 0)
             WHERE id = (SELECT max(id) FROM entry WHERE payment_ref = 'ok given back' AND amount > 0)",
    );
    db.sql(BALANCES);
    assert_eq!(found(&report(&db, &reversals, 3)), expected);
    expected.remove("payments.duplicate twice");
    assert_eq!(found(&report(&db, &whole, 3)), expected);
    // Nothing is wrong with the rest.
    db.sql("DELETE FROM payment WHERE payment_id NOT LIKE 'ok%'; DELETE FROM entry WHERE payment_ref NOT LIKE 'ok%' OR payment_ref IS NULL");
    db.sql(BALANCES);
    for pack in [&whole, &plain, &reversals] {
        audit(&db, pack, &[]).ok().tells("✓ clean");
    }
}

#[test]
fn in_double_entry_the_other_sides_of_a_payment_are_no_credits() {
    let db = Db::new(Template::Empty);
    db.sql(&format!(
        "{TABLES}; INSERT INTO payment VALUES ('p', 'a', 970, 'succeeded'), ('r', 'a', 970, 'refunded'), ('w', 'a', 970, 'succeeded');
         INSERT INTO entry (user_id, amount, payment_ref) VALUES ('a', 970, 'p'), ('fees', 30, 'p'), ('bank', -1000, 'p'),
             ('a', 970, 'r'), ('bank', -970, 'r'), ('a', -970, 'r'), ('bank', 970, 'r'), ('b', 970, 'w'), ('bank', -970, 'w'); {BALANCES}"
    ));
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path(), "double", STATES, &LEDGER);
    let report: Value =
        serde_json::from_str(&audit(&db, &pack, &["-o", "json", "--only", "payments"]).exits(3).stdout).unwrap();
    assert_eq!(found(&report), set(&["payments.account 8"]));
}

#[test]
fn the_applications_own_refunds_are_compared_with_what_was_paid() {
    let db = Db::new(Template::Empty);
    db.sql(&format!(
        "{TABLES};
         INSERT INTO payment (payment_id, user_id, amount, status) VALUES ('ok', 'a', 1000, 'refunded'), ('ok part', 'a', 1000, 'partial'),
             ('ok not', 'a', 1000, 'succeeded'), ('thrice', 'a', 1000, 'refunded'), ('same', 'a', 1000, 'partial'), ('entry', 'a', 1000, 'refunded'),
             ('credit', 'a', 1000, 'refunded'), ('unsettled', 'a', 1000, 'succeeded'), ('whole', 'a', 1000, 'refunded'), ('less', 'a', 1000, 'succeeded'),
             ('word', 'a', 1000, 'succeeded'), ('taken', 'a', 1000, 'refunded'), ('quiet', 'a', 1000, 'refunded'), ('no id', 'a', 1000, 'refunded'),
             ('spaced', 'a', 1000, 'partial'), ('later', 'a', 1000, 'refunded');
         INSERT INTO entry (id, user_id, amount, payment_ref) SELECT row_number() OVER (ORDER BY payment_id), 'a', 1000, payment_id FROM payment;
         INSERT INTO entry (id, user_id, amount, payment_ref, kind) VALUES (100, 'a', -1000, 'ok', 'back'), (101, 'a', -500, 'taken', 'back');
         INSERT INTO refund VALUES ('ok', 'ok', 1000, 'done', 're_1', 100), ('ok failed', 'ok', 1000, 'failed', 're_2', 4711),
             ('ok part', 'ok part', 400, 'done', 're_3', NULL), ('ok open', 'ok not', 1000, 'open', 're_4', NULL),
             ('t1', 'thrice', 1000, 'done', 're_5', NULL), ('t2', 'thrice', 1000, 'done', 're_6', NULL), ('t3', 'thrice', 1000, 'done', 're_7', NULL),
             ('s1', 'same', 400, 'done', 're_8', NULL), ('s2', 'same', 400, 'done', 're_8', NULL),
             ('e', 'entry', 1000, 'done', 're_9', 4712), ('c', 'credit', 1000, 'done', 're_10', (SELECT id FROM entry WHERE payment_ref = 'credit')),
             ('u', 'unsettled', 1000, 'done', 're_11', NULL), ('p', 'whole', 400, 'done', 're_12', NULL), ('n', 'less', -400, 'failed', 're_13', NULL),
             ('n2', 'less', -400, 'open', 're_14', NULL), ('w', 'word', 10, 'odd', 're_15', NULL), ('g', 'gone', 10, 'done', 're_16', NULL),
             ('k1', 'taken', 500, 'done', 're_17', 101), ('k2', 'taken', 500, 'done', 're_18', 101), ('no', 'no id', 1000, 'done', ' ', NULL),
             ('x1', 'spaced', 200, 'done', 're_20', NULL), ('x2', 'spaced', 200, 'done', ' RE_20', NULL), ('l', 'later', 1000, 'done', 're_21', NULL);
         UPDATE refund SET created_at = now() + interval '1 day' WHERE refund_id = 'l'; {BALANCES}"
    ));
    let folder = tempfile::tempdir().unwrap();
    let files = [&LEDGER[..], &["refunds.sql"]].concat();
    let pack = pack(folder.path(), "own", STATES, &files);
    let expected = set(&[
        "refunds.amounts gone",
        "refunds.amounts less",
        "refunds.amounts thrice",
        "refunds.dated l",
        "refunds.duplicate k2",
        "refunds.duplicate s2",
        "refunds.duplicate x2",
        "refunds.entries c",
        "refunds.entries e",
        "refunds.recorded no",
        "refunds.recorded quiet",
        "refunds.settled unsettled",
        "refunds.settled whole",
        "refunds.status w",
    ]);
    assert_eq!(found(&report(&db, &pack, 3)), expected);
    let said = audit(&db, &pack, &["--only", "refunds"]).exits(3).stdout;
    let said = flat(&said);
    assert!(
        said.contains("Payment thrice was over 1000 USD (in minor units), and its refunds t1, t2, t3 come to 3000."),
        "{said}"
    );
    assert!(said.contains("Refunds n2 of payment less are over -400 (in minor units) and more"), "{said}");
    assert!(
        said.contains("Payment whole is refunded, and 400 of its 1000 USD (in minor units) were refunded."),
        "{said}"
    );
    assert!(said.contains("Refunds s1 and s2 of payment same have the same id at the gateway: re_8."), "{said}");
    // With bursar's own tables beside them, one refund that both keep counts once, and theirs together are compared.
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    assert_eq!(found(&report(&db, &pack, 3)), expected);
    let row = |payment: &str, amount: u32, gateway: &str| {
        format!(
            "INSERT INTO bursar.refunds (payment, account, paid, amount, currency, state, if_spent, reason, gateway, gateway_payment, gateway_ref, idempotency_key, request_hash, actor)
             VALUES ('{payment}', 'a', 1000, {amount}, 'USD', 'succeeded', 'refuse', 'other', 'stripe', '{{}}', '{gateway}', gen_random_uuid()::text, '', '{{}}')"
        )
    };
    let insert = |sql: String| db.sql(&format!("SET session_replication_role = replica; {sql}"));
    insert(row("ok", 1000, "re_1"));
    insert(row("ok part", 700, "re_new"));
    let both = found(&report(&db, &pack, 3));
    let more: Vec<&String> = both.difference(&expected).filter(|f| !f.starts_with("refunds.history")).collect();
    // No operation made these two rows.
    let chain = ["operations.chain 1", "operations.chain 2"];
    assert_eq!(more, [&chain[..], &["refunds.amounts ok part", "refunds.settled ok part"]].concat());
}

#[test]
fn a_query_that_doubles_rows_is_named_before_any_money_is_accused() {
    let db = Db::new(Template::Empty);
    db.sql(&format!(
        "{TABLES}; INSERT INTO payment VALUES ('p', 'a', 1000, 'succeeded'); INSERT INTO entry (user_id, amount, payment_ref) VALUES ('a', 1000, 'p');
         INSERT INTO refund VALUES ('r', 'p', 10, 'open'); {BALANCES}; CREATE TABLE twice (n int); INSERT INTO twice VALUES (1), (2)"
    ));
    let folder = tempfile::tempdir().unwrap();
    let files = QUERIES.map(|(file, _)| file);
    let sound = pack(folder.path(), "sound", STATES, &files);
    audit(&db, &sound, &[]).ok().tells("✓ clean").tells("of the jobs, only this was checked: each is returned once");
    for (n, (file, left_out)) in [
        ("ledger/entries.sql", &["ledger.", "payments.granted", "payments.duplicate"][..]),
        ("ledger/balances.sql", &["ledger."]),
        ("payments.sql", &["payments.", "refunds.amounts", "gateway."]),
        ("refunds.sql", &["refunds.amounts", "refunds.duplicate", "refunds.status"]),
        ("jobs.sql", &[]),
    ]
    .into_iter()
    .enumerate()
    {
        let doubled = pack(folder.path(), &format!("doubled{n}"), STATES, &files);
        let sql = std::fs::read_to_string(doubled.join(file)).unwrap();
        std::fs::write(doubled.join(file), format!("{} CROSS JOIN twice\n", sql.trim_end())).unwrap();
        let report = report(&db, &doubled, 6);
        assert_eq!(found(&report), BTreeSet::new(), "{file}");
        let incomplete = of_status(&report, "incomplete");
        let (id, reason) = &incomplete[0];
        assert_eq!(id, "pack.unique", "{file}");
        assert!(reason.contains(&format!("{file} returns ")) && reason.contains(" 2 times: a join"), "{reason}");
        for prefix in left_out {
            let mut of = incomplete.iter().filter(|(id, _)| id.starts_with(prefix)).peekable();
            assert!(of.peek().is_some(), "{file}: {prefix}: {incomplete:?}");
            assert!(
                of.all(|(_, why)| why.contains(&format!("{file} returns rows more than once: see pack.unique"))),
                "{incomplete:?}"
            );
        }
        // The others are answered.
        let granted = of_status(&report, "passed").iter().any(|(id, _)| id == "payments.granted");
        assert_eq!(granted, ["ledger/balances.sql", "refunds.sql", "jobs.sql"].contains(&file), "{file}");
    }
    // Also where only the checks are asked for that it spoils, and for one account.
    let doubled = folder.path().join("doubled0");
    audit(&db, &doubled, &["--only", "ledger.balance"]).exits(6).tells("pack.unique");
    audit(&db, &doubled, &["--account", "a"]).exits(6).tells("pack.unique");
    audit(&db, &doubled, &["--skip", "pack.unique"]).exits(3).tells("ledger.balance");
    audit(&db, &doubled, &["--only", "pack"]).exits(6);
    audit(&db, &sound, &["--only", "pack"]).exits(6).tells("nothing was checked");
    db.bursar(&["audit", "explain", "pack.unique", "--trust-pack", "--app", sound.to_str().unwrap()])
        .ok()
        .tells("each row once");
}

#[test]
fn what_pack_toml_says_of_payments_and_refunds_has_to_make_sense() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::new(Template::Empty);
    let show = |pack: &Path| db.bursar(&["pack", "show", pack.to_str().unwrap()]).exits(2);
    let two = pack(folder.path(), "two", "[payments.states]\npaid = [\"x\"]\nunpaid = [\"x\"]\n", &LEDGER);
    show(&two).says("[payments.states] gives 'x' two meanings");
    let bare = pack(folder.path(), "bare", STATES, &LEDGER);
    std::fs::write(bare.join("refunds.sql"), QUERIES[3].1).unwrap();
    show(&bare).says("refunds.sql needs [refunds.states]");
    let gone = pack(folder.path(), "gone", &format!("{STATES}{REFUNDS}"), &LEDGER);
    show(&gone).says("refunds.sql: the file is missing");
}

/// `pack.unique` leaves the packs out that come with bursar: their schemas keep the rows unique.
#[test]
fn the_queries_of_the_built_in_packs_return_each_row_once() {
    const KEYS: [(Source, &str); 4] = [
        (Source::Entries, "entry_id, account, unit"),
        (Source::Balances, "account, unit"),
        (Source::Payments, "payment_id"),
        (Source::Jobs, "job_id"),
    ];
    // What the queries read row by row, and what they join.
    const UNIQUE: [(&str, &[&str]); 4] = [
        ("mimivibe", &["wallet_transactions(id)", "users(id)", "payments(id)", "jobs(id)"]),
        ("avolve", &["token_transactions(id)", "token_balances(token_type, user_id)", "users(id)"]),
        ("aethercrown", &["payments(id)", "users(id)", "ai_tasks(id)"]),
        ("organic-os", &[]),
    ];
    for pack in packs::built_in().unwrap().into_iter().filter(packs::Pack::is_system) {
        let (name, unique) = *UNIQUE.iter().find(|(name, _)| *name == pack.name).expect("what keeps its rows unique");
        let db = Db::new(Template::Seeded(name));
        for key in unique {
            let there = db.value(&format!(
                "SELECT count(*) FROM pg_index i WHERE i.indisunique AND i.indpred IS NULL
                    AND '{key}' = format('%s(%s)', i.indrelid::regclass, (SELECT string_agg(a.attname, ', ' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)))"
            ));
            assert_ne!(there, "0", "{name}: {key}");
        }
        for (source, key) in KEYS {
            let Some(sql) = pack.source(source) else { continue };
            let doubled = db.value(&format!(
                "SELECT count(*) FROM (SELECT FROM ({}\n) x GROUP BY {key} HAVING count(*) > 1) d",
                sql.text
            ));
            assert_eq!(doubled, "0", "{name}: {}", sql.file);
        }
    }
}

#[test]
fn payments_that_cannot_be_compared_are_not_called_sound() {
    let db = Db::new(Template::Empty);
    db.sql(&format!(
        "{TABLES}; INSERT INTO payment SELECT 'p' || g, 'a', 10, 'succeeded', NULL FROM generate_series(1, 6) g;
         INSERT INTO entry (user_id, amount, payment_ref) SELECT user_id, 10, payment_id FROM payment; {BALANCES}"
    ));
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path(), "nulls", STATES, &LEDGER);
    let write = |file: &str, from: &str, to: &str| {
        let sql = QUERIES.iter().find(|(name, _)| *name == file).unwrap().1;
        assert!(sql.contains(from), "{sql}");
        std::fs::write(pack.join(file), format!("-- reads: entry, payment\n{}\n", sql.replace(from, to))).unwrap();
    };
    let skipped = |report: &Value| -> Vec<String> {
        of_status(report, "skipped")
            .into_iter()
            .filter(|(_, why)| why.contains("is NULL in every"))
            .map(|(id, _)| id)
            .collect()
    };
    let small = report(&db, &pack, 0);
    assert!(skipped(&small).is_empty());
    // Six payments have no usual price.
    let why = of_status(&small, "skipped").into_iter().find(|(id, _)| id == "payments.priced").map(|(_, why)| why);
    assert!(why.is_some_and(|why| why.contains("200 or more paid payments, and 6 say what they bought")), "{small}");
    let all = ["payments.account", "payments.duplicate", "payments.unpaid"];
    for (from, to, expected) in [
        ("p.amount AS granted", "NULL::bigint AS granted", &["payments.duplicate", "payments.granted"][..]),
        ("'USD'::text AS unit", "NULL::text AS unit", &["payments.duplicate", "payments.granted"]),
        (
            "p.user_id AS account",
            "NULL::text AS account",
            &["payments.account", "payments.duplicate", "payments.granted", "payments.unpaid"],
        ),
    ] {
        write("payments.sql", from, to);
        let mut ids = skipped(&report(&db, &pack, 0));
        ids.sort();
        assert_eq!(ids, expected, "{to}");
    }
    // Some are not compared, and the report counts them.
    write("payments.sql", "p.amount AS granted", "CASE WHEN p.payment_id > 'p2' THEN p.amount END AS granted");
    audit(&db, &pack, &[]).ok().tells("2 of 6 paid payments have NULL for `granted`");
    // Without a ref, no payment has an entry: the pack is suspected, and the other checks are skipped.
    write("payments.sql", "p.amount AS granted", "p.amount AS granted");
    write("ledger/entries.sql", "e.payment_ref AS ref", "NULL::text AS ref");
    let seen = report(&db, &pack, 3);
    let mut ids = skipped(&seen);
    ids.sort();
    assert_eq!(ids, all);
    assert!(
        seen["suspected"][0]["message"].as_str().unwrap().contains("6 of 6 payments fail payments.granted"),
        "{seen}"
    );
    // A ref that never names a payment compares as little.
    write("ledger/entries.sql", "e.payment_ref AS ref", "'order ' || e.payment_ref AS ref");
    let mut ids: Vec<String> = of_status(&report(&db, &pack, 3), "skipped")
        .into_iter()
        .filter(|(_, why)| why.contains("no `ref` of") && why.contains("is the `payment_id` of a payment"))
        .map(|(id, _)| id)
        .collect();
    ids.sort();
    assert_eq!(ids, all);
    // The pack has a ledger, and its query returns nothing.
    write("ledger/entries.sql", "FROM entry e", "FROM entry e WHERE false");
    db.sql("DELETE FROM billing; DELETE FROM payment");
    audit(&db, &pack, &[])
        .exits(6)
        .tells("nothing was checked of the ledger: ")
        .tells("ledger/entries.sql returns no row");
}

#[test]
fn payments_are_not_compared_with_each_entry() {
    // What this pack says of its entries is worked out, and the planner takes nearly all of it for nothing.
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "SET session_replication_role = replica;
         INSERT INTO users (id, external_id, external_provider, email)
         SELECT md5('u' || n)::uuid, 'u' || n, 'x', 'u' || n || '@example.com' FROM generate_series(1, 100) n;
         INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type, stars_purchased, created_at)
         SELECT md5('p' || n)::uuid, md5('u' || 1 + n % 100)::uuid, 'pi_' || n, 'ch_' || n, 4900, 'succeeded', 'small', 10, now()
           FROM generate_series(1, 8000) n;
         INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id)
         SELECT user_id, 'purchase', 10, 'STAR', 10, id FROM payments;
         ANALYZE",
    );
    let report = db.bursar(&["audit", "--only", "payments", "--parallel", "1", "-o", "json"]).ok().json();
    let took = |id: &str| {
        let check = report["checks"].as_array().unwrap().iter().find(|c| c["id"] == id);
        check.and_then(|c| c["ms"].as_u64()).unwrap_or_else(|| panic!("{id}: {report}"))
    };
    let (granted, duplicate) = (took("payments.granted"), took("payments.duplicate"));
    assert!(granted < 8 * duplicate.max(100), "{granted} ms, beside {duplicate} ms");
}

#[test]
fn a_price_is_of_its_currency_however_it_is_written() {
    let db = Db::new(Template::Empty);
    db.sql(&format!(
        "{TABLES}; ALTER TABLE payment ADD currency text DEFAULT 'USD'; ALTER TABLE refund ADD unit text;
         INSERT INTO payment SELECT 'p' || g, 'a', 10, 'succeeded', 'pi_' || g, now(), (ARRAY['usd', ' USD', 'Usd '])[g] FROM generate_series(1, 300) g;
         UPDATE payment SET currency = 'USD' WHERE currency IS NULL;
         INSERT INTO entry (user_id, amount, payment_ref) SELECT user_id, 10, payment_id FROM payment; {BALANCES}"
    ));
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path(), "cases", STATES, &[&LEDGER[..], &["refunds.sql"]].concat());
    for file in ["payments.sql", "refunds.sql"] {
        let sql = QUERIES.iter().find(|(name, _)| *name == file).unwrap().1;
        let of = if file == "payments.sql" { "p.currency" } else { "r.unit AS currency" };
        let sql = sql.replace("'USD'::text AS currency", of);
        std::fs::write(pack.join(file), format!("-- reads: {}\n{sql}\n", sql.rsplit(' ').nth(1).unwrap())).unwrap();
    }
    assert_eq!(found(&report(&db, &pack, 0)), set(&[]));
    // So are a payment's refunds, and a price of a list.
    db.sql(
        "INSERT INTO refund (refund_id, payment_id, amount, status, gateway, unit) VALUES ('r1', 'p1', 4, 'open', 're_1', 'USD'), ('r2', 'p2', 4, 'open', 're_2', ' usd')",
    );
    let list = folder.path().join("prices.toml");
    std::fs::write(&list, "[[prices]]\nkind = \"payment\"\namount = 10\nunit = \"usd\"\nbuys = 10\nof = \"USD\"\n")
        .unwrap();
    let ran = audit(&db, &pack, &["-o", "json", "--limit", "0", "--prices", list.to_str().unwrap()]);
    assert_eq!(found(&ran.ok().json()), set(&[]));
    db.sql("UPDATE payment SET currency = 'THB' WHERE payment_id = 'p9'");
    assert_eq!(found(&report(&db, &pack, 0)), set(&["payments.priced p9"]));
    // An amount is said to be in the unit in which the application keeps it.
    db.sql("UPDATE payment SET gateway = NULL WHERE payment_id = 'p8'");
    let toml = std::fs::read_to_string(pack.join("pack.toml")).unwrap();
    let minor = "amounts = \"minor\"";
    assert!(toml.contains(minor), "{toml}");
    for (amounts, unit) in
        [("minor", " (in minor units)"), ("major", ""), ("stripe", " (in the minor units of Stripe)")]
    {
        let amounts = format!("amounts = \"{amounts}\"");
        std::fs::write(pack.join("pack.toml"), toml.replace(minor, &amounts)).unwrap();
        let ran = audit(&db, &pack, &["--only", "payments"]).exits(3);
        let said = flat(&ran.stdout);
        for told in [
            format!("Payment p8 over 10 USD{unit} is succeeded, but has no id at stripe."),
            format!("Payment p9 bought 10 USD for 10 THB{unit}, as 1 of 300 paid payments did."),
        ] {
            assert!(said.contains(&told), "{told}: {said}");
        }
        std::fs::write(&list, "[[prices]]\nkind = \"payment\"\namount = 10\nunit = \"usd\"\n").unwrap();
        let ran = audit(&db, &pack, &["--only", "payments.priced", "--prices", list.to_str().unwrap()]).exits(3);
        let said = flat(&ran.stdout);
        assert!(said.contains(&format!("was 10 THB{unit} for 10 USD, which is no price of that day.")), "{said}");
    }
}
