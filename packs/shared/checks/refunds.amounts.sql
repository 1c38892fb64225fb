-- title: No payment was refunded for more than was paid
-- severity: error
-- reads: bursar.refunds, refunds.sql
-- why: Money that goes back twice is lost, and the refunds of a payment must agree about what was paid.
-- cause: A refund was written past bursar's functions or recorded twice, or the payment's amount was changed after a
--   refund.
-- remedy: Compare the payment with its gateway: bursar refund sync --payment PAYMENT --dry-run. Where money did go back
--   twice, answer for one of the two: bursar refund acknowledge OBJECT --gateway NAME --reason TEXT.

-- What was rejected, failed or canceled gave everything back. What was acknowledged at its gateway, somebody answers for.
SELECT 'bursar.refunds' AS table_name, r.payment AS key, min(r.account) AS account, min(r.currency) AS unit,
       min(r.paid)::text AS expected, sum(r.amount)::text AS actual,
       CASE WHEN min(r.paid) <> max(r.paid) OR min(r.currency) <> max(r.currency) THEN
               format('The refunds of payment %s say that %s to %s %s were paid, in minor units.',
                      r.payment, min(r.paid), max(r.paid), min(r.currency))
            ELSE
               format('Payment %s was over %s %s, in minor units, and %s refunds of it come to %s.',
                      r.payment, min(r.paid), min(r.currency), count(*), sum(r.amount)) END AS message,
       r.payment AS payment
FROM {refunds} r
WHERE r.state NOT IN ('rejected', 'failed', 'canceled')
  AND NOT EXISTS (SELECT FROM {acknowledgements} a
                  WHERE a.check_id = 'gateway.object' AND a.unit = r.gateway AND a.entry_id = r.gateway_ref)
GROUP BY r.payment
HAVING sum(r.amount) > min(r.paid) OR min(r.paid) <> max(r.paid) OR min(r.currency) <> max(r.currency)
UNION ALL
-- The application's own, and bursar's beside them. What is not known to have failed may have been paid.
SELECT {refunds_name}, r.payment, p.account::text, p.currency::text, coalesce(p.amount::text, 'a payment'), r.total::text,
       CASE WHEN p.payment_id IS NULL THEN
               format('Refunds %s are of payment %s, which does not exist.', r.ids, r.payment)
            WHEN r.least <= 0 THEN
               format('Refunds %s of payment %s are over %s%s and more; a refund is over more than 0.', r.ids, r.payment,
                      r.least, {scale})
            WHEN r.total <= p.amount THEN
               format('Payment %s was over %s %s%s, and its refunds %s are in %s.', r.payment, p.amount, p.currency,
                      {scale}, r.ids, r.currencies)
            ELSE
               format('Payment %s was over %s %s%s, and its refunds %s come to %s.', r.payment, p.amount, p.currency,
                      {scale}, r.ids, r.total) END,
       r.payment
FROM (SELECT a.payment, sum(a.amount) AS total, min(a.amount) AS least,
             string_agg(a.id, ', ' ORDER BY a.id) AS ids, string_agg(DISTINCT a.currency, ', ') AS currencies,
             min(a.currency) AS currency
      FROM {all_refunds} a
      WHERE a.state IS DISTINCT FROM 'failed'
      GROUP BY a.payment
      HAVING bool_or(a.own)) r
LEFT JOIN {payments} p ON p.payment_id::text = r.payment
WHERE p.payment_id IS NULL OR r.total > p.amount OR r.least <= 0 OR r.currencies <> upper(btrim(p.currency::text))
