-- title: A conversation of nobody
-- why: The foreign key was switched off.

WITH target AS (
    SELECT md5('conversation_orphaned ' || u.id || $1::bigint)::uuid AS id,
           md5('nobody conversation_orphaned ' || u.id || $1::bigint)::uuid AS nobody
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO conversations (id, user_id, module_name, created_at, updated_at)
    SELECT t.id, t.nobody, 'sleep', now(), now() FROM target t
)
SELECT 'conversations' AS table_name, t.id AS key, t.nobody AS account, NULL::text AS unit,
       ARRAY['conversations.orphan'] AS checks,
       format('Conversation %s was added for user %s, who does not exist.', t.id, t.nobody) AS message
FROM target t
