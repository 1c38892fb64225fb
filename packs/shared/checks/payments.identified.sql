-- title: Paid payments have an id of the gateway
-- severity: error
-- for: states
-- reads: payments.sql
-- why: Money came in through the gateway. A paid payment without an id there can be compared with nothing, and nothing
--   says that it was ever paid.
-- cause: The row was written by hand, or the handler stored the outcome without the gateway's id.
-- remedy: Look for the payment at the gateway by its customer, amount and time, and store its id. Where there is none,
--   nobody paid: take back what it granted.

-- A gateway that has an id in no payment gives none, such as cash. An id of spaces is none, whatever their shape.
SELECT {payments_name} AS table_name, p.payment_id::text AS key, p.account::text AS account, p.currency::text AS unit,
       'an id' AS expected, 'none' AS actual,
       format('Payment %s over %s %s%s is %s, but has no id at %s.', p.payment_id, p.amount, p.currency, {scale}, p.status,
              p.provider) AS message,
       NULL AS skipped
FROM {payments} p
WHERE {was_paid} AND p.amount > 0
  AND NOT EXISTS (SELECT FROM unnest(p.provider_ids::text[]) AS i (id) WHERE i.id ~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]')
  AND p.provider::text IN (SELECT o.provider::text FROM {payments} o
                           WHERE EXISTS (SELECT FROM unnest(o.provider_ids::text[]) AS i (id) WHERE i.id ~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]'))
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'no payment has an id of its gateway, so none can be missed'
WHERE EXISTS (SELECT FROM {payments} p)
  AND NOT EXISTS (SELECT FROM {payments} p, unnest(p.provider_ids::text[]) AS i (id) WHERE i.id ~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]')
