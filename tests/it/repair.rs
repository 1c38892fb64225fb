//! `bursar audit repair`: only what is true, all of it or nothing, and never an entry.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Db, Ran, Running, Starts as _, Template, bursar, lock, run, sample, until_so, wait};

/// A database with faults, and where its plan is kept.
struct Case {
    db: Db,
    folder: TempDir,
    /// The account of the first fault.
    account: String,
}

const ENTRIES: &str = "SELECT md5(string_agg(w::text, '|' ORDER BY w.id)) FROM wallet_transactions w";
/// Everything that a repair could touch.
const ALL: &str = "SELECT md5(concat_ws('|', (SELECT string_agg(u::text, '|' ORDER BY u.id) FROM users u),
    (SELECT string_agg(w::text, '|' ORDER BY w.id) FROM wallet_transactions w),
    (SELECT string_agg(a::text, '|' ORDER BY a.id) FROM bursar.acknowledgements a),
    (SELECT string_agg(o::text, '|' ORDER BY o.id) FROM bursar.operations o)))";

impl Case {
    /// A copy of what the first who needs it has seeded.
    fn new(app: &'static str, faults: &'static str) -> Self {
        type Made = Arc<OnceLock<(Db, String)>>;
        static MADE: LazyLock<Mutex<HashMap<(&str, &str), Made>>> = LazyLock::new(Mutex::default);
        let made = Arc::clone(lock(&MADE).entry((app, faults)).or_default());
        let (db, account) = made.get_or_init(|| {
            let db = Db::new(Template::Migrated(app));
            let arguments = ["seed", "--users", "60", "--seed", "3", "--faults", faults, "--yes", "-o", "json"];
            let seeded = db.json(&arguments);
            assert_eq!(seeded["impossible"], serde_json::json!([]));
            let account = seeded["faults"][0]["account"].as_str().unwrap().to_owned();
            (db, account)
        });
        Case::of(db.copy(), account.clone())
    }

    fn of(db: Db, account: String) -> Self {
        Case { db, folder: tempfile::tempdir().unwrap(), account }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("repair.toml")
    }

    /// Plans anew, and returns the file's text.
    fn plan(&self) -> String {
        let _ = std::fs::remove_file(self.path());
        self.db.bursar(&["audit", "repair", "--plan", self.path().to_str().unwrap()]).ok();
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// Plans anew, and fills the reasons in.
    fn planned(&self) -> String {
        let text = self.plan().replace("reason = \"\"", "reason = \"looked at, ticket 12\"");
        self.write(&text);
        text
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn apply(&self, more: &[&str]) -> Ran {
        let path = self.path();
        let arguments = ["audit", "repair", "--apply", path.to_str().unwrap(), "--yes", "--operator", "noi"];
        self.db.bursar(&[&arguments, more].concat())
    }

    fn apply_beside(&self) -> Running {
        bursar()
            .args(["audit", "repair", "--yes", "--operator", "noi", "--apply"])
            .arg(self.path())
            .env("DATABASE_URL", self.db.url())
            .starts_quietly()
    }

    /// Changes what the triggers guard.
    fn tamper(&self, sql: &str) {
        self.db.sql(&format!("SET session_replication_role = replica; {sql}"));
    }

    fn balance(&self, column: &str) -> String {
        self.db.value(&format!("SELECT {column} FROM users WHERE id = '{}'", self.account))
    }

    fn ledger(&self, depth: &str) -> Value {
        self.db.json(&["audit", "--only", "ledger", "--depth", depth, "-o", "json"])
    }
}

/// Takes the way that a plan offers in a comment, in the place of what it proposes.
fn owed(plan: &str) -> String {
    let blocks = plan.split("\n\n").filter(|b| !b.contains("do = \"rebuild_cache\"") || b.starts_with('#'));
    let uncommented = blocks.map(|block| match block.split_once("# [[line]]\n") {
        Some((_, line)) => format!("[[line]]\n{}", line.replace("\n# ", "\n").trim_start_matches("# ")),
        None => block.to_owned(),
    });
    uncommented.collect::<Vec<_>>().join("\n\n")
}

/// The plan without the lines that hold this.
fn without(plan: &str, text: &str) -> String {
    plan.split("\n\n").filter(|b| !b.contains(text)).collect::<Vec<_>>().join("\n\n")
}

fn found(report: &Value) -> Vec<(String, bool)> {
    let list = report["findings"].as_array().unwrap();
    list.iter().map(|f| (f["check"].as_str().unwrap().to_owned(), !f["accepted"].is_null())).collect()
}

/// Waits until a repair waits for a lock that somebody else holds. A transaction would see the
/// activity of its first look for ever, so this is a connection of its own.
async fn until_it_waits(db: &Db) {
    let connection = &mut db.connect().await;
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit repair' AND wait_event_type = 'Lock')";
    until_so("a repair that waits", async || {
        sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut *connection).await.unwrap()
    })
    .await;
}

#[test]
fn a_drifted_cache_is_rebuilt_from_the_ledger_and_nothing_else_is_touched() {
    let case = Case::new("mimivibe", "balance_drift");
    let (entries, before) = (case.db.value(ENTRIES), case.balance("star_balance"));
    let others =
        format!("SELECT md5(string_agg(u::text, '|' ORDER BY u.id)) FROM users u WHERE id <> '{}'", case.account);
    let rest = case.db.value(&others);
    let plan = case.plan();
    let expected = case.db.json(&["audit", "-o", "json"])["findings"][0].clone();
    for line in [
        "do = \"rebuild_cache\"".to_owned(),
        format!("fingerprint = {}", expected["fingerprint"]),
        format!("what = {}", expected["message"]),
        format!("from = \"{before}\"\nto = {}\nreason = \"\"", expected["expected"]),
        "# If the balance of ".to_owned(),
    ] {
        assert!(plan.contains(&line), "{line}:\n{plan}");
    }
    // Both sides are said, and what the account had is not taken without a word.
    let took = before.parse::<i64>().unwrap() - expected["expected"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(took > 0, "{took}");
    let sides = format!(
        "# cache {before}, ledger {}: this line takes {took} from what the account had",
        expected["expected"].as_str().unwrap()
    );
    assert!(plan.contains(&sides), "{plan}");
    case.apply(&[]).exits(2).says("rebuild_cache needs a reason to take from an account");
    case.write(&plan.replacen("reason = \"\"", "reason = \"it was never paid\"", 1));
    let ran = case.apply(&["--dry-run"]).ok();
    assert!(ran.stdout.contains("1 line would be done; nothing was changed"), "{}", ran.stdout);
    assert_eq!(case.balance("star_balance"), before);
    let ran = case.apply(&[]).ok();
    assert!(ran.stdout.contains("1 line done, and the accounts audit clean"), "{}", ran.stdout);
    assert_eq!(case.balance("star_balance"), expected["expected"].as_str().unwrap());
    assert_eq!((case.db.value(ENTRIES), case.db.value(&others)), (entries, rest));
    case.db.bursar(&["audit"]).ok();
    assert_eq!(
        case.db.value("SELECT concat_ws('|', operator, command, outcome, parameters->'line'->>'from', parameters->'line'->>'do', reason) FROM bursar.operations WHERE command <> 'seed'"),
        format!("noi|audit repair|done|{before}|rebuild_cache|it was never paid")
    );
    // What gives needs none: the ledger is the reason.
    case.db.sql(&format!("UPDATE users SET star_balance = star_balance - 1 WHERE id = '{}'", case.account));
    assert!(case.plan().contains("this line gives the account 1."));
    case.apply(&[]).ok();
}

#[test]
fn a_balance_that_is_owed_is_kept_by_an_entry() {
    let case = Case::new("mimivibe", "balance_drift");
    let before = case.balance("star_balance");
    let old = format!("{ENTRIES} WHERE transaction_type <> 'adjustment'");
    let entries = case.db.value(&old);
    let text = owed(&case.planned());
    assert!(text.contains("\ndo = \"adjust\""), "{text}");
    case.write(&text);
    let ran = case.apply(&["-o", "json"]).ok();
    let done: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&done["command"], &done["outcome"]), (&"audit repair".into(), &"done".into()));
    let made = done["lines"][0]["entry_made"].as_str().unwrap();
    assert_eq!(case.balance("star_balance"), before);
    assert_eq!(case.db.value(&old), entries);
    assert_eq!(
        case.db.value(&format!("SELECT concat_ws('|', balance_after, metadata->>'operator', metadata->>'reason') FROM wallet_transactions WHERE id = '{made}' AND transaction_type = 'adjustment'")),
        format!("{before}|noi|looked at, ticket 12")
    );
    case.db.bursar(&["audit"]).ok();
}

#[test]
fn an_adjustment_above_the_limit_is_no_part_of_a_repair() {
    let case = Case::new("mimivibe", "balance_drift");
    case.db.bursar(&["settings", "set", "adjust_limit", "COIN 1", "--yes"]).ok();
    case.write(&owed(&case.planned()));
    let before = case.db.value(ALL);
    for more in [&[][..], &["--dry-run"]] {
        case.apply(more).exits(4).says("needs a second person").says("adjust_limit is 0 STAR");
        assert_eq!(case.db.value(ALL), before);
    }
    // The function says no by itself.
    let made = |amount: &str| {
        case.db.sqlstate(&format!(
            "SELECT bursar.repair_adjust('{}', 'STAR', {amount}, 'why', 'noi', '{{}}', gen_random_uuid())",
            case.account
        ))
    };
    assert_eq!(made("1"), "BR004");
    assert_eq!(case.db.value(ALL), before);
    // What a repair adds counts as what anybody adds.
    case.db.bursar(&["settings", "set", "adjust_limit", "STAR 1000000", "--yes"]).ok();
    case.apply(&[]).ok();
    assert_eq!(case.db.value("SELECT concat_ws(' ', count(*), min(state)) FROM bursar.adjustments"), "1 done");
    case.db.bursar(&["audit", "--only", "ledger,operations"]).ok();
}

/// A break of each kind is accepted once it is acknowledged, also when the account lives on, and is
/// back as soon as a fact of it is another one.
#[test]
fn an_acknowledged_break_stays_accepted_as_long_as_its_facts_stay() {
    let all = [
        ("lost_update", vec!["ledger.balance", "ledger.chain"]),
        ("entry_deleted", vec!["ledger.balance", "ledger.chain"]),
        ("running_edited", vec!["ledger.chain"]),
    ];
    for (fault, checks) in sample(all, 2) {
        let case = Case::new("mimivibe", fault);
        let entries = case.db.value(ENTRIES);
        let unit = case.ledger("strict")["findings"][0]["unit"].as_str().unwrap().to_owned();
        let column = format!("{}_balance", unit.to_lowercase());
        let before = case.balance(&column);
        case.planned();
        case.apply(&[]).ok();
        let accepted: Vec<(String, bool)> = checks.iter().map(|c| ((*c).to_owned(), true)).collect();
        let clean = |what: &str| {
            for depth in ["strict", "fast"] {
                let report = case.ledger(depth);
                assert_eq!(found(&report), accepted, "{fault}, {what}, {depth}");
                assert_eq!((&report["verdict"], &report["depth"]), (&"clean".into(), &depth.into()));
                let count = serde_json::json!([checks.len(), 0]);
                assert_eq!(serde_json::json!([report["summary"]["accepted"], report["summary"]["errors"]]), count);
                for finding in report["findings"].as_array().unwrap() {
                    let expected = serde_json::json!({"by": "acknowledgement", "owner": "noi", "reason": "looked at, ticket 12", "expires": null});
                    assert_eq!(finding["accepted"], expected);
                }
            }
        };
        let narrow = || {
            case.db.bursar(&["audit", "--only", "ledger.balance"]).ok();
            case.db.bursar(&["audit", "--only", "ledger", "--account", &case.account]).ok();
        };
        clean("acknowledged");
        assert_eq!((case.db.value(ENTRIES), case.balance(&column)), (entries, before));

        // The account lives on.
        for (amount, direction) in [(5, "credit"), (2, "debit"), (40, "credit")] {
            case.db.sql(&format!(
                "SELECT wallet_adjust('{}', '{unit}', {amount}, '{direction}', 'a test', 'noi')",
                case.account
            ));
        }
        clean("after more entries");
        narrow();
        let ran = case.db.bursar(&["audit", "--only", "ledger"]).ok();
        assert!(ran.stdout.contains("looked at, ticket 12, by noi's acknowledgement"), "{}", ran.stdout);

        // The cache drifts again: what is left is said, and the break itself stays accepted.
        case.db.sql(&format!("UPDATE users SET {column} = {column} + 3 WHERE id = '{}'", case.account));
        for depth in ["strict", "fast"] {
            let report = case.ledger(depth);
            let balance =
                report["findings"].as_array().unwrap().iter().find(|f| f["check"] == "ledger.balance").unwrap();
            assert_eq!((&balance["difference"], &balance["accepted"]), (&"3".into(), &Value::Null), "{fault}");
            assert_eq!(report["summary"]["errors"], 1, "{fault}");
        }
        case.planned();
        case.apply(&[]).ok();
        clean("rebuilt to what the acknowledged chain says");
        narrow();

        // Its facts change: it is back; they change back: it is accepted again.
        let entry = case.db.value("SELECT entry_id FROM bursar.acknowledgements ORDER BY id LIMIT 1");
        let edit = |by: i32| {
            case.tamper(&format!(
                "UPDATE wallet_transactions SET balance_after = balance_after + {by} WHERE id = '{entry}'"
            ))
        };
        edit(1);
        for depth in ["strict", "fast"] {
            let report = case.ledger(depth);
            assert!(found(&report).contains(&("ledger.chain".to_owned(), false)), "{fault}: {report}");
        }
        edit(-1);
        clean("as it was");

        // Another break in the same chain is not spoken for.
        case.tamper(&format!("UPDATE wallet_transactions SET balance_after = balance_after + 1 WHERE id = (SELECT id FROM wallet_transactions WHERE user_id = '{}' AND currency = '{unit}' AND transaction_type = 'adjustment' ORDER BY seq LIMIT 1)", case.account));
        for depth in ["strict", "fast"] {
            let report = case.ledger(depth);
            let chain: Vec<_> = found(&report).into_iter().filter(|(check, _)| check == "ledger.chain").collect();
            assert_eq!(chain, [("ledger.chain".to_owned(), false)], "{fault}");
        }
    }
}

#[test]
fn entries_out_of_order_and_out_of_their_domain_are_acknowledged_too() {
    let case = Case::new("mimivibe", "entries_swapped,entry_before_opening");
    let plan = case.planned();
    assert!(plan.contains("check = \"ledger.order\"") && plan.contains("check = \"ledger.domain\""), "{plan}");
    case.apply(&[]).ok();
    let report = case.db.json(&["audit", "-o", "json", "--fail-on", "warn"]);
    assert_eq!((&report["verdict"], &report["summary"]["warnings"]), (&"clean".into(), &0.into()), "{report}");
}

#[test]
fn a_plan_whose_facts_have_changed_is_a_conflict_and_does_nothing() {
    let case = Case::new("mimivibe", "balance_drift");
    case.planned();
    case.db.sql(&format!("UPDATE users SET star_balance = star_balance + 1 WHERE id = '{}'", case.account));
    let before = case.db.value(ALL);
    let ran = case.apply(&[]).exits(7).says("no longer true").says("plan again: bursar audit repair --plan");
    assert!(ran.stderr.contains(&format!("rebuild_cache of account {}", case.account)), "{}", ran.stderr);
    case.apply(&["--dry-run"]).exits(7);
    assert_eq!(case.db.value(ALL), before);
    // A figure that somebody made up is no fact either.
    let text = case.planned();
    case.write(&text.replacen("\nto = \"", "\nto = \"9", 1));
    case.apply(&[]).exits(7);
    assert_eq!(case.db.value(ALL), before);
}

#[test]
fn a_plan_that_leaves_something_is_rolled_back_whole() {
    // Two broken links; one of them acknowledged is not enough.
    let case = Case::new("mimivibe", "running_edited,balance_drift");
    let plan = case.planned();
    let before = case.db.value(ALL);
    case.write(&without(&plan, "gap = \"-7\""));
    let ran = case.apply(&[]).exits(1).says("leaves something that nobody acknowledges").says("nothing was changed");
    assert!(ran.stderr.contains("ledger.chain: Entry "), "{}", ran.stderr);
    assert_eq!(case.db.value(ALL), before);
    // Rebuilding a cache does not excuse the chain under it.
    case.write(&plan);
    case.apply(&[]).ok();
    case.db.bursar(&["audit"]).ok();
}

#[test]
fn both_units_of_an_account_have_to_be_settled_together() {
    let case = Case::new("mimivibe", "lost_update");
    case.db.sql(&format!("UPDATE users SET coin_balance = coin_balance + 4 WHERE id = '{}'", case.account));
    let plan = case.planned();
    let before = case.db.value(ALL);
    case.write(&without(&plan, "unit = \"COIN\""));
    case.apply(&[]).exits(1).says("ledger.balance: Account");
    case.write(&without(&plan, "unit = \"STAR\""));
    case.apply(&[]).exits(1).says("ledger.chain: Entry");
    assert_eq!(case.db.value(ALL), before);
    case.write(&plan);
    case.apply(&[]).ok();
    case.db.bursar(&["audit"]).ok();
}

/// A cache that was set back to the plain sum, after a break that runs on, is as wrong as any.
#[test]
fn a_cache_is_rebuilt_to_what_the_acknowledged_chain_says() {
    let case = Case::new("mimivibe", "lost_update");
    let shown = case.balance("star_balance");
    case.db.sql(&format!("UPDATE users SET star_balance = star_balance - 1 WHERE id = '{}'", case.account));
    let plan = case.planned();
    assert!(plan.contains(&format!("to = \"{shown}\"")), "{plan}");
    let before = case.db.value(ALL);
    case.write(&without(&plan, "do = \"rebuild_cache\""));
    // What the entries do not come to is what was acknowledged.
    let wallet = case.db.json(&["wallet", "show", &case.account, "-o", "json"]);
    let stars = wallet["balances"].as_array().unwrap().iter().find(|b| b["unit"] == "STAR").unwrap();
    let gap = shown.parse::<i64>().unwrap() - stars["ledger"].as_str().unwrap().parse::<i64>().unwrap();
    assert_ne!(gap, 0);
    case.apply(&[])
        .exits(1)
        .says(&format!("the acknowledged breaks in its chain to {gap}, so it should have {shown}."));
    assert_eq!(case.db.value(ALL), before);
    case.write(&plan);
    case.apply(&[]).ok();
    assert_eq!(case.balance("star_balance"), shown);
    case.db.bursar(&["audit", "--only", "ledger,operations"]).ok();
}

#[test]
fn a_writer_at_the_same_time_is_waited_for_and_seen() {
    // Its entry changes the balance that the plan is about: the plan is no longer true.
    let case = Case::new("mimivibe", "balance_drift");
    case.planned();
    let adjust = format!("SELECT wallet_adjust('{}', 'STAR', 5, 'credit', 'a test', 'noi')", case.account);
    wait(async {
        let mut writer = case.db.connect().await;
        sqlx::raw_sql("BEGIN").execute(&mut writer).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(adjust.clone())).execute(&mut writer).await.unwrap();
        let child = case.apply_beside();
        until_it_waits(&case.db).await;
        sqlx::raw_sql("COMMIT").execute(&mut writer).await.unwrap();
        child.ended().exits(7).says("no longer true");
    });
    assert_eq!(case.db.value("SELECT count(*) FROM bursar.operations WHERE command = 'audit repair'"), "0");
    // The entry started from the drifted cache, so the drift is in the chain now.
    assert_eq!(case.ledger("strict")["summary"]["errors"], 2);

    // The facts of a break are not touched by it: what it says stays true.
    let case = Case::new("mimivibe", "lost_update");
    case.planned();
    let adjust = format!("SELECT wallet_adjust('{}', 'STAR', 5, 'credit', 'a test', 'noi')", case.account);
    wait(async {
        let mut writer = case.db.connect().await;
        sqlx::raw_sql("BEGIN").execute(&mut writer).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(adjust)).execute(&mut writer).await.unwrap();
        let child = case.apply_beside();
        until_it_waits(&case.db).await;
        sqlx::raw_sql("COMMIT").execute(&mut writer).await.unwrap();
        child.ended().ok();
    });
    case.db.bursar(&["audit", "--only", "ledger,operations"]).ok();
}

#[test]
fn a_repair_that_is_killed_half_way_leaves_nothing() {
    let case = Case::new("mimivibe", "balance_drift,lost_update");
    case.planned();
    let before = case.db.value(ALL);
    wait(async {
        let mut holder = case.db.connect().await;
        // It gets as far as the log: a balance is set, or a break acknowledged, and not committed.
        sqlx::raw_sql("BEGIN; LOCK TABLE bursar.operations IN EXCLUSIVE MODE").execute(&mut holder).await.unwrap();
        let mut child = case.apply_beside();
        until_it_waits(&case.db).await;
        child.kill().unwrap();
        assert_eq!(child.ended().code, -9);
        sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
        let there = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bursar audit repair')";
        until_so("the end of its session", async || {
            !sqlx::query_scalar::<_, bool>(there).fetch_one(&mut holder).await.unwrap()
        })
        .await;
    });
    assert_eq!(case.db.value(ALL), before);
    case.apply(&[]).ok();
    case.db.bursar(&["audit", "--only", "ledger,operations"]).ok();
}

#[test]
fn the_same_plan_twice_is_done_once() {
    let case = Case::new("mimivibe", "balance_drift,lost_update");
    let plan = case.planned();
    case.write(&owed(&plan));
    case.apply(&[]).ok();
    let before = case.db.value(ALL);
    let ran = case.apply(&[]).ok();
    assert_eq!(ran.stdout, "all of it was done before; nothing was changed\n");
    assert_eq!(case.db.value(ALL), before);
    // Only what was done counts: the other way of the same finding was not.
    case.write(&plan);
    case.apply(&[]).exits(7);
    assert_eq!(case.db.value(ALL), before);
}

#[test]
fn a_plan_that_is_wrong_says_where_and_does_nothing() {
    let case = Case::new("mimivibe", "balance_drift,lost_update");
    let plan = case.plan();
    let before = case.db.value(ALL);
    let refused = |text: &str, says: &str| {
        case.write(text);
        let ran = case.apply(&[]).exits(2).says(says);
        assert_eq!(case.db.value(ALL), before);
        ran
    };
    let lines: Vec<&str> = plan.lines().take_while(|l| *l != "do = \"acknowledge\"").collect();
    let line = 1 + lines.iter().rposition(|l| *l == "[[line]]").unwrap();
    refused(&plan, &format!("repair.toml:{line}: acknowledge needs a reason"));
    refused(&plan.replace("reason = \"\"", "reason = \" \\t\""), "acknowledge needs a reason");
    refused(&plan.replace("reason = \"\"", "reason = \"\u{200b}\u{2800}\u{3164}\""), "acknowledge needs a reason");
    let plan = plan.replace("reason = \"\"", "reason = \"why\"");
    refused(&owed(&plan).replace("reason = \"why\"", ""), "needs a reason");
    refused(&plan.replacen("\nreason", "\nresaon", 1), "unknown field `resaon`");
    refused(&plan.replacen("\nfrom = ", "\n# from = ", 1), "rebuild_cache needs `from`");
    refused(&plan.replacen("\nentry = ", "\n# entry = ", 1), "acknowledge needs `entry`");
    refused(&plan.replacen("rebuild_cache\"", "delete_entry\"", 1), "unknown variant `delete_entry`");
    refused(&format!("force = true\n{plan}"), "unknown field `force`");
    refused(&format!("{plan}\n[[line]"), "repair.toml:");
    refused(
        &format!("{plan}\n{}", owed(&plan).split("planned_at").nth(1).unwrap().split_once('\n').unwrap().1),
        "about the same finding",
    );
    refused(&plan.replace("schema_version = 1", "schema_version = 2"), "plan of version 2");
    refused(
        &plan.replace("app = \"mimivibe\"", "app = \"avolve\""),
        "made for the application avolve, and this is mimivibe",
    );
    refused(&plan.replace(&case.db.name, "another"), "made for the database another");
    let server = plan.lines().find(|l| l.starts_with("system_identifier")).unwrap();
    refused(&plan.replace(server, "system_identifier = \"1\""), "made for the server 1");
    std::fs::remove_file(case.path()).unwrap();
    case.apply(&[]).exits(2).says("cannot read");
    let path = case.path();
    let path = path.to_str().unwrap();
    case.db.bursar(&["audit", "repair"]).exits(2);
    case.db.bursar(&["audit", "repair", "--plan", path, "--apply", path]).exits(2);
    case.db.bursar(&["audit", "repair", "--plan", path, "--dry-run"]).exits(2);
}

#[test]
fn a_plan_is_never_written_over_and_an_empty_one_not_at_all() {
    let case = Case::new("mimivibe", "balance_drift");
    case.write("mine");
    let path = case.path();
    let arguments = ["audit", "repair", "--plan", path.to_str().unwrap()];
    case.db.bursar(&arguments).exits(2).says("is there already").says("rm ");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let nowhere = path.join("no/such/folder.toml");
    case.db.bursar(&["audit", "repair", "--plan", nowhere.to_str().unwrap()]).exits(2).says("cannot write");
    case.planned();
    case.apply(&[]).ok();
    std::fs::remove_file(&path).unwrap();
    let ran = case.db.bursar(&arguments).ok();
    assert_eq!(ran.stdout, "Nothing to repair: no file was written.\n");
    assert!(!path.exists());
    // Nothing is left beside it either.
    assert_eq!(std::fs::read_dir(case.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_write_is_agreed_to_or_does_not_happen() {
    let case = Case::new("mimivibe", "balance_drift");
    case.planned();
    let before = case.db.value(ALL);
    let path = case.path();
    let arguments = ["audit", "repair", "--apply", path.to_str().unwrap()];
    case.db.bursar(&arguments).exits(4).says("--yes");
    case.db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    case.apply(&[]).exits(4).says(&format!("--confirm {}", case.db.name));
    assert_eq!(case.db.value(ALL), before);
    case.db.bursar(&[&arguments[..], &["--confirm", &case.db.name]].concat()).ok();
    // Who answers for it, where no operator is named, is whoever ran it.
    assert_eq!(
        case.db
            .value("SELECT operator IS NULL AND os_user <> '' FROM bursar.operations WHERE command = 'audit repair'"),
        "true"
    );
}

#[test]
fn what_cannot_be_mended_is_said_and_left() {
    let case = Case::new("avolve", "balance_missing");
    let ran = case.db.bursar(&["audit", "repair", "-o", "json", "--plan", case.path().to_str().unwrap()]).ok();
    let planned: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(planned["lines"], serde_json::json!([]));
    assert_eq!(planned["not_mended"][0]["check"], "ledger.balance");
    let text = std::fs::read_to_string(case.path()).unwrap();
    assert!(text.contains("# Not mended here: ledger.balance: ") && text.contains("Make the balance row"), "{text}");
    assert!(case.apply(&[]).ok().stdout.contains("the plan has no line; nothing was changed"));
}

#[test]
fn tokens_are_rebuilt_and_adjusted_too() {
    for (fault, keeps) in
        [("balance_drift", false), ("balance_drift", true), ("mint_deleted", true), ("cache_without_entries", false)]
    {
        let case = Case::new("avolve", fault);
        let entries = "SELECT count(*) FROM token_transactions";
        let balances = "SELECT md5(string_agg(concat_ws('|', b.user_id, b.token_type, b.balance), ',' ORDER BY b.id)) FROM token_balances b";
        let (count, before): (u32, String) = (case.db.value(entries).parse().unwrap(), case.db.value(balances));
        let plan = case.planned();
        if keeps {
            case.write(&owed(&plan));
        }
        case.apply(&[]).ok();
        assert_eq!(case.db.value(entries), (count + u32::from(keeps)).to_string(), "{fault}");
        assert_eq!(case.db.value(balances) == before, keeps, "{fault}");
        let report = case.db.json(&["audit", "--only", "ledger", "-o", "json"]);
        assert_eq!(report["verdict"], "clean", "{fault}: {report}");
        // The entry has no room for the reason; the log has.
        if keeps {
            assert_eq!(
                case.db.value("SELECT reason FROM bursar.operations WHERE command = 'audit repair'"),
                "looked at, ticket 12"
            );
        }
    }
}

#[test]
fn an_application_without_a_ledger_has_nothing_to_repair() {
    for app in ["organic-os", "aethercrown"] {
        let db = Db::new(Template::Migrated(app));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repair.toml");
        db.bursar(&["audit", "repair", "--plan", path.to_str().unwrap()])
            .exits(2)
            .says("keeps no ledger, so there is nothing to repair");
        assert!(!path.exists());
    }
}

#[test]
fn a_write_that_lacks_its_functions_says_how_to_install_them() {
    // A database that bursar did not migrate: planning reads, and works.
    let case =
        Case::of(Db::new(Template::Dump("mimivibe-faulty.sql.gz")), "00bdeae8-8a29-430a-a84b-6594f81ee54b".into());
    case.planned();
    case.apply(&[]).exits(2).says("is missing in this database").says("bursar migrate up --only bursar");
    let ran = case.db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    assert!(ran.stdout.contains("✓ mimivibe/functions/repair.sql installed"), "{}", ran.stdout);
    assert_eq!(case.db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok().stdout, "nothing is pending\n");
    case.apply(&[]).ok();
    assert_eq!(case.ledger("strict")["verdict"], "clean");

    // Functions of another version are installed again.
    let case = Case::new("mimivibe", "balance_drift");
    case.planned();
    case.db.bursar(&["migrate", "status", "--check"]).ok();
    case.db.sql("UPDATE bursar.pack_functions SET checksum = 'old' WHERE file = 'functions/repair.sql'; DROP FUNCTION bursar.adjust");
    let ran = case.db.bursar(&["migrate", "status", "--check"]).exits(3);
    assert!(ran.stdout.contains("1 file of functions to install: bursar migrate up"), "{}", ran.stdout);
    case.apply(&[]).exits(2).says("functions/repair.sql is missing").says("bursar migrate up --only bursar");
    case.db.bursar(&["migrate", "up", "--only", "bursar", "--yes"]).ok();
    case.apply(&[]).ok();
    assert_eq!(
        case.db
            .value("SELECT count(*) FROM pg_proc WHERE pronamespace = 'bursar'::regnamespace AND proname = 'adjust'"),
        "1"
    );

    // A database that fits no pack gets bursar's own schema alone.
    let db = Db::new(Template::Bursar);
    assert_eq!(db.value("SELECT to_regprocedure('bursar.lock_account(text)') IS NULL AND to_regclass('bursar.acknowledgements') IS NOT NULL"), "true");
}

#[test]
fn the_functions_and_the_acknowledgements_are_open_to_nobody_and_change_nothing() {
    let case = Case::new("mimivibe", "lost_update");
    case.planned();
    case.apply(&[]).ok();
    assert_eq!(
        case.db.value("SELECT string_agg(concat_ws(' ', r, p.proname), ', ') FROM pg_proc p, unnest(ARRAY['anon', 'authenticated', 'service_role', 'bursar_auditor']) r WHERE p.pronamespace = 'bursar'::regnamespace AND has_function_privilege(r, p.oid, 'EXECUTE')"),
        "bursar_auditor record_reconciliation"
    );
    assert_eq!(
        case.db.value("SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace AND p.prosecdef"),
        "acknowledge_object adjust_terms change_jobs change_queue link_operations log_job_streams queue_operation record_reconciliation refund_answered refund_approve refund_cancel refund_cancel_check refund_capture refund_claim refund_import refund_import_check refund_preview refund_preview_approval refund_reject refund_release refund_request refund_submitting refund_withdraw wallet_adjust wallet_approve wallet_reject withdraw_acknowledgement withheld_path"
    );
    assert_eq!(
        case.db.value("SELECT count(*) FROM pg_proc p WHERE p.pronamespace = 'bursar'::regnamespace AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)"),
        "0"
    );
    for change in [
        "UPDATE bursar.acknowledgements SET reason = 'x'",
        "DELETE FROM bursar.acknowledgements",
        "TRUNCATE bursar.acknowledgements",
    ] {
        assert_eq!(case.db.sqlstate(change), "23001", "{change}");
    }
    for call in [
        "SELECT bursar.set_balance(u.id::text, 'STAR', u.star_balance + 1, 5) FROM users u",
        "SELECT bursar.set_balance('00000000-0000-4000-8000-000000000001', 'STAR', 1, 5)",
        "SELECT bursar.set_balance(u.id::text, 'MOON', u.star_balance, 5) FROM users u",
    ] {
        assert_eq!(case.db.sqlstate(call), "40001", "{call}");
    }
    for call in [
        "SELECT bursar.set_balance(u.id::text, 'STAR', u.star_balance, 0.5) FROM users u",
        "SELECT bursar.adjust(u.id::text, 'STAR', 0.5, 'why', 'noi') FROM users u",
        "SELECT bursar.adjust(u.id::text, 'STAR', 5, ' ', 'noi') FROM users u",
    ] {
        assert_eq!(case.db.sqlstate(call), "22023", "{call}");
    }
    assert_eq!(case.db.sqlstate("SELECT bursar.lock_account('00000000-0000-4000-8000-000000000001')"), "P0002");
}

/// Without the acknowledgements, a finding that is acknowledged looks like any other, and the report
/// has to say that it did not see them.
#[test]
fn acknowledgements_that_may_not_be_read_are_said_to_be_missing() {
    let case = Case::new("mimivibe", "lost_update");
    case.planned();
    case.apply(&[]).ok();
    let role = format!("{}_reader", case.db.name);
    case.db.sql(&format!("CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'x'; GRANT USAGE ON SCHEMA public TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let url = case.db.url().replace("user=postgres", &format!("user={role}"));
    let ran = run(bursar().args(["audit", "--only", "ledger", "-o", "json", "-d", &url])).exits(3);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["complete"], false);
    let tables = report["tables"].as_array().unwrap();
    let table = tables.iter().find(|t| t["table"] == "bursar.acknowledgements").unwrap();
    assert!(table["rows"].is_null() && table["reason"].as_str().unwrap().contains("42501"), "{table}");
    case.db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// A pack of one's own, whose accounts are named by anybody, and whose money has decimals.
fn hostile(folder: &Path) -> Case {
    let pack = folder.join("shop");
    for (file, text) in [
        ("pack.toml", "name = \"shop\"\ntitle = \"Shop\"\nschema = \"public\"\ndetect = [\"entry.amount\"]\ntables = [\"entry\", \"purse\"]\n[thresholds]\nfuture_tolerance_secs = 300\n"),
        ("ledger/entries.sql", "-- reads: entry\nSELECT id AS entry_id, account, unit, amount AS delta, running, at, id AS seq, NULL::xid8 AS arrival, 'entry' AS kind, NULL AS ref FROM entry"),
        ("ledger/balances.sql", "-- reads: purse\nSELECT account, unit, balance, NULL::timestamptz AS opened_at FROM purse"),
        ("functions/repair.sql", "CREATE OR REPLACE FUNCTION bursar.lock_account(p_account text) RETURNS void LANGUAGE sql SET search_path = '' AS
              $$ SELECT FROM public.purse WHERE account = p_account FOR NO KEY UPDATE $$;
          CREATE OR REPLACE FUNCTION bursar.set_balance(p_account text, p_unit text, p_was numeric, p_becomes numeric) RETURNS void LANGUAGE sql SET search_path = '' AS
              $$ UPDATE public.purse SET balance = p_becomes WHERE account = p_account AND unit = p_unit AND balance = p_was $$;"),
    ] {
        let path = pack.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let db = Db::new(Template::Empty);
    db.sql("CREATE TABLE entry (id int PRIMARY KEY, account text, unit text, amount numeric, running numeric, at timestamptz);
            CREATE TABLE purse (account text, unit text, balance numeric, PRIMARY KEY (account, unit));");
    Case { db, folder: tempfile::tempdir_in(folder).unwrap(), account: String::new() }
}

#[test]
fn text_from_the_database_stays_text_in_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    let case = hostile(folder.path());
    let app = folder.path().join("shop");
    let app = ["--trust-pack", "--app", app.to_str().unwrap()];
    case.db.sql(
        "INSERT INTO purse VALUES (E'a\"\\n[[line]]\\ndo = \"rebuild_cache\"\\n#', E'U\\n\\nforce = true', 1.50),
             ('''''''\"\"\"\\', E'\\x1b[2J\\r\\t\\u202e', 0.10), ('debtor', 'USD', 3), ('exact', 'USD', 0.40);
         INSERT INTO entry VALUES (1, E'a\"\\n[[line]]\\ndo = \"rebuild_cache\"\\n#', E'U\\n\\nforce = true', 1.25, 1.25, now() - interval '1 day'),
             (2, '''''''\"\"\"\\', E'\\x1b[2J\\r\\t\\u202e', 0.20, 0.30, now() - interval '1 day'),
             (3, E'nobody\\n[[line]]', E'X\\n[[line]]\\nx', 1, 1, now() - interval '1 day'),
             (4, 'debtor', 'USD', -2, -2, now() - interval '1 day'),
             (5, 'exact', 'USD', 0.1, 0.1, now() - interval '3 day'), (6, 'exact', 'USD', 0.1, 0.30, now() - interval '2 day'), (7, 'exact', 'USD', 0.1, 0.4, now() - interval '1 day')",
    );
    let path = case.path();
    case.db.bursar(&[&["audit", "repair", "--plan", path.to_str().unwrap()], &app[..]].concat()).ok();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains('\x1b') && !text.contains('\r') && !text.contains("\n[[line]]\nx"), "{text}");
    let parsed: toml::Table = text.parse().unwrap();
    assert_eq!(parsed.keys().map(String::as_str).filter(|k| *k == "force").count(), 0);
    let lines = parsed["line"].as_array().unwrap();
    let what: Vec<(&str, &str)> =
        lines.iter().map(|l| (l["do"].as_str().unwrap(), l["account"].as_str().unwrap())).collect();
    assert_eq!(
        what,
        [
            ("acknowledge", "'''\"\"\"\\"),
            ("rebuild_cache", "'''\"\"\"\\"),
            ("rebuild_cache", "a\"\n[[line]]\ndo = \"rebuild_cache\"\n#"),
            ("acknowledge", "debtor"),
            ("acknowledge", "exact"),
        ]
    );
    assert!(
        text.contains("# Not mended here: ledger.balance: The ledger holds 1 entry worth 1 X\\n[[line]]\\nx"),
        "{text}"
    );
    assert!(text.contains("a balance below zero cannot be stored"), "{text}");
    // What is left of the debtor cannot be mended, and without it the rest can.
    let text = without(&text, "account = \"debtor\"").replace("reason = \"\"", "reason = \"seen\"");
    case.write(&text);
    case.apply(&app).exits(2).says("migrate up --only bursar");
    case.db.bursar(&[&["migrate", "up", "--only", "bursar", "--yes"], &app[..]].concat()).ok();
    let ran = case.apply(&app).ok();
    assert!(!ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'), "{ran:?}");
    assert_eq!(case.db.value("SELECT string_agg(balance::text, ' ' ORDER BY balance) FROM purse"), "0.30 0.40 1.25 3");
    let report = case.db.json(&[&["audit", "--only", "ledger", "--account", "exact", "-o", "json"], &app[..]].concat());
    assert_eq!(found(&report), [("ledger.balance".to_owned(), true), ("ledger.chain".to_owned(), true)]);
}

/// Two breaks that are acknowledged and come to nothing pay for nothing when one of them is taken away.
#[test]
fn what_was_acknowledged_counts_as_a_whole() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let account = db.value(
        "SELECT user_id FROM wallet_transactions WHERE currency = 'STAR' GROUP BY user_id HAVING count(*) > 8 ORDER BY user_id LIMIT 1",
    );
    let case = Case::of(db, account);
    let Case { account, .. } = &case;
    let nth = |n: u32| {
        case.db.value(&format!(
            "SELECT seq FROM wallet_transactions WHERE user_id = '{account}' AND currency = 'STAR' ORDER BY created_at, seq OFFSET {n} LIMIT 1"
        ))
    };
    case.tamper(&format!("UPDATE wallet_transactions SET balance_after = balance_after + 500 WHERE seq = {}", nth(3)));
    case.planned();
    case.apply(&[]).ok();
    case.db.bursar(&["audit"]).ok();
    // The second break goes, and everything after it is worth 500 more.
    let theft = |sign: &str| {
        case.tamper(&format!(
            "UPDATE wallet_transactions SET balance_after = balance_after {sign} 500
              WHERE user_id = '{account}' AND currency = 'STAR'
                AND (created_at, seq) >= (SELECT created_at, seq FROM wallet_transactions WHERE seq = {});
             UPDATE users SET star_balance = star_balance {sign} 500 WHERE id = '{account}'",
            nth(4)
        ));
    };
    theft("+");
    for depth in ["strict", "fast"] {
        let report = case.ledger(depth);
        let balance = report["findings"].as_array().unwrap().iter().find(|f| f["check"] == "ledger.balance").unwrap();
        assert_eq!((&balance["difference"], &balance["accepted"]), (&"500".into(), &Value::Null), "{balance}");
    }
    // No line of a plan puts back what was changed in the entries.
    let plan = case.path().with_extension("left");
    let ran = case.db.bursar(&["audit", "repair", "-o", "json", "--plan", plan.to_str().unwrap()]).ok();
    ran.tells("from a backup that is older than the change");
    theft("-");
    case.db.bursar(&["audit"]).ok();
}
