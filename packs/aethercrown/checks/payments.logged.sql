-- title: Payments agree with their log
-- severity: error
-- reads: activity_logs, payments
-- why: The log is written beside the payment. Where the two disagree about whose it is, how much it was, or whether it is
--   there at all, money went where nobody sees it.
-- cause: The payment was removed, given to another user or changed in its amount past the application.
-- remedy: Look the order up at PayPal, and put the payment back as it is there. Where it was meant to go, log it: an
--   action that ends in "deleted" explains the gap.

-- Whoever works on a payment is in its log too. So its user is the wrong one only where no entry names them. The amount
-- is logged when a payment is created.
WITH logged AS (
    SELECT l.entity_id, count(*) AS entries,  bool_or(l.action LIKE '%deleted') AS deleted,
           (array_agg(l.action ORDER BY l.created_at DESC, l.id))[1] AS newest,
           (array_agg(l.user_id ORDER BY l.created_at, l.id) FILTER (WHERE l.user_id IS NOT NULL))[1] AS owner,
           bool_or(l.user_id = p.user_id) AS is_owner,
           min(l.details->>'amount') FILTER (WHERE l.action = 'payment.created'
                                               AND l.details->>'amount' ~ '^[0-9]{1,20}([.][0-9]{1,10})?$') AS amount,
           min(l.details->>'currency') FILTER (WHERE l.action = 'payment.created') AS currency
    FROM activity_logs l
    LEFT JOIN payments p ON p.id = l.entity_id
    WHERE l.log_type = 'payment'
    GROUP BY l.entity_id
),
judged AS (
    SELECT g.*, p.id, p.order_id, p.user_id, p.amount AS present, p.currency AS unit,
           CASE WHEN p.id IS NULL THEN CASE WHEN NOT g.deleted THEN 'gone' END
                WHEN NOT g.is_owner AND p.user_id IS NOT NULL THEN 'owner'
                WHEN g.amount::numeric <> p.amount OR g.currency <> p.currency THEN 'amount' END AS fault
    FROM logged g
    LEFT JOIN payments p ON p.id = g.entity_id
)
SELECT 'payments' AS table_name, j.entity_id AS key, j.owner AS account, j.unit,
       CASE j.fault WHEN 'gone' THEN 'a payment' WHEN 'owner' THEN j.owner::text
                    ELSE concat_ws(' ', j.amount, j.currency) END AS expected,
       CASE j.fault WHEN 'gone' THEN 'missing' WHEN 'owner' THEN j.user_id::text
                    ELSE concat_ws(' ', j.present, j.unit) END AS actual,
       CASE j.fault
           WHEN 'gone' THEN format('Payment %s does not exist, but has %s log entries; the newest says %s.',
                                   j.entity_id, j.entries, quote_literal(j.newest))
           WHEN 'owner' THEN format('Payment %s (order %s) belongs to user %s, but its log names user %s and never the other.',
                                    j.entity_id, j.order_id, j.user_id, j.owner)
           ELSE format('Payment %s (order %s) is over %s %s, but was logged over %s.', j.entity_id, j.order_id, j.present,
                       j.unit, concat_ws(' ', j.amount, j.currency)) END AS message
FROM judged j
WHERE j.fault IS NOT NULL
