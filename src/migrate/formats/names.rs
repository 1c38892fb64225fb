//! Files whose whole text is a migration: those that are named as sqlx names them, and those with plain numbers.

use super::format::Format;
use super::model::{Part, name_of, text, version_of, words};
use crate::error::{Error, Result};
use crate::migrate::script::Script;

/// The parts of a file's name.
#[derive(Debug, PartialEq, Eq)]
struct Name {
    version: i64,
    description: String,
    down: bool,
}

/// True if a file is named as a migration is. sqlx passes over what is not; a version without a name is a slip.
pub fn is_named_as_one(file: &str) -> bool {
    let name = name_of(file);
    name.contains('_') || name.starts_with(|c: char| c.is_ascii_digit())
}

/// The format of these files by their names. A folder is of plain numbers where none of them has sqlx's form.
pub fn format_of<'a>(files: impl Iterator<Item = &'a str>) -> Format {
    let mut numbered = false;
    for file in files {
        match version_of(name_of(file)) {
            Some((_, rest)) if rest.starts_with('_') => return Format::Sqlx,
            Some(_) => numbered = true,
            None => {}
        }
    }
    if numbered { Format::Numbered } else { Format::Sqlx }
}

/// A migration of this file, in one direction.
pub fn part(format: Format, file: String, bytes: Vec<u8>) -> Result<Part> {
    let Name { version, description, down } = match format {
        Format::Numbered => numbered(&file)?,
        _ => parse(&file)?,
    };
    let text = text(&file, bytes)?;
    // psql skips it too.
    let script = match text.strip_prefix('\u{feff}') {
        Some(rest) => Script { marked: true, ..Script::new(file, rest.to_owned()) },
        None => Script::new(file, text),
    };
    Ok(Part { version, description, down, script })
}

/// The migrations of files that are named as sqlx names them; what is named otherwise is passed over.
pub fn sqlx(files: Vec<(String, Vec<u8>)>) -> Result<Vec<Part>> {
    let files = files.into_iter().filter(|(file, _)| is_named_as_one(file));
    files.map(|(file, bytes)| part(Format::Sqlx, file, bytes)).collect()
}

/// Refuses names that are no migration's.
pub fn check(format: Format, file: &str) -> Result<(i64, bool)> {
    let name = if format == Format::Numbered { numbered(file)? } else { parse(file)? };
    Ok((name.version, name.down))
}

fn misnamed(file: &str, why: &str) -> Error {
    Error::usage(format!("{file} {why}")).hint("name it YYYYMMDDHHMMSS_snake_case.sql; `bursar migrate new NAME` does")
}

fn stem(file: &str) -> (&str, bool) {
    let stem = name_of(file).trim_end_matches(".sql");
    match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem.strip_suffix(".up").unwrap_or(stem), false),
    }
}

/// Refuses a name that ends as other tools name the way back, which would be run as a way up.
fn refuse_ending(file: &str, stem: &str) -> Result<()> {
    let Some((_, ending)) = stem.rsplit_once('.') else { return Ok(()) };
    let word = ending.to_ascii_lowercase();
    if BACK.iter().chain(&FORTH).all(|known| *known != word) {
        return Ok(());
    }
    Err(Error::usage(format!("{file} ends in .{ending}.sql, and bursar knows only .up.sql and .down.sql"))
        .hint("rename it"))
}

/// Reads names of the forms `VERSION_name.sql`, `VERSION_name.up.sql` and `VERSION_name.down.sql`, as sqlx does.
fn parse(file: &str) -> Result<Name> {
    let (stem, down) = stem(file);
    refuse_ending(file, stem)?;
    let (version, description) = stem.split_once('_').ok_or_else(|| misnamed(file, "is not named VERSION_name.sql"))?;
    let version =
        version.parse().ok().filter(|v| *v >= 0).ok_or_else(|| misnamed(file, "does not start with a version"))?;
    Ok(Name { version, description: description.replace('_', " "), down })
}

/// Reads names of the forms `VERSION-name.sql` and `VERSION.sql`.
fn numbered(file: &str) -> Result<Name> {
    let (stem, down) = stem(file);
    refuse_ending(file, stem)?;
    let (version, rest) = version_of(stem).ok_or_else(|| misnamed(file, "does not start with a version"))?;
    if !rest.is_empty() && !rest.starts_with('-') {
        return Err(misnamed(file, "is not named VERSION_name.sql, VERSION-name.sql or VERSION.sql"));
    }
    Ok(Name { version, description: words(rest), down })
}

/// The words that other tools end the name of a way back with, and the name of a way up.
const BACK: [&str; 4] = ["down", "rollback", "undo", "revert"];
const FORTH: [&str; 2] = ["up", "do"];

/// A name without such a word behind a dash or an underscore.
fn without<'a>(stem: &'a str, endings: &[&str]) -> Option<&'a str> {
    let (rest, ending) = stem.rsplit_once(['_', '-'])?;
    endings.contains(&ending.to_ascii_lowercase().as_str()).then_some(rest)
}

/// Refuses a file that is named as the way back of another one in a way that no name of bursar's own is, such as
/// `1_a_down.sql` beside `1_a_up.sql`: it would run as a way up. Alone, such an ending may be a part of the name.
///
/// # Errors
/// A usage error with both files.
pub fn refuse_pairs(files: &[&str]) -> Result<()> {
    let parts = |file: &str| -> Option<(i64, String)> {
        let (version, rest) = version_of(name_of(file).strip_suffix(".sql")?)?;
        Some((version, rest.to_owned()))
    };
    for back in files {
        let Some((version, rest)) = parts(back) else { continue };
        let Some(base) = without(&rest, &BACK) else { continue };
        let is_forth = |file: &&&str| {
            // Whoever gave the two versions of their own has two files that end so.
            parts(file)
                .is_some_and(|(other, rest)| without(&rest, &FORTH) == Some(base) || other == version && rest == base)
        };
        if let Some(forth) = files.iter().find(is_forth) {
            return Err(Error::usage(format!(
                "{back} is named as the way back of {forth}, and would run as a way up; nothing was run"
            ))
            .hint(
                "name the two ways of one version VERSION_name.up.sql and VERSION_name.down.sql; if each is a way up, give one another name",
            ));
        }
    }
    Ok(())
}

/// As many digits has a version that golang-migrate numbers by itself.
const SEQUENCE: usize = 6;

/// Refuses a file that golang-migrate passes over, beside its pairs, which are known by the digits that it counts with.
///
/// # Errors
/// A usage error with the file.
pub fn refuse_unpaired(files: &[&str]) -> Result<()> {
    let (pairs, others): (Vec<&str>, Vec<&str>) = files.iter().partition(|file| is_one_of_a_pair(file));
    let is_counted = |file: &&str| {
        let name = name_of(file);
        name.bytes().take_while(u8::is_ascii_digit).count() == SEQUENCE && name.starts_with('0')
    };
    match others.iter().find(|file| is_counted(file)) {
        Some(other) if pairs.iter().any(is_counted) => Err(Error::usage(format!(
            "{other} is passed over by golang-migrate, whose pairs are beside it, and would run; nothing was run"
        ))
        .hint("name it VERSION_name.up.sql if it is a migration, or move it out of the directory")),
        _ => Ok(()),
    }
}

/// True if the name of a file says that it is one way.
pub fn is_one_of_a_pair(file: &str) -> bool {
    file.ends_with(".up.sql") || file.ends_with(".down.sql")
}

#[cfg(test)]
mod tests {
    use super::{Format, format_of, numbered, parse};

    #[test]
    fn names_are_read_as_sqlx_reads_them() {
        for (file, version, description, down) in [
            ("m/20250101000000_a_b.sql", 20_250_101_000_000, "a b", false),
            ("m/7_a.up.sql", 7, "a", false),
            ("m/7_a.down.sql", 7, "a", true),
            ("m/0000_init.sql", 0, "init", false),
        ] {
            let name = parse(file).unwrap();
            assert_eq!((name.version, name.description.as_str(), name.down), (version, description, down));
        }
        for wrong in [
            "m/a.sql",
            "m/x_a.sql",
            "m/-1_a.sql",
            "m/99999999999999999999_a.sql",
            "m/.sql",
            "m/1.2.0_x.sql",
            "m/1_a.Down.sql",
            "m/1_a.rollback.sql",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn plain_numbers_are_read_where_no_name_has_the_form_of_sqlx() {
        for (file, version, description, down) in [
            ("m/0035-a-b.sql", 35, "a b", false),
            ("m/1740486534.sql", 1_740_486_534, "", false),
            ("m/2-a.down.sql", 2, "a", true),
        ] {
            let name = numbered(file).unwrap();
            assert_eq!((name.version, name.description.as_str(), name.down), (version, description, down));
        }
        for wrong in ["m/1.2.0-x.sql", "m/1a.sql", "m/a-1.sql"] {
            assert!(numbered(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format_of(["m/1.sql", "m/2-a.sql", "m/seed.sql"].into_iter()), Format::Numbered);
        assert_eq!(format_of(["m/1.sql", "m/2_a.sql"].into_iter()), Format::Sqlx);
        assert_eq!(format_of(["m/seed.sql"].into_iter()), Format::Sqlx);
    }
}
