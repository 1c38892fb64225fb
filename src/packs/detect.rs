//! The detection of a database's pack: the one whose marking columns all exist.

use super::access::schema_exists;
use super::built_in::{built_in, named, systems};
use super::model::Pack;
use crate::db::Connection;
use crate::error::{Error, Result};

/// The pack to use: the named one, or the one whose columns the database has. A given schema
/// replaces the packs' own.
///
/// # Errors
/// Usage errors: no such pack; none or several fit the database, with what was looked for.
pub async fn select(connection: &mut Connection, app: Option<&str>, schema: Option<&str>) -> Result<Pack> {
    let placed = |mut pack: Pack| {
        if let Some(schema) = schema.filter(|s| *s != pack.schema) {
            schema.clone_into(&mut pack.schema);
            // Functions name their tables in full, so those of another schema are not theirs to write.
            pack.functions.clear();
        }
        pack
    };
    if let Some(app) = app {
        return named(app).map(placed);
    }
    let packs: Vec<Pack> = built_in()?.into_iter().map(placed).collect();
    if let (Some(schema), Some(pack)) = (schema, packs.first())
        && !schema_exists(connection, schema).await?
    {
        return Err(pack
            .out_of_reach(connection)
            .await?
            .hint("leave --schema out, or name the application too: --app NAME"));
    }
    let missing = missing(connection, &packs.iter().collect::<Vec<_>>()).await?;
    let marks: Vec<(String, usize)> = packs.iter().map(|p| (p.name.clone(), p.detect.len())).collect();
    let is_whole = |pack: &Pack| !missing.iter().any(|(name, _)| *name == pack.name);
    let mut fitting: Vec<Pack> = packs.into_iter().filter(is_whole).collect();
    // A system may have taken up another project's tables: it is what the database is.
    if fitting.iter().any(Pack::is_system) {
        fitting.retain(Pack::is_system);
    }
    let several: Vec<String> = fitting.iter().map(|p| p.name.clone()).collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(pack), true) => Ok(pack),
        (Some(_), false) => Err(Error::usage(format!("this database fits several packs: {}", several.join(", ")))
            .hint(format!("name one: --app {}", several[0]))),
        (None, _) => Err(fits_none(&marks, &missing)),
    }
}

/// The refusal where no pack fits. `marks` is the number of marking columns of each pack, `missing` are those that are not
/// there.
fn fits_none(marks: &[(String, usize)], missing: &[(String, String)]) -> Error {
    let lacks = |name: &String| -> Vec<&str> {
        missing.iter().filter(|(pack, _)| pack == name).map(|(_, column)| column.as_str()).collect()
    };
    let near = marks.iter().map(|(name, marks)| (name, *marks, lacks(name)));
    let near = near.filter(|(_, marks, lacks)| lacks.len() < *marks).min_by_key(|(_, _, lacks)| lacks.len());
    let near = near.map(|(name, _, lacks)| format!("; {name} is the nearest, and lacks {}", shortened(&lacks)));
    let names = systems();
    let first = names.first().unwrap_or(&"NAME");
    Error::usage(format!("this database fits no pack{}", near.unwrap_or_default())).hint(format!(
        "bursar migrate up --app {first}   # for an empty database\n\
         # or with --app {}\n\
         bursar pack new ./pack   # for another application; then --app ./pack\n\
         bursar pack show {first}   # the columns that a pack is known by",
        names.get(1..).unwrap_or_default().join(", "),
    ))
}

/// The first few of a list, and how many more there are.
fn shortened(columns: &[&str]) -> String {
    let shown = &columns[..columns.len().min(3)];
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
    Ok(missing(connection, &[pack]).await?.into_iter().map(|(_, column)| column).collect())
}

/// The marking columns that the database lacks, with the name of the pack, in one query: completion runs it at each key
/// press, over any network.
async fn missing(connection: &mut Connection, packs: &[&Pack]) -> Result<Vec<(String, String)>> {
    let marks = packs.iter().flat_map(|p| p.detect.iter().map(|column| (&p.name, &p.schema, column)));
    let (mut names, mut schemas, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for (name, schema, column) in marks {
        names.push(name.as_str());
        schemas.push(schema.as_str());
        columns.push(column.as_str());
    }
    Ok(sqlx::query_as(
        "SELECT w.pack, w.wanted FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (pack, schema, wanted, n)
          WHERE NOT EXISTS (SELECT FROM pg_attribute a
                              JOIN pg_class c ON c.oid = a.attrelid
                              JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE n.nspname = w.schema AND c.relname = split_part(w.wanted, '.', 1)
                               AND a.attname = split_part(w.wanted, '.', 2) AND NOT a.attisdropped)
          ORDER BY w.n",
    )
    .bind(names)
    .bind(schemas)
    .bind(columns)
    .fetch_all(connection)
    .await?)
}
