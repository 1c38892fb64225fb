-- title: A reading names a job that does not exist
-- why: The reference was changed by hand, or the reading was restored without its job.

WITH target AS (
    SELECT t.id, t.user_id, j.id AS job_id
    FROM tarot_readings t
    JOIN jobs j ON j.id = t.related_job_id
    WHERE j.status = 'succeeded' AND j.result->>'reading_id' = t.id::text
      AND t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings r SET related_job_id = md5(t.job_id::text)::uuid FROM target t WHERE r.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       ARRAY['jobs.readings'] AS checks,
       format('Reading %s of user %s names a job that does not exist.', t.id, t.user_id) AS message
FROM target t
