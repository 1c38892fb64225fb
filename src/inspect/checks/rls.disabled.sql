-- title: Tables that others may reach have row level security
-- why: Whoever was granted a table without it sees every row of it, also through an API.
-- remedy: ALTER TABLE … ENABLE ROW LEVEL SECURITY, with a policy for each who may see something; or revoke the grant.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'warn' AS verdict,
       format('%s may %s', string_agg(DISTINCT g.name, ', '), string_agg(DISTINCT lower(g.privilege), ', ')) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (SELECT coalesce(r.rolname::text, 'everybody') AS name, a.privilege_type AS privilege
                        FROM (SELECT (aclexplode(c.relacl)).*
                              UNION ALL SELECT (aclexplode(o.attacl)).* FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attnum > 0 AND NOT o.attisdropped) a
                        -- What a role was given, those who inherit from it have too.
                        LEFT JOIN pg_roles r ON a.grantee <> 0 AND r.rolname IN ('anon', 'authenticated') AND pg_has_role(r.oid, a.grantee, 'USAGE')
                       WHERE CASE WHEN a.grantee = 0 THEN has_schema_privilege('public', n.oid, 'USAGE') OR EXISTS (SELECT FROM pg_roles u WHERE u.rolname IN ('anon', 'authenticated') AND has_schema_privilege(u.oid, n.oid, 'USAGE'))
                                  ELSE has_schema_privilege(r.oid, n.oid, 'USAGE') END) g
 WHERE c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 GROUP BY n.nspname, c.relname
 ORDER BY object
