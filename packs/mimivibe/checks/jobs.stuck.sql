-- title: No job is past its lease
-- severity: warn
-- reads: jobs
-- why: A job that is processing after its lease ended is held by a worker that is gone, and its user is waiting.
-- cause: The worker died or lost its connection without giving the job back.
-- remedy: Put the job back in the queue: bursar jobs stuck --release.

SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       format('done by %s', coalesce(j.started_at, j.created_at)
                            + make_interval(secs => coalesce(j.visibility_timeout_secs, 60))) AS expected,
       'processing' AS actual,
       format('Job %s has been processing on worker %s since %s, past its lease of %s seconds.',
              j.id, coalesce(j.worker_id, '(unknown)'), coalesce(j.started_at, j.created_at),
              coalesce(j.visibility_timeout_secs, 60)) AS message
FROM jobs j
WHERE j.status = 'processing'
  AND coalesce(j.started_at, j.created_at) + make_interval(secs => coalesce(j.visibility_timeout_secs, 60)) < now()
