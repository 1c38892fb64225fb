-- Up to where nothing can arrive any more: below the oldest transaction that this snapshot sees running; by time, before
-- the oldest transaction of this database that the role may see began.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
       to_char(least(now(), (SELECT min(a.xact_start) FROM pg_stat_activity a
                              WHERE a.datname = current_database() AND a.backend_type <> 'autovacuum worker')) AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS until,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       current_database()::text AS database
