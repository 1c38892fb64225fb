//! Which pack a database belongs to: the one whose marking columns all exist.

use super::{Pack, built_in, named};
use crate::db::Connection;
use crate::error::{Error, Result};

/// The pack to use: the one named, or the one whose columns the database has. A schema that is
/// given stands in for the packs' own.
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
    let mut fitting = Vec::new();
    let mut looked_for = Vec::new();
    for pack in built_in()?.into_iter().map(placed) {
        looked_for.push(format!("{} ({})", pack.name, pack.detect.join(", ")));
        if missing_columns(connection, &pack).await?.is_empty() {
            fitting.push(pack);
        }
    }
    let names: Vec<String> = fitting.iter().map(|p| p.name.clone()).collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(pack), true) => Ok(pack),
        (Some(_), false) => Err(Error::usage(format!("this database fits several packs: {}", names.join(", "))).hint(format!("say which: --app {}", names[0]))),
        (None, _) => Err(Error::usage(format!("this database fits no pack; looked for {}", looked_for.join("; ")))
            .hint(format!("an empty database is set up with `bursar migrate up --app {}`; another application needs a pack of its own: --app DIR", super::names().join("|")))),
    }
}

/// The marking columns of `pack` that the database lacks.
///
/// # Errors
/// Only where the server cannot be asked.
pub async fn missing_columns(connection: &mut Connection, pack: &Pack) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT wanted FROM unnest($2::text[]) AS wanted
          WHERE NOT EXISTS (SELECT FROM pg_attribute a
                              JOIN pg_class c ON c.oid = a.attrelid
                              JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE n.nspname = $1 AND c.relname = split_part(wanted, '.', 1)
                               AND a.attname = split_part(wanted, '.', 2) AND NOT a.attisdropped)",
    )
    .bind(&pack.schema)
    .bind(&pack.detect)
    .fetch_all(connection)
    .await?)
}
