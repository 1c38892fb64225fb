-- title: Functions with their owner's rights fix their search path
-- why: Whoever calls one with a search path of their own can make it run their code with the owner's rights. A path that does not end with pg_temp finds types and tables among the caller's temporary objects first, an empty one too.
-- remedy: ALTER FUNCTION … SET search_path = pg_catalog, pg_temp, and qualify the names in its body.

SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS object,
       CASE WHEN s.path IS NULL AND e.callers IS NOT NULL THEN 'fail' ELSE 'warn' END AS verdict,
       format('is SECURITY DEFINER %s%s',
              CASE WHEN s.path IS NULL THEN 'without a search_path' ELSE 'with a search_path that does not end with pg_temp' END,
              coalesce(', and ' || e.callers || ' may call it', '')) AS message,
       NULL::numeric AS value, NULL AS unit
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  LEFT JOIN LATERAL (SELECT setting FROM unnest(p.proconfig) setting WHERE setting LIKE 'search\_path=%') AS s (path) ON true
 CROSS JOIN LATERAL (SELECT CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') AND has_schema_privilege('public', n.oid, 'USAGE') THEN 'everybody'
                                 ELSE (SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles WHERE rolname IN ('anon', 'authenticated') AND has_function_privilege(pg_roles.oid, p.oid, 'EXECUTE') AND has_schema_privilege(pg_roles.oid, n.oid, 'USAGE')) END) AS e (callers)
 WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT coalesce(s.path ~ '^search_path=(.*, )?pg_temp$', false)
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY object
