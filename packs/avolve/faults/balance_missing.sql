-- title: A balance is missing
-- why: The row of a balance was removed, and its entries stayed.

WITH target AS (
    SELECT b.id, b.user_id, b.token_type, b.balance
    FROM token_balances b
    WHERE b.user_id::text <> ALL ($2::text[])
      AND EXISTS (SELECT FROM token_transactions e WHERE e.to_user_id = b.user_id AND e.token_type = b.token_type)
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM token_balances b USING target t WHERE b.id = t.id
)
SELECT 'token_balances' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('The balance of user %s over %s %s was removed.', t.user_id, t.balance, t.token_type) AS message
FROM target t
