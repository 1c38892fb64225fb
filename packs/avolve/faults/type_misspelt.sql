-- title: A token of a type that does not exist
-- why: An import wrote the type in another case, into the ledger and the balance alike.

WITH target AS (
    SELECT u.id AS user_id, lower(y.token_type) || '?' AS token_type,
           md5('mint ' || u.id || $1::bigint)::uuid AS mint_id, md5('misspelt ' || u.id || $1::bigint)::uuid AS balance_id
    FROM users u
    CROSS JOIN token_types y
    WHERE u.id::text <> ALL ($2::text[])
    ORDER BY md5(u.id::text || y.token_type || $1::bigint) LIMIT 1
),
minted AS (
    INSERT INTO token_transactions (id, to_user_id, amount, token_type, created_at)
    SELECT t.mint_id, t.user_id, 3, t.token_type, now() FROM target t
),
cached AS (
    INSERT INTO token_balances (id, user_id, token_type, balance, updated_at)
    SELECT t.balance_id, t.user_id, t.token_type, 3, now() FROM target t
)
SELECT 'token_balances' AS table_name, t.balance_id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['tokens.known', 'references.exist'] AS checks,
       format('User %s was given 3 %s, which is no token type.', t.user_id, t.token_type) AS message
FROM target t
