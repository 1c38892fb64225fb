-- title: No conversation is older than its last message
-- severity: warn
-- reads: conversations, messages
-- why: Conversations are listed by their last change, so one that is older than its last message is not found.
-- cause: Messages were added past the trigger that counts them, or the time was set by hand.
-- remedy: Set conversations.updated_at to the time of the last message.

WITH latest AS (
    SELECT m.conversation_id, max(m.created_at) AS at
    FROM messages m
    GROUP BY m.conversation_id
)
SELECT 'conversations' AS table_name, c.id AS key, c.user_id AS account, NULL::text AS unit,
       greatest(c.created_at, l.at) AS expected, c.updated_at AS actual,
       CASE WHEN c.updated_at < c.created_at THEN
               format('Conversation %s of user %s was last changed at %s, before it began at %s.',
                      c.id, c.user_id, c.updated_at, c.created_at)
            ELSE
               format('Conversation %s of user %s was last changed at %s, before its last message at %s.',
                      c.id, c.user_id, c.updated_at, l.at) END AS message
FROM conversations c
LEFT JOIN latest l ON l.conversation_id = c.id
WHERE c.updated_at < greatest(c.created_at, l.at)
