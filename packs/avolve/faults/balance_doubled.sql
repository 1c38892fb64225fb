-- title: A balance that is stored twice
-- why: Two requests made the row at the same moment. Where a key allows one for each user and token, no row is returned.

WITH target AS (
    SELECT b.user_id, b.token_type, b.balance, md5('twice ' || b.id || $1::bigint)::uuid AS id
    FROM token_balances b
    WHERE b.balance > 0 AND b.user_id::text <> ALL ($2::text[])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'token_balances'::regclass AND k.contype = 'u')
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO token_balances (id, user_id, token_type, balance, updated_at)
    SELECT t.id, t.user_id, t.token_type, t.balance, now() FROM target t
)
SELECT 'token_balances' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.total'] AS checks,
       format('The balance of %s %s of user %s is stored twice.', t.balance, t.token_type, t.user_id) AS message
FROM target t
