-- reads: river_job
-- One row per attempt that failed, from the errors of the job, and one for that which completed it. Of the earlier ones
-- nobody keeps when they began.
SELECT j.id AS job_id,
       (e.error ->> 'attempt')::integer AS number,
       j.attempted_by[(e.error ->> 'attempt')::integer] AS worker,
       (e.error ->> 'at')::timestamptz AS at,
       CASE WHEN (e.error ->> 'attempt')::integer = j.attempt AND j.state <> 'running' THEN j.attempted_at END AS started_at,
       (e.error ->> 'at')::timestamptz AS finished_at,
       false AS succeeded,
       e.error ->> 'error' AS error
FROM river_job j
CROSS JOIN LATERAL unnest(j.errors) e (error)
UNION ALL
SELECT j.id, j.attempt, j.attempted_by[array_upper(j.attempted_by, 1)], j.finalized_at, j.attempted_at, j.finalized_at, true, NULL
FROM river_job j
WHERE j.state = 'completed'
