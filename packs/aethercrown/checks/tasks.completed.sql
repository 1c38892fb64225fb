-- title: Tasks have a completion time if they are completed, and only then
-- severity: error
-- reads: ai_tasks, ai_clones
-- why: completed_at says how long people waited, and what is still to be done.
-- cause: The status was changed without completed_at, or a task was put back without clearing it.
-- remedy: Set completed_at from the task's log, or to null where the task is not completed.

SELECT 'ai_tasks' AS table_name, t.id AS key, c.user_id AS account, NULL::text AS unit,
       CASE WHEN t.status <> 'completed' THEN 'no completed_at'
            WHEN t.completed_at IS NULL THEN 'completed_at'
            WHEN t.completed_at > now() THEN format('not after %s', now())
            ELSE format('not before %s', t.created_at) END AS expected,
       coalesce(t.completed_at::text, 'none') AS actual,
       CASE WHEN t.completed_at IS NULL THEN format('Task %s is completed, but has no completed_at.', t.id)
            WHEN t.status <> 'completed' THEN
               format('Task %s is %s, but was completed at %s.', t.id, t.status, t.completed_at)
            WHEN t.completed_at > now() THEN format('Task %s was completed at %s, which is still to come.', t.id, t.completed_at)
            ELSE
               format('Task %s was completed at %s, before it was created at %s.',
                      t.id, t.completed_at, t.created_at) END AS message
FROM ai_tasks t
LEFT JOIN ai_clones c ON c.id = t.clone_id
-- A status outside of the vocabulary is reported by tasks.status. The clock of whoever worked may be somewhat behind.
WHERE t.status IN ('pending', 'in_progress', 'completed', 'failed')
  AND ((t.completed_at IS NOT NULL) <> (t.status = 'completed')
       OR t.completed_at > now() + interval '5 minutes'
       OR t.completed_at < t.created_at - interval '5 minutes')
