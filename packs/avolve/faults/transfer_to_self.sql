-- title: A transfer to oneself
-- why: A transfer was written past the function that checks it. Where a constraint forbids it, no row is returned.

WITH target AS (
    SELECT u.id AS user_id, b.token_type, md5('self ' || u.id || $1::bigint)::uuid AS id
    FROM users u
    JOIN token_balances b ON b.user_id = u.id
    WHERE u.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      WHERE c.conrelid = 'token_transactions'::regclass AND c.contype = 'c' AND a.attname = 'from_user_id')
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO token_transactions (id, from_user_id, to_user_id, amount, token_type, created_at)
    SELECT t.id, t.user_id, t.user_id, 2, t.token_type, now() FROM target t
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['transfers.parties'] AS checks,
       format('User %s sent 2 %s to themselves.', t.user_id, t.token_type) AS message
FROM target t
