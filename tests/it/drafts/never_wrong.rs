//! Schemas of which a draft could say ✓ and be wrong.

use super::{draft, finding, read};
use crate::support::{Db, Template};

/// Of two keys that name an account together, neither is a unit.
#[test]
fn two_keys_name_an_account_together() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    for (schema, first, second, kind, more) in [
        ("tenancy", "tenant_id", "account_id", "int", ""),
        ("orgs", "org_id", "user_id", "int", ""),
        ("shops", "merchant_id", "customer_id", "bigint", ""),
        ("guilds", "guild_id", "player_id", "int", "REFERENCES groups"),
        ("branches", "branch", "customer_no", "int", ""),
    ] {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE groups (id int PRIMARY KEY); INSERT INTO groups SELECT generate_series(1, 3);
             CREATE TABLE wallets ({first} {kind} {more}, {second} {kind}, balance bigint, PRIMARY KEY ({first}, {second}));
             CREATE TABLE wallet_entries (id serial PRIMARY KEY, {first} {kind} {more}, {second} {kind}, amount bigint,
                 created_at timestamptz DEFAULT now() - interval '1 day');
             INSERT INTO wallet_entries ({first}, {second}, amount) SELECT 1 + g % 3, 1 + g % 50, g FROM generate_series(1, 600) g;
             INSERT INTO wallets SELECT {first}, {second}, sum(amount) FROM wallet_entries GROUP BY 1, 2"
        ));
        let (pack, ran) = draft(&db, folder.path(), schema, &[]);
        ran.tells("✓ a ledger in wallet_entries, with balances in wallets.balance: 150 of 150 accounts agree");
        let entries = read(&pack, "ledger/entries.sql");
        let account = format!("e.{first}::text || '/' || e.{second}::text AS account");
        assert!(entries.contains(&account) && entries.contains("'UNIT'::text AS unit"), "{schema}: {entries}");
        db.sql(&format!("UPDATE {schema}.wallets SET balance = balance + 1 WHERE {first} = 2 AND {second} = 5"));
        assert_eq!(finding(&db, &pack), ["ledger.balance".to_owned()].into());
    }
    // A text may be either.
    db.sql(
        "CREATE SCHEMA places; SET search_path = places;
         CREATE TABLE wallets (branch text, customer_no int, balance bigint, PRIMARY KEY (branch, customer_no));
         CREATE TABLE wallet_entries (id serial PRIMARY KEY, branch text, customer_no int, amount bigint, created_at timestamptz DEFAULT now());
         INSERT INTO wallet_entries (branch, customer_no, amount) SELECT 'b' || g % 3, 1 + g % 50, g FROM generate_series(1, 600) g;
         INSERT INTO wallets SELECT branch, customer_no, sum(amount) FROM wallet_entries GROUP BY 1, 2",
    );
    draft(&db, folder.path(), "places", &[])
        .1
        .tells("? a ledger in wallet_entries")
        .tells("branch is taken for the unit, and may be a part of the account's name");
}

/// In double entry some account is always below 0, also where one row has both sides: only those that are may be.
#[test]
fn an_entry_of_two_accounts_is_double_entry() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA pairs; SET search_path = pairs;
         CREATE TABLE accounts (name text PRIMARY KEY, balance bigint NOT NULL DEFAULT 0);
         INSERT INTO accounts SELECT 'customer:' || g FROM generate_series(1, 9) g UNION ALL SELECT 'cash' UNION ALL SELECT 'bank' UNION ALL SELECT 'fees';
         CREATE TABLE postings (id serial PRIMARY KEY, debit_account text NOT NULL REFERENCES accounts,
             credit_account text NOT NULL REFERENCES accounts, amount bigint NOT NULL, posted_at timestamptz NOT NULL DEFAULT now() - interval '1 day');
         INSERT INTO postings (debit_account, credit_account, amount) SELECT 'cash', 'customer:' || 1 + g % 9, 100 + g FROM generate_series(1, 90) g
             UNION ALL SELECT 'bank', 'customer:' || 1 + g % 9, 7 + g FROM generate_series(1, 40) g
             UNION ALL SELECT 'customer:' || 1 + g % 9, 'fees', 1 + g % 5 FROM generate_series(1, 40) g;
         UPDATE accounts a SET balance = coalesce((SELECT sum(CASE WHEN credit_account = a.name THEN amount ELSE -amount END)
             FROM postings WHERE a.name IN (debit_account, credit_account)), 0)",
    );
    let folder = tempfile::tempdir().unwrap();
    let (pack, ran) = draft(&db, folder.path(), "pairs", &[]);
    ran.tells("✓ a ledger in postings")
        .tells("lets these accounts be below 0, as in double entry some are: bank, cash.");
    let balances = read(&pack, "ledger/balances.sql");
    assert!(balances.contains("IN ('bank', 'cash') THEN NULL ELSE 0 END"), "{balances}");
    assert!(finding(&db, &pack).is_empty());
    db.sql(
        "SET search_path = pairs; INSERT INTO postings (debit_account, credit_account, amount) VALUES ('customer:3', 'fees', 9999);
         UPDATE accounts SET balance = balance - 9999 WHERE name = 'customer:3'; UPDATE accounts SET balance = balance + 9999 WHERE name = 'fees'",
    );
    assert!(!finding(&db, &pack).is_empty());
}

/// What stands on an invoice or in a cart sums to it, and is no ledger.
#[test]
fn the_items_of_a_document_are_no_ledger() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    for (schema, one, column) in [("invoicing", "invoice", "balance"), ("carts", "cart", "balance_due")] {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE {one}s (id int PRIMARY KEY, customer_id int, {column} numeric(10, 2), status text DEFAULT 'open', created_at timestamptz DEFAULT now() - interval '1 day');
             CREATE TABLE {one}_lines (id serial PRIMARY KEY, {one}_id int REFERENCES {one}s, amount numeric(10, 2), created_at timestamptz DEFAULT now());
             INSERT INTO {one}s SELECT g, g, 0 FROM generate_series(1, 20) g;
             INSERT INTO {one}_lines ({one}_id, amount) SELECT 1 + g % 20, 3 + g % 11 FROM generate_series(1, 90) g;
             UPDATE {one}s d SET {column} = (SELECT sum(amount) FROM {one}_lines l WHERE l.{one}_id = d.id)"
        ));
        draft(&db, folder.path(), schema, &[])
            .1
            .tells(&format!("? a ledger in {one}_lines"))
            .tells(&format!("{one}s is called like a document ({one}), and what stands on one is no movement"));
    }
}

/// Refunds in whole units beside payments in hundredths, and the other way round.
#[test]
fn refunds_are_in_the_scale_of_the_payments() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    let schema = |schema: &str, paid: &str, back: &str, refund: &str| {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE payments (id serial PRIMARY KEY, {paid} NOT NULL, currency text NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL);
             INSERT INTO payments SELECT g, (10 + g) * 100, 'EUR', 'paid', now() - interval '9 days' FROM generate_series(1, 60) g;
             CREATE TABLE refunds (id serial PRIMARY KEY, payment_id int NOT NULL REFERENCES payments, {back} NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL);
             INSERT INTO refunds SELECT id, id, {refund}, 'done', created_at + interval '1 day' FROM payments WHERE id % 5 = 0"
        ));
    };
    let cents = "amount_cents int";
    schema("fully", cents, "amount numeric(10, 2)", "amount_cents / 100.0");
    let (pack, ran) = draft(&db, folder.path(), "fully", &[]);
    ran.tells("? refunds in refunds, of payments, whose amount is major and is taken to minor by * 100");
    let app = pack.to_str().unwrap();
    let sql = read(&pack, "refunds.sql");
    assert!(sql.contains("r.amount * 100 AS amount"), "{sql}");
    db.bursar(&["pack", "check", app, "--trust-pack", "--data"]).ok();
    assert!(finding(&db, &pack).is_empty());
    db.sql("UPDATE fully.refunds SET amount = amount * 3 WHERE id = 5");
    assert!(finding(&db, &pack).contains("refunds.amounts"));
    // The same without the scale is no pack of minor amounts as soon as one has a fraction.
    std::fs::write(pack.join("refunds.sql"), sql.replace("r.amount * 100 AS amount", "r.amount AS amount")).unwrap();
    db.sql("UPDATE fully.refunds SET amount = 0.5 WHERE id = 5");
    db.bursar(&["pack", "check", app, "--trust-pack", "--data"])
        .exits(3)
        .tells("'amount' has a fraction in 1 of 12 rows");
    // Parts of what was paid, in round sums, may be either.
    schema("partly", cents, "amount numeric(10, 2)", "5");
    draft(&db, folder.path(), "partly", &[]).1.tells("which the rows do not tell: it may be in another scale");
    schema("hundredths", "amount numeric(10, 2)", "amount_cents int", "500");
    draft(&db, folder.path(), "hundredths", &[])
        .1
        .tells("whose amount_cents is minor and is taken to major by / 100.0");
    // Whoever pays in a currency without hundredths has no one factor.
    schema("yen", cents, "amount numeric(10, 2)", "amount_cents / 100.0");
    db.sql("UPDATE yen.payments SET currency = 'JPY' WHERE id = 1");
    draft(&db, folder.path(), "yen", &[]).1.tells("not every currency has hundredths");
}

/// Tables that somebody names belong together by their values, whatever their columns are called.
#[test]
fn named_tables_are_joined_by_their_values() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA cards; SET search_path = cards;
         CREATE TABLE cards (number text PRIMARY KEY, worth numeric(10, 2));
         CREATE TABLE card_log (id serial PRIMARY KEY, what text, card_number text, amount numeric(10, 2), created_at timestamptz DEFAULT now() - interval '1 day');
         INSERT INTO card_log (what, card_number, amount) SELECT 'w' || g % 7, 'GC' || g % 12, g FROM generate_series(1, 150) g;
         INSERT INTO cards SELECT card_number, sum(amount) FROM card_log GROUP BY 1;
         CREATE TABLE lockers (number text PRIMARY KEY, worth int); INSERT INTO lockers VALUES ('x', 1)",
    );
    let folder = tempfile::tempdir().unwrap();
    let named = |balances: &str| {
        let pack = folder.path().join(balances);
        db.bursar(&[
            "pack",
            "new",
            pack.to_str().unwrap(),
            "--schema",
            "cards",
            "--ledger",
            "card_log",
            "--balances",
            balances,
        ])
        .ok()
    };
    named("cards.worth").tells("✓ a ledger in card_log, with balances in cards.worth: 12 of 12 accounts agree");
    let ran = named("lockers.worth");
    assert!(!ran.stdout.contains("Name it with --ledger"), "{ran:?}");
}

/// A check that compared nothing has not passed.
#[test]
fn payments_without_ids_are_not_judged() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA shop; SET search_path = shop;
         CREATE TABLE payments (id serial PRIMARY KEY, amount numeric(10, 2), currency text, status text, created_at timestamptz);
         INSERT INTO payments SELECT g, 10 + g % 3, 'EUR', 'paid', now() - interval '9 days' FROM generate_series(1, 90) g",
    );
    let folder = tempfile::tempdir().unwrap();
    let (pack, _) = draft(&db, folder.path(), "shop", &[]);
    let report = db.bursar(&["audit", "--app", pack.to_str().unwrap(), "--trust-pack", "-o", "json"]).ok().json();
    let check = report["checks"].as_array().unwrap().iter().find(|c| c["id"] == "payments.identified").unwrap();
    assert!(check["reason"].as_str().unwrap_or_default().contains("no payment has an id"), "{check}");
}

/// A name that is printed in a command is one word of it.
#[test]
fn a_printed_command_has_its_names_quoted() {
    let db = Db::new(Template::Empty);
    db.sql("CREATE SCHEMA \"We ird\"; CREATE TABLE \"We ird\".orders (id int)");
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("mine");
    db.bursar(&["pack", "new", pack.to_str().unwrap(), "--schema", "nope"]).exits(2).says("--schema 'We ird'");
}
