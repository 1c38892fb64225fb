-- title: A payment that changed its state without a log
-- why: The status was changed by hand.

WITH target AS (
    SELECT p.id, p.user_id, p.currency, p.status
    FROM payments p
    WHERE p.status = 'completed'
      AND EXISTS (SELECT FROM activity_logs l
                  WHERE l.log_type = 'payment' AND l.entity_id = p.id AND l.details ? 'new_state')
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET status = 'refunded' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['logs.transition'] AS checks,
       format('The status of payment %s was changed to refunded, and the log does not know.', t.id) AS message
FROM target t
