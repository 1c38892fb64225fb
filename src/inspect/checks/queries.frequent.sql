-- title: Statements by total time
-- needs: extension pg_stat_statements, role pg_read_all_stats
-- why: Making the first of these a little faster helps more than making a rare one much faster.
-- remedy: Begin with the first.

SELECT format('query %s', s.queryid) AS object, 'ok' AS verdict,
       format('%s %% of all time, {count %s} calls, %s ms on average: %s', round((100 * s.time / nullif(s.all_time, 0))::numeric, 1),
              s.calls, round((s.time / nullif(s.calls, 0))::numeric, 2), {statement}) AS message,
       round(s.time::numeric, 0) AS value, 'ms' AS unit
  -- A statement is counted for each role, and once more where a function runs it.
  FROM (SELECT queryid, min(query) AS query, sum(calls) AS calls, sum(total_exec_time) AS time, sum(sum(total_exec_time)) OVER () AS all_time
          FROM {pg_stat_statements} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         GROUP BY queryid
         ORDER BY time DESC
         LIMIT 20) s
 ORDER BY s.time DESC
