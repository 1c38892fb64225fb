-- title: Settings are as production needs them
-- why: Some settings risk the data, and the stock ones suit a laptop.
-- remedy: ALTER SYSTEM SET …, then SELECT pg_reload_conf() or a restart.

-- What this look set for itself, such as its own limits, is none of the server's settings: reset_val is what others get.
SELECT s.name AS object, w.verdict,
       format('is %s: %s', CASE s.unit WHEN '8kB' THEN format('{bytes %s}', s.reset_val::bigint * 8192) ELSE s.reset_val END, w.message) AS message,
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
  JOIN pg_settings s ON s.name = w.name AND s.reset_val = w.setting
 ORDER BY array_position(ARRAY['fail', 'warn', 'ok'], w.verdict), s.name
