-- title: Payments have a time, and none is in the future
-- severity: error
-- reads: payments.sql
-- why: A payment without a time, or with one that is still to come, is in no report and in no comparison with the gateway.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Look the payment up at the gateway and set its time to the one there.

-- Where no payment has a time, the application keeps none.
SELECT {payments_name} AS table_name, p.payment_id AS key, p.account, p.currency AS unit,
       CASE WHEN p.created_at IS NULL THEN 'a time' ELSE format('not after %s', now()) END AS expected,
       coalesce(p.created_at::text, 'none') AS actual,
       CASE WHEN p.created_at IS NULL THEN format('Payment %s does not say when it was made.', p.payment_id)
            WHEN p.created_at = '-infinity' THEN format('Payment %s is dated -infinity, which is no time.', p.payment_id)
            ELSE format('Payment %s is dated %s, which is still to come.', p.payment_id, p.created_at) END AS message
FROM {payments} p
WHERE p.created_at = '-infinity'
   OR p.created_at > now() + {tolerance} * interval '1 second'
   OR (p.created_at IS NULL AND EXISTS (SELECT FROM {payments} o WHERE o.created_at IS NOT NULL))
