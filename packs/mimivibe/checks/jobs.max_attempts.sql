-- title: No job exceeds its attempts
-- severity: error
-- reads: jobs
-- why: A job past max_attempts should have gone to the dead letters instead of being tried again.
-- cause: max_attempts was lowered after the job had run, or a worker did not check it.
-- remedy: Move the job to the dead letters, or raise its max_attempts.

SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       j.max_attempts AS expected, j.attempts AS actual,
       format('Job %s was tried %s times, but may be tried %s times.', j.id, j.attempts, j.max_attempts) AS message
FROM jobs j
WHERE j.attempts > j.max_attempts
