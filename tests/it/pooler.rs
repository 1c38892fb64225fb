//! Through PgBouncer in transaction mode: a server process serves one client after another, and three of
//! them serve many.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::Executor as _;

use crate::support::gateway::Fake;
use crate::support::pooler::Pooler;
use crate::support::{Db, Ran, Running, Starts as _, Template, bursar, file, run, sample, soak, wait};

const SIZE: u32 = 3;
const PROCESSES: usize = 8;

fn through(url: &str, arguments: &[&str]) -> Ran {
    run(bursar().args(arguments).env("DATABASE_URL", url))
}

/// A database that has something to show for every command.
pub fn world() -> Db {
    let db = Db::new(Template::Seeded("mimivibe"));
    db.sql(
        "SELECT bursar.refund_request((SELECT p.id::text FROM payments p JOIN users u ON u.id = p.user_id
             WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY p.id LIMIT 1),
             NULL, 'refuse', 'other', NULL, 'record-only', NULL, NULL, false, NULL, '{}')",
    );
    db.bursar(&["settings", "set", "refund_limit", "THB 5000.00", "--yes"]).ok();
    db.bursar(&["audit", "seal", "--yes"]).ok();
    db.sql(
        "INSERT INTO jobs (job_type, status, payload, created_at, started_at, completed_at, last_error, last_error_at)
         SELECT 'mail', (ARRAY['processing', 'dlq'])[1 + g % 2]::job_status, '{}', '2026-10-01'::timestamptz + g * interval '1 minute', '2026-10-02',
                CASE WHEN g % 2 = 1 THEN '2026-10-02'::timestamptz END, CASE WHEN g % 2 = 1 THEN 'timeout after ' || g || ' ms' END, '2026-10-02' FROM generate_series(1, 200) g",
    );
    db
}

/// Every command that reads, with what it is to read.
pub fn readings(db: &Db) -> Vec<Vec<String>> {
    let payment = db.value("SELECT min(id::text) FROM payments");
    let account = db.value("SELECT user_id FROM wallet_transactions GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1");
    let refund = db.value("SELECT id FROM bursar.refunds");
    let job = db.value("SELECT min(id::text) FROM jobs WHERE status = 'dlq'");
    let lines = [
        "jobs list --status dead --error ~timeout --limit 20 -o json".to_owned(),
        "jobs count --exact -o json".to_owned(),
        "jobs triage --until 2026-10-02 -o json".to_owned(),
        "jobs stuck --limit 20 -o json".to_owned(),
        format!("jobs show {job} -o json"),
        format!("jobs why {job} -o json"),
        "jobs workers --since 2026-01-01 -o json".to_owned(),
        "jobs latency --since 2026-01-01 -o json".to_owned(),
        "jobs throughput --since 1m -o csv".to_owned(),
        "migrate status -o json".to_owned(),
        "audit --parallel 4 -o json --limit 0".to_owned(),
        "audit --since-seal -o json".to_owned(),
        "audit explain ledger.chain".to_owned(),
        "audit history -o json".to_owned(),
        "audit list".to_owned(),
        "payments list --limit 0 -o json".to_owned(),
        "payments list --search e --refundable -o json".to_owned(),
        format!("payments show {payment} -o json"),
        format!("wallet show {account} -o json"),
        format!("wallet history {account} --limit 0 -o json"),
        "refund list -o json".to_owned(),
        format!("refund show {refund} -o json"),
        "operations list -o json".to_owned(),
        "operations verify -o json".to_owned(),
        "settings list -o json".to_owned(),
        "stats --from 2026-09-01 --to 2026-11-01 --by week --tz Asia/Bangkok -o json".to_owned(),
        format!("pack check --trust-pack {}", file("packs/mimivibe").display()),
        "pack show mimivibe -o json".to_owned(),
        "inspect indexes.duplicate indexes.redundant rls functions views sequences partitions -o json".to_owned(),
    ];
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// What a command wrote, without what the clock and the snapshot put in.
pub fn answer(ran: &Ran) -> (i32, String) {
    let mut text = ran.stdout.clone();
    for (pattern, instead) in [
        (r#""snapshot": \{[^}]*\}"#, "SNAPSHOT"),
        (r#""ms": \d+"#, "MS"),
        (r#""\w*secs": \d+"#, "SECS"),
        (r"\d\d:\d\d:00\+00:00", "MINUTE"),
        // A busy machine is late.
        (r"within \d+\.\d s of", "within N of"),
        (r"postgres://\S*/", "URL/"),
    ] {
        text = regex::Regex::new(pattern).unwrap().replace_all(&text, instead).into_owned();
    }
    (ran.code, text)
}

#[test]
fn everything_that_reads_answers_the_same_under_load_as_it_does_directly() {
    let db = world();
    let pooler = Pooler::start("transaction", SIZE);
    let url = pooler.url(&db.name);
    let readings: Vec<Vec<String>> = sample(readings(&db), 2).collect();
    let run = |url: &str, reading: &[String]| through(url, &reading.iter().map(String::as_str).collect::<Vec<_>>());
    let began = Instant::now();
    let direct: Vec<(i32, String)> = readings.iter().map(|r| answer(&run(&db.url(), r).ok())).collect();
    let direct_took = began.elapsed();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for process in 0..PROCESSES {
            let (url, readings, direct, run, db) = (&url, &readings, &direct, &run, &db);
            scope.spawn(move || {
                for n in 0..if soak() { 2 * readings.len() } else { readings.len() / 3 } {
                    // Each process is at another command than the others.
                    let at = (n + process * 5) % readings.len();
                    let ran = run(url, &readings[at]);
                    // Another minute has begun, or another second of an age, where the direct answer is another now.
                    if answer(&ran) != direct[at] {
                        let now = answer(&run(&db.url(), &readings[at]));
                        assert_eq!(answer(&ran), now, "{:?}: {}", readings[at], ran.stderr);
                    }
                }
            });
        }
    });
    // They do as much each or twice as much, on a machine that may have other work.
    let most = direct_took * 4 * u32::try_from(PROCESSES).unwrap() + Duration::from_secs(60);
    assert!(began.elapsed() < most, "they have waited for each other");
    // Nothing stays at the server's processes: they are all asked, each held by a transaction.
    wait(async {
        let mut held = Vec::new();
        for _ in 0..SIZE {
            let mut connection = Pooler::connect(&url).await;
            connection.execute("BEGIN").await.unwrap();
            let row = sqlx::raw_sql(
                "SELECT pg_backend_pid()::text, (SELECT count(*)::text FROM pg_prepared_statements), current_setting('statement_timeout'),
                        current_setting('default_transaction_read_only'), current_setting('application_name'),
                        current_setting('client_connection_check_interval'), current_setting('lock_timeout')",
            )
            .fetch_one(&mut connection)
            .await
            .unwrap();
            let shown: Vec<String> = (1..7).map(|n| sqlx::Row::get(&row, n)).collect();
            assert_eq!(shown, ["0", "0", "off", "", "0", "0"]);
            held.push((sqlx::Row::get::<String, _>(&row, 0), connection));
        }
        held.sort_by(|a, b| a.0.cmp(&b.0));
        held.dedup_by(|a, b| a.0 == b.0);
        assert_eq!(held.len(), SIZE as usize);
    });
}

#[test]
fn a_limit_of_one_command_is_no_limit_of_the_next_client() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let pooler = Pooler::start("transaction", 1);
    let url = pooler.url(&db.name);
    through(&url, &["payments", "list", "--timeout", "7s", "-o", "json"]).ok();
    let shown = wait(async {
        let sql = "SELECT current_setting('statement_timeout') || ' ' || current_setting('application_name')";
        let row = sqlx::raw_sql(sql).fetch_one(&mut Pooler::connect(&url).await).await.unwrap();
        sqlx::Row::get::<String, _>(&row, 0)
    });
    assert_eq!(shown, "0 ");
}

fn start(url: &str, arguments: &[&str]) -> Running {
    let mut command = bursar();
    command.args(arguments).env("DATABASE_URL", url).starts_quietly()
}

#[test]
fn an_interrupt_cancels_what_the_server_does_and_nothing_else() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let pooler = Pooler::start("transaction", SIZE);
    let url = pooler.url(&db.name);
    let mut held = wait(db.connect());
    wait(held.execute("BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE")).unwrap();
    // Somebody else at the same pool, whose statement goes on.
    let (other, theirs) = (url.clone(), "SELECT count(*) FROM payments /* theirs */");
    let somebody = std::thread::spawn(move || {
        wait(async { sqlx::raw_sql(theirs).execute(&mut Pooler::connect(&other).await).await.map(|_| ()) })
    });
    let child = start(&url, &["payments", "list", "-o", "json"]);
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    crate::support::until("two that wait", || db.value(waiting) == "2");
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).unwrap();
    child.ended().exits(130).says("the server confirmed it");
    assert_eq!(db.value(waiting), "1");
    wait(held.execute("ROLLBACK")).unwrap();
    somebody.join().unwrap().expect("theirs was not cancelled");
}

#[test]
fn migrate_up_refuses_and_goes_on_with_the_direct_address() {
    let db = Db::new(Template::Empty);
    let pooler = Pooler::start("transaction", SIZE);
    let url = pooler.url(&db.name);
    let up = ["migrate", "up", "--app", "mimivibe", "--yes"];
    through(&url, &up).exits(4).says("served two connections").says("--migration-url URL");
    assert_eq!(db.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'bursar'"), "0");
    assert_eq!(db.value("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE locktype = 'advisory' AND datname = current_database()"), "0");
    through(&url, &[&up[..], &["--migration-url", &url]].concat()).exits(4);
    through(&url, &[&up[..], &["--migration-url", "mysql://x:s3cr3t@y/z"]].concat())
        .exits(2)
        .says("the --migration-url flag is no usable database URL");
    through(&url, &["migrate", "up", "--only", "bursar", "--yes", "--migration-url", &db.url()]).ok();
    // A flag that names the database is not led astray by the environment.
    let astray = run(bursar().args(up).args(["-d", &url]).env("MIGRATION_URL", db.url()));
    astray.exits(4);
    run(bursar().args(up).env("DATABASE_URL", &url).env("MIGRATION_URL", db.url())).ok();
    assert_eq!(db.json(&["migrate", "status", "-o", "json"])["pending"], 0);
}

#[test]
fn a_busy_pooler_is_found_out_too() {
    let db = Db::new(Template::Seeded("mimivibe"));
    // Something is to be done.
    db.sql("DELETE FROM bursar._migrations WHERE version = (SELECT max(version) FROM bursar._migrations)");
    let pooler = Pooler::start("transaction", SIZE);
    let url = pooler.url(&db.name);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                wait(async {
                    let mut connection = Pooler::connect(&url).await;
                    while !over.load(Ordering::SeqCst) {
                        connection.execute("BEGIN; SELECT pg_sleep(0.002); COMMIT").await.unwrap();
                    }
                })
            });
        }
        // What is found comes out behind the load, which has to end whatever that is.
        let found: Vec<_> = (0..10).map(|_| through(&url, &["migrate", "up", "--yes"])).collect();
        over.store(true, Ordering::SeqCst);
        for ran in found {
            ran.exits(4).says("transaction pooler");
        }
    });
}

#[test]
fn a_pooler_in_session_mode_is_as_good_as_none() {
    let db = Db::new(Template::Empty);
    let pooler = Pooler::start("session", SIZE);
    through(&pooler.url(&db.name), &["migrate", "up", "--app", "mimivibe", "--yes"]).ok();
    assert_eq!(db.json(&["migrate", "status", "-o", "json"])["pending"], 0);
}

#[test]
fn refunds_are_made_and_resumed_and_data_is_seeded_through_one() {
    let db = Db::new(Template::Migrated("mimivibe"));
    let pooler = Pooler::start("transaction", SIZE);
    let url = pooler.url(&db.name);
    through(&url, &["seed", "--users", "50", "--faults", "balance_drift", "--yes"]).ok();
    let payments = "SELECT p.id::text || ' ' || p.stripe_charge_id || ' ' || p.stripe_payment_intent_id || ' ' || p.amount
         FROM payments p JOIN users u ON u.id = p.user_id WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total ORDER BY p.id";
    let fake = Fake::start();
    let of = |n: usize| {
        let line = db.value(&format!("{payments} OFFSET {n} LIMIT 1"));
        let [id, charge, intent, amount] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        fake.payment([charge, intent], amount.parse().unwrap(), "THB");
        id.to_owned()
    };
    let (first, second) = (of(0), of(1));
    let refund = |arguments: &[&str]| run(bursar().args(arguments).env("DATABASE_URL", &url).envs(fake.env()));
    // Others take the server's processes meanwhile, so that each step has another one.
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            (0..if soak() { 30 } else { 8 }).for_each(|_| drop(through(&url, &["refund", "list", "-o", "json"]).ok()))
        });
        refund(&["refund", "create", &first, "--yes"]).ok();
        load.join().unwrap();
    });
    let state = |payment: &str| db.value(&format!("SELECT state FROM bursar.refunds WHERE payment = '{payment}'"));
    assert_eq!(state(&first), "succeeded");
    // One that somebody began and did not submit: its lease ends with its time, and not before.
    db.sql(&format!(
        "BEGIN; SET LOCAL bursar.lease_secret = '0123456789abcdef0123456789abcdef';
         SELECT bursar.refund_request('{second}', NULL, 'refuse', 'other', NULL, 'stripe', NULL, NULL, false, NULL, '{{}}'); COMMIT"
    ));
    // It has sent it off, and its process is gone.
    db.sql(&format!(
        "UPDATE bursar.refunds SET state = 'submitted', attempts = 1, lease_pid = 0 WHERE payment = '{second}'"
    ));
    refund(&["refund", "create", &second, "--yes"]).exits(6);
    refund(&["refund", "resume", "--yes"]).exits(6);
    assert_eq!(state(&second), "submitted");
    db.sql(&format!("UPDATE bursar.refunds SET lease_until = clock_timestamp() WHERE payment = '{second}'"));
    refund(&["refund", "resume", "--yes"]).ok();
    assert_eq!(state(&second), "succeeded");
    assert_eq!(fake.requests("POST /v1/refunds").len(), 2);
}
