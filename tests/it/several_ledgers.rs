//! A pack with several ledgers: each is checked by itself and named, and no command takes one for another.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Db, Template, wait};

const SCHEMA: &str = "
    CREATE TABLE users (id int PRIMARY KEY, coins numeric NOT NULL, points numeric NOT NULL);
    CREATE TABLE coin_entries (id int PRIMARY KEY, user_id int NOT NULL, amount numeric NOT NULL, after numeric, ref text,
        at timestamptz NOT NULL DEFAULT now() - interval '1 day', arrival xid8 NOT NULL DEFAULT pg_current_xact_id());
    CREATE TABLE point_entries (LIKE coin_entries INCLUDING ALL);
    CREATE TABLE orders (id text PRIMARY KEY, user_id int, amount int, status text, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO users VALUES (1, 5, 7), (2, 3, 0);
    INSERT INTO coin_entries VALUES (1, 1, 5, 5, 'o1'), (2, 2, 3, 3, 'o2');
    INSERT INTO point_entries VALUES (1, 1, 7, NULL, NULL);
    INSERT INTO orders VALUES ('o1', 1, 5, 'paid'), ('o2', 2, 3, 'paid');";

const MANIFEST: &str = "name = \"shop\"\ntitle = \"Shop\"\nschema = \"public\"\ndetect = [\"users.points\"]
tables = [\"users\", \"coin_entries\", \"point_entries\", \"orders\"]\n";

const SETTINGS: &str = "[ledger]\nrunning = false\n[ledger.coins]\nrunning = true
[payments]\namounts = \"minor\"\nledger = \"coins\"\n[payments.states]\npaid = [\"paid\"]\nunpaid = [\"open\"]\n";

fn entries(table: &str) -> String {
    format!(
        "-- reads: {table}\nSELECT e.id AS entry_id, e.user_id AS account, 'UNIT' AS unit, e.amount AS delta, e.after AS running, e.at,
         NULL::bigint AS seq, e.arrival, 'entry' AS kind, e.ref FROM {table} e"
    )
}

fn balances(column: &str) -> String {
    format!(
        "-- reads: users\nSELECT u.id AS account, 'UNIT' AS unit, u.{column} AS balance, NULL::timestamptz AS opened_at FROM users u"
    )
}

const ORDERS: &str = "-- reads: orders
SELECT o.id AS payment_id, o.user_id AS account, NULL AS customer, o.amount, 'USD' AS currency, o.status, false AS refundable,
       'stripe' AS provider, ARRAY[]::text[] AS provider_ids, o.amount AS granted, 'UNIT' AS unit, o.at AS created_at FROM orders o";

struct Shop {
    db: Db,
    pack: PathBuf,
    _folder: TempDir,
}

impl Shop {
    fn new(template: Template) -> Self {
        let db = Db::new(template);
        db.sql(SCHEMA);
        let folder = tempfile::tempdir().unwrap();
        let shop = Shop { db, pack: folder.path().join("shop"), _folder: folder };
        shop.file("pack.toml", &format!("{MANIFEST}{SETTINGS}"));
        shop.file("ledger/coins/entries.sql", &entries("coin_entries"));
        shop.file("ledger/coins/balances.sql", &balances("coins"));
        shop.file("ledger/points/entries.sql", &entries("point_entries"));
        shop.file("ledger/points/balances.sql", &balances("points"));
        shop.file("payments.sql", ORDERS);
        shop
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.pack.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn bursar(&self, arguments: &[&str]) -> crate::support::Ran {
        self.db.with_pack(&self.pack, arguments)
    }

    /// Runs a command that was printed, with more words.
    fn pasted(&self, command: &str, more: &[&str]) -> crate::support::Ran {
        let words = shlex::split(command.trim().strip_prefix("bursar").expect("a command")).unwrap();
        self.db.bursar(&[&words.iter().map(String::as_str).collect::<Vec<_>>(), more].concat())
    }

    /// The checks that found something, each with the account.
    fn found(&self, more: &[&str]) -> Vec<String> {
        let report = self.bursar(&[&["audit", "-o", "json", "--skip", "gateway"], more].concat()).json();
        let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|f| format!("{} {}", text(f, "check"), text(f, "account"))).collect()
    }
}

#[test]
fn each_ledger_is_checked_and_named() {
    let shop = Shop::new(Template::Empty);
    let path = shop.pack.to_str().unwrap();
    let checked = shop.db.bursar(&["pack", "check", "--trust-pack", "--data", path]).ok();
    checked.tells("2 accounts of the ledger coins agree").tells("1 account of the ledger points agree");
    shop.bursar(&["audit"]).ok().tells("✓ clean").tells("coins: UNIT").tells("points: UNIT");

    // The same amounts on the same account, in both.
    shop.db.sql("UPDATE users SET coins = coins + 1, points = points + 1 WHERE id = 1");
    let both = ["ledger.coins.balance 1", "ledger.points.balance 1"];
    assert_eq!(shop.found(&[]), both);
    assert_eq!(shop.found(&["--strict"]), both);
    assert_eq!(shop.found(&["--account", "1"]), both);
    assert_eq!(shop.found(&["--only", "ledger.balance"]), both);
    assert_eq!(shop.found(&["--only", "ledger.points"]), both[1..]);
    assert_eq!(shop.found(&["--ledger", "points"]), both[1..]);
    shop.bursar(&["audit", "--ledger", "gems"]).exits(2).says("shop has no ledger 'gems'").says("coins, points");
    shop.bursar(&["audit", "--account", "9"]).exits(2).says("there is no account '9'");
    // An account that only one of the ledgers has was checked there.
    shop.db.sql("INSERT INTO point_entries VALUES (9, 8, 4, NULL, NULL)");
    shop.bursar(&["audit", "--account", "8", "--only", "ledger.coins"]).exits(6);
    let both = shop.bursar(&["audit", "--account", "8"]);
    assert!(both.exits(3).stdout.contains("nothing was checked of the ledger coins: it has no entry"));
    shop.db.sql("DELETE FROM point_entries WHERE id = 9");
    let explained = shop.bursar(&["audit", "explain", "ledger.points.balance"]).ok();
    explained.tells("point_entries");

    // What is accepted of one is not accepted of the other.
    let baseline = shop.pack.join("baseline.toml");
    let file = baseline.to_str().unwrap();
    shop.bursar(&["audit", "--ledger", "coins", "--write-baseline", file]).exits(3);
    let text = std::fs::read_to_string(&baseline).unwrap();
    assert!(text.contains("ledger.coins.balance") && !text.contains("points"), "{text}");
    let text = text.replace("reason = \"\"", "reason = \"known\"").replace("owner = \"\"", "owner = \"noi\"");
    std::fs::write(&baseline, text).unwrap();
    let report = shop.bursar(&["audit", "-o", "json", "--skip", "gateway", "--baseline", file]).json();
    assert_eq!((&report["summary"]["errors"], &report["summary"]["accepted"]), (&1.into(), &1.into()), "{report}");

    // A chain is checked where the ledger has one, and payments with the ledger that they credit.
    shop.db.sql("UPDATE users SET coins = coins - 1, points = points - 1 WHERE id = 1; UPDATE coin_entries SET after = 4 WHERE id = 2");
    assert_eq!(shop.found(&[]), ["ledger.coins.chain 2"]);
    shop.db.sql("UPDATE coin_entries SET after = 3 WHERE id = 2; DELETE FROM coin_entries WHERE id = 2; UPDATE users SET coins = 0 WHERE id = 2");
    assert_eq!(shop.found(&[]), ["payments.granted 2"]);
    // One that returns nothing is no clean one, whatever the other says.
    shop.db.sql(
        "INSERT INTO coin_entries VALUES (2, 2, 3, 3, 'o2'); UPDATE users SET coins = 3 WHERE id = 2;
                 DELETE FROM point_entries; UPDATE users SET points = 0",
    );
    shop.bursar(&["audit"]).exits(6).tells("points: nothing was checked of the ledger");
}

#[test]
fn a_command_that_serves_one_ledger_refuses_several() {
    let shop = Shop::new(Template::Bursar);
    for words in [&["audit", "seal", "--yes"][..], &["wallet", "show", "1"], &["wallet", "history", "1"]] {
        shop.bursar(words).exits(4).says("shop keeps several ledgers (coins, points)").says("--ledger coins");
    }
    let plan = shop.pack.join("plan.toml");
    for words in [
        &["wallet", "adjust", "1", "UNIT", "+1", "--reason", "x", "--dry-run"][..],
        &["audit", "repair", "--plan", plan.to_str().unwrap()],
        &["audit", "--since-seal"],
    ] {
        shop.bursar(words).exits(4).says("shop keeps several ledgers (coins, points)");
    }
    shop.bursar(&["wallet", "show", "1", "--ledger", "points"]).ok().tells("in the ledger points").tells("7");
    let history = shop.bursar(&["wallet", "history", "1", "--ledger", "coins", "-o", "json"]).ok().json();
    assert_eq!((&history["ledger"], &history["entries"][0]["amount"]), (&"coins".into(), &"5".into()));

    // Each has seals of its own.
    shop.db.settled("coin_entries");
    shop.db.settled("point_entries");
    let root = |ledger: &str| {
        let made = shop.bursar(&["audit", "seal", "--ledger", ledger, "--yes", "-q"]).ok();
        made.stdout.trim().to_owned()
    };
    shop.bursar(&["audit", "--ledger", "points", "--since-seal"]).exits(2).says("audit seal --ledger points");
    let (coins, points) = (root("coins"), root("points"));
    assert_ne!(coins, points);
    shop.bursar(&["audit", "--ledger", "coins", "--verify-seal", &coins]).ok();
    // A root of another ledger is no sign of a change, and every command that is printed works as it is pasted.
    let pasted = |command: &str| {
        let words: Vec<&str> = command.trim().split(' ').skip(1).collect();
        shop.db.bursar(&words)
    };
    let ran = shop.bursar(&["audit", "--ledger", "points", "--verify-seal", &coins]).exits(2);
    assert!(ran.stderr.contains("the root of a seal of the ledger coins of shop, and not of shop/points"), "{ran:?}");
    pasted(ran.stderr.lines().find_map(|l| l.trim().strip_prefix("try: ")).expect("a hint")).ok();
    let ran = shop.bursar(&["audit", "seal", "--ledger", "coins", "--yes"]).ok();
    pasted(ran.stderr.lines().find(|l| l.contains("--verify-seal")).expect("a command")).ok();
    shop.db.sql("UPDATE users SET points = points + 1 WHERE id = 1");
    let ran = shop.bursar(&["wallet", "show", "1", "--ledger", "points"]).ok();
    pasted(ran.stderr.lines().find_map(|l| l.split_once("find the reason: ")).expect("a command").1).exits(3);
    // A payment with less than it bought, one that was credited twice, once to another account, and one that was not paid.
    shop.db.sql(
        "UPDATE users SET points = points - 1 WHERE id = 1; UPDATE orders SET amount = 9 WHERE id = 'o1';
         INSERT INTO orders VALUES ('o 3', 1, 2, 'paid'), ('o4', 2, 6, 'open');
         INSERT INTO coin_entries VALUES (3, 2, 3, 6, 'o2'), (4, 2, 2, 8, 'o 3'), (5, 2, 6, 14, 'o4')",
    );
    let report = shop.bursar(&["audit", "--only", "payments", "-o", "json"]).json();
    let findings = report["findings"].as_array().expect("findings");
    let checks: std::collections::BTreeSet<&str> = findings.iter().filter_map(|f| f["check"].as_str()).collect();
    let all = ["payments.account", "payments.duplicate", "payments.granted", "payments.unpaid"];
    assert!(all.iter().all(|check| checks.contains(check)), "{report}");
    let flags = format!("bursar --app {} --trust-pack ", shop.pack.display());
    let mut shown = Vec::new();
    for remedy in findings.iter().filter_map(|f| f["remedy"].as_str()) {
        assert_eq!(remedy.matches("bursar ").count(), remedy.matches(&flags).count(), "{remedy}");
        // What the pack cannot do is not advised, and what is advised works as it is pasted.
        assert!(!remedy.contains("wallet adjust"), "{remedy}");
        for command in remedy.split("bursar ").skip(1).filter(|command| command.contains(" payments show ")) {
            let words = shlex::split(command.split(". ").next().unwrap()).unwrap();
            let ran = shop.db.bursar(&words.iter().map(String::as_str).collect::<Vec<_>>()).ok();
            shown.push(words.last().unwrap().clone());
            ran.tells(shown.last().unwrap());
        }
    }
    shown.sort();
    assert_eq!(shown, ["o 3", "o1"]);
    shop.db.sql(
        "UPDATE orders SET amount = 5 WHERE id = 'o1'; DELETE FROM coin_entries WHERE id > 2; DELETE FROM orders WHERE id IN ('o 3', 'o4')",
    );
    // An integer has no decimals, so no amount of such a unit can be right.
    let manifest = format!("{MANIFEST}[[units]]\nname = \"UNIT\"\ntitle = \"units\"\ndecimals = 2\n{SETTINGS}");
    shop.file("pack.toml", &manifest);
    shop.bursar(&["audit", "--skip", "gateway"]).ok();
    shop.db.sql("ALTER TABLE point_entries ALTER amount TYPE int");
    let ran = shop.bursar(&["audit"]).exits(2).says("which has no decimals, and [[units]] gives UNIT 2");
    assert!(ran.stderr.contains("write (e.amount / 100.0) AS delta"), "{ran:?}");
    shop.file("pack.toml", &format!("{MANIFEST}{SETTINGS}"));
    shop.bursar(&["audit", "--ledger", "points", "--since-seal"]).ok();
    shop.db.sql("UPDATE point_entries SET amount = 8 WHERE id = 1; UPDATE users SET points = 8 WHERE id = 1");
    shop.bursar(&["audit", "--ledger", "points", "--verify-seal", &points]).exits(3);
    shop.bursar(&["audit", "--ledger", "coins", "--verify-seal", &coins]).ok();
}

/// A remedy that a seal prints is about the ledger that it is of.
#[test]
fn a_command_that_a_seal_prints_names_its_ledger() {
    let shop = Shop::new(Template::Bursar);
    let reason = |flags: &[&str], before: &str| {
        let report = shop.bursar(&[&["audit", "--ledger", "points", "-o", "json"], flags].concat()).exits(6).json();
        let reasons = report["checks"].as_array().unwrap().iter().filter_map(|check| check["reason"].as_str());
        let mut commands = reasons.filter_map(|reason| reason.split_once(before));
        commands.next().unwrap_or_else(|| panic!("no {before} in {report}")).1.to_owned()
    };
    shop.db.sql("DELETE FROM point_entries");
    let mut holder = wait(shop.db.connect());
    wait(sqlx::Executor::execute(&mut holder, "BEGIN; SELECT pg_current_xact_id()")).unwrap();
    shop.db.sql("INSERT INTO point_entries VALUES (1, 1, 7, NULL, NULL)");
    let made = shop.bursar(&["audit", "seal", "--ledger", "points", "--yes"]).ok();
    let again = made.stderr.lines().find_map(|line| line.split_once("seal again later: ")).expect("a command").1;
    let new = reason(&["--verify-seal", made.stdout.trim()], "make a new one: ");
    wait(sqlx::Executor::execute(&mut holder, "ROLLBACK")).unwrap();
    shop.db.settled("point_entries");
    shop.pasted(again, &["--yes"]).ok();
    shop.pasted(&new, &["--yes"]).ok();
    shop.bursar(&["audit", "--ledger", "points", "--since-seal"]).ok();
    shop.db.sql("SET session_replication_role = replica; DELETE FROM bursar.operations WHERE command = 'audit seal'");
    shop.pasted(&reason(&["--since-seal"], "can be read again: "), &[]).ok();
}

/// Of a pack with several ledgers, its tables are sealed beside the one that is named.
#[test]
fn tables_are_sealed_beside_a_named_ledger() {
    let shop = Shop::new(Template::Bursar);
    let tables = "[[seal.tables]]\ntable = \"orders\"\ncolumns = [\"user_id\", \"amount\"]\nat = \"at\"\n";
    shop.file("pack.toml", &format!("{MANIFEST}{SETTINGS}\n{tables}"));
    let made = shop.bursar(&["audit", "seal", "--ledger", "points", "--yes"]).ok();
    let too = made.stderr.lines().find_map(|line| line.split_once("to seal them too: ")).expect("a command").1;
    let both = shop.pasted(too, &["--yes", "-q"]).ok();
    assert_eq!(both.stdout.lines().count(), 2, "{both:?}");
    shop.db.sql("UPDATE orders SET amount = amount + 1");
    let orders = both.stdout.lines().nth(1).and_then(|line| line.strip_suffix(" orders")).expect("a root");
    shop.bursar(&["audit", "--verify-seal", orders]).exits(3).tells("orders");
    // What is printed to start over names a ledger, without which nothing is sealed.
    let report = shop.bursar(&["audit", "--verify-seal", orders, "-o", "json"]).json();
    let remedy = report["findings"][0]["remedy"].as_str().unwrap().to_owned();
    let again = remedy.split_once("Where that was meant: ").expect("a command").1.replace("TEXT", "meant");
    shop.pasted(&format!("{again} --app {}", shlex::try_quote(shop.pack.to_str().unwrap()).unwrap()), &["--yes"]).ok();
    // So does what is printed where the manifest describes other columns.
    shop.file("pack.toml", &format!("{MANIFEST}{SETTINGS}\n{}", tables.replace("\"user_id\", ", "")));
    let refused = shop.bursar(&["audit", "--verify-seal", orders]).exits(6);
    let again = refused.stderr.lines().find_map(|line| line.split_once("is described now: ")).expect("a command").1;
    shop.pasted(again, &["--yes"]).ok();
}

#[test]
fn a_name_of_a_ledger_is_told_where_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let shows = |files: &[(&str, &str)], says: &str| {
        let pack = folder.path().join("p");
        let _ = std::fs::remove_dir_all(&pack);
        for (name, text) in files {
            std::fs::create_dir_all(pack.join(name).parent().unwrap()).unwrap();
            std::fs::write(pack.join(name), text).unwrap();
        }
        let mut shown = crate::support::bursar();
        crate::support::run(shown.args(["pack", "show", pack.to_str().unwrap()])).exits(2).says(says);
    };
    let query = &entries("users");
    shows(
        &[("pack.toml", MANIFEST), ("ledger/Old-1/entries.sql", query)],
        "ledger/Old-1: a ledger's name has small letters",
    );
    shows(&[("pack.toml", MANIFEST), ("ledger/total/entries.sql", query)], "the name of a check of ledgers");
    shows(&[("pack.toml", MANIFEST), ("ledger/a/balances.sql", query)], "ledger/a/entries.sql: the file is missing");
    let of = |more: &str| format!("{MANIFEST}{more}");
    let two = |manifest: &str, says: &str| {
        shows(
            &[
                ("pack.toml", manifest),
                ("ledger/a/entries.sql", query),
                ("ledger/b/entries.sql", query),
                ("payments.sql", ORDERS),
            ],
            says,
        );
    };
    two(&of("[ledger.c]\nrunning = false\n"), "[ledger.c] needs ledger/c/entries.sql");
    two(&of("[ledger.a]\nruning = false\n"), "[ledger.a]: unknown field `runing`");
    two(
        &of("[payments]\namounts = \"minor\"\n"),
        "[payments] needs ledger = \"NAME\", the one of a, b that payments credit",
    );
    two(&of("[payments]\namounts = \"minor\"\nledger = \"c\"\n"), "ledger = \"c\", and the pack has no such ledger");
}
