//! What was imported from the gateway, and what row security keeps from whoever imports.

use serde_json::json;

use super::World;
use super::sync::outcomes;
use crate::support::{Ran, sample};

const SYNC: [&str; 4] = ["refund", "sync", "--days", "30"];

fn sync(world: &World, url: &str, more: &[&str]) -> Ran {
    world.as_login(url, &[&SYNC, more].concat())
}

#[test]
fn an_imported_refund_that_its_gateway_has_no_more_is_named_and_can_be_ended() {
    let world = World::new();
    let paid = world.payment();
    world.fake.refund_in_dashboard(&paid.charge, 10_000);
    world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
    world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
    let refund = world.refund_id(&paid);
    world.fake.loses_its_refunds();
    let before = world.everything(&paid);
    for words in [
        &["refund", "resume", "--recheck", "30", "--yes"][..],
        &["refund", "sync", "--payment", &paid.id, "--yes"],
        &["refund", "sync", "--payment", &paid.id, "--dry-run"],
        &["refund", "sync", "--days", "30", "--yes"],
    ] {
        let ran = world.bursar(words).exits(3);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains(&format!("bursar refund cancel {refund} --reason")), "{words:?}: {ran:?}");
        assert!(all.contains("100.00 THB"), "{words:?}: {ran:?}");
        assert_eq!(world.everything(&paid), before, "{words:?}");
    }
    // Where the account that it was made in is not known, the key may be another's, and a person looks.
    world.db.sql("UPDATE bursar.refunds SET gateway_account = NULL");
    for words in
        [&["refund", "resume", "--recheck", "30", "--yes"][..], &["refund", "sync", "--payment", &paid.id, "--yes"]]
    {
        let ran = world.bursar(words).exits(3);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            all.contains("the account of stripe that it is of is not known, and the key may be of another one"),
            "{ran:?}"
        );
    }
    let cancel = ["refund", "cancel", &refund, "--reason", "restored", "--yes"];
    let ran = world.bursar(&cancel).exits(4);
    assert!(ran.stderr.contains("--looked-at stripe"), "{ran:?}");
    world.bursar(&[&cancel[..], &["--looked-at", "stripe"]].concat()).ok();
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("canceled".to_owned(), paid.balance));
    world.bursar(&["refund", "resume", "--recheck", "30", "--yes"]).ok();
    world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
    world.ledger_is_clean();
}

#[test]
fn an_imported_refund_is_asked_about_in_the_account_that_it_was_imported_from() {
    for app in sample(["mimivibe", "aethercrown"], 2) {
        let world = World::of(app);
        let (id, charge, account, gateway) = match app {
            "mimivibe" => {
                let paid = world.payment();
                (paid.id, paid.charge, "acct_fake", "stripe")
            }
            _ => {
                let (id, order, _) = super::aethercrown::payment(&world, "USD", 2);
                (id, order, "PAYERFAKE", "paypal")
            }
        };
        let made = world.fake.refund_in_dashboard(&charge, 100);
        let sync = ["refund", "sync", "--payment", &id, "--yes"];
        world.bursar(&sync).ok();
        assert_eq!(
            world.db.value("SELECT concat_ws(' ', gateway_ref, gateway_account) FROM bursar.refunds"),
            format!("{made} {account}")
        );
        world.fake.loses_its_refunds();
        world.fake.account_is("ACCT0THER");
        let recheck = ["refund", "resume", "--recheck", "30", "--yes"];
        for words in [&recheck[..], &sync] {
            let ran = world.bursar(words);
            let all = format!("{}{}", ran.stdout, ran.stderr);
            assert!(
                all.contains(&format!("was imported from account {account} of {gateway}")),
                "{app} {words:?}: {ran:?}"
            );
            assert!(
                all.contains(&format!("try: configure {gateway} with a key of account {account}")),
                "{app}: {ran:?}"
            );
            assert!(!all.contains("could not be asked"), "{app} {words:?}: {ran:?}");
            assert!(ran.code != 0 && ran.code != 3 && !all.contains("no such refund"), "{app} {words:?}: {ran:?}");
        }
        world.fake.account_is(account);
        world.bursar(&sync).exits(3).tells("no such refund");
        // Its own account lists none, so that nobody has to look.
        let refund = world.db.value("SELECT id FROM bursar.refunds");
        world.bursar(&["refund", "cancel", &refund, "--reason", "restored", "--yes"]).ok();
    }
}

#[test]
fn a_lost_dispute_is_in_no_list_of_refunds() {
    let world = World::new();
    let paid = world.payment();
    world.fake.dispute(&paid.charge, "lost", None);
    world.bursar(&["refund", "sync", "--payment", &paid.id, "--yes"]).ok();
    for words in [
        &["refund", "resume", "--recheck", "30", "--yes"][..],
        &["refund", "sync", "--payment", &paid.id, "--yes"],
        &["refund", "sync", "--days", "30", "--yes"],
    ] {
        world.bursar(words).ok();
    }
    let refund = world.refund_id(&paid);
    world.bursar(&["refund", "cancel", &refund, "--reason", "x", "--looked-at", "stripe", "--yes"]).exits(7);
}

#[test]
fn sync_sees_every_payment_or_says_that_it_may_not() {
    let world = World::new();
    let paid = world.payment();
    let [operator, both, auditor] = ["bursar_operator", "bursar_operator, bursar_auditor", "bursar_auditor"]
        .map(|roles| world.login(&roles.replace(", ", "_"), roles));
    world.fake.clock(chrono::Utc::now().timestamp() - 3_600);
    // Whose policies show it nothing.
    world.db.sql("CREATE POLICY none ON payments AS RESTRICTIVE FOR SELECT TO bursar_operator USING (false)");
    world.fake.refund_in_dashboard(&paid.charge, 10_000);
    let hidden = "row level security may hide rows of";
    for flag in ["--dry-run", "--yes"] {
        sync(&world, &operator, &[flag]).exits(6).tells("1 of no payment here").says(hidden).says("is not known");
    }
    let report = sync(&world, &operator, &["--dry-run", "-o", "json"]).exits(6).json();
    assert_eq!((&report["complete"], &report["may_hide"]), (&json!(false), &json!(["payments"])), "{report}");
    world.as_login(&operator, &["refund", "sync", "--payment", &paid.id, "--dry-run"]).exits(2).says(hidden);
    world.as_login(&operator, &["refund", "create", &paid.id, "--dry-run"]).exits(2).says(hidden);
    world.as_login(&operator, &["refund", "list", "--payment", &paid.id]).exits(2).says(hidden);
    assert_eq!(world.state(&paid), "none");

    // Whoever may read as the auditor sees all, and writes as before.
    let report = sync(&world, &both, &["--dry-run", "-o", "json"]).ok().json();
    assert_eq!((outcomes(&report), &report["of_no_payment"]), (vec!["refund would".to_owned()], &json!(0)), "{report}");
    sync(&world, &both, &["--yes"]).ok().tells("1 new, 0 known already");
    world.as_login(&both, &["refund", "create", &paid.id, "--amount", "5.00", "--yes"]).ok();
    world.as_login(&both, &["refund", "list", "--payment", &paid.id]).ok().tells("5.00 THB");
    sync(&world, &auditor, &["--dry-run"]).ok().tells("0 new, 2 known already");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("f.csv"), format!("payment,amount\n{},6.00\n", paid.id)).expect("a file");
    let file = folder.path().join("f.csv").display().to_string();
    world.as_login(&operator, &["refund", "batch", &file, "--yes"]).exits(2).says(hidden);
    world.as_login(&both, &["refund", "batch", &file, "--yes"]).ok();
    assert_eq!(world.state(&paid), "succeeded, succeeded, succeeded");
}

#[test]
fn an_object_of_a_hidden_payment_is_not_acknowledged_unseen() {
    let world = World::new();
    let paid = world.payment();
    let operator = world.login("operator", "bursar_operator");
    world.db.sql("CREATE POLICY none ON payments AS RESTRICTIVE FOR SELECT TO bursar_operator USING (false)");
    let made = world.fake.refund_in_dashboard(&paid.charge, 10_000);
    let words = ["refund", "acknowledge", &made, "--gateway", "stripe", "--reason", "booked", "--yes"];
    world.as_login(&operator, &words).exits(6).says("row level security may hide the payment");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.acknowledgements"), "0");
}

#[test]
fn a_range_that_has_not_begun_is_refused() {
    let world = World::new();
    for since in ["2999-01-01", "2999-01-01T00:00:00Z"] {
        for flag in ["--dry-run", "--yes"] {
            world.bursar(&["refund", "sync", "--since", since, flag]).exits(2).says("--since is not before now");
        }
    }
    assert!(world.fake.requests("GET").is_empty());
}
