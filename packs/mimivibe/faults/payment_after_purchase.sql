-- title: A payment is younger than its stars
-- why: The stars came first, and a payment was written to explain them.

WITH target AS (
    SELECT p.id, p.user_id, e.created_at
    FROM payments p
    JOIN wallet_transactions e ON e.related_payment_id = p.id AND e.transaction_type = 'purchase'
    WHERE p.status = 'succeeded' AND e.created_at < now() - interval '2 hours'
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET created_at = t.created_at + interval '1 hour' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['payments.ordered'] AS checks,
       format('Payment %s of user %s was dated an hour after the entry that credits it.', t.id, t.user_id) AS message
FROM target t
