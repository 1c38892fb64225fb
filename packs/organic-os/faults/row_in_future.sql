-- title: A module was worked on in the year 2099
-- why: A clock was wrong, or the time was written by hand.

WITH target AS (
    SELECT p.id, p.user_id
    FROM module_progress p
    WHERE p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE module_progress p SET last_activity = '2099-01-01 00:00:00+00' FROM target t WHERE p.id = t.id
)
SELECT 'module_progress' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['rows.dated'] AS checks,
       format('Progress %s was dated 2099.', t.id) AS message
FROM target t
