-- title: Materialized views have been filled
-- why: One that was never refreshed cannot be read: every query of it fails.
-- remedy: REFRESH MATERIALIZED VIEW it.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'warn' AS verdict, 'was never refreshed' AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm' AND NOT c.relispopulated
 ORDER BY object
