-- title: Exchanges have both legs
-- severity: error
-- reads: wallet_transactions
-- why: Coins that were taken must have become stars of the same user, and no stars may appear without the coins.
-- cause: One of the two entries of an exchange failed, was removed, was written for another user, or was written past
--   wallet_exchange, which refuses to exchange nothing.
-- remedy: Undo a leg that is alone: SELECT wallet_reverse('<entry>'). It refuses a leg over 0: put the other one right with
--   wallet_adjust, and acknowledge this finding.

WITH legs AS NOT MATERIALIZED (
    SELECT e.id, e.user_id, e.currency, e.amount, e.created_at, e.metadata
    FROM wallet_transactions e
    WHERE e.transaction_type = 'exchange'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.transaction_type = 'refund'
                        AND r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
),
exchanges AS (
    SELECT e.metadata->>'exchange_id' AS exchange_id,
           CASE WHEN e.metadata->>'exchange_id' IS NULL THEN e.id END AS nameless,
           count(*) FILTER (WHERE e.currency = 'COIN') AS coin_legs,
           count(*) FILTER (WHERE e.currency = 'STAR') AS star_legs,
           min(e.amount) FILTER (WHERE e.currency = 'COIN') AS coins,
           min(e.amount) FILTER (WHERE e.currency = 'STAR') AS stars,
           count(DISTINCT e.user_id) AS users,
           array_agg(e.id ORDER BY e.created_at, e.id) AS ids,
           array_agg(e.user_id ORDER BY e.created_at, e.id) AS accounts
    FROM legs e
    GROUP BY 1, 2
)
SELECT 'wallet_transactions' AS table_name, coalesce(x.exchange_id, x.nameless::text) AS key, x.accounts[1] AS account,
       CASE WHEN x.coin_legs = x.star_legs THEN NULL
            WHEN x.coin_legs < x.star_legs THEN 'COIN'::currency ELSE 'STAR'::currency END AS unit,
       CASE WHEN x.whole THEN 'both above 0' ELSE '1 COIN leg and 1 STAR leg of one user' END AS expected,
       CASE WHEN x.whole THEN format('%s COIN for %s STAR', x.coins, x.stars)
            ELSE format('%s COIN, %s STAR, %s user(s)', x.coin_legs, x.star_legs, x.users) END AS actual,
       CASE
           WHEN x.exchange_id IS NULL THEN
               format('Exchange entry %s of user %s carries no exchange id, so its other leg is unknown.',
                      x.nameless, x.accounts[1])
           WHEN x.whole THEN
               format('Exchange %s of user %s gave %s STAR for %s COIN (entries %s).',
                      x.exchange_id, x.accounts[1], x.stars, x.coins, array_to_string(x.ids, ', '))
           WHEN x.coin_legs = 1 AND x.star_legs = 1 THEN
               format('Exchange %s takes from and gives to different users: %s (entries %s).',
                      x.exchange_id, array_to_string(x.accounts, ' and '), array_to_string(x.ids, ', '))
           ELSE
               format('Exchange %s of user %s has %s COIN and %s STAR legs instead of one of each (entries %s).',
                      x.exchange_id, x.accounts[1], x.coin_legs, x.star_legs, array_to_string(x.ids, ', '))
       END AS message,
       x.ids[1] AS first_bad_entry
FROM (SELECT e.*, e.exchange_id IS NOT NULL AND e.coin_legs = 1 AND e.star_legs = 1 AND e.users = 1 AS whole
      FROM exchanges e) x
WHERE NOT x.whole OR x.coins <= 0 OR x.stars <= 0
