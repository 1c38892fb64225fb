-- title: The write-ahead log is archived
-- needs: role pg_read_all_stats
-- why: Without it a backup cannot be brought forward to the moment before the accident.
-- remedy: Look at the server's log for what archive_command says.

SELECT NULL AS object, CASE state WHEN 'failing' THEN 'fail' WHEN 'without a command' THEN 'fail' WHEN 'archiving' THEN 'ok' ELSE 'skipped' END AS verdict,
       CASE state WHEN 'off' THEN 'archive_mode is off; whether something else makes backups cannot be seen from here'
                  WHEN 'a replica' THEN 'this is a replica, and archive_mode is on: only the primary archives'
                  WHEN 'without a command' THEN 'archive_mode is on, and archive_command is empty: the log is kept, until the disk is full'
                  WHEN 'failing' THEN format('%s failed at %s UTC, %s times in all', last_failed_wal, to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), failed_count)
                  ELSE format('%s files%s', archived_count, coalesce(', the last one at ' || to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '')) END AS message,
       failed_count::numeric AS value, 'failures' AS unit
  FROM pg_stat_archiver
 CROSS JOIN LATERAL (SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 'off'
                                 WHEN current_setting('archive_mode') = 'on' AND pg_is_in_recovery() THEN 'a replica'
                                 WHEN current_setting('archive_command') = '' AND current_setting('archive_library', true) = '' THEN 'without a command'
                                 WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN 'failing'
                                 ELSE 'archiving' END AS state) s
