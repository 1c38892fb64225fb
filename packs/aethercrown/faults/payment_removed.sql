-- title: A completed payment is gone
-- why: It was deleted past the application, to hide what was paid.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.status = 'completed'
      AND EXISTS (SELECT FROM activity_logs l WHERE l.log_type = 'payment' AND l.entity_id = p.id)
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM payments p USING target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.logged'] AS checks,
       format('Payment %s of user %s was removed.', t.id, t.user_id) AS message
FROM target t
