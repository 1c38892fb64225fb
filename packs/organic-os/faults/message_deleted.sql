-- title: A message is gone
-- why: It was deleted past the trigger that counts.

WITH target AS (
    SELECT m.id, m.conversation_id, c.user_id
    FROM messages m
    JOIN conversations c ON c.id = m.conversation_id
    WHERE c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(m.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM messages m USING target t WHERE m.id = t.id
)
SELECT 'conversations' AS table_name, t.conversation_id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['counters.message_count'] AS checks,
       format('Message %s of conversation %s was deleted and is still counted.', t.id, t.conversation_id) AS message
FROM target t
