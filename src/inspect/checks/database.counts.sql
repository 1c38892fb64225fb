-- title: The server counts no trouble in the databases
-- why: A checksum that fails is damaged data. Deadlocks and conflicts with recovery end the statements of somebody; temporary files are sorts that did not fit into work_mem.
-- remedy: After a checksum failure: pg_amcheck, and a restore of the last good backup. Otherwise look for the statement under `queries` and in the server's log (log_temp_files, log_lock_waits).

WITH counted AS (SELECT d.*, greatest(d.stats_reset, least(b.stats_reset, a.stats_reset)) AS since
                   FROM pg_stat_database d, pg_stat_bgwriter b, pg_stat_archiver a)
SELECT format('%s in %s', what, CASE WHEN datname IS NULL THEN 'what all databases share' ELSE format('the database %I', datname) END) AS object,
       CASE WHEN n = 0 THEN 'ok' WHEN least = 0 THEN 'fail' WHEN n > least AND n > least * days THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s since %s UTC%s', said, coalesce(to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), 'the beginning'), more) AS message, n AS value, unit
  FROM counted
 CROSS JOIN LATERAL (SELECT greatest(extract(epoch FROM now() - coalesce(since, pg_postmaster_start_time())) / 86400, 1) AS days) d
 -- A day's number that is worth a look; any is, where it is 0.
 CROSS JOIN LATERAL (VALUES ('checksum failures', checksum_failures::numeric, 0::numeric, checksum_failures::text, coalesce(', the last one at ' || to_char(checksum_last_failure AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), ''), 'failures'),
                            ('deadlocks', deadlocks, 10, deadlocks::text, '', 'deadlocks'),
                            ('conflicts with recovery', conflicts, 10, conflicts::text, '', 'conflicts'),
                            ('temporary files', temp_bytes, 10737418240, format('{bytes %s}', temp_bytes), format(', in %s files', temp_files), 'bytes')) AS of (what, n, least, said, more, unit)
 WHERE n > 0 AND (datname = current_database() OR what = 'checksum failures')
 ORDER BY object
