-- title: Every table has a primary key
-- why: Without one a row cannot be told from its copy, and logical replication refuses to change it.
-- remedy: ALTER TABLE … ADD PRIMARY KEY, on a column that names the row.

WITH found AS (
SELECT format('%I.%I', n.nspname, c.relname) AS object, 'has no primary key' || CASE WHEN EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique) THEN ', and a unique index' ELSE '' END AS message,
       greatest(c.reltuples, 0)::numeric AS value
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary)
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT NULL AS object, 'ok' AS verdict, format('Tables without a primary key: %s', count(*)) AS message, count(*)::numeric AS value, 'tables' AS unit FROM found HAVING count(*) > 0
UNION ALL
SELECT object, 'ok', message, value, 'rows' FROM found
 ORDER BY object NULLS FIRST
