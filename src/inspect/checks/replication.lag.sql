-- title: Replicas are up to date
-- needs: role pg_read_all_stats
-- why: What is read from a replica that lags is old, and is lost if it has to take over.
-- remedy: Look at the replica's load and at the network between them.

-- A base backup that is being taken is no replica; it is under `replication.backups`.
SELECT concat_ws(' at ', coalesce(nullif(application_name, ''), 'a replica'), host(client_addr)) AS object,
       CASE WHEN coalesce(replay_lag, '0') > 6 * $1::interval THEN 'fail' WHEN coalesce(replay_lag, '0') > $1::interval OR state <> 'streaming' THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s, %s behind', state, coalesce(replay_lag::text, 'nothing')) AS message,
       round(extract(epoch FROM coalesce(replay_lag, '0')) * 1000) AS value, 'ms' AS unit
  FROM pg_stat_replication
 WHERE state <> 'backup'
UNION ALL
-- One that has replayed all that it received is up to date only while it still receives. Where it has replayed no
-- commit yet, it has been behind since it was started at most.
SELECT 'this replica', CASE WHEN late.by > 6 * $1::interval THEN 'fail' WHEN late.by > $1::interval OR NOT receives THEN 'warn' ELSE 'ok' END,
       format('%shas replayed what was committed until %s ago', CASE WHEN receives THEN '' ELSE 'receives nothing from its primary, and ' END, late.by),
       round(extract(epoch FROM late.by) * 1000), 'ms'
  FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') AS receives) r
 CROSS JOIN LATERAL (SELECT CASE WHEN receives AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN '0'
                                 ELSE clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()) END AS by) late
 WHERE pg_is_in_recovery()
 ORDER BY object
