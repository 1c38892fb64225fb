-- title: A payment's status agrees with its refunds
-- severity: error
-- replaces: refunds.settled
-- reads: payments
-- why: Support and reports go by the status: a payment that was refunded whole is refunded, and one that was refunded in
--   part is partially refunded.
-- cause: The status was changed by hand or by the application after a refund, or a refund was written past bursar.
-- remedy: Look the order up at PayPal: bursar refund sync --payment PAYMENT --dry-run. Then set the status to that.

-- Refunds that were made before bursar kept them leave the status alone to tell of them.
WITH settled AS (
    SELECT r.payment, sum(r.amount) AS refunded, min(r.paid) AS paid
    FROM {refunds} r
    WHERE r.state = 'succeeded'
    GROUP BY r.payment
)
SELECT 'payments' AS table_name, s.payment AS key, p.user_id AS account, p.currency AS unit,
       CASE WHEN p.id IS NULL THEN 'a payment'
            WHEN s.refunded >= s.paid THEN 'refunded' ELSE 'partially_refunded' END AS expected,
       CASE WHEN p.id IS NULL THEN 'missing' ELSE p.status END AS actual,
       CASE WHEN p.id IS NULL THEN
               format('Refunds over %s, in minor units, are of payment %s, which does not exist.', s.refunded, s.payment)
            ELSE
               format('Payment %s (order %s) is %s, and %s of its %s were refunded, in minor units of %s.', p.id,
                      p.order_id, p.status, s.refunded, s.paid, p.currency) END AS message
FROM settled s
LEFT JOIN payments p ON p.id::text = s.payment
WHERE p.id IS NULL
   OR p.status <> CASE WHEN s.refunded >= s.paid THEN 'refunded' ELSE 'partially_refunded' END
