-- title: A job that was tried more often than it may
-- why: max_attempts was lowered after the job had run. Where a constraint forbids it, no row is returned.

WITH target AS (
    SELECT j.id, j.attempts, j.max_attempts, j.payload->>'user_id' AS account
    FROM jobs j
    WHERE j.attempts > 1
      AND (j.payload->>'user_id' <> ALL ($2::text[])) IS NOT FALSE
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'jobs'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%attempts <= max_attempts%')
    ORDER BY md5(j.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE jobs j SET max_attempts = t.attempts - 1 FROM target t WHERE j.id = t.id
)
SELECT 'jobs' AS table_name, t.id AS key, t.account, NULL::currency AS unit,
       ARRAY['jobs.max_attempts'] AS checks,
       format('max_attempts of job %s was lowered from %s to %s, after %s attempts.',
              t.id, t.max_attempts, t.attempts - 1, t.attempts) AS message
FROM target t
