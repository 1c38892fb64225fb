-- Up to where nothing can arrive any more: below the oldest transaction that this snapshot sees running. By time, the end is
-- known before the snapshot is taken: see seal_open.sql.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
       current_database()::text AS database
