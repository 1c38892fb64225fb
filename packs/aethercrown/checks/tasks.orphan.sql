-- title: Tasks belong to a clone
-- severity: error
-- reads: ai_tasks, ai_clones
-- references: ai_tasks.clone_id
-- why: A task without a clone has nothing to run it and is seen by no user.
-- cause: The task was added without its clone, or the clone was removed while the foreign key was not enforced.
-- remedy: Set clone_id to the clone that was meant, or delete the task.

SELECT 'ai_tasks' AS table_name, t.id AS key, NULL::uuid AS account, NULL::text AS unit,
       'a clone' AS expected, coalesce(t.clone_id::text, 'none') AS actual,
       CASE WHEN t.clone_id IS NULL THEN format('Task %s (%s) belongs to no clone.', t.id, t.task_name)
            ELSE format('Task %s (%s) belongs to clone %s, which does not exist.', t.id, t.task_name, t.clone_id)
            END AS message
FROM ai_tasks t
WHERE NOT EXISTS (SELECT FROM ai_clones c WHERE c.id = t.clone_id)
