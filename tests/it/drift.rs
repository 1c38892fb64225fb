//! What is generated is what the command line says now. `make docs` writes it anew.

use std::process::Command;

use bursar::commands::docs;

use crate::support::{bursar, file, hermetic, run, turn};

/// Compares a generated file with what it should be, or writes it where `BURSAR_WRITE_DOCS` is set.
fn compare(path: &str, expected: &str) {
    let path = file(path);
    if crate::support::env("BURSAR_WRITE_DOCS").is_some() {
        std::fs::write(&path, expected).expect("the file can be written");
        return;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} is out of date: run `make docs`", path.display());
}

#[test]
fn completions_are_up_to_date() {
    for (shell, path) in [
        ("bash", "completions/bursar.bash"),
        ("zsh", "completions/_bursar"),
        ("fish", "completions/bursar.fish"),
        ("powershell", "completions/bursar.ps1"),
    ] {
        let script = run(bursar().args(["completions", shell])).ok().stdout;
        assert!(script.contains("BURSAR_COMPLETE"), "{shell}");
        compare(path, &script);
    }
}

#[test]
fn bash_accepts_its_script() {
    let script = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(script.path(), run(bursar().args(["completions", "bash"])).ok().stdout)
        .expect("the file can be written");
    let mut bash = Command::new("bash");
    hermetic(&mut bash);
    run(bash.arg("-n").arg(script.path())).ok();
}

#[test]
fn the_reference_is_up_to_date() {
    compare("docs/cli.md", &docs::markdown());
}

#[test]
fn every_command_has_a_manual_page() {
    fn walk(command: &clap::Command, words: &mut Vec<String>, number: &mut usize) {
        for inner in command.get_subcommands().filter(|c| c.get_name() != "help") {
            words.push(inner.get_name().to_owned());
            if turn(*number, 6) {
                let page = run(bursar().arg("man").args(&*words)).ok().stdout;
                assert!(page.contains(".SH NAME"), "{words:?}");
            }
            *number += 1;
            walk(inner, words, number);
            words.pop();
        }
    }
    walk(&docs::built(), &mut Vec::new(), &mut 0);
    run(bursar().args(["man", "nonsense"])).exits(2).says("no command 'nonsense'");
}
