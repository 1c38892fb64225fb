-- title: Sessions do not sync files themselves
-- why: A session that has to sync a file itself waits for the disk: the checkpointer cannot keep up.
-- remedy: Look at the disk's load, and raise max_wal_size and checkpoint_timeout.

SELECT NULL AS object, CASE WHEN syncs > 100 THEN 'warn' ELSE 'ok' END AS verdict, format('sessions have synced files %s times, since %s UTC', syncs, to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) AS message,
       syncs AS value, 'syncs' AS unit
  FROM (SELECT buffers_backend_fsync::numeric AS syncs, stats_reset FROM pg_stat_bgwriter) s -- until 15
  FROM (SELECT coalesce(sum(fsyncs), 0) AS syncs, min(stats_reset) AS stats_reset FROM pg_stat_io WHERE backend_type = 'client backend' AND object = 'relation') s -- since 16
