-- title: Refunded payments have a recorded refund, with its id at the gateway
-- severity: warn
-- for: refunds, states
-- reads: payments.sql, refunds.sql, bursar.refunds
-- why: A payment that says that it was refunded, and of which no refund is known, or one without an id at the gateway, may have
--   sent no money back.
-- cause: The status or the refund was written by hand, or the row of the refund was removed.
-- remedy: Look the payment up at the gateway: bursar payments show PAYMENT. Record the refund that is there, with its id. Where
--   there is none, set the status to what the gateway says.

-- An application that records no refund of any payment, or no id, keeps none.
SELECT {payments_name} AS table_name, p.payment_id::text AS key, p.account::text AS account, p.currency::text AS unit,
       'a refund' AS expected, 'none' AS actual,
       format('Payment %s is %s, and no refund of it is recorded.', p.payment_id, p.status) AS message
FROM {payments} p
WHERE p.state = 'refunded'
  AND NOT EXISTS (SELECT FROM {all_refunds} a WHERE a.payment = p.payment_id::text)
  AND EXISTS (SELECT FROM {own_refunds} o JOIN {payments} q ON q.payment_id::text = o.payment_id::text WHERE q.state = 'refunded')
UNION ALL
SELECT {refunds_name}, r.refund_id::text, p.account::text, r.currency::text, 'an id', 'none',
       format('Refund %s of payment %s has no id at %s.', r.refund_id, r.payment_id, p.provider)
FROM {own_refunds} r
JOIN {payments} p ON p.payment_id::text = r.payment_id::text
WHERE r.state = 'done' AND NOT coalesce(r.provider_id::text ~ '\S', false)
  AND p.provider::text IN (SELECT q.provider::text FROM {own_refunds} o
                           JOIN {payments} q ON q.payment_id::text = o.payment_id::text
                           WHERE o.state = 'done' AND o.provider_id::text ~ '\S')
