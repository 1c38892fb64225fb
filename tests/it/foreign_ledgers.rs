//! Ledgers of other applications, with packs of their own: double entry, accounts below zero, balances from before the
//! ledger, an order that is no time, no cache. What is sound is clean, and each fault is found in words of its own.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Db, Ran, Template, flat, status};

const SCHEMA: &str = "
    CREATE TABLE accounts (id int PRIMARY KEY, unit text NOT NULL DEFAULT 'USD', balance numeric, low numeric, had numeric);
    CREATE TABLE entries (id int PRIMARY KEY, account int NOT NULL, tx text, amount numeric NOT NULL, before numeric, after numeric,
        at timestamptz NOT NULL DEFAULT now() - interval '1 day', seq int, arrival xid8 NOT NULL DEFAULT pg_current_xact_id());
    CREATE TABLE tasks (id int PRIMARY KEY, status text, at timestamptz DEFAULT now())";

const MANIFEST: &str = "name = \"books\"\ntitle = \"Books\"\nschema = \"public\"\ndetect = [\"accounts.had\"]
tables = [\"accounts\", \"entries\", \"tasks\"]\n[thresholds]\nfuture_tolerance_secs = 300\n";

/// The entries, with these columns for the running balance.
fn entries(running: &str) -> String {
    format!(
        "-- reads: accounts, entries
SELECT e.id AS entry_id, e.account, a.unit, e.amount AS delta, {running},
       e.at, e.seq, e.arrival, 'entry' AS kind, e.tx AS ref
  FROM entries e JOIN accounts a ON a.id = e.account"
    )
}

/// The balances, with these columns more.
fn balances(more: &str) -> String {
    format!(
        "-- reads: accounts\nSELECT id AS account, unit, balance, NULL::timestamptz AS opened_at{more} FROM accounts"
    )
}

const RUNNING: &str = "e.after AS running";
const NONE: &str = "NULL::numeric AS running";

/// An application, and a pack for it.
struct Books {
    db: Db,
    pack: PathBuf,
    _folder: TempDir,
}

impl Books {
    fn new() -> Self {
        Self::on(Template::Empty)
    }

    fn on(template: Template) -> Self {
        let db = Db::new(template);
        db.sql(SCHEMA);
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("books");
        Books { db, pack, _folder: folder }
    }

    /// Takes these accounts (id, balance, low, had) and entries (id, account, tx, amount, before, after), a second apart.
    fn rows(&self, accounts: &str, entries: &str) {
        self.db.sql(&format!(
            "TRUNCATE accounts, entries;
             INSERT INTO accounts (id, balance, low, had) VALUES {accounts};
             INSERT INTO entries (id, account, tx, amount, before, after, seq, at)
             SELECT id, account, tx, amount, before, after, id, now() - interval '1 day' + id * interval '1 second'
               FROM (VALUES {entries}) AS v (id, account, tx, amount, before, after)"
        ));
    }

    /// Writes the pack: what follows the head of its manifest, and its queries.
    fn pack(&self, manifest: &str, entries: &str, balances: Option<&str>) -> &Self {
        let _ = std::fs::remove_dir_all(&self.pack);
        std::fs::create_dir_all(self.pack.join("ledger")).unwrap();
        self.file("pack.toml", &format!("{MANIFEST}{manifest}"));
        self.file("ledger/entries.sql", entries);
        if let Some(balances) = balances {
            self.file("ledger/balances.sql", balances);
        }
        self
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.pack.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn bursar(&self, arguments: &[&str]) -> Ran {
        self.db.with_pack(&self.pack, arguments)
    }

    fn check(&self) -> Ran {
        self.db.bursar(&["pack", "check", "--trust-pack", "--data=false", self.pack.to_str().unwrap()])
    }

    fn report(&self, more: &[&str]) -> Value {
        self.bursar(&[&["audit", "-o", "json"], more].concat()).json()
    }

    /// The kind, and the account or else the key, of each finding, at each depth; no sentence has an empty place.
    fn found(&self) -> Vec<String> {
        let fast = kinds(&self.report(&["--depth", "fast", "--skip", "ledger.order"]));
        let strict = kinds(&self.report(&["--strict"]));
        let without_order: Vec<String> =
            strict.iter().filter(|f| !f.starts_with("out_of_order") && !f.starts_with("tied")).cloned().collect();
        assert_eq!(fast, without_order, "fast and strict");
        strict
    }
}

fn kinds(report: &Value) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().unwrap();
    for finding in list {
        for key in ["message", "cause", "remedy"] {
            let said = text(finding, key);
            for hole in ["  ", " .", " ,", " ;", "  ", "None"] {
                assert!(!said.contains(hole), "{said}");
            }
        }
    }
    let owner = |f: &Value| f["account"].as_str().map_or_else(|| text(f, "key"), str::to_owned);
    let mut all: Vec<_> = list.iter().map(|f| format!("{} {}", text(f, "kind"), owner(f))).collect();
    all.sort();
    all
}

/// The entries of an account as `wallet history` has them: stored, recomputed, agrees.
fn history(books: &Books, account: &str) -> Vec<(String, String, Option<bool>)> {
    let ran = books.bursar(&["wallet", "history", account, "-o", "json"]).ok();
    let history: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |e: &Value, key: &str| e[key].as_str().unwrap_or_default().to_owned();
    let entries = history["entries"].as_array().unwrap();
    entries.iter().map(|e| (text(e, "stored"), text(e, "recomputed"), e["agrees"].as_bool())).collect()
}

#[test]
fn an_account_may_be_as_low_as_its_floor() {
    let books = Books::new();
    // 1 has no floor, 2 may owe 50, 3 may owe nothing; all are used as they may be.
    let sound = "(1, -90, NULL, 0), (2, -50, -50, 0), (3, 0, 0, 0)";
    let moved = "(1, 1, 'a', -90, 0, -90), (2, 2, 'b', -50, 0, -50), (3, 3, 'c', 5, 0, 5), (4, 3, 'd', -5, 5, 0)";
    books.rows(sound, moved);
    books.pack("", &entries(RUNNING), Some(&balances("")));
    assert_eq!(books.found(), ["cache 1", "cache 2", "negative 1", "negative 2"]);
    books.pack("", &entries(RUNNING), Some(&balances(", low AS floor")));
    books.check().ok();
    assert_eq!(books.found(), Vec::<String>::new());
    books.bursar(&["audit"]).ok().tells("✓ clean");
    // A limit is one, also of one account alone.
    books.db.sql("UPDATE accounts SET low = -49 WHERE id = 2; UPDATE accounts SET low = 1 WHERE id = 3");
    assert_eq!(books.found(), ["cache 2", "cache 3", "negative 2", "negative 3"]);
    books
        .bursar(&["audit", "--account", "2"])
        .exits(3)
        .tells("leaves a balance of -50 USD, below the account's floor of -49");
    // Without a balance row nothing says that the account may be below zero.
    books.rows("(2, -50, -50, 0)", "(2, 2, 'b', -50, 0, -50)");
    books.db.sql("INSERT INTO entries (id, account, amount, after) VALUES (9, 7, -1, -1)");
    let all = "-- reads: entries\nSELECT e.id AS entry_id, e.account, 'USD' AS unit, e.amount AS delta, e.after AS running, e.at, e.seq,
        NULL::xid8 AS arrival, 'entry' AS kind, e.tx AS ref FROM entries e";
    books.pack("", all, Some(&balances(", low AS floor")));
    assert_eq!(books.found(), ["negative 7", "no_cache 7"]);
}

#[test]
fn what_an_account_had_before_is_where_its_chain_starts() {
    let books = Books::new();
    let opening = balances(", had AS opening");
    let had = "(1, 105, 0, 100), (2, 40, 0, 40), (3, 7, 0, NULL)";
    let moved = "(1, 1, 'a', 8, 100, 108), (2, 1, 'b', -3, 108, 105), (3, 3, 'c', 7, 0, 7)";
    books.rows(had, moved);
    books.pack("", &entries(RUNNING), Some(&balances("")));
    assert_eq!(books.found(), ["bad_start 1", "broken_chain 1", "no_entries 2"]);
    books.pack("", &entries(RUNNING), Some(&opening));
    books.check().ok();
    assert_eq!(books.found(), Vec::<String>::new());
    books.bursar(&["audit"]).ok().tells("what they had before to 140; cached balances to 152");
    assert!(
        history(&books, "1").iter().all(|(stored, recomputed, agrees)| stored == recomputed && *agrees == Some(true))
    );
    books.bursar(&["wallet", "show", "2"]).ok().tells("✓ agrees");
    // What is wrong is compared with it.
    books.db.sql("UPDATE accounts SET balance = 106 WHERE id = 1; UPDATE entries SET after = 9 WHERE id = 3");
    assert_eq!(books.found(), ["bad_start 3", "cache_drift 1"]);
    books.bursar(&["audit"]).exits(3).tells("and its opening of 100 sum to 105");
    books.db.sql("UPDATE accounts SET had = 90 WHERE id = 1");
    books.bursar(&["audit", "--account", "1"]).exits(3).tells("starts from 100 instead of 90");
}

#[test]
fn an_entry_without_a_time_is_named_as_the_cause_of_a_wrong_order() {
    let books = Books::new();
    books.rows(
        "(1, 12, 0, 0)",
        "(1, 1, 'a', 5, 0, 5), (2, 1, 'b', 4, 5, 9), (3, 1, 'c', -7, 9, 2), (4, 1, 'd', 10, 2, 12)",
    );
    books.pack("", &entries(RUNNING), Some(&balances("")));
    books.db.sql("ALTER TABLE entries ALTER at DROP NOT NULL; UPDATE entries SET at = NULL WHERE id = 2");
    let report = books.bursar(&["audit", "-o", "json", "--only", "ledger.order"]).json();
    let finding = &report["findings"][0];
    assert_eq!(finding["kind"], "out_of_order", "{report}");
    let cause = finding["cause"].as_str().unwrap();
    assert!(cause.contains("1 entry of the account has no time") && !cause.contains("clocks"), "{finding}");
    assert!(!finding["remedy"].as_str().unwrap().contains("clock"), "{finding}");
}

#[test]
fn a_ledger_may_be_ordered_by_its_sequence() {
    let books = Books::new();
    let rows = || {
        books.rows(
            "(1, 12, 0, 0)",
            "(1, 1, 'a', 5, 0, 5), (2, 1, 'b', 4, 5, 9), (3, 1, 'c', -7, 9, 2), (4, 1, 'd', 10, 2, 12)",
        );
        // Both began before either had the lock.
        books.db.sql("UPDATE entries SET at = at + interval '1.5 seconds' WHERE id = 3");
    };
    rows();
    books.pack("", &entries(RUNNING), Some(&balances("")));
    assert_eq!(books.found(), ["out_of_order 1"]);
    // No entry of a chain that is whole is marked, whatever its order.
    let told = |history: &[(String, String, Option<bool>)]| -> bool {
        history.iter().all(|(stored, recomputed, agrees)| stored == recomputed && *agrees == Some(true))
    };
    assert!(told(&history(&books, "1")), "{:?}", history(&books, "1"));
    let shown = books.bursar(&["wallet", "history", "1"]).ok();
    assert!(!shown.stdout.contains('✗'), "{shown:?}");
    // A loop apart from the chain is no part of it.
    books.db.sql(
        "INSERT INTO entries (id, account, tx, amount, before, after, seq) VALUES (8, 1, 'x', 30, 500, 530, 8), (9, 1, 'y', -30, 530, 500, 9)",
    );
    let marked = history(&books, "1").iter().filter(|(_, _, agrees)| *agrees == Some(false)).count();
    assert_eq!(marked, 2, "{:?}", history(&books, "1"));
    rows();
    books.pack("[ledger]\norder = \"seq\"\n", &entries(RUNNING), Some(&balances("")));
    books.check().ok();
    assert_eq!(books.found(), Vec::<String>::new());
    let ids: Vec<String> = history(&books, "1").into_iter().map(|(stored, ..)| stored).collect();
    assert_eq!(ids, ["12", "2", "9", "5"]);
    // What the sequence itself has wrong is told as that.
    books.db.sql("UPDATE entries SET seq = CASE id WHEN 2 THEN 3 WHEN 3 THEN 2 ELSE seq END");
    assert_eq!(books.found(), ["out_of_order 1"]);
    books.bursar(&["audit", "--fail-on", "warn"]).exits(3).tells("but not in the order of seq");
    books.pack("[ledger]\norder = \"time\"\n", &entries(RUNNING), Some(&balances("")));
    books.check().exits(2).says("pack.toml").says("unknown variant `time`");
}

#[test]
fn both_ends_of_an_entry_are_checked() {
    let books = Books::new();
    let both = entries("e.before AS running_before, e.after AS running");
    books.rows("(1, 9, 0, 0), (2, 3, 0, 0)", "(1, 1, 'a', 5, 0, 5), (2, 1, 'b', 4, 5, 9), (3, 2, 'c', 3, NULL, 3)");
    books.pack("", &both, Some(&balances("")));
    books.check().ok();
    assert_eq!(books.found(), Vec::<String>::new());
    books.db.sql("UPDATE entries SET before = 6 WHERE id = 2");
    assert_eq!(books.found(), ["before_edited 1"]);
    books
        .bursar(&["audit"])
        .exits(3)
        .tells("says that it starts from 6 USD and leaves 9, but the balance before it is 5");
    // Without the column nothing is seen of it.
    books.pack("", &entries(RUNNING), Some(&balances("")));
    assert_eq!(books.found(), Vec::<String>::new());
}

#[test]
fn a_balance_that_is_null_is_no_zero_and_a_ledger_may_have_no_cache() {
    let books = Books::new();
    let moved = "(1, 1, 'a', 5, 0, 5), (2, 1, 'b', -5, 5, 0), (3, 2, 'c', 3, 0, 3)";
    books.rows("(1, NULL, 0, 0), (2, 3, 0, 0), (3, NULL, 0, 0)", moved);
    books.pack("", &entries(RUNNING), Some(&balances("")));
    assert_eq!(books.found(), ["null_cache 1", "null_cache 3"]);
    books
        .bursar(&["audit"])
        .exits(3)
        .tells("The cached balance of account 1 in USD is NULL, and its 2 entries sum to 0");
    books.bursar(&["wallet", "show", "1"]).ok().tells("✗ differs");
    // Without the file the rest still runs, and says what did not.
    books.pack("", &entries(RUNNING), None);
    books.check().ok();
    let report = books.report(&[]);
    assert_eq!((kinds(&report), &report["verdict"]), (vec![], &"clean".into()));
    for check in ["ledger.balance", "ledger.total"] {
        let (status, reason) = status(&report, check);
        assert!(status == "skipped" && reason.contains("no ledger/balances.sql"), "{check}: {reason}");
    }
    assert!(report["units"][0]["cached"].is_null(), "{report}");
    books.bursar(&["wallet", "show", "2"]).ok().says("no ledger/balances.sql");
    books.bursar(&["wallet", "history", "2"]).ok();
    books
        .bursar(&["wallet", "adjust", "2", "USD", "+1", "--reason", "x", "--dry-run"])
        .exits(2)
        .says("no ledger/balances.sql");
    books.bursar(&["audit", "--account", "2"]).ok();
    books.db.sql(
        "UPDATE entries SET after = 4 WHERE id = 1; UPDATE entries SET at = now() + interval '1 day' WHERE id = 3",
    );
    assert_eq!(books.found(), ["future 2", "running_edited 1"]);
    // The same with entries alone.
    books.pack("", &entries(NONE), None);
    assert_eq!(books.found(), ["future 2"]);
}

#[test]
fn the_entries_of_a_transaction_sum_to_zero() {
    let books = Books::new();
    let accounts = "(1, 0, NULL, 0), (2, 0, NULL, 0), (3, 0, NULL, 0)";
    let sound = "(1, 1, 't1', 100, 0, 0), (2, 2, 't1', -100, 0, 0), (3, 1, 't2', -30, 0, 0), (4, 2, 't2', 20, 0, 0), (5, 3, 't2', 10, 0, 0)";
    let settle =
        "UPDATE accounts a SET balance = (SELECT coalesce(sum(amount), 0) FROM entries e WHERE e.account = a.id)";
    let double = |books: &Books| {
        books.pack(
            "[ledger]\nrunning = false\nbalanced = \"ref\"\n",
            &entries(NONE),
            Some(&balances(", low AS floor")),
        );
    };
    double(&books);
    books.check().ok();
    for (change, expected, says) in [
        ("SELECT 1", vec![], "✓ clean"),
        (
            "DELETE FROM entries WHERE id = 2",
            vec!["single_entry t1"],
            "Transaction t1 has one entry: entry 1 of account 1 (100 USD). The entry of -100 USD that balances it is missing.",
        ),
        (
            "UPDATE entries SET amount = 21 WHERE id = 4",
            vec!["unbalanced t2"],
            "The 3 entries of transaction t2 sum to 1 USD instead of 0",
        ),
        (
            "UPDATE accounts SET unit = 'EUR' WHERE id = 2",
            vec!["units_mixed t1", "units_mixed t2"],
            "sum to -100 EUR and 100 USD instead of 0 in each unit",
        ),
        ("UPDATE entries SET tx = NULL WHERE tx = 't2'", vec!["no_ref "], "3 entries have no ref"),
        (
            "INSERT INTO entries (id, account, tx, amount) VALUES (9, 3, 'z', 0)",
            vec!["single_entry z"],
            "a single entry of 0",
        ),
    ] {
        books.rows(accounts, sound);
        books.db.sql("UPDATE accounts SET unit = 'USD'");
        books.db.sql(&format!("{change}; {settle}"));
        assert_eq!(books.found(), expected, "{change}");
        let ran = books.bursar(&["audit"]);
        assert!(flat(&ran.stdout).contains(says), "{change}: {ran:?}");
    }
    // Of one account, its transactions are read with all their entries.
    books.rows(accounts, sound);
    books.db.sql(&format!("DELETE FROM entries WHERE id = 5; {settle}"));
    assert_eq!(kinds(&books.report(&["--account", "1"])), ["unbalanced t2"]);
    books.bursar(&["audit", "--account", "3"]).ok();
    // What a pack does not claim is not asked.
    books.pack("[ledger]\nrunning = false\n", &entries(NONE), Some(&balances(", low AS floor")));
    let report = books.report(&[]);
    assert!(report["checks"].as_array().unwrap().iter().all(|c| c["id"] != "ledger.balanced"), "{report}");
    // Without a cache nothing says how low an account may be; in double entry one always is.
    books.rows(accounts, "(1, 1, 't1', 100, 0, 100), (2, 2, 't1', -100, 0, -100)");
    books.pack("[ledger]\nbalanced = \"ref\"\n", &entries(RUNNING), None);
    assert_eq!(books.found(), Vec::<String>::new());
    books.pack("", &entries(RUNNING), None);
    assert_eq!(books.found(), ["negative 2"]);
}

#[test]
fn a_type_that_cannot_be_computed_with_is_told_with_what_to_write() {
    let books = Books::new();
    books.rows("(1, 5, 0, 0)", "(1, 1, 'a', 5, 0, 5)");
    books.db.sql(&format!("ALTER DATABASE {} SET timezone = 'Asia/Bangkok'", books.db.name));
    let of = |from: &str, to: &str| entries(RUNNING).replace(from, to);
    for (entries, balances, says) in [
        (of("e.amount AS delta", "e.amount::float8 AS delta"), balances(""), "ledger/entries.sql:2:"),
        (
            of("e.amount AS delta", "e.amount::float8 AS delta"),
            balances(""),
            "'delta' is double precision, and amounts are exact: write round(",
        ),
        (of("e.after AS running", "NULL AS running"), balances(""), "write NULL::numeric"),
        (of("e.at,", "e.at AT TIME ZONE 'UTC' AS at,"), balances(""), "AT TIME ZONE 'Asia/Bangkok'"),
        (of("e.at,", "e.at::date AS at,"), balances(""), "::timestamp AT TIME ZONE 'Asia/Bangkok'"),
        (of("e.at,", "extract(epoch FROM e.at)::bigint AS at,"), balances(""), "write to_timestamp("),
        (
            entries(RUNNING),
            balances("").replace("id AS account", "id::text AS account"),
            "'account' is text here and integer in",
        ),
        (
            of("a.unit", "a.unit::text COLLATE \"C\" AS unit"),
            balances("").replace(" unit,", " ascii(unit) AS unit,"),
            "'unit' is integer here",
        ),
        (entries(RUNNING), balances(", 0::real AS floor"), "ledger/balances.sql:2:"),
        (
            entries(RUNNING),
            balances("").replace("NULL::timestamptz", "now()::timestamp"),
            "'opened_at' is timestamp without time zone",
        ),
    ] {
        books.pack("", &entries, Some(&balances));
        books.check().exits(3).tells(says);
        let ran = books.bursar(&["audit"]).exits(2).says("books/ledger/");
        assert!(!ran.stderr.contains("42883"), "{ran:?}");
    }
    // In UTC a day begins when it says.
    books.db.sql(&format!("ALTER DATABASE {} SET timezone = 'UTC'", books.db.name));
    books.pack("", &of("e.at,", "e.at::date AS at,"), Some(&balances("")));
    books.bursar(&["audit"]).ok();
}

#[test]
fn a_pack_that_every_account_contradicts_is_suspected_first() {
    let books = Books::new();
    let numbers: Vec<i32> = (1..=22).collect();
    let list = |row: &dyn Fn(&i32) -> String| numbers.iter().map(row).collect::<Vec<_>>().join(", ");
    let accounts = list(&|n| format!("({n}, 8, 0, 0)"));
    let moved = list(&|n| format!("({n}, {n}, 'a', 5, 0, 5), ({}, {n}, 'b', 3, 5, 8)", n + 100));
    books.rows(&accounts, &moved);
    // The balance before each entry, in place of the one after.
    books.pack("", &entries("e.before AS running"), Some(&balances("")));
    let ran = books.bursar(&["audit"]).exits(3).tells("22 of 22 accounts fail ledger.chain in one way: `running` of");
    assert_eq!(ran.stdout.matches("✗ ledger.chain · ").count(), 1, "{ran:?}");
    assert!(ran.stdout.find("22 of 22").unwrap() < ran.stdout.find("✗ ledger.chain · ").unwrap(), "{ran:?}");
    let report = books.report(&[]);
    assert_eq!(
        (&report["suspected"][0]["failed"], &report["suspected"][0]["of"]),
        (&22.into(), &22.into()),
        "{report}"
    );
    for format in ["markdown", "junit", "github", "ndjson"] {
        books.bursar(&["audit", "-o", format]).exits(3).tells("22 of 22 accounts");
    }
    // Each is there where all are asked for.
    assert_eq!(kinds(&books.report(&["--limit", "0"])).len(), 22);
    books.pack("", &entries(RUNNING).replace("e.amount AS delta", "-e.amount AS delta"), Some(&balances("")));
    books.bursar(&["audit"]).exits(3).tells("22 of 22 accounts fail ledger.balance in one way: `delta` of");
    // A few accounts are the ledger's own.
    books.pack("", &entries(RUNNING), Some(&balances("")));
    books.db.sql("UPDATE accounts SET balance = 9 WHERE id <= 6");
    let report = books.report(&[]);
    assert_eq!((kinds(&report).len(), report["suspected"].is_null()), (6, true), "{report}");
}

#[test]
fn an_accepted_difference_stays_accepted_while_entries_come_in() {
    let books = Books::new();
    books.rows("(1, 105, 0, 0)", "(1, 1, 'a', 5, 0, 5)");
    books.pack("", &entries(RUNNING), Some(&balances("")));
    let file = books.pack.with_file_name("baseline.toml");
    let file = file.to_str().unwrap();
    books.bursar(&["audit", "--write-baseline", file]);
    let reasoned = || {
        let text = std::fs::read_to_string(file).unwrap().replace("reason = \"\"", "reason = \"It had 100 before.\"");
        std::fs::write(file, text).unwrap();
    };
    reasoned();
    books.bursar(&["audit", "--baseline", file]).ok().tells("1 accepted");
    // Sound entries leave the difference as it is, also in another scale.
    books.db.sql("INSERT INTO entries (id, account, amount, after, seq) VALUES (2, 1, 3.00, 8.00, 2); UPDATE accounts SET balance = 108.00");
    let ran = books.bursar(&["audit", "--baseline", file]).ok().tells("1 accepted");
    assert!(!(ran.stdout + &ran.stderr).contains("match nothing"));
    books.db.sql("UPDATE accounts SET balance = balance + 1000");
    books.bursar(&["audit", "--baseline", file]).exits(3);
    // A file of an earlier version has the fingerprint of the amounts, and holds while they are the same.
    books.rows("(1, 105, 0, 0)", "(1, 1, 'a', 5, 0, 5)");
    let text = std::fs::read_to_string(file).unwrap();
    let print = books.report(&[])["findings"][0]["fingerprint"].as_str().unwrap().to_owned();
    std::fs::write(file, text.replace(&print, "0fc2b6d0a24d0e0b")).unwrap();
    books.bursar(&["audit", "--baseline", file]).exits(3);
    let former = former_fingerprint();
    std::fs::write(file, text.replace(&print, &former)).unwrap();
    books.bursar(&["audit", "--baseline", file]).ok().tells("1 accepted");
    books.bursar(&["audit", "--baseline", file, "--write-baseline", file]);
    assert!(std::fs::read_to_string(file).unwrap().contains(&former));
}

/// The fingerprint that the finding had when it covered both amounts: of the check, the table, the key, the account, the
/// unit, what was expected, what was found, and no entry.
fn former_fingerprint() -> String {
    use sha2::{Digest as _, Sha256};
    let mut digest = Sha256::new();
    for fact in ["ledger.balance", "ledger", "1", "1", "USD", "5", "105", ""] {
        digest.update((fact.len() as u64).to_be_bytes());
        digest.update(fact);
    }
    digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_a_pack_claims_is_checked_or_said_not_to_be() {
    let books = Books::new();
    books.rows("(1, 5, 0, 0)", "(1, 1, 'a', 5, 0, 5)");
    books.pack("", &entries(RUNNING), Some(&balances("")));
    // What the manifest may leave out has its default.
    books.file("pack.toml", &MANIFEST.replace("[thresholds]\nfuture_tolerance_secs = 300\n", ""));
    books.check().ok();
    // An example is no check, and is passed over without a word.
    books.file("checks/books.example.sql.example", "-- title: t\n");
    let ran = books.bursar(&["audit"]).ok().tells("✓ clean");
    assert!(!ran.stderr.contains("example"), "{ran:?}");
    books.file("pack.toml", &format!("{MANIFEST}[jobs.states]\nqueued = [\"new\"]\n"));
    books.file(
        "jobs.sql",
        "-- reads: tasks\nSELECT id AS job_id, 'task' AS kind, status, NULL::int AS attempts, NULL::int AS max_attempts, NULL::text AS worker,
         at AS created_at, NULL::timestamptz AS scheduled_at, NULL::timestamptz AS retry_at, NULL::timestamptz AS started_at,
         NULL::timestamptz AS lease_until, NULL::timestamptz AS finished_at, NULL::timestamptz AS failed_at, NULL::text AS error,
         NULL::jsonb AS payload, NULL::jsonb AS result, NULL::text AS version FROM tasks",
    );
    books.bursar(&["audit"]).ok().tells("of the jobs, only this was checked: each is returned once");
    let skip = ["--skip", "pack.unique"];
    let report = books.report(&skip);
    assert_eq!((&report["verdict"], &report["complete"]), (&"incomplete".into(), &false.into()), "{report}");
    for format in ["table", "markdown", "junit", "github"] {
        books.bursar(&[&["audit", "-o", format][..], &skip].concat()).exits(6).tells("nothing was checked of the jobs");
    }
    books.bursar(&["audit", "--only", "ledger"]).ok();
    books.file(
        "checks/jobs.known.sql",
        "-- title: A task has a known status\n-- severity: error\n-- reads: tasks\n-- why: w\n-- cause: c\n-- remedy: r
SELECT 'tasks' AS table_name, id AS key, NULL::text AS account, NULL::text AS unit, 'new' AS expected, status AS actual, 'm' AS message
  FROM tasks WHERE status <> 'new'",
    );
    books.bursar(&["audit"]).ok().tells("✓ clean");
    books.bursar(&["audit", "--skip", "jobs"]).ok();
    books.db.sql("INSERT INTO tasks VALUES (1, 'odd')");
    books.bursar(&["audit"]).exits(3);
}

#[test]
fn on_top_of_a_seal_a_ledger_is_what_its_pack_says() {
    let books = Books::on(Template::Bursar);
    let both = entries("e.before AS running_before, e.after AS running");
    books.rows(
        "(1, 105, -20, 100), (2, -5, NULL, NULL), (3, 4, 0, 0)",
        "(1, 1, 'a', 5, 100, 105), (2, 2, 'b', -5, 0, -5), (3, 3, 'c', 4, NULL, NULL)",
    );
    books.pack("[ledger]\norder = \"seq\"\n", &both, Some(&balances(", low AS floor, had AS opening")));
    assert_eq!(books.found(), Vec::<String>::new());
    books.db.settled("entries");
    books.bursar(&["audit", "seal", "--yes"]).ok();
    let since = || kinds(&books.report(&["--since-seal"]));
    assert_eq!(since(), Vec::<String>::new());
    books.db.sql(
        "INSERT INTO entries (id, account, amount, before, after, seq) VALUES (4, 1, -125, 105, -20, 4), (5, 2, -1, -5, -6, 5), (6, 3, 1, NULL, NULL, 6);
         UPDATE accounts SET balance = balance + CASE id WHEN 1 THEN -125 WHEN 2 THEN -1 ELSE 1 END",
    );
    assert_eq!((since(), books.found()), (vec![], vec![]));
    books.db.sql(
        "INSERT INTO entries (id, account, amount, before, after, seq) VALUES (7, 1, -1, -20, -21, 7), (8, 2, -1, -7, -7, 8), (9, 3, 1, 5, 6, 9);
         UPDATE accounts SET balance = CASE id WHEN 1 THEN -21 WHEN 2 THEN -7 ELSE NULL END",
    );
    let expected = ["before_edited 2", "cache 1", "negative 1", "null_cache 3", "running_missing 3"];
    assert_eq!(since(), expected);
    assert_eq!(books.found(), expected);
}

#[test]
fn what_has_no_place_no_time_no_sign_or_no_account_is_named() {
    let books = Books::new();
    let sound = "(1, 8, 0, 0), (2, 8, 0, 0)";
    let moved = "(1, 1, 'a', 5, 0, 5), (2, 1, 'b', 3, 5, 8), (3, 2, 'a', 5, 0, 5), (4, 2, 'b', 3, 5, 8)";
    books.rows(sound, moved);
    let checked = || books.db.bursar(&["pack", "check", books.pack.to_str().unwrap(), "--trust-pack", "--data=false"]);
    // An order by a number that is not there.
    let seq = "[ledger]\norder = \"seq\"\n";
    for (to, count) in [("NULL::bigint AS seq", "4 of 4"), ("nullif(e.seq, 2) AS seq", "1 of 4")] {
        books.pack(seq, &entries(RUNNING).replace("e.seq", to), Some(&balances("")));
        let said = format!("`seq` is NULL in {count} entries");
        checked().exits(3).tells(&said).tells("ledger/entries.sql");
        let report = books.report(&[]);
        assert_eq!(report["verdict"], "incomplete", "{report}");
        for check in ["ledger.chain", "ledger.order"] {
            let (status, reason) = status(&report, check);
            assert!(status == "incomplete" && reason.contains(&said), "{report}");
        }
    }
    books.pack(seq, &entries(RUNNING), Some(&balances("")));
    checked().ok();
    books.bursar(&["audit"]).ok();
    // What is passed over and what nothing reads is named.
    books.file("ledger/more/other.sql", "SELECT 1");
    books.file("ledger/entries.sql", &entries(RUNNING).replace("e.seq", "e.seq, e.tx AS room"));
    checked().ok().says("ledger/more/other.sql").says("nothing reads the column room");
    // A million rows are sampled, and that is said.
    let many = "SELECT g::int, 1, 'USD', 0::numeric, NULL::numeric, now(), 1, NULL::xid8, '', '' FROM generate_series(1, 1100000) g LIMIT 0";
    books.pack("", &format!("{} UNION ALL ({many})", entries(RUNNING)), Some(&balances("")));
    books.bursar(&["audit"]).ok().tells("Of one row in sixteen").tells("pack.unique compared one row in sixteen of");
    let strict = books.bursar(&["audit", "--strict"]).ok();
    assert!(!strict.stdout.contains("sixteen"), "{strict:?}");
    // A suspicion is no clean answer, although it is about warnings.
    let accounts: Vec<String> = (1..=6).map(|n| format!("({n}, 8, 0, 0)")).collect();
    let twisted: Vec<String> =
        (1..=6).map(|n| format!("({n}, {n}, 'a', 3, 5, 8), ({}, {n}, 'b', 5, 0, 5)", n + 100)).collect();
    books.rows(&accounts.join(", "), &twisted.join(", "));
    books.pack("", &entries(RUNNING), Some(&balances("")));
    books.bursar(&["audit"]).exits(6).tells("6 of 6 accounts fail ledger.order");
    // An entry without a time, one without an account, and a kind without a sign.
    books.rows(sound, moved);
    let of = |from: &str, to: &str| entries(NONE).replace(from, to);
    books.pack(
        "[ledger]\nrunning = false\n",
        &of("e.at,", "CASE WHEN e.id > 1 THEN e.at END AS at,"),
        Some(&balances("")),
    );
    books.bursar(&["audit"]).exits(3).tells("Entry 1 (entry, USD) of account 1 has no time.");
    books.pack(
        "[ledger]\nrunning = false\n",
        &of("e.account,", "nullif(e.account, 1) AS account,"),
        Some(&balances("")),
    );
    assert!(kinds(&books.report(&[])).iter().any(|f| f.starts_with("no_cache")));
    books.bursar(&["audit"]).exits(3).tells("for account NULL,");
    let unsigned = of("e.amount AS delta", "CASE WHEN e.id > 1 THEN e.amount END AS delta")
        .replace("'entry' AS kind", "'odd' AS kind");
    books.pack("[ledger]\nrunning = false\n", &unsigned, Some(&balances("")));
    let said = flat(&books.bursar(&["audit"]).exits(3).stdout);
    assert!(said.contains("An entry of kind odd has no sign in ledger/entries.sql"), "{said}");
    assert!(!said.contains("past the ledger"), "{said}");
    // The remedy for a float can be pasted.
    let float = of("e.amount AS delta", "(e.amount * 1)::float8 AS delta");
    books.pack("[ledger]\nrunning = false\n", &float, Some(&balances("")));
    checked()
        .exits(3)
        .tells("round((EXPRESSION)::numeric, 2) AS delta, where EXPRESSION is what the query has for delta now");
}

/// The ledger is hashed over two other servers. Whether these are two processes makes no difference to the wrapper.
#[test]
fn rows_of_other_servers_are_not_vouched_for_and_are_right_where_they_are_trusted() {
    let (books, servers) = (Books::new(), [Db::new(Template::Empty), Db::new(Template::Empty)]);
    servers.iter().for_each(|far| far.sql(SCHEMA));
    books.pack("", &entries(RUNNING), Some(&balances("")));
    let place = books.db.value(
        "concat_ws(' ', current_setting('port'), split_part(current_setting('unix_socket_directories'), ',', 1))",
    );
    let (port, host) = place.split_once(' ').unwrap();
    let (host, user) = (host.trim_matches('"'), books.db.value("current_user"));
    books.db.sql(
        "CREATE EXTENSION postgres_fdw; ALTER TABLE entries RENAME TO here;
         CREATE TABLE entries (LIKE here INCLUDING DEFAULTS) PARTITION BY HASH (account); DROP TABLE here",
    );
    for (n, far) in servers.iter().enumerate() {
        books.db.sql(&format!(
            "CREATE SERVER far_{n} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', port '{port}', dbname '{}');
             CREATE USER MAPPING FOR PUBLIC SERVER far_{n} OPTIONS (user '{user}', password_required 'false');
             CREATE FOREIGN TABLE entries_{n} PARTITION OF entries FOR VALUES WITH (MODULUS 2, REMAINDER {n})
                SERVER far_{n} OPTIONS (table_name 'entries')",
            far.name,
        ));
    }
    let accounts: Vec<String> = (1..=8).map(|n| format!("({n}, 8, NULL::numeric, NULL::numeric)")).collect();
    let moved: Vec<String> = (1..=8)
        .map(|n| format!("({n}, {n}, 'a', 3, NULL::numeric, 3), ({}, {n}, 'b', 5, NULL::numeric, 8)", n + 100))
        .collect();
    books.rows(&accounts.join(", "), &moved.join(", "));
    let rows = servers.each_ref().map(|far| far.value("SELECT count(*) FROM entries").parse::<u32>().unwrap());
    assert!(rows[0] > 0 && rows[1] > 0 && rows[0] + rows[1] == 16, "{rows:?}");
    let ran = books.bursar(&["audit"]).exits(6);
    ran.tells("entries_0 is a foreign table of the server far_0").tells("entries_1 is").tells("--trust-foreign");
    for depth in ["fast", "strict"] {
        books.bursar(&["audit", "--trust-foreign", "--depth", depth]).ok();
    }
    // What is wrong on either of them is found from here, and named.
    for (n, far) in servers.iter().enumerate() {
        let account = far.value("SELECT min(account) FROM entries");
        far.sql(&format!("UPDATE entries SET amount = amount + {} WHERE id = {account}", n + 1));
        for depth in ["fast", "strict"] {
            let said = books.bursar(&["audit", "--trust-foreign", "--account", &account, "--depth", depth]).exits(3);
            said.tells(&format!("Account {account} has a cached balance of 8")).tells("ledger.chain");
        }
    }
    assert_eq!(kinds(&books.report(&["--trust-foreign"])).len(), 4);
}
