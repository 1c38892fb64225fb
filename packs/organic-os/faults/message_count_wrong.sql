-- title: A wrong message counter
-- why: The counter was raised without a message.

WITH target AS (
    SELECT c.id, c.user_id, c.message_count
    FROM conversations c
    WHERE c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(c.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE conversations c SET message_count = c.message_count + 1 FROM target t WHERE c.id = t.id
)
SELECT 'conversations' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['counters.message_count'] AS checks,
       format('The message counter of conversation %s was raised from %s to %s.',
              t.id, t.message_count, t.message_count + 1) AS message
FROM target t
