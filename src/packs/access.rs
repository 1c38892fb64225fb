//! The rights of the session's role on a pack's tables, and the statements that give it the missing ones.

use sqlx::Row as _;

use super::model::Pack;
use crate::db::{self, Connection};
use crate::error::{Error, Kind, Result};

/// The role that reads for bursar.
const AUDITOR: &str = "bursar_auditor";

/// The rights of one role on the tables.
#[derive(Debug, Default)]
struct Rights {
    /// True if it may use the schema.
    usage: bool,
    /// The tables of which it may not read any column, quoted.
    closed: Vec<String>,
}

impl Rights {
    fn lack(&self) -> bool {
        !self.usage || !self.closed.is_empty()
    }

    /// The statements that give the missing rights.
    fn grants(&self, schema: &str, to: &str) -> Vec<String> {
        let mut grants = Vec::new();
        if !self.usage {
            grants.push(format!("GRANT USAGE ON SCHEMA {schema} TO {to};"));
        }
        if !self.closed.is_empty() {
            grants.push(format!("GRANT SELECT ON {} TO {to};", qualified(schema, &self.closed)));
        }
        grants
    }
}

/// The rights of the session's role and of the auditor.
#[derive(Debug)]
pub struct Access {
    /// The schema, quoted.
    schema: String,
    /// The tables that exist, quoted.
    tables: Vec<String>,
    /// The role that reads now.
    current: String,
    /// The login, quoted.
    login: String,
    own: Rights,
    /// The auditor's rights; none if the role does not exist.
    auditor: Option<Rights>,
    /// True if the login has the auditor's rights.
    is_member: bool,
    /// True if the login would have them as a member.
    inherits: bool,
    /// True if the login may use bursar's schema, or there is none.
    bursar: bool,
    /// True if policies may hide rows from the role.
    hidden: bool,
    /// True if policies may hide rows from the auditor: not every role that makes the auditor may give it BYPASSRLS.
    auditor_hidden: bool,
}

impl Access {
    /// Reads the rights on the tables of a schema.
    ///
    /// # Errors
    /// If the server cannot be asked.
    pub async fn of(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<Self> {
        let row = sqlx::query(
            "WITH auditor AS (SELECT oid FROM pg_roles WHERE rolname = $3),
                  place AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
                  part AS (SELECT c.oid, quote_ident(c.relname) AS name FROM pg_class c JOIN place n ON n.oid = c.relnamespace
                            WHERE c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))
             SELECT quote_ident($1) AS schema,
                    ARRAY(SELECT name FROM part ORDER BY name) AS tables,
                    quote_ident(current_user) AS role,
                    quote_ident(session_user) AS login,
                    EXISTS (SELECT FROM auditor WHERE pg_has_role(session_user, oid, 'USAGE')) AS is_member,
                    (SELECT rolinherit FROM pg_roles WHERE rolname = session_user) AS inherits,
                    NOT EXISTS (SELECT FROM pg_namespace
                                 WHERE nspname = 'bursar' AND NOT has_schema_privilege(session_user, oid, 'USAGE')) AS bursar,
                    NOT EXISTS (SELECT FROM place WHERE NOT has_schema_privilege(oid, 'USAGE')) AS usage,
                    ARRAY(SELECT name FROM part WHERE NOT has_any_column_privilege(oid, 'SELECT') ORDER BY name) AS closed,
                    EXISTS (SELECT FROM auditor) AS has_auditor,
                    NOT EXISTS (SELECT FROM place p, auditor a
                                 WHERE NOT has_schema_privilege(a.oid, p.oid, 'USAGE')) AS auditor_usage,
                    ARRAY(SELECT name FROM part p, auditor a
                           WHERE NOT has_any_column_privilege(a.oid, p.oid, 'SELECT') ORDER BY name) AS auditor_closed,
                    EXISTS (SELECT FROM pg_roles r, part p JOIN pg_class c ON c.oid = p.oid
                             WHERE r.rolname = $3 AND NOT r.rolbypassrls AND c.relrowsecurity) AS auditor_hidden",
        )
        .bind(schema)
        .bind(tables)
        .bind(AUDITOR)
        .fetch_one(&mut *connection)
        .await?;
        let auditor = Rights { usage: row.try_get("auditor_usage")?, closed: row.try_get("auditor_closed")? };
        Ok(Access {
            schema: row.try_get("schema")?,
            tables: row.try_get("tables")?,
            current: row.try_get("role")?,
            login: row.try_get("login")?,
            own: Rights { usage: row.try_get("usage")?, closed: row.try_get("closed")? },
            auditor: row.try_get::<bool, _>("has_auditor")?.then_some(auditor),
            is_member: row.try_get("is_member")?,
            inherits: row.try_get("inherits")?,
            bursar: row.try_get("bursar")?,
            auditor_hidden: row.try_get("auditor_hidden")?,
            hidden: !db::may_hide(connection, schema, tables).await?.is_empty(),
        })
    }

    /// True if the role may not read some of the tables.
    pub fn lacks(&self) -> bool {
        self.own.lack()
    }

    /// The missing right, as a sentence; none if the role may read everything.
    pub fn cause(&self) -> Option<String> {
        let (role, schema) = (&self.current, &self.schema);
        if !self.own.usage {
            return Some(format!("role {role} has no USAGE on schema {schema}"));
        }
        if !self.own.closed.is_empty() {
            return Some(format!("role {role} may not read {}", qualified(schema, &self.own.closed)));
        }
        if !self.bursar {
            return Some(format!("role {} has no USAGE on schema bursar", self.login));
        }
        self.hidden.then(|| format!("row level security may hide rows from role {role}"))
    }

    /// The statements that let the login read everything; none if none is known or needed.
    pub fn remedy(&self) -> Option<String> {
        let lacks = self.own.lack() || self.hidden;
        let grants = match &self.auditor {
            Some(auditor) if self.is_member || self.inherits => {
                let mut grants = if lacks { auditor.grants(&self.schema, AUDITOR) } else { Vec::new() };
                if lacks && self.auditor_hidden {
                    grants.push(format!("ALTER ROLE {AUDITOR} BYPASSRLS;"));
                }
                if !self.is_member && (lacks || !self.bursar) {
                    grants.push(format!("GRANT {AUDITOR} TO {};", self.login));
                }
                grants
            }
            _ => {
                let mut grants = self.own.grants(&self.schema, &self.login);
                if self.hidden {
                    grants.push(format!("ALTER ROLE {} BYPASSRLS;", self.login));
                }
                grants
            }
        };
        (!grants.is_empty()).then(|| grants.join(" "))
    }

    /// Whoever can run the statements, in words: not every owner may let a role see past policies.
    fn who(remedy: &str) -> &'static str {
        if remedy.contains(" BYPASSRLS;") { "a superuser" } else { "a superuser or the owner" }
    }

    /// The statements that let the auditor read the tables; none if it may, or does not exist.
    pub fn for_auditor(&self) -> Option<String> {
        let grants = self.auditor.as_ref()?.grants(&self.schema, AUDITOR);
        (!grants.is_empty()).then(|| grants.join(" "))
    }
}

/// The missing right and the statements that give it, if the session's role may not read all of the tables or bursar's
/// schema; none if it may, or no statement is known.
///
/// # Errors
/// If the server cannot be asked.
pub async fn hint(connection: &mut Connection, schema: &str, tables: &[String]) -> Result<Option<String>> {
    let access = Access::of(connection, schema, tables).await?;
    Ok(access
        .cause()
        .zip(access.remedy())
        .map(|(cause, remedy)| format!("{cause}; {} can run: {remedy}", Access::who(&remedy))))
}

impl Pack {
    /// The hint of a refusal to run the pack as a role with too many rights: the steps to a role that may only read.
    pub(super) async fn way_to_a_reader(&self, connection: &mut Connection) -> Result<String> {
        let (exists, taken): (bool, bool) = sqlx::query_as(
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1), EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader')",
        )
        .bind(AUDITOR)
        .fetch_one(&mut *connection)
        .await?;
        let access = Access::of(connection, &self.schema, &self.tables).await?;
        let grants = match &access.auditor {
            Some(auditor) => auditor.grants(&access.schema, AUDITOR),
            // A new role has no right but those of everybody.
            None => Rights { usage: false, closed: access.tables }.grants(&access.schema, AUDITOR),
        };
        let first = if exists { "" } else { "`bursar migrate up --only bursar`, then " };
        let reader = if taken { "bursar_reader" } else { "reader" };
        let grants: String = grants.iter().map(|grant| format!(" {grant}")).collect();
        Ok(format!(
            "connect as a login that is only a member of {AUDITOR}; to make one: {first}in psql CREATE ROLE {reader} LOGIN IN ROLE {AUDITOR};{grants} \
             If you have read the pack and trust it: --trust-pack"
        ))
    }

    /// The error for a role or a schema with which none of the pack's tables can be found.
    pub(crate) async fn out_of_reach(&self, connection: &mut Connection) -> Result<Error> {
        let exists = schema_exists(connection, &self.schema).await?;
        let database: String =
            sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut *connection).await?;
        let access = Access::of(connection, &self.schema, &self.tables).await?;
        if exists && !access.own.usage {
            let refused = Error::new(Kind::Refused, access.cause().unwrap_or_default());
            return Ok(match access.remedy() {
                Some(remedy) => refused.hint(format!("{} can run: {remedy}", Access::who(&remedy))),
                None => refused,
            });
        }
        let message = match exists {
            false => format!("there is no schema '{}' in {database}", self.schema),
            true => format!(
                "schema '{}' of {database} holds no {} tables: looked for {}",
                self.schema,
                self.name,
                if self.detect.is_empty() { self.tables.join(", ") } else { self.detect.join(", ") }
            ),
        };
        let others = self.schemas(connection).await?;
        Ok(Error::usage(message).hint(match others.first() {
            Some(first) => {
                format!("such tables are in schema {}: --schema {}", others.join(", "), crate::text::quoted(first))
            }
            None if self.is_system() && exists => format!("bursar migrate up --app {}", self.name),
            None if self.is_system() => {
                format!(
                    "no schema of this database holds such tables; without --schema: bursar migrate up --app {}",
                    self.name
                )
            }
            None => "no schema of this database holds such tables; name another database".to_owned(),
        }))
    }

    /// The schemas that hold the tables by which the pack is detected.
    async fn schemas(&self, connection: &mut Connection) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "SELECT n.nspname::text FROM pg_namespace n
              WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
                AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = ANY ($1))
                AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS w
                                 WHERE NOT EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                                                    WHERE c.relnamespace = n.oid AND c.relname = split_part(w, '.', 1)
                                                      AND a.attname = split_part(w, '.', 2) AND NOT a.attisdropped))
              ORDER BY 1",
        )
        .bind(&self.tables)
        .bind(&self.detect)
        .fetch_all(connection)
        .await?)
    }
}

/// True if there is such a schema.
///
/// # Errors
/// If the server cannot be asked.
pub async fn schema_exists(connection: &mut Connection, schema: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
        .bind(schema)
        .fetch_one(connection)
        .await?)
}

/// The tables with their schema, for SQL text; both are quoted already.
fn qualified(schema: &str, tables: &[String]) -> String {
    tables.iter().map(|t| format!("{schema}.{t}")).collect::<Vec<_>>().join(", ")
}
