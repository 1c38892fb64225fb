//! The pages about machine output and about pipelines say what is so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::{FAULTY, FORMATS, everything, parsed};
use crate::support::{Db, Template, file, hermetic, run};

/// Every key of a real report, with the place it stands at.
fn keys(value: &Value, place: &str, found: &mut BTreeMap<String, String>) {
    match value {
        // The kinds of a check are named by the check.
        Value::Object(fields) if place != "kinds" => {
            for (key, inner) in fields {
                found.insert(key.clone(), place.to_owned());
                keys(inner, key, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| keys(inner, place, found)),
        _ => {}
    }
}

#[test]
fn the_page_about_formats_names_every_field_column_and_format() {
    let page = std::fs::read_to_string(file("docs/output.md")).unwrap();
    let section = |title: &str| {
        let from = page.split(&format!("\n## {title}\n")).nth(1).unwrap_or_else(|| panic!("no section {title}"));
        from.split("\n## ").next().unwrap().to_owned()
    };
    let (ran, texts) = everything(&Db::new(Template::Dump(FAULTY)), &[]);
    let mut found = BTreeMap::new();
    keys(&parsed(&ran.exits(3).stdout), "the report", &mut found);
    assert!(found.len() > 40, "{found:?}");
    for (key, place) in &found {
        assert!(section("JSON").contains(&format!("`{key}`")), "{key} of {place} is not in docs/output.md");
    }
    let columns =
        texts["csv"].lines().next().unwrap().split(',').map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
    assert!(section("CSV").replace('\n', " ").contains(&columns), "the columns are {columns}");
    for row in texts["ndjson"].lines().map(parsed) {
        assert!(section("NDJSON").contains(&format!("`{}`", row["type"].as_str().unwrap())), "{row}");
    }
    for property in texts["junit"].split("<property name=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(section("JUnit").contains(&format!("`{property}`")), "{property}");
    }
    for format in FORMATS {
        assert!(page.contains(&format!("| `{format}` | ")), "{format}");
    }
}

/// What the page about pipelines shows, as it stands there: the role, the baseline, and every command.
#[test]
fn what_the_page_about_pipelines_shows_works() {
    let page = std::fs::read_to_string(file("docs/ci.md")).unwrap();
    let blocks = |language: &str| -> Vec<String> {
        let fence = format!("```{language}\n");
        page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
    };
    let db = Db::new(Template::Seeded("mimivibe"));
    let role = format!("{}_ci_audit", db.name);
    db.sql(&blocks("sql")[0].replace("ci_audit", &role));
    let folder = tempfile::tempdir().unwrap();
    let baseline = folder.path().join("audit-baseline.toml");
    std::fs::write(&baseline, &blocks("toml")[0]).unwrap();
    let mut commands: Vec<String> = [blocks("yaml"), blocks("sh")]
        .concat()
        .iter()
        .flat_map(|block| {
            block.lines().map(|l| l.trim().trim_start_matches("- ").trim_start_matches("run: ").to_owned())
        })
        .filter(|line| line.starts_with("bursar ") || line.contains("GITHUB_STEP_SUMMARY"))
        .collect();
    assert_eq!(commands.len(), 7, "{commands:?}");
    // The baseline is used as it is printed, before it is brought up to date.
    commands.sort_by_key(|command| !command.contains(" --baseline"));
    for command in &commands {
        let mut sh = std::process::Command::new("sh");
        hermetic(&mut sh);
        let binary = Path::new(env!("CARGO_BIN_EXE_bursar")).parent().unwrap().display().to_string();
        let ran = run(sh
            .args(["-ec", command])
            .current_dir(folder.path())
            .env("PATH", format!("{binary}:{}", std::env::var("PATH").unwrap()))
            .env("GITHUB_STEP_SUMMARY", folder.path().join("summary.md"))
            .env("BURSAR_APP", "mimivibe")
            .env("DATABASE_URL", db.url().replace("user=postgres", &format!("user={role}"))))
        .ok();
        if command.contains("--baseline") {
            assert!(ran.stderr.contains("1 of the baseline matches nothing any more"), "{}", ran.stderr);
        }
    }
    let written = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(
        written("summary.md"),
        written("audit.md").replace(db_time(&written("audit.md")), db_time(&written("summary.md")))
    );
    assert_eq!(parsed(&written("audit.json"))["snapshot"]["role"], "bursar_auditor");
    assert!(!written("audit-baseline.toml").contains("f68704112e26a135"), "the entry's finding is gone");
    db.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// The time of a report in Markdown.
fn db_time(markdown: &str) -> &str {
    markdown.split(" at ").nth(1).and_then(|rest| rest.split(" UTC").next()).expect("a time")
}

/// Every command that writes JSON, as its words.
fn writes_json(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    for inner in command.get_subcommands().filter(|c| c.get_name() != "help") {
        writes_json(inner, format!("{path} {}", inner.get_name()).trim_start(), found);
    }
    let json = command
        .get_arguments()
        .filter(|a| a.get_long() == Some("output"))
        .any(|a| a.get_possible_values().iter().any(|v| v.get_name() == "json"));
    if json && (!command.has_subcommands() || !command.is_subcommand_required_set()) {
        found.insert(path.to_owned());
    }
}

#[test]
fn the_page_about_formats_has_a_row_for_every_command_that_writes_json() {
    let built = bursar::commands::docs::built();
    let mut expected = BTreeSet::new();
    writes_json(&built, "", &mut expected);
    // The audit has sections of its own. Two groups do by themselves what one of their commands does.
    for known in ["audit", "audit run", "jobs", "refund"] {
        expected.remove(known);
    }
    let page = std::fs::read_to_string(file("docs/output.md")).unwrap();
    let section = page.split("\n## Other commands\n").nth(1).expect("the section");
    let mut listed = BTreeSet::new();
    for cell in section.lines().filter_map(|l| l.strip_prefix("| `")?.split(" | ").next()) {
        // `wallet show`, `history`: the group stands once.
        let mut group = "";
        for name in cell.split(", ").map(|name| name.trim_matches('`')) {
            // `inspect --diff` is a way to call it, and so is `inspect locks --watch`.
            let name = name.split(" --").next().unwrap_or_default();
            let name = if name.starts_with("inspect ") { "inspect" } else { name };
            match name.split_once(' ') {
                Some((first, _)) => {
                    group = first;
                    listed.insert(name.to_owned());
                }
                None if built.find_subcommand(name).is_some_and(|c| !c.has_subcommands()) => {
                    listed.insert(name.to_owned());
                }
                None => {
                    listed.insert(format!("{group} {name}"));
                }
            }
        }
    }
    assert_eq!(listed, expected);
}
