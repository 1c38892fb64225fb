-- title: An amount is edited
-- why: An entry was changed in place, and neither its running balance nor the cache followed.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.metadata,
                         e.related_payment_id, e.related_reading_id, e.related_invite_id, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
-- Where the edited step would start at the final balance, the chain could still hold in another order.
target AS (
    SELECT e.id, e.user_id, e.currency, e.amount, e.transaction_type, e.balance_after, e.created_at, e.position,
           CASE WHEN e.transaction_type = 'reading' THEN -e.amount ELSE e.amount END AS delta, e.related_reading_id
    FROM wallet e
    JOIN users u ON u.id = e.user_id
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND e.transaction_type IN ('purchase', 'reading')
      AND e.balance_after - CASE WHEN e.transaction_type = 'reading' THEN -e.amount - 1 ELSE e.amount + 1 END
          <> CASE e.currency WHEN 'STAR' THEN u.star_balance ELSE u.coin_balance END
      AND CASE e.currency WHEN 'STAR' THEN u.star_balance ELSE u.coin_balance END > 0
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
      AND NOT EXISTS (SELECT FROM wallet_transactions g
                      WHERE g.transaction_type = 'refund' AND g.related_reading_id = e.related_reading_id)
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wallet_transactions d SET amount = d.amount + 1 FROM target t WHERE d.id = t.id
)
SELECT 'wallet_transactions' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['ledger.balance', 'ledger.chain']
       || CASE WHEN t.transaction_type <> 'reading' THEN ARRAY['payments.granted']
               -- Of fewer readings nobody knows which price is the usual one.
               WHEN (SELECT count(*) FROM tarot_readings o
                     JOIN tarot_readings r ON r.card_count = o.card_count
                     WHERE o.id = t.related_reading_id) >= 200 THEN ARRAY['readings.priced']
               ELSE ARRAY[]::text[] END AS checks,
       format('The amount of entry %s (%s) of user %s was changed from %s to %s.',
              t.id, t.transaction_type, t.user_id, t.amount, t.amount + 1) AS message
FROM target t
