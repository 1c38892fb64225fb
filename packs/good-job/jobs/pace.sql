-- reads: good_jobs, good_job_executions
-- What came and ended in the last ten minutes, each by its index: the jobs that were added, those that ended, and of those
-- that have not ended the executions that failed. No index has their end: those that began so lately are found by their
-- process, whether it is still there or not, and those that took longer by their job, which runs again or is put off.
WITH RECURSIVE since (at) AS (
    SELECT now() AT TIME ZONE 'UTC' - interval '10 minutes'
), processes (id) AS (
    (SELECT e.process_id FROM good_job_executions e WHERE e.process_id IS NOT NULL ORDER BY e.process_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.process_id FROM good_job_executions e WHERE e.process_id > p.id ORDER BY e.process_id LIMIT 1)
      FROM processes p
     WHERE p.id IS NOT NULL
), failed AS (
    SELECT e.active_job_id, e.error, e.finished_at
      FROM processes p
     CROSS JOIN since s
      JOIN good_job_executions e ON e.process_id = p.id AND e.created_at >= s.at
     WHERE e.error IS NOT NULL AND e.finished_at IS NOT NULL
    UNION ALL
    SELECT e.active_job_id, e.error, e.finished_at
      FROM since s
      JOIN good_jobs g ON g.finished_at IS NULL AND g.error IS NOT NULL AND (g.scheduled_at >= s.at OR g.locked_by_id IS NOT NULL)
      JOIN good_job_executions e ON e.active_job_id = g.id AND e.created_at < s.at AND e.finished_at >= s.at
     WHERE e.error IS NOT NULL
)
SELECT g.queue_name AS queue,
       coalesce(g.job_class, g.serialized_params ->> 'job_class') AS kind,
       'added' AS what,
       g.created_at AT TIME ZONE 'UTC' AS at,
       NULL::timestamptz AS created_at
FROM good_jobs g
WHERE g.created_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
UNION ALL
SELECT g.queue_name, coalesce(g.job_class, g.serialized_params ->> 'job_class'), CASE WHEN g.error IS NULL THEN 'done' ELSE 'failed' END,
       g.finished_at AT TIME ZONE 'UTC', g.created_at AT TIME ZONE 'UTC'
FROM good_jobs g
WHERE g.finished_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
  AND coalesce(g.error NOT LIKE 'GoodJob::Job::DiscardJobError: %', true)
UNION ALL
SELECT g.queue_name, coalesce(g.job_class, g.serialized_params ->> 'job_class'),
       CASE WHEN e.error LIKE 'GoodJob::InterruptError: %' THEN 'rescued' ELSE 'failed' END, e.finished_at AT TIME ZONE 'UTC',
       g.created_at AT TIME ZONE 'UTC'
FROM failed e
JOIN good_jobs g ON g.id = e.active_job_id
WHERE g.finished_at IS NULL
