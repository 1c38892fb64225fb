//! Ledgers whose entries carry no running balance, and those in which some entries have lost theirs.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Db, Ran, Template, status};

const SCHEMA: &str = "
    CREATE TABLE accounts (id int PRIMARY KEY, unit text NOT NULL DEFAULT 'STAR', credits int NOT NULL);
    CREATE TABLE transactions (id int PRIMARY KEY, account_id int NOT NULL REFERENCES accounts, amount int NOT NULL,
        running int, created_at timestamptz NOT NULL, arrival xid8 NOT NULL DEFAULT pg_current_xact_id())";

const MANIFEST: &str = "name = \"shop\"\ntitle = \"Shop\"\nschema = \"public\"\ndetect = [\"accounts.credits\"]
tables = [\"accounts\", \"transactions\"]\n[thresholds]\nfuture_tolerance_secs = 300\n";

const ENTRIES: &str = "-- reads: accounts, transactions
SELECT t.id AS entry_id, a.id AS account, a.unit, t.amount AS delta, t.running, t.created_at AS at, t.id AS seq,
       t.arrival, 'entry' AS kind, NULL::text AS ref
  FROM transactions t JOIN accounts a ON a.id = t.account_id";

const BALANCES: &str = "-- reads: accounts
SELECT id AS account, unit, credits AS balance, NULL::timestamptz AS opened_at FROM accounts";

/// A shop with a pack of its own.
struct Shop {
    db: Db,
    pack: PathBuf,
    _folder: TempDir,
}

impl Shop {
    fn new(template: Template, rows: &str) -> Self {
        let db = Db::new(template);
        db.sql(SCHEMA);
        db.sql(rows);
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("shop");
        std::fs::create_dir_all(pack.join("ledger")).unwrap();
        for (file, text) in
            [("pack.toml", MANIFEST), ("ledger/entries.sql", ENTRIES), ("ledger/balances.sql", BALANCES)]
        {
            std::fs::write(pack.join(file), text).unwrap();
        }
        Shop { db, pack, _folder: folder }
    }

    fn bursar(&self, arguments: &[&str]) -> Ran {
        self.db.with_pack(&self.pack, arguments)
    }

    fn report(&self, more: &[&str]) -> Value {
        self.bursar(&[&["audit", "-o", "json", "--limit", "0"], more].concat()).json()
    }
}

/// The check, the kind and the account of each finding, in order; no sentence has an empty place.
fn findings(report: &Value) -> Vec<(String, String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().unwrap();
    for finding in list {
        for key in ["message", "cause", "remedy"] {
            let said = text(finding, key);
            assert!(!said.contains("  ") && !said.contains(" .") && !said.contains(" ,"), "{said}");
        }
    }
    let mut all: Vec<_> = list.iter().map(|f| (text(f, "check"), text(f, "kind"), text(f, "account"))).collect();
    all.sort();
    all
}

const DEPTHS: [&[&str]; 3] = [&[], &["--depth", "fast"], &["--strict"]];

#[test]
fn a_ledger_without_running_balances_has_no_chain_and_nothing_needs_to_say_so() {
    let shop = Shop::new(
        Template::Bursar,
        "INSERT INTO accounts SELECT n, 'STAR', CASE n WHEN 7 THEN 3 ELSE 2 * n - 1 END FROM generate_series(1, 50) n;
         INSERT INTO transactions SELECT n * 2, n, 2 * n, NULL, now() - interval '2 days' FROM generate_series(1, 50) n;
         INSERT INTO transactions SELECT n * 2 + 1, n, -1, NULL, now() - interval '1 day' FROM generate_series(1, 50) n",
    );
    let drift = ("ledger.balance".to_owned(), "cache_drift".to_owned(), "7".to_owned());
    for depth in DEPTHS {
        let report = shop.report(depth);
        assert_eq!(findings(&report), std::slice::from_ref(&drift), "{depth:?}");
        for check in ["ledger.chain", "ledger.order"] {
            let (status, reason) = status(&report, check);
            assert_eq!(status, "skipped", "{depth:?} {check}");
            assert!(reason.contains("`running` is NULL in every entry"), "{reason}");
        }
    }
    for (account, expected) in [("7", vec![drift.clone()]), ("8", vec![])] {
        let report = shop.report(&["--account", account]);
        assert_eq!((findings(&report), status(&report, "ledger.chain").0), (expected, "skipped"));
    }
    let history: Value =
        serde_json::from_str(&shop.bursar(&["wallet", "history", "8", "-o", "json"]).ok().stdout).unwrap();
    assert!(history["entries"].as_array().unwrap().iter().all(|e| e["agrees"].is_null()), "{history}");
    assert_eq!(history["running_balances"], false);
    let shown = shop.bursar(&["wallet", "history", "8"]).ok().tells("shop keeps no running balances");
    assert!(!shown.stdout.contains('✗'), "{}", shown.stdout);
    // On top of a seal too.
    shop.db.settled("transactions");
    shop.bursar(&["audit", "seal", "--yes"]).ok();
    shop.db
        .sql("INSERT INTO transactions VALUES (1000, 1, 5, NULL, now()); UPDATE accounts SET credits = 6 WHERE id = 1");
    let report = shop.report(&["--since-seal"]);
    assert_eq!((findings(&report), status(&report, "ledger.chain").0), (vec![drift], "skipped"));
    // A plan of repair has the balance and no chain.
    let plan = shop.pack.with_file_name("plan.toml");
    shop.bursar(&["audit", "repair", "--plan", plan.to_str().unwrap()])
        .ok()
        .tells("0 lines; 1 finding that a repair cannot mend");
}

/// Account 1 is whole; 2 lacks a running balance in the middle, 3 in every entry, so that it has no chain, and 4 in two that come to nothing.
const LOST: &str = "
    INSERT INTO accounts VALUES (1, 'STAR', 8), (2, 'STAR', 9), (3, 'STAR', 4), (4, 'STAR', 5);
    INSERT INTO transactions VALUES
        (1, 1, 5, 5, now() - interval '9 days'), (2, 1, 3, 8, now() - interval '8 days'),
        (3, 2, 5, 5, now() - interval '9 days'), (4, 2, 3, NULL, now() - interval '8 days'), (5, 2, 1, 9, now() - interval '7 days'),
        (6, 3, 3, NULL, now() - interval '9 days'), (7, 3, 1, NULL, now() - interval '8 days'),
        (8, 4, 5, 5, now() - interval '9 days'), (9, 4, 3, NULL, now() - interval '8 days'), (10, 4, -3, NULL, now() - interval '7 days')";

fn lost(accounts: &[&str]) -> Vec<(String, String, String)> {
    accounts.iter().map(|a| ("ledger.chain".to_owned(), "running_missing".to_owned(), (*a).to_owned())).collect()
}

#[test]
fn an_entry_that_lost_its_running_balance_is_a_finding_of_its_own() {
    let shop = Shop::new(Template::Bursar, LOST);
    for depth in DEPTHS {
        let report = shop.report(depth);
        assert_eq!(findings(&report), lost(&["2", "4"]), "{depth:?}");
        assert!(report["unchecked"].to_string().contains("one account has no running balance"), "{report}");
        let second = report["findings"].as_array().unwrap().iter().find(|f| f["account"] == "2").unwrap();
        assert_eq!(second["first_bad_entry"], "4", "{second}");
        let message = second["message"].as_str().unwrap();
        assert!(message.contains("carries no running balance") && message.contains("should leave 8"), "{message}");
    }
    for account in ["2", "4"] {
        assert_eq!(findings(&shop.report(&["--account", account])), lost(&[account]));
    }
    assert_eq!(findings(&shop.report(&["--account", "1"])), []);
    let third = shop.report(&["--account", "3"]);
    assert_eq!((findings(&third), status(&third, "ledger.chain").0), (vec![], "skipped"));
    let agrees = |account: &str| -> Vec<Option<bool>> {
        let ran = shop.bursar(&["wallet", "history", account, "-o", "json"]).ok();
        let history: Value = serde_json::from_str(&ran.stdout).unwrap();
        history["entries"].as_array().unwrap().iter().map(|e| e["agrees"].as_bool()).collect()
    };
    assert_eq!(agrees("2"), [Some(true), Some(false), Some(true)]);
    assert_eq!(agrees("3"), [None, None]);
    let shown = shop.bursar(&["wallet", "history", "2"]).ok().stdout;
    assert!(shown.contains("✗ missing") && !shown.contains("✗ differs"), "{shown}");
    // Each break is a line of a plan, in words.
    let plan = shop.pack.with_file_name("plan.toml");
    shop.bursar(&["audit", "repair", "--plan", plan.to_str().unwrap()]).ok();
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(text.contains("carries no running balance") && !text.contains("says ."), "{text}");
}

#[test]
fn an_entry_that_arrives_without_its_running_balance_is_found_on_top_of_a_seal() {
    let shop = Shop::new(
        Template::Bursar,
        "INSERT INTO accounts VALUES (1, 'STAR', 5), (2, 'STAR', 5);
         INSERT INTO transactions VALUES (1, 1, 5, 5, now() - interval '9 days'), (2, 2, 5, 5, now() - interval '9 days')",
    );
    shop.db.settled("transactions");
    shop.bursar(&["audit", "seal", "--yes"]).ok();
    shop.db.sql("INSERT INTO transactions VALUES (3, 2, 1, NULL, now()); UPDATE accounts SET credits = 6 WHERE id = 2");
    assert_eq!(findings(&shop.report(&["--since-seal"])), lost(&["2"]));
    assert_eq!(findings(&shop.report(&[])), lost(&["2"]));
}

#[test]
fn a_unit_without_running_balances_is_named_beside_one_that_has_them() {
    let shop = Shop::new(Template::Bursar, LOST);
    shop.db.sql(
        "INSERT INTO accounts VALUES (5, 'COIN', 4), (6, 'COIN', 7);
         INSERT INTO transactions VALUES (11, 5, 3, NULL, now() - interval '9 days'), (12, 5, 1, NULL, now() - interval '8 days'),
             (13, 6, 7, NULL, now() - interval '9 days')",
    );
    for depth in DEPTHS {
        let report = shop.report(depth);
        assert_eq!(findings(&report), lost(&["2", "4"]), "{depth:?}");
        let unchecked = report["unchecked"].to_string();
        assert!(
            unchecked.contains("no entry in COIN carries a running balance: its chain was not checked"),
            "{unchecked}"
        );
    }
    let report = shop.report(&["--account", "5"]);
    assert_eq!((findings(&report), status(&report, "ledger.chain").0), (vec![], "skipped"));
}
