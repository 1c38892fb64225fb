-- title: Messages belong to a conversation
-- severity: error
-- reads: messages, conversations
-- references: messages.conversation_id
-- why: A message without its conversation is personal data that nobody can see or delete any more.
-- cause: The foreign key is missing, was not validated, or was switched off while rows were removed.
-- remedy: Delete the message, or put its conversation back.

SELECT 'messages' AS table_name, x.id AS key, NULL::uuid AS account, NULL::text AS unit,
       'an existing conversation' AS expected, x.conversation_id AS actual,
       format('Message %s belongs to conversation %s, which does not exist.', x.id, x.conversation_id) AS message
FROM messages x
WHERE NOT EXISTS (SELECT FROM conversations p WHERE p.id = x.conversation_id)
