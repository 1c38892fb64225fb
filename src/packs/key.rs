//! A column that rows are found by, compared in its own type, so that an index serves.

use sqlx::types::Uuid;
use sqlx::{Column as _, TypeInfo as _};

use super::Sql;
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
    /// Looks at what the query returns in a column.
    ///
    /// # Errors
    /// Where the query does not fit the database.
    pub async fn of(connection: &mut Connection, query: &Sql, column: &str) -> Result<Key> {
        let sql = format!("SELECT k.{column} FROM ({}\n) k", query.text);
        let columns = connection.columns(&sql).await?;
        Ok(match columns.first().map(|c| c.type_info().name()) {
            Some("UUID") => Key::Uuid,
            Some("INT2") => Key::Integer(16),
            Some("INT4") => Key::Integer(32),
            Some("INT8") => Key::Integer(64),
            Some("TEXT" | "VARCHAR") => Key::Text,
            _ => Key::Other,
        })
    }

    /// The value that the text means, as the column writes it; none where it can be no value.
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

    /// The smallest and the largest value that begin so, where the values of the type lie side by side then: those
    /// of a uuid do.
    pub fn range(self, beginning: &str) -> Option<(String, String)> {
        if self != Key::Uuid || beginning.len() > 36 {
            return None;
        }
        let filled = |end: &str| format!("{beginning}{}", &end[beginning.len()..]);
        let (least, most) =
            (filled("00000000-0000-0000-0000-000000000000"), filled("ffffffff-ffff-ffff-ffff-ffffffffffff"));
        // Dashes have to stand where they belong.
        Some((self.parse(&least)?, self.parse(&most)?)).filter(|(l, _)| l.starts_with(&beginning.to_lowercase()))
    }

    /// The column as rows are ordered by it.
    pub fn column(self, column: &str) -> String {
        match self {
            Key::Other => format!("{column}::text"),
            _ => column.to_owned(),
        }
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
        for (beginning, least) in [
            ("0FA8", Some("0fa80000-0000-0000-0000-000000000000")),
            ("0fa8c2d1-8f", Some("0fa8c2d1-8f00-0000-0000-000000000000")),
            ("0fa8c2d18f", None),
            ("xy", None),
            ("ดวง", None),
            ("{0fa8c2d", None),
        ] {
            assert_eq!(Key::Uuid.range(beginning).map(|r| r.0).as_deref(), least, "{beginning}");
        }
        assert_eq!(Key::Uuid.range("f").unwrap().1, "ffffffff-ffff-ffff-ffff-ffffffffffff");
        assert_eq!(Key::Text.range("0fa8"), None);
        assert_eq!(Key::Integer(32).parse("1 OR 1"), None);
        assert_eq!(Key::Text.parse(""), None);
    }
}
