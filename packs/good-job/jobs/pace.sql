-- reads: good_jobs, good_job_executions
-- What came and ended in the last ten minutes, each by an index that every version has: the jobs that were added, those that
-- ended, and of those that have not ended the executions that failed. No index has their end: those that began so lately are found
-- by their process, whether it is still there or not, and those that took longer by their job, which runs again or is put off.
-- An OFFSET keeps the planner from reading all executions instead of looking for those of a few.
WITH RECURSIVE processes (id) AS (
    (SELECT e.process_id FROM good_job_executions e WHERE e.process_id IS NOT NULL ORDER BY e.process_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.process_id FROM good_job_executions e WHERE e.process_id > p.id ORDER BY e.process_id LIMIT 1)
      FROM processes p
     WHERE p.id IS NOT NULL
), open (id) AS (
    SELECT g.id FROM good_jobs g
     WHERE g.finished_at IS NULL AND g.scheduled_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes' AND g.error IS NOT NULL
    UNION
    SELECT g.id FROM good_jobs g WHERE g.finished_at IS NULL AND g.locked_by_id IS NOT NULL AND g.error IS NOT NULL
), failed AS (
    SELECT e.active_job_id, e.error, e.finished_at
      FROM processes p
     CROSS JOIN LATERAL (SELECT * FROM good_job_executions e
                          WHERE e.process_id = p.id AND e.created_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
                         OFFSET 0) e
     WHERE e.error IS NOT NULL AND e.finished_at IS NOT NULL
    UNION ALL
    SELECT e.active_job_id, e.error, e.finished_at
      FROM open o
     CROSS JOIN LATERAL (SELECT * FROM good_job_executions e
                          WHERE e.active_job_id = o.id AND e.created_at < now() AT TIME ZONE 'UTC' - interval '10 minutes'
                         OFFSET 0) e
     WHERE e.finished_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes' AND e.error IS NOT NULL
)
SELECT g.queue_name AS queue,
       coalesce(g.job_class, g.serialized_params ->> 'job_class') AS kind,
       'added' AS what,
       g.created_at AT TIME ZONE 'UTC' AS at,
       NULL::timestamptz AS created_at,
       -- Those without one go last.
       coalesce(g.priority, 2147483647) AS priority
FROM good_jobs g
WHERE g.finished_at IS NULL AND g.created_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
UNION ALL
SELECT g.queue_name, coalesce(g.job_class, g.serialized_params ->> 'job_class'), 'added', g.created_at AT TIME ZONE 'UTC', NULL,
       coalesce(g.priority, 2147483647)
FROM good_jobs g
WHERE g.finished_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
  AND g.created_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
UNION ALL
SELECT g.queue_name, coalesce(g.job_class, g.serialized_params ->> 'job_class'), CASE WHEN g.error IS NULL THEN 'done' ELSE 'failed' END,
       g.finished_at AT TIME ZONE 'UTC', g.created_at AT TIME ZONE 'UTC', coalesce(g.priority, 2147483647)
FROM good_jobs g
WHERE g.finished_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
  AND coalesce(g.error NOT LIKE 'GoodJob::Job::DiscardJobError: %', true)
UNION ALL
SELECT g.queue_name, coalesce(g.job_class, g.serialized_params ->> 'job_class'),
       CASE WHEN e.error LIKE 'GoodJob::InterruptError: %' THEN 'rescued' ELSE 'failed' END, e.finished_at AT TIME ZONE 'UTC',
       g.created_at AT TIME ZONE 'UTC', coalesce(g.priority, 2147483647)
FROM failed e
JOIN LATERAL (SELECT * FROM good_jobs g WHERE g.id = e.active_job_id OFFSET 0) g ON g.finished_at IS NULL
