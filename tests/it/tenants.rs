//! A ledger whose rows belong to tenants: totals of each, and an audit of one.

use serde_json::Value;

use crate::support::{Db, Template};

const SCHEMA: &str = "
    CREATE TABLE accounts (id int PRIMARY KEY, org text, balance numeric NOT NULL);
    CREATE TABLE entries (id int PRIMARY KEY, account int NOT NULL REFERENCES accounts, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now() - interval '1 day');
    INSERT INTO accounts VALUES (1, 'acme', 5), (2, 'acme', 3), (3, 'o''hara', 7), (4, NULL, 1);
    INSERT INTO entries VALUES (1, 1, 5), (2, 2, 3), (3, 3, 7), (4, 4, 1);";

const MANIFEST: &str = "name = \"orgs\"\ntitle = \"Orgs\"\nschema = \"public\"\ndetect = [\"accounts.org\"]\ntables = [\"accounts\", \"entries\"]\n[ledger]\nrunning = false\n";

const ENTRIES: &str = "-- reads: entries, accounts
SELECT e.id AS entry_id, e.account, 'USD' AS unit, e.amount AS delta, NULL::numeric AS running, e.at, NULL::bigint AS seq,
       NULL::xid8 AS arrival, 'entry' AS kind, NULL::text AS ref, a.org AS tenant FROM entries e JOIN accounts a ON a.id = e.account";

const BALANCES: &str = "-- reads: accounts
SELECT a.id AS account, 'USD' AS unit, a.balance, NULL::timestamptz AS opened_at, a.org AS tenant FROM accounts a";

const CHECK: &str =
    "-- title: No account is empty\n-- severity: error\n-- reads: accounts\n-- why: x\n-- cause: x\n-- remedy: x
SELECT 'accounts' AS table_name, a.id AS key, a.id AS account, NULL::text AS unit, 'more' AS expected, '0' AS actual,
       format('Account %s is empty.', a.id) AS message, a.org AS tenant FROM accounts a WHERE a.balance = 0";

#[test]
fn each_tenant_has_totals_and_an_audit_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("orgs");
    let file = |name: &str, text: &str| {
        let path = pack.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    file("pack.toml", MANIFEST);
    file("ledger/entries.sql", ENTRIES);
    file("ledger/balances.sql", BALANCES);
    file("checks/accounts.empty.sql", CHECK);
    file("checks/accounts.other.sql", &CHECK.replace(", a.org AS tenant", ""));
    let db = Db::new(Template::Empty);
    db.sql(SCHEMA);
    let bursar = |words: &[&str]| db.with_pack(&pack, words);
    let found = |report: &Value| -> Vec<String> {
        let text = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{} {}", text(f, "check"), text(f, "account")))
            .collect()
    };
    let checked = db.bursar(&["pack", "check", "--trust-pack", "--data", pack.to_str().unwrap()]).ok();
    assert!(!checked.stderr.contains("tenant"), "{checked:?}");

    let clean = bursar(&["audit"]).ok();
    clean.tells("acme").tells("o'hara").tells("NULL");
    let totals = |report: &Value| -> Vec<(Option<String>, String, String, bool)> {
        let text = |t: &Value, key: &str| t[key].as_str().map(str::to_owned);
        let list = report["tenants"].as_array().unwrap();
        let of = |t: &Value| {
            (text(t, "tenant"), text(t, "ledger").unwrap(), text(t, "cached").unwrap(), t["agrees"] == true)
        };
        list.iter().map(of).collect()
    };
    let own = |name: &str, ledger: &str, cached: &str, agrees| {
        (Some(name.to_owned()), ledger.to_owned(), cached.to_owned(), agrees)
    };
    // An account of another tenant has nothing here to check.
    bursar(&["audit", "--tenant", "acme", "--account", "3"]).exits(6).tells("nothing was checked of the ledger");
    // Each account agrees, and two tenants do not: their entries and balances are told apart differently.
    file(
        "ledger/entries.sql",
        &ENTRIES.replace("a.org AS tenant", "CASE e.id WHEN 3 THEN 'acme' ELSE a.org END AS tenant"),
    );
    bursar(&["audit"]).exits(6).tells("name different tenants");
    file("ledger/entries.sql", ENTRIES);
    db.sql("UPDATE accounts SET balance = 9 WHERE id = 3; UPDATE accounts SET balance = 0 WHERE id = 2");
    let report = bursar(&["audit", "-o", "json"]).json();
    let none = (None, "1".to_owned(), "1".to_owned(), true);
    assert_eq!(totals(&report), [own("acme", "8", "5", false), own("o'hara", "7", "9", false), none]);
    assert_eq!(found(&report).len(), 4, "{report}");

    // One tenant: its rows, its totals, and what cannot be told apart is said.
    let report = bursar(&["audit", "--tenant", "o'hara", "-o", "json"]).exits(3).json();
    assert_eq!(found(&report), ["ledger.balance 3"]);
    assert_eq!((&report["tenant"], report["units"][0]["entries"].as_i64()), (&"o'hara".into(), Some(1)));
    assert_eq!(totals(&report), [own("o'hara", "7", "9", false)]);
    let other = report["checks"].as_array().unwrap().iter().find(|c| c["id"] == "accounts.other").unwrap();
    assert_eq!(other["reason"], "its query returns no column tenant");
    let acme = bursar(&["audit", "--tenant", "acme", "-o", "json"]).exits(3).json();
    assert_eq!(found(&acme), ["ledger.balance 2", "accounts.empty 2"]);
    bursar(&["audit", "--tenant", "nobody"]).exits(2).says("orgs has no tenant 'nobody'");
    file("ledger/balances.sql", &BALANCES.replace(", a.org AS tenant", ""));
    bursar(&["audit", "--tenant", "acme"]).exits(2).says("balances.sql returns no column 'tenant'");
    // Without it the totals of the entries are still told apart.
    let report = bursar(&["audit", "-o", "json"]).json();
    assert!(report["tenants"][0]["cached"].is_null() && report["tenants"][0]["ledger"] == "8", "{report}");
}

const PAYMENTS: &str = "-- reads: payments
SELECT p.id AS payment_id, NULL::int AS account, NULL::text AS customer, p.amount, 'USD'::text AS currency, p.status, false AS refundable,
       NULL::text AS provider, ARRAY[]::text[] AS provider_ids, NULL::numeric AS granted, NULL::text AS unit, p.at AS created_at, p.org AS tenant
FROM payments p";

const TOPIC: &str = "-- title: Payments
-- counts: payments
SELECT date_trunc($3, p.at, $4) AS at, 'payments' AS metric, count(*) AS value, NULL::text AS unit
FROM payments p WHERE p.at >= $1 AND p.at < $2 AND ({tenant} IS NULL OR p.org = {tenant}) GROUP BY 1";

#[test]
fn payments_and_figures_are_of_one_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("orgs");
    let file = |name: &str, text: &str| {
        let path = pack.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let manifest = MANIFEST.replace("\"entries\"]", "\"entries\", \"payments\"]");
    file("pack.toml", &format!("{manifest}[payments]\namounts = \"minor\"\n"));
    file("ledger/entries.sql", ENTRIES);
    file("payments.sql", PAYMENTS);
    file("stats/payments.sql", TOPIC);
    let db = Db::new(Template::Empty);
    db.sql(SCHEMA);
    db.sql(
        "CREATE TABLE payments (id int PRIMARY KEY, org text, amount bigint, status text, at timestamptz NOT NULL DEFAULT now() - interval '1 hour');
         INSERT INTO payments VALUES (1, 'acme', 100, 'paid'), (2, 'acme', 200, 'open'), (3, 'o''hara', 300, 'paid'), (4, NULL, 400, 'paid')",
    );
    let bursar = |words: &[&str]| db.with_pack(&pack, words);
    db.bursar(&["pack", "check", "--trust-pack", "--data", pack.to_str().unwrap()]).ok();
    let listed = |words: &[&str]| -> Vec<String> {
        let list = bursar(&[&["payments", "list", "-o", "json"], words].concat()).json();
        list["payments"].as_array().unwrap().iter().map(|p| p["payment"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&[]), ["4", "3", "2", "1"]);
    assert_eq!(listed(&["--tenant", "acme"]), ["2", "1"]);
    assert_eq!(listed(&["--tenant", "o'hara", "--min", "1"]), ["3"]);
    assert_eq!(listed(&["--tenant", "acme", "--min", "2.50"]), Vec::<String>::new());
    bursar(&["payments", "list", "--tenant", "nobody"]).exits(2).says("orgs has no tenant 'nobody'");

    let counted = |words: &[&str]| -> String {
        let report = bursar(&[&["stats", "--since", "2d", "-o", "json"], words].concat()).json();
        report["topics"][0]["metrics"][0]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!([counted(&[]), counted(&["--tenant", "acme"]), counted(&["--tenant", "o'hara"])], ["4", "2", "1"]);
    bursar(&["stats", "--tenant", "acme"]).ok().tells("only tenant acme");
    bursar(&["stats", "--tenant", "acme", "-o", "prometheus"]).ok().tells("tenant=\"acme\",topic=\"payments\"");
    bursar(&["stats", "--tenant", "nobody"]).exits(2).says("orgs has no tenant 'nobody'");
    // A topic that knows no tenant is not shown for one: with others, the rest is; alone, nothing is.
    file("stats/whole.sql", &TOPIC.replace("({tenant} IS NULL OR p.org = {tenant})", "true"));
    bursar(&["stats"]).ok();
    bursar(&["stats", "--tenant", "acme"]).exits(6).says("whole was skipped").says("does not ask for {tenant}");
    bursar(&["stats", "whole", "--tenant", "acme"]).exits(2).says("whole.sql does not ask for {tenant}");
    // A topic that names the tenant in a comment, in a text or in a quoted name alone knows no tenant either.
    for instead in [
        "true /* {tenant} */",
        "true -- {tenant}\n",
        "'{tenant}' <> ''",
        "(SELECT \"{tenant}\" FROM (SELECT true) AS x (\"{tenant}\"))",
    ] {
        file("stats/whole.sql", &TOPIC.replace("({tenant} IS NULL OR p.org = {tenant})", instead));
        bursar(&["stats", "whole"]).ok();
        bursar(&["stats", "whole", "--tenant", "acme"]).exits(2).says("whole.sql does not ask for {tenant}");
    }
    // A name with the end of a line in it ends no comment.
    file("stats/payments.sql", &TOPIC.replace("FROM payments p", "-- of {tenant}\nFROM payments p"));
    db.sql("INSERT INTO payments VALUES (5, E'two\\nlines', 500, 'paid')");
    assert_eq!(counted(&["--tenant", "two\nlines"]), "1");
    // Payments that do not say whose they are: none is listed for one.
    file("payments.sql", &PAYMENTS.replace(", p.org AS tenant", ""));
    bursar(&["payments", "list"]).ok();
    bursar(&["payments", "list", "--tenant", "acme"]).exits(2).says("payments.sql returns no column 'tenant'");
}
