//! Ledgers as strangers keep them: what an account began with, fees apart, two balances of one entry, and both sides in a row.

use super::{draft, finding, read};
use crate::support::{Db, Template};

/// A balance that begins with what somebody loaded is the opening and what the entries sum to.
#[test]
fn what_an_account_began_with_is_its_opening() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA gifts; SET search_path = gifts;
         CREATE TABLE gift_cards (id bigserial PRIMARY KEY, code text NOT NULL UNIQUE, initial_value_cents int NOT NULL,
             balance_cents int NOT NULL, currency char(3) NOT NULL DEFAULT 'USD', created_at timestamptz NOT NULL);
         CREATE TABLE gift_card_redemptions (id bigserial PRIMARY KEY, gift_card_id bigint NOT NULL REFERENCES gift_cards,
             order_number text NOT NULL, amount_cents int NOT NULL CHECK (amount_cents > 0), reversed boolean NOT NULL DEFAULT false,
             created_at timestamptz NOT NULL);
         INSERT INTO gift_cards (code, initial_value_cents, balance_cents, created_at)
             SELECT 'GC' || g, (ARRAY[2500, 5000, 10000])[1 + g % 3], 0, now() - interval '9 days' FROM generate_series(1, 90) g;
         INSERT INTO gift_card_redemptions (gift_card_id, order_number, amount_cents, reversed, created_at)
             SELECT 1 + g % 40, 'O' || g, 100 + g * 131 % 500, g % 13 = 0, now() - interval '5 days' FROM generate_series(1, 140) g;
         UPDATE gift_cards c SET balance_cents = initial_value_cents - (SELECT coalesce(sum(amount_cents), 0)
             FROM gift_card_redemptions r WHERE r.gift_card_id = c.id AND NOT reversed)",
    );
    let folder = tempfile::tempdir().unwrap();
    let (pack, ran) = draft(&db, folder.path(), "gifts", &[]);
    ran.tells(
        "✓ a ledger in gift_card_redemptions, with balances in gift_cards.balance_cents, opened with initial_value_cents: \
         40 of 40 accounts agree",
    );
    let balances = read(&pack, "ledger/balances.sql");
    assert!(balances.contains("b.balance_cents AS balance,") && balances.contains("b.initial_value_cents AS opening,"));
    assert!(read(&pack, "ledger/entries.sql").contains("-e.amount_cents AS delta"));
    db.bursar(&["pack", "check", pack.to_str().unwrap(), "--trust-pack", "--data"]).ok().tells("40 of 40 accounts");
    assert!(finding(&db, &pack).is_empty());
    // A card that nobody has used is compared, too.
    db.sql("UPDATE gifts.gift_cards SET balance_cents = balance_cents - 1 WHERE id = 77");
    assert_eq!(finding(&db, &pack), ["ledger.balance".to_owned()].into());
}

/// An amount that says of itself that it is a change is a movement, whatever it is a change of; and the other balance of the
/// same entries is named.
#[test]
fn two_balances_that_one_entry_changes_are_two_ledgers() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA exchange; SET search_path = exchange;
         CREATE TABLE balances (user_id bigint NOT NULL, asset varchar(10) NOT NULL, available numeric(36, 18) NOT NULL,
             held numeric(36, 18) NOT NULL, PRIMARY KEY (user_id, asset));
         CREATE TABLE balance_changes (id bigserial PRIMARY KEY, user_id bigint NOT NULL, asset varchar(10) NOT NULL, reason text NOT NULL,
             available_change numeric(36, 18) NOT NULL DEFAULT 0, held_change numeric(36, 18) NOT NULL DEFAULT 0, created_at timestamptz NOT NULL);
         INSERT INTO balance_changes (user_id, asset, reason, available_change, held_change, created_at)
             SELECT 1 + g % 12, (ARRAY['BTC', 'ETH', 'USDT'])[1 + g % 3], CASE WHEN g % 4 = 0 THEN 'hold' ELSE 'deposit' END,
                    CASE WHEN g % 4 = 0 THEN -g ELSE 9 * g END + g / 1e18, CASE WHEN g % 4 = 0 THEN g - g / 1e18 ELSE 0 END,
                    now() - interval '9 days' + g * interval '1 minute' FROM generate_series(1, 500) g;
         INSERT INTO balances SELECT user_id, asset, sum(available_change), sum(held_change) FROM balance_changes GROUP BY 1, 2",
    );
    let folder = tempfile::tempdir().unwrap();
    let (pack, ran) = draft(&db, folder.path(), "exchange", &[]);
    let ran = ran
        .tells("✓ a ledger in balance_changes, with balances in balances.available: 12 of 12 accounts agree")
        .tells("? another candidate: balance_changes against balances.held, 12 of 12 accounts agree");
    assert!(finding(&db, &pack).is_empty());
    let command = ran.stdout.lines().find_map(|line| line.strip_prefix("  bursar ")).unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    db.bursar(&words).ok().tells("✓ a ledger in balance_changes, with balances in balances.held");
    db.sql("UPDATE exchange.balances SET held = held + 1e-18 WHERE user_id = 4");
    assert_eq!(finding(&db, std::path::Path::new(words[2])), ["ledger.balance".to_owned()].into());
}

/// A row that gives and one that receives have many names; where one side is missing, the money came from outside or left.
#[test]
fn both_sides_of_a_transfer_have_many_names() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    for (schema, from, to) in [
        ("jpa", "source_account_number", "target_account_number"),
        ("abroad", "sender_account_number", "beneficiary_account_number"),
    ] {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE account (id bigserial PRIMARY KEY, account_number varchar(34) NOT NULL UNIQUE, balance numeric(19, 2) NOT NULL,
                 currency varchar(3) NOT NULL, version bigint NOT NULL);
             CREATE TABLE account_transaction (id bigserial PRIMARY KEY, {from} varchar(34), {to} varchar(34), amount numeric(19, 2) NOT NULL,
                 transaction_type varchar(20) NOT NULL, status varchar(20) NOT NULL, initiation_date timestamptz NOT NULL);
             INSERT INTO account SELECT g, 'DE00' || g, 0, 'EUR', 0 FROM generate_series(1, 20) g;
             INSERT INTO account_transaction ({from}, {to}, amount, transaction_type, status, initiation_date)
                 SELECT CASE WHEN g % 3 > 0 THEN 'DE00' || 1 + g % 20 END, CASE WHEN g % 3 <> 1 THEN 'DE00' || 1 + g * 7 % 20 END,
                        CASE g % 3 WHEN 0 THEN 900 ELSE 10 END + g % 97,
                        (ARRAY['DEPOSIT', 'WITHDRAWAL', 'TRANSFER'])[1 + g % 3],
                        CASE WHEN g % 11 = 0 THEN 'FAILED' ELSE 'COMPLETED' END, now() - interval '9 days' + g * interval '1 minute'
                   FROM generate_series(1, 400) g;
             UPDATE account a SET balance = coalesce((SELECT sum(CASE WHEN {to} = account_number THEN amount ELSE 0 END)
                        - sum(CASE WHEN {from} = account_number THEN amount ELSE 0 END)
                   FROM account_transaction WHERE status = 'COMPLETED' AND account_number IN ({from}, {to})), 0)"
        ));
        let (pack, ran) = draft(&db, folder.path(), schema, &[]);
        ran.tells("✓ a ledger in account_transaction, with balances in account.balance: 20 of 20 accounts agree");
        assert!(finding(&db, &pack).is_empty(), "{schema}");
        db.sql(&format!("UPDATE {schema}.account SET balance = balance + 0.01 WHERE id = 4"));
        assert_eq!(finding(&db, &pack), ["ledger.balance".to_owned()].into(), "{schema}");
    }
}

/// A refusal names what is there: a table with all that an entry needs is not said to be missing.
#[test]
fn a_refusal_names_what_came_nearest() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA spree; SET search_path = spree;
         CREATE TABLE store_credits (id serial PRIMARY KEY, user_id int, amount numeric(8, 2) NOT NULL, amount_used numeric(8, 2) NOT NULL,
             amount_authorized numeric(8, 2) NOT NULL, created_at timestamp NOT NULL);
         CREATE TABLE store_credit_events (id serial PRIMARY KEY, store_credit_id int NOT NULL, action varchar NOT NULL, amount numeric(8, 2),
             user_total_amount numeric(8, 2) NOT NULL, amount_remaining numeric(8, 2), created_at timestamp NOT NULL);
         INSERT INTO store_credits SELECT g, 1 + g % 9, 50 + g, CASE WHEN g % 2 = 0 THEN g ELSE 0 END, CASE WHEN g % 2 = 1 THEN g ELSE 0 END, now()
             FROM generate_series(1, 30) g;
         INSERT INTO store_credit_events (store_credit_id, action, amount, user_total_amount, amount_remaining, created_at)
             SELECT g, 'allocation', 50 + g, 50 + g, 50 + g, now() - interval '3 days' FROM generate_series(1, 30) g UNION ALL
             SELECT g, 'authorize', g, 50, 50, now() - interval '2 days' FROM generate_series(1, 30) g UNION ALL
             SELECT g, 'capture', g, 50, 50, now() - interval '1 day' FROM generate_series(2, 30, 2) g;
         CREATE SCHEMA single; SET search_path = single;
         CREATE TABLE gl (entry_no bigserial PRIMARY KEY, posting_date date NOT NULL, dr_account text NOT NULL, cr_account text NOT NULL, amount numeric);
         INSERT INTO gl (posting_date, dr_account, cr_account, amount) SELECT current_date, 'A', 'B' || g, g FROM generate_series(1, 9) g",
    );
    let folder = tempfile::tempdir().unwrap();
    // What is authorized is a sum of some events, and no balance that can be spent.
    draft(&db, folder.path(), "spree", &[])
        .1
        .tells("? a ledger in store_credit_events, with balances in store_credits.amount_authorized: 30 of 30 accounts agree")
        .tells("but allocation counts as nothing in it, so that amount_authorized may be a sum of some kinds and no balance");
    draft(&db, folder.path(), "single", &[]).1.tells(
        "- not recognized: a ledger. No candidate agrees. Nearly: no table has an amount, a time and an account of which another \
         table has the balance",
    );
}

/// Points that came in are no balance where others are spent: such a sum is not confirmed.
#[test]
fn a_sum_of_some_kinds_is_no_balance() {
    let db = Db::new(Template::Empty);
    let folder = tempfile::tempdir().unwrap();
    for (schema, column, gone) in [("points", "lifetime_points", "adjusted"), ("stars", "stars", "redeem")] {
        db.sql(&format!(
            "CREATE SCHEMA {schema}; SET search_path = {schema};
             CREATE TABLE members (id int PRIMARY KEY, {column} int NOT NULL DEFAULT 0, joined_at timestamptz NOT NULL);
             CREATE TABLE point_transactions (id bigserial PRIMARY KEY, member_id int NOT NULL REFERENCES members, type text NOT NULL,
                 points int NOT NULL, created_at timestamptz NOT NULL);
             INSERT INTO members SELECT g, 0, now() - interval '90 days' FROM generate_series(1, 30) g;
             INSERT INTO point_transactions (member_id, type, points, created_at)
                 SELECT 1 + g % 30, CASE WHEN g % 7 = 0 THEN '{gone}' ELSE 'earn' END, 10 + g % 57, now() - interval '80 days' + g * interval '1 hour'
                   FROM generate_series(1, 400) g;
             UPDATE members m SET {column} = (SELECT sum(points) FROM point_transactions p WHERE p.member_id = m.id AND type = 'earn')"
        ));
        draft(&db, folder.path(), schema, &[]).1.tells("? a ledger in point_transactions").tells(&format!(
            "but {gone} counts as nothing in it, so that {column} may be a sum of some kinds and no balance"
        ));
        let named = ["--ledger", "point_transactions", "--balances", &format!("members.{column}")];
        draft(&db, folder.path(), schema, &named).1.tells("✓ a ledger in point_transactions");
    }
}

/// A draft of a ledger that the rows confirm names the doubts that they leave.
#[test]
fn a_draft_says_what_its_rows_do_not_tell() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA states; SET search_path = states;
         CREATE TABLE wallets (id int PRIMARY KEY, balance numeric(18, 8) NOT NULL DEFAULT 0, reserved numeric(18, 8) NOT NULL DEFAULT 0);
         CREATE TABLE wallet_entries (id bigserial PRIMARY KEY, wallet_id int NOT NULL REFERENCES wallets, kind text NOT NULL, status text NOT NULL,
             amount numeric(18, 8) NOT NULL, created_at timestamptz NOT NULL);
         INSERT INTO wallets SELECT g FROM generate_series(1, 20) g;
         INSERT INTO wallet_entries (wallet_id, kind, status, amount, created_at)
             SELECT 1 + g % 20, (ARRAY['deposit', 'reserve', 'capture', 'release'])[n], 'completed',
                    CASE n WHEN 1 THEN 50 + g % 31 WHEN 2 THEN 9 + g % 7 WHEN 3 THEN 3 + g % 3 ELSE 1 + g % 2 END,
                    now() - interval '9 days' + g * interval '1 minute' FROM generate_series(1, 100) g, generate_series(1, 4) n WHERE n < 3 OR g % n = 1;
         UPDATE wallets w SET
             balance = (SELECT sum(CASE kind WHEN 'deposit' THEN amount WHEN 'release' THEN amount WHEN 'reserve' THEN -amount ELSE 0 END)
                          FROM wallet_entries e WHERE e.wallet_id = w.id),
             reserved = (SELECT sum(CASE kind WHEN 'deposit' THEN 0 WHEN 'reserve' THEN amount ELSE -amount END)
                           FROM wallet_entries e WHERE e.wallet_id = w.id);
         CREATE SCHEMA vouchers; SET search_path = vouchers;
         CREATE TABLE vouchers (id bigserial PRIMARY KEY, original_amount numeric(10, 2), remaining_amount numeric(10, 2));
         CREATE TABLE voucher_usages (id bigserial PRIMARY KEY, voucher_id bigint REFERENCES vouchers, amount numeric(10, 2), used_at timestamptz);
         INSERT INTO vouchers SELECT g, 25 * (1 + g % 4), 25 * (1 + g % 4) - 5 - g % 19 FROM generate_series(1, 45) g;
         INSERT INTO voucher_usages (voucher_id, amount, used_at) SELECT g, 5 + g % 19, now() - interval '3 days' FROM generate_series(1, 45) g;
         CREATE SCHEMA moneys; SET search_path = moneys;
         CREATE TABLE accounts (id int PRIMARY KEY, balance money);
         CREATE TABLE account_entries (id serial PRIMARY KEY, account_id int REFERENCES accounts, amount money, created_at timestamptz)",
    );
    let folder = tempfile::tempdir().unwrap();
    let said = |schema: &str| draft(&db, folder.path(), schema, &[]).1;
    said("states")
        .tells("✓ a ledger in wallet_entries, with balances in wallets.balance: 20 of 20 accounts agree")
        .tells("? every sampled entry of wallet_entries has completed as its status: the draft counts the others, too")
        .tells("? another candidate: wallet_entries against wallets.reserved, 20 of 20 accounts agree");
    said("vouchers").tells(
        "No candidate is proven. Nearly: voucher_usages.amount against vouchers.remaining_amount, opened with original_amount: \
         45 of 45 accounts agree, which is no evidence",
    );
    said("moneys")
        .tells("Nearly: account_entries.amount, accounts.balance has the type money, which a draft does not read");
}

/// A word of a refund that did not come to pass says that the money is still here, and one of a dispute says nothing.
#[test]
fn the_words_of_a_payment_are_read_whole() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA shop; SET search_path = shop;
         CREATE TABLE payments (id bigserial PRIMARY KEY, user_id int, amount_cents int, currency text, status text, created_at timestamptz);
         INSERT INTO payments (user_id, amount_cents, currency, status, created_at)
             SELECT g, 100 + g, 'USD', w, now() - interval '9 days' FROM generate_series(1, 3) g,
                 unnest(ARRAY['captured', 'refund_pending', 'refund_failed', 'awaiting_refund', 'not_refunded', 'refunded', 'partially_refunded',
                              'charged_back', 'chargeback_pending', 'disputed', 'authorized']) w",
    );
    let folder = tempfile::tempdir().unwrap();
    let (pack, _) = draft(&db, folder.path(), "shop", &[]);
    let manifest = read(&pack, "pack.toml");
    for line in [
        "paid = [\"awaiting_refund\", \"captured\", \"not_refunded\", \"refund_failed\", \"refund_pending\"]",
        "partly = [\"partially_refunded\"]",
        "refunded = [\"refunded\"]",
        "unpaid = [\"authorized\"]",
        "add each to one of the states: \"chargeback_pending\", \"charged_back\", \"disputed\"",
    ] {
        assert!(manifest.contains(line), "{line}: {manifest}");
    }
}

/// A letter says whether a row counts, and `ccy` is a currency.
#[test]
fn a_letter_is_a_flag_and_ccy_a_unit() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA hotel; SET search_path = hotel;
         CREATE TABLE folio (folio_id int PRIMARY KEY, guest text, balance numeric(12, 2) NOT NULL DEFAULT 0);
         CREATE TABLE folio_trn (trn_id bigserial PRIMARY KEY, folio_id int NOT NULL, trn_code varchar(5) NOT NULL, debit numeric(12, 2),
             credit numeric(12, 2), cancelled char(1) NOT NULL DEFAULT 'N', trn_date timestamptz NOT NULL);
         INSERT INTO folio SELECT g FROM generate_series(1, 30) g;
         INSERT INTO folio_trn (folio_id, trn_code, debit, credit, cancelled, trn_date)
             SELECT 1 + g % 30, CASE WHEN g % 4 = 0 THEN 'PAY' ELSE 'RM' END, CASE WHEN g % 4 <> 0 THEN 50 + g % 17 END,
                    CASE WHEN g % 4 = 0 THEN 90 + g % 11 END, CASE WHEN g % 19 = 0 THEN 'Y' ELSE 'N' END, now() - interval '9 days'
               FROM generate_series(1, 400) g;
         UPDATE folio f SET balance = (SELECT sum(coalesce(debit, 0) - coalesce(credit, 0)) FROM folio_trn t
             WHERE t.folio_id = f.folio_id AND cancelled = 'N');
         CREATE SCHEMA two; SET search_path = two;
         CREATE TABLE acct (id int PRIMARY KEY, ccy char(3) NOT NULL, bal_minor bigint NOT NULL DEFAULT 0);
         CREATE TABLE movements (id bigserial PRIMARY KEY, acct_id int NOT NULL REFERENCES acct, amount_minor bigint NOT NULL, ccy char(3) NOT NULL,
             booked_at timestamptz NOT NULL);
         INSERT INTO acct SELECT g, (ARRAY['EUR', 'USD'])[1 + g % 2] FROM generate_series(1, 20) g;
         INSERT INTO movements (acct_id, amount_minor, ccy, booked_at)
             SELECT 1 + g % 20, 100 + g * 13 % 977, (ARRAY['EUR', 'USD'])[1 + (1 + g % 20) % 2], now() - interval '9 days' FROM generate_series(1, 400) g;
         UPDATE acct a SET bal_minor = (SELECT sum(amount_minor) FROM movements m WHERE m.acct_id = a.id)",
    );
    let folder = tempfile::tempdir().unwrap();
    let (hotel, ran) = draft(&db, folder.path(), "hotel", &[]);
    ran.tells("? a ledger in folio_trn, with balances in folio.balance: 30 of 30 accounts agree, but folio is called like a document");
    let entries = read(&hotel, "ledger/entries.sql");
    assert!(entries.contains("WHERE e.cancelled IN ('N')") && entries.contains("AS delta"), "{entries}");
    assert!(finding(&db, &hotel).is_empty());
    let (two, ran) = draft(&db, folder.path(), "two", &[]);
    ran.tells("✓ a ledger in movements, with balances in acct.bal_minor: 20 of 20 accounts agree");
    let entries = read(&two, "ledger/entries.sql");
    assert!(entries.contains(".ccy AS unit"), "{entries}");
}
