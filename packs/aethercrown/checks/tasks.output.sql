-- title: Completed tasks have a result
-- severity: error
-- reads: ai_tasks, ai_clones
-- why: What people waited for is in task_output; a completed task without it was paid for and lost.
-- cause: The task was marked as completed before its output was stored, or the output was cleared.
-- remedy: Put the task back to pending with completed_at null, so that it is done again.

SELECT 'ai_tasks' AS table_name, t.id AS key, c.user_id AS account, NULL::text AS unit,
       'an object with a result' AS expected,
       left(coalesce(t.task_output::text, 'none'), 100) AS actual,
       format('Task %s was completed at %s, but its output has no result.', t.id, t.completed_at) AS message
FROM ai_tasks t
LEFT JOIN ai_clones c ON c.id = t.clone_id
WHERE t.status = 'completed'
  AND (jsonb_typeof(t.task_output) = 'object' AND t.task_output->'result' <> 'null') IS NOT TRUE
