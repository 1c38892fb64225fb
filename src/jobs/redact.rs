//! Redacting what people wrote in a job: for a screen that others see, or a ticket.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::find::Attempt;
use super::fingerprint::normalized;
use super::model::Job;
use super::reason::Reason;

/// The text in the place of a value.
const HIDDEN: &str = "(redacted)";

impl Job {
    /// Leaves of payload and result only the outermost keys, and of the error what it has in common with others.
    pub fn redact(&mut self) {
        for value in [&mut self.payload, &mut self.result].into_iter().flatten() {
            *value = hidden(value);
        }
        redact(&mut self.error);
    }
}

impl Attempt {
    /// Leaves of the error what it has in common with others.
    pub fn redact(&mut self) {
        redact(&mut self.error);
    }
}

impl Reason {
    /// The reason, without the words of an error or a key where that is asked for.
    #[must_use]
    pub fn redacted(mut self, redacted: bool) -> Self {
        if let Reason::Dead { error, .. } | Reason::Cancelled { reason: error, .. } = &mut self
            && redacted
        {
            redact(error);
        }
        // What blocks it is often a key, or a lock with the name of one.
        if let Reason::Blocked { by: Some(by) } = &mut self
            && redacted
        {
            HIDDEN.clone_into(by);
        }
        // A key is often made of a customer's id or address.
        if let Reason::Dead { key_holder: Some(holder), .. }
        | Reason::Cancelled { key_holder: Some(holder), .. }
        | Reason::LeaseOver { key_holder: Some(holder), .. } = &mut self
            && redacted
        {
            HIDDEN.clone_into(&mut holder.key);
        }
        self
    }
}

fn redact(error: &mut Option<String>) {
    *error = error.as_deref().map(|error| normalized(&without_words(error)));
}

/// The error without what is quoted and without addresses. More is taken for a quotation here than where errors are
/// grouped: one that is never closed, as where the application cut the text, goes to the end.
fn without_words(error: &str) -> String {
    let mut quoteless = String::new();
    let mut chars = error.chars();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let closed_by: &[char] = match c {
            '"' | '`' => &[c],
            '\'' if !before.is_alphanumeric() => &['\''],
            '“' | '„' => &['”', '“'],
            '‘' | '‚' => &['’', '‘'],
            '«' => &['»'],
            _ => &[],
        };
        before = c;
        if closed_by.is_empty() {
            quoteless.push(c);
            continue;
        }
        quoteless.push_str("'…'");
        while let Some(quoted) = chars.next() {
            if quoted == '\\' {
                chars.next();
            } else if closed_by.contains(&quoted) {
                break;
            }
        }
    }
    let separates = |c: char| c.is_whitespace() || "<>()[]{},;=|".contains(c);
    let words = quoteless.split_inclusive(separates).map(|piece| {
        let word = piece.trim_end_matches(separates);
        let is_address = word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        if is_address { format!("#{}", &piece[word.len()..]) } else { piece.to_owned() }
    });
    words.collect()
}

fn hidden(value: &RawValue) -> Box<RawValue> {
    let keys: Option<Map<String, Value>> =
        serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(value.get())
            .ok()
            .map(|keys| keys.into_keys().map(|key| (key, Value::from(HIDDEN))).collect());
    let hidden = keys.map_or_else(|| Value::from(HIDDEN), Value::Object);
    // A value of texts can always be written.
    serde_json::value::to_raw_value(&hidden).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{hidden, without_words};

    #[test]
    fn what_people_wrote_is_hidden_however_it_is_quoted_and_where_it_was_cut() {
        for (error, expected) in [
            ("no card named 'The Fool' in it's deck", "no card named '…' in it's deck"),
            (r#"{"error":"say \"hello Ada\" now"}"#, "{'…':'…'}"),
            ("they said “call Ada” and «Ada» and ‘Ada’", "they said '…' and '…' and '…'"),
            ("the prompt was 'tell me about Ada", "the prompt was '…'"),
            ("no user ada.l+shop@example.com, or <a%b@example.com>", "no user #, or <#>"),
            ("\"", "'…'"),
            ("\"\\", "'…'"),
            ("ดวง @ 7", "ดวง @ 7"),
        ] {
            assert_eq!(without_words(error), expected, "{error}");
        }
    }

    #[test]
    fn only_the_outermost_keys_stay() {
        for (from, to) in [
            (r#"{"user": {"name": "Ada"}, "n": [1, 2]}"#, r#"{"n":"(redacted)","user":"(redacted)"}"#),
            (r#"["Ada"]"#, r#""(redacted)""#),
            ("7", r#""(redacted)""#),
            ("{}", "{}"),
        ] {
            assert_eq!(hidden(&RawValue::from_string(from.to_owned()).unwrap()).get(), to);
        }
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(hidden(&RawValue::from_string(deep).unwrap()).get(), r#"{"a":"(redacted)"}"#);
    }
}
