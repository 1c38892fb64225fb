-- title: A clone without a user
-- why: The clone was added by a script that did not set its user.

WITH target AS (
    SELECT c.id, c.user_id
    FROM ai_clones c
    WHERE c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_clones c SET user_id = NULL FROM target t WHERE c.id = t.id
)
SELECT 'ai_clones' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['clones.owner'] AS checks,
       format('Clone %s was taken away from user %s.', t.id, t.user_id) AS message
FROM target t
