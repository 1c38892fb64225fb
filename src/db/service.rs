//! Connection service files, which libpq reads and sqlx does not.
//! Source of the search order and the format: PostgreSQL manual, "The Connection Service File".

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::error::{Error, Result};

/// The settings of service `name`, in the file's order. `file` stands for the user's own, where one was named.
///
/// # Errors
/// A usage error where no file defines the service, or a line is neither `key=value` nor a comment.
pub fn read(name: &str, file: Option<String>, var: &dyn Fn(&str) -> Option<String>) -> Result<Vec<(String, String)>> {
    let user_file = match file {
        Some(file) => Some(PathBuf::from(file)),
        None => var("HOME").map(|home| PathBuf::from(home).join(".pg_service.conf")),
    };
    let system_directory = var("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned());
    let files: Vec<PathBuf> =
        user_file.into_iter().chain([PathBuf::from(system_directory).join("pg_service.conf")]).collect();
    for file in &files {
        let text = match crate::files::read_text(file) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => continue,
            Err(error) => return Err(Error::usage(format!("cannot read {}: {error}", file.display()))),
        };
        if let Some(settings) = parse(&text, name).map_err(|line| {
            Error::usage(format!("{}:{line}: expected key=value in a connection service file", file.display()))
        })? {
            return Ok(settings);
        }
    }
    let looked: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    Err(Error::usage(format!("there is no connection service '{name}' in {}", looked.join(" or "))))
}

/// The settings of one section; the error is the number of the line that does not parse.
fn parse(text: &str, name: &str) -> Result<Option<Vec<(String, String)>>, usize> {
    let mut found = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            if section == name {
                found = Some(Vec::new());
            }
        } else if let Some(settings) = &mut found {
            let (key, value) = line.split_once('=').ok_or(number + 1)?;
            settings.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_the_named_section_is_read() {
        let text = "# ours\n[a]\nhost=one\n\n[b]\n host = two \nport=5433\n[c]\nnonsense";
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        assert_eq!(parse(text, "b"), Ok(Some(vec![pair("host", "two"), pair("port", "5433")])));
        assert_eq!(parse(text, "missing"), Ok(None));
        assert_eq!(parse(text, "c"), Err(9));
    }
}
