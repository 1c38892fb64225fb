-- title: Exchanges have a usual rate
-- severity: warn
-- reads: wallet_transactions
-- why: The caller of wallet_exchange names the rate. Stars for fewer coins than anybody else gives agree with every sum.
-- cause: The rate was taken from the browser, or both legs were written by hand.
-- remedy: Compare the rate with the one of its day. Undo an exchange that was wrong: SELECT wallet_reverse('<entry>'). A rate
--   that was right is accepted with --write-baseline.

-- A rate is unusual if less than one exchange in a hundred has it, or no other one. That says something only of at least 20
-- exchanges, of which 95 in a hundred have a usual one.
WITH exchanges AS NOT MATERIALIZED (
    SELECT e.metadata->>'exchange_id' AS exchange_id, min(e.user_id::text) AS account, min(e.id::text) AS entry_id,
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
rated AS MATERIALIZED (
    SELECT x.*, x.coins / gcd(x.coins, x.stars) AS of_coins, x.stars / gcd(x.coins, x.stars) AS of_stars
    FROM exchanges x
),
rates AS MATERIALIZED (
    SELECT r.of_coins, r.of_stars, count(*) AS exchanges, sum(count(*)) OVER () AS of
    FROM rated r
    GROUP BY r.of_coins, r.of_stars
),
usual AS MATERIALIZED (
    SELECT sum(s.exchanges) AS exchanges
    FROM rates s
    WHERE s.exchanges > 1 AND s.exchanges * 100 >= s.of
)
SELECT 'wallet_transactions' AS table_name, r.exchange_id AS key, r.account, 'STAR' AS unit, 'a usual rate' AS expected,
       format('%s COIN for %s STAR', r.coins, r.stars) AS actual,
       format('Exchange %s of user %s gave %s STAR for %s COIN: %s of %s exchanges had this rate.', r.exchange_id, r.account,
              r.stars, r.coins, s.exchanges, s.of) AS message,
       r.entry_id AS first_bad_entry
FROM rates s
CROSS JOIN usual u
JOIN rated r ON r.of_coins = s.of_coins AND r.of_stars = s.of_stars
WHERE (s.exchanges = 1 OR s.exchanges * 100 < s.of) AND s.of >= 20 AND u.exchanges * 100 >= s.of * 95
