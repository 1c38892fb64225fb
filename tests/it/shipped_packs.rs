//! The packs for other projects that come with bursar: each is tried on its project's tables, with rows as the project
//! writes them, and with each fault that there can be.

mod books;

use serde_json::Value;

use crate::support::{Db, Template, bursar, run};

/// A project: its tables, sound rows, and faults with what finds each of them.
struct Project {
    pack: &'static str,
    tables: &'static str,
    rows: &'static str,
    faults: &'static [(&'static str, &'static [&'static str])],
}

/// The check, the kind and the account or else the key of each finding.
fn found(report: &Value) -> Vec<String> {
    let text = |f: &Value, key: &str| f[key].as_str().unwrap_or_default().to_owned();
    let owner = |f: &Value| f["account"].as_str().map_or_else(|| text(f, "key"), str::to_owned);
    let list = report["findings"].as_array().unwrap_or_else(|| panic!("{report}"));
    let mut all: Vec<_> = list
        .iter()
        .map(|f| format!("{} {} {}", text(f, "check"), text(f, "kind"), owner(f)).replace("  ", " "))
        .collect();
    all.sort();
    all
}

/// Audits the sound rows, and then all faults at once: each is at an account of its own.
fn tried(project: &Project) -> Db {
    let db = Db::new(Template::Empty);
    db.sql(project.tables);
    db.sql(project.rows);
    let sound: Value = serde_json::from_str(&db.bursar(&["audit", "-o", "json"]).ok().stdout).unwrap();
    assert_eq!((&sound["app"], &sound["verdict"]), (&project.pack.into(), &"clean".into()), "{sound}");
    assert_eq!(found(&sound), Vec::<String>::new());
    let draft = drafted(&db, project.pack);
    let mut expected: Vec<&str> = Vec::new();
    for (fault, finds) in project.faults {
        db.sql(fault);
        expected.extend(*finds);
    }
    expected.sort_unstable();
    let ran = db.bursar(&["audit", "-o", "json"]).exits(3);
    assert_eq!(found(&serde_json::from_str(&ran.stdout).unwrap()), expected, "{}", project.pack);
    if let Some(draft) = draft {
        let finds = crate::drafts::finding(&db, &draft.path().join("drafted"));
        for check in ["ledger.balance", "ledger.balanced"] {
            let is_expected = expected.iter().any(|finding| finding.starts_with(&format!("{check} ")));
            assert_eq!(finds.contains(check), is_expected, "the draft of {}: {finds:?}", project.pack);
        }
    }
    db
}

/// Drafts a pack as if none came with bursar: what it confirms is clean on the same sound rows, and finds the faults.
fn drafted(db: &Db, project: &str) -> Option<tempfile::TempDir> {
    let schema = match project {
        "blnk" => "blnk",
        "formance" => "_default",
        "stripe-sync" => "stripe",
        _ => "public",
    };
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("drafted");
    let pack = pack.to_str().unwrap();
    let said = crate::drafts::recorded(project, &db.bursar(&["pack", "new", pack, "--schema", schema]).ok());
    if !said.contains('✓') {
        return None;
    }
    db.bursar(&["audit", "--app", pack, "--trust-pack"]).ok();
    Some(folder)
}

#[test]
fn laravel_wallet() {
    let db = tried(&Project {
        pack: "laravel-wallet",
        tables: "
            CREATE TABLE wallets (id bigserial PRIMARY KEY, holder_type varchar(255) NOT NULL, holder_id bigint NOT NULL,
                name varchar(255) NOT NULL, slug varchar(255) NOT NULL, uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
                description varchar(255), meta json, balance numeric(64,0) NOT NULL DEFAULT 0,
                decimal_places smallint NOT NULL DEFAULT 2, created_at timestamp(0), updated_at timestamp(0),
                deleted_at timestamp(0) with time zone, UNIQUE (holder_type, holder_id, slug));
            CREATE TABLE transactions (id bigserial PRIMARY KEY, payable_type varchar(255) NOT NULL, payable_id bigint NOT NULL,
                wallet_id bigint NOT NULL REFERENCES wallets ON DELETE CASCADE, type varchar(255) NOT NULL
                CHECK (type IN ('deposit', 'withdraw')), amount numeric(64,0) NOT NULL, confirmed boolean NOT NULL, meta json,
                uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), created_at timestamp(0), updated_at timestamp(0),
                deleted_at timestamp(0) with time zone)",
        rows: "
            INSERT INTO wallets (id, holder_type, holder_id, name, slug, meta, balance, created_at)
            SELECT g, 'App\\Models\\User', g, 'Default Wallet', 'default', CASE g WHEN 7 THEN '{\"credit\": \"100\"}'::json WHEN 6 THEN '[]' END,
                   70, now() AT TIME ZONE 'UTC' - interval '2 days' FROM generate_series(1, 8) g;
            INSERT INTO transactions (payable_type, payable_id, wallet_id, type, amount, confirmed, created_at, deleted_at)
            SELECT 'App\\Models\\User', g, g, t.type, t.amount, t.confirmed, now() AT TIME ZONE 'UTC' - interval '1 day', t.deleted_at
              FROM generate_series(1, 8) g, (VALUES ('deposit', 100, true, NULL), ('withdraw', -30, true, NULL),
                   ('deposit', 500, false, NULL), ('deposit', 7, true, now())) t (type, amount, confirmed, deleted_at);
            INSERT INTO transactions (payable_type, payable_id, wallet_id, type, amount, confirmed, created_at)
            SELECT 'App\\Models\\User', 7, 7, 'withdraw', -170, true, now() AT TIME ZONE 'UTC';
            UPDATE wallets SET balance = -100 WHERE id = 7",
        faults: &[
            ("UPDATE wallets SET balance = balance + 1 WHERE id = 1", &["ledger.balance cache_drift 1"]),
            ("UPDATE transactions SET confirmed = true WHERE wallet_id = 2", &["ledger.balance cache_drift 2"]),
            (
                "UPDATE transactions SET amount = 30 WHERE wallet_id = 3 AND type = 'withdraw'",
                &["ledger.balance cache_drift 3", "ledger.domain sign 3"],
            ),
            (
                "UPDATE transactions SET amount = -130 WHERE wallet_id = 4 AND type = 'withdraw'; UPDATE wallets SET balance = -30 WHERE id = 4",
                &["ledger.domain cache 4"],
            ),
            (
                "UPDATE transactions SET created_at = now() AT TIME ZONE 'UTC' + interval '1 day' WHERE wallet_id = 5 AND type = 'withdraw'",
                &["ledger.domain future 5"],
            ),
            (
                "UPDATE transactions SET created_at = created_at - interval '9 days' WHERE wallet_id = 6 AND amount = 100",
                &["ledger.domain early 6"],
            ),
        ],
    });
    // Before version 10 nothing was deleted softly.
    db.sql("DELETE FROM transactions WHERE deleted_at IS NOT NULL; ALTER TABLE transactions DROP COLUMN deleted_at; UPDATE wallets SET balance = balance - 1 WHERE id = 1");
    db.bursar(&["audit", "--account", "1"]).ok();
    db.bursar(&["wallet", "show", "7"]).ok().tells("DEFAULT");
}

const PGLEDGER: &str = "
    CREATE TABLE pgledger_accounts (id text PRIMARY KEY, name text NOT NULL, currency text NOT NULL, balance numeric NOT NULL DEFAULT 0,
        version bigint NOT NULL DEFAULT 0, allow_negative_balance boolean NOT NULL, allow_positive_balance boolean NOT NULL,
        metadata jsonb, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
    CREATE TABLE pgledger_transfers (id text PRIMARY KEY, from_account_id text NOT NULL REFERENCES pgledger_accounts,
        to_account_id text NOT NULL REFERENCES pgledger_accounts, amount numeric NOT NULL, created_at timestamptz NOT NULL,
        event_at timestamptz NOT NULL, metadata jsonb, CHECK (amount > 0 AND from_account_id <> to_account_id));
    CREATE TABLE pgledger_entries (id text PRIMARY KEY, account_id text NOT NULL REFERENCES pgledger_accounts,
        transfer_id text NOT NULL REFERENCES pgledger_transfers, amount numeric NOT NULL, account_previous_balance numeric NOT NULL,
        account_current_balance numeric NOT NULL, account_version bigint NOT NULL, created_at timestamptz NOT NULL)";

/// The world gives 50 and then 20.5 to each of nine accounts; `owed` may not be above 0.
const TRANSFERS: &str = "
    INSERT INTO pgledger_accounts SELECT a, a, 'USD', 0, 0, a IN ('world', 'owed'), a <> 'owed', NULL, now() - interval '2 days', now()
      FROM (SELECT 'a' || g FROM generate_series(1, 9) g UNION ALL VALUES ('world'), ('owed')) v (a);
    INSERT INTO pgledger_transfers SELECT 't' || g || n, 'world', 'a' || g, amount, at, at
      FROM generate_series(1, 9) g, (VALUES (1, 50, now() - interval '1 day'), (2, 20.5, now() - interval '1 hour')) v (n, amount, at);
    INSERT INTO pgledger_transfers VALUES ('t99', 'owed', 'a9', 1, now(), now());
    INSERT INTO pgledger_entries
    SELECT e.id, e.account, e.transfer, e.amount, sum(e.amount) OVER w - e.amount, sum(e.amount) OVER w, row_number() OVER w, e.at
      FROM (SELECT id || '-', from_account_id, id, -amount, created_at FROM pgledger_transfers
            UNION ALL SELECT id || '+', to_account_id, id, amount, created_at FROM pgledger_transfers) e (id, account, transfer, amount, at)
    WINDOW w AS (PARTITION BY e.account ORDER BY e.at, e.transfer);
    UPDATE pgledger_accounts a SET (balance, version) = (SELECT sum(amount), count(*) FROM pgledger_entries e WHERE e.account_id = a.id)";

#[test]
fn pgledger() {
    let db = tried(&Project {
        pack: "pgledger",
        tables: PGLEDGER,
        rows: TRANSFERS,
        faults: &[
            ("UPDATE pgledger_accounts SET balance = balance + 1 WHERE id = 'a1'", &["ledger.balance cache_drift a1"]),
            (
                "UPDATE pgledger_entries SET account_current_balance = 51 WHERE id = 't21+'",
                &["ledger.chain bad_start a2"],
            ),
            (
                "UPDATE pgledger_entries SET account_previous_balance = 49 WHERE id = 't32+'",
                &["ledger.chain before_edited a3"],
            ),
            (
                "DELETE FROM pgledger_entries WHERE id = 't42+'; UPDATE pgledger_accounts SET balance = 50 WHERE id = 'a4'",
                &["ledger.balanced single_entry t42"],
            ),
            (
                "UPDATE pgledger_entries SET amount = -50.5, account_current_balance = -0.5 WHERE id = 't52+'; UPDATE pgledger_accounts SET balance = -0.5 WHERE id = 'a5'",
                &["ledger.balanced unbalanced t52", "ledger.domain cache a5", "ledger.domain negative a5"],
            ),
            (
                "UPDATE pgledger_entries SET created_at = now() + interval '1 day' WHERE id = 't62+'",
                &["ledger.domain future a6"],
            ),
            (
                "UPDATE pgledger_entries SET account_version = 3 - account_version WHERE account_id = 'a7'",
                &["ledger.order out_of_order a7"],
            ),
            ("UPDATE pgledger_accounts SET allow_positive_balance = false WHERE id = 'a8'", &["accounts.ceiling a8"]),
            ("UPDATE pgledger_transfers SET amount = amount + 1 WHERE id = 't92'", &["transfers.amount a9"]),
        ],
    });
    // What needs more than tables says so, and changes nothing.
    db.bursar(&["migrate", "up", "--yes"])
        .exits(2)
        .says("no migrations for 'pgledger'")
        .says("migrate up --only bursar");
    db.bursar(&["migrate", "status"]).exits(2).says("no migrations for 'pgledger'");
    db.bursar(&["migrate", "adopt"]).exits(2).says("no migrations for 'pgledger'");
    db.bursar(&["seed", "--users", "3", "--yes"]).exits(2).says("has no simulation");
    db.bursar(&["payments", "list"]).exits(2).says("payments");
    db.bursar(&["jobs", "list"]).exits(2).says("jobs");
    db.bursar(&["stats"]).exits(2);
    db.bursar(&["repair", "balances", "--dry-run"]).exits(2);
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    let doctor = db.bursar(&["doctor"]);
    assert!(doctor.stdout.contains("pgledger") && !doctor.stdout.contains("--app pgledger"), "{doctor:?}");
    assert!(doctor.stdout.contains("pgledger has none: it only reads"), "{doctor:?}");
    db.bursar(&["wallet", "adjust", "a9", "USD", "+1", "--reason", "x", "--yes"])
        .exits(2)
        .says("pgledger has no functions that write balances");
    db.bursar(&["repair", "balances", "--dry-run"]).exits(2);
    db.bursar(&["wallet", "history", "a9"]).ok();
}

#[test]
fn double_entry() {
    let db = tried(&Project {
        pack: "double-entry",
        tables: "
            CREATE TABLE double_entry_account_balances (id bigserial PRIMARY KEY, account varchar NOT NULL, scope varchar,
                balance bigint NOT NULL, created_at timestamp(6) NOT NULL DEFAULT now(), updated_at timestamp(6) NOT NULL DEFAULT now(),
                UNIQUE (scope, account));
            CREATE TABLE double_entry_lines (id bigserial PRIMARY KEY, account varchar NOT NULL, scope varchar, code varchar NOT NULL,
                amount bigint NOT NULL, balance bigint NOT NULL, partner_id bigint, partner_account varchar NOT NULL,
                partner_scope varchar, detail_type varchar, detail_id bigint, metadata jsonb, created_at timestamp(6) NOT NULL,
                updated_at timestamp(6) NOT NULL DEFAULT now())",
        rows: "
            INSERT INTO double_entry_lines (id, account, scope, code, amount, balance, partner_id, partner_account, partner_scope, created_at)
            SELECT e.id, e.account, e.scope, 'deposit', e.amount, sum(e.amount) OVER (PARTITION BY e.account, e.scope ORDER BY e.id),
                   e.partner, e.other, e.other_scope, now() AT TIME ZONE 'UTC' - interval '1 day'
              FROM (SELECT 2 * n - 1, 'bank', NULL, -100 * n, 2 * n, 'savings', (1 + n % 7)::text FROM generate_series(1, 21) n
                    UNION ALL SELECT 2 * n, 'savings', (1 + n % 7)::text, 100 * n, 2 * n - 1, 'bank', NULL FROM generate_series(1, 21) n)
                   e (id, account, scope, amount, partner, other, other_scope);
            INSERT INTO double_entry_account_balances (account, scope, balance)
            SELECT account, scope, sum(amount) FROM double_entry_lines GROUP BY 1, 2",
        faults: &[
            (
                "UPDATE double_entry_account_balances SET balance = balance + 1 WHERE scope = '1'",
                &["ledger.balance cache_drift savings:1"],
            ),
            ("UPDATE double_entry_lines SET balance = balance + 1 WHERE id = 16", &["ledger.chain running_edited savings:2"]),
            (
                "DELETE FROM double_entry_lines WHERE id = 32; UPDATE double_entry_lines SET balance = balance - 1600 WHERE id = 46; UPDATE double_entry_account_balances SET balance = balance - 1600 WHERE scope = '3'",
                &["ledger.balanced single_entry 31"],
            ),
            (
                "UPDATE double_entry_lines SET amount = amount + 5, balance = balance + 5 WHERE id = 34; UPDATE double_entry_account_balances SET balance = balance + 5 WHERE scope = '4'",
                &["ledger.balanced unbalanced 33"],
            ),
            (
                "UPDATE double_entry_lines SET created_at = now() AT TIME ZONE 'UTC' + interval '1 day' WHERE id = 36",
                &["ledger.domain future savings:5"],
            ),
        ],
    });
    // No index keeps the balances of an account without a scope apart.
    db.sql("INSERT INTO double_entry_account_balances (account, balance) VALUES ('bank', 0)");
    db.bursar(&["audit"]).exits(6).tells("pack.unique");
}

#[test]
fn stripe_sync() {
    let db = tried(&Project {
        pack: "stripe-sync",
        tables: "
            CREATE SCHEMA stripe;
            CREATE TABLE stripe.customers (id text PRIMARY KEY, object text, email text, name text, invoice_prefix text, balance integer, created integer);
            CREATE TABLE stripe.payment_intents (id text PRIMARY KEY, object text, amount integer, amount_received integer, created integer,
                currency text, customer text, invoice text, status text);
            CREATE TABLE stripe.charges (id text PRIMARY KEY, object text, paid boolean, amount bigint, status text, created integer,
                currency text, customer text, refunded boolean, payment_intent text, amount_refunded bigint);
            CREATE TABLE stripe.refunds (id text PRIMARY KEY, object text, amount integer, balance_transaction text, charge text,
                created integer, currency text, payment_intent text, reason text, status text)",
        rows: "
            INSERT INTO stripe.customers SELECT 'cus_' || g, 'customer', g || '@example.com', 'Customer ' || g, 'A' || g FROM generate_series(1, 8) g;
            INSERT INTO stripe.payment_intents SELECT 'pi_' || g, 'payment_intent', 1000, 1000, extract(epoch FROM now())::integer - 9000, 'usd', 'cus_' || g, NULL, 'succeeded'
              FROM generate_series(1, 8) g;
            INSERT INTO stripe.payment_intents (id, amount, created, currency, status) VALUES ('pi_9', 500, 1700000000, 'isk', 'requires_payment_method'), ('pi_10', 500, 1700000000, 'jpy', 'canceled');
            INSERT INTO stripe.charges SELECT 'ch_' || g, 'charge', true, 1000, 'succeeded', 1700000000, 'usd', 'cus_' || g, false, 'pi_' || g, 0
              FROM generate_series(1, 7) g;
            INSERT INTO stripe.charges (id, amount, amount_refunded, status) VALUES ('ch_alone', 700, 700, 'succeeded');
            INSERT INTO stripe.refunds (id, amount, charge, created, currency, payment_intent, status) VALUES
                ('re_1', 1000, 'ch_1', 1700000000, 'usd', 'pi_1', 'succeeded'), ('re_2', 300, 'ch_2', 1700000000, 'usd', 'pi_2', 'succeeded'),
                ('re_2b', 700, 'ch_2', 1700000000, 'usd', 'pi_2', 'pending'), ('re_3', 400, 'ch_3', 1700000000, 'usd', 'pi_3', 'failed'),
                ('re_8', 250, NULL, 1700000000, 'usd', 'pi_8', 'succeeded'), ('re_alone', 700, 'ch_alone', 1700000000, 'usd', NULL, 'succeeded');
            UPDATE stripe.charges SET amount_refunded = 1000, refunded = true WHERE id IN ('ch_1', 'ch_2')",
        faults: &[
            ("UPDATE stripe.payment_intents SET status = 'done' WHERE id = 'pi_4'", &["payments.status cus_4"]),
            (
                "INSERT INTO stripe.refunds (id, amount, created, currency, payment_intent, status) VALUES ('re_5', 1001, 1700000000, 'usd', 'pi_5', 'pending')",
                &["refunds.amounts cus_5"],
            ),
            // The refund was copied, and what it changed about the charge was not.
            (
                "INSERT INTO stripe.refunds (id, amount, created, currency, payment_intent, status) VALUES ('re_6', 100, 1700000000, 'usd', 'pi_6', 'succeeded')",
                &["refunds.settled cus_6"],
            ),
            (
                "INSERT INTO stripe.refunds (id, amount, created, currency, payment_intent, status) VALUES ('re_7', 100, 1700000000, 'usd', 'pi_7', 'lost')",
                &["refunds.status re_7"],
            ),
            (
                "INSERT INTO stripe.refunds (id, amount, created, currency, payment_intent, status) VALUES ('re_0', 100, 1700000000, 'usd', 'pi_0', 'succeeded')",
                &["refunds.amounts pi_0"],
            ),
        ],
    });
    db.bursar(&["payments", "show", "pi_2"]).ok().tells("partially_refunded").tells("Customer 2 <2@example.com>");
    let refund = ["refund", "create", "pi_8", "--gateway", "record-only", "--gateway-ref", "re_1", "--yes"];
    db.bursar(&refund).exits(2).says("keeps no refunds yet").says("bursar migrate up --only bursar");
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    db.bursar(&refund).exits(2).says("stripe-sync only reads: it has no functions/refunds.sql");
    db.bursar(&["refund", "resume", "--yes"]).exits(2).says("only reads");
}

#[test]
fn blnk() {
    tried(&Project {
        pack: "blnk",
        tables: "
            CREATE SCHEMA blnk;
            CREATE TABLE blnk.balances (id serial PRIMARY KEY, balance_id text NOT NULL UNIQUE, indicator text, balance numeric NOT NULL,
                credit_balance numeric NOT NULL, debit_balance numeric NOT NULL, inflight_balance numeric NOT NULL DEFAULT 0,
                currency text NOT NULL, currency_multiplier numeric NOT NULL DEFAULT 1, ledger_id text NOT NULL DEFAULT 'general_ledger_id',
                created_at timestamp NOT NULL DEFAULT now(), meta_data jsonb, version integer NOT NULL DEFAULT 1);
            CREATE TABLE blnk.transactions (id serial PRIMARY KEY, transaction_id text NOT NULL UNIQUE, source text REFERENCES blnk.balances (balance_id),
                destination text REFERENCES blnk.balances (balance_id), reference text, amount numeric, precise_amount numeric,
                precision bigint DEFAULT 1, rate double precision DEFAULT 1, currency text, status text, parent_transaction text,
                created_at timestamp NOT NULL DEFAULT now(), effective_date timestamp, meta_data jsonb)",
        rows: "
            INSERT INTO blnk.balances (balance_id, balance, credit_balance, debit_balance, currency)
            SELECT b, 0, 0, 0, 'USD' FROM (SELECT 'bln_' || g FROM generate_series(1, 6) g UNION ALL VALUES ('bln_world')) v (b);
            INSERT INTO blnk.transactions (transaction_id, source, destination, amount, precise_amount, precision, currency, status, parent_transaction, created_at)
            SELECT 'txn_' || g || status, 'bln_world', 'bln_' || g, 12.34, CASE WHEN g < 6 THEN 1234 END, 100, 'USD', status, parent, now() AT TIME ZONE 'UTC' - interval '1 day'
              FROM generate_series(1, 5) g, (VALUES ('QUEUED', NULL), ('APPLIED', 'queued'), ('INFLIGHT', NULL), ('VOID', 'inflight'), ('REJECTED', NULL)) v (status, parent);
            UPDATE blnk.balances b SET balance = d.sum FROM (
                SELECT destination, sum(precise_amount) FROM blnk.transactions WHERE status = 'APPLIED' GROUP BY 1
                UNION ALL SELECT source, -sum(precise_amount) FROM blnk.transactions WHERE status = 'APPLIED' GROUP BY 1) d (balance, sum)
             WHERE b.balance_id = d.balance",
        faults: &[
            ("UPDATE blnk.balances SET balance = balance + 1 WHERE balance_id = 'bln_1'", &["ledger.balance cache_drift bln_1"]),
            (
                "UPDATE blnk.transactions SET status = 'VOID' WHERE transaction_id = 'txn_2APPLIED'",
                &["ledger.balance no_entries bln_2", "ledger.balance cache_drift bln_world"],
            ),
        ],
    });
}

#[test]
fn lago_wallets() {
    tried(&Project {
        pack: "lago-wallets",
        tables: "
            CREATE TABLE wallets (id uuid PRIMARY KEY, customer_id uuid NOT NULL DEFAULT gen_random_uuid(), status integer NOT NULL DEFAULT 0,
                name varchar, rate_amount numeric(30,5) NOT NULL DEFAULT 1, credits_balance numeric(30,5) NOT NULL DEFAULT 0,
                consumed_credits numeric(30,5) NOT NULL DEFAULT 0, credits_ongoing_balance numeric(30,5) NOT NULL DEFAULT 0,
                balance_cents bigint NOT NULL DEFAULT 0, balance_currency varchar NOT NULL DEFAULT 'EUR', traceable boolean NOT NULL DEFAULT false,
                created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL DEFAULT now());
            CREATE TABLE wallet_transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), wallet_id uuid NOT NULL, transaction_type integer NOT NULL,
                status integer NOT NULL, amount numeric(30,5) NOT NULL DEFAULT 0, credit_amount numeric(30,5) NOT NULL DEFAULT 0,
                settled_at timestamp, created_at timestamp(6) NOT NULL, invoice_id uuid, source integer NOT NULL DEFAULT 0,
                transaction_status integer NOT NULL DEFAULT 0)",
        rows: "
            INSERT INTO wallets (id, credits_balance, traceable, created_at)
            SELECT lpad(g::text, 32, '0')::uuid, 7.5, g <> 6, now() AT TIME ZONE 'UTC' - interval '2 days' FROM generate_series(1, 8) g;
            INSERT INTO wallet_transactions (wallet_id, transaction_type, status, credit_amount, settled_at, created_at, transaction_status)
            SELECT lpad(g::text, 32, '0')::uuid, v.type, v.status, v.credits, v.at, now() AT TIME ZONE 'UTC' - interval '1 day', v.what
              FROM generate_series(1, 8) g, (VALUES (0, 1, 10, now() AT TIME ZONE 'UTC', 1), (1, 1, 2.5, now() AT TIME ZONE 'UTC', 3),
                   (0, 0, 99, NULL, 0), (0, 2, 98, NULL, 0)) v (type, status, credits, at, what);
            UPDATE wallet_transactions SET credit_amount = 12 WHERE wallet_id = lpad('6', 32, '0')::uuid AND transaction_type = 1;
            UPDATE wallets SET credits_balance = -2 WHERE NOT traceable",
        faults: &[
            (
                "UPDATE wallets SET credits_balance = 7.50001 WHERE id = lpad('1', 32, '0')::uuid",
                &["ledger.balance cache_drift 00000000-0000-0000-0000-000000000001"],
            ),
            (
                "UPDATE wallet_transactions SET status = 1 WHERE status = 2 AND wallet_id = lpad('2', 32, '0')::uuid",
                &["ledger.balance cache_drift 00000000-0000-0000-0000-000000000002"],
            ),
            (
                "UPDATE wallet_transactions SET transaction_type = 2 WHERE credit_amount = 2.5 AND wallet_id = lpad('3', 32, '0')::uuid",
                &["ledger.balance cache_drift 00000000-0000-0000-0000-000000000003", "ledger.domain sign 00000000-0000-0000-0000-000000000003"],
            ),
            (
                "UPDATE wallets SET traceable = true WHERE NOT traceable",
                &["ledger.domain cache 00000000-0000-0000-0000-000000000006"],
            ),
            (
                "UPDATE wallet_transactions SET settled_at = now() AT TIME ZONE 'UTC' + interval '1 day' WHERE credit_amount = 2.5 AND wallet_id = lpad('5', 32, '0')::uuid",
                &["ledger.domain future 00000000-0000-0000-0000-000000000005"],
            ),
        ],
    });
}

/// A system that has another project's tables beside its own is still that system, and where nothing fits, little is said.
#[test]
fn a_system_is_what_its_database_is() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(PGLEDGER);
    assert_eq!(db.json(&["pack", "show", "-o", "json"])["name"], "mimivibe");
    assert_eq!(db.json(&["pack", "show", "pgledger", "-o", "json"])["name"], "pgledger");
    let other = Db::new(Template::Empty);
    other.sql("CREATE TABLE pgledger_accounts (id text, allow_negative_balance boolean)");
    let said = other.bursar(&["audit"]).exits(2).says("pgledger is the nearest, and lacks").says("and 3 more").stderr;
    assert!(said.lines().all(|line| line.len() < 200) && said.lines().count() < 8, "{said}");
    let listed = run(bursar().args(["pack", "list"])).ok();
    for pack in [
        "laravel-wallet",
        "pgledger",
        "double-entry",
        "stripe-sync",
        "blnk",
        "lago-wallets",
        "formance",
        "fineract-savings",
    ] {
        let line = listed.stdout.lines().find(|line| line.trim().starts_with(pack));
        assert!(line.is_some_and(|line| line.contains("read-only")), "{}", listed.stdout);
    }
}
