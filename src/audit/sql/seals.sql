-- The newest seal of application $1, or the one of them with root $2. Times are text, because the root digests them.
SELECT id, app, to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_at, system_identifier, database,
       mode, watermark::text AS watermark, to_char(sealed_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_until,
       content, base, accounts, entries, previous, root
  FROM bursar.seals
 WHERE app = $1 AND ($2::bytea IS NULL OR root = $2)
 ORDER BY id DESC
 LIMIT 1
