//! Every reader of files and arguments, given what nobody would write: it answers or refuses, and neither panics nor
//! hangs nor takes a time that grows with the square of what it reads.
//!
//! Inputs are mutations of good ones, from a seeded generator. An input that found something is written to
//! `tests/data/fuzz/READER/`, and what is there is always read first.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use bursar::audit::baseline::Baseline;
use bursar::commands::{uses, values};
use bursar::cursor::Cursor;
use bursar::db::{Request, resolve, resolve_url};
use bursar::jobs::{Fingerprint, normalized};
use bursar::migrate::Script;
use bursar::refund::RefundReason;
use bursar::refund::gateway::{Except, Submission, by_name};
use bursar::settings::Name;
use bursar::text::{escape, escape_lines, quoted, thousands, width, without_passwords};
use bursar::{audit, money, packs, refund};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use serde_json::Value;

use crate::support::gateway::{Fake, Trouble};
use crate::support::{bursar, file, run, soak, wait};

/// How many readers there are: three minutes in all are shared among them in the long run.
const READERS: u32 = 16;

/// No input is longer, but those that ask how the time grows.
const LONGEST: usize = 4_096;

/// What breaks readers: quotes that are left open, brackets, numbers at the end of their range, text of other scripts,
/// what a terminal or a shell takes for its own.
const FRAGMENTS: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{feff}",
    "ก",
    "🌙",
    "é",
    "\u{301}",
    "'",
    "''",
    "\"",
    "\"\"\"",
    "`",
    "\\",
    "$$",
    "$a$",
    "E'\\'",
    "--",
    "/*",
    "*/",
    ";",
    ":",
    "::",
    "(",
    ")",
    "((((",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "=",
    "==",
    ",",
    ".",
    "..",
    "/",
    "//",
    "@",
    "#",
    "%",
    "%00",
    "%ff",
    "%",
    "~",
    "!",
    "&",
    "|",
    "||",
    "+",
    "-",
    "--x",
    "*",
    "0",
    "-0",
    "1e999",
    "NaN",
    "Infinity",
    "-infinity",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "2147483648",
    "18446744073709551616",
    "0x10",
    "1_000",
    "1,000",
    "٣",
    "２",
    "null",
    "true",
    "BEGIN",
    "COMMIT",
    "ATOMIC",
    "CONCURRENTLY",
    "CREATE",
    "FUNCTION",
    "DO",
    "SELECT",
    "AS",
    "err:",
    "2026-02-30",
    "0000-01-01",
    "99999-12-31T00:00:00Z",
    "2026-01-01T25:61:61+99:99",
    "postgres://",
    "host=",
    "?sslmode=",
    "[[line]]",
    "[env.x]",
];

/// A mutation of one of these texts.
fn mutated(seeds: &[&str]) -> impl Strategy<Value = String> + use<> {
    let seeds: Vec<String> = seeds.iter().map(|s| (*s).to_owned()).collect();
    let fragment = prop_oneof![
        8 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "\\PC{0,8}",
    ];
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), fragment, 0..6_u8, 1..40_usize);
    (prop::sample::select(seeds), prop::collection::vec(change, 1..8)).prop_map(|(mut text, changes)| {
        for (from, to, fragment, kind, times) in changes {
            let marks: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let (a, b) = (marks[from.index(marks.len())], marks[to.index(marks.len())]);
            let (a, b) = (a.min(b), a.max(b));
            match kind {
                0 => text.insert_str(a, &fragment),
                1 => text.replace_range(a..b, &fragment),
                2 => text.replace_range(a..b, ""),
                3 => text.insert_str(b, &fragment.repeat(times)),
                4 => {
                    let again = text[a..b].to_owned();
                    text.insert_str(a, &again);
                }
                _ => text.truncate(a),
            }
            let end = (0..=LONGEST.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        text
    })
}

/// Reads what was kept and then mutations, until the time is up. What a reader does with an input in vain is its own
/// answer; it must only come, and soon.
fn fuzz(reader: &str, seeds: &[&str], read: impl Fn(&str)) {
    let folder = file("tests/data/fuzz").join(reader);
    let attempt = |text: &str| -> Result<(), String> {
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| read(text)));
        let took = began.elapsed();
        match outcome {
            Err(_) => Err("it panicked".to_owned()),
            // Far more than any of them takes, also where the machine is busy.
            Ok(()) if took > Duration::from_secs(20) => Err(format!("it took {took:?}")),
            Ok(()) => Ok(()),
        }
    };
    for text in seeds {
        attempt(text).unwrap_or_else(|why| panic!("{reader}: {why}: {text:?}"));
    }
    for kept in std::fs::read_dir(&folder).into_iter().flatten().map(Result::unwrap) {
        let text = std::fs::read_to_string(kept.path()).unwrap();
        attempt(&text).unwrap_or_else(|why| panic!("{reader}: {why} on {}", kept.path().display()));
    }
    let budget = if soak() { Duration::from_secs(180) / READERS } else { Duration::from_millis(300) };
    let (began, strategy) = (Instant::now(), mutated(seeds));
    let mut config = Config { failure_persistence: None, ..Config::default() };
    (config.rng_algorithm, config.rng_seed) = (RngAlgorithm::ChaCha, RngSeed::Fixed(seeds.len() as u64));
    let mut runner = TestRunner::new(config);
    let mut tried = 0;
    while began.elapsed() < budget || tried < 20 {
        tried += 1;
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let Err(mut why) = attempt(&tree.current()) else { continue };
        // The smallest that still does it is kept.
        let mut worst = tree.current();
        for _ in 0..500 {
            let smaller = match attempt(&tree.current()) {
                Err(reason) => {
                    (worst, why) = (tree.current(), reason);
                    tree.simplify()
                }
                Ok(()) => tree.complicate(),
            };
            if !smaller {
                break;
            }
        }
        std::fs::create_dir_all(&folder).unwrap();
        let kept = folder.join(format!("{:08x}.txt", crc(&worst)));
        std::fs::write(&kept, &worst).unwrap();
        panic!("{reader}: {why}, kept in {}: {worst:?}", kept.display());
    }
}

/// A name for an input.
fn crc(text: &str) -> u32 {
    text.bytes().fold(0, |sum: u32, byte| sum.rotate_left(5) ^ u32::from(byte))
}

/// The time must not grow with the square: a thousand times a fragment, and then eight times as often.
fn grows_gently(reader: &str, fragments: &[&str], read: impl Fn(&str)) {
    for fragment in fragments {
        let took = |times: usize| {
            let text = fragment.repeat(times);
            let began = Instant::now();
            read(&text);
            began.elapsed()
        };
        let (few, many) = (took(2_000), took(16_000));
        // A square would be 64 times; what is over in a moment says nothing.
        let gentle = many < Duration::from_secs(2) || many < few * 32;
        assert!(gentle, "{reader}: {fragment:?}: {few:?}, and eight times as many {many:?}");
    }
}

/// Runs bursar, whose answer has to be one of its exit codes.
fn answers(command: &mut std::process::Command, input: &str) {
    let ran = run(command);
    let known = matches!(ran.code, 0..=7) && !ran.stderr.contains("panicked");
    assert!(known, "exit {}: {input:?}: {}", ran.code, ran.stderr);
}

/// Writes a text into a file and reads it from there.
fn from_file(name: &'static str, read: impl Fn(&Path)) -> impl Fn(&str) {
    let folder = tempfile::tempdir().unwrap();
    move |text| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path);
    }
}

const NOWHERE: &str = "postgres://x@127.0.0.1:1/x";

/// Reads on a thread with a stack that is deep enough for whatever is nested in an input of that length: how deep
/// bursar itself goes is for its own commands to bound.
fn deep(read: impl Fn() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1 << 30).spawn_scoped(scope, read).unwrap();
        // What panicked there has said so.
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn scripts() {
    deep(scripts_on_a_deep_stack);
}

fn scripts_on_a_deep_stack() {
    let read = |text: &str| {
        let script = Script::new("1_x.sql".to_owned(), text.to_owned());
        for statement in script.statements() {
            assert!(text[statement.at..].starts_with(statement.text));
        }
        let _ = (script.steps(), script.steps_of_rest(), script.one_by_one());
    };
    let seeds = [
        "CREATE TABLE t (id int, \"a;b\" text DEFAULT 'x;''y'); -- c;\n/* d; /* e */ */ INSERT INTO t VALUES (1, $$a;$$);",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; SELECT E'\\';';",
        "SET lock_timeout = '1s';\nCREATE INDEX CONCURRENTLY i ON t (id);\nDROP INDEX CONCURRENTLY i;\nDO $x$ BEGIN COMMIT; END $x$;",
        "BEGIN; ALTER TYPE m ADD VALUE 'n'; COMMIT; VACUUM t; COPY t FROM stdin;\n1\t2\n\\.\n",
    ];
    fuzz("scripts", &seeds, read);
    grows_gently("scripts", &["SELECT 1;", "(", "/*", "$a$", "'", "x ", "BEGIN ATOMIC ", "--\n", ";"], read);
}

#[test]
fn linted_migrations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("20260101000000_x.sql");
    let read = |text: &str| {
        std::fs::write(&path, text).unwrap();
        answers(bursar().args(["migrate", "lint"]).arg(&path).args(["-o", "json"]), text);
    };
    let seeds = [
        "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 1; CREATE INDEX i ON t (c); -- squawk-ignore ban-drop-column\nDROP TABLE u;",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT a + 1 $$; CREATE POLICY p ON t USING (true);",
    ];
    fuzz("linted_migrations", &seeds, read);
}

#[test]
fn values_of_arguments() {
    let read = |text: &str| {
        let _ = (values::duration(text), values::ago(text), values::interval(text), values::until(text).is_ok());
        let _ =
            (values::since(text).is_ok(), values::root(text).is_ok(), values::head(text).is_ok(), values::signed(text));
        let _ = (
            values::attempts(text),
            values::payload(text),
            values::error_like(text),
            values::rate(text),
            values::percent(text),
        );
        let _ = (text.parse::<Fingerprint>(), normalized(text));
        if let Ok(cursor) = text.parse::<Cursor>() {
            assert_eq!(cursor.to_string().parse::<Cursor>().as_ref(), Ok(&cursor), "{text}");
        }
        for name in Name::ALL {
            let _ = name.parse(text);
        }
    };
    let seeds = [
        "5m",
        "30d",
        "1h 30m",
        "2026-01-31",
        "2026-01-31T12:00:00Z",
        "12h",
        ">=3",
        "<2",
        "user.plan=gold",
        "~timeout|refused",
        "err:1f09ab2",
        "50/s",
        "300/m",
        "20%",
        "+5",
        "-0.25",
        "THB 5000.00, USD 150",
        "2026-10-01T10:00:00Z/0fa8c2d1-0000-4000-8000-000000000001",
        "-/a%2Fb",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "model 'x' timed out after 30 s at 2026-01-01 (id 0fa8c2d1)",
    ];
    fuzz("values_of_arguments", &seeds, read);
    grows_gently("values_of_arguments", &["1", "a", "1h", "'", "USD 1,", "%41", "é"], read);
}

#[test]
fn amounts_of_money() {
    let read = |text: &str| {
        for code in ["THB", "JPY", "BHD", "CLF", "XXX"] {
            if let Ok(minor) = money::parse(text, code) {
                assert_eq!(money::parse(&money::decimal(minor, code), code).ok(), Some(minor), "{text} {code}");
            }
        }
        let _ = (money::exact(text, 2), money::digits(text));
        // What they are given is a number that a database wrote.
        let digits = text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
        if digits && !text.trim_start_matches('-').is_empty() {
            let _ = (money::shifted(text, 2), money::fitted(text, 2), thousands(text));
        }
    };
    let seeds = ["50.00", "0", "-0.01", "1,234.56", "92233720368547758.07", "1e3", ".5", "5.", "+5"];
    fuzz("amounts_of_money", &seeds, read);
    grows_gently("amounts_of_money", &["9", "0", ".", ",", "1,"], read);
}

#[test]
fn urls() {
    let read = |text: &str| {
        if let Ok(target) = resolve_url(text, "a test", &|_| None) {
            let _ = (target.to_string(), target.database().to_owned());
        }
        let (hidden, _) =
            (without_passwords(text).into_owned(), (escape(text), escape_lines(text), quoted(text), width(text)));
        drop(hidden);
    };
    let seeds = [
        "postgres://u:p%40x@h:5432/d?sslmode=verify-full&application_name=x",
        "postgres:///d?host=%2Ftmp%2Fs&port=5433&user=u",
        "postgresql://[::1]:5432/d?options=-c%20search_path%3Dx",
        "host=h port=5432 dbname=d password='a b'",
        "postgres://u@h1,h2:1,2/d",
    ];
    fuzz("urls", &seeds, read);
    grows_gently("urls", &["postgres://u:p@h/d ", "@", ":", "%41", "p:", "//", "password="], read);
}

#[test]
fn service_files_and_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let (services, passwords) = (folder.path().join("services"), folder.path().join("pgpass"));
    let config = bursar::config::Config::default();
    let read = |text: &str| {
        std::fs::write(&services, text).unwrap();
        std::fs::write(&passwords, text).unwrap();
        std::fs::set_permissions(&passwords, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let environment: HashMap<&str, String> = HashMap::from([
            ("PGSERVICEFILE", services.display().to_string()),
            ("PGPASSFILE", passwords.display().to_string()),
            ("PGSERVICE", "shop".to_owned()),
        ]);
        let var = |name: &str| environment.get(name).cloned();
        let _ = resolve(&Request { flag: None, env_name: None, config: &config, var: &var }).map(|t| t.to_string());
        let _ = resolve_url("postgres://u@h/d", "a test", &var).map(|t| t.to_string());
    };
    let seeds =
        ["[shop]\nhost=h\nport=5433\ndbname=d\nuser=u\n# c\n[other]\nhost=i\n", "h:5432:d:u:p\\:w\n*:*:*:*:x\n# c\n"];
    fuzz("service_files_and_passwords", &seeds, read);
}

#[test]
fn configurations() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        // No mutation may become a command that is run.
        if text.contains("_command") {
            return;
        }
        std::fs::write(folder.path().join("bursar.toml"), text).unwrap();
        answers(
            bursar().args(["doctor", "--timeout", "20s", "--connect-timeout", "1s"]).current_dir(folder.path()),
            text,
        );
    };
    let seeds = [
        "default_env = \"x\"\n\n[env.x]\nurl = \"postgres://x@127.0.0.1:1/x\"\napp = \"mimivibe\"\nprotected = true\n",
    ];
    fuzz("configurations", &seeds, read);
}

#[test]
fn packs_of_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("shop");
    std::fs::create_dir_all(dir.join("checks")).unwrap();
    std::fs::create_dir_all(dir.join("ledger")).unwrap();
    let manifest = "name = \"shop\"\ntitle = \"Shop\"\nschema = \"public\"\ndetect = [\"a.b\"]\ntables = [\"a\"]\nsigns = \"\"\n\n[thresholds]\nfuture_tolerance_secs = 300\n\n[ledger]\nrunning = true\n";
    let check = "-- title: A title\n-- severity: warn\n-- reads: a\n-- why: Why.\n-- cause: A cause.\n-- remedy: A remedy.\n\nSELECT 'a' AS table_name\n";
    let entries = "-- reads: a\n-- rows: a\nSELECT 1 AS entry_id\n";
    let read = |text: &str| {
        for (path, usual) in [("pack.toml", manifest), ("checks/a.b.sql", check), ("ledger/entries.sql", entries)] {
            for (path, usual) in [
                ("pack.toml", manifest),
                ("checks/a.b.sql", check),
                ("ledger/entries.sql", entries),
                ("ledger/balances.sql", entries),
            ] {
                std::fs::write(dir.join(path), usual).unwrap();
            }
            let _ = usual;
            std::fs::write(dir.join(path), text).unwrap();
            let _ = packs::named(dir.to_str().unwrap()).map(|pack| audit::list(&[pack]).len());
        }
    };
    fuzz("packs_of_strangers", &[manifest, check, entries], read);
}

#[test]
fn baselines() {
    let read = from_file("baseline.toml", |path| {
        let _ = Baseline::read(path).map(|baseline| baseline.verify().is_ok());
    });
    let seeds = [
        "[[finding]]\ncheck = \"ledger.balance\"\nfingerprint = \"0123456789abcdef\"\nreason = \"known\"\nowner = \"ana\"\nexpires = 2026-12-31\n",
        "[[accept]]\ncheck = \"ledger.chain\"\nfingerprint = \"0123456789abcdef\"\nreason = \"\"\nowner = \"ana\"\nexpires = \"2026-12-31\"\n",
    ];
    fuzz("baselines", &seeds, &read);
}

#[test]
fn plans_of_repair() {
    let read = |text: &str| {
        let _ = audit::repair::parse("repair.toml", text);
    };
    let seeds = [
        "app = \"mimivibe\"\ndatabase = \"d\"\nsystem_identifier = \"1\"\n\n[[line]]\ndo = \"rebuild_cache\"\naccount = \"a\"\nunit = \"STAR\"\nfrom = \"1\"\nto = \"2\"\nreason = \"x\"\n\n[[line]]\ndo = \"acknowledge\"\naccount = \"a\"\nunit = \"STAR\"\nentry = \"e\"\ngap = \"2\"\nreason = \"y\"\n",
    ];
    fuzz("plans_of_repair", &seeds, read);
    grows_gently("plans_of_repair", &["[[line]]\n", "a = \"b\"\n", "[a.b]\n", "#\n"], read);
}

#[test]
fn batches() {
    let read = |text: &str| {
        if let Ok(lines) = refund::batch::read("batch.csv", text.as_bytes()) {
            assert!(lines.len() <= text.len());
        }
        // Text of another encoding too.
        let torn: Vec<u8> = text.bytes().map(|b| b.rotate_left(u32::from(b == b'i'))).collect();
        let _ = refund::batch::read("batch.csv", &torn);
    };
    let seeds = [
        "payment,amount,reason,note\npi_1,50.00,duplicate,\"paid\ntwice\"\npi_2,,other,\n",
        "payment;amount\npi_1;5,00\n",
    ];
    fuzz("batches", &seeds, read);
    grows_gently("batches", &["payment,amount\n", "\"", "\n", ",", "pi_1,1,other,x\n"], read);
}

#[test]
fn snapshots() {
    let read = from_file("before.json", |path| {
        answers(bursar().args(["inspect", "--diff"]).arg(path).args(["-d", NOWHERE]), &path.display().to_string());
    });
    let seeds = [
        "{\"schema_version\": 1, \"command\": \"inspect\", \"database\": \"d\", \"complete\": true, \"checks\": [{\"check\": \"locks.blocked\", \"title\": \"t\", \"verdict\": \"ok\", \"reason\": null, \"incomplete\": false, \"why\": \"w\", \"remedy\": \"r\", \"findings\": [{\"object\": \"o\", \"verdict\": \"warn\", \"message\": \"m\", \"value\": 1.5, \"unit\": \"s\"}]}]}",
    ];
    fuzz("snapshots", &seeds, &read);
}

#[test]
fn command_lines() {
    let read = |text: &str| {
        let words = text.split('\u{1}').map(str::to_owned);
        let parsed = uses::parse(std::iter::once("bursar".to_owned()).chain(words).map(Into::into));
        if let Err(error) = parsed {
            let _ = error.to_string();
        }
    };
    let seeds = [
        "audit\u{1}--only\u{1}ledger,payments\u{1}--strict\u{1}-o\u{1}json\u{1}-d\u{1}postgres:///x",
        "jobs\u{1}retry\u{1}--status\u{1}dead\u{1}--since\u{1}24h\u{1}--rate\u{1}50/s\u{1}--canary\u{1}10\u{1}--yes",
        "refund\u{1}create\u{1}pi_1\u{1}--amount\u{1}50.00\u{1}--gateway\u{1}record-only\u{1}--gateway-ref=re_1",
        "jobs\u{1}list\u{1}--attempts\u{1}>=3\u{1}--payload\u{1}a.b=c\u{1}--error\u{1}~x\u{1}--cursor\u{1}-/a",
        "wallet\u{1}adjust\u{1}a\u{1}STAR\u{1}-5\u{1}--reason\u{1}x",
        "migrate\u{1}up\u{1}--source\u{1}m\u{1}--retries\u{1}5\u{1}--lock-wait\u{1}1m",
        "stats\u{1}users\u{1}--since\u{1}12w\u{1}--tz\u{1}Asia/Bangkok",
        "settings\u{1}set\u{1}protected\u{1}true",
        "man\u{1}migrate\u{1}up",
    ];
    fuzz("command_lines", &seeds, read);
}

#[test]
fn answers_of_gateways() {
    let fake = Fake::start();
    let var = |name: &str| {
        let own = fake.env().into_iter().find(|(n, _)| *n == name).map(|(_, value)| value);
        own.or_else(|| (name == "BURSAR_GATEWAY_TIMEOUT").then(|| "2s".to_owned()))
    };
    let gateways = ["stripe", "paypal"].map(|name| by_name(name, &var, None).expect("a gateway"));
    let refund = sqlx::types::Uuid::from_u128(7);
    let submission = Submission {
        refund: refund.into(),
        payment: vec!["pi_1".to_owned(), "ch_1".to_owned()],
        amount: 500,
        currency: "THB".to_owned(),
        reason: RefundReason::Duplicate,
        resubmitted: false,
    };
    let read = |text: &str| {
        let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
        for gateway in &gateways {
            fake.script("POST ", [Trouble::Answer(200, answer.clone())]);
            let _ = wait(gateway.submit(&submission));
            fake.script("GET ", [Trouble::Answer(200, answer.clone())]);
            let _ = wait(gateway.refunds_of(&submission.payment, &Except::default()));
            fake.script("GET ", [Trouble::Answer(200, answer.clone())]);
            let _ = wait(gateway.disputes_of(&submission.payment, &Except::default()));
        }
    };
    let seeds = [
        "{\"id\": \"re_1\", \"object\": \"refund\", \"status\": \"succeeded\", \"amount\": 500, \"currency\": \"thb\", \"created\": 1790000000, \"charge\": \"ch_1\", \"metadata\": {}}",
        "{\"object\": \"list\", \"has_more\": false, \"data\": [{\"id\": \"re_1\", \"status\": \"pending\", \"amount\": 500, \"currency\": \"thb\"}]}",
        "{\"id\": \"R1\", \"status\": \"COMPLETED\", \"amount\": {\"value\": \"5.00\", \"currency_code\": \"THB\"}, \"create_time\": \"2026-10-01T00:00:00Z\", \"links\": []}",
    ];
    fuzz("answers_of_gateways", &seeds, read);
}
