-- title: What the server spends its time on
-- needs: extension pg_stat_statements, role pg_read_all_stats
-- why: Making the first of these a little faster helps more than making a rare one much faster.
-- remedy: Begin with the first.

-- The server takes the constants out of queries, and leaves them in commands such as CREATE ROLE … PASSWORD '…'.
-- So a text ends where its first literal begins; a comment in front, which may have a quote in it, is left out.
SELECT format('query %s', s.queryid) AS object, 'ok' AS verdict,
       format('%s %% of all time, %s calls, %s ms on average: %s', round((100 * s.time / nullif(s.all_time, 0))::numeric, 1),
              s.calls, round((s.time / nullif(s.calls, 0))::numeric, 2), left(regexp_replace(told.query, '\s+', ' ', 'g'), 200)) AS message,
       round(s.time::numeric, 0) AS value, 'ms' AS unit
  -- A statement is counted for each role, and once more where a function runs it.
  FROM (SELECT queryid, min(query) AS query, sum(calls) AS calls, sum(total_exec_time) AS time, sum(sum(total_exec_time)) OVER () AS all_time
          FROM {pg_stat_statements} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         GROUP BY queryid
         ORDER BY time DESC
         LIMIT 20) s
 CROSS JOIN LATERAL (SELECT regexp_replace(regexp_replace(s.query, '^(\s|--[^\n]*(\n|$)|/\*([^*]|\*+[^*/])*\*+/)+', ''), '(''|\$([^0-9$\s][^$\s]*)?\$).*', '…') AS query) told
 ORDER BY s.time DESC
