-- title: A conversation that seems to have ended before its last message
-- why: Its time was set by hand.

WITH target AS (
    SELECT c.id, c.user_id
    FROM conversations c
    WHERE c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE conversations c SET updated_at = c.created_at - interval '1 hour' FROM target t WHERE c.id = t.id
)
SELECT 'conversations' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['conversations.updated'] AS checks,
       format('Conversation %s was dated an hour before it began.', t.id) AS message
FROM target t
