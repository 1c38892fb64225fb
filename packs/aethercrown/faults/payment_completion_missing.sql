-- title: A completed payment without a time of completion
-- why: The handler that set the status forgot the time.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.status = 'completed'
      AND p.user_id::text <> ALL ($2::text[])
      -- A constraint on completed_at makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'payments'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%completed_at%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET completed_at = NULL FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.completed'] AS checks,
       format('completed_at of the completed payment %s was removed.', t.id) AS message
FROM target t
