-- title: A forged credit
-- why: Somebody wrote an entry and moved the balance with it, so that the ledger itself agrees.

WITH target AS (
    SELECT u.id AS user_id, 'purchase' AS kind, 500 AS amount, NULL::jsonb AS metadata,
           md5('forged ' || u.id || $1::bigint)::uuid AS payment_id, NULL::uuid AS reading_id
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND u.created_at < now() - interval '1 minute'
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = u.id AND n.created_at > now() - interval '1 minute')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
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
       ARRAY['payments.orphan'] AS checks,
       format('Entry %s credits user %s with %s STAR for payment %s, which does not exist.',
              a.id, t.user_id, a.amount, t.payment_id) AS message
FROM target t
CROSS JOIN added a
