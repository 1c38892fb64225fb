-- title: Large tables are searched by index
-- why: Reading a whole large table for a few rows is slow, and pushes everything else out of memory.
-- remedy: Find the query under `queries`, and give its condition an index.

-- A crash takes the counts of every database with it, and leaves its time with those of the server.
WITH counted AS (SELECT since, since > now() - interval '7 days' OR d.xact_commit + d.xact_rollback < 10000 AS young
                   FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a,
                        LATERAL (SELECT greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AS since) s
                  WHERE d.datname = current_database())
SELECT format('%I.%I', schemaname, relname) AS object, 'warn' AS verdict,
       format('was read from end to end %s times, %s rows each, and by index %s times', seq_scan, seq_tup_read / seq_scan, coalesce(idx_scan, 0)) AS message,
       seq_tup_read::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables
 WHERE schemaname NOT LIKE 'pg\_%' AND seq_scan >= 100 AND seq_tup_read / seq_scan >= 10000 AND seq_scan > coalesce(idx_scan, 0) / 10
UNION ALL
SELECT NULL, 'skipped', format('statistics are too young to tell of %s large tables: they were hardly read since %s', count(*),
                               to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')),
       count(*)::numeric, 'tables'
  FROM counted, pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
 WHERE young AND s.schemaname NOT LIKE 'pg\_%' AND s.seq_scan + coalesce(s.idx_scan, 0) < 100
   -- Where nobody knows how many rows there are, by its size.
   AND CASE WHEN greatest(c.reltuples, s.n_live_tup) > 0 THEN greatest(c.reltuples, s.n_live_tup) >= 10000 ELSE pg_relation_size(s.relid) >= 100 * 8192 END
 GROUP BY since
 ORDER BY value DESC, object
