-- title: A transaction over less than nothing
-- why: A transfer was written past the function that checks it. Where a constraint forbids it, no row is returned.

WITH target AS (
    SELECT b.id AS balance_id, b.user_id, b.token_type, md5('negative ' || b.id || $1::bigint)::uuid AS id
    FROM token_balances b
    WHERE b.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'token_transactions'::regclass AND c.contype = 'c' AND a.attname = 'amount')
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO token_transactions (id, from_user_id, amount, token_type, created_at)
    SELECT t.id, t.user_id, -2, t.token_type, now() FROM target t
),
cached AS (
    UPDATE token_balances b SET balance = b.balance + 2 FROM target t WHERE b.id = t.balance_id
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['transfers.amounts'] AS checks,
       format('User %s burned -2 %s and so gained 2.', t.user_id, t.token_type) AS message
FROM target t
