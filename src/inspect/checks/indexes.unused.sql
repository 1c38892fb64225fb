-- title: Every index is used
-- why: An index that no query uses costs time with every write, and memory.
-- remedy: Look at the replicas, which count for themselves; then DROP INDEX CONCURRENTLY.

SELECT format('%I.%I', n.nspname, i.relname) AS object, 'warn' AS verdict,
       format('%s on %s was never used, while the table was read %s times; %s', pg_size_pretty(sum(pg_relation_size(m.oid))), x.indrelid::regclass,
              sum(t.seq_scan + coalesce(t.idx_scan, 0)), coalesce('counted since ' || to_char(d.stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'counted since the database was made')) AS message,
       sum(pg_relation_size(m.oid))::numeric AS value, 'bytes' AS unit
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN LATERAL (SELECT i.oid UNION SELECT p.relid FROM pg_partition_tree(i.oid) p WHERE i.relkind = 'I') AS part (oid) ON true
  JOIN pg_class m ON m.oid = part.oid JOIN pg_stat_user_indexes s ON s.indexrelid = m.oid JOIN pg_stat_user_tables t ON t.relid = s.relid
  JOIN pg_stat_database d ON d.datname = current_database()
 WHERE NOT i.relispartition AND NOT x.indisunique AND x.indisvalid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid)
 GROUP BY x.indrelid, n.nspname, i.relname, d.stats_reset
-- One of a few blocks costs next to nothing.
HAVING sum(s.idx_scan) = 0 AND sum(pg_relation_size(m.oid)) > 5 * 8192 AND sum(t.seq_scan + coalesce(t.idx_scan, 0)) >= 1000
 ORDER BY value DESC, object
