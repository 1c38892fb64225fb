//! Every example in the help of every command, run as it is written.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use bursar::commands::docs;
use bursar::commands::uses::parse;

use crate::support::gateway::Fake;
use crate::support::{Db, Ran, Template, file, hermetic, run, soak};

/// The lines of a command's help that show how it is called.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.clone().render_long_help().to_string();
    let after = help.split("\nExample").nth(1).unwrap_or_default();
    after.lines().skip(1).map(str::trim).filter(|l| l.contains("bursar ")).map(str::to_owned).collect()
}

/// A project's own migration, whose table a database that is to be adopted has already.
const OWN: &str = "CREATE TABLE gift_cards (id bigint PRIMARY KEY);\n";

/// A database in the state that the command is for.
fn database(command: &str, line: &str) -> Db {
    match command {
        "migrate adopt" => {
            let db = Db::new(Template::Empty);
            db.sql(&std::fs::read_to_string(file("tests/it/documents/mimivibe.sql")).unwrap());
            db
        }
        "migrate baseline" => {
            let db = Db::new(Template::Empty);
            db.sql(OWN);
            db
        }
        _ if line.contains("--source") => Db::new(Template::Empty),
        "migrate up" | "migrate plan" | "migrate lint" => Db::new(Template::Empty),
        "seed" | "migrate status" | "migrate down" | "migrate verify" | "migrate repair" => {
            Db::new(Template::Migrated("mimivibe"))
        }
        "pack new" | "pack check" | "pack show" => {
            let db = Db::new(Template::Dump("mimivibe-clean.sql.gz"));
            let tutorial = std::fs::read_to_string(file("docs/packs.md")).unwrap();
            db.sql(tutorial.split("```sql\n").nth(1).unwrap().split("```").next().unwrap());
            db
        }
        "audit repair" => {
            let db = Db::new(Template::Seeded("mimivibe"));
            db.sql(
                "UPDATE users SET star_balance = star_balance + 1 WHERE id = (SELECT min(id::text)::uuid FROM users)",
            );
            db
        }
        command if command.starts_with("jobs") => {
            let db = Db::new(Template::Seeded("mimivibe"));
            // The job that the examples are about, in a state in which that can be done.
            let status = if command == "jobs cancel" { "queued" } else { "dlq" };
            db.sql(&format!(
                "INSERT INTO jobs (id, status, payload, last_error, created_at)
                 VALUES ('0fa8c2d1-0000-4000-8000-000000000001', '{status}', '{{}}', 'timeout after 3000 ms', '2026-01-01')"
            ));
            db
        }
        command if ["payments", "wallet", "refund"].iter().any(|c| command.starts_with(c)) => {
            let db = Db::new(Template::Seeded("mimivibe"));
            // Ada, whose payment the examples are about, has stars enough to lose them.
            db.sql(
                "UPDATE payments SET stripe_payment_intent_id = 'pi_3PqX1a'
                  WHERE id = (SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id
                               WHERE p.status = 'succeeded' AND p.amount > 5000 AND u.star_balance > p.stars_total ORDER BY p.id LIMIT 1);
                 UPDATE users SET email = 'ada@example.com', name = 'Ada'
                  WHERE id = (SELECT user_id FROM payments WHERE stripe_payment_intent_id = 'pi_3PqX1a');
                 INSERT INTO bursar.adjustments (id, account, account_key, unit, amount, reason, state, requested_by)
                 SELECT '7d1f5a3c-0000-4000-8000-000000000001', id, bursar.id_key(id::text), 'STAR', 2, 'lost', 'awaiting_approval', 'grace'
                   FROM users WHERE email = 'ada@example.com'",
            );
            db
        }
        _ => Db::new(Template::Seeded("mimivibe")),
    }
}

/// True if an example may also end with exit 3 or 6: one that asks to be told of what is wrong is told of it here,
/// where the server runs without fsync and other tests use it meanwhile.
fn may_find(line: &str) -> bool {
    line.starts_with("bursar inspect") && line.contains("--fail-on")
        // The stream of the examples is empty.
        || line.contains("bursar jobs streams")
        // The gateway's side of the examples is empty.
        || line.starts_with("bursar payments reconcile")
        // The tests' role is a superuser, as which nobody's own pack is run without more.
        || line.starts_with("bursar pack check")
}

/// True if the command is about what only other applications have; here it says what is not there.
fn is_lacking(words: &str, ran: &Ran) -> bool {
    let elsewhere =
        ["jobs pause", "jobs resume", "jobs reschedule", "jobs schedules"].iter().any(|c| words.starts_with(c));
    let told = ["no function that", "keeps no schedules"].iter().any(|said| ran.stderr.contains(said));
    elsewhere && ran.code == 2 && told
}

/// The gateway that knows every payment of the database, and the refunds and files that the examples
/// of refunds are about.
fn refunds(db: &Db, words: &str, folder: &Path) -> Option<Fake> {
    if !words.starts_with("refund") && words != "payments reconcile" {
        return None;
    }
    let fake = Fake::start();
    let payments = db.value("SELECT string_agg(concat_ws(' ', stripe_charge_id, stripe_payment_intent_id, amount), E'\\n') FROM payments WHERE status IN ('succeeded', 'refunded')");
    for line in payments.lines() {
        let [charge, intent, amount] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        fake.payment([charge, intent], amount.parse().unwrap(), "THB");
    }
    let request = "bursar.refund_request((SELECT p.id::text FROM payments p JOIN users u ON u.id = p.user_id
                     WHERE p.status = 'succeeded' AND p.stripe_payment_intent_id <> 'pi_3PqX1a' AND u.star_balance > p.stars_total
                       AND NOT EXISTS (SELECT FROM bursar.refunds r WHERE r.payment = p.id::text) ORDER BY p.id LIMIT 1),
                   NULL, 'refuse', 'other', NULL, 'stripe', NULL, NULL, false, NULL, '{}')";
    // One that went back, and one that somebody else asked for and that awaits a second person.
    db.sql(&format!(
        "SELECT {request}; UPDATE bursar.refunds SET gateway_ref = '{}';
         INSERT INTO bursar.settings (name, value) VALUES ('refund_limit', 'THB 0.01'); SELECT {request}; DELETE FROM bursar.settings;
         SET session_replication_role = replica;
         UPDATE bursar.refund_transitions SET refund = '7f3a0000-0000-4000-8000-000000000000' WHERE refund = (SELECT id FROM bursar.refunds WHERE state = 'awaiting_approval');
         UPDATE bursar.refunds SET id = '7f3a0000-0000-4000-8000-000000000000', requested_by = 'grace' WHERE state = 'awaiting_approval'",
        if words == "refund show" { "re_1Nx" } else { "re_2Qs" }
    ));
    if words == "refund cancel" {
        // One whose answer was lost.
        db.sql(
            "SET session_replication_role = replica;
             UPDATE bursar.refunds SET state = 'unknown', attempts = 1, gateway_account = 'acct_fake', updated_at = now() - interval '1 hour'
              WHERE id = '7f3a0000-0000-4000-8000-000000000000'",
        );
    }
    std::fs::write(folder.join("refunds.csv"), "payment,amount,reason,note\npi_3PqX1a,50.00,duplicate,paid twice\n")
        .unwrap();
    Some(fake)
}

/// What is written after each `bursar` of a line is a command with arguments that it takes. What another command prints is
/// not known here.
fn is_understood(line: &str) {
    if line.contains("$(") {
        return;
    }
    let words = shlex::split(line).unwrap_or_else(|| panic!("{line}"));
    for part in words.split(|word| ["|", "||", "&&", ">", ">>", "<"].contains(&word.as_str())) {
        let Some(at) = part.iter().position(|word| word == "bursar") else { continue };
        let words = part[at..].iter().map(|word| word.trim_end_matches(';').into());
        parse(words).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

fn shell(line: &str, db: &Db, folder: &Path) -> Ran {
    shell_with(line, db, folder, None)
}

fn shell_with(line: &str, db: &Db, folder: &Path, fake: Option<&Fake>) -> Ran {
    let mut sh = Command::new("sh");
    hermetic(&mut sh);
    let binary = Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap().display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap());
    sh.envs(fake.into_iter().flat_map(Fake::env));
    // A private server takes seconds to make; the tests of `migrate verify` start one.
    sh.env("BURSAR_SCRATCH_URL", crate::support::url("postgres"));
    run(sh.args(["-ec", line]).env("PATH", path).env("HOME", folder).env("DATABASE_URL", db.url()).current_dir(folder))
}

/// Runs the examples of the commands at the top that are wanted, and of those below them.
fn run_all(wanted: impl Fn(&str) -> bool) {
    fn walk(command: &clap::Command, words: &str, wanted: &dyn Fn(&str) -> bool, done: &mut usize) {
        let children: Vec<_> =
            command.get_subcommands().filter(|c| c.get_name() != "help" && !c.is_hide_set()).collect();
        for child in &children {
            if !words.is_empty() || wanted(child.get_name()) {
                walk(child, format!("{words} {}", child.get_name()).trim_start(), wanted, done);
            }
        }
        if words.is_empty() && !wanted("") {
            return;
        }
        let lines = examples(command);
        assert!(!lines.is_empty() || !children.is_empty(), "{words} has no example");
        for (number, line) in lines.into_iter().enumerate() {
            *done += 1;
            // The first is run; what the others ask for is understood at least. The demonstration and a sandbox that is there
            // are run by tests of their own, which takes a server each.
            let has_its_tests = words == "demo" || words.starts_with("sandbox ") && words != "sandbox start";
            if (number > 0 || has_its_tests) && !soak() {
                is_understood(&line);
                continue;
            }
            // The default place of a sandbox is the user's own, and a server that is already there
            // is not this test's to use; the same line with a directory is run instead.
            let line = line
                .replace("$(bursar sandbox start)", "$(bursar sandbox start --dir ./sandbox)")
                .replace("$(bursar sandbox url)", "$(bursar sandbox url --dir ./sandbox)");
            let db = database(words, &line);
            let folder = tempfile::tempdir().unwrap();
            // The private server's user has to be able to pass through.
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
            if line.contains("--source migrations") && !line.contains("import --from") {
                std::fs::create_dir(folder.path().join("migrations")).unwrap();
                std::fs::write(folder.path().join("migrations/20250101000000_gift_cards.sql"), OWN).unwrap();
            }
            if words.starts_with("sandbox") && words != "sandbox start" {
                shell("bursar sandbox start --dir ./sandbox", &db, folder.path()).ok();
            }
            if line.contains("./billing") && !line.contains("pack new") {
                shell("bursar pack new ./billing --schema billing", &db, folder.path()).ok();
            }
            if words == "audit seal" && line.contains("--restart") {
                shell("bursar audit seal --yes --tables", &db, folder.path()).ok();
                db.sql("SET session_replication_role = replica; DELETE FROM payments WHERE id = (SELECT min(id::text)::uuid FROM payments)");
            }
            if words == "migrate lint" {
                std::fs::create_dir(folder.path().join("migrations")).unwrap();
                std::fs::write(folder.path().join("migrations/20250101000000_gift_cards.sql"), OWN).unwrap();
                let sql = "CREATE TABLE items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);\n";
                std::fs::write(folder.path().join("migrations/20260101000000_items.sql"), sql).unwrap();
            }
            if words == "migrate import" {
                let goose = "-- +goose Up\nCREATE TABLE gift_cards (id bigint PRIMARY KEY);\n-- +goose Down\nDROP TABLE gift_cards;\n";
                std::fs::create_dir_all(folder.path().join("db/goose")).unwrap();
                std::fs::write(folder.path().join("db/goose/20250101000000_gift_cards.sql"), goose).unwrap();
                let history = "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied boolean, tstamp timestamp DEFAULT now());
                               INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (20250101000000, true)";
                db.sql(&format!("{OWN}{history}"));
            }
            if line.contains("repair --apply") {
                shell("bursar audit repair --plan repair.toml", &db, folder.path()).ok();
                let plan = folder.path().join("repair.toml");
                let text = std::fs::read_to_string(&plan).unwrap();
                std::fs::write(&plan, text.replace("reason = \"\"", "reason = \"looked at\"")).unwrap();
            }
            if line.contains("--diff before.json") {
                shell("bursar inspect --snapshot before.json", &db, folder.path()).ok();
            }
            if line.contains("--env production") {
                std::fs::write(
                    folder.path().join("bursar.toml"),
                    format!("[env.production]\nurl = \"{}\"\n", db.url()),
                )
                .unwrap();
            }
            if words == "payments reconcile" {
                std::fs::write(folder.path().join("movements.ndjson"), "{\"missing\": \"it is empty\"}\n").unwrap();
                let balance = "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id\n\
                               txn_1,2026-10-01 12:00:00,thb,49.00,1.79,47.21,charge,ch_1,pi_3PqX1a\n";
                std::fs::write(folder.path().join("balance.csv"), balance).unwrap();
                std::fs::write(folder.path().join("accepted.toml"), "# none yet\n").unwrap();
            }
            if words.starts_with("config") {
                std::fs::write(folder.path().join("bursar.toml"), "default_env = \"local\"\n").unwrap();
                shell("bursar config trust", &db, folder.path()).ok();
            }
            if words == "sandbox url" && line.contains("audit") {
                shell(
                    "bursar migrate up --app mimivibe --yes -d \"$(bursar sandbox url --dir ./sandbox)\"",
                    &db,
                    folder.path(),
                )
                .ok();
            }
            let fake = refunds(&db, words, folder.path());
            if line.contains("refund resume") {
                // What the session of another run has in hand is left to it.
                db.sql("SET session_replication_role = replica; UPDATE bursar.refunds SET lease_until = NULL, lease_pid = NULL, lease_digest = NULL");
            }
            #[cfg(feature = "redis")]
            let redis = (words == "jobs streams").then(crate::support::streams::Server::start);
            #[cfg(feature = "redis")]
            let line = match &redis {
                Some(redis) => {
                    redis.tell::<()>("XGROUP CREATE jobs workers 0 MKSTREAM");
                    format!("export REDIS_URL={}; {line}", redis.url())
                }
                None => line,
            };
            let line = match &fake {
                Some(fake) if words == "refund acknowledge" => {
                    let dispute = fake.dispute_over("pi_3PqX1a", "lost", None, 140, "USD");
                    if line.contains("--withdraw") {
                        let first = format!("bursar refund acknowledge {dispute} --gateway stripe --reason x --yes");
                        shell_with(&first, &db, folder.path(), Some(fake)).ok();
                    }
                    line.replace("dp_1Nx", &dispute)
                }
                _ => line,
            };
            let ran = shell_with(&line, &db, folder.path(), fake.as_ref());
            let is_fine = may_find(&line) && matches!(ran.code, 3 | 6) || is_lacking(words, &ran);
            let ran = if is_fine { ran } else { ran.ok() };
            let kept = ran.stdout.lines().find_map(|l| l.trim().strip_prefix("stop:"));
            if kept.is_some() || words.starts_with("sandbox") || line.contains("./sandbox") {
                shell(kept.map_or("bursar sandbox stop --dir ./sandbox", str::trim), &db, folder.path()).ok();
            }
        }
    }
    let mut done = 0;
    walk(&docs::built(), "", &wanted, &mut done);
    assert!(done >= 8, "{done}");
}

/// The commands with so many examples that they are a test of their own.
const MANY: [&str; 5] = ["jobs", "migrate", "refund", "audit", "inspect"];

#[test]
fn every_example_of_jobs_works() {
    run_all(|command| command == "jobs");
}

#[test]
fn every_example_of_migrate_works() {
    run_all(|command| command == "migrate");
}

#[test]
fn every_example_of_refund_works() {
    run_all(|command| command == "refund");
}

#[test]
fn every_example_of_audit_and_inspect_works() {
    run_all(|command| ["audit", "inspect"].contains(&command));
}

#[test]
fn every_example_of_every_other_command_works() {
    run_all(|command| !MANY.contains(&command));
}
