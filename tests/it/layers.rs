//! The layering rule of `src/lib.rs`, and that no two files need each other, read off the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// The source files, each with its module below `src` and its text without comments and unit tests.
static SOURCES: LazyLock<Vec<(PathBuf, String, String)>> = LazyLock::new(sources);

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
        let code = text.split("\nmod tests {").next().unwrap();
        let path = path.strip_prefix(&root).unwrap().to_owned();
        let module = path.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        (path, module, comment.replace_all(code, "").into_owned())
    };
    files.into_iter().map(read).collect()
}

/// The modules of the crate that a text names.
fn named(text: &str) -> BTreeSet<String> {
    static PATH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)\bcrate::(?:(\w+)|\{(.*?)\};)").unwrap());
    static FIRST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:^|,)\s*(\w+)").unwrap());
    let mut all = BTreeSet::new();
    for found in PATH.captures_iter(text) {
        match (found.get(1), found.get(2)) {
            (Some(name), _) => drop(all.insert(name.as_str().to_owned())),
            (_, Some(names)) => all.extend(FIRST.captures_iter(names.as_str()).map(|name| name[1].to_owned())),
            _ => {}
        }
    }
    all
}

/// A path of a `use`, the name that it goes by, and whether others may use it from here.
struct Use {
    path: String,
    name: String,
    is_public: bool,
}

/// The files by their modules, such as `crate::db::auth`: what each uses, and its other text.
struct Files(BTreeMap<String, (Vec<Use>, String)>);

impl Files {
    fn new<'a>(sources: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Self {
        let reach = Regex::new(r"\bpub\([^)]*\)").unwrap();
        let uses = Regex::new(r"(?m)^\s*(pub\s+)?use\s+([^;]+);").unwrap();
        let read = |(path, text): (&Path, &str)| {
            let path = path.with_extension("").to_str().unwrap().replace('/', "::");
            let module = format!("crate::{path}").trim_end_matches("::mod").trim_end_matches("::lib").to_owned();
            let text = reach.replace_all(text, "pub");
            let mut all = Vec::new();
            for found in uses.captures_iter(&text) {
                branches("", &found[2], found.get(1).is_some(), &mut all);
            }
            (module, (all, uses.replace_all(&text, "").into_owned()))
        };
        Files(sources.into_iter().map(read).collect())
    }

    /// The path from the root of the crate, where it is one of the crate's.
    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let (mut at, mut rest) = (module, path);
        loop {
            (at, rest) = match rest.split_once("::").unwrap_or((rest, "")) {
                ("crate", behind) => ("crate", behind),
                ("self", behind) => (at, behind),
                ("super", behind) => (at.rsplit_once("::")?.0, behind),
                _ => break,
            };
        }
        let first = format!("{at}::{}", rest.split("::").next()?);
        let is_ours = rest.len() < path.len() || self.0.contains_key(&first);
        is_ours.then(|| format!("{at}::{rest}").trim_end_matches("::").to_owned())
    }

    /// The file that defines what a path from the root names, through whatever passes it on.
    fn definer(&self, path: &str) -> Option<&str> {
        let mut path = path.to_owned();
        // No name is passed on so often. Two that only their kinds tell apart could lead to each other for ever.
        for _ in 0..9 {
            let mut module = path.as_str();
            while !self.0.contains_key(module) {
                module = module.rsplit_once("::")?.0;
            }
            let (module, (uses, _)) = self.0.get_key_value(module)?;
            let inside = path[module.len()..].trim_start_matches("::");
            let (name, behind) = inside.split_at(inside.find("::").unwrap_or(inside.len()));
            let passed_on = uses.iter().find(|one| one.name == name).and_then(|one| self.absolute(module, &one.path));
            let Some(target) = passed_on else { return Some(module) };
            path = target + behind;
        }
        None
    }

    /// The files that a file needs. What it only passes on from below itself, it does not.
    fn needs(&self, module: &str) -> BTreeSet<&str> {
        let (uses, text) = &self.0[module];
        let below = format!("{module}::");
        let used = uses.iter().filter_map(|one| {
            let path = self.absolute(module, &one.path)?;
            (!one.is_public || !path.starts_with(&below)).then_some(path)
        });
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        let named = words.filter_map(|path| {
            let path = path.trim_matches(':');
            let (first, rest) = path.split_once("::")?;
            self.absolute(module, path).or_else(|| {
                let one = uses.iter().find(|one| one.name == first)?;
                Some(format!("{}::{rest}", self.absolute(module, &one.path)?))
            })
        });
        let needed: Vec<String> = used.chain(named).collect();
        needed.iter().filter_map(|path| self.definer(path)).filter(|other| *other != module).collect()
    }

    /// The pairs of files that need each other.
    fn pairs(&self) -> Vec<(&str, &str)> {
        let needs: BTreeMap<&str, BTreeSet<&str>> = self.0.keys().map(|m| (m.as_str(), self.needs(m))).collect();
        let pairs = needs.iter().flat_map(|(one, others)| others.iter().map(|other| (*one, *other)));
        pairs.filter(|(one, other)| one < other && needs[other].contains(one)).collect()
    }
}

/// The paths of a tree such as `a::{self, b::{c as d}}`.
fn branches(before: &str, tree: &str, is_public: bool, all: &mut Vec<Use>) {
    let mut depth = 0;
    let parts = tree.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        if let Some((path, inner)) = part.split_once('{') {
            branches(&format!("{before}{path}"), inner.strip_suffix('}').unwrap(), is_public, all);
            continue;
        }
        assert!(!part.ends_with('*'), "{before}{part}: its names cannot be followed; name each");
        let (path, alias) = part.split_once(" as ").map_or((part, None), |(path, alias)| (path, Some(alias)));
        let path = format!("{before}{path}").trim_end_matches("::self").to_owned();
        let name = alias.or(path.rsplit("::").next()).unwrap().to_owned();
        all.push(Use { path, name, is_public });
    }
}

#[test]
fn only_commands_know_a_terminal_and_the_command_line() {
    let (mut print, mut parse) = (Vec::new(), Vec::new());
    let clap = Regex::new(r"\bclap\b").unwrap();
    for (path, module, text) in &*SOURCES {
        if matches!(module.as_str(), "commands" | "output" | "main") {
            continue;
        }
        let names = named(text);
        if names.contains("output") || names.contains("commands") {
            print.push(path.clone());
        }
        if clap.is_match(text) {
            parse.push(path);
        }
    }
    assert!(print.is_empty() && parse.is_empty(), "{print:?} {parse:?}");
}

#[test]
fn no_module_needs_itself() {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, module, text) in &*SOURCES {
        needs.entry(module.clone()).or_default().extend(named(text));
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

/// The pairs of files that may need each other, two at most, each with its reason.
const PAIRS: &[(&str, &str)] = &[];

#[test]
fn no_two_files_need_each_other() {
    let files = Files::new(SOURCES.iter().map(|(path, _, text)| (path.as_path(), text.as_str())));
    assert!(files.0.len() > 100 && PAIRS.len() <= 2);
    assert_eq!(files.pairs(), PAIRS);
}

#[test]
fn files_that_need_each_other_are_seen() {
    let pairs = |texts: &[(&str, &str)]| {
        let files = Files::new(texts.iter().map(|(path, text)| (Path::new(*path), *text)));
        files.pairs().iter().map(|(one, other)| format!("{one} {other}")).collect::<Vec<_>>()
    };
    let both = ["crate::a::one crate::a::two"];
    // A re-export is followed to the file that defines the name, and is no need of the file that makes it.
    for passes_on in ["pub use one::{One, Other as Another};", "mod one;\npub(super) use self::one::One;"] {
        let one = "use super::two::two;\npub struct One; pub struct Other;";
        let texts = |two| [("a/mod.rs", passes_on), ("a/one.rs", one), ("a/two.rs", two)];
        assert_eq!(pairs(&texts("use crate::{a::{self, One}, b};")), both, "{passes_on}");
        assert_eq!(pairs(&texts("use crate::a;\npub fn two() { a::One::new(); }")), both, "{passes_on}");
        assert_eq!(pairs(&texts("pub fn two() { super::one::One::new(); }")), both, "{passes_on}");
        assert!(pairs(&texts("use serde::one;\npub(in crate::a) fn two() { one::One::new(); }")).is_empty());
    }
    // What a file uses from below itself, it needs.
    assert_eq!(
        pairs(&[("a.rs", "fn one() { two::two(); }"), ("a/two.rs", "use super::one;")]),
        ["crate::a crate::a::two"]
    );
    assert_eq!(pairs(&[("lib.rs", "use a::one;\nfn two() {}"), ("a.rs", "use crate::two;")]), ["crate crate::a"]);
}
