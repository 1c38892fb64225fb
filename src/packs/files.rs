//! The files of a pack, read from the binary or from a folder on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::{Error, Result};

/// The files of a pack by their path inside its folder.
pub(super) type Files = BTreeMap<String, String>;

/// `packs/`: a folder for each built-in pack, and `shared`, which belongs to all of them.
static PACKS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/packs");

/// The built-in packs' names and folders, in order.
pub(super) fn folders() -> impl Iterator<Item = (&'static str, &'static Dir<'static>)> {
    PACKS
        .dirs()
        .filter(|folder| folder.get_file(folder.path().join("pack.toml")).is_some())
        .filter_map(|folder| Some((folder.path().to_str()?, folder)))
}

/// The files that every pack has in addition to its own.
pub(super) fn shared() -> Option<&'static Dir<'static>> {
    PACKS.get_dir("shared")
}

/// The files that a pack may have at the top of its folder.
const TOP: [&str; 8] = [
    "pack.toml",
    "seed.toml",
    "payments.sql",
    "refunds.sql",
    "jobs.sql",
    "attempts.sql",
    "after_seed.sql",
    "adopt.sql",
];

/// The folders of a pack, each of SQL files; `ledger` has folders of any name in it.
const FOLDERS: [&str; 7] = ["ledger", "jobs", "checks", "checks/listed", "stats", "faults", "functions"];

/// The files that `ledger/`, and the folder of each named ledger in it, may have.
const LEDGER: [&str; 2] = ["entries.sql", "balances.sql"];

/// The files that `jobs/` may have.
const JOBS: [&str; 5] = ["workers.sql", "queues.sql", "schedules.sql", "claimable.sql", "pace.sql"];

/// The most bytes of all files of a pack.
const LARGEST_PACK: usize = 64 * 1024 * 1024;

/// The files of a folder that is embedded in the binary.
pub(super) fn embedded(folder: &'static Dir<'static>) -> Files {
    fn collect(folder: &'static Dir<'static>, root: &Path, files: &mut Files) {
        for file in folder.files() {
            let path = file.path().strip_prefix(root).unwrap_or(file.path());
            if let Some(text) = file.contents_utf8() {
                files.insert(path.to_string_lossy().into_owned(), text.to_owned());
            }
        }
        for inner in folder.dirs() {
            collect(inner, root, files);
        }
    }
    let mut files = Files::new();
    collect(folder, folder.path(), &mut files);
    files
}

/// The files of a pack's folder on disk, and the SQL files where a pack's would be that are no part of it. Nothing else
/// is opened, so what a `.git` or a `node_modules` holds does not matter.
///
/// # Errors
/// Usage errors: a file that cannot be read, a link that leads out of the folder, too many bytes.
pub(super) fn on_disk(folder: &Path) -> Result<(Files, Vec<String>)> {
    let remedy = "name the folder that holds pack.toml; `bursar pack list` shows the built-in packs";
    let root = folder.canonicalize().map_err(|e| unreadable(folder, &e).hint(remedy))?;
    let mut reader = Reader { folder, root, files: Files::new(), size: 0 };
    let mut passed_over = Vec::new();
    for name in names(folder).map_err(|e| e.hint(remedy))? {
        if TOP.contains(&name.as_str()) {
            reader.read(name)?;
        } else if is_sql(&name) {
            passed_over.push(name);
        }
    }
    for inside in FOLDERS {
        let path = folder.join(inside);
        if path.symlink_metadata().is_err() {
            continue;
        }
        reader.require_inside(&path, "put the files themselves into the folder")?;
        for name in names(&path)? {
            let known = match inside {
                "ledger" => LEDGER.contains(&name.as_str()),
                "jobs" => JOBS.contains(&name.as_str()),
                _ => name.ends_with(".sql"),
            };
            let name = format!("{inside}/{name}");
            if known {
                reader.read(name)?;
            } else if is_sql(&name) {
                passed_over.push(name);
            } else if inside == "ledger" && folder.join(&name).is_dir() {
                reader.require_inside(&folder.join(&name), "put the files themselves into the folder")?;
                for file in names(&folder.join(&name))? {
                    let known = LEDGER.contains(&file.as_str());
                    let file = format!("{name}/{file}");
                    if known {
                        reader.read(file)?;
                    } else if is_sql(&file) {
                        passed_over.push(file);
                    }
                }
            } else if folder.join(&name).is_dir() && !FOLDERS.contains(&name.as_str()) {
                // A folder deeper is nothing of a pack, so what it holds may be in the wrong place.
                let deeper = names(&folder.join(&name)).unwrap_or_default();
                passed_over.extend(deeper.into_iter().filter(|n| is_sql(n)).map(|n| format!("{name}/{n}")));
            }
        }
    }
    Ok((reader.files, passed_over))
}

/// A folder that is being read.
struct Reader<'a> {
    folder: &'a Path,
    /// The folder without links.
    root: PathBuf,
    files: Files,
    /// Bytes so far.
    size: usize,
}

impl Reader<'_> {
    fn read(&mut self, name: String) -> Result<()> {
        let path = self.folder.join(&name);
        self.require_inside(&path, "put the file itself into the folder")?;
        let text = crate::files::read_text(&path).map_err(|e| unreadable(&path, &e))?;
        self.size += text.len();
        if self.size > LARGEST_PACK {
            return Err(Error::usage(format!("the files of {} come to more than 64 MiB", self.folder.display())));
        }
        self.files.insert(name, text);
        Ok(())
    }

    /// A link may lead from one file of the pack to another, and nowhere else.
    fn require_inside(&self, path: &Path, hint: &str) -> Result<()> {
        if path.canonicalize().map_err(|e| unreadable(path, &e))?.starts_with(&self.root) {
            return Ok(());
        }
        Err(Error::usage(format!("{} is a link that leads out of the pack's folder", path.display())).hint(hint))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::usage(format!("cannot read {}: {error}", path.display()))
}

fn is_sql(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".sql")
}

/// The names in a folder, sorted; one that is not UTF-8 names no file of a pack.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|e| unreadable(folder, &e))?;
    let mut names: Vec<String> = entries.into_iter().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{Dir, PACKS};

    fn paths(folder: &Dir<'_>) -> Vec<String> {
        let own = folder.files().map(|file| file.path().display().to_string());
        own.chain(folder.dirs().flat_map(paths)).collect()
    }

    #[test]
    fn only_data_is_embedded() {
        let paths = paths(&PACKS);
        assert!(paths.len() > 100, "{}", paths.len());
        for path in paths {
            assert!([".toml", ".sql", ".md"].iter().any(|end| path.ends_with(end)), "{path}");
        }
    }
}
