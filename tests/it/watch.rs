//! `bursar jobs watch`: what it shows, and that it gives the terminal back as it was however it ends.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::Termios;
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::terminal::{SHELL, Terminal, USUAL, plain};
use crate::support::{Db, Patience, Starts as _, Template, bursar, run, until, wait};

/// A queue that nobody works on for two hours, but for one job that failed a while ago.
const JOBS: &str = "
    INSERT INTO jobs (id, payload, status, created_at)
    SELECT format('a0000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, '{}', 'queued', now() - interval '7205 s' FROM generate_series(1, 40) n;
    INSERT INTO jobs (id, payload, status, created_at, started_at, completed_at, attempts)
    SELECT gen_random_uuid(), '{}', 'succeeded', now() - interval '2 d', now() - interval '2 d', now() - interval '2 d', 1 FROM generate_series(1, 1500);
    INSERT INTO jobs (id, job_type, payload, status, created_at, attempts, last_error, last_error_at) VALUES
        ('b0000000-0000-4000-8000-000000000001', 'tarot_reading', '{}', 'dlq', now() - interval '3 h', 5, 'model timed out after 30 s', now() - interval '150 min');
    INSERT INTO job_attempts (job_id, attempt_number, success, error, created_at) VALUES
        ('b0000000-0000-4000-8000-000000000001', 5, false, 'model timed out after 30 s', now() - interval '150 min')";

fn queue() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(JOBS);
    db
}

fn fails(db: &Db, error: &str) {
    db.sql(&format!(
        "INSERT INTO job_attempts (job_id, attempt_number, success, error)
         SELECT 'b0000000-0000-4000-8000-000000000001', 6 + count(*), false, {error} FROM job_attempts"
    ));
}

fn watch(db: &Db, size: (u16, u16), flags: &[&str], variables: &[(&str, &str)]) -> Terminal {
    let url = db.url();
    Terminal::start(size, &[&["jobs", "watch", "--app", "mimivibe", "-d", &url], flags].concat(), variables)
}

/// Each line fits, and the first and the last are where they belong.
#[track_caller]
fn whole(terminal: &Terminal, (columns, rows): (u16, u16)) {
    let seen = terminal.sees();
    let lines: Vec<&str> = seen.lines().collect();
    assert!(lines.iter().all(|l| console::measure_text_width(l) <= usize::from(columns)), "{seen}");
    assert_eq!(lines.len(), usize::from(rows), "{seen}");
    assert!(lines[0].contains(" · mi") && lines[0].contains(" UTC"), "{seen}");
    assert!(lines[lines.len() - 1].starts_with("q quit · p"), "{seen}");
}

/// What is compared of a terminal's settings.
fn settings(t: &Termios) -> String {
    format!("{:?} {:?} {:?} {:?} {:?}", t.input_flags, t.output_flags, t.control_flags, t.local_flags, t.control_chars)
}

/// The settings of a terminal whose shell has not started anything yet.
fn usual() -> String {
    let terminal = Terminal::scripted(USUAL, "printf ready; read x", &[], &[]);
    terminal.until("ready");
    settings(&terminal.settings())
}

/// Whether the other screen was left, the last thing that happened to it.
fn left(raw: &str) -> bool {
    raw.rfind("\x1b[?1049h").is_some_and(|entered| raw.rfind("\x1b[?1049l").is_some_and(|left| left > entered))
}

#[test]
fn the_queue_is_seen_at_a_glance() {
    let db = queue();
    let mut terminal = watch(&db, USUAL, &[], &[("NO_COLOR", "1")]);
    terminal.until_seen("q quit");
    whole(&terminal, USUAL);
    let seen = terminal.sees();
    insta::with_settings!({filters => vec![
        (r"(?m)^t\d+_\d+ · mimivibe · .*UTC$", "DB · mimivibe · URL TIME UTC"),
        (r"▁[▁▂▃▄▅▆▇█]{20,}", "TREND"),
        (r"(?m)^(\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d)  ", "TIME  "),
    ]}, { insta::assert_snapshot!("watch_usual", seen) });
    // It goes on by itself.
    db.sql("DELETE FROM jobs WHERE status = 'queued'");
    fails(&db, "'something new'");
    terminal.until_seen("✓ idle");
    terminal.until_seen("something new");
    assert!(!terminal.sees().contains("due, the oldest"), "{}", terminal.sees());
    terminal.types("q");
    let shown = terminal.ends().exits(0).shows_the_cursor();
    assert!(left(&shown.raw), "{:?}", shown.raw);
    // What is sent takes colours back, and sets none.
    let codes = regex::Regex::new(r"\x1b\[([0-9;]*)m").unwrap();
    for code in codes.captures_iter(&shown.raw) {
        assert!(["", "0", "39", "49", "59"].contains(&&code[1]), "{:?}", &code[0]);
    }
}

/// The ids of one millisecond begin alike, and are shown as far as it takes to tell them apart.
#[test]
fn failures_of_jobs_whose_ids_begin_alike_are_told_apart() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(
        "INSERT INTO jobs (id, payload, status, last_error)
         SELECT format('0193f5a1-2b3c-7000-8000-%s', lpad(g::text, 12, '0'))::uuid, '{}', 'dlq', 'no address' FROM generate_series(1, 2) g",
    );
    let mut terminal = watch(&db, (100, 30), &[], &[]);
    terminal.until_seen("0193f5a1-2b3c-7000-8000-000000000001");
    terminal.until_seen("0193f5a1-2b3c-7000-8000-000000000002");
    terminal.types("q");
    terminal.ends().exits(0);
}

/// Each queue and type has a line of its own, the worst first, and a filter leaves the others out of all but the verdict.
#[test]
fn the_types_are_seen_each_by_itself_and_may_be_chosen() {
    let db = queue();
    db.sql(
        "UPDATE jobs SET job_type = 'invoice' WHERE status = 'queued';
         INSERT INTO jobs (payload, job_type, status, created_at, completed_at)
         SELECT '{}', 'mail', 'succeeded', now() - interval '1 min', now() - interval '20 s' FROM generate_series(1, 9)",
    );
    let seen = |flags: &[&str]| {
        let mut terminal = watch(&db, (100, 40), flags, &[("NO_COLOR", "1")]);
        terminal.until_seen("q quit");
        let seen = terminal.sees();
        terminal.types("q");
        terminal.ends().exits(0);
        seen
    };
    let all = seen(&[]);
    let line = |of: &str, word: &str| of.lines().position(|l| l.contains(word));
    let invoice = line(&all, "✗ unattended  invoice  40 due, 2 h");
    assert!(
        invoice.is_some()
            && invoice < line(&all, "mail     0 due")
            && all.contains("0 running · 54 done/h · 0 failed/h"),
        "{all}"
    );
    assert!(all.contains("model timed out after 30 s"), "{all}");
    let mail = seen(&["--type", "mail"]);
    assert!(!mail.contains("40 due, 2 h") && mail.contains("mail  0 due"), "{mail}");
    assert!(
        mail.contains("✗ unattended: no worker took invoice") && mail.contains("✓ no failures on record"),
        "{mail}"
    );
    assert!(mail.lines().any(|l| l.split_whitespace().eq(["queued", "0"])), "{mail}");
    let row = db.bursar(&["jobs", "watch", "--type", "tarot_reading", "-o", "ndjson", "--count", "1"]).ok().stdout;
    let row: Value = serde_json::from_str(&row).unwrap();
    assert_eq!(row["failures"].as_array().map(Vec::len), Some(1), "{row}");
    assert_eq!(row["groups"].as_array().map(Vec::len), Some(0), "{row}");
    let counts: i64 = row["counts"].as_array().unwrap().iter().map(|c| c["count"].as_i64().unwrap()).sum();
    assert_eq!(counts, 1501, "{row}");
    db.bursar(&["jobs", "watch", "--type", "none", "-o", "ndjson", "--count", "1"])
        .exits(2)
        .says("no job is of the type");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let db = queue();
    let red = |flags: &[&str], variables: &[(&str, &str)]| {
        let shown = watch(&db, USUAL, &[&["--count", "1"], flags].concat(), variables).ends().exits(0);
        shown.raw.contains("\x1b[38;5;1")
    };
    assert!(red(&[], &[]));
    assert!(!red(&[], &[("NO_COLOR", "1")]));
    assert!(!red(&["--color", "never"], &[]));
    assert!(red(&["--color", "always"], &[("NO_COLOR", "1")]));
}

#[test]
fn the_screen_follows_the_terminals_size() {
    let db = queue();
    let mut terminal = watch(&db, (200, 60), &["--interval", "60s"], &[]);
    terminal.until_seen("q quit");
    whole(&terminal, (200, 60));
    for size in [(40, 10), (80, 24), (12, 3), (200, 60), (4, 2), (60, 18), (40, 10)] {
        terminal.resize(size);
        let mut patience = Patience::new(Duration::from_millis(20));
        let so = |seen: &str| seen.lines().count() == usize::from(size.1) && (size.0 < 40 || seen.contains("q quit"));
        while !so(&terminal.sees()) {
            patience.waits_or(|| 0, || format!("{size:?}:\n{}", terminal.sees()));
        }
        if size.0 >= 40 {
            terminal.until_seen("stalled for");
            whole(&terminal, size);
        }
    }
    // What counts is there where there is little room.
    for text in ["40 due", "queued 40", "dlq 1", "succeeded 1,500", "added"] {
        assert!(terminal.sees().contains(text), "{text}:\n{}", terminal.sees());
    }
    terminal.types("q");
    terminal.ends().exits(0);
}

#[test]
fn however_it_ends_the_terminal_is_as_it_was() {
    let db = queue();
    let before = usual();
    type End = fn(&mut Terminal);
    let by_signal: End = |t| t.signal(Signal::SIGTERM);
    let ends: [(&[&str], End, u32, &str); 7] = [
        (&[], |t| t.types("q"), 0, ""),
        (&[], |t| t.types("\x1b"), 0, ""),
        (&[], |t| t.types("\x03"), 130, "interrupted"),
        (&[], by_signal, 143, "terminated"),
        (&["--timeout", "4s"], |_| {}, 1, "longer than --timeout 4s"),
        (&["--interval", "500ms", "--count", "3"], |_| {}, 0, ""),
        // What trying again does not help.
        (&["--interval", "500ms"], |_| {}, 1, "jobs"),
    ];
    for (number, (flags, end, code, says)) in ends.into_iter().enumerate() {
        let mut terminal = watch(&db, USUAL, flags, &[]);
        terminal.until_matches("the screen", |raw| raw.contains("\x1b[?1049h"));
        if number < 4 {
            terminal.until_seen("q quit");
            assert_ne!(settings(&terminal.settings()), before, "{number}");
            assert!(!terminal.echoes());
        }
        end(&mut terminal);
        if number == 6 {
            db.sql("ALTER TABLE jobs RENAME TO other_jobs");
        }
        terminal.until_matches("the end", |raw| raw.contains("]ended;"));
        assert_eq!(settings(&terminal.settings()), before, "{number}");
        let shown = terminal.ends().exits(code).shows_the_cursor();
        assert!(left(&shown.raw), "{number}: {:?}", shown.raw);
        // What is said is said where it stays.
        let after = &shown.raw[shown.raw.rfind("\x1b[?1049l").unwrap()..];
        assert!(plain(after).contains(says), "{number}: {after:?}");
    }
}

#[test]
#[ignore = "another test runs it on a terminal of its own"]
#[should_panic(expected = "as was to be seen")]
fn a_screen_panics() {
    wait(async {
        let ui = bursar::output::Ui::new(bursar::output::ColorChoice::Auto, false, false, false, false, &|_| None);
        let mut screen = ui.screen().unwrap();
        screen.draw(&bursar::output::Board::default()).unwrap();
        panic!("as was to be seen");
    });
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_says_why() {
    let before = usual();
    let this = std::env::current_exe().unwrap();
    let script = SHELL.replace("\"$0\" \"$@\"", "\"$@\"");
    let arguments =
        [this.to_str().unwrap(), "--ignored", "--exact", "watch::a_screen_panics", "--nocapture", "--test-threads=1"];
    let terminal = Terminal::scripted(USUAL, &script, &arguments, &[]);
    terminal.until_matches("the end", |raw| raw.contains("]ended;"));
    assert_eq!(settings(&terminal.settings()), before);
    let shown = terminal.ends().exits(0).shows_the_cursor();
    let given_back = shown.raw.find("\x1b[?1049l").unwrap();
    assert!(shown.raw.find("\x1b[?1049h").unwrap() < given_back, "{:?}", shown.raw);
    assert!(given_back < shown.raw.find("as was to be seen").unwrap(), "{:?}", shown.raw);
}

#[test]
fn a_shell_gets_the_terminal_and_gives_it_back() {
    let db = queue();
    let script = format!(
        r#"set -m; "$0" "$@"; printf 'stopped:'; read word; fg >/dev/null; {}"#,
        r"printf '\033]ended;%d\007' $?; kill -STOP $$"
    );
    let url = db.url();
    let mut terminal = Terminal::scripted(
        USUAL,
        &script,
        &["jobs", "watch", "--app", "mimivibe", "-d", &url, "--interval", "60s"],
        &[],
    );
    terminal.until_seen("q quit");
    terminal.types("\x1a");
    terminal.until_seen("stopped:");
    assert!(left(&terminal.raw()) && terminal.echoes(), "{:?}", terminal.raw());
    terminal.types("go on\r");
    terminal.until_seen("q quit");
    terminal.until_echo(false);
    whole(&terminal, USUAL);
    terminal.types("q");
    let shown = terminal.ends().exits(0).shows_the_cursor();
    assert!(left(&shown.raw), "{:?}", shown.raw);
}

/// Nobody is let in, and who was in is thrown out.
fn unplug(db: &Db, unplugged: bool) {
    let name = &db.name;
    let mut server = wait(crate::support::connect(&crate::support::url("postgres")));
    let mut does = |sql: String| {
        wait(sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut server)).unwrap();
    };
    does(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {}", !unplugged));
    if unplugged {
        does(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    }
}

#[test]
fn a_lost_connection_is_said_and_found_again() {
    let db = queue();
    for (size, why) in [(USUAL, "✗ connection lost: database \""), ((40, 10), "✗ connection lost: database")] {
        let mut terminal = watch(&db, size, &["--interval", "500ms"], &[]);
        terminal.until_seen("stalled for");
        unplug(&db, true);
        terminal.until_seen(why);
        terminal.until_seen("trying again in 2 s");
        // The old figures stay, and say how old they are.
        terminal.until_seen(" s ago");
        terminal.until_seen("stalled for");
        whole(&terminal, size);
        unplug(&db, false);
        db.sql("INSERT INTO jobs (payload, created_at) VALUES ('{}', now() - interval '3 h')");
        terminal.until_seen("the oldest for 3 h");
        assert!(
            !terminal.sees().contains("connection lost") && !terminal.sees().contains(" ago"),
            "{}",
            terminal.sees()
        );
        whole(&terminal, size);
        db.sql("DELETE FROM jobs WHERE created_at < now() - interval '170 min' AND status = 'queued'");
        terminal.types("q");
        terminal.ends().exits(0);
    }
}

#[test]
fn it_can_be_left_while_the_connection_is_lost_and_does_not_open_where_there_is_none() {
    let db = queue();
    let mut terminal = watch(&db, USUAL, &["--interval", "500ms"], &[]);
    terminal.until_seen("q quit");
    unplug(&db, true);
    terminal.until_seen("connection lost");
    terminal.types("q");
    terminal.ends().exits(0);
    // The first connection is like everybody's.
    let terminal = watch(&db, USUAL, &[], &[]);
    let shown = terminal.ends().exits(5).shows("cannot connect to");
    assert!(!shown.raw.contains("\x1b[?1049h"), "{:?}", shown.raw);
    unplug(&db, false);
}

#[test]
fn who_keeps_a_table_locked_does_not_keep_the_screen() {
    let db = queue();
    let mut terminal = watch(&db, USUAL, &["--interval", "500ms"], &[]);
    terminal.until_seen("q quit");
    let mut other = wait(db.connect());
    wait(sqlx::raw_sql("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").execute(&mut other)).unwrap();
    terminal.until_seen("… still reading; no answer yet");
    terminal.until_seen(" s ago");
    terminal.types("+");
    terminal.until_seen("+ - every 1s");
    wait(sqlx::raw_sql("DELETE FROM jobs WHERE status = 'queued'; COMMIT").execute(&mut other)).unwrap();
    terminal.until_seen("✓ idle");
    assert!(!terminal.sees().contains("still reading"), "{}", terminal.sees());
    terminal.types("q");
    terminal.ends().exits(0);
}

#[test]
fn keys_pause_it_and_set_its_pace_and_no_transaction_is_open_meanwhile() {
    let db = queue();
    let mut terminal = watch(&db, USUAL, &["--interval", "1s"], &[]);
    terminal.until_seen("+ - every 1s");
    terminal.types("-");
    terminal.until_seen("+ - every 500ms");
    terminal.types("p");
    terminal.until_seen("‖ paused; p continues");
    terminal.until_seen("p continue");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL";
    // A read that had begun may end yet.
    until("no transaction", || db.value(open) == "0");
    db.sql("DELETE FROM jobs WHERE status = 'queued'");
    std::thread::sleep(Duration::from_secs(2));
    terminal.until_seen(" s ago");
    assert!(terminal.sees().contains("stalled"), "{}", terminal.sees());
    terminal.types("p");
    terminal.until_seen("✓ idle");
    assert!(!terminal.sees().contains("paused"), "{}", terminal.sees());
    terminal.types("++++++++");
    terminal.until_seen("+ - every 5m");
    terminal.types("\x03");
    terminal.ends().exits(130);
}

#[test]
fn what_the_database_holds_cannot_drive_the_terminal_or_break_the_frame() {
    let db = queue();
    fails(&db, "repeat('ยาว🌙', 60)");
    fails(&db, r"E'\x1b]0;owned\x07\x1b[3J\x1b[5;5Hevil\u202e\r\n\tend'");
    fails(&db, "'שלום עולם مرحبا 👩‍👩‍👧'");
    db.sql(r"UPDATE jobs SET job_type = E'\x1b[7mวิ🌙' WHERE status = 'dlq'");
    for size in [USUAL, (200, 60), (61, 20)] {
        let mut terminal = watch(&db, size, &[], &[]);
        terminal.until_seen("q quit");
        terminal.until_seen(r"\u{1b}]0;owned\u{7}");
        whole(&terminal, size);
        terminal.types("q");
        let shown = terminal.ends().exits(0);
        for code in ["\x1b]0;owned", "\x1b[3J", "\x1b[5;5H", "\x1b[7m", "\u{202e}", "\u{200d}"] {
            assert!(!shown.raw.contains(code), "{code:?}: {:?}", shown.raw);
        }
    }
}

#[test]
fn without_a_terminal_it_says_what_to_ask_for() {
    let db = queue();
    db.bursar(&["jobs", "watch"]).exits(2).says("-o ndjson");
    watch(&db, USUAL, &[], &[("TERM", "dumb")]).ends().exits(2).shows("-o ndjson");
    for wrong in [&["-o", "json"][..], &["--interval", "499ms"], &["--count", "0"], &["--count", "1", "x"]] {
        db.bursar(&[&["jobs", "watch"], wrong].concat()).exits(2);
    }
    let avolve = Db::new(Template::Migrated("avolve"));
    avolve.bursar(&["jobs", "watch", "-o", "ndjson"]).exits(2).says("keeps no jobs");
}

#[test]
fn off_a_terminal_each_reading_is_a_row() {
    let db = queue();
    let ran = db.bursar(&["jobs", "watch", "-o", "ndjson", "--interval", "500ms", "--count", "3"]).ok();
    let rows: Vec<Value> = ran.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!((&row["type"], &row["app"], &row["claimable"]), (&"queue".into(), &"mimivibe".into(), &40.into()));
        assert_eq!(row["verdict"]["is"], "stalled", "{row}");
        assert!(row["oldest_claimable_secs"].as_i64().unwrap() >= 7205, "{row}");
        assert_eq!(row["rates"], serde_json::json!({"added": 0, "done": 0, "failed": 0, "ended": 0}));
        let count = |status: &str| {
            row["counts"].as_array().unwrap().iter().find(|c| c["status"] == status).unwrap()["count"].clone()
        };
        assert_eq!((count("queued"), count("succeeded"), count("dlq")), (40.into(), 1500.into(), 1.into()));
        assert_eq!(row["failures"][0]["error"], "model timed out after 30 s");
    }
    let at = |row: &Value| chrono::DateTime::parse_from_rfc3339(row["at"].as_str().unwrap()).unwrap();
    let between = (at(&rows[2]) - at(&rows[0])).num_milliseconds();
    assert!((900..10_000).contains(&between), "{between}");
}

#[test]
fn rows_come_at_once_and_end_with_whoever_reads_or_interrupts() {
    let db = queue();
    let mut child =
        bursar().args(["jobs", "watch", "-o", "ndjson", "--interval", "500ms", "-d", &db.url()]).starts_quietly();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..2 {
        let row: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(row["type"], "queue");
    }
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut sh = std::process::Command::new("sh");
    crate::support::hermetic(&mut sh);
    let line = format!("'{}' jobs watch -o ndjson --interval 500ms | head -n 1; exit $?", env!("CARGO_BIN_EXE_bursar"));
    let ran = run(sh.args(["-c", &line]).env("DATABASE_URL", db.url())).ok();
    assert_eq!((ran.stdout.lines().count(), ran.stderr.contains("error")), (1, false), "{ran:?}");
    db.bursar(&["jobs", "watch", "-o", "ndjson", "--timeout", "1500ms"]).exits(1).says("longer than --timeout");
}

#[test]
fn rows_go_on_after_a_lost_connection() {
    let db = queue();
    let mut child = bursar()
        .args(["jobs", "watch", "-o", "ndjson", "--interval", "500ms", "--count", "4", "-d", &db.url()])
        .starts_quietly();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    unplug(&db, true);
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let heard = said.find(|l| l.as_ref().unwrap().contains("connection lost")).unwrap().unwrap();
    assert!(heard.contains("trying again in"), "{heard}");
    unplug(&db, false);
    assert!(said.any(|l| l.unwrap().contains("the connection is back")));
    assert!(lines.count() >= 2);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
