-- title: A mint disappears
-- why: Rows were removed by hand, and the balance was not touched.

WITH target AS (
    SELECT e.id, e.to_user_id AS user_id, e.token_type, e.amount
    FROM token_transactions e
    WHERE e.from_user_id IS NULL AND e.to_user_id::text <> ALL ($2::text[])
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM token_transactions d USING target t WHERE d.id = t.id
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('Transaction %s, which minted %s %s for user %s, was deleted.', t.id, t.amount, t.token_type, t.user_id) AS message
FROM target t
