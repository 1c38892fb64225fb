-- title: Large tables are searched by index
-- why: Reading a whole large table for a few rows is slow, and pushes everything else out of memory.
-- remedy: Find the query under `queries`, and give its condition an index.

-- A crash takes the counts of every database with it, and leaves its time with those of the server.
WITH counted AS (SELECT since, since > now() - interval '7 days' OR d.xact_commit + d.xact_rollback < 10000 AS young
                   FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a,
                        LATERAL (SELECT greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AS since) s
                  WHERE d.datname = current_database()),
     -- Where nobody knows how many rows there are, by its size.
     large AS MATERIALIZED (
       SELECT format('%I.%I', n.nspname, c.relname) AS object, pg_stat_get_numscans(c.oid) AS scans, pg_stat_get_tuples_returned(c.oid) AS rows, i.by_index,
              CASE WHEN greatest(c.reltuples, pg_stat_get_live_tuples(c.oid)) > 0 THEN greatest(c.reltuples, pg_stat_get_live_tuples(c.oid)) >= 10000 ELSE c.oid NOT IN ({locked}) AND pg_relation_size(c.oid) >= 100 * 8192 END AS large
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         LEFT JOIN (SELECT indrelid, sum(pg_stat_get_numscans(indexrelid)) AS by_index FROM pg_index GROUP BY indrelid) i ON i.indrelid = c.oid
        WHERE c.relkind IN ('r', 'm', 'p') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema')
SELECT object, 'warn' AS verdict,
       format('was read from end to end {count %s} times, {count %s} rows each, and by index {count %s} times', scans, rows / scans, coalesce(by_index, 0)) AS message,
       rows::numeric AS value, 'rows' AS unit
  FROM large
 WHERE scans >= 100 AND CASE WHEN scans > 0 THEN rows / scans END >= 10000 AND scans > coalesce(by_index, 0) / 10
UNION ALL
SELECT NULL, 'skipped', format('statistics are too young to tell of %s large tables: they were hardly read since %s', count(*),
                               to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')),
       count(*)::numeric, 'tables'
  FROM counted, large
 WHERE young AND large AND scans + coalesce(by_index, 0) < 100
 GROUP BY since
 ORDER BY value DESC, object
