-- title: Refunds have a time, and none is in the future
-- severity: error
-- for: refunds
-- reads: refunds.sql
-- why: A refund without a time, or with one that is still to come, is in no report and in no comparison with the gateway.
-- cause: A clock was wrong, or the time was written by hand.
-- remedy: Look the refund up at the gateway and set its time to the one there.

-- Where no refund has a time, the application keeps none.
SELECT {refunds_name} AS table_name, r.refund_id::text AS key, NULL AS account, r.currency AS unit,
       CASE WHEN r.created_at IS NULL THEN 'a time' ELSE format('not after %s', now()) END AS expected,
       coalesce(r.created_at::text, 'none') AS actual,
       CASE WHEN r.created_at IS NULL THEN
               format('Refund %s of payment %s does not say when it was made.', r.refund_id, r.payment_id)
            ELSE
               format('Refund %s of payment %s is dated %s, which is no time that has passed.', r.refund_id, r.payment_id,
                      r.created_at) END AS message
FROM {own_refunds} r
WHERE r.created_at = '-infinity'
   OR r.created_at > now() + {tolerance} * interval '1 second'
   OR (r.created_at IS NULL AND EXISTS (SELECT FROM {own_refunds} o WHERE o.created_at IS NOT NULL))
