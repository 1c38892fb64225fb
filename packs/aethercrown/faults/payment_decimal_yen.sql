-- title: A payment with decimals in a currency that has none
-- why: The amount was stored in the units of another currency.

WITH target AS (
    SELECT p.id, p.user_id, p.currency, p.amount
    FROM payments p
    WHERE p.amount <> trunc(p.amount)
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET currency = 'JPY' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.amount']
       || CASE WHEN EXISTS (SELECT FROM activity_logs l
                            WHERE l.log_type = 'payment' AND l.entity_id = t.id AND l.details ? 'amount')
               THEN ARRAY['payments.logged'] ELSE ARRAY[]::text[] END AS checks,
       format('The currency of payment %s over %s %s was changed to JPY.', t.id, t.amount, t.currency) AS message
FROM target t
