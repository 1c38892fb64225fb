-- title: A paid payment without an id at the gateway
-- why: The row was written by hand.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.status = 'completed'
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET order_id = ' ' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.identified'] AS checks,
       format('What payment %s is called at the gateway was removed.', t.id) AS message
FROM target t
