-- title: The write-ahead log is archived
-- needs: role pg_read_all_stats
-- why: Without it a backup cannot be brought forward to the moment before the accident.
-- remedy: Look at the server's log for what archive_command says.

SELECT NULL AS object,
       CASE WHEN current_setting('archive_mode') = 'off' THEN 'skipped' WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN 'fail' ELSE 'ok' END AS verdict,
       CASE WHEN current_setting('archive_mode') = 'off' THEN 'archive_mode is off; whether something else makes backups cannot be seen from here'
            WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN format('%s failed at %s UTC, %s times in all', last_failed_wal, to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), failed_count)
            ELSE format('%s files, the last one at %s UTC', archived_count, coalesce(to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), 'no time yet')) END AS message,
       failed_count::numeric AS value, 'failures' AS unit
  FROM pg_stat_archiver
