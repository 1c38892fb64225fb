-- reads: river_job, river_queue
-- The first of each queue that is not paused, by its index. What has come due and River's leader has not made available yet
-- is no worker's.
WITH RECURSIVE queues (queue) AS (
    (SELECT j.queue FROM river_job j WHERE j.state = 'available' ORDER BY j.queue LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue FROM river_job j WHERE j.state = 'available' AND j.queue > q.queue ORDER BY j.queue LIMIT 1)
      FROM queues q
     WHERE q.queue IS NOT NULL
), due AS (
    SELECT f.id, f.queue, f.kind, f.scheduled_at, f.priority
      FROM queues q
     CROSS JOIN LATERAL (SELECT j.id, j.queue, j.kind, j.scheduled_at, j.priority
                           FROM river_job j
                          WHERE j.state = 'available' AND j.queue = q.queue AND j.scheduled_at <= now()
                          ORDER BY j.priority, j.scheduled_at, j.id
                          LIMIT 10000) f
)
SELECT d.id AS job_id,
       d.queue,
       d.kind,
       d.scheduled_at AS since
FROM due d
WHERE NOT EXISTS (SELECT FROM river_queue p WHERE p.name = d.queue AND p.paused_at IS NOT NULL)
-- The first of each queue comes before the second of another, so that none is hidden by one that is deep.
ORDER BY row_number() OVER (PARTITION BY d.queue ORDER BY d.priority, d.scheduled_at, d.id), d.queue
