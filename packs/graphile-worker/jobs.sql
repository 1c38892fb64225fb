-- reads: _private_jobs, _private_tasks, _private_job_queues
-- One row per job that is not done: a job that is done is deleted. A worker has a lock for four hours, and then any worker
-- takes it away. Jobs of one named queue run one after the other.
SELECT j.id AS job_id,
       q.queue_name AS queue,
       t.identifier AS kind,
       CASE WHEN j.locked_at IS NOT NULL THEN 'locked'
            WHEN j.attempts >= j.max_attempts
            THEN CASE WHEN j.last_error LIKE 'cancelled: %' THEN 'cancelled' ELSE 'permanently failed' END
            WHEN j.attempts > 0 THEN 'failed'
            ELSE 'queued' END AS status,
       j.attempts,
       j.max_attempts,
       j.locked_by AS worker,
       j.priority,
       CASE WHEN q.locked_at IS NOT NULL AND j.locked_at IS NULL
            THEN concat('queue ', q.queue_name, ', which ', q.locked_by, ' has locked') END AS blocked_by,
       j.key AS unique_key,
       j.created_at,
       j.run_at AS scheduled_at,
       j.run_at AS retry_at,
       j.locked_at AS started_at,
       j.locked_at + interval '4 hours' AS lease_until,
       NULL::timestamptz AS finished_at,
       NULL::timestamptz AS failed_at,
       j.last_error AS error,
       j.payload,
       NULL::jsonb AS result,
       j.xmin::text AS version
FROM _private_jobs j
LEFT JOIN _private_tasks t ON t.id = j.task_id
LEFT JOIN _private_job_queues q ON q.id = j.job_queue_id
