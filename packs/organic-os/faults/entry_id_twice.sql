-- title: One id for two entries
-- why: An entry was copied to another day together with its id, which the key cannot prevent.

WITH target AS (
    SELECT w.id, w.user_id, w.date, w.created_at, w.updated_at
    FROM wellness_entries w
    WHERE w.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM wellness_entries o WHERE o.user_id = w.user_id AND o.date = w.date - 1)
      -- The day before is in the same month, so that the copy finds a partition.
      AND extract(day FROM w.date) > 1
    ORDER BY md5(w.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wellness_entries (id, user_id, date, created_at, updated_at)
    SELECT t.id, t.user_id, t.date - 1, t.created_at, t.updated_at FROM target t
)
SELECT 'wellness_entries' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['wellness.duplicate'] AS checks,
       format('Entry %s of user %s was copied from %s to the day before.', t.id, t.user_id, t.date) AS message
FROM target t
