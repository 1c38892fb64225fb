//! Running checks.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use indicatif::HumanBytes;
use sqlx::{AssertSqlSafe, Row as _};

use super::check::Check;
use super::locks::{WAITERS, WHO, holders};
use super::look::at_once;
use super::model::{CheckOutcome, CheckVerdict, Finding};
use crate::db::{Connection, guarded, quote_identifier, sqlstate};
use crate::error::{Kind, Result};
use crate::text::{milliseconds, thousands};

/// Runs checks, in one snapshot. `long` is how long a statement, a transaction without work, a wait for a lock or
/// a replica's lag may be.
///
/// # Errors
/// Only a connection that is gone: a check that fails is in the outcomes.
pub async fn run(connection: &mut Connection, checks: &[Check], long: Duration) -> Result<Vec<CheckOutcome>> {
    let mut outcomes = Vec::new();
    at_once(connection).await?;
    let server = Server::ask(connection).await?;
    for check in checks {
        let (verdict, reason, findings, incomplete) = match unmet(connection, check).await? {
            Some(reason) => (CheckVerdict::Skipped, Some(reason), Vec::new(), false),
            None => match guarded(connection, async |c| found(c, check, &server, long).await).await? {
                Ok((findings, locked)) => {
                    let verdict = findings.iter().map(|f| f.verdict).max().unwrap_or(CheckVerdict::Ok);
                    let reason =
                        findings.iter().find(|f| f.verdict == CheckVerdict::Skipped).map(|f| f.message.clone());
                    (verdict, reason.filter(|_| verdict == CheckVerdict::Skipped), findings, locked)
                }
                Err(error) if error.kind == Kind::Connection => return Err(error),
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::LOCK_NOT_AVAILABLE) => {
                    let who = holders(connection).await?.map(|who| format!(": {who}")).unwrap_or_default();
                    let reason = format!(
                        "a session holds or awaits a lock on a table, which blocks this check{who}; see `locks`"
                    );
                    (CheckVerdict::Skipped, Some(reason), Vec::new(), true)
                }
                // The extension was created, and the server does not load it.
                Err(error) if error.sqlstate.as_deref() == Some(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE) => {
                    (CheckVerdict::Skipped, Some(error.message()), Vec::new(), false)
                }
                Err(error) => (CheckVerdict::Skipped, Some(error.message()), Vec::new(), true),
            },
        };
        let Check { id, title, why, remedy, .. } = check.clone();
        outcomes.push(CheckOutcome { check: id, title, verdict, reason, incomplete, findings, why, remedy });
    }
    Ok(outcomes)
}

/// The reason why the check cannot run here, if it cannot: an extension or a role is missing.
async fn unmet(connection: &mut Connection, check: &Check) -> Result<Option<String>> {
    if let Some(extension) = &check.extension {
        match schema_of(connection, extension).await? {
            None => {
                return Ok(Some(format!(
                    "the extension {extension} is not there: CREATE EXTENSION {extension}, after it is in shared_preload_libraries"
                )));
            }
            Some((_, Some(closed))) => return Ok(Some(closed)),
            Some((_, None)) => {}
        }
    }
    if let Some(role) = &check.role {
        let has: bool = sqlx::query_scalar("SELECT pg_has_role(current_user, $1, 'USAGE')")
            .bind(role)
            .fetch_one(connection)
            .await?;
        if !has {
            return Ok(Some(format!("this role does not see what others do: GRANT {role} to it")));
        }
    }
    Ok(None)
}

/// The schema of an extension, and the reason why this role cannot use what is in it; none where it can.
async fn schema_of(connection: &mut Connection, extension: &str) -> Result<Option<(String, Option<String>)>> {
    Ok(sqlx::query_as(
        "SELECT n.nspname::text, CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN
                format('this role may not use the schema of %I: GRANT USAGE ON SCHEMA %I TO %I', e.extname, n.nspname, current_user) END
           FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1",
    )
    .bind(extension)
    .fetch_optional(connection)
    .await?)
}

/// The relations that somebody holds or awaits for himself alone, and the tables of such indexes and of such long values.
/// Whoever asks for the size of one waits behind that.
const LOCKED: &str = "WITH held AS (SELECT relation FROM pg_locks
         WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
         shut AS (SELECT relation FROM held UNION SELECT indrelid FROM pg_index WHERE indexrelid IN (SELECT relation FROM held))
    SELECT relation FROM shut UNION SELECT oid FROM pg_class WHERE reltoastrelid <> 0 AND reltoastrelid IN (SELECT relation FROM shut)";

/// The partitions of each partitioned table and index. `pg_partition_tree` would wait for a partition that somebody has locked.
const PARTITIONS: &str = "WITH RECURSIVE tree (root, relid) AS (
         SELECT oid, oid FROM pg_class WHERE relkind IN ('p', 'I')
         UNION ALL SELECT t.root, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relid)
    SELECT t.root, t.relid, m.relkind NOT IN ('p', 'I') AS isleaf FROM tree t JOIN pg_class m ON m.oid = t.relid";

/// The part of `s.query` that a check may show. The server takes the constants out of queries, and leaves them in
/// commands such as CREATE ROLE … PASSWORD '…'. So a text ends where its first literal begins; a comment in front, which may
/// have a quote in it, is left out. A database in another encoding may have no '…': [`shown`] writes it.
const STATEMENT: &str = r"left(regexp_replace(regexp_replace(regexp_replace(s.query,
    '^(\s|--[^\n]*(\n|$)|/\*([^*]|\*+[^*/])*\*+/)+', ''), '(''|\$([^0-9$\s][^$\s]*)?\$).*', chr(1)), '\s+', ' ', 'g'), 200)";

/// The settings as any other session of this database gets them; NULL where this role does not see that. What this session got
/// from its role or its options, such as PGOPTIONS, hides the server's own: those are then the database's, the files' or, where
/// nobody named one, the stock ones. Whoever may not read the files and the server's arguments does not see them.
const SETTINGS: &str = r#"WITH told AS MATERIALIZED (
         SELECT CASE WHEN has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AND has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')
                     THEN query_to_xml('SELECT name, setting FROM pg_file_settings WHERE applied ORDER BY seqno', true, false, '') END AS files,
                CASE WHEN has_function_privilege('pg_read_file(text, bigint, bigint, boolean)', 'EXECUTE')
                     THEN query_to_xml('SELECT pg_read_file(''postmaster.opts'', 0, 100000, true) AS arguments', false, false, '')::text END AS arguments)
    SELECT s.name, s.unit, h.hidden, o.of_database,
           CASE WHEN NOT h.hidden THEN s.reset_val
                WHEN s.unit = 'kB' THEN CASE WHEN given ~* '^\d+ *([kmgt]?b)?$' THEN CASE WHEN given ~ '^\d+$' THEN given ELSE (pg_size_bytes(given) / 1024)::text END END
                WHEN given ~* '^(f|fa|fal|fals|false|n|no|of|off|0 *[a-z]*)$' THEN CASE WHEN s.boot_val ~ '^\d+$' THEN '0' ELSE 'off' END
                WHEN given ~* '^(t|tr|tru|true|y|ye|yes|on|1)$' THEN CASE WHEN s.boot_val ~ '^\d+$' THEN given ELSE 'on' END
                ELSE lower(given) END AS setting
      FROM pg_settings s CROSS JOIN told
     CROSS JOIN LATERAL (SELECT s.source IN ('client', 'user', 'database user') AS hidden) h
      LEFT JOIN LATERAL (SELECT max(substr(c, length(s.name) + 2)) AS of_database FROM pg_db_role_setting r CROSS JOIN unnest(r.setconfig) c
                          WHERE r.setrole = 0 AND r.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) AND starts_with(c, s.name || '=')) o ON true
     CROSS JOIN LATERAL (SELECT CASE WHEN h.hidden THEN coalesce(o.of_database, CASE WHEN told.arguments !~ (s.name || '|&quot;-S') THEN
                                coalesce((xpath(format('(//row[name="%s"])[last()]/setting/text()', s.name), told.files))[1]::text, CASE WHEN told.files IS NOT NULL THEN s.boot_val END) END) END AS given) g"#;

/// What the checks need to know of the server.
struct Server {
    major: u32,
    /// The encoding in which the answers come: a database without one keeps any bytes, which cannot be converted.
    encoding: &'static str,
}

impl Server {
    async fn ask(connection: &mut Connection) -> Result<Self> {
        let (version, encoding): (i32, String) =
            sqlx::query_as("SELECT current_setting('server_version_num')::int, current_setting('server_encoding')")
                .fetch_one(connection)
                .await?;
        let encoding = if encoding == "SQL_ASCII" { "SQL_ASCII" } else { "UTF8" };
        Ok(Server { major: u32::try_from(version / 10_000).unwrap_or(0), encoding })
    }
}

/// The findings of a check, and whether somebody's lock left something out.
async fn found(
    connection: &mut Connection,
    check: &Check,
    server: &Server,
    long: Duration,
) -> Result<(Vec<Finding>, bool)> {
    let mut sql = check.statement(server.major);
    let shared = [
        ("{statement}", STATEMENT),
        ("{locked}", LOCKED),
        ("{partitions}", PARTITIONS),
        ("{waiters}", WAITERS),
        ("{who}", WHO),
        ("{settings}", SETTINGS),
    ];
    for (name, text) in shared {
        sql = sql.replace(name, text);
    }
    if let Some(extension) = &check.extension {
        let (schema, _) = schema_of(connection, extension).await?.unwrap_or_default();
        let name = format!("{}.{}", quote_identifier(&schema), quote_identifier(extension));
        sql = sql.replace(&format!("{{{extension}}}"), &name);
    }
    let bound = sql.contains("$1");
    // Numbers stay exact as text, and every check has the same types then.
    let columns = ["object", "verdict", "message", "value", "unit"]
        .map(|column| format!("convert_to({column}::text, '{}') AS {column}", server.encoding));
    let sql = format!("SELECT {} FROM ({sql}) AS finding", columns.join(", "));
    let query = sqlx::query(AssertSqlSafe(sql));
    let query = if bound { query.bind(long) } else { query };
    let (mut findings, mut locked) = (Vec::new(), false);
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        let text = |column: &str| -> Result<Option<String>> {
            Ok(row.try_get::<Option<&[u8]>, _>(column)?.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
        };
        let verdict = text("verdict")?.unwrap_or_default();
        locked |= verdict == LOCKED_OUT;
        findings.push(Finding {
            object: text("object")?,
            verdict: if verdict == LOCKED_OUT { CheckVerdict::Skipped } else { CheckVerdict::named(&verdict)? },
            message: shown(&text("message")?.unwrap_or_default()),
            value: text("value")?,
            unit: text("unit")?,
        });
    }
    // A stable sort: the order of a check's own stays within a verdict.
    findings.sort_by_key(|f| std::cmp::Reverse(f.verdict));
    Ok((findings, locked))
}

/// The verdict of a check on what it could not look at for somebody's lock.
const LOCKED_OUT: &str = "locked";

/// A check's sentence as it is read: `{bytes N}`, `{ms N}` and `{count N}` as people write them everywhere else, and
/// the end of a statement.
fn shown(message: &str) -> String {
    let mut pieces = message.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let filled = piece.split_once('}').and_then(|(place, rest)| {
            let (unit, number) = place.split_once(' ')?;
            let number: i64 = number.parse().ok()?;
            let value = match unit {
                "bytes" => HumanBytes(number.unsigned_abs()).to_string(),
                "ms" => milliseconds(number.max(0)),
                "count" => thousands(number),
                _ => return None,
            };
            Some(value + rest)
        });
        text.push_str(&filled.unwrap_or_else(|| format!("{{{piece}")));
    }
    text.replace('\u{1}', "…")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sizes_times_and_counts_are_shown_in_one_way_and_other_braces_stay() {
        assert_eq!(shown("{bytes 0} of {bytes 1572864}, {bytes x}, {bytes"), "0 B of 1.50 MiB, {bytes x}, {bytes");
        assert_eq!(shown("{count 12345} for {ms 3700000} of {{1 2}"), "12,345 for 1 h 1 min of {{1 2}");
        assert_eq!(shown("SELECT \u{1}"), "SELECT …");
    }

    /// `format` makes a text of a NULL too, so `coalesce` never sees one.
    #[test]
    fn no_check_takes_a_sentence_about_nothing_for_nothing() {
        for check in crate::inspect::checks().unwrap() {
            let sql = check.statement(18);
            assert!(!sql.to_lowercase().replace(' ', "").contains("coalesce(format("), "{}", check.id);
        }
    }
}
