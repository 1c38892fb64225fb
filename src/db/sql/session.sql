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
-- Where no table of the application can be found by its name.
SELECT 'unreachable', '', '', '', false
 WHERE NOT EXISTS (SELECT FROM place WHERE has_schema_privilege(oid, 'USAGE'))
    OR {tables} <> '{}' AND NOT EXISTS (SELECT FROM pg_class c JOIN place n ON n.oid = c.relnamespace WHERE c.relname = ANY ({tables}))
 ORDER BY 1, 3
