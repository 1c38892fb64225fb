//! What a search path may hold that somebody with less right has planted there.
//!
//! A pack's queries find the application's tables by the path, so its schema has to be in it, and with it whatever else
//! somebody may have created there. `pg_catalog` comes first, so an object with the server's own name and arguments is
//! never chosen; one that fits the arguments better is (the class of CVE-2018-1058). So before a path is used, the schema
//! is looked at for functions and operators that have a name of the server's own, and for whatever has a name that the
//! pack's queries use, whose owner nobody has a reason to trust. An operator that a check would call in the place of the server's own
//! is named whoever owns it: the owner of the tables is one of those whom an audit is about.

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::quote::quote_literal;
use super::{Connection, own_path};
use crate::error::Result;

const SESSION: &str = include_str!("sql/session.sql");
const PLANTED: &str = include_str!("sql/planted.sql");
const TRUSTED: &str = include_str!("sql/trusted.sql");
/// True of a role `r` whose objects nobody has a reason to trust: not one of the trusted, not a member of one, and not the
/// session's own.
const STRANGER: &str = "r.rolname IS DISTINCT FROM session_user
    AND NOT EXISTS (SELECT FROM trusted t WHERE r.oid IS NOT NULL AND pg_has_role(r.oid, t.oid, 'MEMBER'))";

/// An object that might be taken for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planted {
    /// Its kind and its name, such as `function public.format(text, name, name)`.
    pub object: String,
    /// The role that owns it.
    pub owner: String,
}

/// The result of a look at a schema.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The objects that might be taken for the server's own, or for the pack's.
    pub planted: Vec<Planted>,
    /// The reason that the session's role may do more at the server than read and write data, as the end of a sentence; none where it
    /// may not.
    pub beyond_data: Option<String>,
    /// True where the schema holds none of the tables for this role: it is not there, may not be used, or lacks them.
    pub unreachable: bool,
}

/// Looks at a schema before it comes into the search path, and does what comes `next` in the same round trip, such as
/// setting that path. `tables` are the application's, whose owner is trusted with them; `named` says whether the queries
/// may name something so.
///
/// # Errors
/// Only if the server cannot be asked.
pub async fn look(
    connection: &mut Connection,
    schema: &str,
    tables: &[String],
    named: impl Fn(&str) -> bool,
    next: &str,
) -> Result<Look> {
    let tables: Vec<String> = tables.iter().map(|t| quote_literal(t)).collect();
    let tables = format!("ARRAY[{}]::name[]", tables.join(", "));
    let (mut look, mut beyond, mut strangers) = (Look::default(), Vec::new(), false);
    let asked = |sql: &str| {
        let sql = sql.replace("{trusted}", TRUSTED).replace("{stranger}", STRANGER);
        let sql = sql.replace("{schema}", &quote_literal(schema)).replace("{tables}", &tables);
        format!("{}{sql}; {next}", own_path())
    };
    for row in connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(asked(SESSION)))).await? {
        match row.try_get("kind")? {
            "stranger" => strangers = true,
            "unreachable" => look.unreachable = true,
            "operator" => {
                let object = format!("operator {}", row.try_get::<String, _>("object")?);
                look.planted.push(Planted { object, owner: row.try_get("owner")? });
            }
            _ => beyond.push((row.try_get::<String, _>("name")?, row.try_get::<String, _>("owner")?)),
        }
    }
    if strangers {
        for row in connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(asked(PLANTED)))).await? {
            let (kind, name): (String, String) = (row.try_get("kind")?, row.try_get("name")?);
            let (object, owner): (String, String) = (row.try_get("object")?, row.try_get("owner")?);
            let planted = Planted { object: format!("{kind} {object}"), owner };
            if (row.try_get("own_name")? || named(&name)) && !look.planted.contains(&planted) {
                look.planted.push(planted);
            }
        }
    }
    // Superusers come last, and say most.
    let itself = beyond.iter().find(|(name, role)| name == role);
    look.beyond_data = itself.or(beyond.last()).map(|(name, role)| match name == role {
        true => format!("{role} is a superuser"),
        false => format!("{role} may act as {name}"),
    });
    Ok(look)
}
