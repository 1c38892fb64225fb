-- title: An exchange loses its COIN leg
-- why: The debit of an exchange failed; the stars came without the coins.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.metadata,
                         e.related_payment_id, e.related_reading_id, e.related_invite_id, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
target AS (
    SELECT e.id, e.user_id, e.currency, e.amount, e.transaction_type, e.balance_after, e.created_at, e.position,
           -e.amount AS delta, e.metadata->>'exchange_id' AS exchange_id
    FROM wallet e
    JOIN users u ON u.id = e.user_id
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND e.transaction_type = 'exchange' AND e.currency = 'COIN'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
      AND EXISTS (SELECT FROM wallet_transactions o
                  WHERE o.transaction_type = 'exchange' AND o.currency = 'STAR'
                    AND o.metadata->>'exchange_id' = e.metadata->>'exchange_id')
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM wallet_transactions d USING target t WHERE d.id = t.id
),
shifted AS (
    UPDATE wallet_transactions d
    SET balance_after = d.balance_after - t.delta
    FROM target t, wallet e
    WHERE e.user_id = t.user_id AND e.currency = t.currency
      AND (e.created_at, e.position, e.id) > (t.created_at, t.position, t.id)
      AND d.id = e.id
),
cached AS (
    UPDATE users u
    SET star_balance = u.star_balance - CASE t.currency WHEN 'STAR' THEN t.delta ELSE 0 END,
        coin_balance = u.coin_balance - CASE t.currency WHEN 'COIN' THEN t.delta ELSE 0 END
    FROM target t
    WHERE u.id = t.user_id
)
SELECT 'wallet_transactions' AS table_name, t.exchange_id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['exchanges.paired'] AS checks,
       format('The COIN leg %s over %s of exchange %s of user %s was removed, and every later balance was shifted.',
              t.id, t.amount, t.exchange_id, t.user_id) AS message
FROM target t
