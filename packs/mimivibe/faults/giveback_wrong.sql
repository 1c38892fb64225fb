-- title: A reading gives back more than it cost
-- why: The give-back was written with another amount than the debit.

WITH target AS (
    SELECT e.user_id, 'refund' AS kind, e.amount + 5 AS amount, NULL::jsonb AS metadata, NULL::uuid AS payment_id,
           e.related_reading_id AS reading_id
    FROM wallet_transactions e
    WHERE e.transaction_type = 'reading'
      AND e.related_reading_id IS NOT NULL
      AND e.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM wallet_transactions r
                      WHERE r.metadata ? 'reverses_entry_id'
                        AND lower(r.metadata->>'reverses_entry_id') = e.id::text)
      AND NOT EXISTS (SELECT FROM wallet_transactions g
                      WHERE g.transaction_type = 'refund' AND g.related_reading_id = e.related_reading_id)
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = e.user_id AND n.created_at > now() - interval '1 minute')
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata,
                                     related_payment_id, related_reading_id, created_at)
    SELECT t.user_id, t.kind::transaction_type, t.amount, 'STAR', u.star_balance + t.amount, t.metadata,
           t.payment_id, t.reading_id,
           coalesce((SELECT max(e.created_at) FROM wallet_transactions e WHERE e.user_id = u.id), u.created_at)
               + interval '1 millisecond'
    FROM target t
    JOIN users u ON u.id = t.user_id
    ON CONFLICT DO NOTHING
    RETURNING id, user_id, amount
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + a.amount
    FROM added a
    WHERE u.id = a.user_id
)
SELECT 'tarot_readings' AS table_name, t.reading_id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['readings.refunded'] AS checks,
       format('Reading %s of user %s gave back %s STAR, which is 5 too many, by entry %s.',
              t.reading_id, t.user_id, a.amount, a.id) AS message
FROM target t
CROSS JOIN added a
