//! Types of columns, and which of them may become another.

use super::builder::{Builder, RowCheck};
use super::facts::Column;

pub(super) fn no_value(column: &Column) -> RowCheck {
    let Column { relation, name, .. } = column;
    RowCheck {
        why: format!("column {relation}.{name} must have a value in every row"),
        query: format!("SELECT * FROM {relation} WHERE {name} IS NULL"),
    }
}

/// Refuses a change of type that could lose something. Returns true if it may be made.
pub(super) fn retype(b: &mut Builder<'_>, found: &Column, wanted: &Column) -> bool {
    let (from, to) = (&found.type_name, &wanted.type_name);
    if found.collation == wanted.collation && (from == to || is_lossless(from, to)) {
        return true;
    }
    let Column { relation, name, .. } = wanted;
    let using = match from.as_str() {
        "timestamp without time zone" => format!("{name} AT TIME ZONE 'UTC', with the zone that its values are in"),
        _ => format!("{name}::{to}, where that loses nothing"),
    };
    b.plan.refusals.push(format!(
        "column {relation}.{name} is {from} and the shipped one is {to}; change it by hand: ALTER TABLE {relation} ALTER COLUMN {name} TYPE {to} USING {using}"
    ));
    false
}

/// True if every value of one type is one of the other.
fn is_lossless(from: &str, to: &str) -> bool {
    let size = |text: &str, of: &str| {
        text.strip_prefix(of)?
            .strip_prefix('(')?
            .strip_suffix(')')
            .map(|n| n.split(',').map(str::parse::<i32>).collect::<Vec<_>>())
    };
    let number = |text: &str, of: &str| match size(text, of)?.as_slice() {
        [Ok(n)] => Some((*n, 0)),
        [Ok(n), Ok(scale)] => Some((*n, *scale)),
        _ => None,
    };
    let varchar = "character varying";
    let rank = |t: &str| ["smallint", "integer", "bigint"].iter().position(|w| *w == t);
    match (from, to) {
        (_, "text" | "character varying") => from == "text" || from.starts_with(varchar),
        (_, "numeric") => from.starts_with("numeric") || rank(from).is_some(),
        _ => match (rank(from), rank(to)) {
            (Some(from), Some(to)) => from < to,
            _ => match (number(from, varchar), number(to, varchar)) {
                (Some((from, _)), Some((to, _))) => from <= to,
                _ => match (number(from, "numeric"), number(to, "numeric")) {
                    (Some((p, s)), Some((q, t))) => s <= t && p - s <= q - t,
                    _ => false,
                },
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::is_lossless;

    #[test]
    fn a_type_changes_only_where_no_value_is_lost() {
        for (from, to) in [
            ("character varying(10)", "character varying(20)"),
            ("character varying(10)", "text"),
            ("character varying", "text"),
            ("text", "character varying"),
            ("integer", "bigint"),
            ("smallint", "numeric"),
            ("numeric(4,2)", "numeric(5,2)"),
            ("numeric(4,2)", "numeric"),
        ] {
            assert!(is_lossless(from, to), "{from} → {to}");
        }
        for (from, to) in [
            ("character varying(20)", "character varying(10)"),
            ("text", "character varying(10)"),
            ("bigint", "integer"),
            ("double precision", "numeric"),
            ("timestamp without time zone", "timestamp with time zone"),
            ("numeric(4,2)", "numeric(4,3)"),
            ("character(3)", "text"),
            ("text", "uuid"),
        ] {
            assert!(!is_lossless(from, to), "{from} → {to}");
        }
    }
}
