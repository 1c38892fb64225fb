//! A value in the payload of a job, looked for by the server or here.

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A value that is to be found in the payload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Payload {
    /// The keys that lead to it, from the outside.
    pub path: Vec<String>,
    /// The value, as text.
    pub value: String,
}

impl Payload {
    /// The condition that a `jsonb` payload has the value; its parameter is what [`Payload::asked`] says, one of a list.
    pub(super) fn condition(&self, at: usize) -> String {
        let path = format!("ARRAY(SELECT jsonb_array_elements_text($4::jsonb -> {at} -> 'path'))");
        // A null of JSON is a value too, and its text is null.
        let mut condition =
            format!("coalesce(j.payload #>> {path}, (j.payload #> {path})::text) = ($4::jsonb -> {at} ->> 'value')");
        let held: Vec<String> = (0..self.documents().len())
            .map(|document| format!("j.payload @> ($4::jsonb -> {at} -> 'documents' ->> {document})::jsonb"))
            .collect();
        if !held.is_empty() {
            condition = format!("({}) AND {condition}", held.join(" OR "));
        }
        condition
    }

    /// The condition, as a parameter.
    pub(super) fn asked(&self) -> Value {
        json!({"path": self.path, "value": self.value, "documents": self.documents()})
    }

    /// The documents, as texts, of which a payload with the value contains one, so that an index of the payload serves.
    /// There are none where a key may be a place in a list, or the value is a list or an object.
    fn documents(&self) -> Vec<String> {
        if self.path.iter().any(|key| key.parse::<i64>().is_ok()) || self.value.starts_with(['[', '{']) {
            return Vec::new();
        }
        let within =
            |value: String| self.path.iter().rev().fold(value, |value, key| format!("{{{}:{value}}}", json!(key)));
        let is_own = matches!(self.value.as_str(), "true" | "false" | "null")
            // A number is passed on as it is written. The server writes none with an exponent.
            || self.value.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b))
                && serde_json::from_str::<&RawValue>(&self.value).is_ok();
        let own = is_own.then(|| self.value.clone());
        [json!(self.value).to_string()].into_iter().chain(own).map(within).collect()
    }

    /// True if a text is JSON and has the value.
    pub(super) fn is_in(&self, payload: &str) -> bool {
        let Ok(mut at) = serde_json::from_str::<Box<RawValue>>(payload) else { return false };
        for key in &self.path {
            let inner = match key.parse::<i64>() {
                Ok(place) if at.get().starts_with('[') => element(at.get(), place),
                // The last one of a name counts, as it does for the server.
                _ => serde_json::from_str::<HashMap<String, Box<RawValue>>>(at.get())
                    .ok()
                    .and_then(|mut of| of.remove(key)),
            };
            let Some(inner) = inner else { return false };
            at = inner;
        }
        match serde_json::from_str::<String>(at.get()) {
            Ok(text) => text == self.value,
            // Numbers are compared as they are written.
            Err(_) => at.get() == self.value,
        }
    }
}

/// The element at a place of a list, counted from its end where it is negative.
fn element(list: &str, place: i64) -> Option<Box<RawValue>> {
    let mut list: Vec<Box<RawValue>> = serde_json::from_str(list).ok()?;
    let from_start = if place < 0 { i64::try_from(list.len()).ok()?.checked_add(place)? } else { place };
    let at = usize::try_from(from_start).ok().filter(|at| *at < list.len())?;
    Some(list.swap_remove(at))
}

#[cfg(test)]
mod tests {
    use super::Payload;

    fn of(path: &str, value: &str) -> Payload {
        Payload { path: path.split('.').map(str::to_owned).collect(), value: value.to_owned() }
    }

    #[test]
    fn a_value_is_found_in_what_is_json_and_nothing_else_fails() {
        let payload = r#"{"a": [1, {"b": 1.50}], "a": {"c": true, "n": null}, "t": "x\u0000", "7": "seven"}"#;
        for (path, value, there) in [
            ("a.c", "true", true),
            ("a.n", "null", true),
            ("a.1.b", "1.50", false),
            ("7", "seven", true),
            ("t", "x\0", true),
            ("a.c", "false", false),
            ("b", "null", false),
        ] {
            assert_eq!(of(path, value).is_in(payload), there, "{path}={value}");
        }
        assert!(of("1.b", "1.50").is_in(r#"[0, {"b": 1.50}]"#) && of("-1.b", "1.50").is_in(r#"[0, {"b": 1.50}]"#));
        for none in ["", "not json", "{", "\\x7b7d", "[]", "7"] {
            assert!(!of("a.c", "true").is_in(none) && !of("0", "true").is_in(none), "{none}");
        }
    }

    #[test]
    fn what_an_index_is_asked_for_holds_each_way_of_writing_the_value() {
        let documents = |path: &str, value: &str| of(path, value).documents().join(" ");
        assert_eq!(documents("user.plan", "gold"), r#"{"user":{"plan":"gold"}}"#);
        assert_eq!(documents("n", "777.10"), r#"{"n":"777.10"} {"n":777.10}"#);
        assert_eq!(
            (documents("n", "007"), documents("n", "1e3")),
            (r#"{"n":"007"}"#.to_owned(), r#"{"n":"1e3"}"#.to_owned())
        );
        assert_eq!((documents("cards.0", "3"), documents("cards", "[3]")), (String::new(), String::new()));
    }
}
