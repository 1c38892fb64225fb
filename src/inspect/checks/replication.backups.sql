-- title: No base backup runs for long
-- needs: role pg_read_all_stats
-- why: A backup that never ends is of no use.
-- remedy: Look at the machine that takes it.

-- With the usual --long of five minutes, a day.
SELECT format('pid %s', p.pid) AS object, CASE WHEN clock_timestamp() - a.backend_start > 288 * $1::interval THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s, {bytes %s} of %s sent, since %s UTC', p.phase, p.backup_streamed, CASE WHEN p.backup_total IS NULL THEN 'an unknown size' ELSE format('{bytes %s}', p.backup_total) END,
              to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) AS message,
       p.backup_streamed::numeric AS value, 'bytes' AS unit
  FROM pg_stat_progress_basebackup p JOIN pg_stat_activity a ON a.pid = p.pid
 ORDER BY object
