-- reads: river_job, river_queue
SELECT j.id AS job_id,
       j.queue,
       j.kind,
       j.scheduled_at AS since
FROM river_job j
WHERE j.state IN ('available', 'scheduled', 'retryable') AND j.scheduled_at <= now()
  AND NOT EXISTS (SELECT FROM river_queue q WHERE q.name = j.queue AND q.paused_at IS NOT NULL)
ORDER BY j.priority, j.scheduled_at, j.id
