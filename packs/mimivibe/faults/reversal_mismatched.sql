-- title: A reversal of another amount
-- why: A reversal was written by hand and does not undo exactly what it names.

WITH target AS (
    SELECT e.user_id, 'refund' AS kind, e.amount + 3 AS amount,
           jsonb_build_object('reverses_entry_id', e.id) AS metadata, NULL::uuid AS payment_id,
           NULL::uuid AS reading_id, e.id AS reversed_id
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
SELECT 'wallet_transactions' AS table_name, a.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['refunds.reversed'] AS checks,
       format('Entry %s of user %s reverses entry %s with %s STAR, which is 3 too many.',
              a.id, t.user_id, t.reversed_id, a.amount) AS message
FROM target t
CROSS JOIN added a
