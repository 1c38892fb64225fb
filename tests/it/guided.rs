//! `bursar refund` alone, on a terminal: somebody is walked through one refund, and leaving it at any
//! question changes nothing.

use std::time::Duration;

use crate::support::gateway::Fake;
use crate::support::terminal::{Terminal, USUAL, WIDE, plain};
use crate::support::{Db, Template, sample, turn};

/// Ada, who has all that she bought; Bob, who spent most of it; a name in Thai with an emoji; names
/// that would drive a terminal, turn text around, or fill it; and a payment that cannot be refunded.
const PAID: &str = r"
    INSERT INTO users (id, external_id, external_provider, email, name) VALUES
        ('00000000-0000-4000-8000-00000000000a', 'a', 'x', 'ada@example.com', 'Ada'),
        ('00000000-0000-4000-8000-00000000000b', 'b', 'x', 'bob@example.com', 'Bob'),
        ('00000000-0000-4000-8000-00000000000c', 'c', 'x', 'duang@example.com', 'ดวงใจ ศรีสุข 🌙'),
        ('00000000-0000-4000-8000-00000000000d', 'd', 'x', 'evil@example.com', E'\x1b[2J\x1b[?1049h\x1b]0;owned\x07\r\nevil\u202e'),
        ('00000000-0000-4000-8000-00000000000e', 'e', 'x', 'rtl@example.com', 'שלום עולם مرحبا'),
        ('00000000-0000-4000-8000-00000000000f', 'f', 'x', 'long@example.com', repeat('ยาว🌙', 60));
    INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, currency, status, package_type, stars_purchased, stars_bonus, created_at) VALUES
        ('aaaa0000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-00000000000a', 'pi_ada', 'ch_ada', 29900, 'THB', 'succeeded', 'pro', 100, 0, '2026-10-01 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-00000000000b', 'pi_bob', 'ch_bob', 29900, 'THB', 'succeeded', 'pro', 100, 0, '2026-10-02 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-00000000000c', 'pi_duang', 'ch_duang', 104900, 'THB', 'succeeded', 'pro', 100, 0, '2026-10-03 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-00000000000d', 'pi_evil', 'ch_evil', 4900, 'THB', 'succeeded', 'pro', 100, 0, '2026-10-04 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-00000000000e', 'pi_rtl', 'ch_rtl', 500, 'JPY', 'succeeded', 'pro', 100, 0, '2026-10-05 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000006', '00000000-0000-4000-8000-00000000000f', 'pi_long', 'ch_long', 4900, 'THB', 'succeeded', 'pro', 100, 0, '2026-10-06 10:00Z'),
        ('aaaa0000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-00000000000a', 'pi_declined', NULL, 4900, 'THB', 'failed', 'pro', 100, 0, '2026-10-07 10:00Z');
    SELECT wallet_purchase(id) FROM payments WHERE status = 'succeeded' AND stripe_charge_id <> 'ch_bob'";

fn paid() -> Db {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql(PAID);
    db
}

fn refund(db: &Db, size: (u16, u16), flags: &[&str], variables: &[(&str, &str)]) -> Terminal {
    let url = db.url();
    Terminal::start(size, &[&["refund", "--app", "mimivibe", "-d", &url], flags].concat(), variables)
}

/// Everything that a refund could have changed.
fn everything(db: &Db) -> String {
    db.value(
        "SELECT concat_ws(' ', (SELECT count(*) FROM bursar.refunds), (SELECT count(*) FROM bursar.operations),
                (SELECT count(*) FROM wallet_transactions), (SELECT sum(star_balance) FROM users),
                (SELECT string_agg(status::text, ',' ORDER BY id) FROM payments))",
    )
}

fn recorded(db: &Db) -> String {
    db.value(
        "SELECT string_agg(concat_ws('|', gateway_payment[1], amount, reason, coalesce(note, '-'), if_spent, units_taken,
                units_written_off, gateway, coalesce(gateway_ref, '-'), state), '; ' ORDER BY number) FROM bursar.refunds",
    )
}

/// No transaction is open while somebody thinks.
#[track_caller]
fn nothing_is_open(db: &Db) {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid() AND application_name LIKE 'bursar%'";
    assert_eq!(db.value(open), "0");
}

const PAYMENT: &str = "Which payment?";
const AMOUNT: &str = "How much, in THB?";
const REASON: &str = "Why?";
const NOTE: &str = "A note?";
const SPENT: &str = "Units of this payment are spent. What now?";
const GATEWAY: &str = "Through which gateway?";
const RECORD_ONLY: [&str; 2] = ["--gateway", "record-only"];
const REFERENCE: &str = "Its reference?";
const CONFIRM: &str = "[y/N]";
const NAME: &str = "database's name to go on";

const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";

/// The questions about Bob's payment, in their order, and what is typed at each.
const BOB: [(&str, &str); 7] = [
    (PAYMENT, "bob@\r"),
    (AMOUNT, "\r"),
    (REASON, "\r"),
    (NOTE, "\r"),
    (SPENT, "\x1b[B\r"),
    (REFERENCE, "re_bob\r"),
    (CONFIRM, "y\r"),
];

/// Answers the first questions, and waits until the next one is there.
fn walked(terminal: &mut Terminal, questions: &[(&str, &str)], answered: usize) {
    for (question, answer) in &questions[..answered] {
        terminal.until_seen(question);
        terminal.until_echo(false);
        terminal.types(answer);
    }
    terminal.until_seen(questions[answered].0);
    terminal.until_echo(false);
}

#[test]
fn somebody_is_walked_through_a_refund_whose_money_was_moved_elsewhere() {
    for size in sample([USUAL, WIDE], 2) {
        let db = paid();
        let mut terminal = refund(&db, size, &RECORD_ONLY, &[]);
        // Newest first, and only what can be refunded.
        terminal.until_seen("6 · ↑ ↓ choose");
        assert!(!terminal.sees().contains("2026-10-07"), "{}", terminal.sees());
        assert!(terminal.sees().contains("> 2026-10-06"), "{}", terminal.sees());
        nothing_is_open(&db);
        terminal.types("EXAMPLE.com");
        terminal.until_seen("EXAMPLE.com");
        terminal.types("\x15nobody");
        terminal.until_seen("No matches.");
        terminal.types("\r\x15pi_");
        terminal.until_seen("> 2026-10-06");
        terminal.types(DOWN);
        terminal.types("\x0e\x0e\x0e\x0e\x0e");
        terminal.until_seen("> 2026-10-01");
        terminal.types(UP);
        terminal.until_seen("> 2026-10-02");
        terminal.types("\x10\x0e\x1b[6~\r");

        terminal.until_seen("How much, in THB? 299.00\n");
        nothing_is_open(&db);
        for (wrong, why) in [
            ("1,00", "it is not a number"),
            ("0", "it is zero"),
            ("0.001", "THB has 2 decimals"),
            ("-5", "an amount is positive"),
            ("50 usd", "USD is another currency"),
            ("300", "300.00 THB are more than the 299.00 THB that are left"),
        ] {
            terminal.types(&format!("\x15{wrong}\r"));
            terminal.until_seen(why);
        }
        terminal.types("\x15 50 thb\r");
        terminal.until_seen("How much, in THB? 50.00 THB");
        terminal.until_seen("> The customer asked for it");
        terminal.types("twice");
        terminal.until_seen("> The customer paid twice");
        terminal.types("\r");
        terminal.until_seen("Why? The customer paid twice");
        terminal.types("โทรมา\r");
        terminal.until_seen(REFERENCE);
        terminal.types("\r");
        terminal.until_seen("a reference is needed to find the refund again");
        terminal.types("re_1\r");
        terminal.until_seen(CONFIRM);
        nothing_is_open(&db);
        for line in ["refunded", "0.00 THB", "50.00 THB", "left to refund", "249.00 THB", "STAR of the account"] {
            assert!(terminal.sees().contains(line), "{line}:\n{}", terminal.sees());
        }
        assert_eq!(recorded(&db), "NULL");
        terminal.until_echo(false);
        terminal.types("y\r");
        terminal.until_echo(true);
        terminal.ends().exits(0).shows("of 50.00 THB is on record").shows_the_cursor();
        assert_eq!(recorded(&db), "pi_ada|5000|duplicate|โทรมา|refuse|17|0|record-only|re_1|succeeded");
    }
}

#[test]
fn the_money_goes_back_through_the_payments_gateway_and_flags_answer_their_questions() {
    let db = paid();
    let fake = Fake::start();
    fake.payment(["ch_ada", "pi_ada"], 29_900, "THB");
    let env = fake.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let flags = ["--amount", "50", "--reason", "duplicate", "--note", "called"];
    let mut terminal = refund(&db, USUAL, &flags, &env);
    walked(&mut terminal, &[(PAYMENT, "ada@\r"), (CONFIRM, "")], 1);
    for question in [AMOUNT, REASON, NOTE, GATEWAY, SPENT] {
        assert!(!plain(&terminal.raw()).contains(question), "{question}");
    }
    assert_eq!(fake.requests("POST").len(), 0);
    terminal.types("y\r");
    terminal.ends().exits(0).shows("the money went back through stripe");
    assert_eq!(fake.refunds().len(), 1);
    let reference = fake.refunds()[0].id.clone();
    assert_eq!(recorded(&db), format!("pi_ada|5000|duplicate|called|refuse|17|0|stripe|{reference}|succeeded"));

    // What was refunded in the gateway's dashboard is told before the last question.
    let elsewhere = fake.refund_in_dashboard("ch_ada", 700);
    let mut terminal = refund(&db, USUAL, &["--amount", "7", "--reason", "duplicate", "--note", "called"], &env);
    walked(&mut terminal, &[(PAYMENT, "")], 0);
    terminal.types("ada@\r");
    let said = format!("stripe has refund {elsewhere} of 7.00 THB that bursar does not know");
    terminal.ends().exits(7).shows(&said);
    assert_eq!(fake.refunds().len(), 2);
    fake.settle(&elsewhere, "canceled", None);

    // The same amount once more is asked about, and a dry run is one.
    let mut terminal = refund(&db, USUAL, &[&flags[..], &["--dry-run"]].concat(), &env);
    walked(&mut terminal, &[(PAYMENT, "ada@\r"), (CONFIRM, "")], 1);
    terminal.until_seen("same amount a second time? [y/N]");
    terminal.types("y\r");
    terminal.ends().exits(0).shows("it would be refunded; nothing was changed");
    assert_eq!(fake.refunds().len(), 2);
}

/// A live key goes to the gateway itself only, so of a database that is marked nothing but a record can be made here; one
/// that is braked wants its name too.
#[test]
fn where_the_name_is_wanted_a_yes_is_none_and_the_name_pays_once() {
    let db = paid();
    let fake = Fake::start();
    fake.payment(["ch_ada", "pi_ada"], 29_900, "THB");
    let env = fake.env();
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let questions = [(PAYMENT, "ada@\r"), (REASON, "\r"), (NOTE, "\r"), (NAME, "")];
    let recorded_only = ["--amount", "50", "--gateway", "record-only", "--gateway-ref", "re_elsewhere"];
    let marked = "INSERT INTO bursar.settings (name, value) VALUES ('protected', 'true')";
    let brake = "DELETE FROM bursar.settings WHERE name = 'protected';
                 DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$";
    let guards = [
        (
            marked,
            &recorded_only[..],
            "pi_ada|5000|requested_by_customer|-|refuse|17|0|record-only|re_elsewhere|succeeded",
            0,
        ),
        (brake, &["--amount", "50", "--again"], "pi_ada|5000|requested_by_customer|-|refuse|17|0|stripe|", 1),
    ];
    for (nth, (guard, flags, paid, paid_back)) in guards.into_iter().enumerate() {
        db.sql(guard);
        let before = everything(&db);
        for (n, answer) in ["y", "yes", &db.name.to_uppercase(), ""].into_iter().enumerate() {
            // Each guard gets two of them.
            if !turn(n + nth, 2) {
                continue;
            }
            let mut terminal = refund(&db, USUAL, flags, &env);
            walked(&mut terminal, &questions, 3);
            nothing_is_open(&db);
            terminal.types(&format!("{answer}\r"));
            terminal.ends().exits(4);
            assert_eq!((everything(&db), fake.requests("POST").len()), (before.clone(), 0), "{answer}");
        }
        let mut terminal = refund(&db, USUAL, flags, &env);
        walked(&mut terminal, &questions, 3);
        terminal.types(&format!("{}\r", db.name));
        terminal.ends().exits(0);
        assert_eq!(fake.refunds().len(), paid_back);
        let last = recorded(&db).rsplit("; ").next().unwrap_or_default().to_owned();
        assert!(last.starts_with(paid) && last.ends_with("succeeded"), "{last}");
    }
    assert_eq!(recorded(&db).split("; ").count(), 2);
}

#[test]
fn what_was_spent_is_asked_about_and_each_answer_does_what_it_says() {
    for (answer, says, code, expected) in [
        ("\r", "declined; nothing was changed", 4, "NULL"),
        ("\x1b[B\r", "is on record", 0, "pi_bob|29900|requested_by_customer|-|cap|30|70|record-only|re_bob|succeeded"),
        (
            "nothing from\r",
            "is on record",
            0,
            "pi_bob|29900|requested_by_customer|-|keep|0|100|record-only|re_bob|succeeded",
        ),
    ] {
        let db = bobs();
        let mut terminal = refund(&db, USUAL, &["--gateway", "record-only", "--gateway-ref", "re_bob"], &[]);
        walked(&mut terminal, &BOB, 4);
        terminal.until_seen("the account has 30 of the 100 STAR that have to be taken back; spent: 70");
        terminal.until_seen("take back 30 STAR, and write 70 off");
        terminal.until_seen("take nothing from the account, and write 100 STAR off");
        terminal.types(answer);
        if code == 0 {
            terminal.until_seen(CONFIRM);
            terminal.types("y\r");
        }
        terminal.ends().exits(code).shows(says);
        assert_eq!(recorded(&db), expected);
    }
}

/// Bob was granted 100 and has 30 of them.
fn bobs() -> Db {
    let db = paid();
    db.sql("SELECT wallet_purchase(id) FROM payments WHERE stripe_charge_id = 'ch_bob'; UPDATE users SET star_balance = 30 WHERE name = 'Bob'");
    db
}

#[test]
fn leaving_at_any_question_changes_nothing_and_gives_the_terminal_back() {
    let db = bobs();
    let before = everything(&db);
    for (answered, (question, _)) in BOB.iter().enumerate() {
        let keys = [("\x1b", 4, "nothing was changed"), ("\x03", 130, "interrupted")];
        for (n, (key, code, says)) in keys.into_iter().enumerate() {
            // Each question is left in one of the two ways.
            if !turn(answered + n, 2) {
                continue;
            }
            let mut terminal = refund(&db, USUAL, &RECORD_ONLY, &[]);
            walked(&mut terminal, &BOB, answered);
            terminal.types(key);
            terminal.until_seen("error:");
            let seen = terminal.sees();
            assert!(!seen.contains("Esc "), "something is left below {question}:\n{seen}");
            terminal.until_echo(true);
            let shown = terminal.ends().exits(code).shows(says).shows_the_cursor();
            let (off, on) = (shown.raw.rfind("\x1b[?7l"), shown.raw.rfind("\x1b[?7h"));
            assert!(off < on, "lines are left unwrapped: {:?}", shown.raw);
            assert_eq!(everything(&db), before, "{key:?} at {question}");
        }
    }
}

#[test]
fn a_signal_and_the_time_limit_are_heard_at_a_list() {
    let db = paid();
    let terminal = refund(&db, USUAL, &[], &[]);
    terminal.until_seen("6 · ↑ ↓ choose");
    terminal.signal(nix::sys::signal::Signal::SIGTERM);
    terminal.until_seen("terminated");
    assert!(!terminal.sees().contains("Esc "), "{}", terminal.sees());
    terminal.until_echo(true);
    terminal.ends().exits(143).shows_the_cursor();
    refund(&db, USUAL, &["--timeout", "2s"], &[]).ends().exits(1).shows("longer than --timeout 2s").shows_the_cursor();
}

#[test]
fn a_shell_gets_the_terminal_of_a_list_and_gives_it_back() {
    let db = paid();
    let script = format!(
        r#"set -m; trap : INT; "$0" "$@"; printf 'stopped:'; read word; fg >/dev/null; {}"#,
        r"printf '\033]ended;%d\007' $?; kill -STOP $$"
    );
    let url = db.url();
    let mut terminal = Terminal::scripted(USUAL, &script, &["refund", "--app", "mimivibe", "-d", &url], &[]);
    terminal.until_seen("6 · ↑ ↓ choose");
    terminal.types("example");
    terminal.until_seen("example\n");
    terminal.until_seen("6 · ↑ ↓ choose");
    terminal.types("\x1a");
    terminal.until_seen("stopped:");
    assert_eq!(terminal.sees(), "stopped:", "the list is taken away");
    let raw = terminal.raw();
    assert!(raw.rfind("\x1b[?2004h") < raw.rfind("\x1b[?2004l"), "pastes are still marked: {raw:?}");
    assert!(terminal.echoes());
    nothing_is_open(&db);
    terminal.types("go on\r");
    // What was typed is still there, and the list can be used.
    terminal.until_seen("Which payment? example\n");
    terminal.until_seen("> 2026-10-06");
    terminal.until_echo(false);
    terminal.types(DOWN);
    terminal.until_seen("> 2026-10-05");
    terminal.types("\x03");
    terminal.until_seen("error: interrupted");
    assert!(!terminal.sees().contains("2026-10-0"), "{}", terminal.sees());
    terminal.until_echo(true);
    terminal.ends().exits(130).shows_the_cursor();
}

#[test]
fn a_question_that_is_wider_than_the_terminal_is_drawn_whole_again_after_a_stop() {
    let db = paid();
    let script = format!(
        r#"set -m; trap : INT; "$0" "$@"; printf 'stopped:'; read word; clear; fg >/dev/null; {}"#,
        r"printf '\033]ended;%d\007' $?; kill -STOP $$"
    );
    let (url, payment) = (db.url(), db.value("SELECT id FROM payments WHERE stripe_charge_id = 'ch_bob'"));
    let words = ["refund", "create", &payment, "--app", "mimivibe", "-d", &url, "--if-spent", "cap"];
    let elsewhere = ["--gateway", "record-only", "--gateway-ref", "re_bob"];
    let mut terminal = Terminal::scripted(USUAL, &script, &[&words[..], &elsewhere].concat(), &[]);
    terminal.until_seen("Refund 299.00 THB of");
    terminal.types("\x1a");
    terminal.until_seen("stopped:");
    terminal.types("go on\r");
    terminal.until_echo(false);
    terminal.until_seen("Refund 299.00 THB of");
    terminal.types("\x03");
    terminal.ends().exits(130);
}

#[test]
fn a_policy_is_asked_for_only_if_there_is_a_choice() {
    let db = bobs();
    db.sql("UPDATE users SET star_balance = 0 WHERE name = 'Bob'");
    let mut terminal = refund(&db, USUAL, &["--gateway", "record-only", "--gateway-ref", "re_bob"], &[]);
    walked(&mut terminal, &[BOB[0], BOB[1], BOB[2], BOB[3], (CONFIRM, "")], 4);
    assert!(terminal.sees().contains("STAR written off"), "{}", terminal.sees());
    terminal.types("y\r");
    terminal.ends().exits(0).shows("is on record");
    assert_eq!(recorded(&db), "pi_bob|29900|requested_by_customer|-|cap|0|100|record-only|re_bob|succeeded");
}

#[test]
fn a_list_that_was_stopped_by_somebody_else_sets_the_terminal_up_again() {
    let db = paid();
    let script = format!(
        r#"set -m; trap : INT; "$0" "$@"; printf 'stopped:'; stty sane; read word; fg >/dev/null; {}"#,
        r"printf '\033]ended;%d\007' $?; kill -STOP $$"
    );
    let url = db.url();
    let mut terminal = Terminal::scripted(USUAL, &script, &["refund", "--app", "mimivibe", "-d", &url], &[]);
    terminal.until_seen("6 · ↑ ↓ choose");
    terminal.signal(nix::sys::signal::Signal::SIGSTOP);
    terminal.until_seen("stopped:");
    terminal.until_echo(true);
    terminal.types("go on\r");
    terminal.until_echo(false);
    terminal.types(DOWN);
    terminal.until_seen("> 2026-10-05");
    terminal.types("\x03");
    terminal.until_echo(true);
    terminal.ends().exits(130).shows_the_cursor();
}

#[test]
fn a_payment_whose_gateway_is_not_configured_names_what_to_set_and_asks_nothing() {
    let db = paid();
    let before = everything(&db);
    for variables in [&[][..], &[("PAYPAL_CLIENT_ID", "id"), ("PAYPAL_CLIENT_SECRET", "secret")]] {
        let mut terminal = refund(&db, USUAL, &[], variables);
        walked(&mut terminal, &[(PAYMENT, "ada@\r")], 0);
        terminal.types("ada@\r");
        let shown = terminal.ends().exits(4).shows("the payment came through stripe, which is not configured here");
        let shown = shown.shows("set STRIPE_SECRET_KEY").shows("--gateway record-only").shows_the_cursor();
        for question in [AMOUNT, GATEWAY, "> record-only"] {
            assert!(!plain(&shown.raw).contains(question), "{question}");
        }
    }
    assert_eq!(everything(&db), before);
}

/// A paste, as a terminal marks it.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

#[test]
fn a_paste_stays_in_its_field_whatever_is_in_it() {
    let flags = ["--gateway", "record-only", "--gateway-ref", "re_ada", "--reason", "other", "--amount", "50"];
    let db = paid();
    let mut terminal = refund(&db, USUAL, &flags, &[]);
    terminal.until_seen("6 · ↑ ↓ choose");
    terminal.until_echo(false);
    // It selects nothing either, though only one is like that.
    terminal.types(&pasted("ada@\r"));
    terminal.until_seen("1 · ↑ ↓ choose");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!plain(&terminal.raw()).contains(NOTE), "{}", terminal.sees());
    terminal.types("\r");
    terminal.until_seen(NOTE);
    terminal.until_echo(false);
    // In pieces, in the middle of a letter and of a mark, with the words that agree.
    let text = pasted("Hello support,\ry\ryes\rดวงใจ\r");
    let bytes = text.as_bytes();
    for piece in [&bytes[..3], &bytes[3..25], &bytes[25..bytes.len() - 3], &bytes[bytes.len() - 3..]] {
        terminal.types_bytes(piece);
        std::thread::sleep(Duration::from_millis(if piece.len() > 3 { 500 } else { 10 }));
    }
    terminal.until_seen(r"Hello support,\ny\nyes\nดวงใจ");
    assert!(!plain(&terminal.raw()).contains(CONFIRM), "{}", terminal.sees());
    terminal.types("\r");
    terminal.until_seen(CONFIRM);
    terminal.until_echo(false);
    terminal.types(&pasted("maybe\ryes\r"));
    std::thread::sleep(Duration::from_millis(300));
    terminal.types("\r");
    terminal.until_seen("answer yes or no, and press Enter");
    terminal.types(&pasted("yes\r"));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(recorded(&db), "NULL");
    terminal.types("\r");
    terminal.ends().exits(0).shows_the_cursor();
    assert_eq!(
        recorded(&db),
        "pi_ada|5000|other|Hello support,\ny\nyes\nดวงใจ|refuse|17|0|record-only|re_ada|succeeded"
    );
}

#[test]
fn a_paste_of_a_terminal_that_marks_none_agrees_to_nothing() {
    let flags = ["--gateway", "record-only", "--gateway-ref", "re_ada", "--reason", "other", "--amount", "50"];
    let db = paid();
    let before = everything(&db);
    let mut terminal = refund(&db, USUAL, &flags, &[]);
    walked(&mut terminal, &[(PAYMENT, "ada@\r"), (NOTE, "")], 1);
    terminal.types("Hello support,\r");
    terminal.until_seen(CONFIRM);
    std::thread::sleep(Duration::from_millis(500));
    terminal.types("I bought stars yesterday\r");
    terminal.until_seen("answer yes or no, and press Enter");
    assert_eq!(everything(&db), before);
    terminal.types("\r");
    terminal.ends().exits(4).shows("declined; nothing was changed");
    assert_eq!(everything(&db), before);
}

#[test]
fn the_list_is_as_high_as_the_terminal() {
    let db = paid();
    db.sql(
        "INSERT INTO payments (user_id, stripe_payment_intent_id, amount, currency, status, package_type, stars_purchased, created_at)
         SELECT '00000000-0000-4000-8000-00000000000a', 'pi_more_' || g, 4900, 'THB', 'succeeded', 'pro', 1, '2026-09-01Z'::timestamptz + g * interval '1 hour'
           FROM generate_series(1, 60) g",
    );
    for (size, rows) in [((60, 15), 12), ((80, 24), 21), ((200, 50), 47)] {
        let mut terminal = refund(&db, size, &[], &[]);
        terminal.until_seen(&format!("1-{rows} of 66"));
        let seen = terminal.sees();
        assert_eq!(seen.lines().count(), usize::from(size.1), "{seen}");
        assert!(seen.starts_with(PAYMENT), "{seen}");
        terminal.resize((size.0 - 5, size.1 - 4));
        terminal.until_seen(&format!("1-{} of 66", rows - 4));
        assert_eq!(terminal.sees().matches(" of 66").count(), 1, "{}", terminal.sees());
        terminal.types("\x1b[6~");
        terminal.until_seen(&format!("2-{} of 66", rows - 3));
        terminal.types("\x1b");
        terminal.until_seen("error:");
        let seen = terminal.sees();
        assert!(!seen.contains("2026-") && !seen.contains("of 66"), "{seen}");
        terminal.ends().exits(4).shows_the_cursor();
    }
}

/// What a terminal makes of joined emoji differs, so the joiner is shown and each emoji has its width.
#[test]
fn joined_emoji_do_not_move_the_columns() {
    let db = paid();
    db.sql("UPDATE users SET name = '👩\u{200d}👩\u{200d}👧 Family' WHERE email = 'ada@example.com'");
    let mut terminal = refund(&db, (200, 24), &[], &[]);
    terminal.until_seen("pi_ada");
    let seen = terminal.sees();
    let column = |id: &str| {
        let line = seen.lines().find(|l| l.contains(id)).unwrap();
        console::measure_text_width(&line[..line.find(id).unwrap()])
    };
    assert_eq!(column("pi_ada"), column("pi_bob"), "{seen}");
    assert!(seen.contains(r"👩\u{200d}👩\u{200d}👧 Family"), "{seen}");
    terminal.types("\x1b");
    terminal.ends().exits(4);
}

#[test]
fn a_connection_that_is_lost_ends_it() {
    let db = paid();
    let mut terminal = refund(&db, USUAL, &[], &[]);
    terminal.until_seen("6 · ↑ ↓ choose");
    db.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    terminal.types("ada");
    terminal.until_echo(true);
    terminal.ends().exits(5).shows_the_cursor();
}

#[test]
fn nobody_picks_what_they_have_not_seen() {
    let db = paid();
    let mut terminal = refund(&db, USUAL, &RECORD_ONLY, &[]);
    // Pasted with its newline: six are like that, so none of them is meant.
    terminal.types("pi_\r");
    terminal.until_seen("pi_\n");
    terminal.until_seen("> 2026-10-06");
    std::thread::sleep(Duration::from_millis(500));
    assert!(!plain(&terminal.raw()).contains("How much"), "{}", terminal.sees());
    terminal.types("ada\r");
    terminal.until_seen("How much, in THB? 299.00");
    terminal.types("\x1b");
    terminal.ends().exits(4);
}

#[test]
fn a_refund_that_somebody_else_makes_meanwhile_is_not_made_twice() {
    let db = paid();
    let mut terminal = refund(&db, USUAL, &["--gateway", "record-only", "--gateway-ref", "re_mine"], &[]);
    walked(&mut terminal, &[(PAYMENT, "ada@\r"), (AMOUNT, "\r"), (REASON, "\r"), (NOTE, "\r"), (CONFIRM, "")], 4);
    let other = [
        "refund",
        "create",
        "pi_ada",
        "--amount",
        "1",
        "--gateway",
        "record-only",
        "--gateway-ref",
        "re_theirs",
        "--yes",
    ];
    db.bursar(&other).ok();
    let before = everything(&db);
    terminal.types("y\r");
    terminal.ends().exits(7);
    assert_eq!(everything(&db), before);
}

#[test]
fn names_cannot_break_the_screen_and_it_reads_well_on_a_narrow_and_on_a_wide_one() {
    let db = paid();
    for (name, size) in [("usual", USUAL), ("wide", (200, 24))] {
        let mut terminal =
            refund(&db, size, &["--gateway", "record-only", "--gateway-ref", "re_1"], &[("NO_COLOR", "1")]);
        terminal.until_seen("6 · ↑ ↓ choose");
        insta::assert_snapshot!(format!("guided_list_{name}"), terminal.sees());
        terminal.types("evil");
        terminal.until_seen("1 · ↑ ↓ choose");
        walked(&mut terminal, &[(PAYMENT, "\r"), (AMOUNT, "\r"), (REASON, "\r"), (NOTE, "\r"), (CONFIRM, "")], 4);
        // A question as wide as the terminal has a line of its own, and the field is drawn after it.
        terminal.until_seen(if size == USUAL { "[y/N]\n>" } else { CONFIRM });
        insta::assert_snapshot!(format!("guided_preview_{name}"), crate::support::stable(&terminal.sees()));
        terminal.types("n\r");
        let shown = terminal.ends().exits(4);
        for code in ["\x1b[2J", "\x1b]0", "\x1b[?1049h", "\u{202e}"] {
            assert!(!shown.raw.contains(code), "{code:?}: {:?}", shown.raw);
        }
    }
}

#[test]
fn the_list_follows_the_terminals_size() {
    let db = paid();
    let mut terminal = refund(&db, WIDE, &[], &[]);
    terminal.until_seen("pi_ada");
    for size in [(30, 6), (80, 24), (20, 4), (200, 50)] {
        terminal.resize(size);
        terminal.until_seen("> 2026-10-06");
        std::thread::sleep(Duration::from_millis(600));
        let seen = terminal.sees();
        assert_eq!(seen.matches("> 20").count(), 1, "{size:?}:\n{seen}");
        assert!(seen.lines().all(|l| console::measure_text_width(l) < usize::from(size.0)), "{size:?}:\n{seen}");
    }
    terminal.types("\x1b");
    terminal.ends().exits(4).shows_the_cursor();
}

#[test]
fn where_nobody_can_be_asked_it_is_refused_and_says_what_to_type() {
    let db = paid();
    let hint = "bursar refund create PAYMENT";
    db.bursar(&["refund"]).exits(4).says("nothing was changed").says(hint);
    db.bursar(&["refund", "--yes", "--amount", "50"]).exits(4).says(hint);
    db.bursar(&["refund", "-o", "json"]).exits(2);
    db.bursar(&["refund", "pi_ada"]).exits(2);
    refund(&db, USUAL, &["--no-input"], &[]).ends().exits(4).shows("bursar --app mimivibe refund create PAYMENT");
    refund(&db, USUAL, &[], &[("TERM", "dumb")]).ends().exits(4).shows("bursar --app mimivibe refund create PAYMENT");
    // A flag that cannot be meant is told before the first question.
    let shown = refund(&db, USUAL, &["--gateway-ref", "re_1"], &[]).ends().exits(2);
    assert!(!shown.raw.contains(PAYMENT));
}
