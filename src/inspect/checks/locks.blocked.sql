-- title: No session waits for a lock
-- why: One session that waits for a strong lock keeps everybody behind it waiting too.
-- remedy: End the session at the head of the queue: SELECT pg_terminate_backend(pid).

SELECT format('pid %s', a.pid) AS object, CASE WHEN clock_timestamp() - l.waitstart > $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s waits for %s%s since %s, behind %s', coalesce(nullif(a.application_name, ''), 'a session without a name'), l.mode,
              coalesce(' on ' || l.relation::regclass::text, ' of a ' || l.locktype), to_char(l.waitstart AT TIME ZONE 'UTC', 'HH24:MI:SS'),
              (SELECT string_agg(CASE b WHEN 0 THEN 'a prepared transaction'
                                      ELSE format('pid %s (%s)', b, concat_ws(', ', coalesce(nullif(o.application_name, ''), 'without a name'), o.state)) END, ' and ' ORDER BY b)
                 FROM unnest(pg_blocking_pids(a.pid)) b LEFT JOIN pg_stat_activity o ON o.pid = b)) AS message,
       round(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000) AS value, 'ms' AS unit
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE NOT l.granted AND cardinality(pg_blocking_pids(a.pid)) > 0 AND a.datname = current_database()
 ORDER BY l.waitstart, a.pid
