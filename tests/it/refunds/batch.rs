//! A file of refunds: all of it checked before the first, each line once, and again from where it stopped.

use super::{Paid, World};
use crate::support::gateway::Trouble;
use crate::support::{Ran, Starts as _, run, sample};

/// A folder with a file of refunds in it.
struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn of(lines: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("refunds.csv"),
            format!("payment,amount,reason,note\n{}\n", lines.join("\n")),
        )
        .expect("a file");
        File { folder }
    }

    fn of_payments(payments: &[Paid]) -> Self {
        Self::of(&payments.iter().map(|p| format!("{},,duplicate,\"paid, twice\"", p.intent)).collect::<Vec<_>>())
    }

    fn run(&self, world: &World, more: &[&str]) -> Ran {
        run(&mut self.command(world, more))
    }

    fn command(&self, world: &World, more: &[&str]) -> std::process::Command {
        let mut command = world.command(&["refund", "batch", "refunds.csv"]);
        command.args(more).current_dir(self.folder.path());
        command
    }

    /// The rows of the results, by line: line, state, existing and error.
    fn results(&self) -> Vec<[String; 4]> {
        let mut reader = csv::Reader::from_path(self.folder.path().join("refunds.csv.results.csv")).expect("results");
        let rows = reader.records().map(|row| row.expect("a row"));
        let mut rows: Vec<_> = rows.map(|r| [0, 5, 6, 8].map(|n| r[n].to_owned())).collect();
        rows.sort_by_key(|r| r[0].parse::<u64>().expect("a number"));
        rows
    }
}

fn payments(world: &World, count: usize) -> Vec<Paid> {
    (0..count).map(|_| world.payment()).collect()
}

#[test]
fn each_line_is_one_refund_and_the_same_file_again_is_the_same_refunds() {
    let world = World::new();
    let paid = payments(&world, 6);
    let file = File::of_payments(&paid);
    let ran = file.run(&world, &["--dry-run"]).ok();
    assert!(ran.stdout.contains("6 lines: 1,794.00 THB would be refunded"), "{ran:?}");
    file.run(&world, &[]).exits(4).says("6 lines: 1,794.00 THB would be refunded").says("add --yes");
    for rate in sample(["0", "-1/s", "10/d", "fast"], 2) {
        file.run(&world, &["--rate", rate, "--dry-run"]).exits(2);
    }
    file.run(&world, &["--rate", "100", "--dry-run"]).ok();
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");

    let ran = file.run(&world, &["--yes"]).ok().says("Refunding 6 lines: 1,794.00 THB");
    assert!(ran.stdout.contains("6 refunded") && !ran.stderr.contains("would"), "{ran:?}");
    for paid in &paid {
        assert_eq!(world.agrees(paid), "succeeded");
        assert_eq!(world.refund(paid, "reason || ', ' || note"), "duplicate, paid, twice");
    }
    let results = file.results();
    assert_eq!(results.iter().map(|r| &*r[0]).collect::<Vec<_>>(), ["2", "3", "4", "5", "6", "7"]);
    assert!(results.iter().all(|r| r[1..] == ["succeeded", "false", ""]), "{results:?}");

    let ran = file.run(&world, &["--yes", "-o", "json"]).ok();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!([&report["refunded"], &report["before"], &report["failed"]], [0, 6, 0]);
    assert_eq!(world.fake.refunds().len(), 6);
    assert!(file.results().iter().all(|r| r[2] == "true"));
    world.ledger_is_clean();
}

#[test]
fn one_wrong_line_and_none_is_begun() {
    let world = World::new();
    let [a, b] = [world.payment().intent, world.payment().intent];
    for (lines, wrong) in [
        (vec![a.clone(), "pi_nobody".to_owned()], vec!["refunds.csv:3: no payment has the id 'pi_nobody'"]),
        (vec![format!("{a},5.001,,"), format!("{b},-1,,")], vec!["refunds.csv:2: ", "refunds.csv:3: "]),
        (vec![format!("{a},,whim,")], vec!["refunds.csv:2: 'whim' is no reason"]),
        (vec![a.clone(), b.clone(), a.clone()], vec!["refunds.csv:4: it asks for the same refund as line 2"]),
        (
            vec![format!("{a},200,,"), format!("{a},100,,")],
            vec!["refunds.csv:3: with the lines before it, it asks for more"],
        ),
        (vec![",,,".to_owned()], vec!["refunds.csv:2: there is no payment in it"]),
    ] {
        // A line of fewer cells than headings is no row.
        let lines: Vec<String> =
            lines.into_iter().map(|l| if l.contains(',') { l } else { format!("{l},,,") }).collect();
        let ran = File::of(&lines).run(&world, &["--yes"]).exits(2).says("so none was begun");
        wrong.iter().for_each(|wrong| assert!(ran.stderr.contains(wrong), "{wrong}: {ran:?}"));
    }
    // What was refunded elsewhere has its reference, and what a gateway refunds gets one from it.
    let file = File::of(&[]);
    let write = |cell: &str| {
        std::fs::write(file.folder.path().join("refunds.csv"), format!("payment,gateway_ref\n{a},re_1\n{b},{cell}\n"))
            .unwrap();
    };
    let elsewhere = ["--gateway", "record-only", "--yes"];
    for cell in ["", "\" \""] {
        write(cell);
        file.run(&world, &elsewhere)
            .exits(2)
            .says("refunds.csv:3: record-only needs the reference")
            .says("gateway_ref");
    }
    write("re_1");
    file.run(&world, &elsewhere).exits(2).says("refunds.csv:3: 're_1' is the reference of line 2");
    file.run(&world, &["--yes"])
        .exits(2)
        .says("refunds.csv:2: a gateway reference was given, but stripe gives its own");
    // Units that were spent are a refusal.
    let spent = world.payment();
    world.spend_down_to(&spent.user, 3);
    File::of_payments(&[spent])
        .run(&world, &["--yes"])
        .exits(4)
        .says("the account has 3 of the 40 STAR that have to be taken back; spent: 37");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.refunds"), "0");
    assert_eq!(world.fake.refunds().len(), 0);
}

#[test]
fn parts_of_one_payment_go_one_after_the_other() {
    let world = World::new();
    let paid = world.payment();
    let file = File::of(&[100, 50, 149].map(|part| format!("{},{part},,", paid.id)));
    file.run(&world, &["--yes", "--parallel", "8"]).ok();
    assert_eq!(world.status(&paid), "refunded");
    assert_eq!(world.balance(&paid.user), paid.balance - paid.granted);
    assert_eq!(world.at_gateway(&paid).iter().map(|r| r.amount).collect::<Vec<_>>(), [10_000, 5_000, 14_900]);
}

#[test]
fn it_stops_at_so_many_failures_and_goes_on_where_it_stopped() {
    let world = World::new();
    let paid = payments(&world, 6);
    let file = File::of_payments(&paid);
    let disputed = serde_json::json!({"error": {"type": "invalid_request_error", "code": "charge_disputed", "message": "disputed"}});
    // The second is refused, the third's answer is lost.
    world.fake.script("POST /v1/refunds", [Trouble::Fine, Trouble::Answer(400, disputed), Trouble::FailAfter]);
    let stop = ["--yes", "--parallel", "1", "--max-failures", "2"];
    let ran = file.run(&world, &stop).exits(6);
    assert!(ran.stdout.contains("1 refunded, 2 failed, 3 not begun"), "{ran:?}");
    let states: Vec<String> = file.results().into_iter().map(|r| r[1].clone()).collect();
    assert_eq!(states, ["succeeded", "failed", "unknown"]);

    // What was refused has ended; what was lost is found at the gateway, and the rest is done.
    let ran = file.run(&world, &["--yes"]).exits(6);
    assert!(ran.stdout.contains("4 refunded, 1 before, 1 failed"), "{ran:?}");
    let states: Vec<String> = paid.iter().map(|p| world.agrees(p)).collect();
    assert_eq!(states, ["succeeded", "failed", "succeeded", "succeeded", "succeeded", "succeeded"]);
    assert_eq!(world.fake.refunds().len(), 5);
    world.ledger_is_clean();
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn killed_in_the_middle_it_is_finished_by_the_same_file() {
    let world = World::new();
    let paid = payments(&world, 8);
    let file = File::of_payments(&paid);
    let mut child = file.command(&world, &["--yes", "--parallel", "2", "--rate", "1200/m"]).starts();
    crate::support::until("the third refund", || {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it was killed");
        world.fake.refunds().len() >= 3
    });
    child.kill().expect("killed");
    child.wait().expect("ended");
    world.everybody_left();
    file.run(&world, &["--yes"]).ok();
    for paid in &paid {
        assert_eq!(world.agrees(paid), "succeeded");
    }
    assert_eq!(world.fake.refunds().len(), 8);
    world.ledger_is_clean();
}

#[test]
fn a_failure_of_an_earlier_run_stops_no_later_one() {
    let world = World::new();
    let paid = payments(&world, 5);
    paid.iter().for_each(|paid| world.spend_down_to(&paid.user, 39));
    let file = File::of(&paid.iter().map(|p| format!("{},,duplicate,it's twice", p.id)).collect::<Vec<_>>());
    let disputed = || serde_json::json!({"error": {"type": "invalid_request_error", "code": "charge_disputed", "message": "disputed"}});
    world.fake.script("POST /v1/refunds", [Trouble::Answer(400, disputed())]);
    let stop = ["--yes", "--parallel", "1", "--max-failures", "1", "--if-spent", "cap", "--gateway", "stripe"];
    let ran = file.run(&world, &stop).exits(6);
    assert!(ran.stdout.contains("1 failed, 4 not begun"), "{ran:?}");
    // The same command goes on, up to another failure of its own.
    world.fake.script("POST /v1/refunds", [Trouble::Fine, Trouble::Answer(400, disputed())]);
    let ran = file.run(&world, &stop).exits(6);
    assert!(ran.stdout.contains("1 refunded, 2 failed, 2 not begun"), "{ran:?}");
    let ran = file.run(&world, &stop).exits(6);
    assert!(ran.stdout.contains("2 refunded, 1 before, 2 failed"), "{ran:?}");
    // The command for a line that failed is as the line was.
    let commands: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("bursar refund create ")).collect();
    assert_eq!(commands.len(), 2, "one for each line: {commands:?}");
    let command = commands[0].trim();
    assert!(command.contains("--if-spent cap"), "{command}");
    let mut shell = std::process::Command::new("sh");
    crate::support::hermetic(&mut shell);
    shell.args(["-c", &command.replace("bursar refund", "\"$BURSAR\" --yes refund")]);
    shell.env("BURSAR", crate::support::bursar().get_program()).env("DATABASE_URL", world.db.url());
    run(shell.envs(world.fake.env())).ok();
    let asked = "SELECT count(DISTINCT (r.if_spent, r.reason, r.note, r.gateway)) FROM bursar.refunds r";
    assert_eq!(world.db.value(asked), "1");
    assert_eq!(world.fake.refunds().len(), 4);
    world.ledger_is_clean();
}
