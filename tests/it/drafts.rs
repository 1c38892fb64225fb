//! Drafts of packs for schemas of real shapes: each is right, so that an audit with it is clean, and red after one fault; or
//! it is refused, with what lacked.

mod kinds;
mod never_wrong;
mod strangers;

use std::collections::BTreeSet;
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

/// Schemas that the drafts were not made for, in the names and types of what is public, with sound rows.
const HELD_OUT: &str = include_str!("drafts/held_out.sql");

/// A fault in each of them whose draft an audit can be made with, and the checks that find it.
const FAULTS: &[(&str, &str, &[&str])] = &[
    (
        "guild",
        "UPDATE guild.player_currencies SET amount = amount + 1 WHERE player_id = 3 AND currency_id = 2",
        &["ledger.balance"],
    ),
    ("farm", "DELETE FROM farm.stock_moves WHERE amount = 8", &["ledger.balance"]),
    ("punkte", "UPDATE punkte.buchungen SET buchungsart = 'Belastung' WHERE buchung_nr = 99", &["ledger.balance"]),
    ("fidelite", "UPDATE fidelite.comptes SET solde = solde + 0.01 WHERE id = 4", &["ledger.balance"]),
    ("puntos", "UPDATE puntos.movimientos SET borrado_en = now() WHERE id = 3", &["ledger.balance"]),
    ("books", "UPDATE books.journal_lines SET debit = debit + 1 WHERE id = 5", &["ledger.balance", "ledger.balanced"]),
    (
        "ledgerful",
        "UPDATE ledgerful.gl_accounts SET balance = balance + 1 WHERE account_no = '1003'",
        &["ledger.balance"],
    ),
    ("cents", "UPDATE cents.wallets SET balance = balance + 0.01 WHERE id = 5", &["ledger.balance"]),
    (
        "tenants",
        "UPDATE tenants.balances SET balance = balance + 1 WHERE tenant_id = 2 AND account_no = 3",
        &["ledger.balance"],
    ),
    ("transfers", "UPDATE transfers.wallets SET balance = balance - 1 WHERE owner = 'o4'", &["ledger.balance"]),
    (
        "exchange",
        "UPDATE exchange.balances SET available = available + 0.000000000000000001 WHERE user_id = 2 AND asset = 'ETH'",
        &["ledger.balance"],
    ),
    (
        "refunding",
        "UPDATE refunding.refunds SET amount_cents = 600 WHERE payment_id = 5 AND status = 'succeeded'",
        &["refunds.amounts"],
    ),
    (
        "medusa",
        "UPDATE medusa.payment_collection SET created_at = now() + interval '1 day' WHERE id = 'pay_col_1'",
        &["payments.dated"],
    ),
    (
        "killbill",
        "UPDATE killbill.payment_transactions SET transaction_status = 'HUH' WHERE record_id = 1",
        &["payments.status"],
    ),
    ("orders", "UPDATE orders.orders SET total = total + 1 WHERE id = 3", &["ledger.balance"]),
    (
        "volumes",
        "DELETE FROM volumes.ledger_lines WHERE journal_id = 100 AND direction = 'debit'; UPDATE volumes.ledger_accounts SET total_debits = total_debits - 700 WHERE id = 5",
        &["ledger.balanced"],
    ),
    (
        "scopes",
        "UPDATE scopes.balances SET balance = balance + 1 WHERE account = 'acc1' AND sub_account IS NULL AND currency = 'EUR'",
        &["ledger.balance"],
    ),
    ("saleor", "UPDATE saleor.payment_payment SET charge_status = 'huh' WHERE id = 1", &["payments.status"]),
];

/// What a draft says of a ledger, of payments and of refunds, as the table of docs/packs.md has it. The table has to say
/// the same.
pub fn recorded(name: &str, ran: &Ran) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/packs.md")).unwrap();
    let lines = ran.stdout.lines().chain(ran.stderr.lines());
    let said = lines.filter_map(|line| match line.trim() {
        line if line.starts_with("- not recognized: a ledger") => Some("no ledger".to_owned()),
        line if ["✓", "?", "!"].iter().any(|mark| line.starts_with(mark))
            && [" a ledger in ", " payments in ", " refunds in "].iter().any(|part| line.contains(part)) =>
        {
            Some(line.trim_end_matches(". Its columns are a guess").to_owned())
        }
        _ => None,
    });
    let said = said.collect::<Vec<_>>().join("; ");
    let table = page.split_once("### Drafts of known schemas").expect("the table of drafts").1;
    let row = table.lines().find(|line| line.starts_with(&format!("| `{name}` |"))).unwrap_or("no row");
    assert!(row.ends_with(&format!("| {said} |")), "docs/packs.md has\n{row}\nand the draft says\n{said}\n{ran:?}");
    said
}

/// The checks that find something, in an audit with a draft.
pub fn finding(db: &Db, pack: &Path) -> BTreeSet<String> {
    let ran = db.bursar(&["audit", "--app", pack.to_str().unwrap(), "--trust-pack", "-o", "json"]);
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{ran:?}"));
    findings.iter().map(|f| f["check"].as_str().unwrap().to_owned()).collect()
}

/// Never confirmed and wrong: one audit finds the fault, and nothing in the sound rows beside it.
#[test]
fn held_out_schemas_are_drafted_right_or_refused() {
    let db = Db::new(Template::Empty);
    db.sql(HELD_OUT);
    let folder = tempfile::tempdir().unwrap();
    for (schema, fault, checks) in FAULTS {
        let (pack, ran) = draft(&db, folder.path(), schema, &[]);
        recorded(schema, &ran);
        db.sql(fault);
        let expected: BTreeSet<String> = checks.iter().map(|check| (*check).to_owned()).collect();
        assert_eq!(finding(&db, &pack), expected, "{schema}: {}", read(&pack, "pack.toml"));
    }
    let refunds = read(&folder.path().join("refunding0"), "refunds.sql");
    assert!(refunds.contains("p.currency AS currency") && refunds.contains("r.stripe_refund_id::text"), "{refunds}");
    let entries = read(&folder.path().join("tenants0"), "ledger/entries.sql");
    assert!(entries.contains("e.tenant_id AS tenant"), "{entries}");
}

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
        if crate::support::soak() {
            db.bursar(&["pack", "check", app, "--trust-pack", "--data"]).ok();
        }
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
    // Of two types that cannot become each other, both are written as text.
    check("--data=false", &entries.replace("e.account_id AS account", "gen_random_uuid() AS account"))
        .exits(3)
        .tells("'account' is integer here and uuid in")
        .tells("write b.id::text, and the same there");
    std::fs::write(pack.join("ledger/entries.sql"), &entries).unwrap();
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
        .tells("- not recognized: refunds");
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

/// Schemas whose rows agree with a draft that may be wrong: they are never confirmed without a word.
#[test]
fn what_agrees_and_may_be_wrong_is_said() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE SCHEMA holds; SET search_path = holds;
         CREATE TABLE wallets (id int PRIMARY KEY, owner text, balance bigint DEFAULT 0, held bigint DEFAULT 0);
         CREATE TABLE wallet_transactions (id serial PRIMARY KEY, wallet_id int REFERENCES wallets, type text, amount bigint,
             created_at timestamptz DEFAULT now());
         INSERT INTO wallets SELECT g, 'o' || g FROM generate_series(1, 20) g;
         INSERT INTO wallet_transactions (wallet_id, type, amount)
             SELECT 1 + g % 20, CASE WHEN g % 3 = 0 THEN 'withdrawal' ELSE 'deposit' END, 100 + g * 7 % 90 FROM generate_series(1, 800) g;
         INSERT INTO wallet_transactions (wallet_id, type, amount)
             SELECT 1 + g % 20, k, 5 + g FROM generate_series(1, 60) g, (VALUES ('hold'), ('release')) v (k);
         UPDATE wallets w SET balance = (SELECT sum(CASE type WHEN 'deposit' THEN amount WHEN 'withdrawal' THEN -amount ELSE 0 END)
             FROM wallet_transactions t WHERE t.wallet_id = w.id);
         CREATE SCHEMA swapped; SET search_path = swapped;
         CREATE TABLE user_wallets (user_id int, wallet_type text, balance bigint DEFAULT 0, PRIMARY KEY (user_id, wallet_type));
         CREATE TABLE wallet_history (id bigserial PRIMARY KEY, user_id int, wallet_type text, amount bigint, created_at timestamptz DEFAULT now());
         INSERT INTO user_wallets SELECT g, k FROM generate_series(1, 20) g, (VALUES ('main'), ('bonus')) v (k);
         INSERT INTO wallet_history (user_id, wallet_type, amount)
             SELECT 1 + g % 20, CASE WHEN g / 20 % 2 = 0 THEN 'main' ELSE 'bonus' END, g * 37 % 101 - 30 FROM generate_series(1, 400) g;
         UPDATE user_wallets w SET balance = (SELECT coalesce(sum(amount), 0) FROM wallet_history h
             WHERE h.user_id = w.user_id AND h.wallet_type = w.wallet_type);
         CREATE SCHEMA lots; SET search_path = lots;
         CREATE TABLE customers (id int PRIMARY KEY, store_credit bigint DEFAULT 0);
         CREATE TABLE credit_grants (id serial PRIMARY KEY, customer_id int REFERENCES customers, amount bigint, remaining bigint,
             created_at timestamptz DEFAULT now());
         CREATE TABLE credit_uses (id serial PRIMARY KEY, grant_id int REFERENCES credit_grants, amount bigint, created_at timestamptz DEFAULT now());
         INSERT INTO customers SELECT generate_series(1, 15);
         INSERT INTO credit_grants (customer_id, amount, remaining) SELECT 1 + g % 15, 50 + g, 50 + g FROM generate_series(1, 60) g;
         INSERT INTO credit_uses (grant_id, amount) SELECT g, g FROM generate_series(1, 40) g;
         UPDATE credit_grants g SET remaining = amount - id WHERE id <= 40;
         UPDATE customers c SET store_credit = (SELECT sum(remaining) FROM credit_grants g WHERE g.customer_id = c.id);
         CREATE SCHEMA two; SET search_path = two;
         CREATE TABLE users (id int PRIMARY KEY, coins bigint, gems bigint);
         CREATE TABLE coin_entries (id serial PRIMARY KEY, user_id int REFERENCES users, amount bigint, created_at timestamptz DEFAULT now());
         CREATE TABLE gem_entries (LIKE coin_entries INCLUDING ALL);
         ALTER TABLE gem_entries ADD FOREIGN KEY (user_id) REFERENCES users;
         INSERT INTO users SELECT generate_series(1, 12);
         INSERT INTO coin_entries (user_id, amount) SELECT 1 + g % 12, g FROM generate_series(1, 60) g;
         INSERT INTO gem_entries (id, user_id, amount) SELECT g, 1 + g % 12, 3 * g - 7 FROM generate_series(1, 60) g;
         UPDATE users u SET coins = (SELECT sum(amount) FROM coin_entries e WHERE e.user_id = u.id),
             gems = (SELECT sum(amount) FROM gem_entries e WHERE e.user_id = u.id);
         UPDATE users SET coins = coins + 1, gems = gems + 1 WHERE id = 7",
    );
    let folder = tempfile::tempdir().unwrap();
    let drafted = |schema: &str| draft(&db, folder.path(), schema, &[]);
    let (holds, ran) = drafted("holds");
    ran.tells("? a ledger in wallet_transactions").tells("as many agree with other signs of hold, release: say in");
    let entries = read(&holds, "ledger/entries.sql");
    assert!(entries.contains("With other signs of hold, release as many agree: check them."), "{entries}");
    let (swapped, ran) = drafted("swapped");
    ran.tells("✓ a ledger in wallet_history");
    let entries = read(&swapped, "ledger/entries.sql");
    assert!(entries.contains("e.user_id AS account") && entries.contains("e.wallet_type AS unit"), "{entries}");
    drafted("lots").1.tells("? a ledger in credit_grants").tells("remaining is called like what is left");
    let ran = drafted("two").1;
    let ran =
        ran.tells("11 of 12 accounts agree").tells("? 1 account of the sample does not agree: 7. The audit reports it");
    let other = ["coin_entries against users.coins", "gem_entries against users.gems"];
    assert!(
        other.iter().any(|other| ran.stdout.contains(&format!("? another candidate: {other}, 11 of 12"))),
        "{ran:?}"
    );
    // The command drafts the other one when it is pasted, also where a folder of that name is there.
    let mine = folder.path().join("mine");
    let mut pasted = BTreeSet::new();
    for _ in 0..2 {
        let said = db.bursar(&["pack", "new", mine.to_str().unwrap(), "--schema", "two"]).ok();
        let command =
            said.stdout.lines().find_map(|line| line.strip_prefix("  bursar ")).unwrap_or_else(|| panic!("{said:?}"));
        let words: Vec<&str> = command.split(' ').collect();
        db.bursar(&words).ok().tells("11 of 12 accounts agree");
        pasted.insert(words[2].to_owned());
        std::fs::remove_dir_all(&mine).unwrap();
    }
    assert_eq!(pasted.len(), 2, "{pasted:?}");
}
