//! `bursar audit --baseline` and `--write-baseline`: what is accepted, for how long, and by whom.

use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate, Utc};
use serde_json::Value;

use crate::support::{Db, Ran, Template, bursar, run, stable};

const CLEAN: &str = "mimivibe-clean.sql.gz";
const FAULTY: &str = "mimivibe-faulty.sql.gz";
/// The account of the faulty dump whose cached balance was raised by 100.
const RAISED: &str = "00bdeae8-8a29-430a-a84b-6594f81ee54b";

/// A folder with a baseline in it.
struct File {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        File { path: folder.path().join("baseline.toml"), _folder: folder }
    }

    fn holding(text: &str) -> Self {
        let file = File::new();
        std::fs::write(&file.path, text).unwrap();
        file
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    /// Replaces something that has to be there.
    #[track_caller]
    fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "'{from}' is not in:\n{text}");
        std::fs::write(&self.path, text.replace(from, to)).unwrap();
    }

    fn entries(&self) -> usize {
        self.text().matches("[[accept]]").count()
    }
}

fn audit(db: &Db, flag: &str, file: &File, more: &[&str]) -> Ran {
    db.bursar(&[&["audit", flag, file.path()], more].concat())
}

fn json(db: &Db, file: &File) -> Value {
    let ran = audit(db, "--baseline", file, &["-o", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// Every finding of the faulty dump, accepted with a reason.
fn accepted(db: &Db) -> File {
    let file = File::new();
    audit(db, "--write-baseline", &file, &["--operator", "ana", "-q"]).exits(3);
    file.edit("reason = \"\"", "reason = \"known since the import\"");
    file
}

#[test]
fn a_written_baseline_is_refused_until_each_finding_has_a_reason_and_then_accepts_them_all() {
    let db = Db::new(Template::Dump(FAULTY));
    let file = File::new();
    // The list is cut for the reader, and not for the file; the exit code is as without it.
    let ran = audit(&db, "--write-baseline", &file, &["--operator", "ana", "--limit", "1"]).exits(3);
    assert!(ran.stdout.contains("showing 10 of 12 findings"), "{}", ran.stdout);
    let ran = ran.says("12 new, 0 kept, 0 removed").says("12 of its entries have no reason yet");
    assert!(ran.stderr.contains("--baseline refuses"), "{}", ran.stderr);
    assert_eq!(file.entries(), 12);
    let ahead = today().checked_add_days(Days::new(90)).unwrap();
    assert_eq!(file.text().matches(&format!("owner = \"ana\"\nexpires = {ahead}\n")).count(), 12);

    let refused = audit(&db, "--baseline", &file, &[]).exits(2);
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("baseline.toml:5: the reason is empty: say why"), "{}", refused.stderr);
    assert!(refused.stderr.contains("\nand 2 more\n"), "{}", refused.stderr);

    file.edit("reason = \"\"", "reason = \"known since the import\"");
    let ran = audit(&db, "--baseline", &file, &[]).ok();
    let expiry = regex::Regex::new("until [0-9-]{10}").unwrap();
    insta::assert_snapshot!(expiry.replace_all(&stable(&ran.stdout), "until DAY"));
    ran.says_nothing();

    let report = json(&db, &file);
    assert_eq!((&report["verdict"], &report["summary"]["accepted"]), (&"clean".into(), &12.into()));
    assert_eq!((&report["summary"]["errors"], &report["summary"]["warnings"]), (&0.into(), &0.into()));
    let day = ahead.to_string();
    let why = serde_json::json!({"by": "baseline", "owner": "ana", "reason": "known since the import", "expires": day});
    assert!(report["findings"].as_array().unwrap().iter().all(|f| f["accepted"] == why), "{report}");
    // Warnings among them do not fail either, where warnings do.
    audit(&db, "--baseline", &file, &["--fail-on", "warn"]).ok();
}

#[test]
fn a_finding_whose_amount_changes_fires_again_and_its_entry_can_go() {
    let db = Db::new(Template::Dump(FAULTY));
    let file = accepted(&db);
    db.sql(&format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{RAISED}'"));
    let ran = audit(&db, "--baseline", &file, &["--limit", "1"]).exits(3);
    assert!(ran.stdout.contains("1 error · 11 accepted"), "{}", ran.stdout);
    assert!(ran.stdout.contains("✗ ledger.balance") && ran.stdout.contains("(difference +101)"), "{}", ran.stdout);
    ran.says("1 of the baseline matches nothing any more and can go: line 5;");
    // Whoever did not look cannot say so.
    for partly in [["--only", "jobs"], ["--account", RAISED]] {
        let ran = audit(&db, "--baseline", &file, &partly);
        assert!(!ran.stderr.contains("match nothing"), "{}", ran.stderr);
    }
    db.sql("ALTER TABLE wallet_transactions RENAME COLUMN amount TO worth");
    let ran = audit(&db, "--baseline", &file, &[]).exits(6);
    assert!(!ran.stderr.contains("match nothing"), "{}", ran.stderr);
}

#[test]
fn what_a_fast_audit_does_not_look_for_is_not_said_to_be_gone() {
    let db = Db::new(Template::Dump(FAULTY));
    let file = accepted(&db);
    audit(&db, "--baseline", &file, &["--depth", "fast"]).ok().says_nothing();
    db.sql(&format!("UPDATE users SET star_balance = star_balance - 100 WHERE id = '{RAISED}'"));
    audit(&db, "--baseline", &file, &["--depth", "fast"]).ok().says_nothing();
    audit(&db, "--baseline", &file, &[]).ok().says("1 of the baseline matches nothing any more");
}

#[test]
fn an_entry_holds_through_its_last_day_and_then_warns() {
    let db = Db::new(Template::Dump(FAULTY));
    let file = accepted(&db);
    let written = format!("expires = {}", today().checked_add_days(Days::new(90)).unwrap());
    let on = |day: NaiveDate, text: &str| {
        let file = File::holding(text);
        file.edit(&written, &format!("expires = {day}"));
        audit(&db, "--baseline", &file, &["-q"])
    };
    // A run over midnight would see two days.
    let (ran, day) = loop {
        let day = today();
        let ran = on(day, &file.text());
        if day == today() {
            break (ran, day);
        }
    };
    ran.ok().says_nothing();
    let yesterday = day.pred_opt().unwrap();
    let ran = on(yesterday, &file.text()).exits(3);
    assert!(ran.stdout.contains("10 errors · 2 warnings"), "{}", ran.stdout);
    let said = format!("warning: ana accepted a finding of ledger.balance until {yesterday}, and it counts again");
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 6, "{}", ran.stderr);
    ran.says("warning: 7 more entries of the baseline have expired");
}

#[test]
fn a_baseline_that_is_not_one_is_refused_with_its_line_and_nothing_is_run() {
    let entry = "[[accept]]\nfingerprint = \"0123456789abcdef\"\ncheck = \"ledger.balance\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-31\n";
    let refused = |text: &str, says: &str| {
        let file = File::holding(text);
        let dead = "postgres://postgres@127.0.0.1:1/x";
        let ran = run(bursar().args(["audit", "-d", dead, "--baseline", file.path()])).exits(2);
        assert!(ran.stderr.contains(&format!("baseline.toml:{says}")), "'{says}' is not in:\n{}", ran.stderr);
    };
    refused(&entry.replace("reason = \"r\"\n", ""), "1:1: missing field `reason`");
    refused(&entry.replace("owner = \"o\"\n", ""), "1:1: missing field `owner`");
    refused(&entry.replace("expires = 2999-01-31\n", ""), "1:1: missing field `expires`");
    refused(&entry.replace("check = \"ledger.balance\"\n", ""), "1:1: missing field `check`");
    refused(&entry.replace("\"r\"", "\" \""), "1: the reason is empty");
    refused(&format!("# why\n\n{}", entry.replace("\"o\"", "\"\"")), "3: the owner is empty");
    refused(&entry.replace("2999-01-31", "2999-02-30"), "6:11: invalid date");
    refused(&entry.replace("2999-01-31", "\"2999-01-31\""), "6:11: invalid type");
    refused(&entry.replace("2999-01-31", "2999-01-31T12:00:00Z"), "6: expires is a day, as 2027-01-31");
    refused(&entry.replace("2999-01-31", "12:00:00"), "6: expires is a day, as 2027-01-31");
    refused(&entry.replace("2999-01-31", "soon"), "6:11:");
    refused(&format!("{entry}{entry}"), "7: fingerprint 0123456789abcdef is there twice");
    for bad in ["0123456789abcde", "0123456789ABCDEF", "", "0123456789abcdeg"] {
        refused(&entry.replace("0123456789abcdef", bad), &format!("1: '{bad}' is no fingerprint"));
    }
    refused(&format!("{entry}until = 1\n"), "7:1: unknown field `until`");
    refused("accepted = []\n", "1:1: unknown field `accepted`");
    refused(
        "accept = [{ fingerprint = \"0123456789abcdef\", check = \"c\", reason = \"r\", owner = \"o\", expires = 2999-01-31 }]\n",
        "1: write each entry below a line [[accept]]",
    );
    refused("accept = 3\n", "1:10: invalid type");
    refused("[[accept\n", "1:9:");
    // The same entry is read where nothing is wrong with it: then it is the database that is not there.
    let file = File::holding(entry);
    run(bursar().args(["audit", "-d", "postgres://postgres@127.0.0.1:1/x", "--baseline", file.path()])).exits(5);
    let missing = File::new();
    run(bursar().args(["audit", "--baseline", missing.path()]))
        .exits(2)
        .says("cannot read the baseline")
        .says("bursar audit --write-baseline");
}

/// What people wrote into the file stays, where the finding is still there.
#[test]
fn a_rewritten_baseline_keeps_what_people_wrote() {
    let db = Db::new(Template::Dump(FAULTY));
    let file = accepted(&db);
    let text = file.text();
    let (first, rest) = text.split_at(text.match_indices("[[accept]]").nth(1).unwrap().0);
    // Comments above and inside, a reason over several lines that looks like entries and comments.
    let reason = "reason = \"\"\"\nsee\n# the minutes\n[[accept]] was agreed\n\"\"\"";
    let second_entry =
        rest.replacen("reason = \"known since the import\"", reason, 1).replacen("owner", "# his own\nowner", 1);
    std::fs::write(&file.path, format!("{first}# asked for\n# in May\n{second_entry}")).unwrap();
    let before = file.text();
    audit(&db, "--baseline", &file, &[]).ok();

    // Nothing changed: nothing changes, byte for byte. Also while its entries are applied.
    audit(&db, "--write-baseline", &file, &[]).exits(3).says("0 new, 12 kept, 0 removed");
    assert_eq!(file.text(), before);
    let ran = db.bursar(&["audit", "--baseline", file.path(), "--write-baseline", file.path()]).ok();
    assert!(ran.stderr.contains("0 new, 12 kept, 0 removed") && !ran.stderr.contains("no reason"), "{}", ran.stderr);
    assert_eq!(file.text(), before);

    // The first one's finding changes, so its entry goes and a new one comes, below what was there.
    db.sql(&format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{RAISED}'"));
    // What is not looked at stays, whatever became of it.
    audit(&db, "--write-baseline", &file, &["--only", "jobs"]).exits(3).says("0 new, 12 kept, 0 removed");
    audit(&db, "--write-baseline", &file, &["--account", RAISED]).exits(3).says("1 new, 12 kept, 0 removed");
    std::fs::write(&file.path, &before).unwrap();
    let ran = db.bursar(&["audit", "--baseline", file.path(), "--write-baseline", file.path()]).exits(3);
    ran.says("1 new, 11 kept, 1 removed").says("1 of its entries have no reason yet");
    let after = file.text();
    let entry = first.find("[[accept]]").unwrap();
    assert!(after.starts_with(&format!("{}# asked for\n# in May\n[[accept]]\n", &first[..entry])), "{after}");
    assert!(after.contains(reason) && after.contains("# his own\nowner"), "{after}");
    assert!(after.trim_end().rsplit("[[accept]]").next().unwrap().contains("balance of 247 STAR"), "{after}");
    assert_eq!(after.lines().filter(|l| *l == "[[accept]]").count(), 12);
}

#[test]
fn a_clean_audit_writes_an_empty_baseline_which_accepts_nothing() {
    let (clean, faulty) = (Db::new(Template::Dump(CLEAN)), Db::new(Template::Dump(FAULTY)));
    let file = File::new();
    audit(&clean, "--write-baseline", &file, &[]).ok().says("0 new, 0 kept, 0 removed");
    assert_eq!(file.entries(), 0);
    audit(&clean, "--baseline", &file, &[]).ok();
    audit(&faulty, "--baseline", &file, &[]).exits(3);
}

/// Text of the database is in the file for the reader, and can be neither an entry nor a control.
#[test]
fn what_the_database_holds_cannot_write_into_the_baseline() {
    let db = Db::new(Template::Dump(FAULTY));
    db.sql("UPDATE jobs SET worker_id = E'\"\\n[[accept]]\\n\\x1b[2J\\x7f\\\\ ''' WHERE status = 'processing'");
    let file = accepted(&db);
    assert_eq!(file.text().lines().filter(|l| *l == "[[accept]]").count(), 12);
    assert!(!file.text().contains(['\u{1b}', '\u{7f}']));
    audit(&db, "--baseline", &file, &["--fail-on", "warn"]).ok();
}

#[test]
fn what_is_accepted_crowds_nothing_else_out_of_the_list() {
    let db = Db::new(Template::Dump(CLEAN));
    db.sql("UPDATE users SET star_balance = star_balance + 1");
    let file = accepted(&db);
    assert_eq!(file.entries(), 400);
    db.sql("UPDATE users SET star_balance = star_balance + 1 WHERE id = (SELECT max(id::text)::uuid FROM users)");
    let ran =
        audit(&db, "--baseline", &file, &["-o", "json", "--limit", "3"]).exits(3).says("showing 4 of 400 findings");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let listed = report["findings"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed[0]["accepted"].is_null() && listed[1..].iter().all(|f| f["accepted"]["owner"] == "ana"), "{report}");
    assert_eq!((&report["summary"]["errors"], &report["summary"]["accepted"]), (&1.into(), &399.into()));
}

#[test]
fn combinations_that_make_no_sense_are_refused() {
    let file = File::new();
    let other = File::new();
    let refused = |arguments: &[&str], says: &str| {
        run(bursar().arg("audit").args(arguments).args(["--app", "mimivibe"])).exits(2).says(says);
        assert!(!Path::new(file.path()).exists());
    };
    refused(&["--baseline", other.path(), "--write-baseline", file.path()], "name two files");
    refused(&["--write-baseline", file.path(), "--report", &format!("json={}", file.path())], "named for two purposes");
    refused(&["--baseline", other.path(), "--report", &format!("json={}", other.path())], "named for two purposes");
    refused(&["list", "--baseline", file.path()], "unexpected argument");
    refused(&["explain", "ledger.chain", "--write-baseline", file.path()], "unexpected argument");
    refused(&["list", "--report", "json=x"], "unexpected argument");
    // A file that is there and is no baseline is not overwritten.
    let notes = File::holding("my notes\n");
    run(bursar().args(["audit", "--write-baseline", notes.path()])).exits(2).says("baseline.toml:1:");
    assert_eq!(notes.text(), "my notes\n");
}
