//! `bursar payments`: one is found by what is at hand, many are listed a page at a time, and nothing
//! that a database holds can break what is shown.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Db, Template, run, soak};

const ADA: &str = "00000000-0000-4000-8000-00000000000a";
const BOB: &str = "00000000-0000-4000-8000-00000000000b";
/// Two payments whose ids begin alike, one that has no id of the gateway's, and one of somebody else
/// whose gateway id begins as the id of another payment does.
const PAID: &str = "
    INSERT INTO users (id, external_id, external_provider, email, name) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'a', 'x', 'Ada@Example.com', 'Ada'),
        ('00000000-0000-4000-8000-00000000000b', 'b', 'x', 'bob@example.com', NULL);
    INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, currency, status, package_type, stars_purchased, stars_bonus, created_at) VALUES
        ('aaaa0000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', 'pi_one', 'ch_one', 104900, 'THB', 'succeeded', 'pro', 100, 20, '2026-10-01 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-00000000000a', 'pi_one_more', NULL, 500, 'JPY', 'refunded', 'starter', 10, 0, '2026-10-02 10:00Z'),
        ('bbbb0000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-00000000000b', NULL, NULL, 4900, 'thb', 'pending', 'starter', 10, 0, '2026-10-03 10:00Z'),
        ('cccc0000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-00000000000b', 'aaaa0000-0000-4000-8000-000000000001', NULL, 4900, 'XX', 'succeeded', 'starter', 10, 0, NULL);
    SELECT wallet_purchase('aaaa0000-0000-4000-8000-000000000001')";

fn paid() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(PAID);
    db
}

fn shown(db: &Db, payment: &str) -> String {
    let shown = db.json(&["payments", "show", payment, "-o", "json"]);
    shown["payment"]["payment"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
}

/// The last digits of the payments that a list has.
fn listed(db: &Db, arguments: &[&str]) -> String {
    let listed = db.json(&[&["payments", "list", "-o", "json"], arguments].concat());
    let payments = listed["payments"].as_array().unwrap_or_else(|| panic!("{listed}"));
    payments.iter().map(|p| p["payment"].as_str().unwrap().chars().last().unwrap()).collect()
}

#[test]
fn a_payment_is_found_by_its_id_the_gateways_or_the_beginning_of_one() {
    let db = paid();
    for (text, last) in [
        // Its own id goes before the same text as somebody else's gateway id.
        ("aaaa0000-0000-4000-8000-000000000001", '1'),
        ("AAAA0000-0000-4000-8000-000000000001", '1'),
        (" aaaa0000000040008000000000000001 ", '1'),
        // A whole id goes before the beginning of another.
        ("pi_one", '1'),
        ("ch_one", '1'),
        ("pi_one_", '2'),
        ("ch_o", '1'),
        ("bbbb", '3'),
        ("BBBB0000-", '3'),
    ] {
        assert!(shown(&db, text).ends_with(last), "{text}");
    }
    for (text, says) in [
        ("ch_", "at least 4 characters"),
        ("", "no payment has the id ''"),
        ("nothing", "bursar payments list --search"),
        ("%%%%", "no payment has the id"),
        ("dddd0000-0000-4000-8000-000000000001", "no payment has the id"),
    ] {
        db.bursar(&["payments", "show", text]).exits(2).says(says);
    }
    let ran = db.bursar(&["payments", "show", "aaaa"]).exits(2).says("may be any of several payments");
    for candidate in ["000000000001", "000000000002", "cccc0000", "1,049.00 THB", "Ada <Ada@Example.com>"] {
        assert!(ran.stderr.contains(candidate), "{}", ran.stderr);
    }
    // Ten are named, however many there are.
    db.sql(&format!(
        "INSERT INTO payments (id, user_id, amount, package_type, stars_purchased)
         SELECT format('eeee0000-0000-4000-8000-%s', lpad(g::text, 12, '0'))::uuid, '{BOB}', 1, 'x', 1 FROM generate_series(1, 12) g"
    ));
    let ran = db.bursar(&["payments", "show", "eeee"]).exits(2).says("and more");
    assert_eq!(ran.stderr.matches("eeee0000").count(), 10);
}

#[test]
fn an_exact_id_is_found_through_the_index() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql("ANALYZE payments; CREATE TABLE before AS SELECT 0::bigint AS scans");
    let id = db.value("SELECT id FROM payments ORDER BY id LIMIT 1");
    let scans = "SELECT coalesce(seq_scan, 0) FROM pg_stat_user_tables WHERE relname = 'payments'";
    db.sql(&format!("UPDATE before SET scans = ({scans})"));
    assert_eq!(shown(&db, &id), id);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(db.value(&format!("SELECT ({scans}) - scans FROM before")), "0");
}

#[test]
fn everything_about_a_payment_is_shown() {
    let db = paid();
    let shown = db.json(&["payments", "show", "pi_one", "-o", "json"]);
    assert_eq!((&shown["schema_version"], &shown["command"]), (&json!(1), &json!("payments show")));
    let payment = &shown["payment"];
    for (field, value) in [
        ("account", json!(ADA)),
        ("customer", json!("Ada <Ada@Example.com>")),
        ("amount", json!("1049.00")),
        ("amount_minor", json!("104900")),
        ("currency", json!("THB")),
        ("status", json!("succeeded")),
        ("refundable", json!(true)),
        ("provider", json!("stripe")),
        ("provider_ids", json!(["pi_one", "ch_one"])),
        ("granted", json!("120")),
        ("unit", json!("STAR")),
        ("created_at", json!("2026-10-01T10:00:00.000000Z")),
    ] {
        assert_eq!(payment[field], value, "{field}");
    }
    assert_eq!(shown["entries"][0]["kind"], "purchase");
    assert_eq!((&shown["entries"][0]["amount"], &shown["entries"][0]["running"]), (&json!("120"), &json!("120")));
    assert_eq!(shown["entries"].as_array().unwrap().len(), 1);
    let table = db.bursar(&["payments", "show", "pi_one"]).ok().stdout;
    for fact in ["1,049.00 THB", "succeeded, may be refunded", "Ada <Ada@Example.com>", "120 STAR", "+120", "purchase"]
    {
        assert!(table.contains(fact), "{fact}: {table}");
    }
    assert!(table.lines().all(|l| l.chars().count() <= 80), "{table}");
    let none = db.bursar(&["payments", "show", "bbbb"]).ok().stdout;
    assert!(none.contains("ledger: none") && none.contains("49.00 THB"), "{none}");
    // What is no currency is shown as it is.
    let odd = db.json(&["payments", "show", "cccc", "-o", "json"])["payment"].clone();
    assert_eq!((&odd["amount"], &odd["stored"], &odd["currency"]), (&Value::Null, &json!("4900"), &json!("XX")));
}

#[test]
fn the_refunds_of_a_payment_are_shown_where_the_database_keeps_any() {
    let db = paid();
    if db.value("SELECT to_regclass('bursar.refunds') IS NULL") == "true" {
        assert_eq!(db.json(&["payments", "show", "pi_one", "-o", "json"])["refunds"], Value::Null);
        db.sql(
            "CREATE TABLE bursar.refunds (id uuid, number bigint, payment text, amount bigint, currency text, state text, units_taken numeric,
                unit text, reason text, created_at timestamptz, gateway text, gateway_ref text);
             INSERT INTO bursar.refunds VALUES
                ('00000000-0000-4000-8000-0000000000f2', 2, 'aaaa0000-0000-4000-8000-000000000001', 4900, 'THB', 'failed', 5, 'STAR', 'other', '2026-10-05Z', 'stripe', NULL),
                ('00000000-0000-4000-8000-0000000000f1', 1, 'aaaa0000-0000-4000-8000-000000000001', 100000, 'THB', 'succeeded', 115, 'STAR', 'duplicate', '2026-10-04Z', 'stripe', 're_1'),
                ('00000000-0000-4000-8000-0000000000f3', 3, 'aaaa0000-0000-4000-8000-000000000002', 1, 'JPY', 'succeeded', 1, 'STAR', 'other', '2026-10-04Z', 'stripe', 're_2')",
        );
        let refunds = db.json(&["payments", "show", "pi_one", "-o", "json"])["refunds"].clone();
        let states: Vec<_> = refunds.as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["succeeded", "failed"]);
        let table = db.bursar(&["payments", "show", "pi_one"]).ok().stdout;
        assert!(table.contains("1,000.00 THB") && table.contains("115 STAR"), "{table}");
    }
    assert!(db.bursar(&["payments", "show", "bbbb"]).ok().stdout.contains("refunds: none"));
}

#[test]
fn a_list_is_narrowed_by_each_condition() {
    let db = paid();
    for (arguments, expected) in [
        // A time that is missing comes first, as in any descending order.
        (&[][..], "4321"),
        (&["--search", "ADA@example"], "21"),
        (&["--search", "bob"], "43"),
        (&["--search", "CH_ONE"], "1"),
        (&["--search", "bbbb0000"], "3"),
        (&["--search", "%"], ""),
        (&["--search", "' OR true --"], ""),
        (&["--status", "succeeded"], "41"),
        (&["--since", "2026-10-02"], "32"),
        (&["--until", "2026-10-02T10:00:00Z"], "1"),
        (&["--min", "49", "--currency", "thb"], "31"),
        (&["--min", "49.01", "--currency", "THB"], "1"),
        (&["--max", "1048.99", "--currency", "THB"], "3"),
        (&["--min", "500", "--max", "500", "--currency", "JPY"], "2"),
        (&["--amount", "฿49", "--currency", "THB"], "3"),
        (&["--amount", "1 049.00 THB", "--currency", "THB"], "1"),
        (&["--amount", "50", "--currency", "THB"], ""),
        (&["--amount", "500", "--currency", "JPY", "--since", "2026-10-01"], "2"),
        (&["--min", "0", "--currency", "JPY"], "2"),
        (&["--account", BOB], "43"),
        (&["--refundable"], "41"),
        (&["--refundable", "--account", ADA, "--since", "2026-01-01"], "1"),
    ] {
        assert_eq!(listed(&db, arguments), expected, "{arguments:?}");
    }
    for (arguments, says) in [
        (&["--min", "1"][..], "--currency"),
        (&["--amount", "1"], "the payments are in THB, JPY, XX"),
        (&["--amount", "1", "--min", "1", "--currency", "THB"], "--min"),
        (&["--amount", "-5", "--currency", "THB"], "an amount is positive"),
        (&["--min", "500.5", "--currency", "JPY"], "JPY has no decimals"),
        (&["--min", "1e3", "--currency", "THB"], "it is not a number"),
        (&["--min", "1 USD", "--currency", "THB"], "USD is another currency"),
        (&["--min", "1", "--currency", "BAHT"], "'BAHT' is not a currency"),
        (&["--account", "bob"], "'bob' is no account"),
        (&["--cursor", "zz"], "--cursor"),
        (&["--cursor", "-/x"], "--cursor"),
        (&["--since", "yesterday"], "--since"),
    ] {
        db.bursar(&[&["payments", "list"], arguments].concat()).exits(2).says(says);
    }
}

#[test]
fn an_amount_needs_no_currency_where_there_is_only_one() {
    let db = paid();
    db.sql("UPDATE payments SET currency = 'thb' WHERE currency = 'XX'; UPDATE payments SET currency = 'THB' WHERE currency = 'JPY'");
    for (arguments, expected) in [
        (&["--amount", "49"][..], "43"),
        (&["--amount", "๔๙", "--since", "1000d"], "3"),
        (&["--min", "49.01"], "1"),
        (&["--max", "49"], "432"),
    ] {
        assert_eq!(listed(&db, arguments), expected, "{arguments:?}");
    }
    let none = Db::new(Template::Migrated("mimivibe"));
    none.bursar(&["payments", "list", "--amount", "49"]).exits(2).says("no payment has a currency");
}

#[test]
fn amounts_of_stripes_own_are_read_and_compared_as_such() {
    let db = paid();
    db.sql(
        "UPDATE payments SET currency = 'ISK', amount = 50000 WHERE stripe_payment_intent_id = 'pi_one_more';
         UPDATE payments SET currency = 'MGA', amount = 5 WHERE id = 'bbbb0000-0000-4000-8000-000000000003'",
    );
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("mimivibe");
    let built_in = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("packs/mimivibe");
    run(std::process::Command::new("cp").arg("-r").args([&built_in, &pack])).ok();
    let manifest = std::fs::read_to_string(built_in.join("pack.toml")).unwrap();
    let stripes = manifest.replace("amounts = \"minor\"", "amounts = \"stripe\"");
    std::fs::write(pack.join("pack.toml"), stripes).unwrap();
    let app = ["--app", pack.to_str().unwrap(), "--trust-pack"];
    let amount = |payment: &str| {
        let shown = db.json(&[&["payments", "show", payment, "-o", "json"][..], &app].concat());
        shown["payment"]["amount"].as_str().unwrap().to_owned()
    };
    assert_eq!([amount("pi_one_more"), amount("bbbb"), amount("pi_one")], ["500", "5.00", "1049.00"]);
    for (arguments, expected) in [
        (&["--amount", "500", "--currency", "ISK"][..], "2"),
        (&["--amount", "5", "--currency", "MGA"], "3"),
        (&["--min", "4.50", "--max", "5.50", "--currency", "MGA"], "3"),
        (&["--min", "5.50", "--currency", "MGA"], ""),
        (&["--amount", "1,049", "--currency", "THB"], "1"),
    ] {
        assert_eq!(listed(&db, &[arguments, &app].concat()), expected, "{arguments:?}");
    }
    let described = db.bursar(&["pack", "show", app[1]]).ok().stdout;
    assert!(described.contains("amounts in Stripe's smallest unit"), "{described}");
}

#[test]
fn pages_follow_one_another_without_a_gap_or_a_repetition() {
    let db = Db::new(Template::Seeded("mimivibe"));
    // Times that are equal, and times that are missing, fall on page boundaries too.
    db.sql(
        "ALTER TABLE payments DISABLE TRIGGER ALL;
        UPDATE payments SET created_at = date_trunc('week', created_at);
        UPDATE payments SET created_at = NULL WHERE id IN (SELECT id FROM payments ORDER BY id LIMIT 20);
        UPDATE payments SET created_at = 'infinity' WHERE id IN (SELECT id FROM payments ORDER BY id DESC LIMIT 20)",
    );
    let count: usize = db.value("SELECT count(*) FROM payments").parse().unwrap();
    let mut seen = BTreeSet::new();
    let mut order = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut arguments = vec!["payments", "list", "-o", "json", "--limit", if soak() { "7" } else { "37" }];
        if let Some(cursor) = &cursor {
            arguments.extend(["--cursor", cursor]);
        }
        let page = db.json(&arguments);
        assert_eq!(page["total"], count);
        for payment in page["payments"].as_array().unwrap() {
            let id = payment["payment"].as_str().unwrap().to_owned();
            assert!(seen.insert(id.clone()), "{id} comes twice");
            order.push(id);
        }
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len(), count);
    let whole = db.json(&["payments", "list", "-o", "json", "--limit", "0"]);
    let whole: Vec<_> = whole["payments"].as_array().unwrap().iter().map(|p| p["payment"].as_str().unwrap()).collect();
    assert_eq!(order, whole);
    let cut = db.bursar(&["payments", "list", "--limit", "7"]).ok().stdout;
    assert!(cut.contains(&format!("showing 7 of {count}; --limit 0 for all, or the next page:\n--cursor ")), "{cut}");
    db.bursar(&["payments", "list", "--limit", "7", "-o", "csv"]).ok().says("showing 7 of");
}

/// Names and ids as somebody who wishes us ill would choose them.
#[test]
fn hostile_data_breaks_neither_a_table_nor_a_spreadsheet() {
    let db = paid();
    db.sql("UPDATE users SET name = E'=HYPERLINK(\"http://x\")\\x1b[2J\\n\\u202Eดวงใจ 🌙' WHERE email = 'Ada@Example.com';
            UPDATE payments SET stripe_payment_intent_id = '@cmd|x', package_type = '-1+1' WHERE stripe_payment_intent_id = 'pi_one_more';
            ALTER TABLE payments ALTER user_id DROP NOT NULL;
            UPDATE payments SET user_id = NULL WHERE stripe_payment_intent_id IS NULL");
    let table = db.bursar(&["payments", "list"]).ok().stdout;
    assert!(
        !table.contains('\x1b')
            && !table.contains('\u{202e}')
            && table.contains("\\u{1b}[2J")
            && table.contains("ดวงใจ 🌙"),
        "{table}"
    );
    let facts = db.bursar(&["payments", "show", "@cmd|x"]).ok().stdout;
    assert!(!facts.contains('\x1b') && facts.contains("@cmd|x"), "{facts}");
    let several = db.bursar(&["payments", "show", "aaaa"]).exits(2).stderr;
    assert!(!several.contains('\x1b'), "{several}");
    assert_eq!(several.lines().filter(|l| l.starts_with("  aaaa")).count(), 2, "{several}");
    // Nobody's payment is found and shown as nobody's.
    let nobodys = db.json(&["payments", "show", "bbbb", "-o", "json"]);
    assert_eq!((&nobodys["payment"]["customer"], &nobodys["entries"]), (&Value::Null, &json!([])));
    assert!(db.bursar(&["payments", "show", "bbbb"]).ok().stdout.contains("customer  -"));
    let csv = db.bursar(&["payments", "list", "-o", "csv"]).ok().stdout;
    let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(rows.len(), 4);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '@', '+', '\t']), "{cell}");
    }
    assert!(rows.iter().any(|r| r[3].starts_with("'=HYPERLINK")), "{csv}");
    let ndjson = db.bursar(&["payments", "list", "-o", "ndjson"]).ok().stdout;
    assert_eq!(
        ndjson.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).filter(|r| r["type"] == "payment").count(),
        4
    );
}

#[test]
fn amounts_in_whole_units_are_exact_too() {
    let db = Db::new(Template::Migrated("aethercrown"));
    db.sql("ALTER TABLE payments DROP CONSTRAINT payments_amount_check, DROP CONSTRAINT payments_currency_check;
        INSERT INTO payments (order_id, amount, currency, metadata, created_at) VALUES
            ('ORDER1', 12345678.9, 'USD', '{\"customer_name\": \"Noi\"}', '2026-10-05Z'), ('ORDER2', 500.5, 'JPY', '{}', '2026-10-04Z'),
            ('ORDER3', 'NaN', 'USD', '{}', '2026-10-03Z'), ('ORDER4', 500, 'JPY', '{}', '2026-10-02Z'), ('ORDER5', 5, 'nothing', '{}', '2026-10-01Z')");
    let table = db.bursar(&["payments", "list"]).ok().stdout;
    for (line, amount) in
        table.lines().skip(1).zip(["12,345,678.90 USD", "? 500.50 JPY", "? NaN USD", "500 JPY", "? 5.00 NOTHING"])
    {
        assert!(line.contains(amount), "{amount}: {table}");
    }
    let found =
        db.json(&["payments", "list", "--min", "12345678.90", "--currency", "USD", "--search", "noi", "-o", "json"]);
    assert_eq!(found["payments"][0]["amount_minor"], "1234567890");
    let shown = db.json(&["payments", "show", "ORDER1", "-o", "json"]);
    assert_eq!((&shown["payment"]["customer"], &shown["entries"]), (&json!("Noi"), &Value::Null));
}

#[test]
fn an_application_without_payments_says_so() {
    for app in ["avolve", "organic-os"] {
        let db = Db::new(Template::Migrated(app));
        for arguments in [&["payments", "list"][..], &["payments", "show", "pi_one"]] {
            db.bursar(arguments).exits(2).says("keeps no payments, so there is nothing to refund");
        }
    }
}
