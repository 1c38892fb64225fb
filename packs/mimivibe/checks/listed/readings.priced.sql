-- title: Readings cost what the price list says
-- severity: error
-- prices: reading
-- reads: tarot_readings, wallet_transactions
-- why: A reading that costs less than its price gives stars away, and every sum still agrees.
-- cause: The price was taken from the browser, the reading or its debit was changed by hand, or the price list lacks a price
--   of that day.
-- remedy: Debit what is missing with wallet_adjust. A price that was right belongs in the price list.

-- A price buys as many cards as it says. A reading without a time may have any price that ever was.
WITH prices AS MATERIALIZED (
    SELECT *
    FROM {prices} s
),
older AS (
    SELECT count(*) AS rows, count(*) FILTER (WHERE t.created_at < (SELECT min(s.since) FROM prices s)) AS older
    FROM tarot_readings t
)
SELECT 'tarot_readings' AS table_name, t.id AS key, t.user_id AS account, e.currency AS unit,
       coalesce((SELECT string_agg(s.amount::text, ' or ' ORDER BY s.amount)
                 FROM prices s
                 WHERE s.buys = t.card_count AND upper(s.unit) = e.currency::text
                   AND coalesce(t.created_at >= s.since AND t.created_at < s.until, true)), 'a price of the list') AS expected,
       e.amount AS actual,
       format('Reading %s of user %s has %s cards and cost %s %s, which is no price of that day.', t.id, t.user_id,
              t.card_count, e.amount, e.currency) AS message,
       e.id AS first_bad_entry, NULL AS skipped, NULL AS unchecked
FROM tarot_readings t
JOIN wallet_transactions e ON e.related_reading_id = t.id AND e.transaction_type = 'reading' AND e.amount > 0
WHERE coalesce(t.created_at >= (SELECT min(s.since) FROM prices s), true)
  AND NOT EXISTS (SELECT FROM prices s
                  WHERE s.amount = e.amount AND upper(s.unit) = e.currency::text AND coalesce(s.buys = t.card_count, true)
                    AND coalesce(t.created_at >= s.since AND t.created_at < s.until, true))
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       CASE WHEN o.older = o.rows THEN 'every reading is older than the first price of the list' END,
       CASE WHEN o.older < o.rows
            THEN format('%s of %s readings are older than the first price of the list, and were not compared', o.older, o.rows) END
FROM older o
WHERE o.older > 0
