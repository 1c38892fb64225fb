-- title: A payment over less than nothing
-- why: A refund was stored as a payment.

WITH target AS (
    SELECT p.id, p.user_id, p.currency, p.amount
    FROM payments p
    WHERE p.amount > 0
      AND p.user_id::text <> ALL ($2::text[])
      -- A constraint on amount makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'payments'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%amount%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET amount = -t.amount FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.amount']
       || CASE WHEN EXISTS (SELECT FROM activity_logs l
                            WHERE l.log_type = 'payment' AND l.entity_id = t.id AND l.details ? 'amount')
               THEN ARRAY['payments.logged'] ELSE ARRAY[]::text[] END AS checks,
       format('The amount of payment %s was changed from %s to %s.', t.id, t.amount, -t.amount) AS message
FROM target t
