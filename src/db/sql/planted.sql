-- What somebody without right to it has put into a schema, and what else the session's role may become. An object counts
-- as planted where its owner is a stranger: no superuser, not who owns the database, the schema or most of the tables, not
-- a member of one of these, and not the role itself.
WITH place AS (SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname = {schema}),
    owning AS (
        SELECT c.relowner, count(*) AS tables FROM pg_class c JOIN place n ON n.oid = c.relnamespace
         WHERE ({tables} = '{}' OR c.relname = ANY ({tables})) AND c.relkind IN ('r', 'p') GROUP BY c.relowner),
    trusted AS (
        SELECT oid FROM pg_roles WHERE rolsuper
        UNION SELECT datdba FROM pg_database WHERE datname = current_database()
        UNION SELECT nspowner FROM place
        UNION SELECT relowner FROM owning WHERE tables * 2 > (SELECT sum(tables) FROM owning)),
    object AS (
        SELECT 'function' AS kind, p.oid, p.proowner AS owner FROM pg_proc p JOIN place n ON n.oid = p.pronamespace
        UNION ALL SELECT 'operator', o.oid, o.oprowner FROM pg_operator o JOIN place n ON n.oid = o.oprnamespace
        UNION ALL
        SELECT 'type', t.oid, t.typowner FROM pg_type t JOIN place n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
         WHERE t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')
        UNION ALL
        SELECT 'relation', c.oid, c.relowner FROM pg_class c JOIN place n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')),
    stranger AS (
        SELECT o.owner, coalesce(r.rolname::text, o.owner::text) AS name
          FROM (SELECT DISTINCT owner FROM object) o LEFT JOIN pg_roles r ON r.oid = o.owner
         WHERE r.rolname IS DISTINCT FROM session_user
           AND NOT EXISTS (SELECT FROM trusted t WHERE r.oid IS NOT NULL AND pg_has_role(r.oid, t.oid, 'MEMBER')))
-- One with the arguments of one of the server's own is never chosen: pg_catalog comes first in every path.
SELECT o.kind, p.proname::text AS name, format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes)) AS object, s.name AS owner,
       EXISTS (SELECT FROM pg_proc c WHERE c.proname = p.proname AND c.pronamespace = 'pg_catalog'::regnamespace)
       -- A call of a type's name is a cast, where no function of that name fits.
       OR EXISTS (SELECT FROM pg_type c WHERE c.typname = p.proname AND c.typnamespace = 'pg_catalog'::regnamespace) AS own_name
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_proc p ON p.oid = o.oid JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE o.kind = 'function'
   AND (p.provariadic <> 0 OR p.pronargdefaults > 0
        OR NOT EXISTS (SELECT FROM pg_proc c WHERE c.proname = p.proname AND c.pronamespace = 'pg_catalog'::regnamespace
                          AND c.proargtypes = p.proargtypes))
UNION ALL
SELECT o.kind, p.oprname::text, format('%I.%s (%s, %s)', n.nspname, p.oprname, CASE p.oprleft WHEN 0 THEN 'NONE' ELSE format_type(p.oprleft, NULL) END,
              format_type(p.oprright, NULL)), s.name,
       EXISTS (SELECT FROM pg_operator c WHERE c.oprname = p.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace)
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_operator p ON p.oid = o.oid JOIN pg_namespace n ON n.oid = p.oprnamespace
 WHERE o.kind = 'operator'
   AND NOT EXISTS (SELECT FROM pg_operator c WHERE c.oprname = p.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace
                      AND c.oprleft = p.oprleft AND c.oprright = p.oprright)
UNION ALL
SELECT o.kind, t.typname::text, format('%I.%I', n.nspname, t.typname), s.name, false
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_type t ON t.oid = o.oid JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE o.kind = 'type'
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
       c.relname::text, format('%I.%I', n.nspname, c.relname), s.name, false
  FROM object o JOIN stranger s ON s.owner = o.owner JOIN pg_class c ON c.oid = o.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE o.kind = 'relation'
UNION ALL
-- What goes beyond the rights to data.
SELECT CASE WHEN r.rolsuper THEN 'superuser' ELSE 'right' END, r.rolname::text, r.rolname::text, session_user::text, false
  FROM pg_roles r
 WHERE (r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend'))
   AND pg_has_role(session_user, r.oid, 'MEMBER')
UNION ALL
-- Where no table of the application can be found by its name.
SELECT 'unreachable', '', '', '', false
 WHERE NOT EXISTS (SELECT FROM place WHERE has_schema_privilege(oid, 'USAGE'))
    OR {tables} <> '{}' AND NOT EXISTS (SELECT FROM pg_class c JOIN place n ON n.oid = c.relnamespace WHERE c.relname = ANY ({tables}))
 ORDER BY 1, 3
