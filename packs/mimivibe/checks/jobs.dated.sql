-- title: Jobs and their attempts begin before they end
-- severity: error
-- reads: jobs, job_attempts
-- why: How long users wait, which job is late and what may be purged are all told from these times.
-- cause: A clock was wrong, or the times were written by hand.
-- remedy: Find out whose clock it was. Set a time that is wrong from the attempts of the job, or from the worker's log.

-- The clocks of workers and of the database may be some minutes apart. Those of one attempt are one clock.
SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       CASE WHEN d.at IS NULL THEN 'a time'
            WHEN d.at < j.created_at THEN format('not before %s', j.created_at)
            ELSE format('not after %s', now()) END AS expected,
       coalesce(d.at::text, 'none') AS actual,
       CASE WHEN d.at IS NULL THEN format('Job %s does not say when it was created.', j.id)
            WHEN d.at < j.created_at THEN
               format('Job %s was %s at %s, before it was created at %s.', j.id, d.what, d.at, j.created_at)
            ELSE format('Job %s was %s at %s, which is still to come.', j.id, d.what, d.at) END AS message
FROM jobs j
CROSS JOIN LATERAL (VALUES (1, 'created', j.created_at), (2, 'started', j.started_at), (3, 'completed', j.completed_at))
    AS d (place, what, at)
WHERE (d.at IS NULL AND d.what = 'created')
   OR d.at > now() + interval '5 minutes'
   OR d.at = '-infinity'
   OR d.at < j.created_at - interval '5 minutes'
UNION ALL
SELECT 'job_attempts', a.id, j.payload->>'user_id', NULL,
       CASE WHEN a.finished_at < a.started_at THEN format('not before %s', a.started_at)
            WHEN a.started_at < j.created_at THEN format('not before %s', j.created_at)
            ELSE format('not after %s', now()) END,
       CASE WHEN a.finished_at < a.started_at THEN a.finished_at
            WHEN a.started_at < j.created_at THEN a.started_at
            ELSE greatest(a.started_at, a.finished_at) END::text,
       CASE WHEN a.finished_at < a.started_at THEN
               format('Attempt %s of job %s ended at %s, before it started at %s.',
                      a.attempt_number, a.job_id, a.finished_at, a.started_at)
            WHEN a.started_at < j.created_at THEN
               format('Attempt %s of job %s started at %s, before the job was created at %s.',
                      a.attempt_number, a.job_id, a.started_at, j.created_at)
            ELSE
               format('Attempt %s of job %s is dated %s, which is still to come.',
                      a.attempt_number, a.job_id, greatest(a.started_at, a.finished_at)) END
FROM job_attempts a
LEFT JOIN jobs j ON j.id = a.job_id
WHERE a.finished_at < a.started_at - interval '1 second'
   OR a.started_at < j.created_at - interval '5 minutes'
   OR greatest(a.started_at, a.finished_at) > now() + interval '5 minutes'
