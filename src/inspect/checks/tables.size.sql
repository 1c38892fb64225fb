-- title: Sizes of tables and materialized views
-- why: What grows is seen first here; a partitioned table counts with all its partitions.
-- remedy: Compare with an earlier run: --snapshot FILE, later --diff FILE.

SELECT format('%I.%I', n.nspname, c.relname) AS object, 'ok' AS verdict,
       format('%s in rows, %s in indexes, %s in long values%s', pg_size_pretty(sum(pg_relation_size(m.oid))),
              pg_size_pretty(sum(pg_indexes_size(m.oid))), pg_size_pretty(sum(coalesce(pg_total_relation_size(nullif(m.reltoastrelid, 0)), 0))),
              CASE c.relkind WHEN 'p' THEN format(', %s partitions', count(*) FILTER (WHERE m.relkind <> 'p')) WHEN 'm' THEN ', materialized' ELSE '' END) AS message,
       sum(pg_total_relation_size(m.oid))::numeric AS value, 'bytes' AS unit
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN LATERAL (SELECT c.oid UNION SELECT t.relid FROM pg_partition_tree(c.oid) t WHERE c.relkind = 'p') AS part (oid) ON true
  JOIN pg_class m ON m.oid = part.oid
 WHERE c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
 GROUP BY c.oid, n.nspname, c.relname, c.relkind
 ORDER BY value DESC, object
