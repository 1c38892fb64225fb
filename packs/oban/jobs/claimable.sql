-- reads: oban_jobs
-- The first of each queue, by its index. What has come due and the stager has not made available yet is no worker's.
WITH RECURSIVE queues (queue) AS (
    (SELECT j.queue FROM oban_jobs j WHERE j.state = 'available' ORDER BY j.queue LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue FROM oban_jobs j WHERE j.state = 'available' AND j.queue > q.queue ORDER BY j.queue LIMIT 1)
      FROM queues q
     WHERE q.queue IS NOT NULL
), due AS (
    SELECT f.id, f.queue, f.worker, f.scheduled_at, f.priority
      FROM queues q
     CROSS JOIN LATERAL (SELECT j.id, j.queue, j.worker, j.scheduled_at, j.priority
                           FROM oban_jobs j
                          WHERE j.state = 'available' AND j.queue = q.queue AND j.attempt < j.max_attempts
                          ORDER BY j.priority, j.scheduled_at, j.id
                          LIMIT 10000) f
)
SELECT d.id AS job_id,
       d.queue,
       d.worker AS kind,
       d.scheduled_at AT TIME ZONE 'UTC' AS since
FROM due d
-- The first of each queue comes before the second of another, so that none is hidden by one that is deep.
ORDER BY row_number() OVER (PARTITION BY d.queue ORDER BY d.priority, d.scheduled_at, d.id), d.queue
