//! The opening comment of an SQL file, which describes the file.

use std::collections::BTreeMap;

/// The `-- key: value` lines that open an SQL file; a line of `--` and three spaces goes on with the
/// value before it.
pub(crate) fn header(text: &str) -> BTreeMap<String, String> {
    let mut header: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines().map_while(|l| l.strip_prefix("--")) {
        if line.starts_with("   ") {
            if let Some(value) = current.as_ref().and_then(|key| header.get_mut(key)) {
                *value = format!("{value} {}", line.trim());
            }
            continue;
        }
        // Any other comment ends the value before it.
        current = None;
        if let Some((key, value)) = entry(line) {
            header.insert(key.to_owned(), value.to_owned());
            current = Some(key.to_owned());
        }
    }
    header
}

/// The line, from 1, in which a key of the header stands; none without it.
pub(crate) fn line_of(text: &str, key: &str) -> Option<usize> {
    let comments = text.lines().map_while(|l| l.strip_prefix("--"));
    let is_key = |line: &str| !line.starts_with("   ") && entry(line).is_some_and(|(k, _)| k == key);
    // A key that is there twice has the value of the last line.
    comments.enumerate().filter(|(_, line)| is_key(line)).last().map(|(before, _)| before + 1)
}

/// The key and the value of a comment, without its dashes.
fn entry(line: &str) -> Option<(&str, &str)> {
    let word = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase());
    line.split_once(':').map(|(key, value)| (key.trim(), value.trim())).filter(|(key, _)| word(key))
}

#[cfg(test)]
mod tests {
    use super::{header, line_of};

    #[test]
    fn a_header_value_may_go_on() {
        let parsed = header("-- title: One\n-- why: first\n--   second: half\nSELECT 1 -- cause: no");
        assert_eq!(parsed.get("title").map(String::as_str), Some("One"));
        assert_eq!(parsed.get("why").map(String::as_str), Some("first second: half"));
        assert_eq!(parsed.len(), 2);
        let text = "-- title: One\n-- why: first\n--   second: half\n-- reads: a\nSELECT 1\n-- cause: no";
        assert_eq!(["title", "reads", "second", "cause"].map(|key| line_of(text, key)), [Some(1), Some(4), None, None]);
        let parsed = header("-- reads: a, b\n-- A comment: not a value,\n--   nor this.\nSELECT 1");
        assert_eq!(parsed.into_iter().collect::<Vec<_>>(), [("reads".to_owned(), "a, b".to_owned())]);
    }
}
