-- title: A reading with a wrong number of attempts
-- why: The counter was written before the last attempt ended.

WITH target AS (
    SELECT t.id, t.user_id, coalesce(t.job_attempts, 0) AS attempts
    FROM tarot_readings t
    JOIN jobs j ON j.id = t.related_job_id
    WHERE t.user_id::text <> ALL ($2::text[])
    ORDER BY md5(t.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE tarot_readings d SET job_attempts = t.attempts + 1 FROM target t WHERE d.id = t.id
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, NULL::currency AS unit,
       ARRAY['counters.reading_attempts'] AS checks,
       format('job_attempts of reading %s was changed from %s to %s.', t.id, t.attempts, t.attempts + 1) AS message
FROM target t
