-- title: No statement is slow on average
-- needs: extension pg_stat_statements, role pg_read_all_stats
-- why: A statement that takes a second on average keeps somebody waiting each time.
-- remedy: EXPLAIN (ANALYZE, BUFFERS) it, and look for what it reads in vain.

-- The server takes the constants out of queries, and leaves them in commands such as CREATE ROLE … PASSWORD '…'.
-- So a text ends where its first literal begins; a comment in front, which may have a quote in it, is left out.
SELECT format('query %s', s.queryid) AS object, CASE WHEN s.mean_exec_time >= 10000 THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s ms on average, %s calls: %s', round(s.mean_exec_time::numeric, 1), s.calls, left(regexp_replace(told.query, '\s+', ' ', 'g'), 200)) AS message,
       round(s.mean_exec_time::numeric, 3) AS value, 'ms' AS unit
  FROM {pg_stat_statements} s JOIN pg_database d ON d.oid = s.dbid
 CROSS JOIN LATERAL (SELECT regexp_replace(regexp_replace(s.query, '^(\s|--[^\n]*(\n|$)|/\*([^*]|\*+[^*/])*\*+/)+', ''), '(''|\$([^0-9$\s][^$\s]*)?\$).*', '…') AS query) told
 WHERE d.datname = current_database() AND s.mean_exec_time >= 1000 AND s.calls >= 3
 ORDER BY s.total_exec_time DESC
