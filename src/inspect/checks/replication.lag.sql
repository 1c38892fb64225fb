-- title: Replicas are up to date
-- needs: role pg_read_all_stats
-- why: What is read from a replica that lags is old, and is lost if it has to take over.
-- remedy: Resume a replay that is paused. Otherwise look at the replica's load and at the network between them.

-- A base backup that is being taken is no replica; it is under `replication.backups`. The lag that a replica reports is
-- the last that it measured: one that no longer answers, or no longer replays, leaves it as it was, or at none.
SELECT concat_ws(' at ', coalesce(nullif(application_name, ''), 'a replica'), host(client_addr)) AS object,
       CASE WHEN lag > 6 * $1::interval THEN 'fail' WHEN lag > $1::interval OR state <> 'streaming' OR silent OR behind > usual THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s, %s behind%s', state,
              CASE WHEN behind > 0 THEN concat_ws(' and ', '{ms ' || round(extract(epoch FROM replay_lag) * 1000) || '}', format('{bytes %s}', behind)) ELSE coalesce('{ms ' || round(extract(epoch FROM replay_lag) * 1000) || '}', 'nothing') END,
              CASE WHEN silent THEN format('; has not answered for {ms %s}', round(extract(epoch FROM quiet) * 1000))
                   WHEN flush_lsn > replay_lsn THEN format('; {bytes %s} of that is received and not replayed', pg_wal_lsn_diff(flush_lsn, replay_lsn)) ELSE '' END) AS message,
       round(extract(epoch FROM lag) * 1000) AS value, 'ms' AS unit
  FROM pg_stat_replication
 CROSS JOIN LATERAL (SELECT greatest(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, replay_lsn), 0) AS behind,
                            clock_timestamp() - reply_time AS quiet,
                            (SELECT setting::numeric * 1048576 FROM pg_settings WHERE name = 'max_wal_size') AS usual) b
  -- A replica answers every ten seconds.
 CROSS JOIN LATERAL (SELECT behind > 0 AND quiet > least('20 s', $1::interval) AS silent) s
 CROSS JOIN LATERAL (SELECT greatest(coalesce(replay_lag, '0'), CASE WHEN silent THEN quiet END) AS lag) l
 WHERE state <> 'backup'
UNION ALL
-- One that has replayed all that it received is up to date only while it still receives. Where it has replayed no
-- commit yet, it has been behind since it was started at most.
SELECT 'this replica', CASE WHEN late.by > 6 * $1::interval THEN 'fail' WHEN late.by > $1::interval OR NOT receives OR silent OR paused THEN 'warn' ELSE 'ok' END,
       format('%shas replayed what was committed until {ms %s} ago%s',
              CASE WHEN NOT receives THEN 'receives nothing from its primary, and '
                   WHEN silent THEN format('has heard nothing from its primary for {ms %s}, and ', round(extract(epoch FROM quiet) * 1000)) ELSE '' END, round(extract(epoch FROM late.by) * 1000),
              CASE WHEN paused THEN '; its replay is paused: SELECT pg_wal_replay_resume()' ELSE '' END),
       round(extract(epoch FROM late.by) * 1000), 'ms'
  FROM (SELECT count(*) > 0 AS receives, max(clock_timestamp() - last_msg_receipt_time) AS quiet FROM pg_stat_wal_receiver WHERE status = 'streaming') r
  -- The receiver asks for a sign of life after half of this, and gives up after all of it, unless it hangs itself.
 CROSS JOIN LATERAL (SELECT coalesce(quiet > (SELECT nullif(setting::int, 0) * interval '1 ms' FROM pg_settings WHERE name = 'wal_receiver_timeout'), false) AS silent) s
 CROSS JOIN LATERAL (SELECT CASE WHEN receives AND NOT silent AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN '0'
                                 ELSE clock_timestamp() - coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time()) END AS by) late
 -- A server that replays nothing cannot be asked.
 CROSS JOIN LATERAL (SELECT CASE WHEN pg_is_in_recovery() THEN pg_get_wal_replay_pause_state() <> 'not paused' ELSE false END AS paused) p
 WHERE pg_is_in_recovery()
 ORDER BY object
