//! Files that are read and written: what is no file, is too large, or leads elsewhere, neither hangs a command nor
//! decides where it writes.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use crate::support::terminal::{Terminal, USUAL};
use crate::support::{Db, Ran, Starts as _, Template, bursar, file, run, sample};

const DEAD: &str = "postgres://u@127.0.0.1:1/x";

/// Runs a command that must not wait for anything, with little memory.
#[track_caller]
fn ends(command: &mut Command) -> Ran {
    let child = command.starts_quietly();
    let id = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let (done, ended) = std::sync::mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let output = child.wait_with_output();
        let _ = done.send(());
        output
    });
    if ended.recv_timeout(Duration::from_secs(30)).is_err() {
        nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL).unwrap();
        panic!("{command:?} did not end");
    }
    let output = waiting.join().unwrap();
    Ran {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(i32::MIN),
    }
}

/// A folder with a pipe, an endless device and a file that is too large.
fn hostile() -> (tempfile::TempDir, [(String, &'static str); 3]) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    nix::unistd::mkfifo(&at("pipe.sql"), Mode::S_IRWXU).unwrap();
    symlink("/dev/zero", at("endless.sql")).unwrap();
    std::fs::File::create(at("large.sql")).unwrap().set_len(1 << 40).unwrap();
    let kinds =
        [("pipe.sql", "it is a pipe"), ("endless.sql", "it is a device"), ("large.sql", "it is larger than 16 MiB")];
    let kinds = kinds.map(|(name, why)| (at(name).display().to_string(), why));
    (folder, kinds)
}

#[test]
fn what_is_no_file_or_too_large_is_refused_wherever_a_file_is_read() {
    let (folder, kinds) = hostile();
    for (path, why) in &kinds {
        let path = path.as_str();
        let all = [
            &["audit", "--baseline", path][..],
            &["audit", "repair", "--apply", path],
            &["inspect", "--diff", path],
            &["refund", "batch", path],
        ];
        for arguments in sample(all, 2) {
            ends(bursar().args(arguments).args(["-d", DEAD])).exits(2).says(why);
        }
        ends(bursar().args(["migrate", "lint", path])).exits(2).says(&why.replace("16", "256"));
        // A file of a pack.
        let pack = folder.path().join("pack");
        let _ = std::fs::remove_dir_all(&pack);
        std::fs::create_dir_all(&pack).unwrap();
        std::fs::rename(path, pack.join("pack.toml")).unwrap();
        let ran = ends(bursar().args(["pack", "show"]).arg(&pack)).exits(2);
        // The device itself lies outside the pack's folder.
        assert!(ran.stderr.contains(why) || ran.stderr.contains("leads out of the pack's folder"), "{ran:?}");
        std::fs::rename(pack.join("pack.toml"), path).unwrap();

        let service = [("PGSERVICE", "x"), ("PGSERVICEFILE", path)];
        ends(bursar().arg("audit").envs(service)).exits(2).says(why);
        if !why.contains("larger") {
            ends(bursar().args(["audit", "-d", DEAD]).env("PGPASSFILE", path)).exits(2).says("the password file ");
        }
    }
    ends(bursar().args(["audit", "-d", DEAD]).env("PGPASSFILE", "/dev/null")).exits(5);
    // The configuration file is looked for, so that what is no file is none.
    let config = folder.path().join("bursar.toml");
    symlink(&kinds[2].0, &config).unwrap();
    ends(bursar().arg("audit").current_dir(folder.path())).exits(2).says(kinds[2].1);
    std::fs::remove_file(&config).unwrap();
    nix::unistd::mkfifo(&config, Mode::S_IRWXU).unwrap();
    ends(bursar().arg("audit").current_dir(folder.path())).exits(2).says("no database was named");
}

/// Copies a built-in pack as one of a folder's own.
fn copied(to: &Path) {
    for inside in ["", "ledger", "checks", "stats", "faults", "functions"] {
        std::fs::create_dir_all(to.join(inside)).unwrap();
        for entry in std::fs::read_dir(file("packs/mimivibe").join(inside)).unwrap() {
            let from = entry.unwrap().path();
            if from.is_file() {
                std::fs::copy(&from, to.join(inside).join(from.file_name().unwrap())).unwrap();
            }
        }
    }
}

#[test]
fn of_a_packs_folder_only_the_packs_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    copied(&pack);
    let show = || ends(bursar().args(["pack", "show"]).arg(&pack));
    let before = show().ok();
    symlink(".", pack.join("a")).unwrap();
    symlink(".", pack.join("b")).unwrap();
    symlink("/", pack.join("root")).unwrap();
    for other in ["node_modules/x", ".git/x", "checks/deeper"] {
        std::fs::create_dir_all(pack.join(other)).unwrap();
        std::fs::write(pack.join(other).join("b.sql"), [0xff]).unwrap();
    }
    nix::unistd::mkfifo(&pack.join("notes"), Mode::S_IRWXU).unwrap();
    let shown = show().ok();
    assert_eq!(shown.stdout, before.stdout);
    // A file that is too deep may be a mistake, and is told.
    assert_eq!(shown.stderr.matches(".sql").count(), 1, "{}", shown.stderr);
    assert!(shown.stderr.contains("checks/deeper/b.sql; docs/packs.md lists"), "{}", shown.stderr);

    // What may be meant as a part of it is told.
    for stray in ["payment.sql", "ledger/entry.sql", "checks/x.SQL"] {
        std::fs::write(pack.join(stray), "select 1").unwrap();
    }
    let shown = show().ok().says("no part of the pack, by their names or places: ");
    for stray in ["payment.sql", "ledger/entry.sql", "checks/x.SQL"] {
        assert!(shown.stderr.contains(&format!("{}/{stray}", pack.display())), "{}", shown.stderr);
    }
    run(bursar().args(["pack", "show", "-o", "json"]).arg(&pack)).ok().tells("\"ledger/entry.sql\"");

    // A link within the folder is followed, and none out of it.
    std::fs::rename(pack.join("payments.sql"), pack.join("shared")).unwrap();
    symlink("shared", pack.join("payments.sql")).unwrap();
    show().ok();
    std::fs::rename(pack.join("shared"), folder.path().join("outside")).unwrap();
    std::fs::remove_file(pack.join("payments.sql")).unwrap();
    symlink("../outside", pack.join("payments.sql")).unwrap();
    show().exits(2).says("payments.sql is a link that leads out of the pack's folder");
    std::fs::remove_file(pack.join("payments.sql")).unwrap();
    std::fs::rename(folder.path().join("outside"), pack.join("payments.sql")).unwrap();
    std::fs::rename(pack.join("faults"), folder.path().join("faults")).unwrap();
    symlink("../faults", pack.join("faults")).unwrap();
    show().exits(2).says("faults is a link that leads out of the pack's folder");
}

#[test]
fn what_looks_like_a_migration_and_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("20260101000000_a.sql"), "SELECT 1;\n").unwrap();
    std::fs::create_dir(at("d.sql")).unwrap();
    symlink("/dev/zero", at("z.sql")).unwrap();
    symlink("nowhere", at("n.sql")).unwrap();
    std::fs::write(at("seed.sql"), "SELECT 1;\n").unwrap();
    std::fs::write(at("README.md"), "nothing\n").unwrap();
    let told =
        [("d.sql", "it is a directory"), ("z.sql", "it is a device"), ("n.sql", "it cannot be read: No such file")];
    let source = folder.path().to_str().unwrap();
    let lint = || ends(bursar().args(["migrate", "lint", "--source", source]));
    let db = Db::new(Template::Empty);
    let status = ["migrate", "status", "--source", source];
    let by_name = ["migrate", "plan", "--source", source];
    let up = ["migrate", "up", "--yes", "--source", source];
    for ran in [lint(), db.bursar(&status), db.bursar(&by_name), db.bursar(&up).ok()] {
        for (name, why) in told {
            assert!(ran.stderr.contains(&format!("{name} is skipped: {why}")), "{name}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("README"), "{}", ran.stderr);
    }
    db.bursar(&status).says("seed.sql is skipped: its name does not begin with a version");

    std::fs::write(at("20260105000000_\x1b[2Je.sql"), "SELECT 1;\n").unwrap();
    for ran in [lint(), db.bursar(&status)] {
        let ran = ran.says("\\u{1b}[2Je.sql has characters in its name that cannot be shown");
        assert!(!ran.stderr.contains('\x1b'), "{}", ran.stderr);
    }
}

/// Without it, the others would run, and it later behind them.
#[test]
fn a_migration_that_cannot_be_read_stops_every_command() {
    let db = Db::new(Template::Empty);
    for (name, why) in [
        ("2_d.sql", "it is a directory"),
        ("2_n.sql", "it cannot be read: No such file"),
        ("2_z.sql", "it is a device"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().to_str().unwrap();
        std::fs::write(folder.path().join("1_a.sql"), "SELECT 1;\n").unwrap();
        let at = folder.path().join(name);
        match name {
            "2_d.sql" => std::fs::create_dir(at).unwrap(),
            "2_n.sql" => symlink("nowhere", at).unwrap(),
            _ => symlink("/dev/zero", at).unwrap(),
        }
        let said = format!("{name} is named as a migration, and {why}");
        ends(bursar().args(["migrate", "lint", "--source", source])).exits(2).says(&said);
        ends(bursar().args(["migrate", "new", "x", "--source", source])).exits(2).says(&said);
        for command in [
            &["up", "--yes"][..],
            &["status", "--check"],
            &["plan"],
            &["verify"],
            &["dump"],
            &["down", "--yes"],
            &["baseline", "1", "--yes"],
            &["repair", "--restamp"],
            &["import", "--history"],
        ] {
            db.bursar(&[&["migrate"], command, &["--source", source]].concat()).exits(2).says(&said);
        }
    }
}

/// The mode of a file.
fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_with_customers_data_are_the_users_alone_and_no_link_is_followed() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let payment = db.value("SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id LIMIT 1");
    std::fs::write(at("batch.csv"), format!("payment,gateway_ref\n{payment},re_1\n")).unwrap();
    let job = db.value("SELECT id FROM jobs WHERE status = 'succeeded' ORDER BY id LIMIT 1");
    let commands: [(&str, u32, Vec<String>); 7] = [
        ("report", 0o600, vec!["audit".into(), "--report".into(), format!("csv={}", at("report"))]),
        ("base.toml", 0o600, vec!["audit".into(), "--write-baseline".into(), at("base.toml")]),
        ("snapshot", 0o600, vec!["inspect".into(), "--snapshot".into(), at("snapshot")]),
        ("page.html", 0o600, vec!["stats".into(), "--html".into(), at("page.html")]),
        ("figures.prom", 0o644, vec!["stats".into(), "--prometheus".into(), at("figures.prom")]),
        (
            "results",
            0o600,
            format!(
                "refund batch {} --gateway record-only --if-spent keep --results {} --yes",
                at("batch.csv"),
                at("results")
            )
            .split(' ')
            .map(str::to_owned)
            .collect(),
        ),
        ("export", 0o600, ["jobs", "purge", &job, "--export", &at("export"), "--yes"].map(str::to_owned).to_vec()),
    ];
    for (name, expected, arguments) in sample(&commands, 2) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        // A link that is there already: nothing is done, and its target stays.
        let (victim, path) = (folder.path().join("victim"), folder.path().join(name));
        std::fs::write(&victim, "kept").unwrap();
        symlink(&victim, &path).unwrap();
        let before = db.value("SELECT count(*) FROM bursar.operations");
        db.bursar(&arguments).exits(2).says(name);
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept", "{name}");
        assert!(path.is_symlink(), "{name}");
        assert_eq!(db.value("SELECT count(*) FROM bursar.operations"), before, "{name}");
        std::fs::remove_file(&path).unwrap();
        db.bursar(&arguments).ok();
        assert_eq!(mode(&path), *expected, "{name}");
        assert!(std::fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[test]
fn on_a_terminal_csv_and_json_show_what_would_drive_it_and_a_program_gets_every_byte_of_csv() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let hostile = "a\u{9b}31m\u{202e}b\x1b[2Jc";
    db.sql(&format!("UPDATE users SET name = '{hostile}' WHERE id = (SELECT user_id FROM payments WHERE status = 'succeeded' ORDER BY created_at DESC LIMIT 1)"));
    let arguments = |format| ["payments", "list", "--limit", "5", "--status", "succeeded", "-o", format];
    let piped = db.bursar(&arguments("csv")).ok();
    let is_shown = piped.stdout.contains(hostile);
    assert!(is_shown, "the name is not in:\n{}", piped.stdout);
    let url = db.url();
    for format in ["csv", "json", "ndjson"] {
        let shown = Terminal::start(USUAL, &arguments(format), &[("DATABASE_URL", &url)]).ends().exits(0);
        assert!(!shown.raw.contains(['\u{9b}', '\u{202e}', '\x1b']), "{format}: {:?}", shown.raw);
    }
    // To a reader of JSON the escapes are the characters.
    let json = db.json(&arguments("json"));
    assert!(json.to_string().contains("31m") && json["payments"].to_string().contains('\u{9b}'), "{json}");
    let raw = db.bursar(&arguments("json")).ok().stdout;
    assert!(raw.contains("\\u009b") && !raw.contains('\u{9b}'), "{raw}");
}

#[test]
fn a_batch_is_read_from_standard_input_too() {
    use std::io::Write as _;
    let db = Db::new(Template::Seeded("mimivibe"));
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results.csv");
    let payment = db.value("SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id LIMIT 1");
    db.bursar(&["refund", "batch", "-"]).exits(2).says("--results FILE");
    let mut child = bursar()
        .args(["refund", "batch", "-", "--gateway", "record-only", "--if-spent", "keep", "--yes", "--results"])
        .arg(&results)
        .env("DATABASE_URL", db.url())
        .stdin(Stdio::piped())
        .starts_quietly();
    write!(child.stdin.take().unwrap(), "payment,gateway_ref\n{payment},re_1\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(std::fs::read_to_string(&results).unwrap().contains(&payment));
    let started = Instant::now();
    // What never ends is not read to its end.
    let endless = std::fs::File::open("/dev/zero").unwrap();
    let mut command = bursar();
    command.args(["refund", "batch", "-", "--results"]).arg(&results).args(["-d", DEAD]).stdin(endless);
    ends(&mut command).exits(2).says("it is larger than 16 MiB");
    assert!(started.elapsed() < Duration::from_secs(30));
}
