-- title: A job that succeeded without an end
-- why: The worker died between the two halves of storing the outcome.

WITH target AS (
    SELECT j.id, j.payload->>'user_id' AS account
    FROM jobs j
    WHERE j.status = 'succeeded'
      AND (j.payload->>'user_id' <> ALL ($2::text[])) IS NOT FALSE
      -- A constraint on completed_at makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                      WHERE c.conrelid = 'jobs'::regclass AND c.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(c.oid) LIKE '%completed_at%')
    ORDER BY md5(j.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE jobs j SET completed_at = NULL FROM target t WHERE j.id = t.id
)
SELECT 'jobs' AS table_name, t.id AS key, t.account, NULL::currency AS unit, ARRAY['jobs.completed'] AS checks,
       format('Job %s is succeeded, and its completed_at was removed.', t.id) AS message
FROM target t
