//! A gateway that does not take the key, or cannot be reached: nobody's units are taken for it, and what was certainly
//! not sent is not unknown. What refused a refund for a reason that has a remedy, names it.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Patience, Ran, Starts as _, run, sample, soak};

const POST: &str = "POST /v1/refunds";
const NOWHERE: &str = "http://127.0.0.1:1";

/// A folder with a file of refunds of all of these payments.
fn file(ids: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("f.csv"), format!("payment\n{}\n", ids.join("\n"))).expect("a file");
    folder
}

fn batch(world: &World, folder: &tempfile::TempDir, env: &[(&str, &str)], more: &[&str]) -> Ran {
    let words = [&["refund", "batch", "f.csv", "--yes", "--parallel", "1"], more].concat();
    run(world.command(&words).current_dir(folder.path()).envs(env.iter().copied()))
}

fn ids(paid: &[Paid]) -> Vec<&str> {
    paid.iter().map(|paid| paid.id.as_str()).collect()
}

/// The payments' only refund is not there, and their units are.
#[track_caller]
fn untouched(world: &World, paid: &[Paid]) {
    for paid in paid {
        assert_eq!((world.state(paid), world.balance(&paid.user)), ("none".to_owned(), paid.balance));
    }
}

#[test]
fn a_batch_asks_first_whether_the_gateway_takes_the_key() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    let paid: Vec<Paid> = (0..12).map(|_| world.payment()).collect();
    let folder = file(&ids(&paid));
    for url in [&world.db.url(), &support] {
        let says = "12 lines were not begun";
        let wrong = [("DATABASE_URL", url.as_str()), ("STRIPE_SECRET_KEY", "sk_test_wrong")];
        batch(&world, &folder, &wrong, &[]).exits(4).says("stripe does not take the key: ").says(says);
        let down = [("DATABASE_URL", url.as_str()), ("STRIPE_API_BASE", NOWHERE)];
        batch(&world, &folder, &down, &[]).exits(5).says("stripe cannot be reached: ").says(says);
    }
    untouched(&world, &paid);
    assert!(!folder.path().join("f.csv.results.csv").exists());

    let world = World::of("aethercrown");
    let id = world
        .db
        .value("SELECT id FROM payments WHERE status = 'completed' AND payment_method = 'paypal' ORDER BY id LIMIT 1");
    let folder = file(&[&id]);
    let wrong = [("PAYPAL_CLIENT_SECRET", "wrong")];
    batch(&world, &folder, &wrong, &[]).exits(4).says("paypal does not take the key: ").says("1 line was not begun");
    batch(&world, &folder, &[("PAYPAL_API_BASE", NOWHERE)], &[]).exits(5).says("paypal cannot be reached: ");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
}

#[test]
fn a_batch_stops_at_the_first_answer_that_every_other_line_would_get() {
    let denied = || json!({ "error": { "type": "invalid_request_error", "message": "This key may not." } });
    for support in [false, true] {
        // The default run takes each once.
        for status in [401, 403].into_iter().filter(|status| soak() || support == (*status == 401)) {
            let world = World::new();
            let url = if support { world.login("support", "bursar_support") } else { world.db.url() };
            let paid: Vec<Paid> = (0..6).map(|_| world.payment()).collect();
            let folder = file(&ids(&paid));
            world.fake.script(POST, [Trouble::Fine, Trouble::Answer(status, denied())]);
            let ran = batch(&world, &folder, &[("DATABASE_URL", &url)], &[]).exits(6);
            ran.tells("1 refunded, 1 failed, 4 not begun").tells(match status {
                401 => "stopped: stripe does not take the key: it is not valid",
                _ => "stopped: stripe does not take the key: it may not make refunds",
            });
            untouched(&world, &paid[2..]);
            // The same file goes on, and says what it paid.
            batch(&world, &folder, &[], &[]);
            assert!(paid[2..].iter().all(|paid| world.agrees(paid) == "succeeded"));
        }
    }
    // A gateway that goes down between two lines.
    let world = World::new();
    let paid: Vec<Paid> = (0..4).map(|_| world.payment()).collect();
    let folder = file(&ids(&paid));
    let troubles = [Trouble::Fine, Trouble::Fine, Trouble::DropBefore, Trouble::DropBefore];
    world.fake.script("GET /v1/refunds", troubles);
    let ran = batch(&world, &folder, &[], &[]).exits(6);
    ran.tells("1 refunded, 1 failed, 2 not begun").tells("stopped: stripe cannot be reached");
    untouched(&world, &paid[1..]);
    batch(&world, &folder, &[], &[]).ok().tells("3 refunded, 1 before");
}

#[test]
fn what_was_certainly_not_sent_is_said_to_be_so() {
    let world = World::new();
    let paid = world.payment();
    let create = |url: &str, paid: &Paid| {
        let words = ["refund", "create", &paid.id, "--yes"];
        run(world.command(&words).env("DATABASE_URL", url).env("BURSAR_GATEWAY_TIMEOUT", "300ms"))
    };
    let busy = || [Trouble::TooMany(Some(3_600))];
    world.fake.script(POST, busy());
    let ran = create(&world.db.url(), &paid).exits(1).tells("failed: not submitted: ").tells("nothing was paid back");
    assert!(!ran.stdout.contains("may have been made"), "{ran:?}");
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("failed".to_owned(), paid.balance));
    create(&world.db.url(), &paid).ok();

    // Whoever may not give units back says so too.
    let (paid, support) = (world.payment(), world.login("support", "bursar_support"));
    world.fake.script(POST, busy());
    let ran = create(&support, &paid).exits(6).tells("not submitted: ");
    assert!(!ran.stdout.contains("may have been made") && !ran.stdout.contains("was refused by"), "{ran:?}");
    world.resume().ok();
    assert_eq!(world.at_gateway(&paid).len(), 1);

    // An earlier submission may have been made, whatever comes of a later one.
    let paid = world.payment();
    world.fake.script(POST, [Trouble::DropBefore]);
    create(&world.db.url(), &paid).exits(6);
    world.fake.script(POST, busy());
    let mut resume = world.command(&["refund", "resume", "--yes"]);
    let ran = run(resume.env("BURSAR_GATEWAY_TIMEOUT", "300ms")).exits(6);
    assert!(ran.stdout.contains("an earlier answer of stripe was lost: not submitted"), "{ran:?}");
    assert_eq!(world.state(&paid), "unknown");
    world.resume().ok();
    world.ledger_is_clean();
}

#[test]
fn a_refusal_because_it_was_refunded_there_says_how_to_bring_that_in() {
    let world = World::new();
    let body = |code: Option<&str>, message: &str| json!({ "error": { "type": "invalid_request_error", "code": code, "message": message, "param": "amount" } });
    let greater = "Refund amount (฿299.00) is greater than unrefunded amount on charge (฿0.00)";
    for answer in [body(Some("charge_already_refunded"), "Charge has already been refunded."), body(None, greater)] {
        let paid = world.payment();
        world.fake.script(POST, [Trouble::Answer(400, answer)]);
        world.create(&paid).exits(1).says(&format!("try: bursar refund sync --payment {}", paid.id));
    }
    let (id, order) = paypal(&World::of("aethercrown"), |world, id, order| {
        world.fake.payment([order, "CAPTURE1"], 10_000, "USD");
        let issue: Value =
            json!({ "name": "UNPROCESSABLE_ENTITY", "details": [{ "issue": "CAPTURE_FULLY_REFUNDED" }] });
        world.fake.script("POST /v2/payments/captures", [Trouble::Answer(422, issue)]);
        let ran = world.bursar(&["refund", "create", id, "--amount", "1.00", "--yes"]).exits(1);
        ran.says(&format!("try: bursar refund sync --payment {id}"));
        // As at Stripe, a refund that was not sent has failed, and is none.
        world.fake.script("POST /v2/payments/captures", [Trouble::TooMany(Some(3_600))]);
        let mut create = world.command(&["refund", "create", id, "--amount", "1.00", "--yes"]);
        run(create.env("BURSAR_GATEWAY_TIMEOUT", "300ms")).exits(1).tells("failed: not submitted: ");
    });
    assert!(!id.is_empty() && !order.is_empty());
}

/// Does something with a payment that came through PayPal: its id, and its order.
fn paypal(world: &World, act: impl Fn(&World, &str, &str)) -> (String, String) {
    let of = |column: &str| {
        world.db.value(&format!(
            "SELECT {column} FROM payments WHERE status = 'completed' AND currency = 'USD' AND payment_method = 'paypal' ORDER BY id LIMIT 1"
        ))
    };
    let (id, order) = (of("id"), of("order_id"));
    act(world, &id, &order);
    (id, order)
}

#[test]
fn a_refund_of_an_order_of_several_captures_keeps_the_one_that_was_named() {
    paypal(&World::of("aethercrown"), |world, id, order| {
        world.fake.payment([order, "CAPTURE1"], 10_000, "USD");
        world.fake.payment([order, "CAPTURE2"], 10_000, "USD");
        let create = |more: &[&str]| world.bursar(&[&["refund", "create", id, "--yes"], more].concat());
        create(&["--amount", "1.00"]).exits(1).tells("--capture names it").tells("CAPTURE2 (COMPLETED, 100.00 USD)");
        create(&["--amount", "1.00", "--capture", "CAPTURE2"]).ok();
        // Whoever finishes it asks for the same one.
        world.fake.script("POST /v2/payments/captures", [Trouble::DropBefore]);
        create(&["--amount", "2.00", "--capture", "CAPTURE2"]).exits(6);
        world.resume().ok();
        let made: Vec<(i64, String)> =
            world.fake.refunds().into_iter().map(|r| (r.amount, r.payment.ids[1].clone())).collect();
        assert_eq!(made, [(100, "CAPTURE2".to_owned()), (200, "CAPTURE2".to_owned())]);
        create(&["--amount", "3.00", "--capture", "../x"]).exits(2);
        create(&["--amount", "3.00", "--capture", "OTHER"]).exits(1).tells("--capture names it");
    });
    let world = World::new();
    let paid = world.payment();
    world.bursar(&["refund", "create", &paid.id, "--capture", "X", "--yes"]).exits(2).says("--capture");
    assert_eq!(world.state(&paid), "none");
}

#[test]
fn what_support_did_not_send_can_be_sent_by_support() {
    let no = || json!({ "error": { "type": "invalid_request_error", "message": "This key may not." } });
    let world = World::new();
    let support = world.login("support", "bursar_support");
    let mut as_support = world.command(&["refund", "resume", "--yes"]);
    let mut resume = || run(as_support.env("DATABASE_URL", &support).env("BURSAR_GATEWAY_TIMEOUT", "300ms"));
    for trouble in sample([Trouble::TooMany(Some(3_600)), Trouble::Answer(401, no()), Trouble::Answer(403, no())], 2) {
        let paid = world.payment();
        world.fake.script(POST, [trouble.clone(), trouble.clone()]);
        let words = ["refund", "create", &paid.id, "--yes"];
        let mut create = world.command(&words);
        let ran = run(create.env("DATABASE_URL", &support).env("BURSAR_GATEWAY_TIMEOUT", "300ms")).exits(6);
        assert!(ran.stdout.contains("was not submitted: ") && !ran.stdout.contains("operator"), "{ran:?}");
        assert_eq!(world.state(&paid), "reserved", "{trouble:?}");
        assert!(resume().exits(6).stdout.contains("was not submitted: "));
        assert_eq!((world.state(&paid), world.refund(&paid, "attempts")), ("reserved".to_owned(), "2".to_owned()));
        // Whoever could give the units back could say so after the gateway has paid.
        let refund = world.refund_id(&paid);
        let support =
            format!("SET SESSION AUTHORIZATION {}_support; SELECT bursar.refund_claim('{refund}', 60);", world.db.name);
        let withdraw = format!("{support} SELECT bursar.refund_withdraw('{refund}', 'x', '{{}}')");
        assert_eq!(world.db.sqlstate(&withdraw), "BR007");
        let cancel = format!("{support} SELECT bursar.refund_cancel('{refund}', 'x', 'listed', '{{}}')");
        assert_eq!(world.db.sqlstate(&cancel), "BR004");
        world.everybody_left();
        resume().ok();
        assert_eq!(world.agrees(&paid), "succeeded");
    }
    // An operator may end it, once the gateway's list shows none.
    let paid = world.payment();
    world.fake.script(POST, [Trouble::Answer(403, no())]);
    world.as_login(&support, &["refund", "create", &paid.id, "--yes"]).exits(6);
    world.bursar(&["refund", "cancel", &world.refund_id(&paid), "--reason", "a wrong key", "--yes"]).ok();
    assert_eq!(world.agrees(&paid), "canceled");
    // That a later submission was not sent says nothing of an earlier one.
    let paid = world.payment();
    world.fake.script(POST, [Trouble::DropAfter, Trouble::Answer(403, no())]);
    world.as_login(&support, &["refund", "create", &paid.id, "--yes"]).exits(6);
    let refund = world.refund_id(&paid);
    world.db.sql(&format!(
        "SELECT bursar.refund_claim('{refund}', 60); SELECT bursar.refund_submitting('{refund}', 60, '{{}}', gateway_account)
           FROM bursar.refunds WHERE id = '{refund}'; SELECT bursar.refund_answered('{refund}', 'not_sent', NULL, 'x', '{{}}')"
    ));
    assert_eq!(world.state(&paid), "unknown");
    world.fake.calm();
    resume().ok();
    assert_eq!(world.agrees(&paid), "succeeded");
    world.ledger_is_clean();
}

#[test]
fn a_batch_says_how_it_goes_on_and_sends_what_was_not_sent() {
    let answer = |code: &str| json!({ "error": { "type": "invalid_request_error", "code": code, "message": "No." } });
    let world = World::new();
    let support = world.login("support", "bursar_support");
    for url in sample([world.db.url(), support], 2) {
        let paid: Vec<Paid> = (0..4).map(|_| world.payment()).collect();
        let folder = file(&ids(&paid));
        let troubles = [Trouble::Answer(400, answer("charge_disputed")), Trouble::Answer(403, answer("no"))];
        world.fake.script(POST, troubles);
        let ran = batch(&world, &folder, &[("DATABASE_URL", &url)], &[]).exits(6).tells("2 failed, 2 not begun");
        let remedy = "bursar refund batch f.csv";
        assert!(ran.stderr.contains(remedy), "{ran:?}");
        let by_operator = url == world.db.url();
        let again = format!("bursar refund create {} --amount 299.00", paid[0].id);
        assert_eq!(ran.stderr.contains(&again), by_operator, "{ran:?}");
        let ran = batch(&world, &folder, &[("DATABASE_URL", &url)], &[]);
        if by_operator {
            ran.exits(6).tells("3 refunded, 1 failed").says(&again);
            world.bursar(&["refund", "create", &paid[0].id, "--amount", "299.00", "--yes"]).ok();
        } else {
            ran.ok().tells("4 refunded");
        }
        for paid in &paid {
            assert_eq!(world.refund(paid, "state"), "succeeded");
            assert_eq!(world.at_gateway(paid).len(), 1);
        }
    }
    world.ledger_is_clean();
}

/// Waits until something is so, as long as refunds are made. Before the first, all lines are looked at, which nobody sees.
fn gets_on(world: &World, mut so: impl FnMut() -> bool) {
    let begin = || Patience::new(Duration::from_millis(if soak() { 100 } else { 5 }));
    let (mut patience, mut before) = (begin(), 0);
    while !so() {
        let made = world.fake.refunded();
        if made > before + 500 {
            (patience, before) = (begin(), made);
        }
        patience.waits("the next refunds", || made as u64);
    }
}

/// Sends a batch a signal in its middle, and runs the file again.
#[expect(clippy::disallowed_macros, reason = "the figures are what it is run for")]
fn interrupted(lines: usize, signal: Signal) {
    let world = World::new();
    let many = format!(
        "INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                               stars_purchased, stars_bonus, created_at)
         SELECT md5('batch ' || n)::uuid, u.id, 'pi_b' || n, 'ch_b' || n, 4900, 'succeeded', 'basic', 10, 0, now()
           FROM generate_series(1, {lines}) n
           JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS at, count(*) OVER () AS all FROM users) u ON u.at = n % u.all;
         SELECT wallet_purchase(md5('batch ' || n)::uuid) FROM generate_series(1, {lines}) n"
    );
    world.db.sql(&many);
    let names: Vec<String> = (1..=lines).map(|n| format!("pi_b{n}")).collect();
    for n in 1..=lines {
        world.fake.payment([&format!("ch_b{n}"), &format!("pi_b{n}")], 4_900, "THB");
    }
    let folder = file(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let before = world.db.value("SELECT sum(star_balance) FROM users");
    let words = ["refund", "batch", "f.csv", "--yes", "--parallel", "4"];
    let began = Instant::now();
    let mut child = world.command(&words).current_dir(folder.path()).starts_quietly();
    gets_on(&world, || {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before the signal");
        world.fake.refunded() >= lines / 10
    });
    kill(Pid::from_raw(child.id().cast_signed()), signal).expect("sent");
    let ran = child.ended();
    assert!(ran.code == 130 || ran.code == -9, "{ran:?}");
    if signal == Signal::SIGINT {
        ran.says("the same command with the same file continues where it stopped");
    }
    world.everybody_left();
    let stopped = world.fake.refunded();
    assert!(stopped < lines);
    let mut child = world.command(&words).current_dir(folder.path()).starts_quietly();
    gets_on(&world, || child.try_wait().expect("a child").is_some());
    child.ended().ok();
    assert_eq!(world.fake.refunded(), lines);
    println!("{signal}: {lines} lines, stopped after {stopped} refunds, gone on to {lines} in {:?}", began.elapsed());
    let sums = "SELECT concat_ws(' ', count(*), count(DISTINCT payment), sum(units_taken)) FROM bursar.refunds WHERE state = 'succeeded'";
    assert_eq!(world.db.value(sums), format!("{lines} {lines} {}", lines * 10));
    assert_eq!(world.db.value(&format!("SELECT {before} - sum(star_balance) FROM users")), (lines * 10).to_string());
    world.ledger_is_clean();
}

#[test]
fn a_batch_that_was_interrupted_or_killed_goes_on_with_the_same_file() {
    let lines = if soak() { 10_000 } else { 60 };
    for signal in sample([Signal::SIGKILL, Signal::SIGINT], 2) {
        interrupted(lines, signal);
    }
}

#[test]
fn a_batch_that_stopped_names_the_command_that_was_given() {
    let world = World::new();
    let paid: Vec<Paid> = (0..3).map(|_| world.payment()).collect();
    let folder = file(&ids(&paid));
    let denied = json!({ "error": { "type": "invalid_request_error", "message": "This key may not." } });
    world.fake.script(POST, [Trouble::Answer(401, denied)]);
    let given = "bursar refund batch f.csv --results 'my results.csv' --max-failures 2 --wait '1m 30s' --rate 300/m --parallel 1 --if-spent cap --gateway stripe --skip-done";
    let flags = ["--results", "my results.csv", "--max-failures", "2", "--wait", "90s", "--rate", "5/s"];
    let more = ["--if-spent", "cap", "--gateway", "stripe", "--skip-done"];
    let given = given.replace("300/m", "5");
    let ran = batch(&world, &folder, &[], &[&flags[..], &more].concat()).exits(6);
    assert!(ran.stderr.contains(&format!("did not end: {given}\n")), "{ran:?}");
    // It goes on as it was begun.
    let mut shell = std::process::Command::new("sh");
    crate::support::hermetic(&mut shell);
    shell.args(["-c", &given.replace("bursar refund", "\"$BURSAR\" --yes refund")]);
    shell.env("BURSAR", crate::support::bursar().get_program()).env("DATABASE_URL", world.db.url());
    run(shell.envs(world.fake.env()).current_dir(folder.path())).ok();
    assert_eq!(paid.iter().map(|paid| world.agrees(paid)).filter(|state| state == "succeeded").count(), 3);
    // What was not given is not named.
    let other = world.payment();
    std::fs::write(folder.path().join("g.csv"), format!("payment\n{}\n", other.id)).expect("a file");
    world.fake.script(POST, [Trouble::FailBefore]);
    let mut plain = world.command(&["refund", "batch", "g.csv", "--yes"]);
    run(plain.current_dir(folder.path())).exits(6).says("did not end: bursar refund batch g.csv\n");
}
