//! All systems by one measure: each is migrated, seeded and audited by the same loop, and the
//! canonical checks find the same faults in each system's own tables.

use std::collections::BTreeSet;

use bursar::packs;

use crate::support::{Db, Template, file, sample, soak};

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
#[ignore = "one of the long enumerations: make soak"]
fn every_system_is_migrated_seeded_and_audited_in_one_cluster() {
    let databases: Vec<(String, Db)> =
        packs::systems().into_iter().map(|name| (name.to_owned(), Db::new(Template::Empty))).collect();
    assert!(databases.len() >= 4);
    for (name, db) in &databases {
        db.bursar(&["migrate", "up", "--app", name, "--yes"]).ok();
        // From here on the database is recognized by what it holds.
        db.bursar(&["seed", "--users", "120", "--seed", "3", "--yes", "-v"]).ok().says(&format!("detected {name}"));
        crate::support::reconciled(db, name);
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(report["app"], name.as_str());
        assert_eq!(
            (report["verdict"].as_str(), report["summary"]["warnings"].as_u64()),
            (Some("clean"), Some(0)),
            "{name}: {}",
            report["findings"]
        );
        assert_eq!(db.json(&["migrate", "status", "-o", "json"])["pending"], 0);
    }
}

/// Every payment of every system has an exact amount and an account, is found by each of its ids, and
/// where the system has a ledger, the entries of what it granted are found with it.
#[test]
fn the_payments_of_every_system_are_read_alike() {
    let with_payments: Vec<_> =
        packs::built_in().unwrap().into_iter().filter(|p| p.is_system() && p.payments.is_some()).collect();
    assert!(with_payments.len() >= 2);
    for pack in with_payments {
        let db = Db::new(Template::Seeded(leaked(pack.name.clone())));
        let listed = db.json(&["payments", "list", "--limit", "0", "-o", "json"]);
        let payments = listed["payments"].as_array().unwrap();
        assert!(payments.len() > 50, "{}: {}", pack.name, payments.len());
        let mut states = BTreeSet::new();
        for payment in payments {
            assert!(payment["amount_minor"].is_string() && payment["stored"].is_null(), "{payment}");
            assert!(payment["status"].is_string() && payment["created_at"].is_string(), "{payment}");
            assert!(payment["customer"].as_str().is_none_or(|c| !c.trim().is_empty()), "{payment}");
            let ids = payment["provider_ids"].as_array().unwrap();
            assert!(ids.iter().all(serde_json::Value::is_string), "{payment}");
            // What may be refunded can be named to its gateway.
            assert!(payment["refundable"] == false || !ids.is_empty(), "{payment}");
            assert_eq!(payment["granted"].is_null(), payment["unit"].is_null(), "{payment}");
            states.insert(payment["refundable"].as_bool());
        }
        assert_eq!(states.len(), 2, "{}: some may be refunded, and some not", pack.name);
        let refundable = payments.iter().filter(|p| p["refundable"] == true);
        for payment in refundable.clone().step_by(refundable.count() / if soak() { 5 } else { 2 } + 1) {
            let ids = payment["provider_ids"].as_array().unwrap();
            for id in ids.iter().chain([&payment["payment"]]) {
                let shown = db.json(&["payments", "show", id.as_str().unwrap(), "-o", "json"]);
                assert_eq!(&shown["payment"], payment);
                assert_eq!(shown["entries"].is_null(), pack.ledger.is_none());
                if pack.ledger.is_some() && !payment["granted"].is_null() {
                    let entries = shown["entries"].as_array().unwrap();
                    assert!(
                        entries.iter().any(|e| e["amount"] == payment["granted"] && e["unit"] == payment["unit"]),
                        "{shown}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_a_system_lacks_is_said_in_a_sentence() {
    for pack in packs::built_in().unwrap() {
        let ran = crate::support::run(crate::support::bursar().args(["pack", "show", &pack.name])).ok();
        for lack in pack.lacks() {
            assert!(ran.stdout.contains(&lack), "{lack}");
        }
        assert_eq!(pack.ledger.is_none(), ran.stdout.contains("keeps no ledger"), "{}", pack.name);
    }
}

/// A database with two systems in it is no one's to guess.
#[test]
fn two_systems_in_one_database_have_to_be_named() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("CREATE SCHEMA other");
    let second = packs::built_in().unwrap().into_iter().find(|p| p.is_system() && p.name != "mimivibe").unwrap();
    for column in &second.detect {
        let (table, column) = column.split_once('.').unwrap();
        db.sql(&format!(
            "CREATE TABLE IF NOT EXISTS public.{table} (); ALTER TABLE public.{table} ADD COLUMN IF NOT EXISTS {column} text"
        ));
    }
    db.bursar(&["audit"]).exits(2).says("fits several packs").says("mimivibe").says(&second.name);
    db.bursar(&["audit", "--app", "mimivibe", "--only", "ledger"]).ok();
}

/// The tables of a system may live in another schema.
#[test]
fn a_system_in_another_schema_is_found_there() {
    let db = Db::new(Template::Dump("mimivibe-faulty.sql.gz"));
    db.sql("ALTER SCHEMA public RENAME TO tarot; CREATE SCHEMA public");
    db.bursar(&["audit"]).exits(2).says("fits no pack");
    let report = db.json(&["audit", "--schema", "tarot", "-o", "json"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 12);
}

/// One ledger to put canonical faults into: how it is set up, and what each fault is in its tables.
struct Subject {
    name: &'static str,
    /// The database, and the application as `--app` takes it.
    make: fn(&std::path::Path) -> (Db, String),
    faults: &'static [(&'static str, &'static [&'static str], &'static str)],
}

const DRIFT: &str = "a cached balance drifts";
const UNCACHED: &str = "a cached balance is gone";
const REMOVED: &str = "all entries of an account are gone";
const FUTURE: &str = "an entry is dated in the future";
const TWICE: &str = "a balance is stored twice";
const EARLY: &str = "an entry is dated before its account";

const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "mimivibe",
        make: |_| (Db::new(Template::Seeded("mimivibe")), "mimivibe".to_owned()),
        faults: &[
            (
                DRIFT,
                &["ledger.balance"],
                "UPDATE users SET star_balance = star_balance + 1 WHERE id = (SELECT user_id FROM wallet_transactions ORDER BY user_id LIMIT 1)",
            ),
            (
                REMOVED,
                &["ledger.balance", "readings.debited", "payments.granted", "payments.refunded"],
                "DELETE FROM wallet_transactions WHERE currency = 'STAR' AND user_id = (SELECT id FROM users WHERE star_balance > 0 ORDER BY id LIMIT 1)",
            ),
            (
                FUTURE,
                &["ledger.domain"],
                "UPDATE wallet_transactions SET created_at = now() + interval '1 day' WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE currency = 'STAR')",
            ),
            (
                EARLY,
                &["ledger.domain"],
                "UPDATE users SET created_at = now() WHERE id = (SELECT user_id FROM wallet_transactions ORDER BY created_at LIMIT 1)",
            ),
        ],
    },
    Subject {
        name: "avolve",
        make: |_| (Db::new(Template::Seeded("avolve")), "avolve".to_owned()),
        faults: &[
            (
                DRIFT,
                &["ledger.balance"],
                "UPDATE token_balances SET balance = balance + 1 WHERE ctid = (SELECT ctid FROM token_balances WHERE balance > 0 LIMIT 1)",
            ),
            (
                UNCACHED,
                &["ledger.balance"],
                "DELETE FROM token_balances WHERE ctid = (SELECT ctid FROM token_balances WHERE balance > 0 LIMIT 1)",
            ),
            (
                FUTURE,
                &["ledger.domain"],
                "UPDATE token_transactions SET created_at = now() + interval '1 day' WHERE ctid = (SELECT ctid FROM token_transactions LIMIT 1)",
            ),
        ],
    },
    Subject {
        name: "a stranger's",
        make: |folder| {
            let db = Db::new(Template::Empty);
            let tutorial = std::fs::read_to_string(file("docs/packs.md")).unwrap();
            db.sql(tutorial.split("```sql\n").nth(1).unwrap().split("```").next().unwrap());
            let pack = folder.join("billing");
            db.bursar(&["pack", "new", pack.to_str().unwrap(), "--schema", "billing"]).ok();
            (db, pack.to_str().unwrap().to_owned())
        },
        faults: &[
            (
                DRIFT,
                &["ledger.balance"],
                "UPDATE billing.account_balances SET balance = balance + 0.0001 WHERE account_id = 3",
            ),
            (UNCACHED, &["ledger.balance"], "DELETE FROM billing.account_balances WHERE account_id = 3"),
            (REMOVED, &["ledger.balance"], "DELETE FROM billing.ledger_entries WHERE account_id = 3"),
            (
                FUTURE,
                &["ledger.domain"],
                "UPDATE billing.ledger_entries SET posted_at = now() + interval '1 day' WHERE id = 3",
            ),
            (
                TWICE,
                &["pack.unique"],
                "ALTER TABLE billing.account_balances DROP CONSTRAINT account_balances_pkey; INSERT INTO billing.account_balances SELECT * FROM billing.account_balances WHERE account_id = 3",
            ),
            (
                EARLY,
                &["ledger.domain"],
                "UPDATE billing.accounts SET opened_at = now() + interval '1 day' WHERE id = 3",
            ),
        ],
    },
];

#[test]
fn the_canonical_checks_find_the_same_faults_in_every_ledger() {
    for (n, subject) in SUBJECTS.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let (sound, app) = (subject.make)(folder.path());
        let audit = |db: &Db| db.json(&["audit", "-o", "json", "--trust-pack", "--app", &app]);
        assert_eq!(audit(&sound)["verdict"], "clean", "{}", subject.name);
        // The small database takes each fault, and each other one every other of them.
        let each = if n == 2 { 1 } else { 2 };
        for (fault, expected, sql) in sample(subject.faults, each) {
            let db = sound.copy();
            db.sql(&format!("SET session_replication_role = replica; {sql}"));
            let report = audit(&db);
            let failed: BTreeSet<&str> = report["checks"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|c| c["status"] == "failed" || c["id"] == "pack.unique" && c["status"] != "passed")
                .map(|c| c["id"].as_str().unwrap())
                .collect();
            // A fault in a ledger may show in the application's own checks too; what has to be there
            // is there, and no other canonical check is.
            assert!(failed.contains(expected[0]), "{}, {fault}: {failed:?}", subject.name);
            let more: Vec<_> = failed.iter().filter(|f| !expected.contains(f)).collect();
            assert!(more.is_empty(), "{}, {fault}: {}", subject.name, report["findings"]);
        }
    }
}
