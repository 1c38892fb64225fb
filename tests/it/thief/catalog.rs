//! Changes of the schema and of the catalog itself, and the statements that an audit prints against them.

use serde_json::Value;

use crate::support::{Db, Template};

fn findings(db: &Db) -> Vec<Value> {
    let report = db.json(&["audit", "--only", "schema", "--limit", "0", "-o", "json"]);
    assert_eq!(report["summary"]["incomplete"], 0, "{report}");
    report["findings"].as_array().expect("findings").clone()
}

/// The statement of a remedy.
fn statement(finding: &Value) -> String {
    let remedy = finding["remedy"].as_str().expect("a remedy");
    let begins = ["Put it back: ", "Undo it: ", "As a superuser: "];
    let told = begins.iter().find_map(|begin| remedy.strip_prefix(begin)).unwrap_or_else(|| panic!("{finding}"));
    told.split("; or, where it is wanted").next().unwrap().to_owned()
}

const CHANGES: [(&str, &str); 20] = [
    ("ALTER TABLE wallet_transactions DISABLE TRIGGER wallet_transactions_append_only", "error"),
    ("DROP TRIGGER wallet_transactions_append_only ON wallet_transactions", "error"),
    ("ALTER TABLE wallet_transactions DISABLE TRIGGER ALL", "error"),
    ("ALTER TABLE users DROP CONSTRAINT users_star_balance_check", "error"),
    (
        "ALTER TABLE users DROP CONSTRAINT users_star_balance_check; ALTER TABLE users ADD CONSTRAINT users_star_balance_check CHECK (star_balance > -9)",
        "error",
    ),
    ("ALTER TABLE wallet_transactions DROP CONSTRAINT wallet_transactions_user_id_fkey", "error"),
    ("DROP INDEX wallet_transactions_one_purchase_per_payment", "error"),
    (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'wallet_transactions_one_purchase_per_payment'::regclass",
        "error",
    ),
    ("ALTER TABLE payments DISABLE ROW LEVEL SECURITY", "error"),
    ("DROP POLICY users_prevent_delete ON users", "error"),
    ("CREATE POLICY open_door ON wallet_transactions FOR INSERT WITH CHECK (true)", "error"),
    ("GRANT UPDATE (star_balance) ON users TO authenticated", "error"),
    ("GRANT INSERT ON wallet_transactions TO PUBLIC", "error"),
    ("REVOKE SELECT ON bursar.refunds FROM bursar_auditor", "error"),
    ("ALTER TABLE wallet_transactions ALTER balance_after DROP NOT NULL", "error"),
    ("ALTER TABLE wallet_transactions ALTER arrival SET DEFAULT '3'", "error"),
    ("ALTER TABLE user_payment_methods SET UNLOGGED", "error"),
    ("CREATE RULE kept AS ON DELETE TO payments DO INSTEAD NOTHING", "error"),
    (
        "CREATE TRIGGER more BEFORE UPDATE ON wallet_transactions FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "warn",
    ),
    ("GRANT UPDATE, DELETE ON wallet_transactions TO \"{role}\"", "warn"),
];

/// Remedies that the audit prints against changes of the schema work when they are pasted.
#[test]
fn a_printed_remedy_of_the_schema_is_a_whole_statement() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = format!("new role of {}", db.name);
    db.sql(&format!("CREATE ROLE \"{role}\""));
    assert!(findings(&db).is_empty());
    for (change, severity) in CHANGES {
        db.sql(&change.replace("{role}", &role));
        let found = findings(&db);
        assert!(!found.is_empty(), "{change}");
        for finding in &found {
            assert_eq!(finding["severity"], severity, "{change}: {finding}");
            db.sql(&statement(finding));
        }
        assert_eq!(findings(&db), Vec::<Value>::new(), "{change}");
    }
    // A warning fails nothing.
    db.sql(&format!("GRANT DELETE ON payments TO \"{role}\""));
    db.bursar(&["audit"]).ok();
    db.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

/// Triggers that fire nothing and a role that only reads are no findings.
#[test]
fn what_fires_nothing_and_what_only_reads_is_no_finding() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = format!("reader_{}", db.name);
    db.sql(&format!(
        "CREATE ROLE {role}; GRANT SELECT, REFERENCES ON wallet_transactions TO {role};
         CREATE TRIGGER more BEFORE UPDATE ON wallet_transactions FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
         ALTER TABLE wallet_transactions DISABLE TRIGGER more"
    ));
    assert_eq!(findings(&db), Vec::<Value>::new());
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// Switches of the catalog, and the check and the object that tell of each.
const SWITCHES: [(&str, &str, &str); 9] = [
    ("pg_class SET relhastriggers = false WHERE oid = 'wallet_transactions'::regclass", "schema.triggers", "triggers"),
    ("pg_class SET relchecks = 0 WHERE oid = 'users'::regclass", "schema.constraints", "check constraints"),
    ("pg_class SET relhasindex = false WHERE oid = 'payments'::regclass", "schema.constraints", "indexes"),
    (
        "pg_index SET indisunique = false WHERE indexrelid = 'payments_pkey'::regclass",
        "schema.constraints",
        "payments_pkey",
    ),
    (
        "pg_index SET indisprimary = false WHERE indexrelid = 'payments_pkey'::regclass",
        "schema.constraints",
        "payments_pkey",
    ),
    (
        "pg_index SET indisvalid = false WHERE indexrelid = 'payments_pkey'::regclass",
        "schema.constraints",
        "payments_pkey",
    ),
    (
        "pg_index SET indisready = false WHERE indexrelid = 'payments_pkey'::regclass",
        "schema.constraints",
        "payments_pkey",
    ),
    (
        "pg_index SET indislive = false WHERE indexrelid = 'payments_pkey'::regclass",
        "schema.constraints",
        "payments_pkey",
    ),
    (
        "pg_index SET indislive = false WHERE indexrelid = 'wallet_transactions_one_purchase_per_payment'::regclass",
        "schema.constraints",
        "wallet_transactions_one_purchase_per_payment",
    ),
];

#[test]
fn a_guard_that_the_catalog_denies_is_told_with_and_without_a_record() {
    for (template, samples) in [(Template::Migrated("mimivibe"), 9), (Template::Dump("mimivibe-clean.sql.gz"), 2)] {
        let db = Db::new(template);
        for (switch, check, object) in SWITCHES.into_iter().take(samples) {
            db.sql(&format!("UPDATE {switch}"));
            let found = findings(&db);
            let told = found.iter().find(|f| f["check"] == check && f["key"] == object);
            let told = told.unwrap_or_else(|| panic!("{switch}: {found:?}"));
            db.sql(&statement(told));
            assert_eq!(findings(&db), Vec::<Value>::new(), "{switch}");
        }
        db.sql("DELETE FROM pg_trigger WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'wallet_transactions_user_id_fkey')");
        let found = findings(&db);
        assert!(
            found.iter().any(|f| f["key"] == "wallet_transactions_user_id_fkey" && f["kind"] == "catalog"),
            "{found:?}"
        );
    }
}
