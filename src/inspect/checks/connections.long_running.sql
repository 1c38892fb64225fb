-- title: No statement runs for long
-- needs: role pg_read_all_stats
-- why: It keeps its locks, and keeps vacuum from removing what was deleted since.
-- remedy: Cancel it with SELECT pg_cancel_backend(pid), and set statement_timeout.

SELECT format('pid %s', pid) AS object, CASE WHEN clock_timestamp() - query_start > 12 * $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s of %s has been at one statement for %s', coalesce(nullif(application_name, ''), 'a session without a name'), coalesce(usename, 'unknown'),
              date_trunc('second', clock_timestamp() - query_start)) AS message,
       round(extract(epoch FROM clock_timestamp() - query_start) * 1000) AS value, 'ms' AS unit
  FROM pg_stat_activity
 WHERE state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock' AND backend_type IN ('client backend', 'parallel worker') AND leader_pid IS NULL
   AND clock_timestamp() - query_start > $1::interval AND pid <> pg_backend_pid()
 ORDER BY value DESC
