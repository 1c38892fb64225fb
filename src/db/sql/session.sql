-- What the session's role may do beyond data, whether it reaches the application's tables, and whether a stranger owns
-- anything in this database. Where none does, nothing can be planted, and the ten times longer look at each object is left
-- out. pg_shdepend does not name the role that the server was made with.
{trusted}
SELECT 'stranger' AS kind, '' AS name, '' AS object, '' AS owner, false AS own_name
 WHERE EXISTS (
        SELECT FROM (SELECT 10::oid AS owner
                     UNION
                     SELECT s.refobjid FROM pg_shdepend s
                      WHERE s.deptype = 'o' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND s.classid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_class'::regclass)) o
          LEFT JOIN pg_roles r ON r.oid = o.owner
         WHERE {stranger})
UNION ALL
-- What goes beyond the rights to data.
SELECT CASE WHEN r.rolsuper THEN 'superuser' ELSE 'right' END, r.rolname::text, r.rolname::text, session_user::text, false
  FROM pg_roles r
 WHERE (r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend'))
   AND pg_has_role(session_user, r.oid, 'MEMBER')
UNION ALL
-- An operator that fits the types of the application better than the server's own of that name, whoever owns it: a check
-- that compares two columns of an enum would call it. Types that are the application's own from the ground up have no other.
SELECT 'operator', o.oprname::text,
       format('%I.%s (%s, %s)', n.nspname, o.oprname, CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,
              format_type(o.oprright, NULL)), pg_get_userbyid(o.oprowner)::text, true
  FROM pg_operator o JOIN place n ON n.oid = o.oprnamespace
 WHERE n.nspname <> 'pg_catalog'
   AND EXISTS (SELECT FROM pg_operator c WHERE c.oprname = o.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace)
   AND NOT EXISTS (SELECT FROM pg_operator c WHERE c.oprname = o.oprname AND c.oprnamespace = 'pg_catalog'::regnamespace
                      AND c.oprleft = o.oprleft AND c.oprright = o.oprright)
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')
   AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid IN (o.oprleft, o.oprright) AND t.typtype = 'b' AND t.typcategory <> 'A'
                      AND t.typnamespace <> 'pg_catalog'::regnamespace)
UNION ALL
-- Where no table of the application can be found by its name.
SELECT 'unreachable', '', '', '', false
 WHERE NOT EXISTS (SELECT FROM place WHERE has_schema_privilege(oid, 'USAGE'))
    OR {tables} <> '{}' AND NOT EXISTS (SELECT FROM pg_class c JOIN place n ON n.oid = c.relnamespace WHERE c.relname = ANY ({tables}))
 ORDER BY 1, 3
