-- title: A completed task without a time of completion
-- why: The worker set the status and died.

WITH target AS (
    SELECT t.id, t.created_at, t.clone_id, c.user_id
    FROM ai_tasks t
    JOIN ai_clones c ON c.id = t.clone_id
    WHERE t.status = 'completed'
      AND c.user_id::text <> ALL ($2::text[])
      -- A constraint on completed_at makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'ai_tasks'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%completed_at%')
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE ai_tasks k SET completed_at = NULL FROM target t WHERE k.id = t.id
)
SELECT 'ai_tasks' AS table_name, t.id AS key, t.user_id AS account, NULL::text AS unit,
       ARRAY['tasks.completed'] AS checks,
       format('completed_at of the completed task %s was removed.', t.id) AS message
FROM target t
