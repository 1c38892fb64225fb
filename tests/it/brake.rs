//! `default_transaction_read_only` is a brake: nothing is written past it but by the database's name.

use crate::support::{Db, Template, sample};

/// Every command that writes, with arguments that would do something.
fn writes(db: &Db) -> Vec<Vec<String>> {
    let payment = db.value(
        "SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id
          WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY 1 LIMIT 1",
    );
    let account = db.value("SELECT min(id::text) FROM users");
    let newest = db.value("SELECT max(version) FROM _sqlx_migrations");
    let lines: [&[&str]; 7] = [
        &["seed", "--users", "5", "--append", "--until", "2026-11-01"],
        &["settings", "set", "refund_limit", "THB 9000.00"],
        &["wallet", "adjust", &account, "STAR", "+5", "--reason", "because"],
        &["refund", "create", &payment, "--gateway", "record-only", "--gateway-ref", "re_1"],
        &["jobs", "retry", "--status", "dead"],
        &["audit", "seal"],
        &["migrate", "repair", "--mark-reverted", &newest],
    ];
    lines.iter().map(|line| line.iter().map(ToString::to_string).collect()).collect()
}

fn state(db: &Db) -> String {
    db.value(
        "SELECT concat((SELECT count(*) FROM users), ' ', (SELECT count(*) FROM wallet_transactions), ' ', (SELECT count(*) FROM bursar.refunds), ' ',
                (SELECT count(*) FROM bursar.settings), ' ', (SELECT count(*) FROM bursar.seals), ' ', (SELECT count(*) FROM bursar.operations), ' ',
                (SELECT count(*) FROM jobs WHERE status = 'dlq'), ' ', (SELECT count(*) FROM _sqlx_migrations WHERE success))",
    )
}

#[test]
fn no_command_writes_past_the_brake_without_the_databases_name() {
    let db = Db::new(Template::Seeded("mimivibe"));
    assert_ne!(db.value("SELECT count(*) FROM jobs WHERE status = 'dlq'"), "0");
    db.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name));
    let before = state(&db);
    for command in sample(writes(&db), 2) {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--yes");
        let ran = db.bursar(&arguments).exits(4);
        assert!(ran.stderr.contains("default_transaction_read_only is on"), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(&format!("--confirm {}", db.name)), "{arguments:?}: {ran:?}");
        assert_eq!(state(&db), before, "{arguments:?}");
    }
    for command in writes(&db) {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.extend(["--confirm", &db.name]);
        let ran = db.bursar(&arguments).ok().says("writes all the same");
        assert!(!ran.stderr.contains("25006"), "{arguments:?}: {ran:?}");
    }
    assert_ne!(state(&db), before);
}

#[test]
fn migrations_stop_at_the_brake_too() {
    let db = Db::new(Template::Empty);
    db.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", db.name));
    db.bursar(&["migrate", "up", "--app", "mimivibe", "--yes"]).exits(4).says("default_transaction_read_only is on");
    assert_eq!(db.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
    db.bursar(&["migrate", "up", "--app", "mimivibe", "--confirm", &db.name]).ok().says("writes all the same");
    let ran = db.bursar(&["migrate", "down", "--app", "mimivibe", "--yes"]).exits(4);
    assert!(ran.stderr.contains("default_transaction_read_only is on"), "{ran:?}");
    db.bursar(&["migrate", "down", "--app", "mimivibe", "--confirm", &db.name]).ok();
}

#[test]
fn a_brake_that_is_put_on_after_the_question_holds_too() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let url = db.url();
    let request = bursar::db::Request {
        flag: Some(&url),
        env_name: None,
        config: &bursar::config::Config::default(),
        var: &|_| None,
    };
    let second = std::time::Duration::from_secs(10);
    let limits = bursar::db::Limits { connect: second, statement: None };
    let database = bursar::db::Database::new(bursar::db::resolve(&request).unwrap(), "test", limits);
    crate::support::wait(async {
        let protection = database.protection().await.unwrap();
        let permit = database.permit(protection, &bursar::db::Consent::Yes).unwrap();
        let named = database.permit(protection, &bursar::db::Consent::Named(db.name.clone())).unwrap();
        db_sql(&db, "on").await;
        let sql = "UPDATE public.users SET star_balance = star_balance";
        let mut tx = database.write(&permit).await.unwrap();
        let refused = sqlx::query(sql).execute(&mut *tx).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "25006");
        let mut tx = database.write(&named).await.unwrap();
        sqlx::query("SELECT 1").execute(&mut *tx).await.unwrap();
        tx.rollback().await.unwrap();
    });
}

async fn db_sql(db: &Db, value: &str) {
    let sql = format!("ALTER DATABASE {} SET default_transaction_read_only = {value}", db.name);
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut db.connect().await).await.unwrap();
}

#[test]
fn a_standby_is_refused_whatever_is_confirmed() {
    let url = crate::inspect::standby::PAIR.replica("postgres");
    for flags in [&["--yes"][..], &["--confirm", "postgres"]] {
        let up = ["migrate", "up", "--only", "bursar", "-d", &url];
        let ran = crate::support::run(crate::support::bursar().args(up).args(flags)).exits(4);
        assert!(ran.stderr.contains("it is a standby") && ran.stderr.contains("the primary's address"), "{ran:?}");
        assert!(!ran.stderr.contains("SQLSTATE"), "{ran:?}");
    }
}
