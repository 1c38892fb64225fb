//! The search paths of functions with the rights of their owner.

use super::model::Lines;
use crate::db::{Tx, guarded};
use crate::error::{Kind, Result};
use crate::migrate::{self, Set};
use crate::packs::Pack;

/// Functions with their owner's rights, and bursar's own, that find temporary objects of their caller first.
pub(super) async fn check(tx: &mut Tx, pack: Option<&Pack>, lines: &mut Lines) -> Result<()> {
    const WHAT: &str = "search paths";
    let open: Vec<(String, bool, bool, bool, i64)> = sqlx::query_as(
        "SELECT pg_catalog.format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
                n.nspname = 'bursar', n.nspname IS NOT DISTINCT FROM $1, coalesce(p.proconfig @> ARRAY['search_path=\"\"'], false),
                p.oid::bigint
           FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
          WHERE p.prokind IN ('f', 'p') AND (p.prosecdef OR n.nspname = 'bursar' AND p.proconfig::text LIKE '%search\\_path=%')
            AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
            AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS s WHERE s ~ '^search_path=(.*, )?pg_temp$')
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                             WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e')
          ORDER BY 2 DESC, 4 DESC, 3 DESC, 1",
    )
    .bind(pack.map(|pack| pack.schema.as_str()))
    .fetch_all(&mut **tx)
    .await?;
    let Some((first, bursars, applications, older, _)) = open.first() else {
        lines.ok(WHAT, "every function with its owner's rights ends its search path with pg_temp");
        return Ok(());
    };
    let more = match open.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let alter =
        format!("ALTER FUNCTION {first} SET search_path = pg_catalog, pg_temp, once its body qualifies other names");
    let (whose, fix) = if *bursars && *older {
        ("functions of bursar are not mended: ", crate::store::UPGRADE.to_owned())
    } else if *bursars {
        let fix = "end their search_path with pg_temp in the pack's functions/*.sql, and then: bursar migrate up --only bursar";
        ("", fix.to_owned())
    } else if let Some(pack) = pack.filter(|_| *applications)
        && behind(tx, pack).await?
    {
        ("functions of the application are not mended: ", format!("bursar migrate up --app {}", pack.name))
    } else {
        ("", format!("{alter}; bursar inspect functions.search_path lists all"))
    };
    let found = format!(
        "{whose}{first}{more} may take temporary objects of a caller for what they name, with the rights of their owner"
    );
    lines.warn(WHAT, found, fix);
    let functions: Vec<i64> = open.iter().map(|(.., oid)| *oid).collect();
    callers(tx, &functions, lines).await?;
    Ok(())
}

/// Whoever may create temporary objects and call one of these functions: everybody, or roles that sign in and do not act
/// as the function's owner anyway.
async fn callers(tx: &mut Tx, functions: &[i64], lines: &mut Lines) -> Result<()> {
    let (everybody, database, roles): (bool, String, Vec<String>) = sqlx::query_as(
        "SELECT pg_catalog.has_database_privilege('public', d.oid, 'TEMP')
                AND EXISTS (SELECT FROM pg_catalog.pg_proc p
                             WHERE p.oid::bigint = ANY ($1) AND pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
                               AND pg_catalog.has_schema_privilege('public', p.pronamespace, 'USAGE')),
                pg_catalog.quote_ident(d.datname),
                ARRAY(SELECT pg_catalog.quote_ident(r.rolname) FROM pg_catalog.pg_roles r
                       WHERE r.rolcanlogin AND NOT r.rolsuper AND pg_catalog.has_database_privilege(r.oid, d.oid, 'TEMP')
                         AND EXISTS (SELECT FROM pg_catalog.pg_proc p
                                      WHERE p.oid::bigint = ANY ($1) AND NOT pg_catalog.pg_has_role(r.oid, p.proowner, 'MEMBER')
                                        AND pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
                                        AND pg_catalog.has_schema_privilege(r.oid, p.pronamespace, 'USAGE'))
                       ORDER BY 1)
           FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()",
    )
    .bind(functions)
    .fetch_one(&mut **tx)
    .await?;
    let (who, whose) = match roles.as_slice() {
        _ if everybody => ("everybody".to_owned(), "PUBLIC".to_owned()),
        [] => return Ok(()),
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            (format!("{one}, {two}, {three} and {} more", rest.len()), roles.join(", "))
        }
        roles => (roles.join(", "), roles.join(", ")),
    };
    lines.warn(
        "temporary objects",
        format!("{who} may create them, and functions find them first"),
        format!("REVOKE TEMP ON DATABASE {database} FROM {whose}, or set the paths of the functions"),
    );
    Ok(())
}

/// True if migrations of the application's own set are pending, as far as this role can see.
async fn behind(tx: &mut Tx, pack: &Pack) -> Result<bool> {
    let Ok(set) = Set::application(&pack.name) else { return Ok(false) };
    match guarded(tx, async |c| migrate::status(c, &set).await).await? {
        Ok(status) => Ok(status.pending() > 0),
        Err(error) if error.kind == Kind::Connection => Err(error),
        Err(_) => Ok(false),
    }
}
