-- The roles with whose rights bursar's functions run, and the application's tables that they may not use: $1 schema,
-- $2 tables, $3 true if writing counts too. Where bursar's schema is not there, this role would make it.
WITH definer AS (
    SELECT n.nspowner AS oid FROM pg_catalog.pg_namespace n WHERE n.nspname = 'bursar'
    UNION
    SELECT p.proowner FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = 'bursar' AND p.prosecdef
    UNION
    SELECT r.oid FROM pg_catalog.pg_roles r
     WHERE r.rolname = current_user AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'bursar')
), part AS (
    SELECT c.oid, c.relowner, c.relkind, c.relrowsecurity, c.relforcerowsecurity, n.oid AS place,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
), lack AS (
    SELECT r.rolname, p.name, p.relowner
      FROM definer d JOIN pg_catalog.pg_roles r ON r.oid = d.oid CROSS JOIN part p
     WHERE NOT r.rolsuper
       AND (NOT has_schema_privilege(d.oid, p.place, 'USAGE')
            OR NOT has_table_privilege(d.oid, p.oid, 'SELECT')
            OR $3 AND p.relkind IN ('r', 'p')
               AND NOT (has_table_privilege(d.oid, p.oid, 'INSERT') AND has_table_privilege(d.oid, p.oid, 'UPDATE'))
            OR p.relrowsecurity AND NOT r.rolbypassrls
               AND (p.relforcerowsecurity OR NOT pg_has_role(d.oid, p.relowner, 'USAGE'))
               -- A policy that shows this role every row hides nothing.
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy o
                                WHERE o.polrelid = p.oid AND o.polpermissive AND o.polcmd IN ('r', '*')
                                  AND pg_get_expr(o.polqual, o.polrelid) = 'true'
                                  AND EXISTS (SELECT FROM unnest(o.polroles) AS t
                                               WHERE CASE t WHEN 0 THEN true ELSE pg_has_role(d.oid, t, 'USAGE') END)))
)
SELECT rolname::text AS role, array_agg(name ORDER BY name) AS tables,
       pg_get_userbyid(mode() WITHIN GROUP (ORDER BY relowner))::text AS owner
  FROM lack GROUP BY rolname ORDER BY rolname
