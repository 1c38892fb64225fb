-- title: Every replication slot is in use
-- why: A slot that nobody reads keeps the write-ahead log from being removed, until the disk is full.
-- remedy: Start its reader again, or SELECT pg_drop_replication_slot(name).

SELECT s.slot_name::text AS object, CASE WHEN s.wal_status IN ('lost', 'unreserved') THEN 'fail' WHEN NOT s.active THEN 'warn' ELSE 'ok' END AS verdict,
       format('%s, %s, keeps %s of write-ahead log', s.slot_type, CASE WHEN s.active THEN 'in use' ELSE 'not in use' END,
              coalesce(pg_size_pretty(pg_wal_lsn_diff(here.lsn, s.restart_lsn)), 'nothing')) AS message,
       pg_wal_lsn_diff(here.lsn, s.restart_lsn) AS value, 'bytes' AS unit
  FROM pg_replication_slots s, (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn) here
 WHERE NOT s.temporary
   -- A replica keeps copies of its primary's slots (PostgreSQL 17), which nobody reads there.
   AND to_jsonb(s)->>'synced' IS DISTINCT FROM 'true'
 ORDER BY value DESC NULLS LAST, object
