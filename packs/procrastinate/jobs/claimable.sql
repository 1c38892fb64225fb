-- reads: procrastinate_jobs, procrastinate_events
SELECT j.id AS job_id,
       j.queue_name AS queue,
       j.task_name AS kind,
       coalesce(j.scheduled_at,
                CASE WHEN j.attempts > 0 THEN (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type <> 'cancelled') END,
                (SELECT e.at FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred' ORDER BY e.id LIMIT 1)) AS since
FROM procrastinate_jobs j
WHERE j.status = 'todo'
  AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
  AND (j.lock IS NULL
       OR NOT EXISTS (SELECT FROM procrastinate_jobs o
                       WHERE o.lock = j.lock
                         AND (o.status = 'doing'
                              OR o.status = 'todo' AND (o.priority > j.priority OR o.priority = j.priority AND o.id < j.id))))
ORDER BY j.priority DESC, j.id
