//! The files of batches: as spreadsheets write them, edited and continued, with parts and the rest of one payment.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Instant;

use serde_json::json;

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Starts as _, run, sample, soak};

/// Runs a batch of this file.
fn batch(world: &World, bytes: &[u8], more: &[&str]) -> (Ran, Vec<[String; 3]>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("f.csv"), bytes).expect("a file");
    let words = [&["refund", "batch", "f.csv", "--yes", "--parallel", "1"], more].concat();
    let ran = run(world.command(&words).current_dir(folder.path()));
    let results = csv::Reader::from_path(folder.path().join("f.csv.results.csv")).map(|mut reader| {
        let rows = reader.records().map(|row| row.expect("a row"));
        let mut rows: Vec<_> = rows.map(|r| [0, 5, 9].map(|n| r[n].to_owned())).collect();
        rows.sort_by_key(|r| r[0].parse::<u64>().expect("a number"));
        rows
    });
    (ran, results.unwrap_or_default())
}

fn outcomes(results: &[[String; 3]]) -> Vec<&str> {
    results.iter().map(|row| row[2].as_str()).collect()
}

fn refunded(world: &World, paid: &Paid) -> Vec<i64> {
    world.at_gateway(paid).iter().map(|made| made.amount).collect()
}

#[test]
fn what_a_spreadsheet_writes_is_read() {
    let world = World::new();
    let forms: [fn(&str) -> Vec<u8>; 6] = [
        |text| ["\u{feff}sep=;\r\n", text].concat().into_bytes(),
        |text| text.replace('\n', "\r\n").into_bytes(),
        |text| ["\u{feff}", &text.replace(';', "\t").replace("20,50", "20.50")].concat().into_bytes(),
        |text| [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        |text| [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
        |text| text.replace(';', ",").replace("20,50", "20.50").into_bytes(),
    ];
    for form in sample(forms, 2) {
        let paid = world.payment();
        let text = format!(" Payment ;AMOUNT;Reason; note\n{};20,50;duplicate;สวัสดี\n", paid.id);
        batch(&world, &form(&text), &[]).0.ok().tells("1 refunded");
        assert_eq!(refunded(&world, &paid), [2_050]);
        assert_eq!(world.refund(&paid, "reason || ' ' || note"), "duplicate สวัสดี");
    }
    let (paid, folder) = (world.payment(), tempfile::tempdir().expect("a folder"));
    for (text, says) in [
        ("payment;amount\nP;1,234\n", "f.csv:2: the amount '1,234' may mean two things"),
        ("payment,amount,Amount\nP,1,2\n", "f.csv:1: the column 'amount' is there twice"),
        ("payment,sum\nP,1\n", "f.csv:1: there is no column 'sum'"),
        ("payment,amount\nP,\"20,50\"\n", "f.csv:2: '20,50'"),
    ] {
        batch(&world, text.replace('P', &paid.id).as_bytes(), &[]).0.exits(2).says(says);
    }
    assert_eq!(world.state(&paid), "none");
    // Standard input.
    let mut command = world.command(&["refund", "batch", "-", "--yes", "--results", "r.csv"]);
    let mut child = command.current_dir(folder.path()).stdin(Stdio::piped()).starts_quietly();
    child.stdin.take().expect("a pipe").write_all(format!("payment\n{}\n", paid.id).as_bytes()).expect("written");
    child.ended().ok().tells("1 refunded");
    assert_eq!(world.agrees(&paid), "succeeded");
}

#[test]
fn an_edited_file_goes_on_where_it_is_told_to_skip_what_was_done() {
    let world = World::new();
    let paid: Vec<Paid> = (0..4).map(|_| world.payment()).collect();
    let lines: Vec<String> =
        paid.iter().enumerate().map(|(n, p)| format!("{},{}", p.id, if n == 1 { "" } else { "20" })).collect();
    let file = |lines: &[String]| format!("payment,amount\n{}\n", lines.join("\n")).into_bytes();
    batch(&world, &file(&lines[..3]), &[]).0.ok();
    batch(&world, &file(&lines), &[]).0.exits(7).says("--skip-done leaves out");
    let (ran, results) = batch(&world, &file(&lines), &["--skip-done"]);
    ran.ok().tells("1 refunded, 3 skipped").says("3 skipped: there is a refund already");
    assert_eq!(outcomes(&results), ["skipped", "skipped", "skipped", "refunded"]);
    assert_eq!(paid.iter().map(|p| world.at_gateway(p).len()).collect::<Vec<_>>(), [1; 4]);
    // What has not ended is not done.
    let open = world.payment();
    world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    world.bursar(&["refund", "create", &open.id, "--amount", "20", "--yes"]).exits(6);
    batch(&world, &file(&[format!("{},20", open.id)]), &["--skip-done"]).0.exits(7).says("are being refunded");
    // One refund is one line's.
    let twice = [format!("{},20", paid[0].id), format!("{},20", paid[0].id)];
    for more in [&[][..], &["--skip-done"]] {
        let refused = if more.is_empty() { 7 } else { 2 };
        batch(&world, &file(&twice), more).0.exits(refused);
    }
    assert_eq!(world.at_gateway(&paid[0]).len(), 1);
}

#[test]
fn a_key_of_its_own_makes_a_line_the_same_in_another_file() {
    let world = World::new();
    let paid: Vec<Paid> = (0..3).map(|_| world.payment()).collect();
    let line = |n: usize, amount: &str| format!("{},{amount},ticket-{n}\n", paid[n].id);
    let file = |lines: &[String]| format!("Payment,Amount,KEY\n{}", lines.concat()).into_bytes();
    batch(&world, &file(&[line(0, "20"), line(1, "")]), &[]).0.ok().tells("2 refunded");
    let (ran, results) = batch(&world, &file(&[line(2, "5"), line(1, ""), line(0, "20")]), &[]);
    ran.ok().tells("1 refunded, 2 before");
    assert_eq!(outcomes(&results), ["refunded", "before", "before"]);
    batch(&world, &file(&[line(0, "21")]), &[]).0.exits(7).says("the key 'ticket-0' was used for another request");
    batch(&world, &file(&[line(0, "20"), line(0, "21")]), &[]).0.exits(2).says("it has the key of line 2");
    assert_eq!(paid.iter().map(|p| world.at_gateway(p).len()).collect::<Vec<_>>(), [1; 3]);
    // Equal parts under different keys are different refunds, in one file, in the next one, and after a lost answer.
    let parts = |paid: &Paid, keys: &[&str]| {
        file(&keys.iter().map(|key| format!("{},20,{key}\n", paid.id)).collect::<Vec<_>>())
    };
    let paid = world.payment();
    batch(&world, &parts(&paid, &["a", "b"]), &[]).0.ok().tells("2 refunded");
    batch(&world, &parts(&paid, &["a", "b"]), &[]).0.ok().tells("0 refunded, 2 before");
    batch(&world, &parts(&paid, &["b", "c"]), &[]).0.ok().tells("1 refunded, 1 before");
    assert_eq!(refunded(&world, &paid), [2_000; 3]);
    let paid = world.payment();
    world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    batch(&world, &parts(&paid, &["d", "e"]), &[]).0.exits(6).tells("0 refunded, 2 failed");
    batch(&world, &parts(&paid, &["d", "e"]), &[]).0.ok().tells("2 refunded");
    assert_eq!(refunded(&world, &paid), [2_000; 2]);
    let (ran, results) = batch(&world, &parts(&paid, &["d", "g"]), &["--skip-done"]);
    // A key that was never used is a refund that was never made, also for whoever skips what was done.
    ran.ok().tells("1 refunded, 1 before");
    assert_eq!(outcomes(&results), ["before", "refunded"]);
    // One that nobody gave a key stands in the way, as it does of `refund create`.
    let paid = world.payment();
    world.bursar(&["refund", "create", &paid.id, "--amount", "20", "--yes"]).ok();
    batch(&world, &parts(&paid, &["f"]), &[]).0.exits(7).says("were refunded before");
    world.ledger_is_clean();
}

#[test]
fn the_units_of_an_account_are_summed_before_the_first_line() {
    let world = World::new();
    let first = world.payment();
    let id = world.db.value("SELECT md5('second')::uuid");
    world.db.sql(&format!(
        "INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                               stars_purchased, stars_bonus, created_at)
         VALUES ('{id}', '{}', 'pi_second', 'ch_second', 29900, 'succeeded', 'basic', 35, 5, now());
         SELECT wallet_purchase('{id}')",
        first.user
    ));
    world.fake.payment(["ch_second", "pi_second"], 29_900, "THB");
    world.spend_down_to(&first.user, 50);
    let file = |second: &[&str]| {
        let second: Vec<String> = second.iter().map(|amount| format!("{id},{amount}\n")).collect();
        format!("payment,amount\n{},\n{}", first.id, second.concat()).into_bytes()
    };
    let says = format!("40 STAR have to be taken back and 10 are left of account {}", first.user);
    batch(&world, &file(&[""]), &[]).0.exits(4).says("f.csv:3: ").says(&says).says("--if-spent cap");
    batch(&world, &file(&["35", "50"]), &[]).0.exits(4).says("f.csv:4: 12 STAR have to be taken back and 10 are");
    let spent = "1 with spent units, which are written off";
    batch(&world, &file(&[""]), &["--if-spent", "cap", "--dry-run"]).0.ok().tells(spent);
    batch(&world, &file(&[""]), &["--if-spent", "keep", "--dry-run"]).0.ok().tells(spent);
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
    // The units of parts are those of their sum, which each part alone would round up.
    batch(&world, &file(&["35", "20", "19.50"]), &[]).0.ok().tells("4 refunded");
    assert_eq!(world.balance(&first.user), 0);
    world.ledger_is_clean();
}

#[test]
fn a_part_and_the_rest_of_one_payment_are_two_lines_in_order() {
    let world = World::new();
    let (paid, halves) = (world.payment(), world.payment());
    let lines = |paid: &Paid, part: &str| format!("payment,amount\n{0},{part}\n{0},\n", paid.id).into_bytes();
    batch(&world, &lines(&paid, "20"), &[]).0.ok().tells("2 refunded");
    assert_eq!(
        (refunded(&world, &paid), world.balance(&paid.user)),
        (vec![2_000, 27_900], paid.balance - paid.granted)
    );
    batch(&world, &lines(&paid, "20"), &[]).0.ok().tells("0 refunded, 2 before");
    // Two equal halves are two refunds.
    batch(&world, &lines(&halves, "149.50"), &[]).0.ok().tells("2 refunded");
    assert_eq!(refunded(&world, &halves), [14_950, 14_950]);
    // A part that fails, or of which nobody knows, makes the rest no larger.
    let paid = world.payment();
    let declined = json!({ "error": { "type": "card_error", "code": "card_declined", "message": "No." } });
    world.fake.script("POST /v1/refunds", [Trouble::Answer(402, declined)]);
    batch(&world, &lines(&paid, "20"), &[]).0.exits(6).tells("1 refunded, 1 failed");
    assert_eq!(refunded(&world, &paid), [27_900]);
    let paid = world.payment();
    world.fake.script("POST /v1/refunds", [Trouble::FailAfter]);
    batch(&world, &lines(&paid, "20"), &[]).0.exits(6).tells("0 refunded, 2 failed");
    batch(&world, &lines(&paid, "20"), &[]).0.ok().tells("2 refunded");
    assert_eq!(refunded(&world, &paid), [2_000, 27_900]);
    // The rest of nothing is refused.
    let paid = world.payment();
    let twice = format!("payment,amount\n{0},299\n{0},\n", paid.id);
    batch(&world, twice.as_bytes(), &[]).0.exits(2).says("it asks for more than is left");
    assert_eq!(world.state(&paid), "none");
    world.ledger_is_clean();
}

#[test]
fn what_was_paid_in_a_run_is_counted_in_that_run() {
    let world = World::new();
    let paid: Vec<Paid> = (0..4).map(|_| world.payment()).collect();
    let url = world.login("support", "bursar_support");
    let text = format!("payment\n{}\n", paid.iter().map(|p| p.id.clone()).collect::<Vec<_>>().join("\n"));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("f.csv"), text).expect("a file");
    let run = || {
        let mut command = world.command(&["refund", "batch", "f.csv", "--yes", "--parallel", "1", "-o", "json"]);
        let ran = run(command.current_dir(folder.path()).env("DATABASE_URL", &url));
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        (ran.code, ["refunded", "before", "failed"].map(|name| report[name].as_u64().expect("a number")))
    };
    let declined = json!({ "error": { "type": "card_error", "code": "card_declined", "message": "No." } });
    world.fake.script("POST /v1/refunds", std::iter::repeat_n(Trouble::Answer(402, declined), 4));
    // Support's refusals wait, and are submitted again by the second run.
    assert_eq!(run(), (6, [0, 0, 4]));
    assert_eq!(run(), (0, [4, 0, 0]));
    assert_eq!(run(), (0, [0, 4, 0]));
    assert_eq!(world.fake.refunds().len(), 4);
}

#[test]
#[expect(clippy::disallowed_macros, reason = "the figure is what it is run for")]
fn thousands_of_lines_are_checked_in_a_few_statements() {
    let lines = if soak() { 10_000 } else { 1_000 };
    let world = World::new();
    world.db.sql(&format!(
        "INSERT INTO payments (id, user_id, stripe_payment_intent_id, stripe_charge_id, amount, status, package_type,
                               stars_purchased, stars_bonus, created_at)
         SELECT md5('line ' || n)::uuid, u.id, 'pi_l' || n, 'ch_l' || n, 4900, 'succeeded', 'basic', 10, 0, now()
           FROM generate_series(1, {lines}) n
           JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS at, count(*) OVER () AS all FROM users) u ON u.at = n % u.all;
         SELECT wallet_purchase(md5('line ' || n)::uuid) FROM generate_series(1, {lines}) n; ANALYZE"
    ));
    world.db.bursar(&["settings", "set", "refund_limit", "THB 5000.00", "--yes"]).ok();
    // A wrong line at the end: everything is checked, and nothing is asked or begun.
    let names: Vec<String> = (1..=lines).map(|n| format!("pi_l{n}")).collect();
    let text = format!("payment\n{}\npi_nobody\n", names.join("\n"));
    let calls = |world: &World| -> i64 {
        let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        world.db.value(sql).parse().expect("a number")
    };
    let (began, before) = (Instant::now(), calls(&world));
    batch(&world, text.as_bytes(), &[]).0.exits(2).says(&format!("f.csv:{}: no payment has the id", lines + 2));
    let (took, asked) = (began.elapsed(), calls(&world) - before);
    println!("{lines} lines: {took:?}, {asked} transactions");
    assert!(asked < 50, "{asked}");
    if soak() {
        // Three seconds on a machine that does nothing else.
        assert!(took.as_secs_f64() <= 6.0, "{took:?}");
    }
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
}

#[test]
fn a_file_of_headings_alone_is_a_mistake() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    for text in ["payment,amount\n", "payment", "\u{feff}sep=;\npayment;amount\n\n"] {
        std::fs::write(folder.path().join("f.csv"), text).expect("a file");
        for flag in ["--dry-run", "--yes"] {
            let mut batch = world.command(&["refund", "batch", "f.csv", flag]);
            run(batch.current_dir(folder.path())).exits(2).says("f.csv: it has headings and no line below them");
        }
    }
}
