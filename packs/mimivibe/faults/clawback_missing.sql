-- title: A refund without a claw-back
-- why: The money went back at the gateway, and the stars stayed.

WITH target AS (
    SELECT p.id, p.user_id, p.stars_total
    FROM payments p
    WHERE p.status = 'succeeded' AND p.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM wallet_transactions e
                      WHERE e.transaction_type = 'refund' AND e.related_payment_id = p.id)
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET status = 'refunded' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['payments.refunded'] AS checks,
       format('Payment %s of user %s was refunded without taking its %s STAR back.',
              t.id, t.user_id, t.stars_total) AS message
FROM target t
