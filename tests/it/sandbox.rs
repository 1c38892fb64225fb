//! `bursar sandbox` and `bursar demo`: a private server that does what it says, and leaves nothing
//! behind that it does not mention.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use crate::support::{
    Afterwards, Ran, Running, Starts as _, bursar, connect, run, shipped, soak, stops_sandbox, until, wait,
};

/// A directory that the server's user can get through, whoever that is, with a path that is short
/// enough for a socket.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    folder
}

/// A sandbox of a test's own; it is stopped afterwards.
struct Kept {
    _stopped: Afterwards,
    folder: TempDir,
}

impl Kept {
    fn new() -> Kept {
        let folder = open_folder();
        Kept { _stopped: stops_sandbox(&folder.path().join("box")), folder }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("box")
    }

    /// `bursar sandbox <arguments> --dir` this one.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bursar();
        command.arg("sandbox").args(arguments).arg("--dir").arg(self.dir());
        command
    }

    fn says(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    fn status(&self) -> Value {
        let ran = self.says(&["status", "-o", "json"]).ok();
        let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!((&object["schema_version"], &object["command"]), (&1.into(), &"sandbox status".into()));
        object["sandbox"].clone()
    }

    fn value(&self, sql: &str) -> String {
        let url = self.says(&["url"]).ok().stdout;
        let sql = format!("SELECT ({sql})::text");
        wait(async { sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connect(url.trim()).await).await }).unwrap()
    }
}

/// Every process, as its id, its parent's and its arguments. One that has ended and is not yet
/// waited for has no arguments.
fn processes() -> Vec<(i32, i32, String)> {
    let listed = run(Command::new("ps").args(["-A", "-ww", "-o", "pid=,ppid=,stat=,args="]));
    let parse = |line: &str| {
        let mut words = line.split_whitespace();
        let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let ended = words.next()?.starts_with('Z');
        (!ended).then(|| (pid, parent, words.collect::<Vec<_>>().join(" ")))
    };
    listed.stdout.lines().filter_map(parse).collect()
}

/// The processes whose arguments name the directory, and those that they have started.
fn processes_of(dir: &Path) -> BTreeSet<i32> {
    let all = processes();
    let name = dir.to_str().unwrap();
    let servers: BTreeSet<i32> = all
        .iter()
        .filter(|(_, _, arguments)| arguments.contains(name) && !arguments.contains("bursar sandbox"))
        .map(|p| p.0)
        .collect();
    all.iter().filter(|(pid, parent, _)| servers.contains(pid) || servers.contains(parent)).map(|p| p.0).collect()
}

// A sandbox that is kept.

#[test]
fn a_sandbox_is_started_looked_at_and_stopped() {
    let kept = Kept::new();
    assert_eq!(kept.status()["state"], "absent");
    kept.says(&["stop"]).ok().says("it was not running");
    kept.says(&["url"]).exits(5).says("no server is running in").says("bursar sandbox start --dir");

    // The URL stands alone on standard output, so that a shell can take it.
    let started = kept.says(&["start"]).ok();
    assert!(
        started.stdout.starts_with("postgres:///postgres?host=") && started.stdout.lines().count() == 1,
        "{started:?}"
    );
    assert_eq!(started.stderr, "started\n");
    assert_eq!(kept.says(&["url"]).ok().stdout, started.stdout);
    let again = kept.says(&["start"]).ok().says("it was running already");
    assert_eq!(again.stdout, started.stdout);
    assert_eq!(kept.says(&["start", "-q"]).ok().stderr, "");

    let status = kept.status();
    assert_eq!((&status["state"], status["url"].as_str()), (&"running".into(), Some(started.stdout.trim())));
    assert_eq!(status["dir"].as_str(), kept.dir().to_str());
    assert!(status["version"].as_u64().unwrap() >= 15 && status["pid"].as_i64().unwrap() > 1, "{status}");
    assert_eq!((&status["tcp_port"], &status["pgpass"]), (&Value::Null, &Value::Null));
    let shown = kept.says(&["status"]).ok().stdout;
    assert!(
        shown.starts_with(" state      running\n") && shown.contains(&format!(" url        {}", started.stdout)),
        "{shown}"
    );

    run(bursar().args(["migrate", "up", "--app", "mimivibe", "--yes", "-d", started.stdout.trim()])).ok();
    let before = processes_of(&kept.dir());
    assert!(before.len() > 1, "{before:?}");
    kept.says(&["stop"]).ok().says("stopped; its data stays");
    assert_eq!(kept.status()["state"], "stopped");
    assert_eq!(processes_of(&kept.dir()), BTreeSet::new());
    kept.says(&["stop"]).ok().says("it was not running");
    kept.says(&["start"]).ok();
    assert_eq!(kept.value("SELECT count(*) FROM _sqlx_migrations"), shipped(&["mimivibe"]).to_string());
}

#[test]
fn a_server_that_was_killed_is_started_again_with_its_data() {
    let kept = Kept::new();
    kept.says(&["start"]).ok();
    let url = kept.says(&["url"]).ok().stdout;
    wait(async {
        sqlx::raw_sql("CREATE TABLE kept AS SELECT 42 AS answer").execute(&mut connect(url.trim()).await).await
    })
    .unwrap();
    let pid = kept.status()["pid"].as_i64().unwrap();
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), Signal::SIGKILL).unwrap();
    until("the end of the server", || kept.status()["state"] == "stopped");
    kept.says(&["url"]).exits(5);
    let again = kept.says(&["start"]).ok();
    assert_eq!(again.stderr, "started\n");
    assert_eq!(kept.value("SELECT answer FROM kept"), "42");
    assert_ne!(kept.status()["pid"].as_i64().unwrap(), pid);
}

#[test]
fn several_starts_at_once_make_one_server() {
    let kept = Kept::new();
    let running: Vec<Running> = (0..3).map(|_| kept.command(&["start"]).starts_quietly()).collect();
    let mut said: Vec<(String, String)> = Vec::new();
    for child in running {
        let ran = child.ended().ok();
        said.push((ran.stderr, ran.stdout));
    }
    said.sort();
    assert_eq!(
        said.iter().map(|s| s.0.as_str()).collect::<Vec<_>>(),
        ["it was running already\n", "it was running already\n", "started\n"]
    );
    assert!(said.iter().all(|s| s.1 == said[0].1), "{said:?}");
}

#[test]
fn a_start_that_was_interrupted_can_be_repeated() {
    for (sent, code) in [(Signal::SIGINT, Some(130)), (Signal::SIGKILL, None)] {
        let kept = Kept::new();
        let mut child = kept.command(&["start"]).stdout(Stdio::null()).stderr(Stdio::null()).starts();
        until("a half-made cluster", || kept.dir().join("data.new").exists());
        kill(Pid::from_raw(child.id().cast_signed()), sent).unwrap();
        assert_eq!(child.wait().unwrap().code(), code);
        kept.says(&["start"]).ok();
        assert_eq!(kept.value("SELECT 1 + 1"), "2");
    }
}

#[test]
fn a_start_waits_for_what_an_interrupted_one_has_left_behind() {
    let var = |name: &str| std::env::var_os(name);
    let real = bursar::sandbox::Binaries::find(&var).unwrap().dir;
    let kept = Kept::new();
    // An initdb that takes its time, and leaves a mark where it works.
    let (slow, go) = (kept.folder.path().join("bin"), kept.folder.path().join("go"));
    std::fs::create_dir(&slow).unwrap();
    std::os::unix::fs::symlink(real.join("postgres"), slow.join("postgres")).unwrap();
    let script = format!(
        "#!/bin/sh\n: >\"$2/mark\"; n=0\nwhile [ ! -e '{}' ] && [ $n -lt 400 ]; do n=$((n + 1)); sleep 0.05; done\nrm \"$2/mark\"; exec '{}/initdb' \"$@\"\n",
        go.display(),
        real.display()
    );
    std::fs::write(slow.join("initdb"), script).unwrap();
    for path in [slow.clone(), slow.join("initdb")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mark = kept.dir().join("data.new/mark");
    let mut first = kept.command(&["start"]);
    let mut first = first.env("BURSAR_PG_BIN", &slow).stdout(Stdio::null()).stderr(Stdio::null()).starts();
    until("the slow initdb", || mark.exists());
    first.kill().unwrap();
    first.wait().unwrap();
    let mut second = kept.command(&["start"]).stdout(Stdio::null()).stderr(Stdio::null()).starts();
    std::thread::sleep(Duration::from_secs(1));
    // Two that work in one directory would spoil it for each other.
    assert!(mark.exists() && second.try_wait().unwrap().is_none());
    std::fs::write(go, "").unwrap();
    assert!(second.wait().unwrap().success());
    assert_eq!(kept.value("SELECT 1 + 1"), "2");
}

#[test]
fn a_sandbox_on_a_port_wants_its_password() {
    let kept = Kept::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    kept.says(&["start", "--port", &port]).exits(7).says(&format!("port {port} on 127.0.0.1 is in use"));
    assert_ne!(kept.status()["state"], "running");
    drop(taken);
    let started = kept.says(&["start", "--port", &port]).ok();
    assert!(started.stdout.contains("host=%2F"), "{started:?}");
    let status = kept.status();
    assert_eq!(status["tcp_port"].to_string(), port);
    let pgpass = PathBuf::from(status["pgpass"].as_str().unwrap());
    assert_eq!(pgpass.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let by_port = |file: &Path| {
        run(bursar()
            .args([
                "migrate",
                "status",
                "--app",
                "mimivibe",
                "-d",
                &format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            ])
            .env("PGPASSFILE", file))
    };
    by_port(&pgpass).ok();
    by_port(Path::new("/nonexistent")).exits(5);
    // The password is nowhere but in its file.
    let text = std::fs::read_to_string(&pgpass).unwrap();
    let password = text.lines().next().unwrap().rsplit(':').next().unwrap();
    let shown = format!("{}{started:?}", kept.says(&["status"]).ok().stdout);
    assert!(password.len() >= 32 && !shown.contains(password), "{shown}");

    // A running one keeps the port that it has.
    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    kept.says(&["start", "--port", &other]).exits(7).says("does not listen on port").says("sandbox stop --dir");
    kept.says(&["start", "--port", &port]).ok().says("it was running already");
}

#[test]
fn what_cannot_be_a_sandbox_is_a_usage_error_and_is_not_touched() {
    let folder = open_folder();
    let start = |dir: &Path| run(bursar().args(["sandbox", "start", "--dir"]).arg(dir));
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    start(folder.path()).exits(2).says("is not empty and is not a sandbox").says("--dir DIR");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    start(&folder.path().join("thesis.txt")).exits(2).says("cannot write to");
    start(Path::new("/proc/x")).exits(2).says("cannot write to /proc/x");
    start(Path::new("/tmp/a\nb")).exits(2).says("not a path that Postgres can use");
    run(bursar().args(["sandbox", "start", "--port", "80", "--dir"]).arg(folder.path().join("new"))).exits(2);
    assert!(!folder.path().join("new").exists());
    // Only looking never makes anything.
    let nowhere = folder.path().join("nowhere");
    for action in ["status", "stop"] {
        run(bursar().args(["sandbox", action, "--dir"]).arg(&nowhere)).ok();
    }
    assert!(!nowhere.exists());
}

#[test]
fn without_server_binaries_the_way_to_get_them_is_told() {
    let kept = Kept::new();
    let ran = run(kept.command(&["start"]).env("BURSAR_PG_BIN", "/nonexistent")).exits(2);
    ran.says("BURSAR_PG_BIN cannot be used")
        .says("/nonexistent holds no executable initdb")
        .says("set it to a directory that holds initdb and postgres");
    let ran = run(bursar().arg("demo").env("BURSAR_PG_BIN", "/nonexistent")).exits(2);
    ran.says("/nonexistent holds no executable initdb");
}

#[test]
fn variables_that_are_meant_for_other_servers_do_not_reach_a_sandbox() {
    let kept = Kept::new();
    let stray = [
        ("DATABASE_URL", "postgres://127.0.0.1:1/x"),
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", "1"),
        ("PGDATA", "/nonexistent"),
        ("PGOPTIONS", "-c nonsense=1"),
        ("LC_ALL", "nonsense"),
    ];
    run(kept.command(&["start"]).envs(stray)).ok();
    let url = run(kept.command(&["url"]).envs(stray)).ok().stdout;
    // Whoever requires TLS requires it on the network, and this is none.
    run(bursar().args(["migrate", "status", "--app", "mimivibe", "-d", url.trim()]).env("PGSSLMODE", "verify-full"))
        .ok();
}

// The demonstration.

/// A demonstration that runs, with its temporary directory.
struct Playing {
    folder: TempDir,
    child: Running,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Playing {
    fn start() -> Playing {
        let folder = open_folder();
        let mut child = bursar().arg("demo").env("TMPDIR", folder.path()).starts_quietly();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Playing { folder, child, lines }
    }

    #[track_caller]
    fn until_it_says(&mut self, text: &str) {
        assert!(self.lines.by_ref().any(|line| line.unwrap().contains(text)), "it never said '{text}'");
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().count() == 0
    }

    /// Ends it, and waits until nothing is left of it.
    #[track_caller]
    fn ends_by(mut self, signal: Signal, code: Option<i32>) {
        assert!(!self.is_empty());
        let mut ours = processes_of(self.folder.path());
        let me = self.child.id().cast_signed();
        // Those that it has started itself too, such as the one that cleans up.
        ours.extend(processes().iter().filter(|p| p.1 == me).map(|p| p.0));
        assert!(!ours.is_empty());
        kill(Pid::from_raw(me), signal).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), code, "{signal}");
        until("an empty directory", || self.is_empty());
        until("the end of every process", || {
            let alive: BTreeSet<i32> = processes().iter().map(|p| p.0).collect();
            ours.is_disjoint(&alive) && processes_of(self.folder.path()).is_empty()
        });
    }
}

#[test]
fn a_demonstration_finds_the_three_faults_and_leaves_nothing_behind() {
    let folder = open_folder();
    // None of this is meant for it.
    let file = open_folder();
    std::fs::write(
        file.path().join("bursar.toml"),
        "default_env = 'production'\n[env.production]\nurl = 'postgres://127.0.0.1:1/x'\n",
    )
    .unwrap();
    let stray = [
        ("DATABASE_URL", "postgres://127.0.0.1:1/production"),
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", "1"),
        ("PGDATABASE", "production"),
        ("PGUSER", "nobody"),
        ("PGSSLMODE", "verify-full"),
    ];
    let ran = run(bursar().arg("demo").current_dir(file.path()).env("TMPDIR", folder.path()).envs(stray)).ok();
    let (clean, tampered) = ran.stdout.split_once("✎").unwrap_or_else(|| panic!("{ran:?}"));
    assert!(clean.contains("✓ clean  52 of 53 checks passed · 1 skipped"), "{clean}");
    assert_eq!(tampered.matches('✎').count() + 1, 3);
    assert!(tampered.contains("✗ violated  50 of 53 checks passed · 2 failed · 1 skipped · 4 errors"), "{tampered}");
    // One refund, asked for twice.
    assert_eq!(tampered.matches("✓ refund ").count(), 1, "{tampered}");
    assert_eq!(tampered.matches("✓ already requested: refund ").count(), 1, "{tampered}");
    // What the queue and the business look like.
    for shown in ["$ bursar jobs triage\n", " err:", "$ bursar stats payments --by week\n", "THB"] {
        assert!(tampered.contains(shown), "{shown}: {tampered}");
    }
    // A lost update leaves the chain broken and the balance off the sum.
    for (shown, times) in [("✗ ledger.balance", 2), ("✗ ledger.chain", 2), ("first bad", 2), ("one update was lost", 1)]
    {
        assert_eq!(tampered.matches(shown).count(), times, "{shown}: {tampered}");
    }
    // What was done and what was found name the same rows.
    let uuid = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let (done, found) = tampered.split_once("$ bursar audit --skip gateway").unwrap();
    let named: BTreeSet<&str> = uuid.find_iter(found).map(|m| m.as_str()).collect();
    for fault in ran.stdout.lines().filter(|l| l.contains('✎')) {
        assert!(uuid.find_iter(fault).any(|id| named.contains(id.as_str())), "{fault}: {found}");
    }
    assert!(done.contains("STAR") || done.contains("star"), "{done}");
    assert!(!ran.stdout.contains('\x1b'));
    // The page shows the same scenes, in their order.
    let id = regex::Regex::new("pi_[A-Za-z0-9]+").unwrap();
    let scenes = |text: &str| -> Vec<String> {
        let kept = text.lines().filter(|l| l.starts_with("$ ") || l.contains(" checks passed"));
        kept.map(|l| id.replace(l.split(" (").next().unwrap_or(l), "ID").into_owned()).collect()
    };
    let page = std::fs::read_to_string(crate::support::file("docs/demo.md")).unwrap();
    assert_eq!(scenes(&page), scenes(&ran.stdout));
    // The facts of a report stand below each other, the first one too.
    for told in [&page, &ran.stdout] {
        assert!(told.contains("$ bursar audit --skip gateway\n read  "), "{told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(processes_of(folder.path()), BTreeSet::new());
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn a_demonstration_that_is_interrupted_takes_its_server_down() {
    let mut playing = Playing::start();
    playing.until_it_says("$ bursar seed");
    playing.ends_by(Signal::SIGINT, Some(130));
}

#[test]
fn a_demonstration_that_is_terminated_takes_its_server_down() {
    let mut playing = Playing::start();
    playing.until_it_says("✓ PostgreSQL");
    playing.ends_by(Signal::SIGTERM, Some(143));
}

#[test]
fn a_demonstration_that_is_killed_takes_its_server_down() {
    let mut playing = Playing::start();
    playing.until_it_says(if soak() { "$ bursar audit" } else { "$ bursar seed" });
    playing.ends_by(Signal::SIGKILL, None);
}

#[test]
fn a_demonstration_that_ends_while_its_cluster_is_made_leaves_nothing() {
    for (signal, code) in [(Signal::SIGINT, Some(130)), (Signal::SIGKILL, None)] {
        let playing = Playing::start();
        let dir = playing.folder.path().to_owned();
        until("a half-made cluster", || {
            std::fs::read_dir(&dir).unwrap().any(|entry| entry.unwrap().path().join("data.new/base").exists())
        });
        playing.ends_by(signal, code);
    }
}

#[test]
fn a_demonstration_whose_reader_goes_away_ends_and_leaves_nothing() {
    let mut playing = Playing::start();
    playing.until_it_says("✓ PostgreSQL");
    let Playing { folder, child, lines } = playing;
    drop(lines);
    // On a busy machine it tells how far the seed is.
    let said = child.ended().ok().stderr;
    assert!(said.lines().all(|line| line.starts_with("users: ")), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_demonstration_can_be_kept_and_is_then_a_sandbox() {
    let folder = open_folder();
    let ran = run(bursar().args(["demo", "--keep"]).env("TMPDIR", folder.path())).ok();
    let said = |label: &str| {
        let line = ran
            .stdout
            .lines()
            .map(str::trim)
            .find_map(|l| l.strip_prefix(label))
            .unwrap_or_else(|| panic!("{label}: {}", ran.stdout));
        line.trim().to_owned()
    };
    let url = said("connect:").trim_start_matches("psql ").trim_matches('\'').to_owned();
    let stop = said("stop:");
    let dir = PathBuf::from(stop.strip_prefix("bursar sandbox stop --dir ").unwrap().trim_matches('\''));
    assert_eq!(said("audit:"), format!("bursar audit -d '{url}'"));
    run(bursar().args(["audit", "--only", "ledger", "-d", &url])).exits(3);
    let sandbox = |action: &str| run(bursar().args(["sandbox", action, "--dir"]).arg(&dir));
    assert!(sandbox("status").ok().stdout.contains("running"));
    sandbox("stop").ok().says("stopped");
    assert_eq!(processes_of(folder.path()), BTreeSet::new());
    run(bursar().args(["audit", "-d", &url])).exits(5);
    // It is a sandbox like any other.
    let again = sandbox("start").ok().stdout;
    run(bursar().args(["audit", "--only", "ledger", "-d", &again.trim().replace("/postgres?", "/mimivibe?")])).exits(3);
    sandbox("stop").ok();
}
