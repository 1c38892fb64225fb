-- title: A job makes two readings
-- why: Two workers had the job at once.

WITH target AS (
    SELECT t.id, t.user_id, t.related_job_id AS job_id, o.id AS other_id, o.related_job_id AS other_job_id
    FROM tarot_readings t
    JOIN tarot_readings o ON o.user_id = t.user_id AND o.id <> t.id AND o.job_attempts = t.job_attempts
    WHERE t.related_job_id IS NOT NULL AND o.related_job_id IS NOT NULL
      AND EXISTS (SELECT FROM jobs j WHERE j.id = t.related_job_id AND j.status = 'succeeded')
      AND t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint), o.id LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET related_job_id = t.job_id FROM target t WHERE r.id = t.other_id
)
SELECT 'jobs' AS table_name, t.job_id AS key, t.user_id AS account, NULL::currency AS unit,
       ARRAY['jobs.readings'] AS checks,
       format('Reading %s of user %s names job %s, which made reading %s.', t.other_id, t.user_id, t.job_id, t.id) AS message
FROM target t
