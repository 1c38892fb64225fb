//! The checks, each a file.

use include_dir::{Dir, include_dir};

use crate::error::{Error, Result};
use crate::sql_header::header;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/inspect/checks");

/// A check.
#[derive(Debug, Clone)]
pub struct Check {
    /// The id: the topic, a point, and the name within the topic.
    pub id: String,
    /// The statement that holds if the check passes, or the subject that it shows.
    pub title: String,
    /// The reason why the check matters.
    pub why: String,
    /// The action that a finding calls for.
    pub remedy: String,
    /// The extension that it reads, where it needs one.
    pub(super) extension: Option<String>,
    /// The role whose rights it needs to see what others do.
    pub(super) role: Option<String>,
    pub(super) sql: &'static str,
}

impl Check {
    /// The topic: the id up to its point.
    pub fn topic(&self) -> &str {
        self.id.split('.').next().unwrap_or(&self.id)
    }

    /// The statement for a major version of the server, without comments: these may have characters that the
    /// database's encoding lacks. A line that ends with `-- since 17` or `-- until 16` is for such servers only.
    pub(super) fn statement(&self, major: u32) -> String {
        let mut statement = String::with_capacity(self.sql.len());
        for line in self.sql.lines() {
            let outside = |at: &usize| line[..*at].matches('\'').count() % 2 == 0;
            let comment = line.match_indices("--").map(|(at, _)| at).find(outside);
            let (sql, comment) = comment.map_or((line, ""), |at| (&line[..at], line[at + 2..].trim()));
            let bound = |word: &str| comment.strip_prefix(word).and_then(|number| number.parse::<u32>().ok());
            let other = bound("since ").is_some_and(|n| major < n) || bound("until ").is_some_and(|n| major > n);
            if !other && !sql.trim().is_empty() {
                statement.push_str(sql.trim_end());
                statement.push('\n');
            }
        }
        statement
    }
}

/// Every check, by topic.
///
/// # Errors
/// A defect of the program: a file without its header.
pub fn checks() -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    for file in FILES.files() {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().unwrap_or_default();
        let mut header = header(text);
        let mut take = |key: &str| {
            header.remove(key).ok_or_else(|| Error::failed(format!("the check {name} lacks its `-- {key}:`")))
        };
        let (title, why, remedy) = (take("title")?, take("why")?, take("remedy")?);
        let needs = take("needs").unwrap_or_default();
        let need = |what: &str| needs.split(',').find_map(|n| n.trim().strip_prefix(what)).map(|n| n.trim().to_owned());
        checks.push(Check {
            id: name.trim_end_matches(".sql").to_owned(),
            title,
            why,
            remedy,
            extension: need("extension "),
            role: need("role "),
            sql: text,
        });
    }
    checks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::checks;

    #[test]
    fn every_check_says_what_it_is_and_what_to_do() {
        let checks = checks().unwrap();
        assert!(checks.len() >= 30);
        for check in checks {
            for major in [15, 18] {
                let statement = check.statement(major);
                assert!(statement.is_ascii() && !statement.contains("--"), "{}: {statement}", check.id);
            }
            assert!(check.id.split('.').count() == 2 && !check.remedy.is_empty(), "{}", check.id);
            assert!(check.role.as_deref().is_none_or(|r| r.starts_with("pg_")), "{}", check.id);
        }
    }
}
