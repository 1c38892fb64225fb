-- reads: oban_jobs
-- One row per attempt that failed, from the errors of the job, and one for that which completed it. Of the earlier ones
-- nobody keeps when they began, nor which node made them.
SELECT j.id AS job_id,
       (e.error ->> 'attempt')::integer AS number,
       CASE WHEN (e.error ->> 'attempt')::integer = j.attempt AND j.state <> 'executing' THEN j.attempted_by[1] END AS worker,
       (e.error ->> 'at')::timestamptz AS at,
       CASE WHEN (e.error ->> 'attempt')::integer = j.attempt AND j.state <> 'executing' THEN j.attempted_at AT TIME ZONE 'UTC' END AS started_at,
       (e.error ->> 'at')::timestamptz AS finished_at,
       false AS succeeded,
       e.error ->> 'error' AS error
FROM oban_jobs j
CROSS JOIN LATERAL unnest(j.errors) e (error)
UNION ALL
SELECT j.id, j.attempt, j.attempted_by[1], j.completed_at AT TIME ZONE 'UTC', j.attempted_at AT TIME ZONE 'UTC',
       j.completed_at AT TIME ZONE 'UTC', true, NULL
FROM oban_jobs j
WHERE j.state = 'completed'
