-- title: An attempt ends before it starts
-- why: The clock of the worker was wrong, or somebody wrote the time by hand.

WITH target AS (
    SELECT a.id, a.job_id, a.attempt_number, j.payload->>'user_id' AS account
    FROM job_attempts a
    JOIN jobs j ON j.id = a.job_id
    WHERE a.started_at IS NOT NULL AND a.finished_at IS NOT NULL
      AND (j.payload->>'user_id' <> ALL ($2::text[])) IS NOT FALSE
    ORDER BY md5(a.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE job_attempts a SET finished_at = a.started_at - interval '1 hour' FROM target t WHERE a.id = t.id
)
SELECT 'job_attempts' AS table_name, t.id AS key, t.account, NULL::currency AS unit, ARRAY['jobs.dated'] AS checks,
       format('Attempt %s of job %s was made to end an hour before it started.', t.attempt_number, t.job_id) AS message
FROM target t
