-- title: Every setting that was changed is in force
-- why: A setting that waits for a restart surprises whoever restarts the server.
-- remedy: Restart the server when it suits, or give the setting its old value again.

SELECT s.name AS object, 'warn' AS verdict, format('is %s until the server restarts; the new value is in %s', s.setting, coalesce(s.sourcefile, 'the configuration file')) AS message, NULL::numeric AS value, NULL AS unit
  FROM pg_settings s WHERE s.pending_restart
 ORDER BY s.name
