-- title: Readings carry the attempts of their job
-- severity: error
-- reads: tarot_readings, jobs, job_attempts
-- why: job_attempts of a reading says how often its job was tried, and must match the recorded attempts.
-- cause: The counter was written before the last attempt ended, or attempts were removed.
-- remedy: Set tarot_readings.job_attempts to the number of attempts of its job.

-- The link to the job has no foreign key. Where the job itself is gone there is nothing left to compare
-- with, and looking for it comes last, so that only readings that disagree pay for that.
WITH attempts AS (
    SELECT a.job_id, count(*) AS attempts
    FROM job_attempts a
    GROUP BY a.job_id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       coalesce(a.attempts, 0) AS expected, t.job_attempts AS actual,
       format('Reading %s of user %s says %s attempts, but its job %s has %s.',
              t.id, t.user_id, coalesce(t.job_attempts::text, 'nothing about'),
              coalesce(t.related_job_id::text, '(none)'), coalesce(a.attempts, 0)) AS message
FROM tarot_readings t
LEFT JOIN attempts a ON a.job_id = t.related_job_id
WHERE CASE WHEN coalesce(t.job_attempts, 0) <> coalesce(a.attempts, 0) THEN
               t.related_job_id IS NULL OR EXISTS (SELECT FROM jobs j WHERE j.id = t.related_job_id)
      END
