-- title: A log of a task that does not exist
-- why: The task was deleted past the application.

WITH target AS (
    SELECT u.id AS account, md5('log ' || u.id || $1::bigint)::uuid AS id,
           md5('task ' || u.id || $1::bigint)::uuid AS entity_id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO activity_logs (id, log_type, entity_id, action, details, created_at, user_id)
    SELECT t.id, 'task', t.entity_id, 'task.created', '{"ip_address": "192.0.2.1"}', now() - interval '1 day', t.account
    FROM target t
)
SELECT 'activity_logs' AS table_name, t.id AS key, t.account, NULL::text AS unit, ARRAY['logs.orphan'] AS checks,
       format('Log entry %s is about task %s, which does not exist.', t.id, t.entity_id) AS message
FROM target t
