//! What a thief would try who may do anything in the database, and what an audit says of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Db, Template, sample};

mod catalog;
mod dates;

fn checks(report: &Value, status: &str) -> BTreeSet<String> {
    let list = report["checks"].as_array().expect("checks").iter().filter(|c| c["status"] == status);
    list.map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

fn schema_checks() -> BTreeSet<String> {
    ["triggers", "constraints", "rls", "policies", "grants"].map(|c| format!("schema.{c}")).into()
}

/// Without a record of the schema nobody can say that it is as it was, so the answer is incomplete.
#[test]
fn a_record_of_the_schema_that_is_gone_or_cut_is_no_clean_schema() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("CREATE SCHEMA kept; CREATE TABLE kept.objects AS TABLE bursar.schema_objects");
    let all = [
        "DELETE FROM bursar.schema_objects",
        "DELETE FROM bursar.schema_objects WHERE set_name = 'mimivibe'",
        "DELETE FROM bursar.schema_objects WHERE set_name = 'bursar'",
        "DELETE FROM bursar.schema_objects WHERE object = 'wallet_transactions_append_only'",
        "UPDATE bursar.schema_objects SET definition = 'x' WHERE object = 'wallet_transactions_append_only'",
        "DELETE FROM bursar.schema_objects WHERE kind NOT IN ('trigger', 'constraint', 'rls', 'policy', 'grant')",
        "INSERT INTO _sqlx_migrations SELECT 99999999999999, description, installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1",
    ];
    for loss in sample(all, 2) {
        db.sql(loss);
        let ran = db.bursar(&["audit", "--only", "schema", "-o", "json"]).exits(6);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(checks(&report, "incomplete"), schema_checks(), "{loss}");
        db.sql("TRUNCATE bursar.schema_objects; INSERT INTO bursar.schema_objects TABLE kept.objects; DELETE FROM _sqlx_migrations WHERE version = 99999999999999");
        db.bursar(&["audit", "--only", "schema"]).ok();
    }
    // The way out is in the answer.
    db.sql("DELETE FROM bursar.schema_objects");
    db.bursar(&["audit"]).exits(6).tells("bursar migrate repair --record-schema");
    db.bursar(&["migrate", "repair", "--record-schema", "--yes"]).ok();
    db.bursar(&["audit"]).ok();
}

/// An acknowledgement counts with its row of the operator log only.
#[test]
fn a_forged_acknowledgement_is_not_believed() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "SET session_replication_role = replica;
         WITH last AS (SELECT id, user_id FROM wallet_transactions WHERE currency = 'STAR' ORDER BY seq DESC LIMIT 1),
              entry AS (UPDATE wallet_transactions w SET balance_after = balance_after + 7 FROM last WHERE w.id = last.id RETURNING w.user_id)
         UPDATE users u SET star_balance = star_balance + 7 FROM entry WHERE u.id = entry.user_id",
    );
    let report = db.json(&["audit", "-o", "json"]);
    for f in report["findings"].as_array().unwrap() {
        let text = |key: &str| f[key].as_str().unwrap_or_default().to_owned();
        db.sql(&format!(
            "INSERT INTO bursar.acknowledgements (app, check_id, account, unit, entry_id, gap, fingerprint, reason, operator, operation_id)
             VALUES ('mimivibe', '{}', '{}', '{}', '{}', 7, '{}', 'known', 'somebody', gen_random_uuid())",
            text("check"), text("account"), text("unit"), text("first_bad_entry"), text("fingerprint"),
        ));
    }
    let failed = checks(&report, "failed");
    assert!(failed.contains("ledger.chain"), "{failed:?}");
    let report = db.json(&["audit", "-o", "json"]);
    let also = BTreeSet::from(["operations.chain".to_owned()]);
    assert_eq!(checks(&report, "failed"), failed.union(&also).cloned().collect(), "{}", report["findings"]);
    assert_eq!(report["summary"]["accepted"], 0);
    db.bursar(&["operations", "verify"]).exits(3).tells("acknowledgement");
}

/// Each way to empty a guard, what it is done to, and the check that notices; all in one database.
const EMPTIED: [(&str, &str, &str); 14] = [
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
        "schema.triggers",
        "refuse_change()",
    ),
    (
        "CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$SELECT NULL::uuid$$",
        "schema.triggers",
        "uid()",
    ),
    ("ALTER FUNCTION bursar.refuse_change() SET work_mem = '1MB'", "schema.triggers", "refuse_change()"),
    (
        "ALTER FUNCTION bursar.lock_account(text) SET work_mem = '1MB'",
        "schema.triggers",
        "lock_account(p_account text)",
    ),
    (
        "CREATE RULE s AS ON INSERT TO wallet_transactions WHERE new.transaction_type = 'refund' DO INSTEAD NOTHING",
        "schema.triggers",
        "s",
    ),
    (
        "ALTER TABLE wallet_transactions DISABLE TRIGGER ALL; ALTER TABLE wallet_transactions ENABLE TRIGGER USER",
        "schema.triggers",
        "wallet_transactions_user_id_fkey",
    ),
    ("ALTER DATABASE {db} SET session_replication_role = replica", "schema.triggers", "session_replication_role"),
    ("ALTER TABLE payments OWNER TO {role}", "schema.grants", "payments"),
    ("ALTER TABLE wallet_transactions ALTER balance_after DROP NOT NULL", "schema.constraints", "balance_after"),
    ("ALTER TABLE wallet_transactions ALTER arrival SET DEFAULT '3'", "schema.constraints", "arrival"),
    ("ALTER TABLE users ALTER star_balance TYPE integer", "schema.constraints", "star_balance"),
    ("ALTER TABLE user_payment_methods SET UNLOGGED", "schema.constraints", "user_payment_methods"),
    (
        "ALTER TABLE bursar.operations DISABLE TRIGGER operations_append_only",
        "schema.triggers",
        "operations_append_only",
    ),
    ("GRANT INSERT ON bursar.refunds TO PUBLIC", "schema.grants", "PUBLIC INSERT"),
];

#[test]
fn guards_that_are_emptied_are_noticed() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let role = format!("evil_{}", db.name);
    let fill = |text: &str| text.replace("{db}", &db.name).replace("{role}", &role);
    db.sql(&fill("CREATE ROLE {role}"));
    db.bursar(&["migrate", "repair", "--record-schema", "--yes"]).ok();
    db.bursar(&["audit"]).ok();
    for (change, ..) in EMPTIED {
        db.sql(&fill(change));
    }
    let report = db.json(&["audit", "-o", "json", "--limit", "0", "--trust-schema"]);
    let findings = report["findings"].as_array().unwrap();
    for (change, check, object) in EMPTIED {
        let object = fill(object);
        assert!(findings.iter().any(|f| f["check"] == check && f["key"] == object.as_str()), "{change}: {findings:#?}");
    }
    db.sql(&fill("ALTER DATABASE {db} RESET ALL; DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
}

/// What a thief does to rows, and what the application itself does: all in one database, and one audit.
#[test]
fn what_is_paid_twice_or_less_than_nothing_is_found_and_a_claw_back_is_not() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let last = |n: i32| {
        format!(
            "(SELECT l.id FROM (SELECT DISTINCT ON (user_id) * FROM wallet_transactions WHERE currency = 'STAR' ORDER BY user_id, seq DESC) l
               WHERE l.transaction_type = 'reading' ORDER BY l.id OFFSET {n} LIMIT 1)"
        )
    };
    let [negative, infinite, lost] = [0, 1, 2].map(|n| db.value(&last(n)));
    let paid = |n: i32| {
        format!(
            "(SELECT id FROM payments WHERE status = 'succeeded' AND stripe_charge_id IS NOT NULL ORDER BY id OFFSET {n} LIMIT 1)"
        )
    };
    let (charged, clawed) = (db.value(&paid(0)), db.value(&paid(1)));
    let again = "00000000-0000-4000-8000-000000000001";
    // The application's own function takes a part back, and credits a payment once.
    db.sql(&format!(
        "INSERT INTO payments (id, user_id, stripe_charge_id, amount, currency, status, package_type, stars_purchased, stars_bonus)
         SELECT '{again}', user_id, ' ' || upper(stripe_charge_id), amount, currency, status, package_type, stars_purchased, stars_bonus
           FROM payments WHERE id = '{charged}';
         SELECT wallet_purchase('{again}');
         SELECT wallet_adjust(user_id, 'STAR', 30, 'credit', 'bought', 'test') FROM payments WHERE id = '{clawed}';
         SELECT wallet_refund_payment('{clawed}', 5)"
    ));
    let user = db.value(&format!("SELECT user_id FROM wallet_transactions WHERE id = '{lost}'"));
    for amount in [3, 4, 5] {
        db.sql(&format!("SELECT wallet_adjust('{user}', 'STAR', {amount}, 'credit', 'bought', 'test')"));
    }
    db.sql(&format!(
        "SET session_replication_role = replica;
         ALTER TABLE wallet_transactions DROP CONSTRAINT wallet_transactions_amount_check;
         WITH e AS (UPDATE wallet_transactions SET balance_after = balance_after + amount + 500, amount = -500 WHERE id = '{negative}'
                    RETURNING user_id, balance_after)
         UPDATE users u SET star_balance = e.balance_after FROM e WHERE u.id = e.user_id;
         UPDATE wallet_transactions SET created_at = 'infinity' WHERE id = '{infinite}';
         WITH e AS (UPDATE wallet_transactions w SET balance_after = balance_after - 7
                     WHERE w.user_id = '{user}' AND amount = 5 AND seq = (SELECT max(seq) FROM wallet_transactions WHERE user_id = '{user}')
                    RETURNING balance_after)
         UPDATE users u SET star_balance = e.balance_after FROM e WHERE u.id = '{user}'"
    ));
    let report = db.json(&["audit", "-o", "json", "--limit", "0"]);
    let expected = ["ledger.balance", "ledger.chain", "ledger.domain", "payments.duplicate", "schema.constraints"];
    assert_eq!(checks(&report, "failed"), expected.map(str::to_owned).into(), "{:#}", report["findings"]);
    let findings = report["findings"].as_array().unwrap();
    let told = |check: &str, key: &str, word: &str, text: &str| {
        let fits = |f: &&Value| {
            f["check"] == check
                && [&f["key"], &f["first_bad_entry"]].iter().any(|k| k.as_str() == Some(key))
                && f[word].as_str().unwrap().contains(text)
        };
        assert!(findings.iter().any(|f| fits(&f)), "{check} {key}: {findings:#?}");
    };
    told("ledger.domain", &negative, "message", "has a negative amount, so it is worth 500 STAR");
    told("ledger.domain", &infinite, "message", "is dated infinity, which is still to come");
    told("payments.duplicate", again, "message", "have the same id at stripe");
    told(
        "ledger.chain",
        &user,
        "cause",
        &format!("It starts from the balance that entry {lost} left: 2 entries between"),
    );
    told("ledger.balance", &user, "cause", "ledger.chain names the entry and the likely cause");

    assert_eq!(findings.iter().filter(|f| f["check"] == "payments.duplicate").count(), 1);
}

/// The keys of the findings of a check.
fn keys(report: &Value, check: &str) -> BTreeSet<String> {
    let all = report["findings"].as_array().expect("findings").iter().filter(|f| f["check"] == check);
    all.map(|f| f["key"].as_str().unwrap().to_owned()).collect()
}

/// Invites, jobs, dates and references that no sum shows, each wrong in one row of one database.
#[test]
fn what_no_sum_shows_is_found_where_it_is() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let nobody = "00000000-0000-4000-8000-00000000dead";
    let invite = |n: i32| {
        db.value(&format!("SELECT id FROM user_invites WHERE status = 'accepted' ORDER BY id OFFSET {n} LIMIT 1"))
    };
    let [first, again, early, own] = [0, 1, 2, 3].map(invite);
    let user = |n: i32| {
        db.value(&format!("SELECT id FROM users WHERE invited_by IS NULL AND id NOT IN (SELECT inviter_id FROM user_invites) ORDER BY id OFFSET {n} LIMIT 1"))
    };
    let [old, young, undated, lost, rich] = [0, 1, 2, 3, 4].map(user);
    let job =
        |n: i32| db.value(&format!("SELECT id FROM jobs WHERE status = 'succeeded' ORDER BY id OFFSET {n} LIMIT 1"));
    let [empty, moved, backwards, unknown] = [0, 1, 2, 3].map(job);
    let gone = db.value(
        "SELECT job_id FROM job_attempts a JOIN jobs j ON j.id = job_id WHERE status <> 'succeeded' ORDER BY 1 LIMIT 1",
    );
    let payment = db.value("SELECT id FROM payments ORDER BY id LIMIT 1");
    let reading = |job: &str| db.value(&format!("SELECT id FROM tarot_readings WHERE related_job_id = '{job}'"));
    let [of_moved, of_unknown] = [reading(&moved), reading(&unknown)];
    // What the application's own functions do is no error: somebody older accepts an invite, and old jobs are purged.
    db.sql(&format!(
        "WITH i AS (INSERT INTO user_invites (inviter_id, invite_code, coin_reward)
                    SELECT id, invite_code, 20 FROM users WHERE id <> '{rich}' ORDER BY created_at DESC LIMIT 1 RETURNING id)
         SELECT wallet_invite_reward(id, '{rich}') FROM i;
         UPDATE users SET created_at = created_at - interval '10 years' WHERE id = '{rich}';
         SELECT wallet_adjust('{rich}', 'COIN', 1000, 'credit', 'found', 'test');
         SELECT wallet_exchange('{rich}', 10, 1) FROM generate_series(1, 25);
         DELETE FROM jobs WHERE id = (SELECT id FROM jobs WHERE status = 'succeeded' ORDER BY id DESC LIMIT 1);
         UPDATE jobs SET payload = payload || '{{\"user_id\": \"\"}}' WHERE status = 'dlq'"
    ));
    db.bursar(&["audit"]).ok();
    // The steps of a remedy lead to a clean audit.
    let by = db.value(&format!("SELECT inviter_id FROM user_invites WHERE id = '{own}'"));
    db.sql(&format!(
        "UPDATE user_invites SET invitee_id = inviter_id WHERE id = '{own}'; UPDATE users SET invited_by = id WHERE id = '{by}'"
    ));
    db.bursar(&["audit", "--only", "invites"]).exits(3);
    db.sql(&format!(
        "SELECT wallet_adjust('{by}', 'COIN', 100, 'credit', 'found', 'test');
         UPDATE user_invites SET status = 'expired', invitee_id = NULL WHERE id = '{own}';
         SELECT wallet_reverse(id) FROM wallet_transactions WHERE related_invite_id = '{own}' AND transaction_type = 'invite_reward';
         UPDATE users SET total_invites = n, tier = tier_for_invites(n::integer), invited_by = NULL
           FROM (SELECT count(*) AS n FROM user_invites WHERE inviter_id = '{by}' AND status = 'accepted') c WHERE id = '{by}'"
    ));
    db.bursar(&["audit"]).ok();
    let absurd = db.value(&format!("SELECT exchange_id FROM wallet_exchange('{rich}', 1, 7777)"));
    let promised = db.value("SELECT id FROM user_invites WHERE status <> 'accepted' ORDER BY id LIMIT 1");
    let [nothing, zero] = ["00000000-0000-4000-8000-0000000000e0", "00000000-0000-4000-8000-0000000000a0"];
    let void = db.value("SELECT id FROM payments WHERE status = 'succeeded' ORDER BY id LIMIT 1");
    db.sql(&format!(
        "SET session_replication_role = replica;
         INSERT INTO wallet_transactions (id, user_id, transaction_type, amount, currency, balance_after, metadata)
         SELECT '{zero}', id, 'adjustment'::transaction_type, 0, 'COIN'::currency, coin_balance, '{{\"direction\": \"credit\", \"reason\": \"x\", \"operator\": \"x\"}}'::jsonb
           FROM users WHERE id = '{rich}'
         UNION ALL
         SELECT gen_random_uuid(), id, 'exchange', 0, 'COIN', coin_balance, '{{\"exchange_id\": \"{nothing}\"}}' FROM users WHERE id = '{rich}'
         UNION ALL
         SELECT gen_random_uuid(), id, 'exchange', 500, 'STAR', star_balance + 500, '{{\"exchange_id\": \"{nothing}\"}}' FROM users WHERE id = '{rich}';
         UPDATE users SET star_balance = star_balance + 500 WHERE id = '{rich}';
         INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, related_payment_id)
         SELECT u.id, 'refund', 0, 'STAR', u.star_balance, p.id FROM payments p JOIN users u ON u.id = p.user_id WHERE p.id = '{void}';
         UPDATE user_invites SET coin_reward = 10000 WHERE id = '{promised}';
         UPDATE user_invites SET invitee_id = (SELECT invitee_id FROM user_invites WHERE id = '{first}'),
                accepted_at = (SELECT accepted_at + interval '1 second' FROM user_invites WHERE id = '{first}'),
                created_at = (SELECT created_at FROM user_invites WHERE id = '{first}'),
                expires_at = (SELECT expires_at FROM user_invites WHERE id = '{first}') WHERE id = '{again}';
         UPDATE user_invites SET accepted_at = created_at - interval '1 day' WHERE id = '{early}';
         UPDATE users SET invited_by = CASE WHEN id = '{old}' THEN '{young}' ELSE '{old}' END::uuid WHERE id IN ('{old}', '{young}');
         UPDATE users SET created_at = NULL WHERE id = '{undated}';
         UPDATE users SET invited_by = '{nobody}' WHERE id = '{lost}';
         UPDATE tarot_readings SET related_job_id = NULL, job_attempts = 0 WHERE related_job_id = '{empty}';
         UPDATE jobs SET result = '{{\"reading_id\": \"{nobody}\"}}' WHERE id = '{empty}';
         UPDATE jobs SET payload = payload || jsonb_build_object('user_id', (SELECT id FROM users u WHERE u.id::text <> payload->>'user_id' LIMIT 1)) WHERE id = '{moved}';
         UPDATE jobs SET payload = payload || '{{\"user_id\": \"{nobody}\"}}' WHERE id = '{unknown}';
         UPDATE jobs SET completed_at = created_at - interval '1 year' WHERE id = '{backwards}';
         DELETE FROM jobs WHERE id = '{gone}';
         UPDATE payments SET created_at = 'infinity' WHERE id = '{payment}'"
    ));
    let report = db.json(&["audit", "-o", "json", "--limit", "0"]);
    let expected = [
        "adjustments.reasoned",
        "exchanges.paired",
        "exchanges.priced",
        "invites.honest",
        "invites.mutual",
        "invites.newcomers",
        "invites.priced",
        "jobs.dated",
        "jobs.readings",
        "payments.dated",
        "payments.refunded",
        "references.exist",
        "rows.dated",
    ];
    assert_eq!(checks(&report, "failed"), expected.map(str::to_owned).into(), "{:#}", report["findings"]);
    let of = |check: &str| keys(&report, check);
    assert_eq!(of("invites.honest"), [again.clone(), early].into());
    assert_eq!(of("invites.mutual"), [old.min(young)].into());
    let of_rich = db.value(&format!("SELECT id FROM user_invites WHERE invitee_id = '{rich}'"));
    assert_eq!(of("invites.newcomers"), [of_rich].into());
    assert_eq!(of("invites.priced"), [promised].into());
    assert_eq!(of("exchanges.paired"), [nothing.to_owned()].into());
    assert_eq!(of("exchanges.priced"), [absurd].into());
    assert_eq!(of("adjustments.reasoned"), [zero.to_owned()].into());
    assert_eq!(of("payments.refunded"), [void].into());
    assert_eq!(of("jobs.readings"), [empty, of_moved, of_unknown].into());
    assert_eq!(of("jobs.dated"), [backwards].into());
    // The invite took the time of another one, from before its own user was there.
    assert_eq!(of("rows.dated"), [undated, again].into());
    assert_eq!(of("payments.dated"), [payment].into());
    let attempt = db.value(&format!("SELECT min(id::text) FROM job_attempts WHERE job_id = '{gone}'"));
    assert_eq!(of("references.exist"), [lost, unknown.clone(), attempt].into());
    let declared = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["check"] == "references.exist" && f["key"] == unknown.as_str());
    assert_eq!(declared.unwrap()["severity"], "warn");

    // A key that is not enforced any more is compared too, and a check that answers for one leaves it to itself.
    db.sql(
        "ALTER TABLE job_attempts DISABLE TRIGGER ALL, DROP CONSTRAINT job_attempts_job_id_fkey,
               ADD CONSTRAINT job_attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE NOT VALID",
    );
    db.bursar(&["audit", "--only", "references"]).exits(3).tells("which is no id of jobs");
}

/// A payment is what its log says: there, of that user, and over that amount.
/// A circle is found by pairs of users: the ways through thirty who all invited each other have no end.
#[test]
fn many_who_all_invited_each_other_are_one_circle() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "SET session_replication_role = replica;
         CREATE TEMP TABLE ring AS SELECT id FROM users ORDER BY id LIMIT 30;
         UPDATE users SET created_at = now() WHERE id IN (SELECT id FROM ring);
         INSERT INTO user_invites (invite_code, inviter_id, invitee_id, status)
         SELECT left(md5(a.id::text || b.id::text), 8), a.id, b.id, 'accepted' FROM ring a JOIN ring b ON b.id <> a.id",
    );
    let report = db.bursar(&["audit", "--only", "invites.mutual", "--statement-timeout", "30s", "-o", "json"]).json();
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{report}");
    assert_eq!(found[0]["message"].as_str().unwrap().matches('-').count(), 30 * 4, "{report}");
}

#[test]
fn a_payment_that_its_log_contradicts_is_found() {
    let db = Db::new(Template::Seeded("aethercrown"));
    let payment = |n: i32| {
        db.value(&format!("SELECT id FROM payments WHERE status = 'completed' ORDER BY id OFFSET {n} LIMIT 1"))
    };
    let [owned, raised] = [0, 1].map(payment);
    db.sql(&format!(
        "UPDATE payments p SET user_id = (SELECT u.id FROM users u WHERE u.id <> p.user_id ORDER BY u.id LIMIT 1) WHERE id = '{owned}';
         UPDATE payments SET amount = amount * 100 WHERE id = '{raised}'"
    ));
    let report = db.json(&["audit", "-o", "json", "--limit", "0"]);
    assert_eq!(checks(&report, "failed"), ["payments.logged".to_owned()].into());
    assert_eq!(keys(&report, "payments.logged"), [owned, raised].into());
}

/// Entries of one moment have the ledger's order: none hides what is wrong with the next.
#[test]
fn of_entries_of_one_moment_each_is_held_to_its_payment_and_its_reading() {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "SET session_replication_role = replica;
         CREATE SCHEMA kept;
         CREATE TABLE kept.pairs AS
         SELECT DISTINCT ON (e.transaction_type) e.*
           FROM (SELECT w.id, w.user_id, w.created_at, w.transaction_type, w.related_payment_id, w.related_reading_id,
                        lag(w.id) OVER o AS id_before, lag(w.transaction_type) OVER o AS type_before
                   FROM wallet_transactions w WHERE w.currency = 'STAR' WINDOW o AS (PARTITION BY w.user_id ORDER BY w.created_at, w.seq)) e
          WHERE e.type_before = 'reading' AND e.created_at < now() - interval '2 hours'
            AND (EXISTS (SELECT FROM payments p WHERE p.id = e.related_payment_id AND p.status = 'succeeded')
                 OR e.transaction_type = 'reading'
                    AND NOT EXISTS (SELECT FROM wallet_transactions r WHERE lower(r.metadata->>'reverses_entry_id') = e.id::text))
          ORDER BY e.transaction_type, md5(e.user_id::text || e.transaction_type);
         UPDATE wallet_transactions w SET created_at = k.created_at FROM kept.pairs k WHERE w.id = k.id_before",
    );
    assert_eq!(db.value("SELECT count(*) || ' ' || count(DISTINCT user_id) FROM kept.pairs"), "2 2");
    db.bursar(&["audit"]).ok();
    db.sql(
        "SET session_replication_role = replica;
         UPDATE payments p SET created_at = k.created_at + interval '1 hour' FROM kept.pairs k WHERE p.id = k.related_payment_id;
         UPDATE tarot_readings r SET created_at = k.created_at + interval '1 hour' FROM kept.pairs k
          WHERE r.id = k.related_reading_id AND k.transaction_type = 'reading'",
    );
    let report = db.json(&["audit", "-o", "json"]);
    let findings = report["findings"].as_array().unwrap().iter();
    let found: BTreeSet<String> = findings.map(|f| format!("{} {}", f["check"], f["key"]).replace('"', "")).collect();
    let of = |column: &str, kind: &str| {
        db.value(&format!("SELECT {column} FROM kept.pairs WHERE transaction_type = '{kind}'"))
    };
    let wrong = [
        format!("payments.ordered {}", of("related_payment_id", "purchase")),
        format!("readings.debited {}", of("id", "reading")),
    ];
    assert_eq!(found, wrong.into(), "{report}");
}

/// A refund counts with its row of the operator log only, and so does what became of it.
#[test]
fn a_forged_refund_explains_nothing() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let seeded = ["seed", "--users", "60", "--seed", "3", "--faults", "clawback_missing", "--yes", "-q"];
    db.bursar(&seeded).ok();
    let logged = || keys(&db.json(&["audit", "-o", "json"]), "operations.chain");
    let before = db.json(&["audit", "-o", "json"]);
    assert_eq!(keys(&before, "payments.refunded").len(), 1);
    assert!(keys(&before, "operations.chain").is_empty());
    let refunds = "INSERT INTO bursar.refunds (payment, account, paid, amount, currency, if_spent, reason, gateway, request_hash, state)
         SELECT p.id, p.user_id, (p.amount * 100)::bigint, (p.amount * 100)::bigint, 'THB', 'keep', 'other', 'record-only', '\\x', 'succeeded'
           FROM payments p";
    db.sql(&format!(
        "SET session_replication_role = replica;
         {refunds} WHERE p.status = 'refunded' AND NOT EXISTS (SELECT FROM wallet_transactions w WHERE w.related_payment_id = p.id AND w.transaction_type = 'refund');
         INSERT INTO bursar.refund_transitions (refund, position, from_state, to_state, actor)
         SELECT r.id, s.n, s.was, s.becomes, '{{}}' FROM bursar.refunds r,
                (VALUES (1, NULL, 'requested'), (2, 'requested', 'reserved'), (3, 'reserved', 'submitted'), (4, 'submitted', 'succeeded')) AS s (n, was, becomes)"
    ));
    assert_eq!(logged(), BTreeSet::from([db.value("SELECT number FROM bursar.refunds")]));

    // One that was made by bursar's functions, and was changed afterwards.
    let db = Db::new(Template::Seeded("mimivibe"));
    let payment = db.value(
        "SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id
          WHERE p.status = 'succeeded' AND u.star_balance >= p.stars_total AND p.stars_total > 0 ORDER BY p.id LIMIT 1",
    );
    db.bursar(&["refund", "create", &payment, "--gateway", "record-only", "--gateway-ref", "re_1", "--yes"]).ok();
    db.bursar(&["audit"]).ok();
    for change in [
        "UPDATE bursar.refunds SET units_taken = 0",
        "UPDATE bursar.refunds SET state = 'failed'",
        "UPDATE bursar.refunds SET payment = (SELECT min(id::text) FROM payments p WHERE p.id::text <> payment)",
        "INSERT INTO bursar.refund_transitions (refund, position, from_state, to_state, actor) SELECT id, 9, 'succeeded', 'failed', '{}' FROM bursar.refunds",
    ] {
        db.sql(&format!("CREATE TABLE kept AS TABLE bursar.refunds; SET session_replication_role = replica; {change}"));
        let report = db.json(&["audit", "-o", "json"]);
        assert_eq!(keys(&report, "operations.chain").len(), 1, "{change}");
        db.sql("SET session_replication_role = replica; DELETE FROM bursar.refund_transitions WHERE position = 9;
                UPDATE bursar.refunds r SET units_taken = k.units_taken, state = k.state, payment = k.payment FROM kept k; DROP TABLE kept");
        db.bursar(&["audit"]).ok();
    }
}

/// A check of the pack that looks at some kinds of entries leaves the others to the foreign key, and none is told twice.
#[test]
fn entries_of_every_kind_refer_to_what_is_there() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let account = db.value("SELECT id FROM users ORDER BY id LIMIT 1");
    db.sql(&format!("SELECT wallet_adjust('{account}', 'STAR', 5, 'credit', 'a test', 'noi')"));
    db.sql(
        "SET session_replication_role = replica;
         UPDATE wallet_transactions SET related_payment_id = gen_random_uuid(), related_reading_id = gen_random_uuid(), related_invite_id = gen_random_uuid()
          WHERE seq = (SELECT max(seq) FROM wallet_transactions)",
    );
    let report = db.json(&["audit", "-o", "json"]);
    assert_eq!(checks(&report, "failed"), ["references.exist".to_owned()].into(), "{}", report["findings"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 3);
    db.sql(
        "SET session_replication_role = replica;
         UPDATE wallet_transactions SET related_payment_id = NULL, related_reading_id = NULL, related_invite_id = NULL WHERE seq = (SELECT max(seq) FROM wallet_transactions);
         UPDATE wallet_transactions SET related_payment_id = gen_random_uuid() WHERE seq = (SELECT max(seq) FROM wallet_transactions WHERE transaction_type = 'purchase')",
    );
    let report = db.json(&["audit", "-o", "json"]);
    let failed = checks(&report, "failed");
    assert!(failed.contains("payments.orphan") && !failed.contains("references.exist"), "{failed:?}");
    // Where that check is not asked, the foreign key tells it.
    let report = db.json(&["audit", "--skip", "payments.orphan", "-o", "json"]);
    assert!(checks(&report, "failed").contains("references.exist"));
}
