-- title: A wrong tier
-- why: The tier was set by hand.

WITH target AS (
    SELECT u.id, u.tier, CASE u.tier WHEN 'gold' THEN 'bronze'::user_tier ELSE 'gold'::user_tier END AS forged
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET tier = t.forged FROM target t WHERE u.id = t.id
)
SELECT 'users' AS table_name, t.id AS key, t.id AS account, NULL::currency AS unit,
       ARRAY['counters.tier'] AS checks,
       format('The tier of user %s was changed from %s to %s.', t.id, t.tier, t.forged) AS message
FROM target t
