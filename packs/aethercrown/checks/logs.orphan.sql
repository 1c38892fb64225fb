-- title: Logged tasks and clones still exist
-- severity: warn
-- reads: activity_logs, ai_tasks, ai_clones
-- why: A log of a task or clone that is gone is all that is left of it, and nothing says where it went.
-- cause: Rows were removed past the application, or an entry was written with a wrong id or type.
-- remedy: Find out who removed it. Where that was meant, log it: an action that ends in "deleted" explains the gap.

-- Payments that are gone are the business of payments.logged. One finding for each thing that is missing, whose newest
-- entry is named. One join for each type, because a condition that chooses among them would be answered row by row.
WITH missing AS (
    SELECT l.*
    FROM activity_logs l
    WHERE l.log_type = 'task' AND NOT EXISTS (SELECT FROM ai_tasks t WHERE t.id = l.entity_id)
    UNION ALL
    SELECT l.*
    FROM activity_logs l
    WHERE l.log_type = 'clone' AND NOT EXISTS (SELECT FROM ai_clones c WHERE c.id = l.entity_id)
)
SELECT 'activity_logs' AS table_name, (array_agg(m.id ORDER BY m.created_at DESC, m.id))[1] AS key,
       (array_agg(m.user_id ORDER BY m.created_at DESC, m.id))[1] AS account, NULL::text AS unit,
       m.entity_id AS expected, 'missing' AS actual,
       format('The %s %s does not exist, but has %s log entries; the newest says %s.',
              m.log_type, m.entity_id, count(*),
              quote_literal((array_agg(m.action ORDER BY m.created_at DESC, m.id))[1])) AS message
FROM missing m
GROUP BY m.log_type, m.entity_id
HAVING NOT bool_or(m.action LIKE '%deleted')
