-- title: A completed task without a result
-- why: The status was stored and the output was not.

WITH target AS (
    SELECT t.id, t.created_at, t.clone_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    WHERE t.status = 'completed' AND t.task_output ? 'result'
      AND c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_tasks k SET task_output = '{}' FROM target t WHERE k.id = t.id
)
SELECT 'ai_tasks' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['tasks.output'] AS checks,
       format('The output of the completed task %s was cleared.', t.id) AS message
FROM target t
