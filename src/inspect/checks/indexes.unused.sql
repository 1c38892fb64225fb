-- title: Every index is used
-- why: An index that no query uses costs time with every write, and memory.
-- remedy: Look at the replicas, which count for themselves; then DROP INDEX CONCURRENTLY.

WITH unused AS (
SELECT format('%I.%I', n.nspname, i.relname) AS object, x.indrelid::regclass AS of, sum(pg_relation_size(m.oid)) AS size,
       sum(t.seq_scan + coalesce(t.idx_scan, 0)) AS reads
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
  JOIN LATERAL (SELECT i.oid UNION SELECT p.relid FROM pg_partition_tree(i.oid) p WHERE i.relkind = 'I') AS part (oid) ON true
  JOIN pg_class m ON m.oid = part.oid JOIN pg_stat_user_indexes s ON s.indexrelid = m.oid JOIN pg_stat_user_tables t ON t.relid = s.relid
 WHERE NOT i.relispartition AND NOT x.indisunique AND x.indisvalid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.oid)
 GROUP BY x.indrelid, n.nspname, i.relname
-- One of a few blocks costs next to nothing.
HAVING sum(s.idx_scan) = 0 AND sum(pg_relation_size(m.oid)) > 5 * 8192),
     -- A crash takes the counts of every database with it, and leaves its time with those of the server.
     counted AS (SELECT since, since > now() - interval '7 days' OR d.xact_commit + d.xact_rollback < 10000 AS young
                   FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a,
                        LATERAL (SELECT greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AS since) s
                  WHERE d.datname = current_database())
SELECT object, 'warn' AS verdict,
       format('%s on %s was never used, while the table was read %s times; counted since %s', pg_size_pretty(size), of, reads,
              to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD')) AS message,
       size::numeric AS value, 'bytes' AS unit
  FROM unused, counted WHERE reads >= 1000
UNION ALL
SELECT NULL, 'skipped', format('statistics are too young to tell of %s indexes: they were not used since %s, and their tables hardly read', count(*),
                               to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')),
       count(*)::numeric, 'indexes'
  FROM unused, counted WHERE reads < 1000 AND young
 GROUP BY since
 ORDER BY value DESC, object
