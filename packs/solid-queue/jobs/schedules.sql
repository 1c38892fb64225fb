-- reads: solid_queue_recurring_tasks, solid_queue_recurring_executions
SELECT t.key AS name,
       t.schedule AS cron,
       t.queue_name AS queue,
       coalesce(t.class_name, t.command) AS kind,
       NULL::timestamptz AS next_at,
       (SELECT max(e.run_at) FROM solid_queue_recurring_executions e WHERE e.task_key = t.key) AT TIME ZONE 'UTC' AS last_at,
       true AS enabled
FROM solid_queue_recurring_tasks t
