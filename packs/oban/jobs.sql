-- reads: oban_jobs
-- One row per job. Times are UTC without a zone. A job has no heartbeat: Oban rescues one that has run for an hour, unless
-- it is told otherwise, so that is its lease. Queues are paused in the nodes, of which the database knows nothing, so nothing
-- says what holds a job back.
SELECT j.id AS job_id,
       j.worker AS kind,
       j.state AS status,
       j.queue,
       j.priority,
       j.attempt AS attempts,
       j.max_attempts,
       CASE WHEN j.state NOT IN ('available', 'scheduled') THEN j.attempted_by[1] END AS worker,
       j.inserted_at AT TIME ZONE 'UTC' AS created_at,
       j.scheduled_at AT TIME ZONE 'UTC' AS scheduled_at,
       CASE WHEN j.state = 'retryable' THEN j.scheduled_at AT TIME ZONE 'UTC' END AS retry_at,
       j.attempted_at AT TIME ZONE 'UTC' AS started_at,
       CASE WHEN j.state = 'executing' THEN j.attempted_at AT TIME ZONE 'UTC' + interval '1 hour' END AS lease_until,
       coalesce(j.completed_at, j.cancelled_at, j.discarded_at) AT TIME ZONE 'UTC' AS finished_at,
       (j.errors[array_upper(j.errors, 1)] ->> 'at')::timestamptz AS failed_at,
       j.errors[array_upper(j.errors, 1)] ->> 'error' AS error,
       j.args AS payload,
       NULL::jsonb AS result,
       j.xmin::text AS version
FROM oban_jobs j
