//! What agrees to a write: a whole word and Enter, typed at the question.

use crate::support::terminal::{Terminal, USUAL};
use crate::support::{Db, Template, sample, shipped};

fn up(db: &Db) -> Terminal {
    Terminal::start(USUAL, &["migrate", "up", "--app", "mimivibe", "-d", &db.url()], &[])
}

fn is_empty(db: &Db) -> bool {
    db.value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'bursar')") == "0"
}

#[test]
fn only_a_whole_word_agrees() {
    let db = Db::new(Template::Empty);
    for answer in sample(["yes\r", "Y\r", " YES \r", "y\r", "nx\x15y\r"], 2) {
        let db = Db::new(Template::Empty);
        let mut terminal = up(&db);
        terminal.until("[y/N]");
        terminal.types(answer);
        terminal.ends().exits(0).shows(&format!("applied {} migrations", shipped(&["bursar", "mimivibe"])));
        assert!(!is_empty(&db), "{answer:?}");
    }
    // Each is refused at the same question, which is asked again.
    let mut terminal = up(&db);
    terminal.until("[y/N]");
    for text in ["yesterday", "why", "ye", "yy", "j", "1"] {
        let typed = format!("[y/N] {text}");
        terminal.types(text);
        terminal.until_seen(&typed);
        terminal.types("\r");
        terminal.until_matches("the question again", |_| {
            let sees = terminal.sees();
            sees.contains("answer yes or no, and press Enter") && !sees.contains(&typed)
        });
        assert!(is_empty(&db), "{text:?}");
    }
    terminal.types("\r");
    terminal.ends().exits(4).shows("declined; nothing was changed").shows_the_cursor();
    assert!(is_empty(&db));
}

#[test]
fn a_letter_without_enter_agrees_to_nothing() {
    let db = Db::new(Template::Empty);
    let mut terminal = up(&db);
    terminal.until("[y/N]");
    terminal.types("y");
    terminal.until("[y/N] y");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(is_empty(&db));
    terminal.types("\x7fn\r");
    terminal.ends().exits(4);
    assert!(is_empty(&db));
}

#[test]
fn a_paste_of_several_lines_agrees_to_nothing() {
    let db = Db::new(Template::Empty);
    let mut terminal = up(&db);
    terminal.until("[y/N]");
    terminal.types("Dear customer,\ny\nyes\n");
    terminal.until("answer yes or no, and press Enter");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(is_empty(&db));
    terminal.types("n\r");
    terminal.ends().exits(4).shows("declined; nothing was changed");
    assert!(is_empty(&db));
}

#[test]
fn a_marked_paste_is_an_answer_only_with_enter() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    let (url, before) = (db.url(), db.value("SELECT count(*) FROM bursar.operations"));
    let mut terminal = Terminal::start(USUAL, &["settings", "set", "refund_limit", "THB 1.00", "-d", &url], &[]);
    terminal.until("Type the database's name to go on");
    terminal.until_echo(false);
    terminal.types(&format!("\x1b[200~{}\r\x1b[201~", db.name));
    terminal.until(&format!("> {}", db.name));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations"), before);
    // A key that means nothing here leaves nothing behind.
    terminal.types("\x1b[20~\x1b[1;5C\r");
    terminal.ends().exits(0).shows_the_cursor();
    assert_ne!(db.value("SELECT count(*) FROM bursar.operations"), before);
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let db = Db::new(Template::Empty);
    // The shell gives the keys time to be there before the binary begins.
    let script = r#"trap : INT; printf 'ready'; sleep 0.5; "$0" "$@"; printf '\033]ended;%d\007' $?; kill -STOP $$"#;
    let started = |arguments: &[&str]| Terminal::scripted(USUAL, script, arguments, &[]);
    let url = db.url();
    let mut terminal = started(&["migrate", "up", "--app", "mimivibe", "-d", &url]);
    terminal.until("ready");
    terminal.types("y\ry\rsomething");
    terminal.until("[y/N]");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(is_empty(&db));
    terminal.types("n\r");
    terminal.ends().exits(4).shows("declined; nothing was changed");
    assert!(is_empty(&db));

    // The name of a protected database.
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')");
    let (url, before) = (db.url(), db.value("SELECT count(*) FROM bursar.operations"));
    let mut terminal = started(&["settings", "set", "refund_limit", "THB 1.00", "-d", &url]);
    terminal.until("ready");
    terminal.types(&format!("{}\r", db.name));
    terminal.until("Type the database's name to go on");
    std::thread::sleep(std::time::Duration::from_millis(300));
    terminal.types("\r");
    terminal.ends().exits(4).shows("nothing was changed");
    assert_eq!(db.value("SELECT count(*) FROM bursar.operations"), before);
}
