-- title: Paid payments have a price of the price list
-- severity: error
-- for: states
-- prices: payment
-- reads: payments.sql
-- why: A payment of next to nothing that bought as much as any other agrees with every sum.
-- cause: The amount, the currency or what was granted was changed by hand, the price was taken from the browser, or the
--   price list lacks a price of that day.
-- remedy: Compare it with the gateway: bursar payments reconcile. A price that was right belongs in the price list.

-- The list says nothing of payments before its first price. A payment without a time may have any price that ever was.
WITH bursar_prices AS MATERIALIZED (
    SELECT *
    FROM {prices} s
),
bursar_judged AS NOT MATERIALIZED (
    SELECT p.payment_id, p.account, p.currency, p.granted, p.unit, p.created_at,
           p.amount || coalesce(' ' || p.currency::text, '') AS paid,
           coalesce(' for ' || p.granted || ' ' || p.unit::text, '') AS bought
    FROM {payments} p
    WHERE {was_paid}
      AND coalesce(p.created_at >= (SELECT min(s.since) FROM bursar_prices s), true)
      AND NOT EXISTS (SELECT FROM bursar_prices s
                      WHERE s.amount = p.amount AND upper(s.unit) = upper(btrim(p.currency::text))
                        AND coalesce(s.buys = p.granted, true) AND coalesce(upper(s.of) = upper(p.unit::text), true)
                        AND coalesce(p.created_at >= s.since AND p.created_at < s.until, true))
),
bursar_older AS (
    SELECT count(*) AS rows, count(*) FILTER (WHERE p.created_at < (SELECT min(s.since) FROM bursar_prices s)) AS older
    FROM {payments} p
    WHERE {was_paid}
)
SELECT {payments_name} AS table_name, j.payment_id AS key, j.account, j.currency AS unit,
       coalesce((SELECT string_agg(s.amount || ' ' || s.unit, ' or ' ORDER BY s.amount, s.unit)
                 FROM bursar_prices s
                 WHERE s.buys = j.granted AND upper(s.of) = upper(j.unit::text)
                   AND coalesce(j.created_at >= s.since AND j.created_at < s.until, true)), 'a price of the list') AS expected,
       j.paid || j.bought AS actual,
       format('Payment %s of %s was %s%s%s, which is no price of that day.', j.payment_id,
              coalesce(to_char(j.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'an unknown day'), j.paid, {scale},
              j.bought) AS message,
       NULL AS skipped, NULL AS unchecked
FROM bursar_judged j
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       CASE WHEN o.older = o.rows THEN 'every paid payment is older than the first price of the list' END,
       CASE WHEN o.older < o.rows
            THEN format('%s of %s paid payments are older than the first price of the list, and were not compared', o.older, o.rows) END
FROM bursar_older o
WHERE o.older > 0
