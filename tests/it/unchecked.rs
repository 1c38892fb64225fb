//! Where nothing was checked, nothing says that all is well: not the exit code, and no format.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::inspect::Plain;
use crate::support::{Db, Ran, Template, sample, soak, status, turn};

/// A ledger whose balance no draft recognizes, and which is off by two.
const CREDITS: &str = "
    CREATE TABLE accounts (id serial PRIMARY KEY, worth int, created_at timestamptz);
    CREATE TABLE transactions (id serial PRIMARY KEY, account_id int REFERENCES accounts, type text, amount int, created_at timestamptz);
    INSERT INTO accounts VALUES (1, 5, now()); INSERT INTO transactions VALUES (1, 1, 'grant', 7, now())";

/// The check that drafts used to hold.
const PLACEHOLDER: &str = "-- title: What holds when this check passes
-- severity: warn
-- reads: accounts
-- why: Why it matters.
-- cause: The likely cause of a violation, in a sentence.
-- remedy: What to do about it.

SELECT 'accounts' AS table_name, ''::text AS key, NULL::text AS account, NULL::text AS unit,
       NULL::text AS expected, NULL::text AS actual, 'A sentence.' AS message
FROM accounts t
WHERE false
";

fn drafted() -> (Db, TempDir, PathBuf) {
    let db = Db::new(Template::Empty);
    db.sql(CREDITS);
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("shop");
    db.bursar(&["pack", "new", pack.to_str().unwrap()])
        .ok()
        .tells("not recognized: a ledger")
        .tells("Nearly: transactions.amount against accounts.worth: 0 of 1 account agree");
    assert!(std::fs::read_to_string(pack.join("ledger/entries.sql.example")).unwrap().starts_with("-- reads: "));
    (db, folder, pack)
}

fn audit(db: &Db, pack: &Path, more: &[&str]) -> Ran {
    db.with_pack(pack, &[&["audit"], more].concat())
}

const NO_LEDGER: &str = "this pack has no ledger: no balance was compared";
const NOTHING: &str = "nothing was checked";

#[test]
fn a_draft_without_a_ledger_is_never_clean() {
    let (db, _folder, pack) = drafted();
    let ran = audit(&db, &pack, &[]).exits(6).tells("? incomplete").tells(NOTHING).tells(NO_LEDGER);
    assert!(!ran.stdout.contains("clean"), "{}", ran.stdout);
    // A draft holds nothing that passes by itself.
    let checks = std::fs::read_dir(pack.join("checks")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(checks.into_iter().all(|name| name.to_str().unwrap().ends_with(".sql.example")));
    db.bursar(&["pack", "check", pack.to_str().unwrap()]).exits(6).tells("nothing was verified");
    // Nor does one that was drafted before.

    std::fs::write(pack.join("checks/shop.example.sql"), PLACEHOLDER).unwrap();
    audit(&db, &pack, &[]).exits(6).tells(NOTHING).tells(NO_LEDGER).tells("the placeholder of a draft");
    audit(&db, &pack, &["--only", "shop"]).exits(6).tells(NOTHING);
    // A database that bursar has migrated has checks of bursar's own, which say nothing of the application.
    db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    audit(&db, &pack, &[]).exits(6).tells("nothing was checked of the application").tells(NO_LEDGER);
    audit(&db, &pack, &["--only", "operations"]).ok();
    // A check that somebody wrote is one.
    let own = PLACEHOLDER.replace("What holds when this check passes", "Accounts are there");
    std::fs::write(pack.join("checks/shop.example.sql"), own).unwrap();
    let ran = audit(&db, &pack, &[]).ok().tells("✓ clean").tells(NO_LEDGER);
    assert!(!ran.stdout.contains(NOTHING), "{}", ran.stdout);
}

#[test]
fn no_format_calls_nothing_clean() {
    let (db, _folder, pack) = drafted();
    let ran = |format: &str| audit(&db, &pack, &["-o", format]).exits(6);
    let report: Value = serde_json::from_str(&ran("json").stdout).unwrap();
    assert_eq!((&report["verdict"], &report["complete"]), (&"incomplete".into(), &false.into()));
    assert!(report["unchecked"].as_array().unwrap().contains(&NO_LEDGER.into()), "{report}");
    let last: Value = serde_json::from_str(ran("ndjson").stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["verdict"], "incomplete");
    assert!(last["unchecked"].as_array().unwrap().contains(&NO_LEDGER.into()), "{last}");
    ran("csv").says(NO_LEDGER);
    ran("markdown").tells("? bursar audit: incomplete").tells("no ledger");
    ran("junit").tells("errors=\"2\"").tells(NO_LEDGER);
    let github = ran("github").tells("::error").tells(NO_LEDGER);
    assert!(!github.stdout.contains("clean"), "{}", github.stdout);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.xml");
    audit(&db, &pack, &["--report", &format!("junit={}", file.display())]).exits(6);
    assert!(std::fs::read_to_string(file).unwrap().contains(NO_LEDGER));
}

#[test]
fn a_selection_that_selects_nothing_is_incomplete() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let everything_else = ["audit", "--only", "ledger", "--skip", "ledger"];
    db.bursar(&everything_else).exits(6).tells(NOTHING);
    for format in ["json", "ndjson", "csv", "markdown", "junit", "github"] {
        let ran = db.bursar(&[&everything_else[..], &["-o", format]].concat()).exits(6);
        assert!(!(ran.stdout + &ran.stderr).contains("clean"), "{format}");
    }
    // Of one account neither the schema nor the log says anything.
    let account = db.value("SELECT id FROM users LIMIT 1");
    db.bursar(&["audit", "--account", &account, "--only", "schema,operations"]).exits(6).tells(NOTHING);
    db.bursar(&["audit", "--account", &account]).ok();
    // What is left is enough where it was asked for.
    db.bursar(&["audit", "--only", "ledger.balance"]).ok();
    db.bursar(&["audit", "--skip", "ledger"]).ok();
}

#[test]
fn an_account_that_nobody_has_is_not_clean() {
    let db = Db::new(Template::Seeded("mimivibe"));
    for (at, nobody) in ["00000000-0000-0000-0000-000000000001", "nobody", "'"].into_iter().enumerate() {
        let all = [&[][..], &["--only", "ledger"], &["--only", "payments"], &["-o", "json"]];
        for (n, more) in all.into_iter().enumerate() {
            if !turn(at + n, 2) {
                continue;
            }
            let ran = db.bursar(&[&["audit", "--account", nobody], more].concat()).exits(2);
            ran.says(&format!("there is no account '{nobody}'"));
        }
    }
    let pack = Db::new(Template::Seeded("avolve"));
    pack.bursar(&["audit", "--account", "00000000-0000-0000-0000-000000000001"]).exits(2).says("there is no account");
}

#[test]
fn a_database_of_no_rows_is_clean_and_says_that_it_was_empty() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.bursar(&["audit"]).ok().tells("read  0 rows").tells("every table is empty");
    db.bursar(&["operations", "verify"]).ok().tells("the log is empty: there was nothing to verify");
    db.bursar(&["audit", "--since-seal"]).exits(2).says("there is no seal");
    db.bursar(&["audit", "--verify-seal", &"a".repeat(64)]).exits(3).tells("No seal of this application has this root");
    db.bursar(&["seed", "--users", "3", "--yes"]).ok();
    db.bursar(&["operations", "verify"]).ok().tells("the log is unchanged");
}

#[test]
fn a_look_that_skips_everything_is_incomplete() {
    let db = Db::new(Template::Empty);
    let checks = db.json(&["inspect", "-o", "json"])["checks"].as_array().unwrap().clone();
    let skipped = checks.iter().find(|c| c["verdict"] == "skipped").expect("one that cannot be looked at here");
    let id = skipped["check"].as_str().unwrap();
    db.bursar(&["inspect", id]).exits(6).says("nothing was looked at");
    assert_eq!(db.json(&["inspect", id, "-o", "json"])["complete"], false);
    // Beside others it is only skipped.
    db.bursar(&["inspect", id, "settings"]).ok();
    db.bursar(&["inspect", "locks.nonsense"]).exits(2).says("the checks of locks are locks.blocked");
}

#[test]
fn every_check_that_is_listed_is_in_every_report() {
    for app in sample(["mimivibe", "avolve", "organic-os", "aethercrown"], 3) {
        let db = Db::new(Template::Seeded(app));
        let listed = db.json(&["audit", "list", "-o", "json"]);
        let ids = |object: &Value| -> Vec<String> {
            let checks = object["checks"].as_array().unwrap();
            checks.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
        };
        let mut runs = vec![vec![], vec!["--depth", "fast"]];
        if soak() || app == "mimivibe" {
            runs.extend([vec!["--only", "schema"], vec!["--skip", "schema"]]);
        }
        if db.bursar(&["audit", "seal", "--yes"]).code == 0 {
            runs.push(vec!["--since-seal"]);
        }
        for more in runs {
            let report = db.json(&[&["audit", "-o", "json"], &more[..]].concat());
            let mut found = ids(&report);
            found.sort();
            let mut expected = ids(&listed);
            expected.sort();
            assert_eq!(found, expected, "{app} {more:?}");
        }
    }
}

/// A repair asks the same questions as an audit.
#[test]
fn a_repair_of_nothing_that_there_is_says_so() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("repair.toml").display().to_string();
    let repair = |more: &[&str]| db.bursar(&[&["audit", "repair", "--plan", &plan], more].concat());
    repair(&["--only", "nosuch"]).exits(2).says("has no check 'nosuch'");
    repair(&["--skip", "nosuch"]).exits(2).says("has no check 'nosuch'");
    for left_out in [&["--only", "payments"][..], &["--skip", "ledger"], &["--only", "ledger", "--skip", "ledger"]] {
        repair(left_out).exits(2).says("no check of the ledger");
    }
    for nobody in ["nobody", "00000000-0000-0000-0000-000000000001"] {
        repair(&["--account", nobody]).exits(2).says("there is no account");
    }
    assert!(repair(&[]).ok().stdout.contains("Nothing to repair"));
}

#[test]
fn an_empty_database_is_told_in_every_format() {
    let db = Db::new(Template::Migrated("mimivibe"));
    for format in ["table", "json", "ndjson", "csv", "markdown", "junit", "github"] {
        let ran = db.bursar(&["audit", "-o", format]).ok();
        assert!((ran.stdout + &ran.stderr).contains("every table is empty"), "{format}");
    }
}

#[test]
fn a_pack_without_a_ledger_has_no_accounts() {
    let (db, _folder, pack) = drafted();
    audit(&db, &pack, &["--account", "zzz"]).exits(2).says("it has no account 'zzz'");
}

/// A row of a table without a primary key is named by what it refers to.
#[test]
fn the_references_of_a_table_without_a_key_are_compared() {
    let db = Db::new(Template::Empty);
    db.sql(
        "CREATE TABLE accounts (id int PRIMARY KEY, balance bigint);
         CREATE TABLE entries (account_id int REFERENCES accounts, amount bigint, created_at timestamptz DEFAULT now());
         INSERT INTO accounts SELECT g, 3 * g FROM generate_series(1, 9) g;
         INSERT INTO entries (account_id, amount) SELECT g, n * g FROM generate_series(1, 9) g, generate_series(1, 2) n",
    );
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("shop");
    db.bursar(&["pack", "new", pack.to_str().unwrap()]).ok().tells("9 of 9 accounts agree");
    let audit = || db.bursar(&["audit", "--app", pack.to_str().unwrap(), "--trust-pack", "--only", "references"]);
    audit().ok().tells("✓  references.exist");
    db.sql("SET session_replication_role = replica; DELETE FROM accounts WHERE id = 4");
    audit().exits(3).tells("2 rows of entries have 4 as their account_id, which is no id of accounts");
}

/// What a role may not read is said of that alone: the rest is answered, and no other cause is named.
#[test]
fn a_role_without_rights_loses_no_check_that_it_may_make() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = Plain::new(&db);
    let audit = |parallel: &str| role.bursar(&["audit", "--parallel", parallel, "-o", "json"]).exits(6);
    for parallel in ["1", "4"] {
        let ran = audit(parallel);
        assert!(!ran.stdout.contains("25P02") && !ran.stdout.contains("foreign tables"), "{ran:?}");
    }
    // It may read the application's tables, and nothing of bursar's.
    db.sql(&format!("ALTER ROLE {0} BYPASSRLS; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0}", role.name));
    for parallel in ["1", "4"] {
        let report = audit(parallel).json();
        assert_eq!(status(&report, "operations.chain").0, "incomplete", "{report}");
        assert_eq!(status(&report, "references.exist").0, "passed", "{report}");
        let unread = |table: &&Value| table["rows"].is_null();
        let tables: Vec<&Value> = report["tables"].as_array().unwrap().iter().filter(unread).collect();
        assert!(tables.is_empty(), "{tables:?}");
        assert!(!report.to_string().contains("foreign tables"), "{report}");
    }
}
