-- title: Stars for a payment that was not paid
-- why: The credit was written before the gateway confirmed the payment.

WITH target AS (
    SELECT p.user_id, 'purchase' AS kind, p.stars_total AS amount, NULL::jsonb AS metadata, p.id AS payment_id,
           NULL::uuid AS reading_id
    FROM payments p
    WHERE p.status IN ('pending', 'failed') AND p.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = p.user_id AND n.created_at > now() - interval '1 minute')
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
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
SELECT 'payments' AS table_name, t.payment_id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['payments.unpaid'] AS checks,
       format('Payment %s of user %s was not paid, but entry %s credits %s STAR for it.',
              t.payment_id, t.user_id, a.id, a.amount) AS message
FROM target t
CROSS JOIN added a
