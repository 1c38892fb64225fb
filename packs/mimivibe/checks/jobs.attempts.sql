-- title: Job attempts match their rows
-- severity: error
-- reads: jobs, job_attempts
-- why: The number of attempts decides whether a job may be tried again, and each attempt leaves a row, numbered
--   from 1.
-- cause: A worker died between counting an attempt and recording it, two workers took the same job, or attempts
--   were removed.
-- remedy: Look at the attempts of the job, then set jobs.attempts to their number.

WITH recorded AS (
    SELECT a.job_id, count(*) AS attempts, count(DISTINCT a.attempt_number) AS numbers,
           min(a.attempt_number) AS first, max(a.attempt_number) AS last
    FROM job_attempts a
    GROUP BY a.job_id
)
SELECT 'jobs' AS table_name, j.id AS key, j.payload->>'user_id' AS account, NULL::currency AS unit,
       CASE WHEN j.attempts <> coalesce(r.attempts, 0) THEN coalesce(r.attempts, 0)::text
            ELSE format('1 to %s', r.attempts) END AS expected,
       CASE WHEN j.attempts <> coalesce(r.attempts, 0) THEN j.attempts::text
            ELSE format('%s to %s, %s different', r.first, r.last, r.numbers) END AS actual,
       CASE WHEN j.attempts <> coalesce(r.attempts, 0) THEN
               format('Job %s says %s attempts, but %s are recorded.', j.id, j.attempts, coalesce(r.attempts, 0))
            ELSE
               format('Job %s has %s attempts, but they are numbered from %s to %s with %s different numbers.',
                      j.id, r.attempts, r.first, r.last, r.numbers) END AS message
FROM jobs j
LEFT JOIN recorded r ON r.job_id = j.id
WHERE j.attempts <> coalesce(r.attempts, 0)
   OR r.first <> 1 OR r.last <> r.attempts OR r.numbers <> r.attempts
