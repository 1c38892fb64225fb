-- reads: _private_jobs, _private_tasks, _private_job_queues
-- The jobs that a worker may take now, in its order. A worker takes those of the tasks that it has.
SELECT j.id AS job_id, q.queue_name AS queue, t.identifier AS kind, j.run_at AS since
FROM _private_jobs j
LEFT JOIN _private_tasks t ON t.id = j.task_id
LEFT JOIN _private_job_queues q ON q.id = j.job_queue_id
WHERE j.is_available = true AND j.run_at <= now() AND coalesce(q.is_available, true)
ORDER BY j.priority, j.run_at
