//! What a login may hold: a refund for a while, and nothing else that others wait for. Each test does by hand
//! what the binary would not do.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::refunds::{Paid, World};
use crate::support::{Db, Template, bursar, connect, run, until, wait};

const SECRET: &str = "a secret of somebody who is behind a pooler";

/// Runs statements on a connection, which stays open. Returns the first column of the last row, as text.
fn on(connection: &mut PgConnection, sql: &str) -> Result<Option<String>, String> {
    let outcome = wait(async { sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut *connection).await });
    match outcome {
        Ok(rows) => Ok(rows.last().map(|row| {
            use sqlx::{Row as _, ValueRef as _};
            let value = row.try_get_raw(0).expect("a column");
            if value.is_null() { "NULL".to_owned() } else { value.as_str().expect("text").to_owned() }
        })),
        Err(e) => {
            Err(e.as_database_error().and_then(|e| e.code()).map_or_else(|| e.to_string(), |code| code.to_string()))
        }
    }
}

fn request(paid: &Paid, gateway: &str) -> String {
    format!(
        "SELECT (refund).state FROM bursar.refund_request('{}', NULL, 'cap', 'other', NULL, {gateway}, NULL, NULL, false, NULL, '{{}}')",
        paid.id
    )
}

/// Closes a connection, and waits until the server has noticed.
fn leave(world: &World, connection: PgConnection) {
    let mut connection = connection;
    let pid = on(&mut connection, "SELECT pg_backend_pid()::text").expect("a process").expect("a number");
    wait(connection.close()).expect("closed");
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    until("the end of the session", || world.db.value(&left) == "0");
}

#[test]
fn a_lease_is_short_and_ends_with_the_session_that_took_it() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    // Whatever the session says of itself, and however long it wants the refund.
    for (setting, seconds) in [
        ("", "7200"),
        ("SET bursar.lease_holder = '-7';", "7200"),
        (&*format!("SET bursar.lease_secret = '{SECRET}';"), "7200"),
        ("", "2147483647"),
        ("", "-5"),
        ("", "NULL"),
    ] {
        let paid = world.payment();
        let mut session = wait(connect(&support));
        on(&mut session, &request(&paid, "'stripe'")).expect("a refund");
        let refund = world.refund_id(&paid);
        let claim = format!("{setting} SELECT state FROM bursar.refund_claim('{refund}', {seconds})");
        // The request was made by the session without its setting.
        world.db.sql(&format!("UPDATE bursar.refunds SET lease_until = NULL WHERE id = '{refund}'"));
        assert_eq!(on(&mut session, &claim), Ok(Some("reserved".to_owned())), "{claim}");
        assert_eq!(
            world.refund(
                &paid,
                "lease_until <= clock_timestamp() + interval '15 minutes' AND lease_until > now() - interval '1 minute'"
            ),
            "true",
            "{claim}"
        );
        if seconds == "7200" {
            let ran = world.resume().exits(6);
            assert!(ran.stdout.contains("is working on it"), "{claim}: {ran:?}");
            assert!(ran.stdout.contains(&format!("role {}_support", world.db.name)), "the holder is named: {ran:?}");
        }
        leave(&world, session);
        world.resume().ok();
        assert_eq!(world.agrees(&paid), "succeeded", "{claim}");
    }
}

#[test]
fn nobody_passes_for_another_session() {
    let world = World::new();
    let support = world.login("support", "bursar_support");
    let paid = world.payment();
    let mine = format!("SET bursar.lease_secret = '{SECRET}';");
    let (mut first, mut second) = (wait(connect(&support)), wait(connect(&support)));
    on(&mut first, &format!("{mine} {}", request(&paid, "'stripe'"))).expect("a refund");
    let refund = world.refund_id(&paid);
    let claim = format!("SELECT state FROM bursar.refund_claim('{refund}', 60)");
    let submit = format!("SELECT bursar.refund_submitting('{refund}', 60, '{{}}')");
    let withdraw = format!("SELECT bursar.refund_withdraw('{refund}', 'x', '{{}}')");
    // What can be read of the lease, and what earlier versions took for a name.
    let digest = world.refund(&paid, "encode(lease_digest, 'hex')");
    let pid = world.refund(&paid, "lease_pid");
    for setting in [
        "RESET bursar.lease_secret;".to_owned(),
        format!("SET bursar.lease_secret = '{digest}';"),
        format!("SET bursar.lease_secret = '\\x{digest}';"),
        format!("SET bursar.lease_holder = '{pid}';"),
        format!("SET bursar.lease_secret = '{SECRET} ';"),
    ] {
        assert_eq!(on(&mut second, &format!("{setting} {claim}")), Ok(None), "{setting}");
        assert_eq!(on(&mut second, &submit), Err("BR007".to_owned()), "{setting}");
        assert_eq!(on(&mut second, &withdraw), Err("BR007".to_owned()), "{setting}");
        on(&mut second, &format!("SELECT bursar.refund_release('{refund}')")).expect("nothing");
        assert_eq!(world.refund(&paid, "lease_until > clock_timestamp()"), "true", "{setting}");
    }
    // What is easily guessed is no secret.
    assert_eq!(on(&mut second, &format!("SET bursar.lease_secret = '-7'; {claim}")), Err("BR002".to_owned()));
    // Another process of the pooler's, for the same client.
    assert_eq!(on(&mut second, &format!("{mine} {claim}")), Ok(Some("reserved".to_owned())));
    assert_eq!(on(&mut first, &claim), Ok(Some("reserved".to_owned())));
}

#[test]
fn a_submission_from_behind_a_pooler_is_left_alone_until_its_time_is_over() {
    let world = World::new();
    let paid = world.payment();
    let mut session = wait(world.db.connect());
    on(&mut session, &format!("SET bursar.lease_secret = '{SECRET}'; {}", request(&paid, "'stripe'")))
        .expect("a refund");
    let refund = world.refund_id(&paid);
    on(&mut session, &format!("SELECT bursar.refund_submitting('{refund}', 60, '{{}}')")).expect("submitting");
    // The pooler closes the server's process, and the client may be at the gateway still.
    leave(&world, session);
    world.resume().exits(6);
    assert_eq!((world.state(&paid), world.at_gateway(&paid).len()), ("submitted".to_owned(), 0));
    world.db.sql("UPDATE bursar.refunds SET lease_until = clock_timestamp()");
    world.resume().ok();
    assert_eq!(world.agrees(&paid), "succeeded");
}

#[test]
fn no_units_are_reserved_for_a_gateway_that_cannot_pay_them_back() {
    let world = World::new();
    let (support, operator) = (world.login("support", "bursar_support"), world.login("operator", "bursar_operator"));
    let paid = world.payment();
    let before = world.everything(&paid);
    let mut session = wait(connect(&support));
    for (gateway, code) in [
        ("'nosuch'", "BR002"),
        ("'Stripe'", "BR002"),
        ("'stripe '", "BR002"),
        ("''", "BR002"),
        ("NULL", "BR002"),
        ("'paypal'", "BR004"),
    ] {
        assert_eq!(on(&mut session, &request(&paid, gateway)), Err(code.to_owned()), "{gateway}");
        assert_eq!(world.everything(&paid), before, "{gateway}");
    }
    let mut session = wait(connect(&operator));
    for gateway in ["'nosuch'", "'record-only'", "NULL"] {
        let import = format!(
            "SELECT bursar.refund_import('{}', 100, 'THB', {gateway}, 're_x', 'pending', 'gateway', 'other', NULL, '{{}}')",
            paid.id
        );
        assert_eq!(on(&mut session, &import), Err("BR002".to_owned()), "{gateway}");
    }
    assert_eq!(world.everything(&paid), before);
    world.create(&paid).ok();
}

#[test]
fn no_lock_that_any_login_may_take_holds_up_the_log_or_a_refund() {
    let world = World::new();
    let paid = world.payment();
    let stranger = world.login("stranger", "pg_monitor");
    let mut session = wait(connect(&stranger));
    on(
        &mut session,
        "SELECT pg_advisory_lock(7093011579174610688); SELECT pg_advisory_lock(hashtextextended('bursar.refunds k1', 0))",
    )
    .expect("locks");
    let began = Instant::now();
    world.bursar(&["refund", "create", &paid.id, "--idempotency-key", "k1", "--yes"]).ok();
    assert!(began.elapsed() < Duration::from_secs(25), "it has waited for a stranger");
    assert_eq!(world.db.value("SELECT count(*) FROM bursar.unlinked_operations"), "0");
    world.db.bursar(&["operations", "verify"]).ok();
    // The row of the turn is nobody's but the owner's.
    for role in ["bursar_support", "bursar_operator", "bursar_auditor"] {
        for sql in [
            "SELECT FROM bursar.operation_turn",
            "SELECT FROM bursar.operation_turn FOR UPDATE",
            "SELECT FROM bursar.operation_turn FOR KEY SHARE",
            "LOCK TABLE bursar.operation_turn IN ACCESS SHARE MODE",
            "LOCK TABLE bursar.operation_turn IN ACCESS EXCLUSIVE MODE",
            "UPDATE bursar.operation_turn SET one = one",
        ] {
            assert_eq!(world.db.sqlstate(&format!("SET ROLE {role}; {sql}")), "42501", "{role}: {sql}");
        }
    }
    assert_eq!(world.db.sqlstate("DELETE FROM bursar.operation_turn"), "23001");
}

#[test]
fn two_requests_under_one_key_are_one_refund_or_a_conflict() {
    let world = World::new();
    let [first, second] = [world.payment(), world.payment()];
    let ask = |paid: &Paid| {
        format!(
            "SELECT existing::text FROM bursar.refund_request('{}', NULL, 'cap', 'other', NULL, 'stripe', NULL, 'k1', false, NULL, '{{}}')",
            paid.id
        )
    };
    // The first has not committed yet when the others come.
    let mut one = wait(world.db.connect());
    on(&mut one, &format!("BEGIN; {}", ask(&first))).expect("a refund");
    let others: Vec<_> = [&first, &second]
        .map(|paid| {
            let (url, sql) = (world.db.url(), ask(paid));
            std::thread::spawn(move || on(&mut wait(connect(&url)), &sql))
        })
        .into_iter()
        .collect();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("both to wait", || world.db.value(waiting) == "2");
    on(&mut one, "COMMIT").expect("committed");
    let came: Vec<_> = others.into_iter().map(|thread| thread.join().expect("an answer")).collect();
    assert_eq!(came, [Ok(Some("true".to_owned())), Err("BR007".to_owned())]);
    assert_eq!((world.state(&first), world.state(&second)), ("reserved".to_owned(), "none".to_owned()));
    assert_eq!(world.balance(&second.user), second.balance);
}

#[test]
fn an_old_snapshot_does_not_make_a_refund_fit_under_the_limit() {
    let world = World::new();
    world.db.bursar(&["settings", "set", "refund_limit", "THB 100.00", "--yes"]).ok();
    let paid = world.payment();
    let ask = |amount: u32| {
        format!(
            "SELECT (refund).state FROM bursar.refund_request('{}', {amount}, 'cap', 'other', NULL, 'stripe', NULL, NULL, false, NULL, '{{}}')",
            paid.id
        )
    };
    let mut session = wait(world.db.connect());
    on(&mut session, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*)::text FROM bursar.refunds")
        .expect("a snapshot");
    world.bursar(&["refund", "create", &paid.id, "--amount", "60.00", "--yes"]).ok();
    // 60 and 70 are more than 100, which this session cannot see. Where the account was changed since, the server says so
    // by itself, and where it was not, the table of refunds does.
    assert_eq!(on(&mut session, &ask(7_000)), Err("40001".to_owned()));
    on(&mut session, "ROLLBACK").expect("an end");
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let sql = format!("BEGIN ISOLATION LEVEL {level}; {}", ask(1_000));
        assert_eq!(on(&mut session, &sql), Err("BR004".to_owned()), "{level}");
        on(&mut session, "ROLLBACK").expect("an end");
    }
    assert_eq!((world.state(&paid), world.balance(&paid.user)), ("succeeded".to_owned(), paid.balance - 9));
}

#[test]
fn a_row_that_waits_for_its_link_is_told_with_the_session_that_holds_it_up() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let logged = |age: &str| {
        db.sql(&format!(
            "INSERT INTO bursar.operations (command, at) VALUES ('c', clock_timestamp() - interval '{age}')"
        ));
    };
    logged("1 hour");
    db.sql("SELECT bursar.link_operations()");
    // A row that has just been written is nothing to worry about.
    logged("5 seconds");
    db.bursar(&["operations", "verify"]).ok().tells("✓ the log is unchanged");
    let role = format!("{}_support", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x' IN ROLE bursar_support"));
    let mut session = wait(connect(&db.url_as(&role)));
    on(&mut session, "BEGIN; SELECT bursar.link_operations()::text").expect("a turn");
    logged("2 minutes");
    let ran =
        db.bursar(&["operations", "verify"]).exits(6).says("1 row is not linked yet").says(&format!("role {role}"));
    assert!(ran.stdout.contains("! what is linked is as it was written") && !ran.stdout.contains('✓'), "{ran:?}");
    let report = db.json(&["operations", "verify", "-o", "json"]);
    assert_eq!((&report["verdict"], &report["waiting"]["rows"]), (&"incomplete".into(), &1.into()), "{report}");
    let quiet = db.bursar(&["operations", "verify", "-q"]).exits(6).says("not linked yet");
    assert_eq!(quiet.stdout.trim().len(), 64);
    wait(session.close()).expect("closed");
    // Nobody holds it up, and nobody has linked it either.
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{role}'");
    until("the end of the session", || db.value(&left) == "0");
    db.bursar(&["operations", "verify"]).exits(6).says("bursar.link_operations()");
    db.sql("SELECT bursar.link_operations()");
    db.bursar(&["operations", "verify"]).ok().tells("✓ the log is unchanged");
    db.sql(&format!("DROP ROLE {role}"));
}

#[test]
fn whoever_holds_the_lock_of_a_migration_or_a_seal_is_named_with_their_role() {
    let db = Db::new(Template::Migrated("mimivibe"));
    db.sql("DELETE FROM bursar._migrations WHERE version = (SELECT max(version) FROM bursar._migrations)");
    let role = format!("{}_stranger", db.name);
    db.sql(&format!("CREATE ROLE {role} LOGIN PASSWORD 'x'"));
    let mut session = wait(connect(&db.url_as(&role)));
    on(
        &mut session,
        "SELECT pg_advisory_lock(x'6275727361720000'::bigint); SELECT pg_advisory_lock(x'627365616c000000'::bigint)",
    )
    .expect("locks");
    for command in [&["migrate", "up", "--yes", "--lock-wait", "300ms"][..], &["audit", "seal", "--yes"]] {
        let ran = run(bursar().args(command).env("DATABASE_URL", db.url())).exits(7);
        ran.says("is held by").says(&format!("role {role}"));
    }
    wait(session.close()).expect("closed");
    db.sql(&format!("DROP ROLE {role}"));
}
