-- title: A payment in an unknown state
-- why: The gateway's word was stored instead of the application's.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.user_id::text <> ALL ($2::text[])
      -- A constraint on status makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'payments'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%status%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET status = 'APPROVED' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.status'] || CASE WHEN EXISTS (
                  SELECT FROM activity_logs l
                  WHERE l.log_type = 'payment' AND l.entity_id = t.id AND l.details ? 'new_state')
              THEN ARRAY['logs.transition'] ELSE '{}' END AS checks,
       format('The status of payment %s was changed to APPROVED.', t.id) AS message
FROM target t
