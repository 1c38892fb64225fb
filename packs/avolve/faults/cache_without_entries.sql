-- title: A balance without a ledger
-- why: A balance was given to a user who has no entries of that token.

WITH target AS (
    SELECT u.id AS user_id, y.token_type, md5('balance ' || u.id || y.token_type || $1::bigint)::uuid AS id
    FROM users u
    CROSS JOIN token_types y
    WHERE u.id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM token_balances b WHERE b.user_id = u.id AND b.token_type = y.token_type)
      AND NOT EXISTS (SELECT FROM token_transactions e
                      WHERE u.id IN (e.from_user_id, e.to_user_id) AND e.token_type = y.token_type)
    ORDER BY md5(u.id::text || y.token_type || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO token_balances (id, user_id, token_type, balance, updated_at)
    SELECT t.id, t.user_id, t.token_type, 25, now() FROM target t
)
SELECT 'token_balances' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('User %s was given a balance of 25 %s without any entry.', t.user_id, t.token_type) AS message
FROM target t
