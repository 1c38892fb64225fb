-- title: Large tables are searched by index
-- why: Reading a whole large table for a few rows is slow, and pushes everything else out of memory.
-- remedy: Find the query under `queries`, and give its condition an index.

SELECT format('%I.%I', schemaname, relname) AS object, 'warn' AS verdict,
       format('was read from end to end %s times, %s rows each, and by index %s times', seq_scan, seq_tup_read / seq_scan, coalesce(idx_scan, 0)) AS message,
       seq_tup_read::numeric AS value, 'rows' AS unit
  FROM pg_stat_user_tables
 WHERE schemaname NOT LIKE 'pg\_%' AND seq_scan >= 100 AND seq_tup_read / seq_scan >= 10000 AND seq_scan > coalesce(idx_scan, 0) / 10
 ORDER BY seq_tup_read DESC, object
