//! What a shell completes: values from the database, the configuration and the packs, at once or not at
//! all, and never with a word to whoever types.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::terminal::Terminal;
use crate::support::{Db, Ran, Template, bursar, hermetic, run};

/// Completes a line in bash, by the script that `bursar completions bash` prints. `replaced` is the part of
/// the last word that bash would replace.
fn completed(line: &str, replaced: &str, directory: &Path, variables: &[(&str, &str)]) -> Vec<String> {
    const ASK: &str = r#"eval "$(bursar completions bash)"; COMP_LINE=$1 COMP_POINT=${#1}; _bursar bursar "$2" before
        printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    hermetic(&mut bash);
    let path = format!("{}:{}", binaries(), std::env::var("PATH").unwrap());
    bash.args(["-c", ASK, "bash", line, replaced]).env("PATH", path).current_dir(directory);
    bash.envs(variables.iter().copied());
    // bursar gives up after 200 ms and offers nothing, as it should where the machine is that busy.
    bash.env("BURSAR_COMPLETE_WAIT", "30s");
    let ran = run(&mut bash).ok();
    assert_eq!(ran.stderr, "", "{line}");
    ran.stdout.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

fn binaries() -> String {
    Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap().display().to_string()
}

fn nowhere() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What bursar itself answers, and how long it took.
fn answered(line: &str, directory: &Path, variables: &[(&str, &str)]) -> (Ran, Duration) {
    let began = Instant::now();
    let replaced = line.rsplit(' ').next().unwrap();
    let mut command = bursar();
    command.args(["--", line, replaced]).env("BURSAR_COMPLETE", "bash").current_dir(directory);
    (run(command.envs(variables.iter().copied())), began.elapsed())
}

/// Nothing comes, nothing is said, and nobody has waited.
#[track_caller]
fn silent(line: &str, directory: &Path, variables: &[(&str, &str)]) {
    let (ran, took) = answered(line, directory, variables);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{line}");
    // It waits for 200 ms at most; the rest is how long a busy machine takes to start a program.
    assert!(took < Duration::from_secs(5), "{line}: {took:?}");
}

#[test]
fn ids_of_the_database_are_completed_newest_first() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (here, url) = (nowhere(), db.url());
    let with = [("DATABASE_URL", url.as_str())];
    let complete = |line: &str| completed(line, line.rsplit(' ').next().unwrap(), here.path(), &with);
    let all = |sql: &str| db.value(&format!("SELECT string_agg(v, ' ') FROM ({sql}) AS q (v)"));
    let newest = all("SELECT id::text FROM payments ORDER BY created_at DESC LIMIT 50");
    assert_eq!(complete("bursar payments show ").join(" "), newest);
    assert_eq!(complete("bursar refund sync --payment ").join(" "), newest);
    let one = newest.split(' ').next().unwrap();
    assert_eq!(complete(&format!("bursar refund create {}", &one[..14])), [one]);
    let of_a = all("SELECT id::text FROM payments WHERE id::text LIKE 'a%' ORDER BY created_at DESC LIMIT 50");
    assert_eq!(complete("bursar payments show a").join(" "), of_a);
    assert_eq!(complete("bursar payments show A").join(" "), "", "bash replaces what is typed by what begins so");
    let jobs = all("SELECT id::text FROM jobs ORDER BY created_at DESC LIMIT 50");
    assert_eq!(complete("bursar jobs show ").join(" "), jobs);
    let job = jobs.split(' ').next().unwrap();
    assert_eq!(complete(&format!("bursar jobs retry {}", &job[..14])), [job]);
    assert_eq!(complete("bursar stats in"), ["invites"]);
    // What a customer has at hand is the gateway's id.
    db.sql("UPDATE payments SET stripe_payment_intent_id = 'pi_3PqX1a' WHERE id = (SELECT id FROM payments LIMIT 1)");
    assert_eq!(complete("bursar payments show pi_3Pq"), ["pi_3PqX1a"]);
    assert_eq!(complete("bursar refund show "), [""; 0]);
    let refundable = db.value("SELECT p.id FROM payments p JOIN users u ON u.id = p.user_id WHERE p.status = 'succeeded' AND u.star_balance > p.stars_total LIMIT 1");
    db.bursar(&["refund", "create", &refundable, "--gateway", "record-only", "--gateway-ref", "re_1", "--yes"]).ok();
    let refund = db.value("SELECT id FROM bursar.refunds");
    assert_eq!(complete("bursar refund show "), [refund.as_str()]);
    assert_eq!(complete(&format!("bursar refund resume {}", &refund[..5])), [refund.as_str()]);
    // The pack of the database decides which checks there are.
    let checks = complete("bursar audit --only ledger,pay");
    assert!(
        checks.contains(&"ledger,payments".to_owned()) && checks.contains(&"ledger,payments.granted".to_owned()),
        "{checks:?}"
    );
    assert!(checks.iter().all(|c| c.starts_with("ledger,pay")), "{checks:?}");
    assert_eq!(complete("bursar audit explain ledger.ch"), ["ledger.chain"]);
    // Where shells show it, an id comes with what a person knows it by.
    let mut fish = bursar();
    fish.args(["--", "bursar", "payments", "show", one]).env("BURSAR_COMPLETE", "fish").envs(with);
    let said = run(fish.env("BURSAR_COMPLETE_WAIT", "30s")).ok().stdout;
    assert!(said.starts_with(&format!("{one}\t")) && said.contains(" THB "), "{said}");
}

#[test]
fn a_flag_on_the_line_says_which_database_and_which_pack() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (here, url) = (nowhere(), db.url());
    let newest = db.value("SELECT id FROM payments ORDER BY created_at DESC LIMIT 1");
    std::fs::write(
        here.path().join("bursar.toml"),
        format!("[env.here]\nurl = '{url}'\n[env.there]\nurl = 'postgres://u@127.0.0.1:1/x'\n[env.vault]\nurl_command = 'touch ran; echo {url}'\n"),
    )
    .unwrap();
    let complete = |line: &str, replaced: &str| completed(line, replaced, here.path(), &[]);
    let first = |line: &str| complete(line, "").first().cloned().unwrap_or_default();
    // bash splits words at a colon and at an equals sign, and we do not.
    assert_eq!(first(&format!("bursar payments show -d '{url}' ")), newest);
    assert_eq!(first(&format!("bursar -d {} payments show ", shlex(&url))), newest);
    assert_eq!(first(&format!("bursar payments --database-url='{url}' show ")), newest);
    assert_eq!(first("bursar payments show --env here "), newest);
    assert_eq!(first("bursar payments show --env=here "), newest);
    assert_eq!(first("bursar payments show --env there "), "");
    // A command that prints a URL may ask for a password: it is not run.
    assert_eq!(first("bursar payments show --env vault "), "");
    assert!(!here.path().join("ran").exists());
    assert_eq!(complete("bursar audit --env ", ""), ["here", "there", "vault"]);
    assert_eq!(complete("bursar audit --env th", "th"), ["there"]);
    assert_eq!(complete("bursar audit --env=th", "th"), ["there"]);
    assert_eq!(complete("bursar --app a", "a"), ["aethercrown", "avolve"]);
    assert_eq!(complete("bursar pack show org", "org"), ["organic-os"]);
    assert_eq!(complete("bursar audit --app avolve explain tokens.k", "tokens.k"), ["tokens.known"]);
    assert_eq!(complete("bursar inspect lo", "lo"), ["locks", "locks.blocked"]);
    assert_eq!(complete("bursar settings set p", "p"), ["protected"]);
    assert_eq!(complete("bursar migrate lint --exclude duplicate-", "duplicate-"), ["duplicate-index"]);
    assert_eq!(complete("bursar payments show \"", ""), [""; 0]);
}

fn shlex(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\{c}") }).collect()
}

#[test]
fn whatever_goes_wrong_is_silent_and_soon_over() {
    let here = nowhere();
    let ask = "bursar payments show ";
    silent(ask, here.path(), &[]);
    silent(ask, here.path(), &[("DATABASE_URL", "postgres://u:p@127.0.0.1:1/x")]);
    silent(ask, here.path(), &[("DATABASE_URL", "nonsense"), ("PGPORT", "x")]);
    // Somebody listens and never answers; what is not for it is completed all the same.
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u:p@{}/x?sslmode=disable", hole.local_addr().unwrap());
    for line in [ask, "bursar audit --only ", "bursar refund show "] {
        silent(line, here.path(), &[("DATABASE_URL", &url)]);
    }
    let (ran, took) = answered(ask, here.path(), &[("DATABASE_URL", &url)]);
    assert!(took >= Duration::from_millis(150), "it did not even wait: {took:?}, {ran:?}");
    assert_eq!(
        completed("bursar inspect locks.b", "locks.b", here.path(), &[("DATABASE_URL", &url)]),
        ["locks.blocked"]
    );
    // A server that lets us in, and a table that somebody holds.
    let db = Db::new(Template::Seeded("mimivibe"));
    let mut held = crate::support::wait(db.connect());
    let lock = "BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE";
    crate::support::wait(sqlx::raw_sql(lock).execute(&mut held)).unwrap();
    silent(ask, here.path(), &[("DATABASE_URL", &db.url())]);
    // Nobody is left waiting at the server either.
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    crate::support::until("the end of every wait", || db.value(waiting) == "0");
    let empty = Db::new(Template::Empty);
    silent(ask, here.path(), &[("DATABASE_URL", &empty.url())]);
    for wrong in ["[env", "default_env = 'x'", "[env.x]\nurl = 1"] {
        std::fs::write(here.path().join("bursar.toml"), wrong).unwrap();
        silent("bursar payments show --env x ", here.path(), &[]);
        silent("bursar --env ", here.path(), &[]);
    }
    // And what is no shell, or says nothing.
    for (shell, arguments) in [
        ("bash", &["--"][..]),
        ("bash", &[]),
        ("bash", &["--", "", ""]),
        ("nosh", &["--", "bursar", ""]),
        ("zsh", &["--"]),
        ("fish", &[]),
    ] {
        let ran = run(bursar().args(arguments).env("BURSAR_COMPLETE", shell)).ok();
        assert!(ran.stderr.is_empty() && (ran.stdout.is_empty() || shell == "bash"), "{shell} {arguments:?}: {ran:?}");
    }
}

#[test]
fn what_a_shell_might_run_is_not_offered() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (here, url) = (nowhere(), db.url());
    let hostile = [
        "pi_zz_x$(touch ran)",
        "pi_zz_x`touch ran`",
        "pi_zz_x;touch ran",
        "pi_zz_x y",
        "pi_zz_x\n--yes",
        "pi_zz_x\u{1b}[2J",
        "pi_zz_x'",
        "pi_zz_x\"",
        "pi_zz_x*",
        "pi_zz_x|y",
    ];
    for (n, id) in hostile.iter().chain(&["pi_zz_xgood"]).enumerate() {
        let id = id.replace('\'', "''");
        db.sql(&format!("UPDATE payments SET stripe_payment_intent_id = '{id}' WHERE id = (SELECT id FROM payments ORDER BY id OFFSET {n} LIMIT 1)"));
    }
    let with = [("DATABASE_URL", url.as_str())];
    assert_eq!(completed("bursar payments show pi_zz_x", "pi_zz_x", here.path(), &with), ["pi_zz_xgood"]);
    for shell in ["zsh", "fish", "powershell"] {
        let mut command = bursar();
        command
            .args(["--", "bursar", "payments", "show", "pi_zz_x"])
            .env("BURSAR_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", "3");
        command.envs(with);
        let said = run(command.env("BURSAR_COMPLETE_WAIT", "30s")).ok().stdout;
        assert!(said.starts_with("pi_zz_xgood") && said.trim_end().lines().count() == 1, "{shell}: {said:?}");
    }
    // Neither is a file, whose name bash would expand where it stands.
    for name in ["$(touch ran).sql", "g$(touch ran).sql", "g b.sql", "good.sql"] {
        std::fs::write(here.path().join(name), "").unwrap();
    }
    assert_eq!(completed("bursar migrate lint g", "g", here.path(), &[]), ["good.sql"]);
    assert!(!here.path().join("ran").exists());
}

#[test]
fn a_tab_in_bash_completes_what_is_typed() {
    let db = Db::new(Template::Seeded("mimivibe"));
    let (here, url) = (nowhere(), db.url());
    std::fs::write(here.path().join("bursar.toml"), format!("[env.testing]\nurl = '{url}'\n")).unwrap();
    let newest = db.value("SELECT id FROM payments ORDER BY created_at DESC LIMIT 1");
    let script = format!(
        "cd '{}'; PATH='{}':$PATH; eval \"$(bursar completions bash)\"; PS1='ready$ '; unset HISTFILE; export BURSAR_COMPLETE_WAIT=30s; bind 'set bell-style none'",
        here.path().display(),
        binaries()
    );
    std::fs::write(here.path().join("rc"), script).unwrap();
    let rc = here.path().join("rc");
    let mut bash = Terminal::of("bash", (200, 50), &["--noprofile", "--rcfile", rc.to_str().unwrap(), "-i"], &[]);
    bash.until_seen("ready$");
    let mut completes = |typed: &str, expected: &str| {
        bash.types(&format!("{typed}\t"));
        bash.until_seen(expected);
    };
    completes("bursar paym", "ready$ bursar payments");
    completes("sho", "ready$ bursar payments show");
    completes("--env=te", "ready$ bursar payments show --env=testing");
    completes(&newest[..13], &format!("ready$ bursar payments show --env=testing {newest}"));
    bash.types("\u{15}exit 0\r");
    bash.ends().exits(0);
}
