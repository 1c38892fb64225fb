-- title: Sizes of indexes
-- why: Every index is paid for with each write, and takes memory from the others.
-- remedy: Compare with an earlier run: --snapshot FILE, later --diff FILE.

SELECT format('%I.%I', n.nspname, i.relname) AS object, 'ok' AS verdict,
       format('on %s, used %s times', x.indrelid::regclass, sum(coalesce(s.idx_scan, 0))) AS message,
       sum(pg_relation_size(m.oid))::numeric AS value, 'bytes' AS unit
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN LATERAL (SELECT i.oid UNION SELECT t.relid FROM pg_partition_tree(i.oid) t WHERE i.relkind = 'I') AS part (oid) ON true
  JOIN pg_class m ON m.oid = part.oid LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = m.oid
 WHERE NOT i.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
 GROUP BY x.indrelid, n.nspname, i.relname, i.oid
 ORDER BY value DESC, object
