-- title: A payment that was completed before it was created
-- why: The time was taken from another order.

WITH target AS (
    SELECT p.id, p.user_id, p.currency, p.created_at
    FROM payments p
    WHERE p.completed_at IS NOT NULL
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET completed_at = t.created_at - interval '1 day' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.completed'] AS checks,
       format('Payment %s was dated to be completed a day before it was created.', t.id) AS message
FROM target t
