-- title: A statement of consent lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

-- The last one is taken, so that the order of the others stays as it is.
WITH target AS (
    SELECT c.id, c.user_id, c.interaction_type
    FROM user_consent c
    WHERE c.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM user_consent n
                      WHERE n.user_id = c.user_id AND n.interaction_type = c.interaction_type
                        AND (n.created_at, n.id) > (c.created_at, c.id))
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE user_consent d SET created_at = now() + interval '1 day' FROM target t WHERE d.id = t.id
)
SELECT 'user_consent' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['consent.dated'] AS checks,
       format('The statement %s of user %s about %s was dated a day ahead.', t.id, t.user_id, t.interaction_type) AS message
FROM target t
