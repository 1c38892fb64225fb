-- title: Only some may create objects
-- why: Whoever may create functions and operators in a schema that others search can make them run in their place.
-- remedy: REVOKE CREATE ON SCHEMA … FROM PUBLIC.

SELECT format('schema %I', n.nspname) AS object, 'warn' AS verdict, 'everybody may create objects in it' AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_namespace n
 WHERE n.nspname NOT LIKE 'pg\_temp\_%' AND n.nspname NOT LIKE 'pg\_toast%' AND has_schema_privilege('public', n.oid, 'CREATE')
 ORDER BY object
