//! The pages for newcomers say what is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bursar::commands::docs;
use bursar::error::Kind;
use regex::Regex;

use crate::support::file;

fn page(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The files below a folder whose names end so.
fn below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// The variables of the environment that the program reads.
fn variables() -> BTreeSet<String> {
    let read =
        Regex::new(r#"(?:\b(?:var|env|os_var)\(|\benv = |(?:VARIABLE|WAIT): &str = )"([A-Z][A-Z0-9_]+)""#).unwrap();
    let list = Regex::new(r"\[([^\]]*)\]\s*\.iter\(\)\s*\.find\(\|\w+\| var\(").unwrap();
    let name = Regex::new(r#""([A-Z][A-Z0-9_]+)""#).unwrap();
    // Those of libpq stand in a table.
    let libpq = Regex::new(r#"\bSome\("(PG[A-Z_]+)"\)"#).unwrap();
    let mut found = BTreeSet::new();
    for path in below(&file("src"), ".rs") {
        let text = std::fs::read_to_string(&path).expect("Rust in UTF-8");
        let program = text.split("#[cfg(test)]\nmod ").next().unwrap();
        found.extend(read.captures_iter(program).chain(libpq.captures_iter(program)).map(|c| c[1].to_owned()));
        for names in list.captures_iter(program) {
            found.extend(name.captures_iter(&names[1]).map(|c| c[1].to_owned()));
        }
    }
    found
}

#[test]
fn the_page_about_configuration_has_every_variable_that_is_read_and_no_other() {
    let page = page("docs/configuration.md");
    let section = page.split("\n## Environment variables\n").nth(1).expect("the section");
    let own = section.split("\nLibraries ").next().unwrap();
    let row = Regex::new("(?m)^\\| ((?:`[A-Z0-9_]+`(?:, )?)+) \\|").unwrap();
    let cells = row.captures_iter(own).map(|c| c[1].to_owned());
    let listed: BTreeSet<String> = cells
        .flat_map(|cell| cell.split(", ").map(|name| name.trim_matches('`').to_owned()).collect::<Vec<_>>())
        .collect();
    let read = variables();
    assert!(read.len() > 25, "{read:?}");
    assert_eq!(listed, read);
}

#[test]
fn the_page_about_trouble_has_every_exit_code() {
    let page = page("docs/troubleshooting.md");
    for kind in Kind::ALL {
        assert!(page.contains(&format!("\n## Exit {}", kind.exit_code())) || kind.exit_code() > 128, "{kind:?}");
    }
}

/// The text of the program and of its SQL, with what Rust and line ends put between words removed.
fn program() -> String {
    let mut all = String::new();
    for folder in ["src", "migrations"] {
        for ending in [".rs", ".sql"] {
            for path in below(&file(folder), ending) {
                all.push_str(&std::fs::read_to_string(path).expect("UTF-8"));
            }
        }
    }
    all
}

/// The messages that the page quotes: the parts between what differs, which stands in capitals or as `…`.
#[test]
fn every_message_that_the_page_about_trouble_quotes_is_one_of_the_program() {
    let page = page("docs/troubleshooting.md");
    let program = program();
    let quoted: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("### `")?.strip_suffix('`')).collect();
    assert!(quoted.len() > 20, "{quoted:?}");
    let differs = Regex::new(r"…|\b[A-Z][A-Z_]{2,}\b").unwrap();
    let mut wrong = Vec::new();
    for message in quoted {
        for part in differs.split(message).map(str::trim).filter(|p| p.len() > 3) {
            // What the server says is not in the program.
            if !program.contains(part) && message != "permission denied for …" {
                wrong.push(format!("'{part}' of '{message}'"));
            }
        }
    }
    assert!(wrong.is_empty(), "not of the program: {wrong:#?}");
}

/// The lines of a page that show how bursar is called.
fn calls(text: &str) -> Vec<String> {
    let (mut is_block, mut inside) = (false, false);
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_block = !is_block;
            inside = is_block && ["```console", "```sh", "```yaml"].contains(&line);
            continue;
        }
        let is_looked_at = inside || !is_block || !line.starts_with("bursar ");
        assert!(is_looked_at, "a block of commands is marked as console or sh: {line}");
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches("run: ");
        let line = line.strip_prefix("$ ").unwrap_or(line);
        if inside && line.starts_with("bursar ") {
            let end = [" #", " |", " >", " ;", " &&"].iter().filter_map(|e| line.find(e)).min().unwrap_or(line.len());
            found.push(line[..end].to_owned());
        }
    }
    found
}

#[test]
fn every_command_that_a_page_shows_is_understood() {
    let mut pages = below(&file("docs"), ".md");
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(file));
    let value = Regex::new(r#"ROOT|"\$\([^)]*\)""#).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in pages {
        // Both are made from the program.
        if ["cli.md", "demo.md"].iter().any(|made| path.ends_with(made)) {
            continue;
        }
        for call in calls(&std::fs::read_to_string(&path).expect("UTF-8")) {
            // What stands for a value that has a form.
            let call = value.replace_all(&call, "0".repeat(64));
            let words = shlex::split(&call).unwrap_or_else(|| panic!("{}: {call}", path.display()));
            if let Err(error) = docs::built().try_get_matches_from(&words) {
                let fine = [clap::error::ErrorKind::DisplayHelp, clap::error::ErrorKind::DisplayVersion];
                if !fine.contains(&error.kind()) {
                    wrong.push(format!("{}: {call}\n{error}", path.display()));
                }
            }
            seen += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_changelog_has_the_version_that_is_built() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(page("CHANGELOG.md").contains(&format!("\n## [{version}] - ")), "{version}");
}

#[test]
fn every_link_of_every_page_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]+)?(?:#([^)\s]+))?\)").unwrap();
    let mut pages = below(&file("docs"), ".md");
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(file));
    let mut seen = 0;
    for path in &pages {
        let text = std::fs::read_to_string(path).expect("UTF-8");
        for found in link.captures_iter(&text) {
            let target = found.get(1).map_or("", |t| t.as_str());
            if target.contains("://") {
                continue;
            }
            let to = if target.is_empty() { path.clone() } else { path.parent().unwrap().join(target) };
            assert!(to.exists(), "{}: {}", path.display(), &found[0]);
            if let Some(anchor) = found.get(2).map(|a| a.as_str()) {
                assert!(
                    anchors(&std::fs::read_to_string(&to).expect("UTF-8")).contains(anchor),
                    "{}: {}",
                    path.display(),
                    &found[0]
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
}

/// The anchors of the headings of a page, as the places that host repositories make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut inside = false;
    let heading = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    text.lines()
        .filter(|line| {
            inside ^= line.starts_with("```");
            !inside && line.starts_with('#')
        })
        .map(heading)
        .collect()
}
