-- title: What the server spends its time on
-- needs: extension pg_stat_statements, role pg_read_all_stats
-- why: Making the first of these a little faster helps more than making a rare one much faster.
-- remedy: Begin with the first.

-- The server takes the constants out of queries, and leaves them in commands such as CREATE ROLE … PASSWORD '…'.
-- So a text ends where its first literal begins; a comment in front, which may have a quote in it, is left out.
SELECT format('query %s', s.queryid) AS object, 'ok' AS verdict,
       format('%s %% of all time, %s calls, %s ms on average: %s', round((100 * s.total_exec_time / nullif(sum(s.total_exec_time) OVER (), 0))::numeric, 1),
              s.calls, round(s.mean_exec_time::numeric, 2), left(regexp_replace(told.query, '\s+', ' ', 'g'), 200)) AS message,
       round(s.total_exec_time::numeric, 0) AS value, 'ms' AS unit
  FROM {pg_stat_statements} s JOIN pg_database d ON d.oid = s.dbid
 CROSS JOIN LATERAL (SELECT regexp_replace(regexp_replace(s.query, '^(\s|--[^\n]*(\n|$)|/\*([^*]|\*+[^*/])*\*+/)+', ''), '(''|\$([^0-9$\s][^$\s]*)?\$).*', '…') AS query) told
 WHERE d.datname = current_database()
 ORDER BY s.total_exec_time DESC
 LIMIT 20
