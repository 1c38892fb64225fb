//! The price list: what is paid, exchanged, read and promised is held against it, each at the price of its day.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::{Db, Template, bursar, file, run};

/// The findings: the check, its severity and the row.
fn found(report: &Value) -> BTreeSet<String> {
    let text = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report}")).iter();
    findings.map(|f| format!("{} {} {}", text(f, "check"), text(f, "severity"), text(f, "key"))).collect()
}

fn audit(db: &Db, prices: Option<&Path>) -> Value {
    let mut arguments = vec!["audit", "-o", "json", "--limit", "0"];
    arguments.extend(prices.iter().flat_map(|file| ["--prices", file.to_str().unwrap()]));
    db.json(&arguments)
}

/// A theft for each kind of price that no usual price shows, because it is done often. The rows that it touches are
/// written down in `kept.taken`.
pub(crate) const THEFTS: [(&str, &str, &str); 4] = [
    (
        "payments_discounted",
        "payments.priced",
        "WITH done AS (UPDATE payments SET amount = 19900 WHERE package_type = 'basic' AND status IN ('succeeded', 'refunded')
                          AND id::text < '4' RETURNING id)
         INSERT INTO kept.taken SELECT id::text FROM done",
    ),
    (
        "readings_discounted",
        "readings.priced",
        "WITH done AS (UPDATE tarot_readings SET card_count = 5, cards = cards || (cards->0) || (cards->1) WHERE card_count = 3 AND id::text < '4' RETURNING id)
         INSERT INTO kept.taken SELECT id::text FROM done",
    ),
    // The last exchanges of COIN that accounts made, each for a coin less.
    (
        "exchanges_discounted",
        "exchanges.priced",
        "WITH one AS (SELECT c.id, c.user_id, c.metadata->>'exchange_id' AS exchange FROM wallet_transactions c
                       WHERE c.transaction_type = 'exchange' AND c.currency = 'COIN' AND c.amount = 20
                         AND c.seq = (SELECT max(l.seq) FROM wallet_transactions l WHERE l.user_id = c.user_id AND l.currency = 'COIN')),
              leg AS (UPDATE wallet_transactions w SET amount = w.amount - 1, balance_after = w.balance_after + 1
                        FROM one WHERE w.id = one.id),
              kept AS (UPDATE users u SET coin_balance = coin_balance + 1 FROM one WHERE u.id = one.user_id)
         INSERT INTO kept.taken SELECT exchange FROM one",
    ),
    (
        "invites_overpaid",
        "invites.priced",
        "WITH done AS (UPDATE user_invites SET coin_reward = 25 WHERE coin_reward = 20 AND status <> 'accepted'
                         RETURNING id)
         INSERT INTO kept.taken SELECT id::text FROM done",
    ),
];

#[test]
fn what_is_usual_is_not_what_is_right() {
    let seed = file("packs/mimivibe/seed-prices.toml");
    let db = Db::new(Template::Seeded("mimivibe"));
    // The list is that of the seed, so nothing is found.
    let report = audit(&db, Some(&seed));
    assert_eq!((found(&report), &report["verdict"]), (BTreeSet::new(), &"clean".into()), "{}", report["findings"]);
    let mut expected = BTreeSet::new();
    for (theft, check, sql) in THEFTS {
        db.sql(&format!("SET session_replication_role = replica; DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept; CREATE TABLE kept.taken (key text); {sql}"));
        let rows = db.value("SELECT string_agg(key, ' ') FROM kept.taken");
        assert_ne!(rows, "NULL", "{theft} found no place");
        expected.extend(rows.split(' ').map(|key| format!("{check} error {key}")));
    }
    assert_eq!(found(&audit(&db, Some(&seed))), expected);
    // Whoever goes by what is usual sees less, and says so as a warning.
    let usual = found(&audit(&db, None));
    assert!(usual.iter().all(|f| f.contains(" warn ")) && usual.len() * 4 < expected.len(), "{usual:?}");

    // Each price has its days: what is before the first of them is not compared, and no other day borrows it.
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("prices.toml");
    let dated = |from: &str, until: &str| {
        let text = format!("[[prices]]\nkind = \"payment\"\namount = \"1.00\"\nunit = \"thb\"\n{from}\n{until}\n");
        std::fs::write(&list, text).unwrap();
        let only =
            ["audit", "--only", "payments.priced", "--prices", list.to_str().unwrap(), "-o", "json", "--limit", "0"];
        found(&db.json(&only)).len()
    };
    let paid = |when: &str| -> usize {
        let sql = format!("SELECT count(*) FROM payments WHERE status IN ('succeeded', 'refunded') AND {when}");
        db.value(&sql).parse().unwrap()
    };
    let middle =
        db.value("SELECT to_char(percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at), 'YYYY-MM-DD') FROM payments");
    db.sql(&format!(
        "SET session_replication_role = replica;
         UPDATE payments SET amount = 1 WHERE created_at >= '{middle} 00:00:00+00' AND stars_purchased = 10"
    ));
    let cheap = paid("amount = 1");
    let from = format!("from = {middle}");
    assert_eq!(dated("", ""), paid("true") - cheap);
    assert_eq!(dated(&from, ""), paid(&format!("created_at >= '{middle} 00:00:00+00'")) - cheap);
    assert_eq!(dated("", &format!("until = {middle}")), paid("true"));
    // A list of which nothing applies is no pass, and one that begins later says what it leaves out.
    dated(&from, "");
    let report = audit(&db, Some(&list));
    let before = format!(
        "payments.priced: {} of {} paid payments are older",
        paid(&format!("created_at < '{middle} 00:00:00+00'")),
        paid("true")
    );
    assert!(report["unchecked"].to_string().contains(&before), "{before}: {}", report["unchecked"]);
    let late = ["payment", "reading", "exchange", "invite"]
        .map(|kind| format!("[[prices]]\nkind = \"{kind}\"\namount = 1\nunit = \"THB\"\nfrom = 2999-01-01\n"));
    std::fs::write(&list, late.concat()).unwrap();
    let report = audit(&db, Some(&list));
    for check in report["checks"].as_array().unwrap().iter().filter(|c| c["id"].as_str().unwrap().ends_with(".priced"))
    {
        assert_eq!(check["status"], "skipped", "{check}");
        assert!(check["reason"].as_str().unwrap().contains("is older than the first price"), "{check}");
    }
    dated("", &format!("until = {middle}"));
    db.bursar(&["audit", "--only", "payments.priced", "--prices", list.to_str().unwrap()])
        .exits(3)
        .tells("which is no price of that day.");
}

#[test]
fn a_price_list_that_says_nothing_is_refused_and_a_pack_may_have_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("prices.toml");
    let db = Db::new(Template::Migrated("mimivibe"));
    for (text, says) in [
        ("", "missing field `prices`"),
        (
            "[[prices]]\nkind = \"paiment\"\namount = 1\nunit = \"THB\"\n",
            "has the kind 'paiment', and the checks ask for exchange, invite, payment, reading",
        ),
        ("[[prices]]\nkind = \"payment\"\namount = 49.5\nunit = \"THB\"\n", "number 1: amount is not exact"),
    ] {
        std::fs::write(&list, text).unwrap();
        db.bursar(&["audit", "--prices", list.to_str().unwrap()]).exits(2).says(says);
    }
    // The same table in pack.toml; a file given on the command line stands in for the kinds that it has.
    let mine = folder.path().join("mine");
    crate::packs::copied(&mine);
    let manifest = std::fs::read_to_string(mine.join("pack.toml")).unwrap();
    let with = |prices: &str| std::fs::write(mine.join("pack.toml"), format!("{manifest}\n{prices}")).unwrap();
    let price = |kind: &str, amount: u32| format!("[[prices]]\nkind = \"{kind}\"\namount = {amount}\nunit = \"THB\"\n");
    with(&price("payment", 4900));
    let app = mine.to_str().unwrap();
    run(bursar().args(["audit", "list", "--app", app])).ok().tells("Paid payments have a price of the price list");
    db.sql("INSERT INTO users (id, external_id, external_provider, email) VALUES ('00000000-0000-0000-0000-000000000001', 'u', 'custom', 'u@example.com');
            INSERT INTO payments (user_id, amount, status, package_type, stars_purchased, stripe_payment_intent_id)
            VALUES ('00000000-0000-0000-0000-000000000001', 100, 'succeeded', 'starter', 10, 'pi_1')");
    let only = ["audit", "--only", "payments.priced", "--trust-pack", "--app", app];
    db.bursar(&only).exits(3).tells("was 100 THB (in minor units) for 10 STAR");
    std::fs::write(&list, price("payment", 100)).unwrap();
    db.bursar(&[&only[..], &["--prices", list.to_str().unwrap()]].concat()).ok();
    with(&price("nothing", 4900));
    db.bursar(&only).exits(2).says("pack.toml: [[prices]] has the kind 'nothing'");
}
