-- title: No session is idle in a transaction
-- needs: role pg_read_all_stats
-- why: It keeps its locks, and keeps vacuum from removing what was deleted since.
-- remedy: End it with SELECT pg_terminate_backend(pid), and set idle_in_transaction_session_timeout.

SELECT format('pid %s', pid) AS object, CASE WHEN clock_timestamp() - state_change > 12 * $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s of %s has done nothing for {ms %s} in a transaction that is open since %s UTC', coalesce(nullif(application_name, ''), 'a session without a name'), usename,
              round(extract(epoch FROM clock_timestamp() - state_change) * 1000), to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')) AS message,
       round(extract(epoch FROM clock_timestamp() - state_change) * 1000) AS value, 'ms' AS unit
  FROM pg_stat_activity
 WHERE state IN ('idle in transaction', 'idle in transaction (aborted)') AND clock_timestamp() - state_change > $1::interval AND pid <> pg_backend_pid()
 ORDER BY value DESC
