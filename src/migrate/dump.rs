//! The schema of a database as one text: what pg_dump writes, without what differs from one run to the next, and the rows of
//! the histories.

use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::AssertSqlSafe;

use super::history;
use super::source::Set;
use crate::db::{Connection, OF_A_TABLE, quote_literal, relation_exists};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::text::escape;

/// The SQL that records the applied migrations of a set.
///
/// # Errors
/// A refusal where a migration is half done; otherwise as the server says.
pub async fn applied(connection: &mut Connection, set: &Set) -> Result<String> {
    if !relation_exists(&mut *connection, &set.history_plain()).await? {
        return Ok(String::new());
    }
    let history = set.history();
    let rows: Vec<(i64, String, bool, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT version, description, success, checksum FROM {history} {OF_A_TABLE} ORDER BY version"
    )))
    .fetch_all(connection)
    .await?;
    if let Some((version, ..)) = rows.iter().find(|(_, _, success, _)| !success) {
        return Err(Error::refused(format!(
            "migration {version} of {} is begun and not finished, and half a schema is not written",
            set.name
        ))
        .hint("bursar migrate up"));
    }
    let rows = rows.iter().map(|(version, description, _, checksum)| {
        format!(
            "INSERT INTO {history} (version, description, success, checksum, execution_time) VALUES ({version}, {}, true, {}, -1);\n",
            quote_literal(description),
            history::bytes(checksum)
        )
    });
    Ok(rows.collect())
}

/// What `program`, a pg_dump, says of the schema at an address, which is given as the variables of libpq.
///
/// # Errors
/// If it cannot be run, or fails; its own words say why.
pub fn schema(program: &Path, address: &[(&'static str, String)], snapshot: &str) -> Result<String> {
    let mut command = Command::new(program);
    let inherited = ["PGPASSFILE", "PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGPASSWORD", "PGOPTIONS"];
    inherited.into_iter().for_each(|variable| {
        command.env_remove(variable);
    });
    command.args(["--schema-only", "--no-owner", "--no-password", "--encoding=UTF8", "--exclude-schema=bursar"]);
    command.arg(format!("--snapshot={snapshot}")).envs([("LC_ALL", "C")]).stdin(Stdio::null());
    let output = command.envs(address.iter().map(|(name, value)| (name, value))).output();
    let output = output.context(format!("cannot run {}", program.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().filter(|line| !line.contains("detail: Query was")).collect::<Vec<_>>().join("; ");
        let is_denied = said.contains("permission denied");
        let error = Error::new(if is_denied { Kind::Refused } else { Kind::Failed }, escape(&said));
        let error = error.context(format!("{} failed; nothing was written", program.display()));
        return Err(if is_denied { error.hint("connect as the owner of the tables") } else { error });
    }
    let text = String::from_utf8(output.stdout).map_err(|_| Error::failed("pg_dump wrote a text that is not UTF-8"))?;
    Ok(stable(&text))
}

/// A dump without what differs between two dumps of one schema, and without commands of psql.
fn stable(dump: &str) -> String {
    let differs = |line: &&str| {
        ["-- Dumped from database version ", "-- Dumped by pg_dump version ", "\\restrict ", "\\unrestrict "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let mut text = String::with_capacity(dump.len());
    let mut blank = false;
    for line in dump.lines().filter(|line| !differs(line)) {
        // The lines around what was left out.
        if !(blank && line.is_empty()) {
            text.push_str(line);
            text.push('\n');
        }
        blank = line.is_empty();
    }
    text
}
