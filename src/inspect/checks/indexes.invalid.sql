-- title: Every index is valid
-- why: An INVALID index is kept up with every write, and no query can use it.
-- remedy: bursar migrate repair --drop-invalid-indexes, then build it again.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'fail' AS verdict,
       format('on %s is INVALID: its build failed half way', x.indrelid::regclass) AS message,
       CASE WHEN x.indexrelid NOT IN ({locked}) THEN pg_relation_size(x.indexrelid) END::numeric AS value, 'bytes' AS unit
  FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT x.indisvalid AND c.relkind = 'i' AND n.nspname NOT LIKE 'pg\_%'
   AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid OR p.relid = x.indrelid)
 ORDER BY object
