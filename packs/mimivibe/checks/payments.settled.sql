-- title: A payment's status agrees with its refunds
-- severity: error
-- replaces: refunds.settled
-- reads: payments
-- why: Support and reports go by the status: a payment that was refunded whole is refunded, and one that was refunded in
--   part is not.
-- cause: The status was changed by hand or by the application after a refund, or a refund was written past bursar.
-- remedy: Ask the gateway what was refunded: bursar refund sync --payment PAYMENT --dry-run. Then set the status to that.

WITH settled AS (
    SELECT r.payment, sum(r.amount) AS refunded, min(r.paid) AS paid
    FROM {refunds} r
    WHERE r.state = 'succeeded'
    GROUP BY r.payment
)
SELECT 'payments' AS table_name, s.payment AS key, p.user_id AS account, p.currency AS unit,
       CASE WHEN p.id IS NULL THEN 'a payment'
            WHEN p.amount <> s.paid THEN s.paid::text
            WHEN s.refunded >= s.paid THEN 'refunded' ELSE 'succeeded' END AS expected,
       CASE WHEN p.id IS NULL THEN 'missing'
            WHEN p.amount <> s.paid THEN p.amount::text
            ELSE p.status::text END AS actual,
       CASE WHEN p.id IS NULL THEN
               format('Refunds over %s, in minor units, are of payment %s, which does not exist.', s.refunded, s.payment)
            WHEN p.amount <> s.paid THEN
               format('Payment %s is over %s %s, in minor units, and its refunds say %s.', p.id, p.amount, p.currency, s.paid)
            ELSE
               format('Payment %s is %s, and %s of its %s %s were refunded, in minor units.', p.id, p.status, s.refunded,
                      s.paid, p.currency) END AS message
FROM settled s
LEFT JOIN payments p ON p.id::text = s.payment
WHERE p.id IS NULL OR p.amount <> s.paid
   OR p.status::text <> CASE WHEN s.refunded >= s.paid THEN 'refunded' ELSE 'succeeded' END
