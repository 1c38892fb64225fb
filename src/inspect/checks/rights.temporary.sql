-- title: No function reads the caller's temporary objects with its owner's rights
-- why: Whoever may create temporary objects can put one in the place of a table or a type that such a function names.
-- remedy: Mend what functions.search_path names, or REVOKE TEMPORARY ON DATABASE … FROM PUBLIC.

SELECT format('the database %I', current_database()) AS object, 'warn' AS verdict,
       format('everybody may create temporary objects, and SECURITY DEFINER functions that everybody may call look there first: %s', count(*)) AS message, count(*)::numeric AS value, 'functions' AS unit
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%' AND has_function_privilege('public', p.oid, 'EXECUTE')
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting WHERE setting ~ '^search_path=(.*, )?pg_temp$')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
HAVING count(*) > 0 AND has_database_privilege('public', current_database(), 'TEMPORARY')
