-- title: A reading lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

WITH target AS (
    SELECT r.id, r.user_id
    FROM tarot_readings r
    WHERE r.user_id::text <> ALL ($2::text[])
    ORDER BY md5(r.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET created_at = '2099-01-01 00:00:00+00' FROM target t WHERE r.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       ARRAY['rows.dated'] AS checks,
       format('Reading %s of user %s was dated in 2099.', t.id, t.user_id) AS message
FROM target t
