-- title: Tables with row level security have policies
-- why: Without a policy nobody but the owner sees a row, which may be meant so, and looks like an empty table.
-- remedy: CREATE POLICY for each who may see something, if any may.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'ok' AS verdict, 'has no policy: it is closed to all but its owner and those who bypass it' AS message,
       NULL::numeric AS value, NULL AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
   AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
 ORDER BY object
