-- title: A change of state whose log was removed
-- why: Somebody tidied the log up.

WITH target AS (
    SELECT l.id, l.created_at, l.entity_id, t.status, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    -- The last change of a task that has an earlier one: what is left ends elsewhere than the task.
    JOIN activity_logs l ON l.log_type = 'task' AND l.entity_id = t.id
                        AND l.details->>'new_state' = 'completed' AND l.details->>'previous_state' = 'in_progress'
    WHERE t.status = 'completed' AND c.user_id::text <> ALL ($2::text[])
      AND EXISTS (SELECT FROM activity_logs e
                  WHERE e.log_type = 'task' AND e.entity_id = t.id AND e.details->>'new_state' = 'in_progress')
    ORDER BY md5(l.id::text || $1::bigint) LIMIT 1
),
changed AS (
    DELETE FROM activity_logs l USING target t WHERE l.id = t.id AND l.created_at = t.created_at
)
SELECT 'activity_logs' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['logs.transition'] AS checks,
       format('The log of the completion of task %s was removed.', t.entity_id) AS message
FROM target t
