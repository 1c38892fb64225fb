-- title: An exchange gives thousands of stars
-- why: The rate was taken from the browser.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.metadata, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
target AS (
    SELECT e.id, e.user_id, e.created_at, e.position, e.amount, e.metadata->>'exchange_id' AS exchange_id
    FROM wallet e
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND e.transaction_type = 'exchange' AND e.currency = 'STAR'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
      AND EXISTS (SELECT FROM wallet_transactions o
                  WHERE o.transaction_type = 'exchange' AND o.currency = 'COIN'
                    AND o.metadata->>'exchange_id' = e.metadata->>'exchange_id')
      -- Of fewer exchanges nobody knows which rate is the usual one.
      AND (SELECT count(*) FROM wallet_transactions o WHERE o.transaction_type = 'exchange' AND o.currency = 'STAR') >= 30
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wallet_transactions d
    SET amount = d.amount + CASE WHEN d.id = t.id THEN 7777 ELSE 0 END,
        balance_after = d.balance_after + 7777
    FROM target t, wallet e
    WHERE e.user_id = t.user_id AND e.currency = 'STAR'
      AND (e.created_at, e.position, e.id) >= (t.created_at, t.position, t.id)
      AND d.id = e.id
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + 7777 FROM target t WHERE u.id = t.user_id
)
SELECT 'wallet_transactions' AS table_name, t.exchange_id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['exchanges.priced'] AS checks,
       format('Exchange %s of user %s gave %s STAR instead of %s, and every later balance was raised.',
              t.exchange_id, t.user_id, t.amount + 7777, t.amount) AS message
FROM target t
