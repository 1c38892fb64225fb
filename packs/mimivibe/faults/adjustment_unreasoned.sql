-- title: An adjustment without a reason
-- why: It was written past the wallet. Where a constraint asks for the reason, no row is returned.

WITH target AS (
    SELECT u.id AS user_id, u.star_balance
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND u.created_at < now() - interval '1 minute'
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = u.id AND n.created_at > now() - interval '1 minute')
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'wallet_transactions'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%reason%')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wallet_transactions (user_id, transaction_type, amount, currency, balance_after, metadata, created_at)
    SELECT t.user_id, 'adjustment', 3, 'STAR', t.star_balance + 3, '{"direction": "credit", "operator": "nobody"}',
           now() - interval '1 second'
    FROM target t
    RETURNING id, user_id
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + 3 FROM target t WHERE u.id = t.user_id
)
SELECT 'wallet_transactions' AS table_name, a.id AS key, a.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['adjustments.reasoned'] AS checks,
       format('User %s was credited with 3 STAR without a reason, by entry %s.', a.user_id, a.id) AS message
FROM added a
