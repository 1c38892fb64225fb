//! A word that there is not is a mistake, and is told with the words that there are: never "none is like that".

use crate::support::{Db, Template, bursar, run};

/// Nobody listens there.
const NOWHERE: [&str; 2] = ["-d", "postgres://x@127.0.0.1:1/x"];

#[test]
fn a_word_that_no_payment_has_is_told_with_those_that_there_are() {
    let db = Db::new(Template::Seeded("mimivibe"));
    for format in ["table", "json", "ndjson", "csv"] {
        let ran = db.bursar(&["payments", "list", "--status", "paid", "-o", format]).exits(2);
        assert!(ran.stdout.is_empty(), "{ran:?}");
        for said in ["no payment has the status 'paid'", "succeeded", "failed", "refunded"] {
            assert!(ran.stderr.contains(said), "{ran:?}");
        }
    }
    db.bursar(&["payments", "list", "--currency", "gold"]).exits(2).says("in the currency 'gold'").says("THB");
    // A word that the application knows and no row has now is a question with the answer that there is none.
    db.sql("DELETE FROM payments WHERE status = 'failed'");
    db.bursar(&["payments", "list", "--status", "failed"]).ok().tells("No matches.");
    db.bursar(&["payments", "list", "--currency", "USD"]).ok().tells("No matches.");
    // So it is where there is nothing to tell words by.
    let empty = Db::new(Template::Migrated("mimivibe"));
    empty.bursar(&["payments", "list", "--status", "succeeded"]).ok().tells("No matches.");
    // Statuses that are text with a constraint are known too, and one that nothing allows is not.
    let other = Db::new(Template::Seeded("aethercrown"));
    other.bursar(&["payments", "list", "--status", "nonsense"]).exits(2).says("there are ");
}

#[test]
fn an_id_that_nobody_has_is_said_to_be_nobodys() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let nobody = "00000000-0000-0000-0000-000000000001";
    db.bursar(&["payments", "list", "--account", nobody]).ok().says("no payment names the account");
    db.bursar(&["refund", "list", "--account", nobody]).ok().says("no refund names the account");
    db.bursar(&["jobs", "list", "--worker", "worker-99"]).ok().says("no job names the worker 'worker-99'");
    db.bursar(&["operations", "list", "--by", "nobody"]).ok().says("no operation names 'nobody'");
    // One who is there is not said to be nobody, whatever else leaves out what is theirs.
    let payer = db.value("SELECT user_id FROM payments LIMIT 1");
    let ran = db.bursar(&["payments", "list", "--account", &payer, "--until", "2001-01-01"]).ok();
    assert!(!ran.stderr.contains("names the account"), "{ran:?}");
}

#[test]
fn a_kind_of_job_that_there_is_not_is_told_with_those_that_there_are() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let kind = db.value("SELECT job_type FROM jobs LIMIT 1");
    for command in [
        &["list"][..],
        &["count"],
        &["triage"],
        &["stuck"],
        &["workers"],
        &["latency"],
        &["throughput"],
        &["retry", "--dry-run"],
        &["delete", "--dry-run"],
    ] {
        let ran = db.bursar(&[&["jobs"], command, &["--type", "nonsense"]].concat()).exits(2);
        ran.says("no job is of the type 'nonsense'").says(&kind);
        let ran = db.bursar(&[&["jobs"], command, &["--type", &kind]].concat());
        assert!(ran.code != 2, "{command:?}: {ran:?}");
    }
    db.bursar(&["jobs", "list", "--status", "nonsense"]).exits(2).says("no job has the status");
}

#[test]
fn units_commands_topics_and_checks_are_known_by_name() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let account = db.value("SELECT user_id FROM wallet_transactions LIMIT 1");
    db.bursar(&["wallet", "history", &account, "--unit", "GOLD"]).exits(2).says("no unit 'GOLD'").says("STAR");
    let adjust = ["wallet", "adjust", &account, "GOLD", "+1", "--reason", "x", "--dry-run"];
    db.bursar(&adjust).exits(2).says("no unit 'GOLD'").says("STAR");
    db.bursar(&["operations", "list", "--command", "nonsense"])
        .exits(2)
        .says("no command is called 'nonsense'")
        .says("wallet adjust");
    db.bursar(&["operations", "list", "--command", "refund"]).ok();
    db.bursar(&["audit", "--only", "ledgers"]).exits(2).says("no check 'ledgers'").says("begin with ledger, ");
    db.bursar(&["audit", "--skip", "nonsense"]).exits(2).says("no check 'nonsense'");
    db.bursar(&["stats", "nonsense"]).exits(2).says("its topics are overview, ");
    db.bursar(&["seed", "--faults", "nonsense", "--append", "--yes"]).exits(2).says("the kinds are: all, ");
}

#[test]
fn words_that_are_bursars_own_are_known_before_it_connects() {
    for (arguments, known) in [
        (&["refund", "create", "pi_1", "--gateway", "adyen"][..], "record-only"),
        (&["refund", "--gateway", "adyen"], "record-only"),
        (&["refund", "batch", "x.csv", "--gateway", "adyen"], "record-only"),
        (&["refund", "create", "pi_1", "--reason", "bored"], "requested_by_customer"),
        (&["refund", "create", "pi_1", "--if-spent", "maybe"], "refuse"),
        (&["refund", "list", "--state", "paid"], "succeeded"),
        (&["settings", "set", "colour", "red"], "protected"),
        (&["inspect", "nonsense"], "locks"),
        (&["stats", "--by", "hour"], "week"),
        (&["audit", "--depth", "deep"], "strict"),
        (&["audit", "--fail-on", "always"], "never"),
        (&["migrate", "up", "--only", "nonsense"], "bursar"),
    ] {
        let ran = run(bursar().args(arguments).args(NOWHERE)).exits(2);
        assert!(ran.stderr.contains(known), "{arguments:?}: {}", ran.stderr);
    }
}
