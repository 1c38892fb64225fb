-- title: A message outside any conversation
-- why: The foreign key was switched off.

WITH target AS (
    SELECT md5('message_orphaned ' || u.id || $1::bigint)::uuid AS id,
           md5('nobody message_orphaned ' || u.id || $1::bigint)::uuid AS nobody
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO messages (id, conversation_id, role, content, created_at)
    SELECT t.id, t.nobody, 'user', 'Is anybody there?', now() FROM target t
)
SELECT 'messages' AS table_name, t.id AS key, NULL::uuid AS account, NULL::text AS unit,
       ARRAY['messages.orphan'] AS checks,
       format('Message %s was added to conversation %s, which does not exist.', t.id, t.nobody) AS message
FROM target t
