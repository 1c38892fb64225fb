//! What only happens on a terminal: progress, questions, colour and width. And what must not happen
//! without one.

use crate::support::terminal::{Shown, Terminal, USUAL, WIDE, has_colour, plain};
use crate::support::{Db, Template, bursar, run, sample, shipped, soak};

fn users(db: &Db) -> String {
    db.value("SELECT count(*) FROM users")
}

// Progress.

#[test]
fn long_work_shows_a_bar_on_a_terminal_and_takes_it_away() {
    let decimals = regex::Regex::new(r"\d\.\d\d+/s").unwrap();
    for (size, users, shows) in sample([(USUAL, "1000", "1,000"), (WIDE, "600", "600")], 2) {
        let db = Db::new(Template::Migrated("mimivibe"));
        let shown = Terminal::start(size, &["seed", "--users", users, "--yes", "-d", &db.url()], &[]).ends().exits(0);
        let shown = shown
            .shows("users [")
            .shows(&format!("/{shows} · "))
            .shows(" left")
            .shows(&format!("wrote {shows} users"))
            .shows_the_cursor();
        assert!(!decimals.is_match(&shown.raw), "{:?}", shown.raw);
        // Nothing of the bar is left where the result is.
        let result = shown.raw.rfind("wrote").unwrap();
        let bar = shown.raw.rfind("users [").unwrap();
        assert!(shown.raw[bar..result].contains("\x1b[2K"), "{:?}", &shown.raw[bar..]);
        for line in plain(&shown.raw[..result]).lines().filter(|l| l.contains("users [")) {
            assert!(line.split("users [").skip(1).all(|bar| bar.chars().count() <= usize::from(size.0)), "{line}");
        }
    }
}

#[test]
fn no_bar_is_drawn_where_there_is_no_terminal_or_none_is_wanted() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let ran = run(bursar()
        .args(["seed", "--users", "600", "--yes", "-d", &db.url()])
        .env("TERM", "xterm-256color")
        .env("CLICOLOR_FORCE", "1"))
    .ok();
    for sign in ["users [", " left", "\x1b[2K", "\r"] {
        assert!(!ran.stderr.contains(sign) && !ran.stdout.contains(sign), "{sign:?}: {ran:?}");
    }
    let url = db.url();
    for (arguments, variables) in
        [(&["audit", "-q", "-d", &url][..], &[][..]), (&["audit", "-d", &url], &[("TERM", "dumb")])]
    {
        let shown = Terminal::start(USUAL, arguments, variables).ends().exits(0).shows("clean");
        assert!(!shown.raw.contains("audit [") && !shown.raw.contains("\x1b[2K"), "{:?}", shown.raw);
    }
}

#[test]
fn ctrl_c_during_a_seed_takes_everything_back() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let mut terminal = Terminal::start(USUAL, &["seed", "--users", "1000000", "--yes", "-d", &db.url()], &[]);
    terminal.until(",000/1,000,000");
    terminal.types("\x03");
    terminal
        .ends()
        .exits(130)
        .shows("interrupted")
        .shows("was rolled back, and the server confirmed it")
        .shows_the_cursor();
    assert_eq!(users(&db), "0");
}

// Questions.

fn up(db: &Db) -> Terminal {
    Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe", "-d", &db.url()], &[])
}

fn is_empty(db: &Db) -> bool {
    db.value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'bursar')") == "0"
}

#[test]
fn a_write_shows_its_plan_asks_and_goes_on_after_yes() {
    let db = Db::new(Template::Empty);
    let mut terminal = up(&db);
    terminal.until(&format!("Apply {} migrations to {}? [y/N]", shipped(&["bursar", "mimivibe"]), db.name));
    // No transaction is open while somebody thinks.
    assert_eq!(db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bursar%'"), "0");
    assert!(is_empty(&db));
    terminal.types("y\r");
    terminal
        .ends()
        .exits(0)
        .shows("would apply:")
        .shows(&format!("applied {} migrations", shipped(&["bursar", "mimivibe"])))
        .shows_the_cursor();
    assert_eq!(db.value("SELECT count(*) FROM _sqlx_migrations"), shipped(&["mimivibe"]).to_string());
}

#[test]
fn anything_but_yes_changes_nothing() {
    let db = Db::new(Template::Empty);
    // No, the default, and Escape.
    for (typed, said) in [("n\r", "declined"), (" NO \r", "declined"), ("\r", "declined"), ("\x1b", "left")] {
        let mut terminal = up(&db);
        terminal.until("[y/N]");
        terminal.types(typed);
        terminal.ends().exits(4).shows(&format!("{said}; nothing was changed")).shows_the_cursor();
        assert!(is_empty(&db), "{typed:?}");
    }
}

#[test]
fn ctrl_c_at_a_question_changes_nothing_and_gives_the_terminal_back() {
    let db = Db::new(Template::Empty);
    let mut terminal = up(&db);
    terminal.until("[y/N]");
    terminal.types("\x03");
    terminal.ends().exits(130).shows("interrupted").shows_the_cursor();
    assert!(is_empty(&db));
}

#[test]
fn a_question_does_not_keep_a_signal_or_the_time_limit_away() {
    let db = Db::new(Template::Empty);
    let terminal = up(&db);
    terminal.until("[y/N]");
    terminal.until_echo(false);
    terminal.signal(nix::sys::signal::Signal::SIGTERM);
    terminal.until_echo(true);
    terminal.ends().exits(143).shows("terminated").shows_the_cursor();

    let terminal =
        Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe", "--timeout", "4s", "-d", &db.url()], &[]);
    terminal.until("[y/N]");
    terminal.ends().exits(1).shows("longer than --timeout 4s").shows_the_cursor();
    assert!(is_empty(&db));
}

#[test]
fn a_protected_database_wants_its_name_typed() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true'); DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations); DROP TABLE user_payment_methods CASCADE");
    let before = db.value("SELECT count(*) FROM _sqlx_migrations");
    for (typed, answer) in [
        ("wrong\r".to_owned(), "'wrong' was confirmed"),
        ("y\r".to_owned(), "'y' was confirmed"),
        ("\r".to_owned(), "nothing was changed"),
    ] {
        let mut terminal = up(&db);
        terminal.until("Type the database's name to go on");
        terminal.types(&typed);
        terminal.ends().exits(4).shows("is protected").shows(answer).shows("nothing was changed").shows_the_cursor();
    }
    let mut terminal = up(&db);
    terminal.until("Type the database's name to go on");
    terminal.types("\x03");
    terminal.ends().exits(130).shows_the_cursor();
    assert_eq!(db.value("SELECT count(*) FROM _sqlx_migrations"), before);
}

#[test]
fn nothing_is_asked_where_nobody_should_be() {
    let db = Db::new(Template::Empty);
    let shown = Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe", "--no-input", "-d", &db.url()], &[])
        .ends()
        .exits(4);
    assert!(!shown.shows("add --yes").raw.contains("[y/N]"));
    Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe", "--yes", "-d", &db.url()], &[])
        .ends()
        .exits(0)
        .shows(&format!("applied {} migrations", shipped(&["bursar", "mimivibe"])));
}

// Colour and width.

#[test]
fn colour_is_for_terminals_and_can_be_forced_and_forbidden() {
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    let url = db.url();
    let on_terminal = |flag: &str, variables: &[(&str, &str)]| {
        Terminal::start(USUAL, &["audit", "--only", "ledger.balance", "--color", flag, "-d", &url], variables)
            .ends()
            .exits(3)
            .has_colour()
    };
    let piped = |flag: &str, variables: &[(&str, &str)]| {
        let ran = run(bursar()
            .args(["audit", "--only", "ledger.balance", "--color", flag, "-d", &url])
            .envs(variables.iter().copied()))
        .exits(3);
        has_colour(&ran.stdout)
    };
    let (no, force, dumb) = (("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "dumb"));
    for (flag, variables, terminal, pipe) in [
        ("auto", &[][..], true, false),
        ("auto", &[no], false, false),
        ("auto", &[("NO_COLOR", "")], true, false),
        ("auto", &[force], true, true),
        ("auto", &[("CLICOLOR_FORCE", "0")], true, false),
        ("auto", &[dumb], false, false),
        ("auto", &[dumb, force], true, true),
        ("auto", &[no, force], false, false),
        ("always", &[no, dumb], true, true),
        ("never", &[force], false, false),
    ] {
        assert_eq!(on_terminal(flag, variables), terminal, "--color {flag} {variables:?}");
        // Into a pipe nothing is coloured unless somebody asks for it.
        let forced = variables.iter().any(|(name, _)| *name == force.0);
        if soak() || variables.is_empty() || forced || flag == "always" {
            assert_eq!(piped(flag, variables), pipe, "--color {flag} {variables:?}");
        }
    }
}

#[test]
fn help_and_usage_errors_follow_the_same_rule() {
    for (variables, flag, coloured) in [(&[][..], "auto", true), (&[("NO_COLOR", "1")], "auto", false)] {
        let shown = Terminal::start(USUAL, &["--color", flag, "audit", "--help"], variables).ends().exits(0);
        assert_eq!(shown.has_colour(), coloured, "{variables:?}: {:?}", shown.raw);
        let shown = Terminal::start(USUAL, &["--color", flag, "audit", "--nonsense"], variables).ends().exits(2);
        assert_eq!(shown.has_colour(), coloured, "{variables:?}: {:?}", shown.raw);
    }
    assert!(!has_colour(&run(bursar().args(["audit", "--help"])).ok().stdout));
}

#[test]
fn an_error_is_coloured_on_its_own_stream() {
    let shown = Terminal::start(USUAL, &["audit", "-d", "postgres://u@127.0.0.1:1/x"], &[])
        .ends()
        .exits(5)
        .shows("error: cannot connect");
    assert!(shown.has_colour());
    let shown = Terminal::start(USUAL, &["audit", "-o", "json", "-d", "postgres://u@127.0.0.1:1/x"], &[])
        .ends()
        .exits(5)
        .shows("{\"error\":");
    assert!(!shown.has_colour());
}

#[test]
fn data_has_no_colour_and_no_bar_in_it() {
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    let ran = run(bursar().args(["audit", "-o", "json", "--color", "always", "-d", &db.url()])).exits(3);
    assert!(!has_colour(&ran.stdout));
}

/// The lines of the table of checks: from its headings to the next empty line.
fn table(shown: &Shown) -> Vec<String> {
    let text = plain(&shown.raw);
    let lines = text.lines().skip_while(|l| !l.contains("rule")).take_while(|l| !l.trim().is_empty());
    lines.map(|l| l.trim_end().to_owned()).collect()
}

#[test]
fn tables_fit_the_terminal() {
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    let url = db.url();
    let mut heights = Vec::new();
    for ((columns, rows), extra) in [((60, 24), "-d"), (USUAL, "-d"), (USUAL, "-vd"), (WIDE, "-d")] {
        let lines = table(&Terminal::start((columns, rows), &["audit", extra, &url], &[]).ends().exits(3));
        heights.push(lines.len());
        for line in lines {
            assert!(line.chars().count() <= usize::from(columns), "{columns} columns: {line}");
        }
    }
    assert!(heights[3] > 20, "{heights:?}");
}

#[test]
fn a_demonstration_on_a_terminal_ends_well() {
    // The default run has it without a terminal, and every part of it on one.
    if !soak() {
        return;
    }
    let shown = Terminal::start(USUAL, &["demo"], &[]).ends().exits(0).shows_the_cursor();
    assert!(shown.has_colour());
    shown
        .shows("$ bursar migrate up")
        .shows("$ bursar seed")
        .shows("$ bursar audit")
        .shows("users [")
        .shows("✓ clean")
        .shows("✗ violated")
        .shows("The end");
}
