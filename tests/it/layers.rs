//! The layering rule of `src/lib.rs`, read off the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

/// The source files, each with its module below `src` and its text without comments and unit tests.
fn sources() -> Vec<(PathBuf, String, String)> {
    fn walk(directory: &Path, all: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    let comment = Regex::new("//[^\n]*").unwrap();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let path = path.strip_prefix(&root).unwrap().to_owned();
        let module = path.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        (path, module, comment.replace_all(code, "").into_owned())
    };
    files.into_iter().map(read).collect()
}

/// The modules of the crate that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let path = Regex::new(r"(?s)\bcrate::(?:(\w+)|\{(.*?)\};)").unwrap();
    let first = Regex::new(r"(?:^|,)\s*(\w+)").unwrap();
    let mut all = BTreeSet::new();
    for found in path.captures_iter(text) {
        match (found.get(1), found.get(2)) {
            (Some(name), _) => drop(all.insert(name.as_str().to_owned())),
            (_, Some(names)) => all.extend(first.captures_iter(names.as_str()).map(|name| name[1].to_owned())),
            _ => {}
        }
    }
    all
}

#[test]
fn only_commands_know_a_terminal_and_the_command_line() {
    let (mut print, mut parse) = (Vec::new(), Vec::new());
    let clap = Regex::new(r"\bclap\b").unwrap();
    for (path, module, text) in sources() {
        if matches!(module.as_str(), "commands" | "output" | "main") {
            continue;
        }
        let names = named(&text);
        if names.contains("output") || names.contains("commands") {
            print.push(path.clone());
        }
        if clap.is_match(&text) {
            parse.push(path);
        }
    }
    assert!(print.is_empty() && parse.is_empty(), "{print:?} {parse:?}");
}

#[test]
fn no_module_needs_itself() {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, module, text) in sources() {
        needs.entry(module).or_default().extend(named(&text));
    }
    assert!(needs.len() > 20, "{needs:?}");
    for (module, direct) in &needs {
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<&String> = direct.iter().filter(|other| *other != module).collect();
        while let Some(next) = ahead.pop() {
            assert_ne!(next, module, "{module} needs {direct:?}, and one of them needs {module}");
            if seen.insert(next) {
                ahead.extend(needs.get(next).into_iter().flatten().filter(|other| *other != next));
            }
        }
    }
}

#[test]
fn a_circle_is_seen() {
    let names = named("use crate::{db, error::{Error, Result}, text};\nuse crate::output::Ui; crate::packs::select();");
    let expected: Vec<&str> = vec!["db", "error", "output", "packs", "text"];
    for name in expected {
        assert!(names.contains(name), "{names:?}");
    }
}
