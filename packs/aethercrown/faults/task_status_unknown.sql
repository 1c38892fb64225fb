-- title: A task in an unknown state
-- why: Another version of the application had another word.

WITH target AS (
    SELECT t.id, t.created_at, t.clone_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    WHERE c.user_id::text <> ALL ($2::text[])
      -- A constraint on status makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'ai_tasks'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%status%')
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_tasks k SET status = 'queued' FROM target t WHERE k.id = t.id
)
SELECT 'ai_tasks' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['tasks.status'] || CASE WHEN EXISTS (
                  SELECT FROM activity_logs l
                  WHERE l.log_type = 'task' AND l.entity_id = t.id AND l.details ? 'new_state')
              THEN ARRAY['logs.transition'] ELSE '{}' END AS checks,
       format('The status of task %s was changed to queued.', t.id) AS message
FROM target t
