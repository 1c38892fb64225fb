//! The sources of migrations: folders embedded in the binary, one a set, or a directory.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha384};

use super::foreign;
use super::formats::{self, Folder, Format, Part};
use super::model::{Direction, Progress};
use super::script::{Script, Steps};
use super::sqlx_toml::SqlxToml;
use crate::db::quote_identifier;
use crate::error::{Error, Result, ResultExt as _};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// The table of sqlx's runner, which both share.
pub const SQLX_TABLE: &str = "_sqlx_migrations";

/// One migration: a file, or a pair of them.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The timestamp that its name starts with.
    pub version: i64,
    /// The rest of its name, with spaces.
    pub description: String,
    /// The format of its files.
    pub format: Format,
    /// The script that applies it.
    pub up: Script,
    /// The script that takes it back, if there is one.
    pub down: Option<Script>,
    /// SHA-384 over the text of `up`, which is sqlx's checksum: of the whole file in bursar's own format, and otherwise
    /// of what the same migration is in it, so that it can be imported later.
    pub checksum: Vec<u8>,
    /// The characters that the checksum does not count.
    pub ignored: Vec<char>,
}

/// An ordered set of migrations with a history of its own.
#[derive(Debug, Clone)]
pub struct Set {
    /// The name of the set: `bursar`, a pack's name, or `source` for a directory of no pack.
    pub name: String,
    /// The schema that its history and its tables live in.
    pub schema: String,
    /// The table there that records what was applied, in sqlx's format.
    table: String,
    /// The name of its runs and of its schema in bursar's records. Two directories may both be `source`, and two histories
    /// may have one name in two schemas, so that a directory's is that of its history with the schema. The dot in it keeps
    /// it apart from the name of any pack.
    pub(super) run_name: String,
    /// True if bursar brings its files, so that they are run with the settings that they were written for.
    pub(super) is_ours: bool,
    /// The format of its files.
    pub format: Format,
    /// By version.
    pub migrations: Vec<Migration>,
    /// Notes: each file that looks like a migration and is none, with the reason, and each name that cannot be shown.
    pub notes: Vec<String>,
}

impl Set {
    /// bursar's own schema, with a history of its own so that any database can take it.
    pub fn bursar() -> Result<Self> {
        Self::embedded("bursar", "bursar", "_migrations")
    }

    /// An application's schema, with sqlx's history table, so that sqlx can go on where we stopped.
    pub fn application(name: &str) -> Result<Self> {
        Self::embedded(name, "public", SQLX_TABLE)
    }

    /// The migrations of a directory; `schema` is the one that sqlx's table is in, or would be.
    ///
    /// # Errors
    /// Usage errors: as [`formats::read`]; the directory holds no migration, a file is misnamed or not UTF-8, two have one
    /// version.
    pub fn directory(directory: &Path, name: &str, schema: &str) -> Result<Self> {
        let set = Self::read(directory, name, schema)?;
        if set.migrations.is_empty() {
            return Err(foreign::empty(directory));
        }
        Ok(set)
    }

    /// The migrations of a directory that may hold none yet.
    fn read(directory: &Path, name: &str, schema: &str) -> Result<Self> {
        let Folder { format, parts, notes } = formats::read(directory)?;
        let ignored = if format == Format::Sqlx { SqlxToml::of(directory)?.ignored } else { Vec::new() };
        Ok(Set {
            name: name.to_owned(),
            schema: schema.to_owned(),
            table: SQLX_TABLE.to_owned(),
            run_name: format!("{schema}.{SQLX_TABLE}"),
            is_ours: false,
            format,
            migrations: pairs(format, &ignored, parts)?,
            notes,
        })
    }

    fn embedded(name: &str, schema: &str, table: &str) -> Result<Self> {
        let folder = EMBEDDED.get_dir(name).ok_or_else(|| {
            Error::usage(format!("bursar has no migrations for '{name}'")).hint(
                "migrate a project of your own with --source DIR; a database that has its tables already needs only a pack, `bursar audit --app DIR`, and for what bursar keeps itself: `bursar migrate up --only bursar`",
            )
        })?;
        let files = folder.files().filter(|f| f.path().extension().is_some_and(|e| e == "sql"));
        let files = files.map(|f| (format!("migrations/{}", f.path().display()), f.contents().to_owned())).collect();
        Ok(Set {
            name: name.to_owned(),
            schema: schema.to_owned(),
            table: table.to_owned(),
            run_name: name.to_owned(),
            is_ours: true,
            format: Format::Sqlx,
            migrations: pairs(Format::Sqlx, &[], formats::sqlx(files)?)?,
            notes: Vec::new(),
        })
    }

    /// The set with another table of its history, whose name needs no quotes.
    #[must_use]
    pub fn with_history(self, table: &str) -> Self {
        Set { table: table.to_owned(), run_name: format!("{}.{table}", self.schema), ..self }
    }

    /// The set as that of the application whose tables are in this schema, where its history is the application's own:
    /// the audit compares with what such a run leaves.
    #[must_use]
    pub fn of_application(self, name: &str, schema: &str) -> Self {
        if self.schema != schema || self.has_history_of_its_own() {
            return self;
        }
        Set { run_name: name.to_owned(), ..self }
    }

    /// True if its history was named, and is not the one that projects have without a word.
    pub fn has_history_of_its_own(&self) -> bool {
        self.table != SQLX_TABLE
    }

    /// True if its files are in the binary.
    pub fn is_embedded(&self) -> bool {
        self.is_ours
    }

    /// The history's name as SQL.
    pub fn history(&self) -> String {
        format!("{}.{}", quote_identifier(&self.schema), self.table)
    }

    /// The history's name without quotes, for [`crate::db::relation_exists`].
    pub fn history_plain(&self) -> String {
        format!("{}.{}", self.schema, self.table)
    }

    /// The migration of this version.
    pub fn get(&self, version: i64) -> Option<&Migration> {
        self.migrations.iter().find(|m| m.version == version)
    }
}

impl Migration {
    /// The script of this direction.
    ///
    /// # Errors
    /// A usage error if nobody wrote how to take it back.
    pub fn script(&self, direction: Direction) -> Result<&Script> {
        match (direction, &self.down) {
            (Direction::Up, _) => Ok(&self.up),
            (Direction::Down, Some(down)) => Ok(down),
            (Direction::Down, None) if self.up.padding > 0 => Err(Error::refused(format!(
                "{} has no way back: no statement stands below its line for it",
                self.up.file
            ))
            .hint("write one, or correct it with a new migration")),
            (Direction::Down, None) => {
                let file = &self.up.file;
                match formats::way_back(self.format, file) {
                    Some(back) => Err(Error::refused(format!("{file} has no way back: there is no {back}"))
                        .hint("write one, or correct it with a new migration")),
                    None => Err(Error::refused(format!(
                        "{file} has no way back, because the format of {} has none",
                        self.format.name()
                    ))
                    .hint("correct it with a new migration")),
                }
            }
        }
    }

    /// The place of the statement with which one that is half done goes on.
    pub fn next_statement(&self, progress: Progress) -> Option<String> {
        let script = self.script(progress.direction).ok()?;
        let Ok(Steps::Singly(_, steps)) = script.steps_of_rest() else { return None };
        let step = steps.get(usize::try_from(progress.statements_done).ok()?)?;
        Some(format!("{}:{}", script.file, script.text[..step.at].matches('\n').count() + 1))
    }

    /// True if the checksum is that of this text with the other kind of line ends.
    pub fn differs_only_in_line_ends(&self, recorded: &[u8]) -> bool {
        let unix = self.up.canonical().replace("\r\n", "\n");
        [unix.replace('\n', "\r\n"), unix].iter().any(|text| checksum_without(&self.ignored, text) == recorded)
    }
}

/// Puts each part that takes back beside the one that applies, by version.
fn pairs(format: Format, ignored: &[char], parts: Vec<Part>) -> Result<Vec<Migration>> {
    let mut migrations: Vec<Migration> = Vec::new();
    let mut downs = Vec::new();
    for Part { version, description, down, mut script } in parts {
        script.format = format;
        if down {
            downs.push((version, script));
            continue;
        }
        let (checksum, ignored) = (checksum_without(ignored, &script.canonical()), ignored.to_vec());
        migrations.push(Migration { version, description, format, up: script, down: None, checksum, ignored });
    }
    migrations.sort_by_key(|m| m.version);
    if let Some(two) = migrations.windows(2).find(|two| two[0].version == two[1].version) {
        return Err(formats::same_version(&two[0].up.file, &two[1].up.file));
    }
    for (version, script) in downs {
        let of = migrations.iter_mut().find(|m| m.version == version);
        let of = of.ok_or_else(|| {
            Error::usage(format!("{} has no matching up script", script.file))
                .hint("write that script, or remove this one")
        })?;
        if let Some(other) = of.down.replace(script) {
            return Err(Error::usage(format!("{} is there twice", other.file)).hint("remove one of the two"));
        }
    }
    Ok(migrations)
}

/// The checksum of sqlx over a text without these characters.
fn checksum_without(ignored: &[char], text: &str) -> Vec<u8> {
    if ignored.is_empty() { checksum(text) } else { checksum(&text.replace(ignored, "")) }
}

/// The checksum of sqlx.
pub fn checksum(text: &str) -> Vec<u8> {
    Sha384::digest(text.as_bytes()).to_vec()
}

/// The files of an empty migration behind the last one of a directory, which is made where there is none: their paths
/// and their texts. `now` is the time as a version, YYYYMMDDHHMMSS in UTC.
///
/// # Errors
/// Usage errors: the name is no snake_case; as [`Set::directory`].
pub fn drafts(directory: &Path, name: &str, now: i64, reversible: bool) -> Result<Vec<(PathBuf, String)>> {
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !fits {
        let mut better = String::new();
        for c in name.to_lowercase().chars() {
            let c = if c.is_ascii_alphanumeric() { c } else { '_' };
            if c != '_' || !better.ends_with('_') {
                better.push(c);
            }
        }
        let better = better.trim_matches('_');
        let better = if better.is_empty() { "add_index" } else { better };
        return Err(Error::usage(format!("'{name}' is not in snake_case")).hint(format!("bursar migrate new {better}")));
    }
    std::fs::create_dir_all(directory).map_err(Error::from).context(format!("cannot make {}", directory.display()))?;
    let set = Set::read(directory, "source", "public")?;
    if set.format != Format::Sqlx {
        return Err(Error::usage(format!(
            "{} holds migrations of another format ({}), and bursar writes only VERSION_name.sql; nothing was written",
            directory.display(),
            set.format.name()
        ))
        .hint("write it as the other files are named"));
    }
    let latest = set.migrations.last().map_or(0, |m| m.version);
    let version = now.max(latest + 1);
    // Where each file is one of a pair, a tool that goes by the endings may pass over any other one.
    let is_paired = set.migrations.last().is_some() && set.migrations.iter().all(|m| m.up.file.ends_with(".up.sql"));
    let kinds = if reversible || is_paired { &[".up.sql", ".down.sql"][..] } else { &[".sql"][..] };
    let mut files = Vec::new();
    for kind in kinds {
        let path = directory.join(format!("{version:014}_{name}{kind}"));
        let text = match *kind {
            ".down.sql" => format!("-- Takes back {}.\n", name.replace('_', " ")),
            _ => format!("-- {}.\n", name.replace('_', " ")),
        };
        files.push((path, text));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Format, Migration, drafts};
    use crate::error::Result;
    use crate::migrate::formats::sqlx;

    fn pairs(files: Vec<(String, Vec<u8>)>) -> Result<Vec<Migration>> {
        super::pairs(Format::Sqlx, &[], sqlx(files)?)
    }

    fn files(names: &[&str]) -> Vec<(String, Vec<u8>)> {
        names.iter().map(|name| ((*name).to_owned(), b"SELECT 1;\nSELECT 2;\n".to_vec())).collect()
    }

    #[test]
    fn a_checkout_with_other_line_ends_is_the_same_migration() {
        let unix =
            &pairs(vec![("d/20250101000000_a_b.sql".to_owned(), b"SELECT 1;\nSELECT 2;\n".to_vec())]).unwrap()[0];
        let windows =
            &pairs(vec![("d/20250101000000_a_b.sql".to_owned(), b"SELECT 1;\r\nSELECT 2;\r\n".to_vec())]).unwrap()[0];
        assert_ne!(unix.checksum, windows.checksum);
        assert!(unix.differs_only_in_line_ends(&windows.checksum));
        assert!(windows.differs_only_in_line_ends(&unix.checksum));
        assert!(!unix.differs_only_in_line_ends(b"other"));
        assert_eq!(unix.description, "a b");
    }

    #[test]
    fn a_pair_is_one_migration_and_what_has_no_pair_is_an_error() {
        let found = pairs(files(&["9_b.sql", "7_a.down.sql", "7_a.up.sql"])).unwrap();
        assert_eq!(found.iter().map(|m| (m.version, m.down.is_some())).collect::<Vec<_>>(), [(7, true), (9, false)]);
        for (wrong, why) in [
            (&["7_a.down.sql"][..], "has no matching up script"),
            (&["7_a.sql", "7_b.sql"], "have the same version"),
            (&["7_a.sql", "7_a.down.sql", "7_b.down.sql"], "is there twice"),
        ] {
            assert!(pairs(files(wrong)).unwrap_err().message().contains(why), "{wrong:?}");
        }
        assert_eq!(pairs(files(&["7_a.sql", "seed.sql"])).unwrap().len(), 1);
        assert!(pairs(files(&["20250101.sql"])).is_err());
        assert!(pairs(vec![("1_a.sql".to_owned(), vec![0xff])]).unwrap_err().message().contains("is not UTF-8"));
    }

    #[test]
    fn a_new_migration_is_the_last_one() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("migrations");
        let made = drafts(&directory, "first", 20_250_101_000_000, false).unwrap();
        let (first, text) = &made[0];
        assert!(first.ends_with("20250101000000_first.sql") && text == "-- first.\n", "{made:?}");
        std::fs::write(first, text).unwrap();
        let made = drafts(&directory, "second", 20_240_101_000_000, true).unwrap();
        assert!(made[0].0.ends_with("20250101000001_second.up.sql"), "{made:?}");
        assert!(made[1].0.ends_with("20250101000001_second.down.sql"), "{made:?}");
        let error = drafts(&directory, "Add Übung!", 0, false).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("bursar migrate new add_bung"));
    }

    #[test]
    fn the_embedded_sets_load_in_order() {
        let systems = crate::packs::systems();
        for name in crate::packs::names() {
            assert_eq!(super::Set::application(name).is_ok(), systems.contains(&name), "{name}");
        }
        let applications = systems.into_iter().map(|name| super::Set::application(name).unwrap());
        for set in std::iter::once(super::Set::bursar().unwrap()).chain(applications) {
            assert!(!set.migrations.is_empty());
            assert!(set.migrations.is_sorted_by_key(|m| m.version), "{}", set.name);
        }
    }
}
