-- title: A payment in a currency that does not exist
-- why: The currency was stored as the client wrote it.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.currency = 'USD'
      AND p.user_id::text <> ALL ($2::text[])
      -- A constraint on currency makes this fault impossible, and then no row is returned.
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'payments'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%currency%')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET currency = 'usd' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.currency']
       || CASE WHEN EXISTS (SELECT FROM activity_logs l
                            WHERE l.log_type = 'payment' AND l.entity_id = t.id AND l.details ? 'amount')
               THEN ARRAY['payments.logged'] ELSE ARRAY[]::text[] END AS checks,
       format('The currency of payment %s was changed to usd.', t.id) AS message
FROM target t
