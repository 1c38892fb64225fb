-- What protects the tables of schema $2, one row an object: triggers, constraints and unique
-- indexes, row level security, policies and grants. Run with search_path = pg_catalog, because the
-- deparsed text depends on it. Constraints of kind NOT NULL are left out: older servers have none.
SELECT 'trigger' AS kind, c.relname::text AS relation, t.tgname::text AS object,
       pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ON REPLICA' ELSE '' END AS definition
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $2 AND NOT t.tgisinternal
UNION ALL
SELECT 'constraint', c.relname::text, con.conname::text, pg_get_constraintdef(con.oid)
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $2 AND con.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'constraint', c.relname::text, i.relname::text,
       pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $2 AND x.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = x.indexrelid)
UNION ALL
SELECT 'rls', c.relname::text, 'row level security',
       CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $2 AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'policy', c.relname::text, p.polname::text,
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for ' || p.polcmd::text, 'to',
                 (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END, ', ' ORDER BY 1) FROM unnest(p.polroles) r),
                 'using (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = $2
UNION ALL
SELECT 'grant', g.relation, concat_ws(' ', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, g.privilege, g.attribute), 'granted'
  FROM (SELECT c.relname::text AS relation, a.grantee, a.privilege_type AS privilege, NULL::text AS attribute, c.relowner AS owner
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
         WHERE n.nspname = $2 AND c.relkind IN ('r', 'p', 'v', 'm')
        UNION
        SELECT c.relname::text, a.grantee, a.privilege_type, t.attname::text, c.relowner
          FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(t.attacl) a
         WHERE n.nspname = $2 AND NOT t.attisdropped) g
 WHERE g.grantee <> g.owner
