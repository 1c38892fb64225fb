-- title: Views do not go round row level security
-- why: A view reads and writes with its owner's rights, and a materialized view keeps rows that its owner saw: the policies of the tables below do not count for who uses it.
-- remedy: ALTER VIEW … SET (security_invoker = true) (PostgreSQL 15), or revoke the grant. A materialized view has no such option.

WITH RECURSIVE locked AS MATERIALIZED ({locked}),
     reads AS (
       -- What a view reads stands in its rule. A view that reads as its caller hands nothing on.
       SELECT DISTINCT v.oid AS view, d.refobjid AS read
         FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
        WHERE v.relkind IN ('v', 'm') AND NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions) WHERE CASE option_name WHEN 'security_invoker' THEN option_value::boolean END)),
     below AS (SELECT view, read FROM reads UNION SELECT b.view, r.read FROM below b JOIN reads r ON r.view = b.read)
SELECT format('%I.%I', n.nspname, c.relname) AS object, CASE WHEN shut AND 'read' <> ALL (g.actions) THEN 'locked' ELSE 'warn' END AS verdict,
       CASE WHEN shut AND 'read' <> ALL (g.actions) THEN 'a session holds or awaits a lock on what it reads: see `locks`' ELSE
       format('%s may %s it, and it reads %s, which has row level security, %s', array_to_string(g.names, ', '), array_to_string(g.actions, ', '), t.names,
              CASE c.relkind WHEN 'm' THEN 'as it was when it was refreshed' ELSE 'with the rights of its owner' END) END AS message,
       NULL::numeric AS value, NULL AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN (SELECT b.view, string_agg(format('%I.%I', m.nspname, t.relname), ', ' ORDER BY m.nspname, t.relname) AS names,
               bool_or(b.read IN (SELECT relation FROM locked) OR b.view IN (SELECT relation FROM locked)) AS shut
          FROM below b JOIN pg_class t ON t.oid = b.read AND t.relrowsecurity JOIN pg_namespace m ON m.oid = t.relnamespace GROUP BY b.view) t ON t.view = c.oid
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT coalesce(r.rolname::text, 'everybody')) AS names, array_agg(DISTINCT p.action) AS actions
                       FROM (SELECT (aclexplode(c.relacl)).*
                             UNION ALL SELECT (aclexplode(o.attacl)).* FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attnum > 0 AND NOT o.attisdropped) a
                       LEFT JOIN pg_roles r ON a.grantee <> 0 AND r.rolname IN ('anon', 'authenticated') AND pg_has_role(r.oid, a.grantee, 'USAGE')
                       -- What the view hands on to its table, as the server's commands are numbered. A trigger writes with its caller's rights.
                       JOIN (VALUES ('SELECT', 'read', 0), ('UPDATE', 'update', 4), ('INSERT', 'insert into', 8), ('DELETE', 'delete from', 16)) p (privilege, action, bit) ON p.privilege = a.privilege_type
                      WHERE CASE WHEN a.grantee = 0 THEN has_schema_privilege('public', n.oid, 'USAGE') OR EXISTS (SELECT FROM pg_roles u WHERE u.rolname IN ('anon', 'authenticated') AND has_schema_privilege(u.oid, n.oid, 'USAGE'))
                                   ELSE has_schema_privilege(r.oid, n.oid, 'USAGE') END AND (p.bit = 0 OR CASE WHEN t.shut THEN true ELSE pg_relation_is_updatable(c.oid, false) & p.bit > 0 END)) AS g
 WHERE g.names IS NOT NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY object
