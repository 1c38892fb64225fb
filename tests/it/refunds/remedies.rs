//! What is printed as a remedy works when it is pasted, and what is said of a refund is true at that moment.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::elsewhere::reserved;
use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Starts as _, bursar, run, until};

const POST: &str = "POST /v1/refunds";

/// The commands after `try:`, as they are printed.
#[track_caller]
fn remedy(ran: &Ran) -> String {
    let line = ran.stderr.lines().find_map(|line| line.trim().strip_prefix("try: "));
    line.unwrap_or_else(|| panic!("no remedy: {ran:?}")).to_owned()
}

/// Runs a printed command in a shell as a login, who says yes.
pub(super) fn pasted(world: &World, url: &str, remedy: &str) -> Ran {
    let binary = bursar();
    let mut shell = Command::new("sh");
    crate::support::hermetic(&mut shell);
    let words = remedy.replace("bursar refund", "\"$BURSAR\" --yes refund");
    shell.args(["-c", &words]).env("BURSAR", binary.get_program());
    run(shell.env("DATABASE_URL", url).envs(world.fake.env()))
}

fn part(world: &World, paid: &Paid, amount: &str, more: &[&str]) -> Ran {
    world.bursar(&[&["refund", "create", &paid.id, "--amount", amount, "--yes"], more].concat())
}

/// Runs a batch of these lines, of which the first is line 2.
fn batch(world: &World, folder: &tempfile::TempDir, file: &str, lines: &[String], more: &[&str]) -> Ran {
    let text = format!("payment,amount\n{}\n", lines.join("\n"));
    std::fs::write(folder.path().join(file), text).expect("a file");
    let arguments = [&["refund", "batch", file, "--parallel", "1"], more].concat();
    run(world.command(&arguments).current_dir(folder.path()))
}

#[test]
fn a_refund_that_awaits_approval_is_rejected_before_the_dashboard_s_is_brought_in() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "refund_limit", "THB 1.00", "--yes"]).ok();
    let (paid, second) = (world.payment(), world.login("second", "bursar_operator"));
    world.create(&paid).exits(6);
    let refund = world.refund_id(&paid);
    world.fake.refund_in_dashboard(&paid.charge, paid.amount);
    let approve = world.as_login(&second, &["refund", "approve", &refund, "--yes"]).exits(7);
    let way_out = remedy(&approve);
    // Whoever begins with the sync is told what is in the way.
    let sync = ["refund", "sync", "--payment", &paid.id, "--yes"];
    let ran = world.as_login(&second, &sync).exits(6);
    assert!(ran.stdout.contains("conflict"), "{ran:?}");
    ran.says(&format!("first: bursar refund reject {refund} --reason"));
    pasted(&world, &second, &way_out).ok();
    assert_eq!(world.state(&paid), "rejected, succeeded");
    assert_eq!((world.status(&paid), world.at_gateway(&paid).len()), ("refunded".to_owned(), 1));
    assert!(world.create(&paid).ok().stdout.contains("already requested"));
    world.ledger_is_clean();
}

#[test]
fn a_refusal_names_the_role_that_helps_and_its_grant_does() {
    let world = World::new();
    let (paid, other) = (world.payment(), world.payment());
    world.fake.refund_in_dashboard(&paid.charge, 2_000);
    world.db.bursar(&["settings", "set", "refund_limit", "THB 250.00", "--yes"]).ok();
    world.create(&other).exits(6);
    let refund = world.refund_id(&other);
    let support = world.login("support", "bursar_support");
    let name = format!("{}_support", world.db.name);
    let grant = format!("GRANT bursar_operator TO {name}");
    let create = ["refund", "create", &paid.id, "--amount", "20.00", "--yes"];
    let sync = remedy(&world.as_login(&support, &create).exits(7));
    for arguments in [
        &["refund", "approve", &refund, "--yes"][..],
        &["refund", "reject", &refund, "--reason", "no", "--yes"],
        &["wallet", "adjust", &paid.user, "STAR", "+1", "--reason", "a gift", "--yes"],
    ] {
        let ran = world.as_login(&support, arguments).exits(4);
        assert!(ran.stderr.contains(&grant), "{ran:?}");
    }
    let ran = pasted(&world, &support, &sync).exits(4).says("42501");
    assert!(remedy(&ran).starts_with("this needs a member of bursar_operator: "), "{ran:?}");
    world.db.sql(&grant);
    pasted(&world, &support, &sync).ok();

    // Somebody without a role may be given the one that reads; a batch names the same as a single refund.
    let nobody = format!("{}_nobody", world.db.name);
    world.db.sql(&format!("CREATE ROLE {nobody} LOGIN BYPASSRLS PASSWORD 'x'"));
    let url = world.db.url_as(&nobody);
    let list = ["payments", "list", "--app", "mimivibe"];
    let ran = world.as_login(&url, &list).exits(4);
    let reads = format!("GRANT bursar_auditor TO {nobody}");
    assert!(remedy(&ran).contains(&reads), "{ran:?}");
    world.db.sql(&reads);
    world.as_login(&url, &list).ok();
    let folder = tempfile::tempdir().expect("a folder");
    let lines = [format!("{},20.00", paid.id), format!("{},20.00", other.id)];
    std::fs::write(folder.path().join("f.csv"), format!("payment,amount\n{}\n", lines.join("\n"))).expect("a file");
    let mut command = world.command(&["refund", "batch", "f.csv", "--yes"]);
    let ran = run(command.current_dir(folder.path()).env("DATABASE_URL", &url)).exits(4);
    let needs = format!("member of bursar_support or bursar_operator: GRANT bursar_support TO {nobody}");
    assert!(ran.stderr.contains(&needs) && ran.stderr.contains("f.csv"), "{ran:?}");
    world.db.sql(&format!("DROP OWNED BY {nobody}; DROP ROLE {nobody}"));
}

#[test]
fn a_batch_with_a_line_that_was_refunded_before_says_which_lines_to_leave_out() {
    let world = World::new();
    let paid: Vec<Paid> = (0..3).map(|_| world.payment()).collect();
    world.fake.refund_in_dashboard(&paid[0].charge, 2_000);
    let lines: Vec<String> = paid.iter().map(|p| format!("{},20.00", p.id)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    batch(&world, &folder, "f.csv", &lines[..2], &["--yes"]).exits(6);
    // The results say what to do, as a single refund does.
    let results = std::fs::read_to_string(folder.path().join("f.csv.results.csv")).expect("results");
    let sync = format!("bursar refund sync --payment {}", paid[0].id);
    assert!(results.contains(&format!("try: {sync}")), "{results}");
    pasted(&world, &world.db.url(), &sync).ok();

    let ran = batch(&world, &folder, "f.csv", &lines[..2], &["--yes"]).exits(7).says("were refunded before");
    let left = remedy(&ran);
    assert!(left.starts_with("make a new file of the lines that are left, without 2-3;"), "{left}");
    // A line that was done is another refund in an edited file, and so is left out too.
    batch(&world, &folder, "edited.csv", &lines[1..], &["--yes"]).exits(7).says("without 2;");
    batch(&world, &folder, "new.csv", &lines[2..], &["--yes"]).ok();
    // What the hint says of another refund of the same amount.
    part(&world, &paid[0], "20.00", &["--again"]).ok();
    assert_eq!(paid.iter().map(|p| world.at_gateway(p).len()).collect::<Vec<_>>(), [2, 1, 1]);

    // One in flight is not said to be done.
    let open = world.payment();
    reserved(&world, &open);
    let lines = [format!("{},20.00", open.id)];
    let ran = batch(&world, &folder, "open.csv", &lines, &["--yes"]).exits(7);
    let words =
        format!("20.00 THB of payment {} are being refunded: refund {} is reserved", open.id, world.refund_id(&open));
    assert!(ran.stderr.contains(&words) && !ran.stderr.contains("add --again"), "{ran:?}");
    assert!(remedy(&ran).contains("without 2;"), "{ran:?}");
    world.resume().ok();
    world.ledger_is_clean();
}

#[test]
fn an_equal_part_that_another_process_submits_is_named_with_its_holder() {
    let world = World::new();
    let paid = world.payment();
    let released = Arc::new(AtomicBool::new(false));
    world.fake.script(POST, [Trouble::Held(Arc::clone(&released))]);
    let arguments = ["refund", "create", &paid.id, "--amount", "20.00", "--yes"];
    let first = world.command(&arguments).starts_quietly();
    until("its submission", || world.fake.requests(POST).len() == 1);
    let ran = world.bursar(&[&arguments[..], &["--wait", "0"]].concat()).exits(6);
    let holder = "it is not done yet: bursar refund create (server process ";
    assert!(ran.stderr.contains(holder) && ran.stderr.contains("role postgres) is working on it, until "), "{ran:?}");
    assert!(ran.stderr.contains("UTC at the latest") && !ran.stderr.contains("--again"), "{ran:?}");
    assert!(ran.stdout.contains("already requested: refund"), "{ran:?}");
    let ran = world.resume().exits(6);
    assert!(ran.stdout.contains("bursar refund create (server process") && !ran.stdout.contains('✓'), "{ran:?}");
    released.store(true, Ordering::SeqCst);
    first.ended().ok();
    part(&world, &paid, "20.00", &[]).exits(7).says("were refunded before").says("--again");
    part(&world, &paid, "20.00", &["--again"]).ok();
    assert_eq!(world.at_gateway(&paid).len(), 2);
}

#[test]
fn a_dry_run_of_a_batch_asks_the_gateway_as_the_real_run_does() {
    let world = World::new();
    let paid: Vec<Paid> = (0..3).map(|_| world.payment()).collect();
    let made = world.fake.refund_in_dashboard(&paid[1].charge, paid[1].amount);
    let lines: Vec<String> = paid.iter().map(|p| format!("{},", p.id)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let ran = batch(&world, &folder, "f.csv", &lines, &["--dry-run"]).exits(6);
    let says = format!("f.csv:3 would fail: stripe has refund {made} of 299.00 THB that bursar does not know");
    assert!(ran.stdout.contains(&says) && ran.stdout.contains("2 lines: 598.00 THB would be refunded"), "{ran:?}");
    let ran = batch(&world, &folder, "f.csv", &lines, &["--dry-run", "-o", "json"]).exits(6);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!((&report["would_fail"][0]["line"], report["would_fail"].as_array().map(Vec::len)), (&3.into(), Some(1)));
    // Where it cannot be asked, nobody is told what would go back.
    let mut down = world.command(&["refund", "batch", "f.csv", "--dry-run"]);
    let ran = run(down.current_dir(folder.path()).env("STRIPE_API_BASE", "http://127.0.0.1:1")).exits(5);
    assert!(ran.stderr.contains("not every line could be asked about") && ran.stdout.is_empty(), "{ran:?}");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
    assert!(world.fake.requests("POST").is_empty());
    // The real run agrees.
    batch(&world, &folder, "f.csv", &lines, &["--yes"]).exits(6);
    assert_eq!(paid.iter().map(|p| world.state(p)).collect::<Vec<_>>(), ["succeeded", "none", "succeeded"]);
}

#[test]
fn what_resume_could_not_ask_about_gets_no_tick_and_what_awaits_the_customer_is_not_done() {
    let world = World::new();
    let paid = world.payment();
    world.fake.new_refunds_are("pending");
    world.create(&paid).ok();
    let mut down = world.command(&["refund", "resume", "--yes"]);
    let ran = run(down.env("STRIPE_API_BASE", "http://127.0.0.1:1")).exits(6);
    let refund = world.refund_id(&paid);
    assert!(ran.stdout.contains(&format!("? refund {refund} was pending when its gateway was last asked")), "{ran:?}");
    assert!(ran.stdout.contains("stripe could not be asked: ") && !ran.stdout.contains('✓'), "{ran:?}");
    world.resume().ok();

    world.fake.new_refunds_are("requires_action");
    let paid = world.payment();
    let next = |world: &World| format!("afterwards: bursar refund resume {}", world.refund_id(&paid));
    let ran = world.create(&paid).exits(6);
    assert!(ran.stderr.contains("the customer has to act") && ran.stderr.contains(&next(&world)), "{ran:?}");
    world.create(&paid).exits(6);
    world.resume().exits(6).says("the customer has to act");
    let third = world.payment();
    let folder = tempfile::tempdir().expect("a folder");
    let ran = batch(&world, &folder, "f.csv", &[format!("{},", third.id)], &["--yes"]).exits(6);
    assert!(ran.stdout.contains("0 refunded, 1 waiting for the customer"), "{ran:?}");
    let made = world.at_gateway(&paid).remove(0);
    world.fake.settle(&made.id, "succeeded", None);
    world.bursar(&["refund", "resume", &world.refund_id(&paid), "--yes"]).ok();
    assert_eq!(world.agrees(&paid), "succeeded");
}
