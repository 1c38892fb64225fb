//! The schema of a database as one text: what pg_dump writes, without what differs from one run to the next, and the rows of
//! the histories.

use std::path::Path;
use std::process::{Command, Stdio};

use sqlx::AssertSqlSafe;

use super::history;
use super::source::Set;
use crate::db::{Connection, OF_A_TABLE, quote_literal};
use crate::error::{Error, Kind, Result, ResultExt as _};
use crate::text::escape;

/// The beginning of pg_dump's last words.
const END: &str = "\n-- PostgreSQL database dump complete\n";

/// The SQL that records the applied migrations of a set.
///
/// # Errors
/// A refusal where a migration is half done; otherwise as the server says.
pub async fn applied(connection: &mut Connection, set: &Set) -> Result<String> {
    if !history::is_there(connection, set).await? {
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
        .hint("bursar migrate status"));
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

/// A dump without what differs between two dumps of one schema, and without commands of psql. Both stand before the first
/// statement and behind the last one. What is between them stays byte for byte: a body or a literal may hold such lines.
fn stable(dump: &str) -> String {
    let is_before =
        |line: &&str| line.trim_end().is_empty() || line.starts_with("--") || line.starts_with("\\restrict ");
    let head = dump.split_inclusive('\n').take_while(is_before).map(str::len).sum();
    let tail = dump.rfind(END).unwrap_or(dump.len()).max(head);
    around(&dump[..head]) + &dump[head..tail] + &around(&dump[tail..])
}

/// The text before the first statement, or behind the last one, without the lines that differ from run to run.
fn around(text: &str) -> String {
    let differs = |line: &&str| {
        ["-- Dumped from database version ", "-- Dumped by pg_dump version ", "\\restrict ", "\\unrestrict "]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let mut kept = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines().filter(|line| !differs(line)) {
        // The lines around what was left out.
        if !(blank && line.is_empty()) {
            kept.push_str(line);
            kept.push('\n');
        }
        blank = line.is_empty();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn only_what_stands_around_the_statements_is_left_out() {
        let body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\r\nSELECT 'a\n\n\n\
                    -- Dumped by pg_dump version 15\n\\restrict x\n--\n-- PostgreSQL database dump complete\n--\n\n\n\
                    \\unrestrict x\nb'$$;\n";
        let dump = format!(
            "--\n-- PostgreSQL database dump\n--\n\n\\restrict k\n\n-- Dumped from database version 15\n\
             -- Dumped by pg_dump version 15\n\nSET row_security = off;\n\n\n{body}\n\n\
             --\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict k\n\n"
        );
        assert_eq!(
            stable(&dump),
            format!(
                "--\n-- PostgreSQL database dump\n--\n\nSET row_security = off;\n\n\n{body}\n\n\
                 --\n-- PostgreSQL database dump complete\n--\n\n"
            )
        );
    }
}
