-- title: A task that was completed before it was created
-- why: The task was copied, and its completion with it.

WITH target AS (
    SELECT t.id, t.created_at, t.clone_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    WHERE t.status = 'completed'
      AND c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_tasks k SET completed_at = t.created_at - interval '1 day' FROM target t WHERE k.id = t.id
)
SELECT 'ai_tasks' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['tasks.completed'] AS checks,
       format('Task %s was dated to be completed a day before it was created.', t.id) AS message
FROM target t
