-- title: A transaction is older than its account
-- why: An import or a clock gave a transaction a time before its account existed.

WITH target AS (
    SELECT e.id, e.to_user_id AS user_id, e.token_type, u.created_at AS opened_at
    FROM token_transactions e
    JOIN users u ON u.id = e.to_user_id
    WHERE e.from_user_id IS NULL AND e.to_user_id::text <> ALL ($2::text[]) AND e.created_at >= u.created_at
      AND EXISTS (SELECT FROM token_balances b WHERE b.user_id = e.to_user_id AND b.token_type = e.token_type)
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE token_transactions d SET created_at = t.opened_at - interval '1 day' FROM target t WHERE d.id = t.id
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.domain'] AS checks,
       format('Transaction %s was dated a day before user %s joined.', t.id, t.user_id) AS message
FROM target t
