//! The harness itself: what a test starts ends with it, what it seeds does not depend on the day, and nothing is started
//! past the one place that sees to both.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::child::UNPINNED;
use crate::support::{Db, Running, SEEDED_UNTIL, Starts as _, Template, bursar, env, file, run, stops_sandbox, until};

/// Set for a process of the suite that is to fail, by the test that looks at what it leaves behind.
const VICTIM: &str = "BURSAR_TEST_VICTIM";

fn is_alive(pid: u32) -> bool {
    // A process that nobody has waited for is dead all the same.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|behind| !behind.is_empty() && !behind.trim_start().starts_with('Z'))
}

/// Starts a process that would run for ever, with a child of its own, and says their numbers.
fn runs_for_ever() -> (Running, Vec<u32>) {
    let mut sh = Command::new("sh");
    let mut started =
        sh.args(["-c", "sleep 1000 & echo $$ $!; wait"]).stdin(Stdio::null()).stdout(Stdio::piped()).starts();
    let mut line = String::new();
    BufReader::new(started.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (started, line.split_whitespace().map(|pid| pid.parse().unwrap()).collect())
}

#[test]
fn a_child_dies_with_a_test_that_panics() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let (_running, pids) = runs_for_ever();
        sender.send(pids).unwrap();
        panic!("as a test does that fails");
    });
    let pids = receiver.recv().unwrap();
    assert!(test.join().is_err());
    assert_eq!(pids.len(), 2);
    // Its child is for the system to take away.
    until("the end of both", || !pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn a_child_dies_with_the_thread_that_has_forgotten_it() {
    let test = std::thread::spawn(|| {
        let (running, pids) = runs_for_ever();
        std::mem::forget(running);
        pids
    });
    let pids = test.join().unwrap();
    until("the end of the child", || !is_alive(pids[0]));
    // Only the first is the kernel's to end; the other is not left behind by this test.
    run(Command::new("kill").arg(pids[1].to_string()));
}

#[test]
fn a_child_dies_with_a_suite_that_is_killed() {
    let mut suite = Command::new(std::env::current_exe().unwrap());
    suite.args(["--exact", "harness::victim", "--nocapture", "--test-threads=1"]).env(VICTIM, "1");
    let mut suite = suite.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).starts();
    let mut lines = BufReader::new(suite.stdout.take().unwrap()).lines();
    let said = lines.by_ref().map(Result::unwrap).find(|l| l.contains("victim's child is ")).expect("a child");
    let pid: u32 = said.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(is_alive(pid));
    suite.kill().unwrap();
    suite.wait().unwrap();
    until("the end of the child", || !is_alive(pid));
}

/// What the test above kills; it does nothing in a usual run.
#[test]
#[allow(clippy::disallowed_macros, reason = "another process reads it")]
fn victim() {
    if env(VICTIM).is_none() {
        return;
    }
    let running = bursar().args(["sandbox", "status"]).starts_quietly();
    drop(running);
    let mut sleep = Command::new("sleep");
    let running = sleep.arg("1000").stdin(Stdio::null()).starts();
    println!("victim's child is {}", running.id());
    running.ended();
}

#[test]
fn a_sandbox_is_stopped_when_its_guard_goes() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let dir = folder.path().join("box");
    let state = || run(bursar().args(["sandbox", "status", "--dir"]).arg(&dir)).ok().stdout;
    let guard = stops_sandbox(&dir);
    run(bursar().args(["sandbox", "start", "--dir"]).arg(&dir)).ok();
    assert!(state().contains("running"), "{}", state());
    drop(guard);
    assert!(state().contains("stopped"), "{}", state());
}

#[test]
fn a_seed_of_a_test_ends_on_a_fixed_day_and_one_of_a_user_today() {
    let newest = "SELECT max(created_at) FROM users";
    let db = Db::new(Template::Migrated("mimivibe"));
    db.bursar(&["seed", "--users", "30", "--yes"]).ok();
    assert_eq!(db.value(&format!("SELECT ({newest}) <= '{SEEDED_UNTIL}'")), "true");
    let until_days_ago = |days: i32| {
        db.value(&format!("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '{days} days', 'YYYY-MM-DD')"))
    };
    // The day may change between the two.
    let before = until_days_ago(0);
    let seed = |more: &[&str]| {
        let db = Db::new(Template::Migrated("mimivibe"));
        let mut command = bursar();
        command.args(["seed", "--users", "30", "--yes", "-d", &db.url()]).args(more);
        run(command.env(UNPINNED, "1")).ok();
        db.value(newest)
    };
    let open = seed(&[]);
    assert!([before, until_days_ago(0)].iter().any(|day| seed(&["--until", day]) == open), "{open}");
}

/// Every file of the suite, as its path below `tests/it` and its text.
fn sources() -> Vec<(String, String)> {
    fn walk(dir: &Path, below: &str, all: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let name = format!("{below}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), all);
            } else if name.ends_with(".rs") {
                all.push((name, std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    let mut all = Vec::new();
    walk(&file("tests/it"), "", &mut all);
    all
}

#[test]
fn nothing_is_started_past_the_one_place_that_ends_it() {
    for (name, text) in sources().iter().filter(|(name, _)| name != "harness.rs" && name != "support/child.rs") {
        for past in [".spawn()", ".output()", ".status().unwrap()", ".status().expect("] {
            assert!(!text.contains(past), "{name}: {past}: use `Starts` or `run` of support/child.rs");
        }
    }
}
