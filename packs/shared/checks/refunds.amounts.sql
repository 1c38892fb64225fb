-- title: No payment was refunded for more than was paid
-- severity: error
-- reads: bursar.refunds
-- why: Money that goes back twice is lost, and the refunds of a payment must agree about what was paid.
-- cause: A refund was written past bursar's functions, or the payment's amount was changed after a refund.
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
                      r.payment, min(r.paid), min(r.currency), count(*), sum(r.amount)) END AS message
FROM {refunds} r
WHERE r.state NOT IN ('rejected', 'failed', 'canceled')
  AND NOT EXISTS (SELECT FROM {acknowledgements} a
                  WHERE a.check_id = 'gateway.object' AND a.unit = r.gateway AND a.entry_id = r.gateway_ref)
GROUP BY r.payment
HAVING sum(r.amount) > min(r.paid) OR min(r.paid) <> max(r.paid) OR min(r.currency) <> max(r.currency)
