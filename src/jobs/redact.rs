//! What people wrote, taken out of a job: for a screen that others see, or a ticket.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Attempt, Job, Reason, normalized};

/// What stands for a value.
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
    /// The reason, without the words of an error where that is asked for.
    #[must_use]
    pub fn redacted(mut self, redacted: bool) -> Self {
        if let Reason::Dead { error, .. } = &mut self
            && redacted
        {
            redact(error);
        }
        self
    }
}

fn redact(error: &mut Option<String>) {
    *error = error.as_deref().map(normalized);
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

    use super::hidden;

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
