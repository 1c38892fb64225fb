-- title: A night of thirty hours
-- why: Hours and minutes were mixed up. Where a constraint forbids it, no row is returned.

WITH target AS (
    SELECT w.id, w.date, w.user_id, w.sleep_hours
    FROM wellness_entries w
    WHERE w.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'wellness_entries'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%sleep_hours%')
    ORDER BY md5(w.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wellness_entries w SET sleep_hours = 30 FROM target t WHERE w.id = t.id AND w.date = t.date
)
SELECT 'wellness_entries' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['wellness.range'] AS checks,
       format('The sleep of entry %s was changed from %s to 30 hours.', t.id, t.sleep_hours) AS message
FROM target t
