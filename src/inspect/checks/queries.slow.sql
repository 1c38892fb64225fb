-- title: No statement is slow on average
-- needs: extension pg_stat_statements, role pg_read_all_stats
-- why: A statement that takes a second on average keeps somebody waiting each time.
-- remedy: EXPLAIN (ANALYZE, BUFFERS) it, and look for what it reads in vain.

SELECT format('query %s', s.queryid) AS object, CASE WHEN s.time / s.calls >= 10000 THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s ms on average, {count %s} calls: %s', round((s.time / s.calls)::numeric, 1), s.calls, {statement}) AS message,
       round((s.time / s.calls)::numeric, 3) AS value, 'ms' AS unit
  -- A statement is counted for each role, and once more where a function runs it.
  FROM (SELECT queryid, min(query) AS query, sum(calls) AS calls, sum(total_exec_time) AS time
          FROM {pg_stat_statements} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         GROUP BY queryid
        HAVING sum(total_exec_time) >= 1000 * sum(calls) AND sum(calls) >= 3) s
 ORDER BY s.time DESC
