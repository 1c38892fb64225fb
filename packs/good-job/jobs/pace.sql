-- reads: good_jobs, good_job_executions, good_job_processes
-- What came and ended in the last ten minutes, each by its index: the jobs that were added, those that ended, and of those
-- that have not ended the executions that failed and began so lately in a process that is there.
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
FROM good_job_processes p
JOIN good_job_executions e ON e.process_id = p.id AND e.created_at >= now() AT TIME ZONE 'UTC' - interval '10 minutes'
JOIN good_jobs g ON g.id = e.active_job_id
WHERE e.error IS NOT NULL AND e.finished_at IS NOT NULL AND g.finished_at IS NULL
