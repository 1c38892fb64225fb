-- title: Every table outlives a crash
-- why: An UNLOGGED table is emptied by a crash, and no replica or base backup has its rows.
-- remedy: ALTER TABLE … SET LOGGED, unless its rows may be lost.

WITH found AS (
SELECT format('%I.%I', n.nspname, c.relname) AS object, c.relpages::bigint * 8192 AS size
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT NULL AS object, 'ok' AS verdict, format('UNLOGGED tables: %s', count(*)) AS message, count(*)::numeric AS value, 'tables' AS unit FROM found HAVING count(*) > 0
UNION ALL
SELECT object, 'ok', 'is UNLOGGED', size::numeric, 'bytes' FROM found
 ORDER BY object NULLS FIRST
