-- title: An entry was created before its user was there
-- why: The time was written by hand.

WITH target AS (
    SELECT w.id, w.date, w.user_id, u.created_at - interval '1 year' AS at
    FROM wellness_entries w
    JOIN users u ON u.id = w.user_id
    WHERE w.user_id::text <> ALL ($2::text[])
    ORDER BY md5(w.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wellness_entries w SET created_at = t.at FROM target t WHERE w.id = t.id AND w.date = t.date
)
SELECT 'wellness_entries' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['rows.dated'] AS checks,
       format('Entry %s was created a year before user %s.', t.id, t.user_id) AS message
FROM target t
