-- title: Payments have a usual price
-- severity: warn
-- for: ledger, states
-- reads: payments.sql
-- why: A payment of next to nothing that bought as much as any other, or one that bought many times as much, agrees with
--   every sum.
-- cause: The amount, the currency or what was granted was changed by hand, or the price was taken from the browser.
-- remedy: Compare it with the price list of its day, and with the gateway: bursar payments reconcile. A price that was
--   right is accepted with --write-baseline.

-- A price is an amount of a currency for a number of units. It is unusual if less than one payment in a hundred has it.
-- That says something only of many payments, most of which have one of a few prices.
WITH bursar_prices AS MATERIALIZED (
    SELECT p.amount, upper(btrim(p.currency::text)) AS currency, p.granted, p.unit, count(*) AS payments, sum(count(*)) OVER () AS of
    FROM {payments} p
    WHERE {was_paid} AND p.granted IS NOT NULL
    GROUP BY 1, 2, 3, 4
),
bursar_usual AS MATERIALIZED (
    SELECT max(s.of) AS of, sum(s.payments) AS payments
    FROM bursar_prices s
    WHERE s.payments * 100 >= s.of
)
SELECT {payments_name} AS table_name, p.payment_id::text AS key, p.account::text AS account, p.currency::text AS unit,
       'a usual price' AS expected, format('%s %s for %s %s', p.amount, p.currency, p.granted, p.unit) AS actual,
       format('Payment %s bought %s %s for %s %s%s, as %s of %s paid payments did.', p.payment_id, p.granted, p.unit, p.amount,
              p.currency, {scale}, s.payments, s.of) AS message,
       NULL AS skipped
FROM bursar_prices s
CROSS JOIN bursar_usual u
JOIN {payments} p ON p.amount = s.amount AND upper(btrim(p.currency::text)) IS NOT DISTINCT FROM s.currency
                 AND p.granted = s.granted AND p.unit IS NOT DISTINCT FROM s.unit
WHERE {was_paid} AND s.payments * 100 < s.of AND u.of >= 200 AND u.payments * 100 >= u.of * 95
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       CASE WHEN coalesce(u.of, 0) < 200
            THEN format('a usual price says something only of 200 or more paid payments, and %s say what they bought',
                        coalesce((SELECT max(s.of) FROM bursar_prices s), 0))
            ELSE format('too few payments have a usual price: %s of %s', u.payments, u.of) END
FROM bursar_usual u
WHERE coalesce(u.of, 0) < 200 OR u.payments * 100 < u.of * 95
