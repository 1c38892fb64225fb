-- The session of this database whose transaction began at $2, in words, but this one and $1.
SELECT format('the transaction of session %s (%s, database %s, since %s)', a.pid,
              coalesce(nullif(a.application_name, ''), a.usename, 'unknown'), a.datname,
              to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
  FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.backend_type <> 'autovacuum worker' AND a.pid NOT IN (pg_backend_pid(), $1)
   AND a.xact_start = $2::text::timestamptz
 LIMIT 1
