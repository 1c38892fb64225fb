//! What a comparison does not tell: refunds of other places, times that a file does not cover, and what is too young.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{World, audited};
use crate::support::{Ran, bursar, run, sample};

impl World {
    /// Makes something of ours as old as this.
    pub(super) fn aged(&self, table: &str, columns: &str, of: &str, age: &str) {
        let set: Vec<String> =
            columns.split(' ').map(|column| format!("{column} = now() - interval '{age}'")).collect();
        self.db.sql(&format!("UPDATE {table} SET {} WHERE {of}", set.join(", ")));
    }

    /// A charge so long ago.
    pub(super) fn charge_of(&mut self, n: u32, age: &str) {
        let at = self.db.value(&format!(
            "SELECT to_char((now() - interval '{age}') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        ));
        self.with("payment", &format!("ch_{n}"), n, 4900, json!({ "created": at }));
    }

    /// Compares with a file that begins with the first line and ends with the last one.
    pub(super) fn reconcile_file(&self, arguments: &[&str]) -> Ran {
        let mut file = tempfile::Builder::new().suffix(".ndjson").tempfile().unwrap();
        file.write_all(self.lines.as_bytes()).unwrap();
        self.reconcile_with(file.path(), &[&["--gateway", "stripe", "--grace", "1ms"], arguments].concat())
    }

    fn reconcile_with(&self, file: &Path, arguments: &[&str]) -> Ran {
        let mut command = bursar();
        command.args(["payments", "reconcile", "--export"]).arg(file).args(arguments);
        run(command.env("DATABASE_URL", self.db.url()))
    }
}

#[test]
fn a_refund_that_was_recorded_only_is_paired_by_its_reference_only() {
    let mut w = World::new();
    let record = |w: &World, payment: &str, reference: &str| {
        w.db.sql(&format!(
            "SELECT bursar.refund_request('{payment}', 1000, 'cap', 'other', NULL, 'record-only', {reference}, NULL, true, NULL, '{{}}')"
        ));
    };
    // The customer has the money twice: by a transfer, and by the gateway.
    for (n, reference) in [(1, "'bank transfer 77'"), (2, "NULL")] {
        let paid = w.payment(n);
        w.charge(n);
        record(&w, &paid, reference);
        w.movement("refund", &format!("re_{n}"), n, -1000);
    }
    let named = w.payment(3);
    w.charge(3);
    record(&w, &named, "'re_3'");
    w.movement("refund", "re_3", 3, -1000);
    let verdicts = w.verdicts(&[]);
    for (object, verdict) in [("re_1", "only_at_gateway"), ("re_2", "only_at_gateway"), ("re_3", "matched")] {
        assert_eq!(verdicts[object], verdict, "{object}: {verdicts:?}");
    }
    w.reconcile(&[]).exits(3).tells("2 refunds over 20.00 THB recorded only");
    // The bank sent it back. The gateway is asked about it by its payment only.
    let sent_back = |line: &str| match line.contains("re_3") {
        true => line.replace("succeeded", "failed") + "\n",
        false => format!("{line}\n"),
    };
    w.lines = w.lines.lines().map(sent_back).collect();
    w.reconcile(&["--limit", "0"]).exits(3).tells(&format!("bursar refund sync --payment {named}"));
}

#[test]
fn what_is_too_young_settles_no_earlier_difference() {
    let mut w = World::new();
    (1..=2).for_each(|n| drop(w.payment(n)));
    w.charge(1);
    w.reconcile(&[]).exits(3);
    w.reconcile(&["--grace", "30d"]).ok();
    let (status, _, message) = audited(&w.db);
    assert_eq!(status, "failed");
    assert!(message.contains("left 1 difference open"), "{message}");
    for longer in ["31d", "100000d", "900000000000d"] {
        w.reconcile(&["--grace", longer]).exits(2).says("it has to be 30d or less");
    }
    // What is pending at the gateway is known there as here.
    w.charge(2);
    let pending = w.payment(3);
    w.refund(&pending, 1000, Some("pending"), "re_3");
    w.charge(3);
    w.with("refund", "re_3", 3, -1000, json!({ "status": "pending" }));
    w.reconcile(&[]).ok();
    assert_eq!(audited(&w.db).0, "passed");
}

#[test]
fn the_audit_says_since_when_and_up_to_when_the_payments_were_compared() {
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    let stands = |w: &World, severity: &str, message: &str| {
        let (status, found, says) = audited(&w.db);
        assert_eq!((status.as_str(), found.as_str()), ("failed", severity), "{says}");
        assert!(says.contains(message), "{says}");
    };
    w.reconcile(&["--since", "20d", "--until", "9d"]).ok();
    stands(&w, "warn", "9 days ago");
    // A run of the last hours says nothing of the days before.
    w.payment(2);
    w.aged("payments", "created_at", "stripe_charge_id = 'ch_2'", "1 day");
    w.charge_of(2, "1 day");
    w.reconcile(&["--since", "36h"]).ok();
    stands(&w, "warn", "were compared with stripe since 2");
    let audit = w.db.bursar(&["audit", "--only", "gateway.reconciled", "-o", "json"]);
    let report: Value = serde_json::from_str(&audit.stdout).unwrap();
    let remedy = report["findings"][0]["remedy"].as_str().unwrap();
    assert!(remedy.ends_with("reconcile --gateway stripe --since 10d"), "{remedy}");
    w.reconcile(&["--since", "10d"]).ok();
    let audit = w.db.bursar(&["audit", "--only", "gateway.reconciled", "-o", "json"]).ok();
    let report: Value = serde_json::from_str(&audit.stdout).unwrap();
    let title = report["checks"][0]["title"].as_str().unwrap();
    assert!(title.starts_with("Payments were compared with stripe from 2"), "{title}");
    // Not up to the end of the range, but up to the end of the file.
    let mut w = World::new();
    w.payment(1);
    w.charge_of(1, "9 days 1 hour");
    w.reconcile_file(&[]).ok();
    stands(&w, "warn", "9 days ago");
    // Nor up to a time that is still to come.
    let mut w = World::new();
    w.payment(1);
    w.charge(1);
    w.reconcile(&["--until", "2900-01-01"]).ok();
    assert_eq!(w.db.value("SELECT upper(told) <= at FROM bursar.reconciliations"), "true");
}

#[test]
fn a_refund_of_a_time_that_the_file_does_not_cover_is_not_compared() {
    // The file holds the charge only, of 9 days ago.
    for age in sample(["9 days 12 hours", "8 days", "4 days"], 2) {
        let mut w = World::new();
        let payment = w.payment(1);
        w.refund(&payment, 1000, Some("succeeded"), "re_never");
        w.aged("bursar.refunds", "created_at updated_at", "true", age);
        w.charge(1);
        let ran = w.reconcile_file(&[]).exits(6).tells("1 refund not compared: the file covers ");
        assert!(!ran.stdout.contains("only_here"), "{ran:?}");
        // The command that it says compares the rest.
        let range = ran.stdout.split("compare less: ").nth(1).unwrap().lines().next().unwrap();
        w.reconcile_file(&range.split(' ').collect::<Vec<_>>()).ok();
    }
    // A refund that the application made itself has no date here.
    let mut w = World::new();
    let own = w.payment(1);
    w.db.sql(&format!("SELECT wallet_refund_payment('{own}')"));
    w.charge(1);
    w.reconcile_file(&[]).exits(6).tells("1 refund not compared");
    // A payment beside the file's ends is not compared either.
    for age in ["9 days 12 hours", "8 days"] {
        let mut w = World::new();
        w.payment(1);
        w.charge(1);
        w.payment(2);
        w.aged("payments", "created_at", "stripe_charge_id = 'ch_2'", age);
        w.reconcile_file(&[]).exits(6).tells("1 payment not compared: the file covers ");
    }
}

#[test]
fn a_payment_that_was_begun_near_the_end_of_a_file_may_be_charged_after_it() {
    let mut w = World::new();
    w.payment(3);
    w.aged("payments", "created_at", "stripe_charge_id = 'ch_3'", "15 days");
    w.charge_of(3, "14 days");
    w.payment(2);
    w.aged("payments", "created_at", "stripe_charge_id = 'ch_2'", "9 days 6 hours");
    w.charge_of(1, "9 days");
    let ran = w.reconcile_file(&[]).exits(6).tells("1 payment not compared: the file covers ");
    assert!(!ran.stdout.contains("only_here"), "{ran:?}");
    let range = ran.stdout.split("compare less: ").nth(1).unwrap().lines().next().unwrap();
    w.reconcile_file(&range.split(' ').collect::<Vec<_>>()).ok();
    // A file that reaches further, or to the present, has it or shows that there is none.
    w.charge_of(9, "7 days");
    w.reconcile_file(&[]).exits(3).tells("only_here");
}

#[test]
fn no_number_of_a_file_is_too_large_to_be_refused() {
    let w = World::new();
    let today = w.db.value("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')");
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    let row = |date: &str, zone: &str, amounts: &str| {
        let text = format!(
            "Date,Time,TimeZone,Type,Status,Currency,Gross,Fee,Net,Transaction ID\n\
             {date},00:00:01,{zone},Website Payment,Completed,USD,{amounts},T1\n"
        );
        std::fs::write(file.path(), text).unwrap();
        w.reconcile_with(file.path(), &["--until", "2900-01-01"])
    };
    let zone = "+-99999999999999:0";
    row(&today, zone, "1.00,0.00,1.00").exits(6).tells(&format!("the time zone '{zone}' is not known"));
    row(&today, "++5", "1.00,0.00,1.00").exits(6).tells("the time zone '++5' is not known");
    row("-262143-01-01", "+14:00", "1.00,0.00,1.00").exits(2).says(":2: '-262143-01-01' is no date");
    let least = "-92233720368547758.08";
    row(&today, "UTC", &format!("0.00,{least},0.00")).exits(2).says(":2: gross and fee do not make net");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let w = World::new();
    let folder = tempfile::Builder::new().suffix(".ndjson").tempdir().unwrap();
    let gateway = ["--gateway", "stripe"];
    w.reconcile_with(folder.path(), &gateway).exits(2).says("it is a directory").says("try: name the file");
    w.reconcile_with(Path::new("."), &gateway)
        .exits(2)
        .says("cannot read .: it is a directory")
        .says("try: name the file");
    let lines = folder.path().join("lines.ndjson");
    std::fs::write(&lines, b"\xff\n").unwrap();
    w.reconcile_with(&lines, &gateway).exits(2).says("lines.ndjson:1: ").says("UTF-8");
    // Every command that takes a file or a folder says which one it cannot read, and what to name.
    let (folder, file) = (folder.path().to_str().unwrap(), lines.to_str().unwrap());
    for arguments in [
        ["audit", "--prices", folder].as_slice(),
        &["audit", "--baseline", folder],
        &["audit", "repair", "--apply", folder],
        &["payments", "reconcile", "--baseline", folder],
        &["refund", "batch", folder],
        &["inspect", "--diff", folder],
        &["migrate", "import", "--from", file, "--source", folder],
        &["migrate", "lint", "--source", file],
        &["pack", "check", file],
    ] {
        w.db.bursar(arguments).exits(2).says(arguments[arguments.len().min(4) - 1]).says("try: ");
    }
}
