-- title: No prepared transaction is left behind
-- why: It has no session that could end. It keeps its locks and keeps vacuum from its work, also after a restart.
-- remedy: In its database COMMIT PREPARED 'gid' or ROLLBACK PREPARED 'gid', whichever its coordinator has decided. pg_terminate_backend does nothing to it.

SELECT format('prepared transaction %L', gid) AS object, CASE WHEN clock_timestamp() - prepared > 12 * $1::interval THEN 'fail' ELSE 'warn' END AS verdict,
       format('%s prepared it in the database %I at %s UTC, {ms %s} ago: ROLLBACK PREPARED %L', owner, database, to_char(prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
              round(extract(epoch FROM clock_timestamp() - prepared) * 1000), gid) AS message,
       round(extract(epoch FROM clock_timestamp() - prepared) * 1000) AS value, 'ms' AS unit
  FROM pg_prepared_xacts
 WHERE clock_timestamp() - prepared > $1::interval
 ORDER BY value DESC, object
