-- reads: solid_queue_ready_executions, solid_queue_jobs, solid_queue_pauses
SELECT e.job_id,
       e.queue_name AS queue,
       j.class_name AS kind,
       e.created_at AT TIME ZONE 'UTC' AS since
FROM solid_queue_ready_executions e
JOIN solid_queue_jobs j ON j.id = e.job_id
WHERE NOT EXISTS (SELECT FROM solid_queue_pauses p WHERE p.queue_name = e.queue_name)
ORDER BY e.priority, e.job_id
