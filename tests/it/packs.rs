//! Packs: every SQL text fits the schema it is for, and a pack that is wrong says where.

use std::path::Path;

use bursar::packs;
use sqlx::Executor as _;

use crate::support::{Db, Ran, Template, file, wait};

#[test]
fn every_query_of_every_built_in_pack_fits_its_migrated_schema() {
    for pack in packs::built_in().unwrap().into_iter().filter(packs::Pack::is_system) {
        let db = Db::new(Template::Migrated(Box::leak(pack.name.clone().into_boxed_str())));
        assert!(!pack.checks.is_empty());
        let problems = wait(async {
            let mut connection = db.connect().await;
            connection.execute("BEGIN").await.unwrap();
            packs::verify(&mut bursar::db::Connection::new(connection), &pack).await.unwrap()
        });
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn a_cached_balance_that_is_called_otherwise_is_recognized_on_the_account() {
    for column in ["credits", "points", "coins", "stars", "amount"] {
        let db = Db::new(Template::Empty);
        db.sql(&format!(
            "CREATE TABLE accounts (id int PRIMARY KEY, {column} int, created_at timestamptz);
             CREATE TABLE transactions (id int PRIMARY KEY, account_id int REFERENCES accounts, amount int, created_at timestamptz);
             INSERT INTO accounts VALUES (1, 7, now()); INSERT INTO transactions VALUES (1, 1, 7, now())"
        ));
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("shop");
        let pack = pack.to_str().unwrap();
        db.bursar(&["pack", "new", pack]).ok().tells(&format!("balances in accounts.{column}: 1 of 1 account agree"));
        db.sql(&format!("UPDATE accounts SET {column} = 5"));
        db.bursar(&["audit", "--trust-pack", "--app", pack]).exits(3).tells("has a cached balance of 5 UNIT");
    }
}

/// Every line of Rust under a folder, with its place.
fn lines(folder: &Path) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            lines.extend(self::lines(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let own = text.lines().enumerate();
            lines.extend(own.map(|(i, line)| (format!("{}:{}", path.display(), i + 1), line.to_owned())));
        }
    }
    lines
}

#[test]
fn only_the_simulations_know_an_applications_name_and_packs_know_no_simulation() {
    let systems = file("src/seed/systems").display().to_string();
    let names: Vec<String> = packs::names().into_iter().flat_map(|n| [n.to_owned(), n.replace('-', "_")]).collect();
    for (place, line) in lines(&file("src")) {
        // An example of a command names an application. A name inside of a longer word is none.
        let line = line.to_lowercase();
        let begins = |at: usize| !line[..at].ends_with(char::is_alphabetic);
        let named = |name: &String| line.match_indices(name).any(|(at, _)| begins(at)) && !line.contains("bursar ");
        assert!(place.starts_with(&systems) || !names.iter().any(named), "{place}: {line}");
        let is_pack = place.starts_with(&file("src/packs").display().to_string());
        assert!(!(is_pack && line.contains("crate::seed")), "{place}: {line}");
    }
}

/// A copy of a built-in pack's folder, as somebody would make one of their own.
pub(crate) fn copied(to: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    copy(&file("packs/mimivibe"), to);
}

#[test]
fn a_pack_on_disk_works_as_a_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    copied(&mine);
    let manifest =
        std::fs::read_to_string(mine.join("pack.toml")).unwrap().replace("name = \"mimivibe\"", "name = \"mine\"");
    std::fs::write(mine.join("pack.toml"), manifest).unwrap();
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    let report = db.json(&["audit", "-o", "json", "--trust-pack", "--app", mine.to_str().unwrap()]);
    assert_eq!(report["app"], "mine");
    assert_eq!(report["findings"].as_array().unwrap().len(), 12);
}

#[test]
fn a_pack_that_is_wrong_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    let path = mine.to_str().unwrap();
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    let audit = |says: &str| {
        db.bursar(&["audit", "--app", path, "--trust-pack"]).exits(2).says(says);
    };
    copied(&mine);
    let check = mine.join("checks/jobs.stuck.sql");
    let good = std::fs::read_to_string(&check).unwrap();

    std::fs::write(&check, good.replace("visibility_timeout_secs", "visibility")).unwrap();
    let line = 1 + good.lines().position(|l| l.contains("visibility_timeout_secs")).unwrap();
    audit(&format!("checks/jobs.stuck.sql:{line}:"));
    audit("42703");

    std::fs::write(&check, good.replace("AS message", "AS remark")).unwrap();
    audit("returns no column 'message'");
    std::fs::write(&check, good.replace("-- severity: warn", "-- severity: dire")).unwrap();
    let line_of = |start: &str| 1 + good.lines().position(|l| l.starts_with(start)).unwrap();
    audit(&format!("checks/jobs.stuck.sql:{}: severity is 'dire'", line_of("-- severity")));
    std::fs::write(&check, good.replace("-- reads: ", "-- reads: nothing, ")).unwrap();
    audit(&format!("checks/jobs.stuck.sql:{}: reads 'nothing'", line_of("-- reads")));
    std::fs::write(&check, good.replace("-- title", "-- heading")).unwrap();
    audit("checks/jobs.stuck.sql:1: the header comment lacks `-- title: …`");
    std::fs::write(&check, &good).unwrap();

    let manifest = mine.join("pack.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("title =", "titel =")).unwrap();
    audit("pack.toml");
    std::fs::write(&manifest, text.replace("users.star_balance", "users")).unwrap();
    let line = 1 + text.lines().position(|l| l.contains("users.star_balance")).unwrap();
    audit(&format!("pack.toml:{line}: detect: 'users' is not of the form table.column"));
    std::fs::remove_file(&manifest).unwrap();
    audit("holds no pack.toml");
}

#[test]
fn a_query_of_a_pack_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    copied(&mine);
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.sql("CREATE FUNCTION grab() RETURNS text LANGUAGE sql AS 'UPDATE users SET star_balance = 1000000 RETURNING ''x''::text'");
    let check = mine.join("checks/jobs.stuck.sql");
    let header: String = std::fs::read_to_string(&check)
        .unwrap()
        .lines()
        .filter(|l| l.starts_with("--"))
        .flat_map(|l| [l, "\n"])
        .collect();
    std::fs::write(&check, format!("{header}SELECT 'a' AS table_name, grab() AS key, 'a' AS account, 'a' AS unit, 'a' AS expected, 'b' AS actual, 'c' AS message")).unwrap();
    let ran = db.bursar(&["audit", "--trust-pack", "--app", mine.to_str().unwrap()]).exits(6);
    assert!(ran.stdout.contains("25006"), "{}", ran.stdout);
    assert_eq!(db.value("SELECT count(*) FROM users WHERE star_balance = 1000000"), "0");
}

#[test]
fn an_unknown_pack_is_named_with_those_that_there_are() {
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    db.bursar(&["audit", "--app", "nonsense"]).exits(2).says("no pack 'nonsense'").says("mimivibe");
    db.bursar(&["audit", "--app", "./nonsense"]).exits(2).says("cannot read ./nonsense");
}

/// The blocks of a Markdown file with their language.
pub fn blocks(markdown: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut current: Option<(String, String)> = None;
    for line in markdown.lines() {
        match (line.strip_prefix("```"), &mut current) {
            (Some(_), Some(_)) => blocks.extend(current.take()),
            (Some(language), None) => current = Some((language.to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Runs the commands of a block, with their exit codes, and looks for each line that it shows. Returns how many there were.
pub fn follow(block: &str, shell: &dyn Fn(&str) -> Ran) -> usize {
    let (mut output, mut commands) = (String::new(), 0);
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let (command, code) =
                command.split_once("  # exit ").map_or((command, 0), |(c, n)| (c, n.parse().unwrap()));
            output = shell(command).exits(code).stdout;
            commands += 1;
        } else {
            let expected = line.split('…').next().unwrap();
            assert!(output.contains(expected), "'{expected}' is not in:\n{output}");
        }
    }
    commands
}

/// The tutorial, run as it is written: its SQL, its shell, and its commands with their exit codes.
#[test]
fn the_tutorial_goes_from_a_foreign_schema_to_an_audit() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::new(Template::Empty);
    let reader = format!("{}_reader", db.name);
    db.sql(&format!("CREATE ROLE {reader} LOGIN PASSWORD 'x' IN ROLE pg_read_all_data"));
    let shell = |command: &str| {
        let mut sh = std::process::Command::new("sh");
        crate::support::hermetic(&mut sh);
        let path = format!(
            "{}:{}",
            Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        crate::support::run(
            sh.args(["-c", command])
                .env("PATH", path)
                .env("DATABASE_URL", db.url_as(&reader))
                .current_dir(folder.path()),
        )
    };
    let mut commands = 0;
    for (language, text) in blocks(&std::fs::read_to_string(file("docs/packs.md")).unwrap()) {
        match language.as_str() {
            "sql" => db.sql(&text),
            "sh" => {
                shell(&text).ok();
            }
            "console" => commands += follow(&text, &shell),
            // Lines of a pack.toml, which other packs of the tests have.
            "toml" => {}
            other => panic!("a block of {other}"),
        }
    }
    assert_eq!(commands, 8);
    db.sql(&format!("DROP ROLE {reader}"));
}

#[test]
fn a_draft_is_never_written_over_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    db.bursar(&["pack", "new", folder.path().to_str().unwrap()]).exits(2).says("is not empty; nothing was written");
    let inside = folder.path().join("draft");
    let ran = db.bursar(&["pack", "new", inside.to_str().unwrap()]).ok();
    for found in ["a ledger in wallet_transactions, with balances in users.", "payments in payments", "jobs in jobs"] {
        assert!(ran.stdout.contains(found), "{}", ran.stdout);
    }
    let payments = std::fs::read_to_string(inside.join("payments.sql")).unwrap();
    assert!(payments.contains("t.stripe_payment_intent_id::text"), "{payments}");
    db.bursar(&["pack", "check", "--trust-pack", inside.to_str().unwrap()]).ok();
}

#[test]
fn a_check_of_a_pack_names_everything_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    copied(&mine);
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    for name in ["jobs.stuck", "payments.orphan"] {
        let path = mine.join(format!("checks/{name}.sql"));
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("FROM ", "FROM no_")).unwrap();
    }
    let problems = db.json(&["pack", "check", mine.to_str().unwrap(), "-o", "json"]);
    let problems = problems["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems.iter().all(|p| p["line"].as_u64().unwrap() > 6 && p["message"].as_str().unwrap().contains("42P01")),
        "{problems:?}"
    );
    let ran = db.bursar(&["pack", "check", mine.to_str().unwrap()]).exits(3);
    assert!(ran.stdout.contains("✗ 2 of ") && ran.stdout.contains('^'), "{}", ran.stdout);
}

#[test]
fn a_pack_shows_what_it_claims_and_what_it_lacks() {
    let ran = crate::support::run(crate::support::bursar().args(["pack", "show", "mimivibe"])).ok();
    assert!(ran.stdout.contains("payments.granted") && ran.stdout.contains("users.star_balance"), "{}", ran.stdout);
    let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
    assert_eq!(db.json(&["pack", "show", "-o", "json"])["name"], "mimivibe");
    let empty = Db::new(Template::Empty);
    let ran = empty.bursar(&["pack", "show"]).exits(2);
    assert!(ran.stderr.lines().all(|line| line.len() < 100), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with("error: this database fits no pack\n  try: bursar migrate up --app "),
        "{}",
        ran.stderr
    );
    ran.says("\n       bursar pack new ./pack   # for another application; then --app ./pack\n");
    empty.sql("CREATE TABLE users (star_balance int, coin_balance int)");
    empty
        .bursar(&["pack", "show"])
        .exits(2)
        .says("fits no pack; mimivibe is the nearest, and lacks wallet_transactions.balance_after,");
}

/// What a draft says of each system's own tables fits them, whatever there is to recognize.
#[test]
fn a_draft_fits_every_system() {
    for name in packs::systems() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::new(Template::Migrated(name));
        let draft = folder.path().join("draft");
        db.bursar(&["pack", "new", draft.to_str().unwrap()]).ok();
        let checked = db.bursar(&["pack", "check", "--trust-pack", draft.to_str().unwrap()]);
        // Of one whose tables are unlike what is looked for there is no query to verify.
        let empty = checked.code == 6 && checked.stdout.contains("nothing was verified");
        assert!(checked.code == 0 || empty, "{name}: {checked:?}");
        assert!(name == "organic-os" || !empty, "{name}");
    }
}

#[test]
fn a_table_whose_rows_are_the_entries_is_counted_by_the_ledgers_own_pass() {
    let pack = bursar::packs::named("mimivibe").unwrap();
    assert_eq!(pack.ledger.unwrap().rows_of.as_deref(), Some("wallet_transactions"));
}
