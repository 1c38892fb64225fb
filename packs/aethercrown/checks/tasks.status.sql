-- title: Tasks have a known status
-- severity: error
-- reads: ai_tasks, ai_clones
-- why: Whoever looks for work asks for the known states, so a task in another one is never done.
-- cause: The state was misspelt, or belongs to another version of the application.
-- remedy: Set the state that was meant; pending has the task done again.

SELECT 'ai_tasks' AS table_name, t.id AS key, c.user_id AS account, NULL::text AS unit,
       'pending, in_progress, completed or failed' AS expected, coalesce(t.status, 'none') AS actual,
       format('Task %s is in the state %s.', t.id, coalesce(quote_literal(t.status), 'null')) AS message
FROM ai_tasks t
LEFT JOIN ai_clones c ON c.id = t.clone_id
WHERE (t.status IN ('pending', 'in_progress', 'completed', 'failed')) IS NOT TRUE
