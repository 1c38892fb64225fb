//! The choice of a database's packs: those that are named, or whose marking columns all exist.

use std::path::Path;

use super::access::schema_exists;
use super::built_in::{marks, named, systems};
use super::load::Marks;
use super::model::Pack;
use crate::db::{Connection, quote_identifier};
use crate::error::{Error, Result};

/// The packs to use: those that are named, separated by commas, or those whose columns the database has. A given schema
/// replaces the packs' own. Several packs keep different things: no two of them a ledger, payments or jobs.
///
/// # Errors
/// Usage errors: no such pack; none fits the database, or several that keep the same, with what was looked for.
pub async fn select(connection: &mut Connection, app: Option<&str>, schema: Option<&str>) -> Result<Vec<Pack>> {
    let placed = |pack: Pack| match schema {
        Some(schema) => in_schema(pack, schema),
        None => pack,
    };
    if let Some(app) = app {
        let packs = all_named(app)?;
        if packs.len() > 1 && schema.is_some() {
            return Err(Error::usage(format!("--schema names the schema of one pack, and --app {app} names several"))
                .hint("write the schema into pack.toml, or name one pack"));
        }
        return Ok(packs.into_iter().map(placed).collect());
    }
    let mut known = marks()?;
    if let Some(schema) = schema {
        known.iter_mut().for_each(|pack| schema.clone_into(&mut pack.schema));
        if !schema_exists(connection, schema).await? {
            let any = named(&known[0].name).map(placed)?;
            let way = "leave --schema out, or name the application too: --app NAME";
            return Err(any.out_of_reach(connection).await?.hint(way));
        }
    }
    let missing = missing(connection, known.iter().map(|pack| (&*pack.name, &*pack.schema, &*pack.detect))).await?;
    let is_whole = |pack: &&Marks| !missing.iter().any(|(name, _)| *name == pack.name);
    let fitting = known.iter().filter(is_whole).map(|pack| named(&pack.name).map(placed));
    let mut fitting = fitting.collect::<Result<Vec<_>>>()?;
    // A system may have taken up another project's tables: what it has itself, no other pack has. A queue beside it stays.
    if fitting.iter().any(Pack::is_system) {
        let all = fitting.clone();
        fitting.retain(|pack| {
            pack.is_system() || all.iter().all(|o| o.name == pack.name || pack.shares_with(o).is_none())
        });
    }
    if fitting.is_empty() {
        let is_empty = !has_tables(connection).await?;
        return Err(fits_none(&known, &missing, is_empty));
    }
    if shared(&fitting).is_some() {
        let several: Vec<&str> = fitting.iter().map(|p| p.name.as_str()).collect();
        return Err(Error::usage(format!("this database fits several packs: {}", several.join(", ")))
            .hint(format!("name one: --app {}", crate::text::quoted(several[0]))));
    }
    Ok(fitting)
}

/// The packs of a list of names and folders with commas between them. A folder may have a comma in its own name.
///
/// # Errors
/// Usage errors: no such pack, or one that is wrong; two that keep the same.
pub fn all_named(names: &str) -> Result<Vec<Pack>> {
    if !names.contains(',') || Path::new(names).join("pack.toml").is_file() {
        return Ok(vec![named(names)?]);
    }
    let packs = names.split(',').map(|name| named(name.trim())).collect::<Result<Vec<_>>>()?;
    match shared(&packs) {
        Some((one, other, what)) => Err(Error::usage(format!("the packs {one} and {other} both have {what}"))
            .hint(one_of_two(&packs, names, one, other))),
        None => Ok(packs),
    }
}

/// The lists that are left when either of two packs that collide is taken out, as they were written.
fn one_of_two(packs: &[Pack], names: &str, one: &str, other: &str) -> String {
    let without = |gone: &str| {
        let written = names.split(',').map(str::trim);
        let kept = written.zip(packs).filter(|(_, pack)| pack.name != gone);
        format!("--app {}", kept.map(|(name, _)| crate::text::quoted(name)).collect::<Vec<_>>().join(","))
    };
    match one == other {
        true => "name it once".to_owned(),
        false => format!("leave one of them out: {}, or {}", without(other), without(one)),
    }
}

/// The pack for tables in another schema. Its functions name their tables in full: those of a queue that comes with bursar
/// get the other name, and any others are left out.
fn in_schema(mut pack: Pack, schema: &str) -> Pack {
    if pack.schema == schema {
        return pack;
    }
    let own = std::mem::replace(&mut pack.schema, schema.to_owned());
    // A name with other signs could end a text of a function.
    let fits = schema.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if pack.is_built_in() && !pack.is_system() && fits {
        let (from, to) = (format!("{own}."), format!("{}.", quote_identifier(schema)));
        pack.functions.iter_mut().for_each(|file| file.text = file.text.replace(&from, &to));
    } else if !pack.functions.is_empty() {
        pack.functions.clear();
        pack.functions_of = Some(own);
    }
    pack
}

/// Two of the packs that have the same, and what that is.
fn shared(packs: &[Pack]) -> Option<(&str, &str, String)> {
    packs.iter().enumerate().find_map(|(n, one)| {
        packs[n + 1..].iter().find_map(|other| Some((one.name.as_str(), other.name.as_str(), one.shares_with(other)?)))
    })
}

/// What a command needs of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A ledger.
    Ledger,
    /// Payments.
    Payments,
    /// Jobs.
    Jobs,
    /// Topics of figures.
    Figures,
    /// All of it: the command takes one pack at a time, and that of a system before what is beside it.
    One,
}

/// The pack that has what is needed. Where none has it, the first: the command says what it lacks.
///
/// # Errors
/// A usage error where several packs have it, with their names.
pub fn with(mut packs: Vec<Pack>, need: Need) -> Result<Pack> {
    let has = |pack: &Pack| match need {
        Need::Ledger => pack.ledger.is_some(),
        Need::Payments => pack.payments.is_some(),
        Need::Jobs => pack.jobs.is_some(),
        Need::Figures => !pack.stats.is_empty(),
        Need::One => pack.is_system() || !packs.iter().any(Pack::is_system),
    };
    let fit: Vec<usize> = (0..packs.len()).filter(|n| has(&packs[*n])).collect();
    if fit.len() > 1 {
        let names: Vec<&str> = fit.iter().map(|n| packs[*n].name.as_str()).collect();
        return Err(Error::usage(format!("this command takes one pack at a time, and there are {}", names.join(", ")))
            .hint(format!("name one: --app {}", crate::text::quoted(names[0]))));
    }
    Ok(packs.swap_remove(fit.first().copied().unwrap_or(0)))
}

/// True where the database has a table of an application, in any schema.
async fn has_tables(connection: &mut Connection) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'bursar'))",
    )
    .fetch_one(connection)
    .await?)
}

/// The refusal where no pack fits. `missing` are the marking columns that are not there, each with its pack. What to do
/// first depends on whether the database is empty.
fn fits_none(known: &[Marks], missing: &[(String, String)], is_empty: bool) -> Error {
    let lacks = |name: &String| -> Vec<&str> {
        missing.iter().filter(|(pack, _)| pack == name).map(|(_, column)| column.as_str()).collect()
    };
    let near = known.iter().map(|pack| (&pack.name, pack.detect.len(), lacks(&pack.name)));
    let near = near.filter(|(_, marks, lacks)| lacks.len() < *marks).min_by_key(|(_, _, lacks)| lacks.len());
    let near = near.map(|(name, _, lacks)| format!("; {name} is the nearest, and lacks {}", shortened(&lacks)));
    let names = systems();
    let first = names.first().unwrap_or(&"NAME");
    let migrate = format!(
        "bursar migrate up --app {first}   # for an empty database\n# or with --app {}",
        names.get(1..).unwrap_or_default().join(", ")
    );
    let draft = "bursar pack new ./pack   # for another application; then --app ./pack";
    let ways = if is_empty { [migrate.as_str(), draft] } else { [draft, migrate.as_str()] };
    Error::usage(format!("this database fits no pack{}", near.unwrap_or_default()))
        .hint(format!("{}\nbursar pack show {first}   # the columns that a pack is known by", ways.join("\n")))
}

/// The first few of a list, and how many more there are.
pub fn shortened(columns: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = columns.iter().take(3).map(AsRef::as_ref).collect();
    match columns.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The marking columns of `pack` that the database lacks.
///
/// # Errors
/// If the server cannot be asked.
pub async fn missing_columns(connection: &mut Connection, pack: &Pack) -> Result<Vec<String>> {
    Ok(missing(connection, [(&*pack.name, &*pack.schema, &*pack.detect)].into_iter())
        .await?
        .into_iter()
        .map(|(_, column)| column)
        .collect())
}

/// The tables and columns among a pack's marks that the database lacks, in words; `None` where it has them all.
///
/// # Errors
/// If the server cannot be asked.
pub async fn lacking(connection: &mut Connection, pack: &Pack) -> Result<Option<String>> {
    let columns = missing_columns(connection, pack).await?;
    if columns.is_empty() {
        return Ok(None);
    }
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND EXISTS (SELECT FROM unnest($2::text[]) AS w (wanted) WHERE split_part(w.wanted, '.', 1) = c.relname)",
    )
    .bind(&pack.schema)
    .bind(&columns)
    .fetch_all(connection)
    .await?;
    let table = |column: &str| column.split('.').next().unwrap_or_default().to_owned();
    let (columns, gone): (Vec<String>, Vec<String>) = columns.into_iter().partition(|c| there.contains(&table(c)));
    let mut tables: Vec<String> = Vec::new();
    for name in gone.iter().map(|column| table(column)) {
        if !tables.contains(&name) {
            tables.push(name);
        }
    }
    let named = |what: &str, names: &[String]| match names.len() {
        0 => None,
        1 => Some(format!("the {what} {}", names[0])),
        _ => Some(format!("the {what}s {}", shortened(names))),
    };
    let words: Vec<String> = named("table", &tables).into_iter().chain(named("column", &columns)).collect();
    Ok(Some(format!("the schema {} lacks {}", pack.schema, words.join(" and "))))
}

/// The marking columns that the database lacks, with the name of the pack, in one query: completion runs it at each key
/// press, over any network. The subqueries keep the server at its indexes: as joins they read the whole catalog.
async fn missing<'a>(
    connection: &mut Connection,
    packs: impl Iterator<Item = (&'a str, &'a str, &'a [String])>,
) -> Result<Vec<(String, String)>> {
    let (mut names, mut schemas, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for (name, schema, marks) in packs {
        for column in marks {
            names.push(name);
            schemas.push(schema);
            columns.push(column.as_str());
        }
    }
    Ok(sqlx::query_as(
        "SELECT w.pack, w.wanted FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (pack, schema, wanted, n)
          WHERE NOT EXISTS (SELECT FROM pg_attribute a
                             WHERE a.attrelid = (SELECT c.oid FROM pg_class c
                                                  WHERE c.relname = split_part(w.wanted, '.', 1)
                                                    AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = w.schema))
                               AND a.attname = split_part(w.wanted, '.', 2) AND NOT a.attisdropped)
          ORDER BY w.n",
    )
    .bind(names)
    .bind(schemas)
    .bind(columns)
    .fetch_all(connection)
    .await?)
}
