-- title: Jobs have a completion time if they ended, and only then
-- severity: error
-- reads: jobs
-- why: A job that succeeded has a result and an end, a dead letter has an end, and a job that may still run has
--   none.
-- cause: A worker died or was stopped half-way through storing the outcome.
-- remedy: Look at the last attempt of the job, then set completed_at from it, or put the job back in the queue.

SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       CASE WHEN j.status IN ('succeeded', 'dlq') AND j.completed_at IS NULL THEN 'completed_at'
            WHEN j.status = 'succeeded' THEN 'a result'
            ELSE 'no completed_at' END AS expected,
       CASE WHEN j.status IN ('succeeded', 'dlq') THEN 'none' ELSE j.completed_at::text END AS actual,
       CASE WHEN j.status = 'succeeded' AND j.completed_at IS NULL AND j.result IS NULL THEN
               format('Job %s is succeeded, but has neither a result nor a completed_at.', j.id)
            WHEN j.status IN ('succeeded', 'dlq') AND j.completed_at IS NULL THEN
               format('Job %s is %s, but has no completed_at.', j.id, j.status)
            WHEN j.status = 'succeeded' THEN
               format('Job %s is succeeded, but has no result.', j.id)
            ELSE
               format('Job %s is %s, but was completed at %s.', j.id, j.status, j.completed_at) END AS message
FROM jobs j
WHERE CASE WHEN j.status IN ('succeeded', 'dlq') THEN
               j.completed_at IS NULL OR (j.status = 'succeeded' AND j.result IS NULL)
           ELSE j.completed_at IS NOT NULL END
