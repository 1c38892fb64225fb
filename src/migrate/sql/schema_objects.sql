-- What protects the tables of schema $2, one row an object. Run with search_path = pg_catalog, because the deparsed text
-- depends on it. Constraints of kind NOT NULL are left out: older servers have none; columns have them. Who owns
-- something is told only where it is not the owner of bursar's tables, so that a copy with another owner is the same.
WITH own AS MATERIALIZED (SELECT c.relowner AS role FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = 'bursar' AND c.relname = 'schema_objects'),
     here AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = $2)
SELECT 'trigger' AS kind, c.relname::text AS relation, t.tgname::text AS object,
       pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' DISABLED' WHEN 'R' THEN ' ON REPLICA' ELSE '' END AS definition
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE c.relnamespace IN (SELECT oid FROM here) AND NOT t.tgisinternal
UNION ALL
SELECT 'constraint', c.relname::text, con.conname::text, pg_get_constraintdef(con.oid)
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid
 WHERE c.relnamespace IN (SELECT oid FROM here) AND con.contype IN ('c', 'f', 'p', 'u', 'x')
UNION ALL
SELECT 'constraint', c.relname::text, i.relname::text,
       pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
 WHERE c.relnamespace IN (SELECT oid FROM here) AND x.indisunique
   AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = x.indexrelid)
UNION ALL
SELECT 'rls', c.relname::text, 'row level security',
       CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END
  FROM pg_class c
 WHERE c.relnamespace IN (SELECT oid FROM here) AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'policy', c.relname::text, p.polname::text,
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for ' || p.polcmd::text, 'to',
                 (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r) END, ', ' ORDER BY 1) FROM unnest(p.polroles) r),
                 'using (' || pg_get_expr(p.polqual, p.polrelid) || ')', 'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
 WHERE c.relnamespace IN (SELECT oid FROM here)
UNION ALL
SELECT 'grant', g.relation, concat_ws(' ', CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(g.grantee) END, g.privilege, g.attribute), 'granted'
  FROM (SELECT c.relname::text AS relation, a.grantee, a.privilege_type AS privilege, NULL::text AS attribute, c.relowner AS owner
          FROM pg_class c, aclexplode(c.relacl) a
         WHERE c.relnamespace IN (SELECT oid FROM here) AND c.relkind IN ('r', 'p', 'v', 'm')
        UNION
        SELECT c.relname::text, a.grantee, a.privilege_type, t.attname::text, c.relowner
          FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
         WHERE c.relnamespace IN (SELECT oid FROM here) AND NOT t.attisdropped) g
 WHERE g.grantee <> g.owner
UNION ALL
-- The triggers behind a constraint have no lasting name; those of one table fire or do not.
SELECT 'firing', c.relname::text, con.conname::text,
       'enforced' || coalesce(' but for triggers in state ' || string_agg(DISTINCT nullif(t.tgenabled::text, 'O'), ', '), '')
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_constraint con ON con.oid = t.tgconstraint
 WHERE c.relnamespace IN (SELECT oid FROM here) AND t.tgisinternal AND con.conparentid = 0
 GROUP BY c.relname, con.conname
UNION ALL
SELECT 'rule', c.relname::text, r.rulename::text, pg_get_ruledef(r.oid) || CASE r.ev_enabled WHEN 'O' THEN '' ELSE ' NOT ALWAYS' END
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
 WHERE c.relnamespace IN (SELECT oid FROM here) AND r.rulename <> '_RETURN'
UNION ALL
-- The schema's own functions, and those elsewhere that its triggers and policies call.
SELECT 'function', n.nspname::text, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
       concat_ws(', ', 'SHA-256 ' || encode(sha256(convert_to(concat_ws(' ', nullif(p.prosrc, ''), p.probin,
                           CASE WHEN p.prosrc = '' AND p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END), 'UTF8')), 'hex'),
                 l.lanname, CASE WHEN p.prosecdef THEN 'security definer' END,
                 CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END, CASE WHEN p.proisstrict THEN 'strict' END,
                 'set ' || array_to_string(p.proconfig, ', '),
                 CASE WHEN p.proowner <> own.role THEN 'owned by ' || pg_get_userbyid(p.proowner) END)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang CROSS JOIN own
 WHERE (p.pronamespace IN (SELECT oid FROM here)
        OR p.oid IN (SELECT t.tgfoid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                      WHERE c.relnamespace IN (SELECT oid FROM here) AND NOT t.tgisinternal
                     UNION
                     SELECT d.refobjid FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid
                       JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = o.oid AND d.refclassid = 'pg_proc'::regclass
                      WHERE c.relnamespace IN (SELECT oid FROM here)))
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'column', c.relname::text, a.attname::text,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                 CASE WHEN a.attidentity <> '' THEN 'IDENTITY ' || a.attidentity::text END,
                 CASE WHEN a.attgenerated <> '' THEN 'GENERATED' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE c.relnamespace IN (SELECT oid FROM here) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'relation', c.relname::text, c.relname::text,
       CASE c.relpersistence WHEN 'u' THEN 'unlogged ' ELSE '' END
       || CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END
  FROM pg_class c
 WHERE c.relnamespace IN (SELECT oid FROM here) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
UNION ALL
SELECT 'owner', c.relname::text, c.relname::text,
       CASE WHEN c.relowner = own.role THEN 'the owner of bursar''s tables' ELSE pg_get_userbyid(c.relowner)::text END
  FROM pg_class c CROSS JOIN own
 WHERE c.relnamespace IN (SELECT oid FROM here) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
UNION ALL
-- What is set for this database, of that which turns a guard off. It is told once, with bursar's schema.
SELECT 'setting', 'the database', split_part(setting, '=', 1) || coalesce(' of ' || pg_get_userbyid(nullif(s.setrole, 0::oid)), ''),
       substr(setting, strpos(setting, '=') + 1)
  FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
 WHERE $2 = 'bursar' AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND split_part(setting, '=', 1) = 'session_replication_role'
