-- title: Message counters match the messages
-- severity: error
-- reads: conversations, messages
-- why: message_count is shown with the conversation and must equal the number of its messages.
-- cause: Messages were added or removed past the trigger that counts them, or the counter was set by hand.
-- remedy: Set conversations.message_count to the number of messages.

WITH counted AS (
    SELECT m.conversation_id, count(*) AS messages
    FROM messages m
    GROUP BY m.conversation_id
)
SELECT 'conversations' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       coalesce(n.messages, 0) AS expected, c.message_count AS actual,
       format('Conversation %s of user %s says %s messages, but has %s.',
              c.id, c.user_id, coalesce(c.message_count::text, 'nothing about its'), coalesce(n.messages, 0)) AS message
FROM conversations c
LEFT JOIN counted n ON n.conversation_id = c.id
WHERE c.message_count IS DISTINCT FROM coalesce(n.messages, 0)
