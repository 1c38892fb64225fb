-- reads: river_job
-- One row per job. A job has no heartbeat: River rescues one that has run for an hour, unless the client says otherwise, so
-- that is its lease. A pending job is held back by a workflow or by the application. Nothing but a paused queue keeps an
-- available one. Columns stand as they are, so that their indexes serve.
SELECT j.id AS job_id,
       j.kind,
       j.state AS status,
       j.queue,
       j.priority,
       NULL::text AS blocked_by,
       encode(j.unique_key, 'hex') AS unique_key,
       j.attempt AS attempts,
       j.max_attempts,
       CASE WHEN j.state NOT IN ('available', 'scheduled') THEN
           j.attempted_by[array_upper(j.attempted_by, 1)] END AS worker,
       j.created_at,
       j.scheduled_at,
       CASE WHEN j.state = 'retryable' THEN j.scheduled_at END AS retry_at,
       j.attempted_at AS started_at,
       CASE WHEN j.state = 'running' THEN j.attempted_at + interval '1 hour' END AS lease_until,
       j.finalized_at AS finished_at,
       (j.errors[array_upper(j.errors, 1)] ->> 'at')::timestamptz AS failed_at,
       j.errors[array_upper(j.errors, 1)] ->> 'error' AS error,
       j.args AS payload,
       j.metadata -> 'output' AS result,
       j.xmin::text AS version
FROM river_job j
