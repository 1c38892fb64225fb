-- title: No statement and no transaction runs for long
-- needs: role pg_read_all_stats
-- why: It keeps its locks, and keeps vacuum from removing what was deleted since.
-- remedy: Cancel it with SELECT pg_cancel_backend(pid), and set statement_timeout. What works on and off in one transaction is ended with SELECT pg_terminate_backend(pid).

SELECT format('pid %s', pid) AS object, CASE WHEN clock_timestamp() - since > 12 * $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       format(CASE WHEN waits AND one THEN '%s of %s has waited for a lock, at one statement, for {ms %s}'
                   WHEN one THEN '%s of %s has been at one statement for {ms %s}'
                   ELSE '%s of %s works on and off in a transaction that is open for {ms %s}' END,
              coalesce(nullif(application_name, ''), 'a session without a name'), coalesce(usename, 'unknown'),
              round(extract(epoch FROM clock_timestamp() - since) * 1000)) AS message,
       round(extract(epoch FROM clock_timestamp() - since) * 1000) AS value, 'ms' AS unit
  FROM pg_stat_activity
 CROSS JOIN LATERAL (SELECT state = 'active' AND clock_timestamp() - query_start > $1::interval AS one, coalesce(wait_event_type = 'Lock', false) AS waits) w
 CROSS JOIN LATERAL (SELECT CASE WHEN one THEN query_start ELSE xact_start END AS since) s
 WHERE backend_type IN ('client backend', 'parallel worker') AND leader_pid IS NULL AND pid <> pg_backend_pid()
   -- Who has done nothing for as long is under `connections.idle_in_transaction`; who waits for a lock here, under `locks`.
   AND (one OR clock_timestamp() - xact_start > $1::interval AND (state = 'active' OR clock_timestamp() - state_change <= $1::interval))
   AND NOT (waits AND datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0)
 ORDER BY value DESC
