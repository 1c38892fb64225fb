//! Finding out of which format a folder or a file is, and reading it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::format::Format;
use super::listed::{Listed, listed};
use super::model::{Folder, Part, name_of, refused, same_version, text};
use super::{drizzle, flyway, names, nested, sections};
use crate::error::{Error, Result};
use crate::migrate::foreign;

/// Reads the migrations of a directory, which may hold none yet.
///
/// # Errors
/// Usage errors: the directory cannot be read, is of a format that bursar does not read or of more than one, or a file
/// of it cannot be run as its own tool would run it.
pub fn read(directory: &Path) -> Result<Folder> {
    let (texts, notes) = match found(directory)? {
        Read::Whole(folder) => return Ok(folder),
        Read::Own(texts, notes) => (texts, notes),
    };
    let format = names::format_of(texts.iter().map(|(file, _)| file.as_str()));
    let parts = texts.into_iter().map(|(file, bytes)| names::part(format, file, bytes)).collect::<Result<_>>()?;
    Ok(Folder { format, parts, notes })
}

/// Reads the migrations of a directory of another tool's format; none where each file is one by its whole text.
///
/// # Errors
/// As [`read`].
pub fn read_foreign(directory: &Path) -> Result<Option<Folder>> {
    match found(directory)? {
        Read::Whole(folder) => Ok(Some(folder)),
        Read::Own(..) => Ok(None),
    }
}

/// How many directories below each other are looked into for what would be passed over.
const DEEP: usize = 5;

/// A directory, as far as its format is known without the names of its files.
enum Read {
    /// Of another tool's format, and read.
    Whole(Folder),
    /// Files whose whole texts are migrations, and the notes.
    Own(Vec<(String, Vec<u8>)>, Vec<String>),
}

fn found(directory: &Path) -> Result<Read> {
    foreign::refuse_folder(directory)?;
    let entries = foreign::entries(directory)?;
    let found = of_entries(directory, &entries)?;
    let format = match &found {
        Read::Whole(folder) => folder.format,
        Read::Own(texts, _) if texts.is_empty() => return Ok(found),
        Read::Own(texts, _) => names::format_of(texts.iter().map(|(file, _)| file.as_str())),
    };
    refuse_other_kinds(&entries, format)?;
    Ok(found)
}

fn of_entries(directory: &Path, entries: &[std::fs::DirEntry]) -> Result<Read> {
    let Listed { files: paths, mut notes } = listed(directory)?;
    let mut files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    files.sort_unstable();
    if directory.join(drizzle::JOURNAL).is_file() {
        return drizzle::read(directory, &files, notes).map(Read::Whole);
    }
    let own: Vec<&str> = files.iter().map(String::as_str).filter(|file| names::is_named_as_one(file)).collect();
    let nested = nested::found(entries, foreign::holds_migrations(directory))?;
    if !nested.is_empty() {
        let (format, parts) = nested::parts(directory, &nested)?;
        refuse_order(format, &parts)?;
        if let Some(loose) = files.iter().find(|file| name_of(file).starts_with(|c: char| c.is_ascii_digit())) {
            let what = format!("{loose} is no migration of {}, beside those of {}", format.name(), format.name());
            return Err(refused(format, &what, "keep one format in a directory"));
        }
        notes.extend(files.iter().map(|file| format!("{file} is skipped: {} does not run it", format.name())));
        return Ok(Read::Whole(Folder { format, parts, notes }));
    }
    if files.iter().any(|file| flyway::is_one(file)) {
        if let Some(below) = entries.iter().map(std::fs::DirEntry::path).find(|path| flyway::is_below(path, DEEP)) {
            let what = format!("{} holds migrations too, and bursar reads one directory", below.display());
            return Err(refused(Format::Flyway, &what, "move them up"));
        }
        return flyway::read(&files, notes).map(Read::Whole);
    }
    names::refuse_pairs(&own)?;
    names::refuse_unpaired(&own)?;
    let own_pairs = own.iter().any(|file| names::is_one_of_a_pair(file));
    let mut texts = Vec::new();
    for file in own {
        let bytes = crate::files::read_migration(Path::new(file))
            .map_err(|e| Error::usage(format!("cannot read {file}: {e}")))?;
        foreign::refuse_text(file, &bytes)?;
        sections::refuse_unread(file, &bytes)?;
        texts.push((file.to_owned(), bytes));
    }
    let skipped = |file: &&String| !names::is_named_as_one(file);
    notes.extend(
        files.iter().filter(skipped).map(|f| format!("{f} is skipped: its name does not begin with a version")),
    );
    if let Some(format) = of_sections(&texts)? {
        let mut parts = Vec::new();
        for (file, bytes) in texts {
            let text = text(&file, bytes)?;
            parts.extend(sections::parts(format, &file, &text)?);
        }
        refuse_order(format, &parts)?;
        return Ok(Read::Whole(Folder { format, parts, notes }));
    }
    // Atlas keeps its sums beside the pairs of golang-migrate too.
    if !own_pairs {
        foreign::refuse_sums(directory)?;
    }
    Ok(Read::Own(texts, notes))
}

/// The format of files that hold both ways, if they are of one.
fn of_sections(texts: &[(String, Vec<u8>)]) -> Result<Option<Format>> {
    let found: Vec<(&str, Option<(Format, usize)>)> =
        texts.iter().map(|(file, bytes)| (file.as_str(), sections::format_of(bytes))).collect();
    let Some((first, (format, line))) = found.iter().find_map(|(file, found)| Some((file, (*found)?))) else {
        return Ok(None);
    };
    let other = found.iter().find(|(_, found)| found.is_none_or(|(of, _)| of != format));
    match other {
        None => Ok(Some(format)),
        Some((file, _)) => Err(refused(
            format,
            &format!("{first}:{line} is a line of {}, and {file} is not of {}'s format", format.name(), format.name()),
            "split the file into VERSION_name.up.sql and VERSION_name.down.sql, without the tool's lines",
        )),
    }
}

/// The endings of programs, and of scripts of psql, that other runners run between files of SQL.
const OTHER_KINDS: [&str; 16] =
    ["cjs", "ex", "exs", "go", "java", "js", "kt", "mjs", "mts", "php", "pgsql", "psql", "py", "rb", "rs", "ts"];

/// Refuses a folder in which a file of another kind is numbered as the migrations are: they may need it.
fn refuse_other_kinds(entries: &[std::fs::DirEntry], format: Format) -> Result<()> {
    let is_other = |name: &str| {
        let flyway = if format == Format::Flyway { name.strip_prefix(['V', 'U']) } else { None };
        let named = flyway.unwrap_or(name);
        let rest = named.trim_start_matches(|c: char| c.is_ascii_digit());
        let repeatable = format == Format::Flyway && name.starts_with("R__");
        let numbered = repeatable || rest.len() < named.len() && rest.starts_with(['_', '-', '.']);
        let kind =
            Path::new(name).extension().is_some_and(|e| OTHER_KINDS.iter().any(|kind| e.eq_ignore_ascii_case(kind)));
        numbered && kind && !name.ends_with("_test.go")
    };
    let files = entries.iter().filter(|entry| entry.path().is_file());
    match files.map(|entry| entry.file_name().to_string_lossy().into_owned()).find(|name| is_other(name)) {
        None => Ok(()),
        Some(name) => Err(Error::usage(format!(
            "{name} is numbered as a migration, and bursar runs only files that end in .sql; nothing was run"
        ))
        .hint("write it in SQL, or move it out of the directory if it is no migration")),
    }
}

/// Refuses files that their tool, which goes by names as text, runs in another order than that of their versions.
fn refuse_order(format: Format, parts: &[Part]) -> Result<()> {
    let by = match format {
        Format::Dbmate | Format::Prisma | Format::Drizzle => "their names",
        // Without the name, and without the dashes of a date.
        Format::Diesel => "their versions",
        // goose and hasura go by the number; sql-migrate too, where there is one.
        _ => return Ok(()),
    };
    let mut ways_up: Vec<&Part> = parts.iter().filter(|part| !part.down).collect();
    if format == Format::Diesel {
        let version = |file: &str| {
            let folder = name_of(file.trim_end_matches("/up.sql"));
            folder.split('_').next().unwrap_or(folder).replace('-', "")
        };
        ways_up.sort_by_cached_key(|part| version(&part.script.file));
    }
    let Some((one, other)) = ways_up.iter().zip(ways_up.iter().skip(1)).find(|(a, b)| a.version > b.version) else {
        return Ok(());
    };
    let what = format!(
        "{} runs {} before {}, by {by} as text, and bursar runs them by their versions as numbers",
        format.name(),
        one.script.file,
        other.script.file
    );
    Err(refused(format, &what, "give all versions the same number of digits, if they are applied nowhere"))
}

/// The directions of one file that was named alone; none where its whole text is one.
///
/// # Errors
/// As [`read`].
pub fn lone(file: &str, bytes: &[u8]) -> Result<Option<Vec<Part>>> {
    foreign::refuse_text(file, bytes)?;
    sections::refuse_unread(file, bytes)?;
    match sections::format_of(bytes) {
        None => Ok(None),
        Some((format, _)) => Ok(Some(sections::parts(format, file, &text(file, bytes.to_vec())?)?)),
    }
}

/// The version of each file of a directory that is a migration, by its path. A name is refused where `up` refuses it; the
/// texts may be anything.
///
/// # Errors
/// A usage error: a name has no version, two files have one version, or the migrations are in a directory below.
pub fn versions(directory: &Path, paths: &[PathBuf]) -> Result<BTreeMap<String, i64>> {
    let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let own: Vec<&str> = files.iter().map(String::as_str).filter(|file| names::is_named_as_one(file)).collect();
    if let Some(elsewhere) = foreign::below(directory).filter(|_| own.is_empty()) {
        return Err(elsewhere);
    }
    let format = names::format_of(own.iter().copied());
    let mut seen = BTreeMap::new();
    for file in own {
        if let Some(other) = seen.insert(names::check(format, file)?, file) {
            return Err(same_version(other, file));
        }
    }
    Ok(seen.into_iter().map(|((version, _), file)| (file.to_owned(), version)).collect())
}
