-- title: Replication slots keep little
-- why: A slot that nobody reads, or that is read too slowly, keeps the write-ahead log from being removed, until the disk is full.
-- remedy: Start its reader again, or SELECT pg_drop_replication_slot(name). max_slot_wal_keep_size is a limit.

SELECT s.slot_name::text AS object,
       CASE WHEN s.wal_status IN ('lost', 'unreserved') OR k.kept > k.room * CASE WHEN s.active THEN 10 ELSE 1 END THEN 'fail'
            WHEN k.kept > k.room OR NOT s.active AND k.kept IS NOT NULL OR k.held > k.freeze / 2 THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s, %s, %s%s%s', s.slot_type, CASE WHEN s.active THEN 'in use' ELSE 'not in use' END,
              CASE WHEN k.kept IS NOT NULL THEN format('keeps {bytes %s} of write-ahead log', k.kept) WHEN s.wal_status = 'lost' THEN 'has lost its write-ahead log' ELSE 'keeps no write-ahead log' END,
              CASE WHEN s.wal_status = 'unreserved' THEN ', which is about to be removed' ELSE '' END,
              CASE WHEN k.held > 0 THEN format(', and what the last %s transactions deleted', k.held) ELSE '' END) AS message,
       k.kept AS value, 'bytes' AS unit
  FROM pg_replication_slots s
 CROSS JOIN LATERAL (SELECT greatest(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn), 0) AS kept,
                            -- What the server keeps for itself anyway.
                            (SELECT setting::numeric * 1048576 FROM pg_settings WHERE name = 'max_wal_size') AS room,
                            greatest(age(s.xmin), age(s.catalog_xmin)) AS held, current_setting('autovacuum_freeze_max_age')::bigint AS freeze) k
 WHERE NOT s.temporary
   -- A replica keeps copies of its primary's slots (PostgreSQL 17), which nobody reads there.
   AND to_jsonb(s)->>'synced' IS DISTINCT FROM 'true'
 ORDER BY value DESC NULLS LAST, object
