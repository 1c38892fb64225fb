-- title: Payments are in a state that there is
-- severity: error
-- reads: payments
-- why: A payment in an unknown state is counted by no report and refunded by nobody.
-- cause: A handler stored the gateway's word for the state instead of the application's.
-- remedy: Look the order up at PayPal and set the state that it means.

SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, p.currency AS unit,
       'created, pending, completed, failed, partially_refunded or refunded' AS expected,
       coalesce(p.status, 'none') AS actual,
       format('Payment %s (order %s) is in the state %s.',
              p.id, p.order_id, coalesce(quote_literal(p.status), 'null')) AS message
FROM payments p
WHERE (p.status IN ('created', 'pending', 'completed', 'failed', 'partially_refunded', 'refunded')) IS NOT TRUE
