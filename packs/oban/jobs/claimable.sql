-- reads: oban_jobs
SELECT j.id AS job_id,
       j.queue,
       j.worker AS kind,
       j.scheduled_at AT TIME ZONE 'UTC' AS since
FROM oban_jobs j
WHERE j.state IN ('available', 'scheduled', 'retryable')
  AND j.scheduled_at <= now() AT TIME ZONE 'UTC'
  AND j.attempt < j.max_attempts
ORDER BY j.priority, j.scheduled_at, j.id
