-- title: Tokens are spent before they are there
-- why: A transfer was not checked, and was paid back later.

WITH target AS (
    SELECT b.user_id, b.token_type, md5('overdraft ' || b.id || $1::bigint)::uuid AS out_id,
           md5('repaid ' || b.id || $1::bigint)::uuid AS back_id
    FROM token_balances b
    JOIN users u ON u.id = b.user_id
    WHERE b.user_id::text <> ALL ($2::text[])
      AND u.created_at < now() - interval '3 days'
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
spent AS (
    INSERT INTO token_transactions (id, from_user_id, to_user_id, amount, token_type, created_at)
    SELECT t.out_id, t.user_id, NULL, 1000000, t.token_type, now() - interval '2 days' FROM target t
),
paid_back AS (
    INSERT INTO token_transactions (id, from_user_id, to_user_id, amount, token_type, created_at)
    SELECT t.back_id, NULL, t.user_id, 1000000, t.token_type, now() - interval '1 day' FROM target t
)
SELECT 'token_transactions' AS table_name, t.out_id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.domain'] AS checks,
       format('User %s burnt 1000000 %s two days ago and was given them back a day later.', t.user_id, t.token_type) AS message
FROM target t
