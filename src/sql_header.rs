//! SQL files that say in their opening comment what they are.

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
        let word = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase());
        if let Some((key, value)) = line.split_once(':').map(|(k, v)| (k.trim(), v.trim())).filter(|(k, _)| word(k)) {
            header.insert(key.to_owned(), value.to_owned());
            current = Some(key.to_owned());
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn a_header_value_may_go_on() {
        let parsed = header("-- title: One\n-- why: first\n--   second: half\nSELECT 1 -- cause: no");
        assert_eq!(parsed.get("title").map(String::as_str), Some("One"));
        assert_eq!(parsed.get("why").map(String::as_str), Some("first second: half"));
        assert_eq!(parsed.len(), 2);
        let parsed = header("-- reads: a, b\n-- A comment: not a value,\n--   nor this.\nSELECT 1");
        assert_eq!(parsed.into_iter().collect::<Vec<_>>(), [("reads".to_owned(), "a, b".to_owned())]);
    }
}
