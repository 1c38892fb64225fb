-- title: Payments have a completion time if money came in, and only then
-- severity: error
-- reads: payments
-- why: completed_at says when the money came in. Reports count by it, and a refund relies on it.
-- cause: The status was changed by hand or by a handler that did not set completed_at with it.
-- remedy: Look the order up at PayPal. Set completed_at to the time of the capture, or to null where there is none.

-- A status outside of the vocabulary is reported by payments.status. The clock of the gateway may be somewhat behind.
SELECT 'payments' AS table_name, p.id AS key, p.user_id AS account, p.currency AS unit,
       CASE WHEN p.status NOT IN ('completed', 'partially_refunded', 'refunded') THEN 'no completed_at'
            WHEN p.completed_at IS NULL THEN 'completed_at'
            WHEN p.completed_at > now() THEN format('not after %s', now())
            ELSE format('not before %s', p.created_at) END AS expected,
       coalesce(p.completed_at::text, 'none') AS actual,
       CASE WHEN p.completed_at IS NULL THEN
               format('Payment %s (order %s) is %s, but has no completed_at.', p.id, p.order_id, p.status)
            WHEN p.status NOT IN ('completed', 'partially_refunded', 'refunded') THEN
               format('Payment %s (order %s) is %s, but was completed at %s.',
                      p.id, p.order_id, p.status, p.completed_at)
            WHEN p.completed_at > now() THEN
               format('Payment %s (order %s) was completed at %s, which is still to come.', p.id, p.order_id, p.completed_at)
            ELSE
               format('Payment %s (order %s) was completed at %s, before it was created at %s.',
                      p.id, p.order_id, p.completed_at, p.created_at) END AS message
FROM payments p
WHERE p.status IN ('created', 'pending', 'completed', 'failed', 'partially_refunded', 'refunded')
  AND ((p.completed_at IS NOT NULL) <> (p.status IN ('completed', 'partially_refunded', 'refunded'))
       OR p.completed_at > now() + interval '5 minutes'
       OR p.completed_at < p.created_at - interval '5 minutes')
