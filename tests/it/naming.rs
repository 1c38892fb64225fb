//! Rows that are named by the beginning of their ids: enough to look, and to write only where somebody agrees.

use crate::support::terminal::{Terminal, WIDE};
use crate::support::{Db, Template};

/// A database, a payment of it that can be refunded, and the account that paid.
fn paid() -> (Db, String, String) {
    let db = Db::new(Template::Seeded("mimivibe"));
    let payment = db.value("SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id LIMIT 1");
    let account = db.value(&format!("SELECT user_id FROM payments WHERE id = '{payment}'"));
    (db, payment, account)
}

/// What a write could have changed.
fn everything(db: &Db) -> String {
    db.value("SELECT concat_ws(' ', (SELECT count(*) FROM bursar.refunds), (SELECT count(*) FROM bursar.operations), (SELECT string_agg(state, ',' ORDER BY number) FROM bursar.refunds), (SELECT count(*) FROM wallet_transactions))")
}

/// The write is refused by the beginning of an id, with the whole one, and is done by that.
#[track_caller]
fn wants_whole(db: &Db, id: &str, command: impl Fn(&str) -> Vec<String>) {
    let before = everything(db);
    let run = |id: &str| db.bursar(&command(id).iter().map(String::as_str).collect::<Vec<_>>());
    // Also where the database's name was confirmed.
    let mut confirmed = command(&id[..13]);
    confirmed.retain(|word| word != "--yes");
    confirmed.extend(["--confirm".to_owned(), db.name.clone()]);
    for ran in [run(&id[..13]), db.bursar(&confirmed.iter().map(String::as_str).collect::<Vec<_>>())] {
        ran.exits(2).says("is only the beginning of an id").says(&format!("name it as {id}"));
    }
    assert_eq!(everything(db), before);
    run(id).ok();
    assert_ne!(everything(db), before);
}

#[test]
fn a_write_that_nobody_is_asked_about_wants_the_whole_id() {
    let (db, payment, account) = paid();
    let with = |before: &[&str], id: &str, after: &[&str]| {
        before.iter().chain([&id]).chain(after).map(|w| (*w).to_owned()).collect::<Vec<_>>()
    };
    let by_hand = ["--gateway", "record-only", "--if-spent", "keep", "--gateway-ref", "re_1", "--yes"];
    db.bursar(&[
        "refund",
        "create",
        &payment[..13],
        "--dry-run",
        "--gateway",
        "record-only",
        "--if-spent",
        "keep",
        "--gateway-ref",
        "re_1",
    ])
    .ok();
    wants_whole(&db, &payment, |id| with(&["refund", "create"], id, &by_hand));
    wants_whole(&db, &account, |id| with(&["wallet", "adjust"], id, &["STAR", "+1", "--reason", "x", "--yes"]));
    db.bursar(&["wallet", "adjust", &account[..13], "STAR", "+1", "--reason", "x", "--dry-run"]).ok();
    // Reading needs no more than before.
    db.bursar(&["payments", "show", &payment[..13]]).ok();
    db.bursar(&["wallet", "show", &account[..13]]).ok();

    // One that awaits a second person.
    db.sql("DELETE FROM bursar.settings WHERE name = 'refund_limit'; INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', '{}')");
    let other = db.value(&format!(
        "SELECT id FROM payments WHERE status = 'succeeded' AND id <> '{payment}' ORDER BY id LIMIT 1"
    ));
    db.bursar(&[
        "refund",
        "create",
        &other,
        "--gateway",
        "record-only",
        "--if-spent",
        "keep",
        "--gateway-ref",
        "re_2",
        "--yes",
    ]);
    let refund = db.value("SELECT id FROM bursar.refunds WHERE state = 'awaiting_approval'");
    db.bursar(&["refund", "approve", &refund[..13], "--yes"]).exits(2).says(&format!("name it as {refund}"));
    db.bursar(&["refund", "resume", &refund[..13], "--yes"]).exits(2).says(&format!("name it as {refund}"));
    wants_whole(&db, &refund, |id| with(&["refund", "reject"], id, &["--reason", "x", "--yes"]));
}

#[test]
fn where_somebody_agrees_the_beginning_is_enough() {
    let (db, payment, _) = paid();
    let url = db.url();
    let arguments = [
        "refund",
        "create",
        &payment[..13],
        "--gateway",
        "record-only",
        "--if-spent",
        "keep",
        "--gateway-ref",
        "re_1",
        "-d",
        &url,
    ];
    let mut terminal = Terminal::start(WIDE, &arguments, &[]);
    terminal.until(&format!("of {payment} in {}? [y/N]", db.name));
    terminal.types("y\r");
    terminal.ends().exits(0).shows("is on record");
    // With --yes nobody is asked, terminal or not.
    let shown = Terminal::start(WIDE, &[&arguments[..], &["--yes"]].concat(), &[]).ends().exits(2);
    shown.shows("is only the beginning of an id");
}

#[test]
fn a_line_of_a_batch_wants_the_whole_id() {
    let (db, payment, _) = paid();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.csv");
    std::fs::write(&file, format!("payment,gateway_ref\n{},re_1\n", &payment[..13])).unwrap();
    let before = everything(&db);
    db.bursar(&["refund", "batch", file.to_str().unwrap(), "--gateway", "record-only", "--yes"])
        .exits(2)
        .says("batch.csv:2: ")
        .says("is only the beginning of an id")
        .says(&format!("name it as {payment}"));
    // A dry run ends as the real one.
    db.bursar(&["refund", "batch", file.to_str().unwrap(), "--gateway", "record-only", "--dry-run"])
        .exits(2)
        .says("a line of a batch wants the whole id");
    assert_eq!(everything(&db), before);
}
