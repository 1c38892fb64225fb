-- title: Functions with their owner's rights fix their search path
-- why: Whoever calls one with a search path of their own can make it run their code with the owner's rights.
-- remedy: ALTER FUNCTION … SET search_path = '', and qualify the names in its body.

SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS object,
       CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'fail' ELSE 'warn' END AS verdict,
       format('is SECURITY DEFINER without a search_path%s', CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN ', and everybody may call it' ELSE '' END) AS message,
       NULL::numeric AS value, NULL AS unit
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting WHERE setting LIKE 'search\_path=%')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
 ORDER BY object
