//! Adjustments and repairs leave a balance as low as its account may be, and no lower.

use std::path::Path;

use crate::support::{Db, Template};

const SCHEMA: &str = "
    CREATE TABLE purse (account text PRIMARY KEY, balance numeric NOT NULL, low numeric);
    CREATE TABLE entry (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, account text NOT NULL, amount numeric NOT NULL, at timestamptz NOT NULL DEFAULT now() - interval '1 day');
    INSERT INTO purse VALUES ('limit', 10, -50), ('open', 10, NULL), ('plain', 10, 0), ('deposit', 10, 5);
    INSERT INTO entry (account, amount) SELECT account, 10 FROM purse;";

const MANIFEST: &str = "name = \"purses\"\ntitle = \"Purses\"\nschema = \"public\"\ndetect = [\"purse.low\"]\ntables = [\"purse\", \"entry\"]\n[ledger]\nrunning = false\n";

const ENTRIES: &str = "-- reads: entry
SELECT e.id AS entry_id, e.account, 'USD' AS unit, e.amount AS delta, NULL::numeric AS running, e.at, NULL::bigint AS seq,
       NULL::xid8 AS arrival, 'entry' AS kind, NULL::text AS ref FROM entry e";

const BALANCES: &str = "-- reads: purse
SELECT p.account, 'USD' AS unit, p.balance, NULL::timestamptz AS opened_at, p.low AS floor FROM purse p";

const FUNCTIONS: &str = "
CREATE OR REPLACE FUNCTION bursar.lock_account(p_account text) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS
    $$ SELECT FROM public.purse WHERE account = p_account FOR NO KEY UPDATE $$;
CREATE OR REPLACE FUNCTION bursar.balance(p_account text, p_unit text) RETURNS numeric LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    $$ SELECT balance FROM public.purse WHERE account = p_account $$;
CREATE OR REPLACE FUNCTION bursar.set_balance(p_account text, p_unit text, p_was numeric, p_becomes numeric) RETURNS void
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS
    $$ UPDATE public.purse SET balance = p_becomes WHERE account = p_account AND balance = p_was $$;
CREATE OR REPLACE FUNCTION bursar.adjust(p_account text, p_unit text, p_amount numeric, p_reason text, p_operator text) RETURNS text
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS
    $$ UPDATE public.purse SET balance = balance + p_amount WHERE account = p_account;
       INSERT INTO public.entry (account, amount) VALUES (p_account, p_amount) RETURNING id::text $$;";

const FLOOR: &str = "
CREATE OR REPLACE FUNCTION bursar.floor(p_account text, p_unit text) RETURNS numeric LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    $$ SELECT low FROM public.purse WHERE account = p_account $$;";

fn write(pack: &Path, functions: &str) {
    for (name, text) in [
        ("pack.toml", MANIFEST),
        ("ledger/entries.sql", ENTRIES),
        ("ledger/balances.sql", BALANCES),
        ("functions/repair.sql", functions),
    ] {
        let path = pack.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn a_balance_goes_down_to_the_floor_of_its_account() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("purses");
    write(&pack, FUNCTIONS);
    let db = Db::new(Template::Empty);
    db.sql(SCHEMA);
    let bursar = |words: &[&str]| db.with_pack(&pack, words);
    let adjust = |account: &str, amount: &str, more: &str| {
        bursar(&["wallet", "adjust", account, "USD", amount, "--reason", "x", more])
    };
    bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    // The pack says how low a balance may be, and its functions do not.
    for more in ["--dry-run", "--yes"] {
        adjust("limit", "-30", more).exits(4).says("without the function bursar.floor").says("docs/repair.md");
    }
    write(&pack, &format!("{FUNCTIONS}{FLOOR}"));
    bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    adjust("limit", "-60", "--dry-run").ok();
    adjust("limit", "-60", "--yes").ok().tells("from 10 to -50");
    adjust("limit", "-1", "--yes").exits(4).says("would leave -51, below its floor of -50");
    adjust("open", "-1000", "--yes").ok().tells("from 10 to -990");
    adjust("plain", "-11", "--yes").exits(4).says("would leave -1; nothing was changed");
    adjust("deposit", "-6", "--yes").exits(4).says("would leave 4, below its floor of 5");
    adjust("deposit", "-5", "--yes").ok();
    bursar(&["audit"]).ok();
    // The database itself keeps to it, whoever calls its function.
    for (account, balance, amount, state) in [
        ("limit", -50, -1, "BR004"),
        ("plain", 10, -11, "BR004"),
        ("deposit", 5, -1, "BR004"),
        ("open", -990, -1, "00000"),
    ] {
        let call = format!("SELECT bursar.wallet_adjust('{account}', 'USD', {amount}, {balance}, 'x', '{{}}')");
        assert_eq!(db.sqlstate(&call), state, "{call}");
    }

    // A function that the pack has no more is not asked any more, whichever file it was in.
    write(&pack, FUNCTIONS);
    adjust("limit", "-1", "--dry-run").exits(2).says("bursar migrate up --only bursar");
    bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    adjust("open", "-1", "--yes").exits(4).says("without the function bursar.floor");
    std::fs::write(pack.join("functions/floor.sql"), FLOOR).unwrap();
    bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    adjust("limit", "-1", "--yes").exits(4).says("below its floor of -50");
    std::fs::remove_file(pack.join("functions/floor.sql")).unwrap();
    adjust("limit", "-1", "--dry-run").exits(2).says("bursar migrate up --only bursar");
    bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    adjust("open", "-1", "--yes").exits(4).says("without the function bursar.floor");

    // A cache is rebuilt where its account may be so low.
    db.sql(
        "UPDATE purse SET balance = 3; UPDATE entry SET amount = amount - 1 WHERE account = 'limit' AND amount = 10",
    );
    let plan = folder.path().join("plan.toml");
    bursar(&["audit", "repair", "--plan", plan.to_str().unwrap()]).ok();
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(
        text.contains("The ledger says -51, and a balance below the account's floor of -50 cannot be stored"),
        "{text}"
    );
    for (account, to) in [("open", "-991"), ("plain", "10"), ("deposit", "5")] {
        assert!(
            text.contains(&format!("account = \"{account}\"")) && text.contains(&format!("to = \"{to}\"")),
            "{text}"
        );
    }
    // One of the lines takes from an account, so that somebody has to say why.
    bursar(&["audit", "repair", "--apply", plan.to_str().unwrap(), "--yes"])
        .exits(2)
        .says("needs a reason to take from");
    std::fs::write(&plan, text.replace("reason = \"\"", "reason = \"the entries were checked\"")).unwrap();
    bursar(&["audit", "repair", "--apply", plan.to_str().unwrap(), "--yes"]).ok();
    assert_eq!(db.value("SELECT string_agg(balance::text, ' ' ORDER BY account) FROM purse"), "5 3 -991 10");
}
