-- title: A logged change that was edited
-- why: Somebody wanted the log to say something else.

WITH target AS (
    SELECT l.id, l.created_at, l.entity_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    JOIN activity_logs l ON l.log_type = 'task' AND l.entity_id = t.id AND l.details->>'new_state' = 'in_progress'
    WHERE t.status = 'completed' AND c.user_id::text <> ALL ($2::text[])
    ORDER BY md5(l.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE activity_logs l SET details = l.details || '{"new_state": "failed"}'
    FROM target t
    WHERE l.id = t.id AND l.created_at = t.created_at
)
SELECT 'activity_logs' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['logs.transition'] AS checks,
       format('Log entry %s of task %s was edited to say that the task failed.', t.id, t.entity_id) AS message
FROM target t
