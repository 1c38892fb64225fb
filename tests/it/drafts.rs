//! Drafts of packs for schemas of real shapes: each is right, so that an audit with it is clean, and red after one fault; or
//! it is refused, with what lacked.

use std::path::{Path, PathBuf};

use crate::support::{Db, Ran, Template, sample};

/// Schemas as other projects have them, in the names and types of their own tables, with sound rows.
const SHAPES: &str = include_str!("drafts/shapes.sql");

/// The expected lines of a schema's draft, and a fault that an audit with it has to find.
struct Expected {
    schema: &'static str,
    says: &'static str,
    fault: &'static str,
    check: &'static str,
}

const EXPECTED: &[Expected] = &[
    Expected {
        schema: "pgledger",
        says: "✓ a ledger in pgledger_entries, with balances in pgledger_accounts.balance: 6 of 6 accounts agree; account_current_balance: 6 of 6 chain",
        fault: "DELETE FROM pgledger.pgledger_entries WHERE account_id = 'pgla_1' AND account_version = 7",
        check: "ledger.balanced",
    },
    Expected {
        schema: "bavix",
        says: "✓ a ledger in transactions, with balances in wallets.balance: 12 of 12 accounts agree",
        fault: "UPDATE bavix.wallets SET balance = balance + 5 WHERE id = 3",
        check: "ledger.balance",
    },
    Expected {
        schema: "lago",
        says: "✓ a ledger in wallet_transactions, with balances in wallets.credits_balance: 15 of 15 accounts agree",
        fault: "UPDATE lago.wallet_transactions SET status = 1 WHERE id = (SELECT id FROM lago.wallet_transactions WHERE status = 2 LIMIT 1)",
        check: "ledger.balance",
    },
    Expected {
        schema: "fineract",
        says: "✓ a ledger in m_savings_account_transaction, with balances in m_savings_account.account_balance_derived: 9 of 9 accounts agree; running_balance_derived: 9 of 9 chain",
        fault: "UPDATE fineract.m_savings_account_transaction SET running_balance_derived = running_balance_derived + 1 WHERE id = 30",
        check: "ledger.chain",
    },
    Expected {
        schema: "lcredits",
        says: "✓ a ledger in credits with running balances only: 7 of 7 accounts chain",
        fault: "UPDATE lcredits.credits SET running_balance = running_balance + 1 WHERE id = 30",
        check: "ledger.chain",
    },
    Expected {
        schema: "blnk",
        says: "✓ a ledger in transactions, with balances in balances.balance: 8 of 8 accounts agree",
        fault: "UPDATE blnk.balances SET balance = balance + 1 WHERE id = 3",
        check: "ledger.balance",
    },
    Expected {
        schema: "prisma",
        says: "✓ a ledger in CreditTransaction, with balances in User.creditBalance: 10 of 10 accounts agree",
        fault: "DELETE FROM prisma.\"CreditTransaction\" WHERE id = (SELECT min(id) FROM prisma.\"CreditTransaction\")",
        check: "ledger.balance",
    },
    Expected {
        schema: "supa",
        says: "✓ a ledger in credit_ledger, with balances in profiles.credits: 10 of 10 accounts agree",
        fault: "UPDATE supa.profiles SET credits = 0 WHERE id = (SELECT min(id::text)::uuid FROM supa.profiles)",
        check: "ledger.balance",
    },
    Expected {
        schema: "game",
        says: "✓ a ledger in wallet_log, with balances in players.gem_balance, players.gold_balance: 12 of 12 accounts agree",
        fault: "UPDATE game.players SET gem_balance = gem_balance + 1 WHERE id = 1",
        check: "ledger.balance",
    },
    Expected {
        schema: "org",
        says: "✓ a ledger in point_events, with balances in orgs.total_points: 10 of 10 accounts agree",
        fault: "DELETE FROM org.point_events WHERE points = 7",
        check: "ledger.balance",
    },
    Expected {
        schema: "floats",
        says: "✓ a ledger in entries, with balances in accounts.balance: 10 of 10 accounts agree",
        fault: "UPDATE floats.accounts SET balance = balance + 0.01 WHERE id = 4",
        check: "ledger.balance",
    },
];

/// A draft of a schema's pack, and what was said.
fn draft(db: &Db, folder: &Path, schema: &str, more: &[&str]) -> (PathBuf, Ran) {
    let pack = folder.join(format!("{schema}{}", more.len()));
    let ran = db.bursar(&[&["pack", "new", pack.to_str().unwrap(), "--schema", schema], more].concat()).ok();
    (pack, ran)
}

fn read(pack: &Path, file: &str) -> String {
    std::fs::read_to_string(pack.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[test]
fn each_draft_is_clean_and_red_after_one_fault() {
    let db = Db::new(Template::Empty);
    db.sql(SHAPES);
    let folder = tempfile::tempdir().unwrap();
    for expected in sample(EXPECTED, 3) {
        let (pack, ran) = draft(&db, folder.path(), expected.schema, &[]);
        ran.tells(expected.says);
        let app = pack.to_str().unwrap();
        db.bursar(&["pack", "check", app, "--trust-pack", "--data"]).ok();
        let audit = || db.bursar(&["audit", "--app", app, "--trust-pack", "--only", "ledger,pack"]);
        let ran = audit();
        assert_eq!(ran.code, 0, "{}: {ran:?}\n{}", expected.schema, read(&pack, "ledger/entries.sql"));
        db.sql(expected.fault);
        audit().exits(3).tells(&format!("✗ {}", expected.check));
    }
}

#[test]
fn a_draft_says_what_it_saw_and_what_it_could_not_see() {
    let db = Db::new(Template::Empty);
    db.sql(SHAPES);
    let folder = tempfile::tempdir().unwrap();
    let drafted = |schema: &str, more: &[&str]| draft(&db, folder.path(), schema, more);
    // The figure stands beside the guess.
    let (pgledger, _) = drafted("pgledger", &[]);
    let entries = read(&pgledger, "ledger/entries.sql");
    assert!(
        entries.contains("-- account_current_balance: 6 of 6 accounts chain; account_previous_balance: 0 of 6."),
        "{entries}"
    );
    assert!(entries.contains("e.account_version AS seq") && entries.contains("e.transfer_id AS ref"), "{entries}");
    let manifest = read(&pgledger, "pack.toml");
    assert!(manifest.contains("order = \"seq\"") && manifest.contains("balanced = \"ref\""), "{manifest}");
    // Nothing agrees, so nothing is drafted; where the tables are named, the figure says what is wrong.
    let (apart, ran) = drafted("apart", &[]);
    ran.tells("No candidate agrees. Nearly: entries.amount against accounts.balance: 0 of 10 accounts agree")
        .tells("--ledger TABLE --balances TABLE.COLUMN");
    assert!(apart.join("ledger/entries.sql.example").is_file() && !apart.join("ledger/entries.sql").exists());
    drafted("apart", &["--ledger", "entries", "--balances", "accounts.balance"])
        .1
        .tells("! a ledger in entries, with balances in accounts.balance: 0 of 10 accounts agree");
    drafted("blank", &[]).1.tells(
        "? a ledger in entries, with balances in accounts.balance: nothing could be tried, because entries has no rows",
    );
    // A check of a draft is an example, which is no check.
    assert!(apart.join("checks/apart2.example.sql.example").is_file() || apart.join("checks").is_dir());
    let ran =
        db.bursar(&["audit", "--app", apart.to_str().unwrap(), "--trust-pack"]).exits(6).tells("nothing was checked");
    assert!(!ran.stderr.contains("example"), "{ran:?}");
    // What is exact, and when it was.
    let floats = read(&drafted("floats", &[]).0, "ledger/entries.sql");
    assert!(floats.contains("round(e.amount::numeric, 2) AS delta"), "{floats}");
    assert!(read(&drafted("org", &[]).0, "ledger/entries.sql").contains("to_timestamp(e.created) AS at"));
    db.sql(&format!("ALTER DATABASE {} SET timezone = 'Asia/Bangkok'", db.name));
    let bavix = read(&drafted("bavix", &["--ledger", "transactions"]).0, "ledger/entries.sql");
    assert!(
        bavix.contains("e.created_at AT TIME ZONE 'Asia/Bangkok' AS at") && bavix.contains("e.type AS kind"),
        "{bavix}"
    );
}

#[test]
fn payments_and_jobs_are_drafted_with_their_own_words() {
    let db = Db::new(Template::Empty);
    db.sql(SHAPES);
    let folder = tempfile::tempdir().unwrap();
    let (lago, ran) = draft(&db, folder.path(), "lago", &[]);
    ran.tells("payments in payments, amounts in amount_cents, minor");
    assert!(read(&lago, "payments.sql").contains("t.provider_payment_id::text"));
    assert!(read(&lago, "pack.toml").contains("paid = [\"succeeded\"]"));
    let (stripe, _) = draft(&db, folder.path(), "stripe", &[]);
    let payments = read(&stripe, "payments.sql");
    assert!(
        payments.contains("to_timestamp(t.created) AS created_at") && payments.contains("ARRAY[t.id::text]"),
        "{payments}"
    );
    let manifest = read(&stripe, "pack.toml");
    assert!(
        manifest.contains("amounts = \"stripe\"") && manifest.contains("tables = [\"payment_intents\"]"),
        "{manifest}"
    );
    // What was bought is the column that the ledger agrees with; where none does, that is said.
    db.sql(
        "CREATE SCHEMA bought; SET search_path = bought;
         CREATE TABLE users (id int PRIMARY KEY, credits bigint NOT NULL);
         CREATE TABLE payments (id text PRIMARY KEY, user_id int NOT NULL REFERENCES users, amount_cents int NOT NULL, credits int NOT NULL,
             currency text NOT NULL, status text NOT NULL, stripe_payment_id text, created_at timestamptz NOT NULL);
         CREATE TABLE credit_transactions (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, amount bigint NOT NULL,
             payment_id text REFERENCES payments, created_at timestamptz NOT NULL);
         INSERT INTO users SELECT g, 10 * g - 3 FROM generate_series(1, 8) g;
         INSERT INTO payments SELECT 'p' || g, g, 490 * g, 10 * g, 'EUR', 'succeeded', 'pi_' || g, now() - interval '2 days' FROM generate_series(1, 8) g;
         INSERT INTO credit_transactions SELECT g, g, 10 * g, 'p' || g, now() - interval '2 days' FROM generate_series(1, 8) g;
         INSERT INTO credit_transactions SELECT 100 + g, g, -3, NULL, now() - interval '1 day' FROM generate_series(1, 8) g",
    );
    let (bought, _) = draft(&db, folder.path(), "bought", &[]);
    let payments = read(&bought, "payments.sql");
    assert!(payments.contains("8 of 8 agree") && payments.contains("t.credits AS granted"), "{payments}");
    let app = bought.to_str().unwrap();
    db.bursar(&["audit", "--app", app, "--trust-pack"]).ok().tells("payments.granted");
    db.sql("UPDATE bought.payments SET credits = 11 WHERE id = 'p1'");
    let found = db.bursar(&["audit", "--app", app, "--trust-pack", "--only", "payments"]).exits(3);
    found.tells("payments.granted");
    db.sql("UPDATE bought.payments SET credits = 7 * amount_cents");
    let ran = draft(&db, folder.path(), "bought", &["--payments", "payments"]).1;
    ran.tells("granted and unit of payments.sql are not drafted");
    let ran = draft(&db, folder.path(), "bought", &["--payments", "users", "--trust-schema"]).1;
    ran.tells("not drafted: payments in users: no number in it is called like an amount");
    let (river, _) = draft(&db, folder.path(), "river", &[]);
    assert!(read(&river, "pack.toml").contains("queued = [\"available\", \"pending\", \"scheduled\"]"));
    for (pack, command) in
        [(&river, &["jobs", "list"][..]), (&stripe, &["payments", "list"]), (&lago, &["payments", "list"])]
    {
        let app = pack.to_str().unwrap();
        db.bursar(&["pack", "check", app, "--trust-pack", "--data"]).ok();
        db.bursar(&[command, &["--app", app, "--trust-pack"]].concat()).ok();
    }
    // A word that the column cannot have, with its place.
    let words = read(&river, "pack.toml");
    std::fs::write(river.join("pack.toml"), words.replace("\"available\"", "\"available\", \"queued\"")).unwrap();
    let line = 1 + words.lines().position(|l| l.starts_with("queued = ")).unwrap();
    let checked = db.bursar(&["pack", "check", river.to_str().unwrap(), "--trust-pack"]).exits(3);
    assert!(checked.stdout.contains(&format!("pack.toml:{line}:24: [jobs.states] has 'queued'")), "{checked:?}");
}

#[test]
fn what_is_not_there_is_an_error() {
    let db = Db::new(Template::Empty);
    db.sql("CREATE SCHEMA hollow; CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)");
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("mine");
    let new = |more: &[&str]| db.bursar(&[&["pack", "new", pack.to_str().unwrap()], more].concat());
    new(&["--schema", "nosuch"]).exits(2).says("there is no schema nosuch").says("tables are in shop: --schema shop");
    new(&["--schema", "hollow"]).exits(2).says("schema hollow has no tables").says("--schema shop");
    new(&["--schema", "shop", "--ledger", "entries"])
        .exits(2)
        .says("--ledger: there is no table entries")
        .says("orders");
    new(&["--schema", "shop", "--balances", "orders"]).exits(2).says("is not of the form TABLE.COLUMN");
    assert!(!pack.exists());
}

#[test]
fn a_check_tells_of_rows_that_the_pack_gets_wrong() {
    let db = Db::new(Template::Empty);
    db.sql(SHAPES);
    let folder = tempfile::tempdir().unwrap();
    let (pack, _) = draft(&db, folder.path(), "floats", &[]);
    let app = pack.to_str().unwrap();
    let (entries, balances) = (read(&pack, "ledger/entries.sql"), read(&pack, "ledger/balances.sql"));
    let check = |data: &str, sql: &str| {
        std::fs::write(pack.join("ledger/entries.sql"), sql).unwrap();
        db.bursar(&["pack", "check", app, "--trust-pack", data])
    };
    check("--data", &entries).ok().tells("✓ 10 of 10 accounts agree with the sum of their entries");
    // A join that doubles rows, a unit that is not there, a sign that is not known, a division by zero.
    check("--data", &entries.replace("FROM entries e", "FROM entries e CROSS JOIN generate_series(1, 2)"))
        .exits(3)
        .tells("(entry_id, account, unit) is not unique");
    check("--data", &entries.replace("'UNIT'::text", "NULL::text")).exits(3).tells("'unit' is NULL in 60 of 60 rows");
    check("--data", &entries.replace("round(", "nullif(1, 1) * round("))
        .exits(3)
        .tells("'delta' is NULL for entries of these kinds, with how many there are: entry: 60");
    check("--data=false", &entries.replace("'entry' AS kind", "(1 / (e.id - e.id))::text AS kind"))
        .exits(3)
        .tells("division by zero");
    // Most accounts contradict it.
    std::fs::write(pack.join("ledger/balances.sql"), balances.replace("b.balance::numeric", "-b.balance::numeric"))
        .unwrap();
    check("--data", &entries)
        .exits(3)
        .tells("0 of 10 accounts agree")
        .tells("the pack is more likely wrong than the ledger");
    // A reference whose column is not there.
    let manifest = read(&pack, "pack.toml");
    let with = format!("{manifest}\n[[references]]\nfrom = \"entries.nothing\"\nto = \"entries.id\"\n");
    std::fs::write(pack.join("pack.toml"), with).unwrap();
    std::fs::write(pack.join("ledger/balances.sql"), &balances).unwrap();
    check("--data", &entries).exits(3).tells("[[references]] from entries.nothing: column f.nothing does not exist");
    std::fs::write(pack.join("pack.toml"), manifest).unwrap();
    // Without trust, it is prepared only, and that is said.
    db.bursar(&["pack", "check", app])
        .exits(6)
        .tells("were only prepared, not run")
        .says("only prepared, and not run")
        .says("--trust-pack");
}

#[test]
fn the_built_in_packs_are_listed_with_what_they_cover() {
    let run = |more: &[&str]| crate::support::run(crate::support::bursar().args(["pack", "list"]).args(more)).ok();
    run(&[]).tells("mimivibe").tells("ledger, payments, jobs");
    let listed: serde_json::Value = serde_json::from_str(&run(&["-o", "json"]).stdout).unwrap();
    assert_eq!(listed["packs"].as_array().unwrap().len(), bursar::packs::names().len());
}

#[test]
fn a_draft_names_what_it_leaves_out() {
    let tables = "CREATE TABLE accounts (id int PRIMARY KEY, balance bigint, created_at timestamptz DEFAULT now() - interval '1 year');
        CREATE TABLE entries (id serial PRIMARY KEY, account_id int REFERENCES accounts, amount bigint, created_at timestamptz DEFAULT now()";
    let db = Db::new(Template::Empty);
    let schema = |name: &str, more: &str, rows: &str| {
        db.sql(&format!("CREATE SCHEMA {name}; SET search_path = {name}; {tables}{more}); {rows}"));
    };
    let sums = "UPDATE accounts a SET balance = (SELECT sum(amount) FROM entries e WHERE e.account_id = a.id)";
    schema(
        "few",
        ", balance_after bigint",
        &format!(
            "CREATE TABLE refunds (id int); INSERT INTO accounts SELECT generate_series(1, 40);
             INSERT INTO entries (account_id, amount, balance_after) SELECT g, g * 3, 77 + g FROM generate_series(1, 40) g;
             INSERT INTO entries (account_id, amount, balance_after) SELECT g, CASE g WHEN 7 THEN -30 ELSE -g END, 99 FROM generate_series(1, 40) g;
             {sums}"
        ),
    );
    schema(
        "gifts",
        ", gift boolean",
        "INSERT INTO accounts SELECT generate_series(1, 20);
         INSERT INTO entries (account_id, amount, gift) SELECT a, a + n * n, n > 2 FROM generate_series(1, 20) a, generate_series(1, 4) n;
         UPDATE accounts a SET balance = (SELECT sum(amount) FROM entries e WHERE e.account_id = a.id AND gift)",
    );
    schema(
        "kinds",
        ", type text",
        "INSERT INTO accounts SELECT g, 2 * g FROM generate_series(1, 20) g;
         INSERT INTO entries (account_id, amount, type) SELECT g, 3 * g, 'in' FROM generate_series(1, 20) g;
         INSERT INTO entries (account_id, amount, type) SELECT g, g, 'out' FROM generate_series(1, 20) g;
         INSERT INTO entries (amount, type) VALUES (5, 'fee')",
    );
    for (name, rows) in [("big", 3_000), ("huge", 20_001)] {
        let rows = format!(
            "INSERT INTO accounts VALUES (1); INSERT INTO entries (account_id, amount) SELECT 1, g FROM generate_series(1, {rows}) g; {sums}"
        );
        schema(name, "", &rows);
    }
    let folder = tempfile::tempdir().unwrap();
    let (few, ran) = draft(&db, folder.path(), "few", &[]);
    ran.tells("? 1 of 40 accounts is below 0.")
        .tells("entries.balance_after looks like a running balance and is not used")
        .tells("- not recognized: refunds. refunds may hold them");
    assert!(!read(&few, "ledger/balances.sql").contains("floor"));
    db.bursar(&["audit", "--app", few.to_str().unwrap(), "--trust-pack"])
        .exits(3)
        .tells("The cached balance of account 7 is -9");
    draft(&db, folder.path(), "gifts", &[]).1.tells("not recognized: a ledger. No candidate agrees");
    let (_, ran) = draft(&db, folder.path(), "kinds", &[]);
    ran.tells("20 of 20 accounts agree").tells("? entries.type also has fee");
    draft(&db, folder.path(), "big", &[])
        .1
        .tells("✓ a ledger in entries, with balances in accounts.balance: 1 of 1 account agree");
    draft(&db, folder.path(), "huge", &[])
        .1
        .tells("nothing could be tried, because each account of entries has more than 20,000 rows");
    // Who may read nothing gets no draft.
    let role = format!("{}_nothing", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'"));
    let pack = folder.path().join("nothing");
    let new = ["pack", "new", pack.to_str().unwrap(), "--schema", "few"];
    let ran = crate::support::run(crate::support::bursar().args(new).env("DATABASE_URL", db.url_as(&role)));
    db.sql(&format!("DROP ROLE {role}"));
    ran.exits(4).says("may read no table of schema few").says("GRANT USAGE ON SCHEMA");
    assert!(!pack.exists());
}
