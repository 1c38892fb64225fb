-- title: A job with a wrong number of attempts
-- why: A worker counted an attempt and died before recording it.

WITH target AS (
    SELECT j.id, j.attempts, j.payload->>'user_id' AS account
    FROM jobs j
    WHERE j.attempts < j.max_attempts
      AND (j.payload->>'user_id' <> ALL ($2::text[])) IS NOT FALSE
    ORDER BY md5(j.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE jobs j SET attempts = j.attempts + 1 FROM target t WHERE j.id = t.id
)
SELECT 'jobs' AS table_name, t.id AS key, t.account, NULL::currency AS unit,
       ARRAY['jobs.attempts'] AS checks,
       format('attempts of job %s was changed from %s to %s.', t.id, t.attempts, t.attempts + 1) AS message
FROM target t
