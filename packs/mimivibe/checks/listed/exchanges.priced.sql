-- title: Exchanges have a rate of the price list
-- severity: error
-- prices: exchange
-- reads: wallet_transactions
-- why: The caller of wallet_exchange names the rate. Stars for fewer coins than they cost agree with every sum.
-- cause: The rate was taken from the browser, both legs were written by hand, or the price list lacks a rate of that day.
-- remedy: Undo an exchange that was wrong: SELECT wallet_reverse('<entry>'). A rate that was right belongs in the price
--   list.

-- A rate is what one price gives for what it takes, any number of times.
WITH prices AS MATERIALIZED (
    SELECT *
    FROM {prices} s
),
exchanges AS NOT MATERIALIZED (
    SELECT e.metadata->>'exchange_id' AS exchange_id, min(e.user_id::text) AS account, min(e.id::text) AS entry_id,
           min(e.created_at) AS at,
           max(e.amount) FILTER (WHERE e.currency = 'COIN') AS coins, max(e.amount) FILTER (WHERE e.currency = 'STAR') AS stars
    FROM wallet_transactions e
    WHERE e.transaction_type = 'exchange' AND e.amount > 0
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
    GROUP BY e.metadata->>'exchange_id'
    HAVING count(*) = 2 AND count(DISTINCT e.currency) = 2
),
older AS (
    SELECT count(*) AS rows, count(*) FILTER (WHERE x.at < (SELECT min(s.since) FROM prices s)) AS older
    FROM exchanges x
)
SELECT 'wallet_transactions' AS table_name, x.exchange_id AS key, x.account, 'STAR' AS unit,
       coalesce((SELECT string_agg(format('%s COIN for %s STAR', s.amount, s.buys), ' or ' ORDER BY s.amount, s.buys)
                 FROM prices s
                 WHERE upper(s.unit) = 'COIN' AND upper(s.of) = 'STAR' AND s.buys > 0
                   AND coalesce(x.at >= s.since AND x.at < s.until, true)), 'a rate of the list') AS expected,
       format('%s COIN for %s STAR', x.coins, x.stars) AS actual,
       format('Exchange %s of user %s gave %s STAR for %s COIN, which is no rate of that day.', x.exchange_id, x.account,
              x.stars, x.coins) AS message,
       x.entry_id AS first_bad_entry, NULL AS skipped, NULL AS unchecked
FROM exchanges x
WHERE coalesce(x.at >= (SELECT min(s.since) FROM prices s), true)
  AND NOT EXISTS (SELECT FROM prices s
                  WHERE x.coins * s.buys = x.stars * s.amount AND upper(s.unit) = 'COIN' AND upper(s.of) = 'STAR' AND s.buys > 0
                    AND coalesce(x.at >= s.since AND x.at < s.until, true))
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       CASE WHEN o.older = o.rows THEN 'every exchange is older than the first price of the list' END,
       CASE WHEN o.older < o.rows
            THEN format('%s of %s exchanges are older than the first price of the list, and were not compared', o.older, o.rows) END
FROM older o
WHERE o.older > 0
