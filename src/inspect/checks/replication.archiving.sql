-- title: The write-ahead log is archived
-- needs: role pg_read_all_stats
-- why: Without it a backup cannot be brought forward to the moment before the accident.
-- remedy: Look at the server's log for what archive_command says, and whether it ends at all.

-- A command that never ends fails never. What waits for it is seen by whoever may look into its folder.
SELECT NULL AS object,
       CASE WHEN state IN ('failing', 'without a command') OR state = 'archiving' AND oldest > 12 * $1::interval THEN 'fail' WHEN state = 'archiving' AND oldest > $1::interval THEN 'warn'
            WHEN state = 'archiving' AND ready IS NOT NULL THEN 'ok' ELSE 'skipped' END AS verdict,
       CASE state WHEN 'off' THEN 'archive_mode is off; whether something else makes backups cannot be seen from here'
                  WHEN 'a replica' THEN 'this is a replica, and archive_mode is on: only the primary archives'
                  WHEN 'without a command' THEN 'archive_mode is on, and archive_command is empty: the log is kept, until the disk is full'
                  WHEN 'failing' THEN format('%s failed at %s UTC, %s times in all', last_failed_wal, to_char(last_failed_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), failed_count)
                  ELSE CASE WHEN archived_count > 0 THEN format('%s files%s', archived_count, coalesce(', the last one at ' || to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '')) ELSE 'nothing was archived so far' END
                       || CASE WHEN ready IS NULL THEN format(', and this role does not see what waits: GRANT pg_monitor TO %I', current_user) WHEN ready = 0 THEN ', and nothing waits for it'
                               ELSE format('; %s, the oldest for {ms %s}%s', CASE ready WHEN 1 THEN '1 file waits' ELSE ready || ' files wait' END, round(extract(epoch FROM oldest) * 1000),
                                           CASE WHEN oldest > $1::interval THEN ': look at what archive_command does' ELSE '' END) END END AS message,
       failed_count::numeric AS value, 'failures' AS unit
  FROM pg_stat_archiver
 CROSS JOIN LATERAL (SELECT CASE WHEN current_setting('archive_mode') = 'off' THEN 'off'
                                 WHEN current_setting('archive_mode') = 'on' AND pg_is_in_recovery() THEN 'a replica'
                                 WHEN current_setting('archive_command') = '' AND current_setting('archive_library', true) = '' THEN 'without a command'
                                 WHEN last_failed_time > coalesce(last_archived_time, '-infinity') THEN 'failing'
                                 ELSE 'archiving' END AS state) s
 -- The right to a function is asked for even where the function is not called, so it stands in a query of its own.
 CROSS JOIN LATERAL (SELECT CASE WHEN state = 'archiving' AND has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE')
                                 THEN query_to_xml('SELECT count(*) AS ready, min(modification) AS oldest FROM pg_ls_archive_statusdir() WHERE name LIKE ''%.ready''', false, false, '') END AS told) t
 -- For who may not look, nothing waits where the file before the one that is being written was the last to be archived.
 CROSS JOIN LATERAL (SELECT CASE WHEN told IS NOT NULL THEN (xpath('//ready/text()', told))[1]::text::bigint WHEN state <> 'archiving' OR pg_is_in_recovery() THEN NULL
                                 WHEN last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - (SELECT setting::numeric FROM pg_settings WHERE name = 'wal_segment_size')) THEN 0 END AS ready,
                            clock_timestamp() - (xpath('//oldest/text()', told))[1]::text::timestamptz AS oldest) w
