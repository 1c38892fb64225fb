//! Files of rows: about as fast as psql sends them, in a bounded memory, and linted and planned without a tree of them.

use std::fmt::Write as _;
use std::io::{Read as _, Seek as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bursar::sandbox::Binaries;

use super::Project;
use crate::support::{Db, Starts as _, Template, bursar, run, soak};

/// Multi-row INSERTs of about this many megabytes into a table that the file makes, and what the last one must not be.
fn rows(megabytes: usize) -> (String, usize) {
    let mut text = String::from("CREATE TABLE parcel (id bigint PRIMARY KEY, label text NOT NULL, note text);\n");
    let mut id = 0;
    while text.len() < megabytes << 20 {
        text.push_str("INSERT INTO parcel (id, label, note) VALUES\n");
        for row in 0..500 {
            let end = if row == 499 { ";\n" } else { ",\n" };
            id += 1;
            write!(text, "  ({id}, 'parcel; number {id}', 'it''s a note (of some length) for {id}'){end}").unwrap();
        }
    }
    (text, id)
}

/// Runs a command to its end: its time, its output, and the most memory that it held, in MiB.
fn measured(command: &mut Command) -> (Duration, String, u64) {
    let out = tempfile::tempfile().unwrap();
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(out.try_clone().unwrap()).starts();
    let mut most = 0;
    let status = loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0) / 1024);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let took = started.elapsed();

    let (mut out, mut said) = (out, String::new());
    out.rewind().unwrap();
    out.read_to_string(&mut said).unwrap();
    (took, format!("{:?} {said}", status.code()), most)
}

#[test]
#[expect(clippy::disallowed_macros, reason = "the figures are what it is run for")]
fn a_file_of_rows_is_as_fast_as_psql_sends_it_and_takes_little_memory() {
    // Under other tests, a clock says little: the ratio is wide but for the long run, which wants an idle machine.
    let (megabytes, ratio, memory) = if soak() { (50, 1.5, 150) } else { (2, 6.0, 100) };
    let (text, count) = rows(megabytes);
    let project = Project::new(&[("1_parcels.sql", &text)]);
    // Some binaries of a server come without it.
    let beside = Binaries::find(&|name| std::env::var_os(name)).unwrap().dir.join("psql");
    let psql = if beside.exists() { beside } else { "psql".into() };
    let peer = Db::new(Template::Empty);
    let mut by_psql = Command::new(psql);
    by_psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &peer.url(), "-f", &project.file("1_parcels.sql")]);

    let (linting, said, lint_memory) = measured(&mut project.command("lint", &["-o", "json"]));
    assert!(said.starts_with("Some(0)") || said.starts_with("Some(3)"), "{said}");
    let (planning, said, _) = measured(&mut project.command("plan", &[]));
    assert!(said.starts_with("Some(0)"), "{said}");
    let (psql, said, _) = measured(&mut by_psql);
    assert!(said.starts_with("Some(0)"), "{said}");
    let (up, said, most) = measured(&mut project.command("up", &["--yes"]));
    assert!(said.starts_with("Some(0)"), "{said}");
    println!("lint {linting:?} {lint_memory} MiB, plan {planning:?}, psql {psql:?}, up {up:?} {most} MiB");
    assert_eq!(project.db.value("SELECT count(*) FROM parcel"), count.to_string());
    let limit = psql.mul_f64(ratio) + Duration::from_millis(500);
    assert!(up <= limit && most <= memory, "psql {psql:?}, up {up:?} and {most} MiB");
    // These are figures of a program that is optimized.
    let limit = if soak() && !cfg!(debug_assertions) { Duration::from_secs(5) } else { Duration::MAX };
    assert!(linting <= limit && planning <= limit, "lint {linting:?}, plan {planning:?}");

    // A fault far behind is told at its place, and what came before is gone.
    let wrong =
        text.replacen("CREATE TABLE parcel (", "CREATE TABLE parcel2 (", 1).replace("INTO parcel (", "INTO parcel2 (");
    let wrong = wrong + "SELECT 1/0;\n";
    project.write(&[("2_wrong.sql", &wrong)]);
    let failed = project.up(&[]).exits(1);
    let place = format!("2_wrong.sql:{}:1 failed and was rolled back", wrong.lines().count());
    assert!(failed.stderr.contains(&place), "{}", failed.stderr);
    assert_eq!(project.db.value("SELECT to_regclass('parcel2') IS NULL"), "true");
    // `lint` passes over values, and tells what is around them.
    std::fs::write(project.home.path().join("2_wrong.sql"), text + "CREATE TABEL x ();\n").unwrap();
    let lint = run(bursar().args(["migrate", "lint"]).arg(project.home.path().join("2_wrong.sql"))).exits(3);
    assert!(lint.stdout.contains("syntax-error"), "{}", lint.stdout);
}
