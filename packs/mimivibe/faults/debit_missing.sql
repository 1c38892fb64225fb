-- title: A reading without a debit
-- why: The reading was stored and its debit was lost; the balances were computed without it.

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
           CASE WHEN e.transaction_type = 'reading' THEN -e.amount ELSE e.amount END AS delta, e.related_reading_id
    FROM wallet e
    JOIN users u ON u.id = e.user_id
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND e.transaction_type = 'reading'
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
      AND NOT EXISTS (SELECT FROM wallet_transactions g
                      WHERE g.transaction_type = 'refund' AND g.related_reading_id = e.related_reading_id)
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
SELECT 'tarot_readings' AS table_name, t.related_reading_id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['readings.debited'] AS checks,
       format('The debit %s over %s %s of reading %s of user %s was removed, and every later balance was shifted.',
              t.id, t.amount, t.currency, t.related_reading_id, t.user_id) AS message
FROM target t
