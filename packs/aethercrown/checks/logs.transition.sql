-- title: Logged changes of state follow each other up to the present one
-- severity: error
-- reads: activity_logs, ai_tasks, payments, ai_clones
-- why: The log is how a dispute is settled: each change starts where the one before it ended, and the last one is
--   where the task or payment stands.
-- cause: A change was made past the application and not logged, or an entry was edited or removed.
-- remedy: Compare the entries with the row, and for a payment with PayPal. Correct the state, or log the change that
--   is missing.

-- Entries of one instant have no order among themselves, so what came just before an entry may be any of them. Where
-- old entries were archived, the first one that is left starts the story.
WITH changes AS (
    SELECT l.id, l.log_type, l.entity_id, l.created_at,
           l.details->>'previous_state' AS previous_state, l.details->>'new_state' AS new_state
    FROM activity_logs l
    WHERE l.log_type IN ('task', 'payment') AND l.details ? 'new_state'
),
linked AS (
    SELECT c.*,
           array_agg(c.new_state) OVER (PARTITION BY c.log_type, c.entity_id ORDER BY c.created_at
                                        GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS before,
           c.created_at = min(c.created_at) OVER (PARTITION BY c.log_type, c.entity_id) AS oldest,
           c.created_at = max(c.created_at) OVER (PARTITION BY c.log_type, c.entity_id) AS newest
    FROM changes c
),
current AS (
    SELECT 'task' AS log_type, t.id, t.status, c.user_id
    FROM ai_tasks t LEFT JOIN ai_clones c ON c.id = t.clone_id
    UNION ALL
    SELECT 'payment', p.id, p.status, p.user_id
    FROM payments p
),
ends AS (
    SELECT l.log_type, l.entity_id, array_agg(l.new_state) AS states, (array_agg(l.id ORDER BY l.id))[1] AS id
    FROM linked l
    WHERE l.newest
    GROUP BY l.log_type, l.entity_id
)
SELECT 'activity_logs' AS table_name, l.id AS key, e.user_id AS account, NULL::text AS unit,
       array_to_string(l.before, ' or ') AS expected, coalesce(l.previous_state, 'none') AS actual,
       format('At %s the %s %s is logged to change from %s to %s, but the entry before left it %s.', l.created_at,
              l.log_type, l.entity_id, coalesce(l.previous_state, 'nothing'), l.new_state,
              array_to_string(l.before, ' or ')) AS message
FROM linked l
LEFT JOIN current e ON e.log_type = l.log_type AND e.id = l.entity_id
WHERE NOT l.oldest AND (l.previous_state = ANY (l.before)) IS NOT TRUE
UNION ALL
SELECT 'activity_logs', n.id, e.user_id, NULL, e.status, array_to_string(n.states, ' or '),
       format('The %s %s is %s, but its log ends with %s.',
              n.log_type, n.entity_id, coalesce(e.status, 'without a state'), array_to_string(n.states, ' or '))
FROM ends n
JOIN current e ON e.log_type = n.log_type AND e.id = n.entity_id
WHERE (e.status = ANY (n.states)) IS NOT TRUE
