-- title: Reads and writes by kind of process
-- why: What sessions write and push out of memory themselves, the background writer and the checkpointer have not done in time.
-- remedy: Give shared_buffers more memory, or the background writer more to do (bgwriter_lru_maxpages).

SELECT NULL AS object, 'skipped' AS verdict, 'only PostgreSQL 16 and later count them' AS message, NULL::numeric AS value, NULL AS unit -- until 15
SELECT backend_type AS object, 'ok' AS verdict, format('%s reads, %s writes, %s pages pushed out', coalesce(sum(reads), 0), coalesce(sum(writes), 0), coalesce(sum(evictions), 0)) AS message, coalesce(sum(reads), 0) + coalesce(sum(writes), 0) AS value, 'operations' AS unit -- since 16
  FROM pg_stat_io GROUP BY backend_type HAVING coalesce(sum(reads), 0) + coalesce(sum(writes), 0) > 0 -- since 16
 ORDER BY value DESC, object
