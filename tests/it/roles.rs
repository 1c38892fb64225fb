//! What a login of support and one of an operator may do: everything that is written here, and
//! nothing else. Each right is asked for, and each statement and function is really tried.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::support::{Db, Ran, Template, bursar, connect, run, sample, soak, wait};

/// What both may do in every database: see what is protected, and which functions are installed.
const BURSAR: &str = "
    execute bursar.refund_capture
    execute bursar.refund_lease_stands
    execute bursar.refund_cancel
    execute bursar.refund_cancel_check
    execute bursar.refund_withdraw
    execute bursar.refund_import_check
    select bursar.acknowledgements account app at check_id database_role entry_id fingerprint gap id operation_id operator reason unit
    select bursar.cancelled_jobs cancelled_at cancelled_by job job_key
    select bursar.pack_functions app checksum file installed_at
    select bursar.refund_transitions actor at database_role detail from_state position refund to_state
    select bursar.refunds account actor amount attempts created_at currency customer decided_by entry error gateway gateway_account gateway_amount gateway_payment gateway_ref id idempotency_key if_spent lease_digest lease_pid lease_until note number operation_id origin paid payment reason refused request_hash requested_by reversal state unit units_found units_taken units_written_off updated_at
    select bursar.settings name updated_at updated_by value
    usage bursar
    usage public";

/// The functions that an operator may call, besides those of support.
const OPERATOR: &str = "
    execute bursar.acknowledge_object
    execute bursar.withdraw_acknowledgement
    execute bursar.record_reconciliation
    select bursar.reconciliations accepted actor app at complete counts database_role differences digest gateways id newest oldest payout since source told totals until
    execute bursar.refund_approve
    execute bursar.refund_import
    execute bursar.refund_preview_approval
    execute bursar.refund_reject
    execute bursar.wallet_adjust
    execute bursar.adjust_terms
    execute bursar.wallet_approve
    execute bursar.wallet_reject
    select bursar.adjustments account account_key actor amount created_at decided_by entry id number operation_id reason requested_by state unit updated_at why
    execute bursar.link_operations
    execute bursar.log_job_streams
    execute bursar.may_operate
    execute bursar.refund_answered
    execute bursar.refund_claim
    execute bursar.refund_preview
    execute bursar.refund_release
    execute bursar.refund_request
    execute bursar.refund_submitting
    execute bursar.withheld_path
    select bursar.operation_links digest operation_row position previous
    select bursar.operations at command database_role host id operation_id operator os_user outcome parameters reason
    select bursar.unlinked_operations id";

/// The functions that support may call.
const SUPPORT: &str = "
    execute bursar.link_operations
    execute bursar.may_operate
    execute bursar.refund_answered
    execute bursar.refund_claim
    execute bursar.refund_preview
    execute bursar.refund_release
    execute bursar.refund_request
    execute bursar.refund_submitting
    execute bursar.withheld_path";

/// What both may read of each application.
const READS: [(&str, &str); 4] = [
    (
        "mimivibe",
        "
    select public.payments amount created_at currency error_code error_message id package_type stars_bonus stars_purchased stars_total status stripe_charge_id stripe_payment_intent_id updated_at user_id
    select public.users coin_balance created_at email id name star_balance tier
    select public.wallet_transactions amount arrival balance_after created_at currency id metadata related_invite_id related_payment_id related_reading_id seq transaction_type user_id",
    ),
    ("avolve", ""),
    ("organic-os", ""),
    (
        "aethercrown",
        "
    select public.payments amount created_at currency id metadata order_id payment_method status user_id
    select public.users created_at email id name role",
    ),
];

const ROLES: [(&str, &str); 2] = [("bursar_support", SUPPORT), ("bursar_operator", OPERATOR)];

/// Somebody who may sign in and is a member of one role.
struct Login<'a> {
    db: &'a Db,
    name: String,
}

impl<'a> Login<'a> {
    fn new(db: &'a Db, role: &str) -> Self {
        let name = format!("{}_{role}", db.name);
        db.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'x' IN ROLE {role}"));
        Login { db, name }
    }

    fn url(&self) -> String {
        let url = self.db.url().replace("user=postgres", &format!("user={}", self.name));
        assert_ne!(url, self.db.url());
        url
    }

    fn bursar(&self, arguments: &[&str]) -> Ran {
        run(bursar().args(arguments).env("DATABASE_URL", self.url()))
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.bursar(arguments).ok();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
    }
}

impl Drop for Login<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.db.sql(&format!("DROP ROLE {}", self.name));
        }
    }
}

fn lines(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().flat_map(|t| t.lines()).map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect()
}

/// Everything outside the system's schemas that is not an extension's.
const OURS: &str = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = o.oid AND d.deptype = 'e')";

/// What the catalogs say that the login may do, a line for each thing.
fn asked(db: &Db, login: &str) -> BTreeSet<String> {
    let sql = format!(
        "SELECT string_agg(line, E'\\n') FROM (
            SELECT concat_ws(' ', lower(p), n.nspname || '.' || o.relname, string_agg(a.attname, ' ' ORDER BY a.attname)) AS line
              FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped,
                   unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p
             WHERE {OURS} AND o.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_schema_privilege('{login}', n.oid, 'USAGE')
               AND has_column_privilege('{login}', o.oid, a.attnum, p)
             GROUP BY p, n.nspname, o.relname
            UNION ALL
            SELECT concat_ws(' ', lower(p), n.nspname || '.' || o.relname)
              FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS p
             WHERE {OURS} AND o.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege('{login}', o.oid, p)
            UNION ALL
            SELECT concat_ws(' ', lower(p), n.nspname || '.' || o.relname)
              FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) AS p
             WHERE {OURS} AND o.relkind = 'S' AND has_sequence_privilege('{login}', o.oid, p)
            UNION ALL
            SELECT 'execute ' || n.nspname || '.' || o.proname
              FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace
             WHERE {OURS} AND has_schema_privilege('{login}', n.oid, 'USAGE') AND has_function_privilege('{login}', o.oid, 'EXECUTE')
            UNION ALL
            SELECT lower(p) || ' ' || n.nspname
              FROM pg_namespace n, (SELECT 0::oid) AS o (oid), unnest(ARRAY['USAGE', 'CREATE']) AS p
             WHERE {OURS} AND has_schema_privilege('{login}', n.oid, p)) AS everything (line)"
    );
    lines(&[&db.value(&sql)])
}

/// Whether a statement of the login's is refused for want of a right; nothing of it stays.
async fn refused(connection: &mut PgConnection, sql: &str) -> bool {
    let mut tx = connection.begin().await.unwrap();
    let outcome = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    outcome.is_err_and(|e| e.as_database_error().and_then(|e| e.code()).as_deref() == Some("42501"))
}

/// What the login can do when it tries: every column of every table, and every function.
fn tried(login: &Login<'_>) -> BTreeSet<String> {
    let columns = format!(
        "SELECT n.nspname || '.' || o.relname, a.attname::text, a.attgenerated <> '' OR a.attidentity = 'a' OR o.relkind IN ('v', 'm')
           FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE {OURS} AND o.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1, 2"
    );
    // A strict function of constant nulls is null without being called, so the nulls come from sub-selects.
    let functions = format!(
        "SELECT n.nspname || '.' || o.proname, CASE o.prokind WHEN 'p' THEN 'CALL ' ELSE 'SELECT ' END || n.nspname || '.' || quote_ident(o.proname)
                || '(' || coalesce((SELECT string_agg(CASE WHEN o.provariadic <> 0 AND i = o.pronargs THEN 'VARIADIC ' ELSE '' END || '(SELECT NULL::' || format_type(t, NULL) || ')', ', ' ORDER BY i) FROM unnest(o.proargtypes) WITH ORDINALITY AS a (t, i)), '') || ')'
           FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace
          WHERE {OURS}"
    );
    let mut can: BTreeSet<String> = BTreeSet::new();
    wait(async {
        let mut owner = login.db.connect().await;
        let columns = sqlx::query(AssertSqlSafe(columns)).fetch_all(&mut owner).await.unwrap();
        let functions = sqlx::query(AssertSqlSafe(functions)).fetch_all(&mut owner).await.unwrap();
        assert!(columns.len() > 60 && functions.len() > 5, "{} {}", columns.len(), functions.len());
        let mut connection = connect(&login.url()).await;
        let mut tables: BTreeSet<String> = BTreeSet::new();
        let mut reads: std::collections::BTreeMap<(&str, String), Vec<String>> = std::collections::BTreeMap::new();
        for row in columns {
            let (table, column, generated): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
            let mut statements = vec![("select", format!("SELECT {column} FROM {table} LIMIT 1"))];
            if !generated {
                statements.push(("insert", format!("INSERT INTO {table} ({column}) VALUES (DEFAULT)")));
                statements.push(("update", format!("UPDATE {table} SET {column} = DEFAULT")));
            }
            for (verb, sql) in statements {
                if !refused(&mut connection, &sql).await {
                    reads.entry((verb, table.clone())).or_default().push(column.clone());
                }
            }
            tables.insert(table);
        }
        can.extend(reads.into_iter().map(|((verb, table), columns)| format!("{verb} {table} {}", columns.join(" "))));
        for table in tables {
            for (verb, sql) in [
                ("delete", format!("DELETE FROM {table}")),
                ("truncate", format!("TRUNCATE {table} CASCADE")),
                ("lock", format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")),
                ("alter", format!("ALTER TABLE {table} DISABLE TRIGGER ALL")),
                ("alter", format!("CREATE POLICY mine ON {table} USING (true)")),
            ] {
                // A view is refused for being one.
                if !refused(&mut connection, &sql).await && !table.ends_with("_stats") {
                    can.insert(format!("{verb} {table}"));
                }
            }
        }
        for row in functions {
            let (name, call): (String, String) = (row.get(0), row.get(1));
            if !refused(&mut connection, &call).await {
                can.insert(format!("execute {name}"));
            }
        }
        for sql in [
            "CREATE TABLE public.mine (id int)",
            "CREATE FUNCTION bursar.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA mine",
            "SET ROLE service_role",
            "SET ROLE bursar_auditor",
            "SET ROLE postgres",
            "SET session_replication_role = replica",
            "COPY public.users (id) FROM PROGRAM 'echo'",
        ] {
            if !refused(&mut connection, sql).await {
                can.insert(sql.to_owned());
            }
        }
        connection.close().await.unwrap();
    });
    can
}

#[test]
fn support_and_operators_may_do_what_is_written_here_and_nothing_else() {
    for (app, reads) in sample(READS, 3) {
        let db = Db::new(Template::Seeded(app));
        for (role, functions) in ROLES {
            let login = Login::new(&db, role);
            // Where jobs are kept.
            let jobs = role == "bursar_operator" && ["mimivibe", "aethercrown"].contains(&app);
            let allowed = lines(&[
                BURSAR,
                reads,
                functions,
                if jobs { "execute bursar.change_jobs\nexecute bursar.change_queue" } else { "" },
            ]);
            assert_eq!(asked(&db, &login.name), allowed, "{app}: {role} as the catalogs say");
            // What is tried beside one application is beside each: the catalogs say so.
            if !soak() && app != "mimivibe" {
                continue;
            }
            let usable: BTreeSet<String> = allowed.into_iter().filter(|l| !l.starts_with("usage ")).collect();
            assert_eq!(tried(&login), usable, "{app}: {role} as tried");
        }
    }
}

#[test]
fn support_and_operators_find_every_payment_and_account_and_are_told_that_nothing_is_hidden() {
    for app in sample(["mimivibe", "aethercrown"], 2) {
        let db = Db::new(Template::Seeded(app));
        for (role, _) in ROLES {
            let login = Login::new(&db, role);
            let listed = login.json(&["payments", "list", "-o", "json", "--limit", "3"]);
            assert_eq!(listed["may_hide"], serde_json::json!([]));
            assert_eq!(listed["total"].to_string(), db.value("SELECT count(*) FROM payments"));
            let payment = &listed["payments"][0];
            let shown = login.json(&["payments", "show", payment["payment"].as_str().unwrap(), "-o", "json"]);
            assert_eq!(&shown["payment"], payment);
            if app != "mimivibe" {
                login
                    .bursar(&["wallet", "show", payment["account"].as_str().unwrap()])
                    .exits(2)
                    .says("keeps no ledger");
                continue;
            }
            let account = db.value("SELECT user_id FROM wallet_transactions WHERE currency = 'STAR' GROUP BY user_id ORDER BY count(*) DESC, 1 LIMIT 1");
            let wallet = login.json(&["wallet", "show", &account, "-o", "json"]);
            assert!(wallet["balances"].as_array().unwrap().iter().all(|b| b["agrees"] == true), "{wallet}");
            let history = login.json(&["wallet", "history", &account, "-o", "json", "--limit", "0"]);
            assert_eq!(
                history["entries"].as_array().unwrap().len().to_string(),
                db.value(&format!("SELECT count(*) FROM wallet_transactions WHERE user_id = '{account}'"))
            );
            let ran = login.bursar(&["wallet", "adjust", &account, "STAR", "+3", "--reason", "a gift", "--yes"]);
            let entries = "SELECT count(*) FROM wallet_transactions WHERE transaction_type = 'adjustment'";
            if role == "bursar_operator" {
                ran.ok();
                assert_eq!(db.value(&format!("{entries} AND metadata ->> 'reason' = 'a gift'")), "1");
                assert_eq!(
                    db.value("SELECT database_role = session_user FROM bursar.operations ORDER BY id DESC LIMIT 1"),
                    "false"
                );
                assert_eq!(
                    db.value("SELECT database_role FROM bursar.operations ORDER BY id DESC LIMIT 1"),
                    login.name
                );
            } else {
                ran.exits(4).says("42501");
                assert_eq!(db.value(&format!("{entries} AND metadata ->> 'reason' = 'a gift'")), "0");
            }
        }
    }
}

#[test]
fn where_policies_may_hide_rows_it_is_said() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let login = Login::new(&db, "authenticated");
    let ran = login.bursar(&["payments", "list", "-o", "json"]).ok().says("row level security may hide rows of");
    let listed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(listed["total"], 0);
    assert!(listed["may_hide"].as_array().unwrap().contains(&serde_json::json!("payments")), "{listed}");
    // A policy that forbids is one that may hide, whatever the others show.
    let support = Login::new(&db, "bursar_support");
    db.sql("CREATE POLICY recent ON payments AS RESTRICTIVE FOR SELECT TO bursar_support USING (created_at > '2026-10-15')");
    let listed = support.json(&["payments", "list", "-o", "json", "-q"]);
    assert_eq!(listed["may_hide"], serde_json::json!(["payments"]));
    assert!(listed["total"].as_u64().unwrap() > 0);
}
