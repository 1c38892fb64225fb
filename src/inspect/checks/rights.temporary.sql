-- title: No function reads the caller's temporary objects with its owner's rights
-- why: Whoever may create temporary objects can put one in the place of a table or a type that such a function names.
-- remedy: Mend what functions.search_path names, or REVOKE TEMPORARY ON DATABASE … FROM PUBLIC, or from the role that is named.

-- A function counts once: for everybody, or for those of the roles of an API who may both call it and create such objects.
SELECT format('the database %I', current_database()) AS object, 'warn' AS verdict,
       format('%s may create temporary objects, and SECURITY DEFINER functions that %s may call look there first: %s', names, CASE names WHEN 'everybody' THEN names ELSE 'they' END, functions) AS message, functions::numeric AS value, 'functions' AS unit
  FROM (SELECT string_agg(DISTINCT who.name, ', ' ORDER BY who.name) AS names, count(DISTINCT p.oid) AS functions
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN LATERAL (SELECT has_function_privilege('public', p.oid, 'EXECUTE') AND has_schema_privilege('public', n.oid, 'USAGE') AND has_database_privilege('public', current_database(), 'TEMPORARY') AS everybody) e
         CROSS JOIN LATERAL (SELECT 'everybody' AS name WHERE everybody
                             UNION ALL SELECT rolname FROM pg_roles
                              WHERE NOT everybody AND rolname IN ('anon', 'authenticated') AND has_function_privilege(pg_roles.oid, p.oid, 'EXECUTE') AND has_schema_privilege(pg_roles.oid, n.oid, 'USAGE') AND has_database_privilege(pg_roles.oid, current_database(), 'TEMPORARY')) who
         WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
           AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting WHERE setting ~ '^search_path=(.*, )?pg_temp$')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')) found
 WHERE functions > 0
