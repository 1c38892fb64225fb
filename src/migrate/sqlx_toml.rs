//! What sqlx's own configuration says of a directory of migrations.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

/// What `sqlx.toml` says of the migrations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqlxToml {
    /// The table of the history, where another one is named.
    pub table: Option<String>,
    /// The characters that no checksum counts.
    pub ignored: Vec<char>,
    /// The schemas that sqlx makes before the first migration.
    pub schemas: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    migrate: Migrate,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Migrate {
    create_schemas: Vec<String>,
    table_name: Option<String>,
    migrations_dir: Option<String>,
    ignored_chars: Vec<char>,
}

impl SqlxToml {
    /// Reads the nearest `sqlx.toml` above a directory, if it is about that directory.
    ///
    /// # Errors
    /// A usage error where the file cannot be read.
    pub fn of(directory: &Path) -> Result<SqlxToml> {
        let Ok(directory) = directory.canonicalize() else { return Ok(SqlxToml::default()) };
        let file = directory.ancestors().skip(1).map(|above| above.join("sqlx.toml")).find(|file| file.is_file());
        let Some(file) = file else { return Ok(SqlxToml::default()) };
        let wrong = |why: &str| Error::usage(format!("{} cannot be read: {why}", file.display()));
        let text = crate::files::read_text(&file).map_err(|e| wrong(&e.to_string()))?;
        let File { migrate } = toml::from_str(&text).map_err(|e| wrong(e.message()))?;
        let named = migrate.migrations_dir.as_deref().unwrap_or("migrations");
        if !file.with_file_name(named).canonicalize().is_ok_and(|named| named == directory) {
            return Ok(SqlxToml::default());
        }
        Ok(SqlxToml { table: migrate.table_name, ignored: migrate.ignored_chars, schemas: migrate.create_schemas })
    }
}

#[cfg(test)]
mod tests {
    use super::SqlxToml;

    #[test]
    fn it_is_read_for_the_directory_that_it_names() {
        let home = tempfile::tempdir().unwrap();
        for folder in ["migrations", "db/own"] {
            std::fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        let of = |text: &str, folder: &str| {
            std::fs::write(home.path().join("sqlx.toml"), text).unwrap();
            SqlxToml::of(&home.path().join(folder)).map_err(|e| e.message())
        };
        let all =
            "[common]\nx = 1\n[migrate]\ntable-name = 'a._m'\nignored-chars = [\"\\r\"]\ncreate-schemas = ['a']\n";
        let read = of(all, "migrations").unwrap();
        assert_eq!(
            read,
            SqlxToml { table: Some("a._m".to_owned()), ignored: vec!['\r'], schemas: vec!["a".to_owned()] }
        );
        assert_eq!(of(all, "db/own").unwrap(), SqlxToml::default());
        assert_eq!(of(&format!("{all}migrations-dir = 'db/own'"), "db/own").unwrap(), read);
        assert!(of("[migrate", "migrations").unwrap_err().contains("sqlx.toml cannot be read: "));
    }
}
