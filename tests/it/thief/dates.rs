//! Rows of a time that cannot be, and ids of what nobody sees.

use std::collections::BTreeSet;

use super::checks;
use crate::support::{Db, Template};

fn failed(db: &Db) -> BTreeSet<String> {
    checks(&db.json(&["audit", "-o", "json"]), "failed")
}

/// Each change, made as superuser with triggers off, and the check that tells of it.
fn found(app: &'static str, changes: &[(&str, &str)]) {
    for (change, check) in changes {
        let db = Db::new(Template::Seeded(app));
        db.sql(&format!("SET session_replication_role = replica; {change}"));
        assert_eq!(failed(&db), [(*check).to_owned()].into(), "{change}");
    }
}

#[test]
fn a_row_that_is_older_than_its_account_is_found() {
    found(
        "mimivibe",
        &[
            (
                "UPDATE payments SET created_at = '2001-01-01' WHERE id = (SELECT min(id::text)::uuid FROM payments)",
                "rows.dated",
            ),
            (
                "UPDATE tarot_readings SET created_at = '2001-01-01' WHERE id = (SELECT min(id::text)::uuid FROM tarot_readings)",
                "rows.dated",
            ),
        ],
    );
}

#[test]
fn a_completion_that_is_still_to_come_is_found() {
    found(
        "aethercrown",
        &[
            (
                "UPDATE payments SET completed_at = '2099-01-01' WHERE id = (SELECT min(id::text)::uuid FROM payments WHERE status = 'completed')",
                "payments.completed",
            ),
            (
                "UPDATE ai_tasks SET completed_at = 'infinity' WHERE id = (SELECT min(id::text)::uuid FROM ai_tasks WHERE status = 'completed')",
                "tasks.completed",
            ),
        ],
    );
}

#[test]
fn an_id_of_what_nobody_sees_is_none_and_two_that_differ_by_it_are_one() {
    let paid = "FROM payments WHERE status = 'succeeded' AND stripe_payment_intent_id IS NOT NULL ORDER BY id";
    for unseen in ["\\t", "\\u00a0", "\\u200b"] {
        found(
            "mimivibe",
            &[(
                &format!(
                    "UPDATE payments SET stripe_payment_intent_id = (SELECT stripe_payment_intent_id {paid} LIMIT 1) || E'{unseen}' WHERE id = (SELECT id {paid} OFFSET 1 LIMIT 1)"
                ),
                "payments.duplicate",
            )],
        );
    }
}
