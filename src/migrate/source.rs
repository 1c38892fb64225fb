//! Where migrations come from: folders embedded in the binary, one a set.

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha384};

use crate::error::{Error, Result};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// One migration file.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The timestamp that its name starts with.
    pub version: i64,
    /// The rest of its name, with spaces.
    pub description: String,
    /// The file, for messages.
    pub file: String,
    /// Its text.
    pub sql: String,
    /// SHA-384 over the raw bytes, which is sqlx's checksum.
    pub checksum: Vec<u8>,
}

/// An ordered set of migrations with a history of its own.
#[derive(Debug, Clone)]
pub struct Set {
    /// The name of the set: `bursar`, or a pack's name.
    pub name: String,
    /// The schema that its tables live in.
    pub schema: String,
    /// The qualified table that records what was applied, in sqlx's format.
    pub history: String,
    /// By version.
    pub migrations: Vec<Migration>,
}

impl Set {
    /// bursar's own schema, with a history of its own so that any database can take it.
    pub fn bursar() -> Result<Self> {
        Self::embedded("bursar", "bursar", "_migrations")
    }

    /// An application's schema, with sqlx's history table, so that sqlx can go on where we stopped.
    pub fn application(name: &str) -> Result<Self> {
        Self::embedded(name, "public", "_sqlx_migrations")
    }

    fn embedded(name: &str, schema: &str, history: &str) -> Result<Self> {
        let folder = EMBEDDED.get_dir(name).ok_or_else(|| {
            Error::usage(format!("bursar has no migrations for '{name}'"))
                .hint("a database of your own schema needs only a pack: `bursar audit --app DIR`")
        })?;
        let mut migrations = Vec::new();
        for file in folder.files() {
            let Some(path) = file.path().to_str().filter(|p| p.ends_with(".sql") && !p.ends_with(".down.sql")) else {
                continue;
            };
            let sql = file.contents_utf8().ok_or_else(|| Error::failed(format!("migrations/{path} is not UTF-8")))?;
            migrations.push(Migration::parse(&format!("migrations/{path}"), sql)?);
        }
        migrations.sort_by_key(|m| m.version);
        Ok(Set { name: name.to_owned(), schema: schema.to_owned(), history: format!("{schema}.{history}"), migrations })
    }
}

impl Migration {
    /// A migration from a file called `YYYYMMDDHHMMSS_snake_case.sql`.
    fn parse(file: &str, sql: &str) -> Result<Self> {
        let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".sql").trim_end_matches(".up");
        let (version, description) =
            name.split_once('_').ok_or_else(|| Error::usage(format!("{file} is not named VERSION_name.sql")))?;
        Ok(Migration {
            version: version.parse().map_err(|_| Error::usage(format!("{file} does not start with a version")))?,
            description: description.replace('_', " "),
            file: file.to_owned(),
            sql: sql.to_owned(),
            checksum: checksum(sql),
        })
    }

    /// True where the checksum is that of this text with the other kind of line ends.
    pub fn differs_only_in_line_ends(&self, recorded: &[u8]) -> bool {
        let unix = self.sql.replace("\r\n", "\n");
        [checksum(&unix), checksum(&unix.replace('\n', "\r\n"))].iter().any(|c| c == recorded)
    }
}

fn checksum(text: &str) -> Vec<u8> {
    Sha384::digest(text.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::Migration;

    #[test]
    fn a_checkout_with_other_line_ends_is_the_same_migration() {
        let unix = Migration::parse("migrations/x/20250101000000_a_b.sql", "SELECT 1;\nSELECT 2;\n").unwrap();
        let windows = Migration::parse("migrations/x/20250101000000_a_b.up.sql", "SELECT 1;\r\nSELECT 2;\r\n").unwrap();
        assert_ne!(unix.checksum, windows.checksum);
        assert!(unix.differs_only_in_line_ends(&windows.checksum));
        assert!(windows.differs_only_in_line_ends(&unix.checksum));
        assert!(!unix.differs_only_in_line_ends(b"other"));
        assert_eq!(unix.description, "a b");
    }

    #[test]
    fn the_embedded_sets_load_in_order() {
        for set in [super::Set::bursar().unwrap(), super::Set::application("mimivibe").unwrap()] {
            assert!(!set.migrations.is_empty());
            assert!(set.migrations.is_sorted_by_key(|m| m.version), "{}", set.name);
        }
    }
}
