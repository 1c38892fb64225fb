-- title: Settings are as production needs them
-- why: Some settings risk the data, and the stock ones suit a laptop.
-- remedy: ALTER SYSTEM SET …, then SELECT pg_reload_conf() or a restart; ALTER DATABASE … RESET … where the line names it.

SELECT s.name AS object, CASE WHEN s.setting IS NULL THEN 'skipped' ELSE w.verdict END AS verdict,
       CASE WHEN s.setting IS NULL THEN 'is set for this session by its role or by PGOPTIONS, and this role does not see the server''s own: look without them, or as a superuser' ELSE
       format('is %s: %s', CASE s.unit WHEN '8kB' THEN format('{bytes %s}', s.setting::bigint * 8192) ELSE s.setting END, w.message)
       || CASE WHEN s.of_database IS NOT NULL THEN format('; ALTER DATABASE %I RESET %I', current_database(), s.name) ELSE '' END END AS message,
       NULL::numeric AS value, NULL AS unit
  FROM (VALUES ('fsync', 'off', 'fail', 'a crash of the machine destroys the data'),
               ('full_page_writes', 'off', 'fail', 'a crash of the machine may destroy pages'),
               ('autovacuum', 'off', 'fail', 'tables bloat, and in the end the server takes no writes'),
               ('track_counts', 'off', 'fail', 'autovacuum is blind'),
               ('synchronous_commit', 'off', 'warn', 'a crash loses the last commits'),
               ('zero_damaged_pages', 'on', 'fail', 'damaged data is silently replaced by nothing'),
               ('ignore_checksum_failure', 'on', 'fail', 'damaged data is read as if it were good'),
               ('data_checksums', 'off', 'warn', 'damage on the disk goes unnoticed'),
               ('password_encryption', 'md5', 'warn', 'passwords are kept in a form that is broken'),
               ('session_replication_role', 'replica', 'fail', 'triggers and foreign keys do not work in this session'),
               ('shared_buffers', '16384', 'warn', 'the stock value; a quarter of the memory is usual'),
               ('log_lock_waits', 'off', 'ok', 'who waits long for a lock is not in the log'),
               ('idle_in_transaction_session_timeout', '0', 'ok', 'a forgotten transaction stays open for ever'),
               ('lock_timeout', '0', 'ok', 'whoever waits for a lock waits for ever, unless the application says otherwise')) AS w (name, setting, verdict, message)
  JOIN ({settings}) s ON s.name = w.name AND (s.setting = w.setting OR s.setting IS NULL AND s.hidden)
 ORDER BY array_position(ARRAY['fail', 'warn', 'ok'], w.verdict), s.name
