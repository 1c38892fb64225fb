//! A column that rows are found by, compared in its own type, so that an index serves.

use sqlx::types::Uuid;
use sqlx::{Column as _, TypeInfo as _};

use super::sql::Sql;
use crate::db::Connection;
use crate::error::Result;

/// The type of a column of a pack's query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `uuid`.
    Uuid,
    /// An integer of this many bits.
    Integer(u8),
    /// Text as it is.
    Text,
    /// Anything else, compared by its text.
    Other,
}

impl Key {
    /// Finds the type of a column of the query.
    ///
    /// # Errors
    /// If the query does not fit the database.
    pub async fn of(connection: &mut Connection, query: &Sql, column: &str) -> Result<Key> {
        let sql = format!("SELECT k.{column} FROM ({}\n) k", query.text);
        let columns = connection.columns(&sql).await?;
        Ok(Key::of_type(columns.first().map(|c| c.type_info().name())))
    }

    /// The key that a column of this type is.
    pub fn of_type(name: Option<&str>) -> Key {
        match name {
            Some("UUID") => Key::Uuid,
            Some("INT2") => Key::Integer(16),
            Some("INT4") => Key::Integer(32),
            Some("INT8") => Key::Integer(64),
            Some("TEXT" | "VARCHAR") => Key::Text,
            _ => Key::Other,
        }
    }

    /// The value that the text means, in the column's notation; none for a text that is no value of the type.
    pub fn parse(self, text: &str) -> Option<String> {
        match self {
            Key::Uuid => Uuid::try_parse(text).ok().map(|id| id.to_string()),
            Key::Integer(bits) => text
                .parse::<i64>()
                .ok()
                .filter(|n| n.checked_shr(u32::from(bits) - 1).is_some_and(|high| matches!(high, 0 | -1)))
                .map(|n| n.to_string()),
            Key::Text | Key::Other => (!text.is_empty()).then(|| text.to_owned()),
        }
    }

    /// The column as rows are ordered by it.
    pub fn column(self, column: &str) -> String {
        match self {
            Key::Other => format!("{column}::text"),
            _ => column.to_owned(),
        }
    }

    /// The condition that a column begins as [`Key::bounds`] says, which are given as an array of texts.
    pub fn begins(self, column: &str, parameter: &str) -> String {
        match self {
            Key::Uuid => format!("{column} BETWEEN ({parameter}::text[])[1]::uuid AND ({parameter}::text[])[2]::uuid"),
            _ => format!("starts_with({column}::text, ({parameter}::text[])[1])"),
        }
    }

    /// The array that [`Key::begins`] needs to find the values with this prefix; none if no value can have it. For
    /// a uuid it holds the first and the last value, so that an index serves.
    pub fn bounds(self, prefix: &str) -> Option<Vec<String>> {
        if self != Key::Uuid {
            return Some(vec![prefix.to_owned()]);
        }
        let form = "00000000-0000-0000-0000-000000000000";
        let fits = |(c, f): (char, char)| if f == '-' { c == '-' } else { c.is_ascii_hexdigit() };
        if prefix.len() > form.len() || !prefix.chars().zip(form.chars()).all(fits) {
            return None;
        }
        let filled = |digit: &str| format!("{}{}", prefix.to_lowercase(), form[prefix.len()..].replace('0', digit));
        Some(vec![filled("0"), filled("f")])
    }

    /// A parameter that is given as text, to be compared with [`Key::column`].
    pub fn parameter(self, parameter: &str) -> String {
        match self {
            Key::Uuid => format!("{parameter}::text::uuid"),
            Key::Integer(bits) => format!("{parameter}::text::int{}", bits / 8),
            Key::Text | Key::Other => format!("{parameter}::text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn the_beginning_of_a_uuid_is_a_range_of_them() {
        let bounds = |prefix: &str| Key::Uuid.bounds(prefix).map(|b| b.join(" "));
        assert_eq!(
            bounds("0Fa").as_deref(),
            Some("0fa00000-0000-0000-0000-000000000000 0fafffff-ffff-ffff-ffff-ffffffffffff")
        );
        assert_eq!(
            bounds("0fa8c2d1-8").as_deref(),
            Some("0fa8c2d1-8000-0000-0000-000000000000 0fa8c2d1-8fff-ffff-ffff-ffffffffffff")
        );
        let whole = "0fa8c2d1-8f31-4b6e-9a51-000000000001";
        assert_eq!(bounds(whole), Some(format!("{whole} {whole}")));
        for none in ["pi_3", "0fa8c2d18", "ก", "0fa8c2d1-8f31-4b6e-9a51-0000000000011", "'", "0fa8c2d1ก"] {
            assert_eq!(bounds(none), None, "{none}");
        }
        assert_eq!(Key::Text.bounds("pi_"), Some(vec!["pi_".to_owned()]));
    }

    #[test]
    fn a_text_is_a_value_of_the_type_or_none() {
        let id = "0FA8C2D1-8f31-4b6e-9a51-000000000001";
        assert_eq!(Key::Uuid.parse(id), Some(id.to_lowercase()));
        assert_eq!(Key::Uuid.parse("0fa8c2d1"), None);
        for (bits, inside, outside) in [
            (16, "-32768", "32768"),
            (32, "2147483647", "-2147483649"),
            (64, "-9223372036854775808", "9223372036854775808"),
        ] {
            assert_eq!(Key::Integer(bits).parse(inside).as_deref(), Some(inside));
            assert_eq!(Key::Integer(bits).parse(outside), None);
        }
        assert_eq!(Key::Integer(32).parse("1 OR 1"), None);
        assert_eq!(Key::Text.parse(""), None);
    }
}
