-- title: A payment's status agrees with its refunds
-- severity: error
-- for: states
-- reads: payments.sql, bursar.refunds, refunds.sql
-- why: Support and reports go by the status: a payment that was refunded whole is refunded, and one that was refunded in
--   part is not.
-- cause: The status was changed by hand or by the application after a refund, or the refund did not change it.
-- remedy: Ask the gateway what was refunded: bursar refund sync --payment PAYMENT --dry-run. Then set the status to that.

-- That an application's own refund has no payment is said by refunds.amounts. An application without a word for a part, or
-- for the whole, leaves the payment paid.
SELECT {payments_name} AS table_name, r.payment AS key, p.account::text AS account, p.currency::text AS unit,
       CASE WHEN p.payment_id IS NULL THEN 'a payment' WHEN r.total >= p.amount THEN {refunded} ELSE {partly} END AS expected,
       CASE WHEN p.payment_id IS NULL THEN 'missing' ELSE p.status::text END AS actual,
       CASE WHEN p.payment_id IS NULL THEN
               format('Refunds over %s%s are of payment %s, which does not exist.', r.total, {scale}, r.payment)
            ELSE
               format('Payment %s is %s, and %s of its %s %s%s were refunded.', r.payment, p.status, r.total, p.amount,
                      p.currency, {scale}) END AS message
FROM (SELECT a.payment, sum(a.amount) AS total, bool_or(a.own) AS own FROM {all_refunds} a WHERE a.state = 'done' GROUP BY a.payment) r
LEFT JOIN {payments} p ON p.payment_id::text = r.payment
WHERE (p.payment_id IS NULL AND NOT r.own)
   OR p.state <> CASE WHEN r.total >= p.amount THEN {refunded} ELSE {partly} END
