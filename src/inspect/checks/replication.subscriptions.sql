-- title: Subscriptions receive
-- needs: role pg_read_all_stats
-- why: A subscription that stands still keeps the publisher's write-ahead log, until its disk is full.
-- remedy: Look at this server's log for the conflict; ALTER SUBSCRIPTION … ENABLE, or DROP SUBSCRIPTION.

SELECT format('subscription %I', s.subname) AS object,
       CASE WHEN NOT s.subenabled THEN 'warn' WHEN w.pid IS NULL THEN 'fail' WHEN e.errors > 0 OR w.quiet > $1::interval THEN 'warn' ELSE 'ok' END AS verdict,
       concat_ws(', ', CASE WHEN NOT s.subenabled THEN 'is disabled' WHEN w.pid IS NULL THEN 'has no worker' ELSE 'receives' END,
                 CASE WHEN w.quiet > $1::interval THEN format('has heard nothing for {ms %s}', round(extract(epoch FROM w.quiet) * 1000)) END,
                 CASE WHEN e.errors > 0 THEN format('%s errors so far', e.errors) END) AS message,
       e.errors::numeric AS value, 'errors' AS unit
  FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()
  LEFT JOIN LATERAL (SELECT max(pid) AS pid, max(clock_timestamp() - last_msg_receipt_time) AS quiet FROM pg_stat_subscription WHERE subid = s.oid AND relid IS NULL) w ON true
  LEFT JOIN LATERAL (SELECT apply_error_count + sync_error_count AS errors FROM pg_stat_subscription_stats WHERE subid = s.oid) e ON true
 ORDER BY object
