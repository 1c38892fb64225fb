-- title: A task without a clone
-- why: The clone was removed while foreign keys were off.

WITH target AS (
    SELECT t.id, t.created_at, t.clone_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    WHERE t.clone_id IS NOT NULL
      AND c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_tasks k SET clone_id = NULL FROM target t WHERE k.id = t.id
)
SELECT 'ai_tasks' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['tasks.orphan'] AS checks,
       format('Task %s was taken away from clone %s.', t.id, t.clone_id) AS message
FROM target t
