//! The packs that are embedded in the binary, and the choice of one by name.

use std::path::{MAIN_SEPARATOR, Path};

use super::files::folders;
use super::load::{self, Marks};
use super::model::Pack;
use crate::error::{Error, Result};

/// The names of the built-in packs, in order.
pub fn names() -> Vec<&'static str> {
    folders().map(|(name, _)| name).collect()
}

/// The names of bursar's own systems, in order: their tables are made by its migrations, and it can simulate them. The
/// other built-in packs read what another project has made, and write jobs at the most.
pub fn systems() -> Vec<&'static str> {
    folders()
        .filter(|(_, folder)| folder.get_file(folder.path().join("seed.toml")).is_some())
        .map(|(name, _)| name)
        .collect()
}

/// All built-in packs, in the order of their names.
///
/// # Errors
/// A built-in pack that does not load is a defect that the test suite finds.
pub fn built_in() -> Result<Vec<Pack>> {
    folders().map(|(name, folder)| load::from_embedded(folder, name)).collect()
}

/// The marks of all built-in packs, in the order of their names.
///
/// # Errors
/// As [`built_in`].
pub fn marks() -> Result<Vec<Marks>> {
    folders().map(|(name, folder)| load::marks(folder, name)).collect()
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
    use super::{built_in, names, systems};

    #[test]
    fn a_pack_is_named_as_its_folder() {
        let names = names();
        assert!(names.is_sorted() && !names.is_empty(), "{names:?}");
        let titles: Vec<String> = built_in().expect("every pack loads").into_iter().map(|pack| pack.name).collect();
        assert_eq!(titles, names);
        let systems = systems();
        assert!(!systems.is_empty());
        for pack in built_in().expect("every pack loads") {
            assert_eq!(pack.is_system(), systems.contains(&pack.name.as_str()), "{}", pack.name);
            // Of what another project has made, only jobs are changed.
            let writes = pack.functions.iter().all(|f| f.file.ends_with("jobs.sql"));
            assert!(pack.is_system() || writes && pack.faults.is_empty(), "{} only reads", pack.name);
        }
    }
}
