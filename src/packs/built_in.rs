//! The packs that are embedded in the binary, and the choice of one by name.

use std::path::{MAIN_SEPARATOR, Path};

use include_dir::{Dir, include_dir};

use super::{Pack, load};
use crate::error::{Error, Result};

/// `packs/`: a folder for each built-in pack, and `shared`, which belongs to all of them.
static PACKS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/packs");

/// The folder of a built-in pack and its name.
fn folders() -> impl Iterator<Item = (&'static str, &'static Dir<'static>)> {
    PACKS
        .dirs()
        .filter(|folder| folder.get_file(folder.path().join("pack.toml")).is_some())
        .filter_map(|folder| Some((folder.path().to_str()?, folder)))
}

/// The names of the built-in packs, in order.
pub fn names() -> Vec<&'static str> {
    folders().map(|(name, _)| name).collect()
}

/// All built-in packs, in the order of their names.
///
/// # Errors
/// A built-in pack that does not load is a defect that the test suite finds.
pub fn built_in() -> Result<Vec<Pack>> {
    folders().map(|(name, folder)| load::from_embedded(folder, name)).collect()
}

/// The files that every pack has in addition to its own.
pub(super) fn shared() -> Option<&'static Dir<'static>> {
    PACKS.get_dir("shared")
}

/// The pack that `--app` names: a built-in one by its name, or a folder on disk.
///
/// # Errors
/// Usage errors: no such pack, or a pack on disk that is wrong, with file and line.
pub fn named(name: &str) -> Result<Pack> {
    let folder = Path::new(name);
    if name.contains(MAIN_SEPARATOR) || name == "." || name == ".." {
        return load::from_disk(folder);
    }
    match folders().find(|(known, _)| *known == name) {
        Some((name, embedded)) => load::from_embedded(embedded, name),
        None if folder.join("pack.toml").is_file() => load::from_disk(folder),
        None => Err(Error::usage(format!("there is no pack '{name}'")).hint(format!(
            "the built-in packs are: {}; a folder of your own is named by its path, such as ./{name}",
            names().join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Dir, PACKS, built_in, names};

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

    #[test]
    fn a_pack_is_named_as_its_folder() {
        let names = names();
        assert!(names.is_sorted() && !names.is_empty(), "{names:?}");
        let titles: Vec<String> = built_in().expect("every pack loads").into_iter().map(|pack| pack.name).collect();
        assert_eq!(titles, names);
    }
}
