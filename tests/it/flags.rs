//! A flag that a command does not use is not there, and what its help lists is taken.

use bursar::commands::docs;
use bursar::commands::uses::parse;
use bursar::text::with_flags;
use clap::builder::PossibleValue;

use crate::support::{bursar, run, sample, turn};

/// Every command that does something, as its words.
fn leaves() -> Vec<(String, clap::Command)> {
    fn walk(command: &clap::Command, path: &str, all: &mut Vec<(String, clap::Command)>) {
        let inner: Vec<_> = command.get_subcommands().filter(|c| !matches!(c.get_name(), "help" | "options")).collect();
        if !path.is_empty() && (inner.is_empty() || !command.is_subcommand_required_set()) {
            all.push((path.to_owned(), command.clone()));
        }
        for command in inner {
            walk(command, format!("{path} {}", command.get_name()).trim_start(), all);
        }
    }
    let mut all = Vec::new();
    walk(&docs::built(), "", &mut all);
    all
}

/// What a command needs besides flags.
fn needed(path: &str) -> &'static [&'static str] {
    match path {
        "audit explain" => &["ledger.chain", "--app", "mimivibe"],
        "audit repair" => &["--plan", "/nonexistent/plan.toml"],
        "payments show" | "refund create" | "wallet show" | "wallet history" => &["abcd1234"],
        "wallet adjust" => &["abcd1234", "STAR", "+1", "--reason", "x"],
        "refund show" | "refund approve" => &["abcd1234"],
        "refund reject" | "refund cancel" => &["abcd1234", "--reason", "x"],
        "refund acknowledge" => &["dp_1", "--gateway", "stripe", "--reason", "x"],
        "refund batch" => &["/nonexistent/batch.csv"],
        "jobs show" | "jobs why" => &["abcd1234"],
        "migrate import" => &["--history"],
        "jobs cancel" => &["--all", "--reason", "x"],
        "jobs retry" | "jobs delete" => &["--all"],
        "jobs pause" | "jobs resume" | "jobs schedules run" => &["bulk"],
        "jobs reschedule" => &["--all", "--at", "2026-10-01"],
        "jobs purge" => &["--all", "--export", "/nonexistent/jobs.ndjson"],
        "settings set" => &["protected", "true"],
        "settings unset" => &["refund_limit"],
        "migrate repair" => &["--restamp"],
        "migrate baseline" => &["1"],
        "migrate new" => &["add_cards"],
        "wallet approve" => &["1234"],
        "wallet reject" => &["1234", "--reason", "r"],
        "pack new" | "pack check" => &["/nonexistent/pack"],
        "completions" => &["bash"],
        _ => &[],
    }
}

fn parsed(path: &str, more: &[&str]) -> Result<(), String> {
    let words =
        ["bursar"].into_iter().chain(path.split(' ')).chain(needed(path).iter().copied()).chain(more.iter().copied());
    parse(words.map(Into::into)).map(|_| ()).map_err(|e| e.to_string())
}

fn shown(command: &clap::Command) -> Vec<String> {
    let global = ["color", "quiet", "verbose", "no-input", "wide", "timeout", "help", "version"];
    let flags = command.get_arguments().filter(|a| !a.is_hide_set()).filter_map(|a| a.get_long());
    flags.filter(|f| !global.contains(f)).map(str::to_owned).collect()
}

#[test]
fn a_common_flag_is_taken_where_it_is_shown_and_refused_elsewhere() {
    let common = [
        ("database-url", "postgres://x@127.0.0.1:1/x"),
        ("env", "x"),
        ("connect-timeout", "5s"),
        ("app", "mimivibe"),
        ("schema", "public"),
        ("trust-pack", ""),
        ("trust-schema", ""),
        ("yes", ""),
        ("confirm", "x"),
        ("operator", "noi"),
    ];
    let mut refused = 0;
    for (number, (path, command)) in leaves().into_iter().enumerate() {
        if turn(number, 4) {
            parsed(&path, &[]).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
        for (at, (flag, value)) in common.into_iter().enumerate() {
            refused += usize::from(!shown(&command).iter().any(|f| f == flag));
            if !turn(number + at, 8) {
                continue;
            }
            if path == "audit explain" && flag == "app" {
                continue;
            }
            let long = format!("--{flag}");
            let words = if value.is_empty() { vec![long.as_str()] } else { vec![long.as_str(), value] };
            let outcome = parsed(&path, &words);
            if shown(&command).iter().any(|f| f == flag) {
                outcome.unwrap_or_else(|e| panic!("{path}: {e}"));
            } else {
                let error = outcome.err().unwrap_or_else(|| panic!("{path} takes --{flag}"));
                assert!(error.contains(&format!("'bursar {path}' has no use for --{flag}")), "{error}");
            }
        }
        for words in [&["-q", "--no-input", "--color", "never", "--timeout", "1m"][..], &["-v"]] {
            if !turn(number, 4) {
                continue;
            }
            parsed(&path, words).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }
    assert!(refused > 100, "{refused}");
    // A variable is set for every command, so it is no mistake.
    run(bursar().args(["man", "audit"]).env("BURSAR_APP", "mimivibe").env("BURSAR_OPERATOR", "noi")).ok();
    run(bursar().args(["man", "audit", "--yes"])).exits(2).says("'bursar man' has no use for --yes").says("Usage: ");
    run(bursar().args(["--app", "x", "operations", "list"])).exits(2).says("has no use for --app");
}

#[test]
fn each_command_of_the_audit_has_the_flags_that_it_uses() {
    let connection = "database-url env connect-timeout";
    let application = format!("{connection} app schema trust-pack trust-schema");
    let write = format!("{application} yes confirm operator");
    let scope = "only skip account depth strict";
    let reading = format!(
        "{scope} ledger tenant parallel replica max-lag prices trust-foreign statement-timeout since-seal verify-seal"
    );
    let run =
        format!("limit {reading} explain record prometheus fail-on output report baseline write-baseline {write}");
    let expected = [
        ("audit", run.clone()),
        ("audit run", run),
        ("audit list", format!("output {application}")),
        ("audit seal", format!("ledger reason restart tables output {write}")),
        ("audit history", format!("limit since cursor output {connection}")),
        ("audit explain", format!("{reading} output {application}")),
        ("audit repair", format!("plan apply dry-run {scope} output {write}")),
    ];
    let sorted = |text: &str| {
        let mut flags: Vec<String> = text.split(' ').map(str::to_owned).collect();
        flags.sort();
        flags.join(" ")
    };
    let leaves = leaves();
    for (path, flags) in &expected {
        let command = &leaves.iter().find(|(p, _)| p == path).unwrap().1;
        assert_eq!(sorted(&shown(command).join(" ")), sorted(flags), "{path}");
    }
    let found = leaves.iter().filter(|(path, _)| path.starts_with("audit"));
    assert_eq!(found.count(), expected.len());
}

#[test]
fn a_flag_of_a_run_is_refused_by_what_runs_no_audit() {
    let audit = |words: &[&str]| run(bursar().arg("audit").args(words).args(["-d", "postgres://x@127.0.0.1:1/x"]));
    for words in [
        &["seal", "--account", "nobody"][..],
        &["seal", "--only", "payments"],
        &["seal", "--replica", "-y"],
        &["history", "--record"],
        &["list", "--report", "json=x"],
        &["explain", "ledger.chain", "--write-baseline", "x"],
        &["repair", "--plan", "x", "--fail-on", "never"],
    ] {
        audit(words).exits(2).says("unexpected argument");
    }
    // What stands before the subcommand is not for it either.
    audit(&["--strict", "seal"]).exits(2);
    audit(&["repair", "--apply", "x", "--account", "nobody"]).exits(2).says("cannot be used with");
    audit(&["explain", "ledger.chain", "--strict"]).exits(2).says("explaining one reads no data");
    // An audit with or without its name has them all.
    audit(&["--strict", "--only", "ledger"]).exits(5);
    audit(&["run", "--strict", "--only", "ledger"]).exits(5);
}

#[test]
fn a_list_of_stuck_jobs_has_no_use_for_what_changes_jobs() {
    let stuck = |words: &[&str]| run(bursar().args(["jobs", "stuck", "-d", "postgres://x@127.0.0.1:1/x"]).args(words));
    for words in
        [&["--all"][..], &["--rate", "5/s"], &["--max", "3"], &["--batch", "3"], &["--dry-run"], &["--reason", "x"]]
    {
        stuck(words).exits(2).says("--release");
        stuck(&[words, &["--release", "--yes"]].concat()).exits(5);
    }
    stuck(&["--limit", "3", "--release"]).exits(2).says("--limit");
    stuck(&["--limit", "3"]).exits(5);
    run(bursar().args(["migrate", "baseline", "1", "--scratch", "postgres:///x", "-d", "postgres://x@127.0.0.1:1/x"]))
        .exits(2)
        .says("has no use for --scratch without --detect");
}

#[test]
fn every_format_that_a_help_lists_is_written() {
    let mut tried = 0;
    for (path, command) in leaves() {
        let connects = shown(&command).iter().any(|flag| flag == "database-url");
        let Some(output) = command.get_arguments().find(|a| a.get_long() == Some("output")) else { continue };
        for value in output.get_possible_values().iter().map(PossibleValue::get_name) {
            tried += 1;
            if !turn(tried, 6) {
                continue;
            }
            let mut command = bursar();
            command.args(path.split(' ')).args(needed(&path)).args(["-o", value]);
            if connects {
                command.args(["-d", "postgres://x@127.0.0.1:1/x"]);
            }
            if path.starts_with("sandbox") || path == "migrate lint" {
                command.args(if path == "migrate lint" {
                    ["--source", "/nonexistent"]
                } else {
                    ["--dir", "/nonexistent"]
                });
            }
            let ran = run(&mut command);
            // There is no server, and some file is missing; the format is not what is wrong.
            let off_a_terminal = path == "jobs watch" && value == "table";
            assert!(off_a_terminal || !ran.stderr.contains("written as"), "{path} -o {value}: {ran:?}");
            assert!(
                ran.code != 2 || off_a_terminal || ran.stderr.contains("nonexistent"),
                "{path} -o {value}: {ran:?}"
            );
        }
    }
    assert!(tried > 100, "{tried}");
}

/// Money moved under `--dry-run` where it stood before the subcommand.
#[test]
fn a_flag_of_a_guided_refund_is_refused_before_a_subcommand_that_does_not_use_it() {
    let refund = |words: &[&str]| run(bursar().arg("refund").args(words).args(["-d", "postgres://x@127.0.0.1:1/x"]));
    for words in [
        &["--dry-run", "resume", "-y"][..],
        &["--dry-run", "approve", "1234", "-y"],
        &["--dry-run", "reject", "1234", "--reason", "r", "-y"],
        &["--dry-run", "batch", "x.csv", "-y"],
        &["--dry-run", "sync", "-y"],
        &["--amount", "5", "list"],
        &["--idempotency-key", "k", "show", "1234"],
    ] {
        refund(words).exits(2).says("write the flags of a subcommand behind its name");
    }
    // `create` takes them from either side.
    refund(&["--dry-run", "create", "pi_3PqX1a"]).exits(5);
}

#[test]
fn help_explains_itself_as_every_command_does() {
    let told = |words: &[&str]| run(bursar().args(words)).ok().stdout;
    assert_eq!(told(&["help", "--help"]), told(&["help"]));
    assert_eq!(told(&["help", "migrate", "up", "-h"]), told(&["help", "migrate", "up"]));
    assert_eq!(told(&["migrate", "help", "--help"]), told(&["help", "migrate"]));
    run(bursar().args(["help", "nothing", "--help"])).exits(2).says("unrecognized subcommand 'nothing'");
    run(bursar().args(["payments", "nothing"])).exits(2).says("unrecognized subcommand 'nothing'");
}

/// Every list that begins at a time takes the same ones.
#[test]
fn since_is_written_alike_everywhere() {
    let lists: Vec<String> = leaves()
        .into_iter()
        // A set of migrations begins at a version.
        .filter(|(path, command)| {
            path != "migrate lint" && command.get_arguments().any(|a| a.get_long() == Some("since"))
        })
        .map(|(path, _)| path)
        .collect();
    for list in ["payments list", "refund list", "jobs list", "operations list", "wallet history", "wallet adjustments"]
    {
        assert!(lists.iter().any(|path| path == list), "{list} has no --since: {lists:?}");
    }
    for path in sample(lists, 4) {
        let with = |since: &str| parsed(&path, &["--since", since]);
        for since in ["7d", "12h", "2026-10-01", "2026-10-01T12:00:00Z", "2026-10-01T12:00:00+07:00"] {
            assert!(with(since).is_ok(), "{path} --since {since}: {:?}", with(since).err());
        }
        for since in ["yesterday", "7", "2026-13-01", "-7d"] {
            assert!(with(since).is_err(), "{path} --since {since}");
        }
    }
}

/// A command that is printed gets the flags of the command that printed it, but none that it has no use for.
#[test]
fn a_printed_command_gets_no_flag_that_it_does_not_take() {
    for (path, _) in sample(leaves(), 4) {
        let printed = with_flags(&format!("bursar {path}"), " --env x --app ./p --trust-pack");
        for flags in [&["--env", "x"][..], &["--app", "./p"], &["--trust-pack"]] {
            if printed.contains(&format!(" {}", flags[0])) {
                let read = parsed(&path, flags);
                assert!(!read.as_ref().is_err_and(|e| e.contains("has no use for")), "{printed}: {read:?}");
            }
        }
    }
}
