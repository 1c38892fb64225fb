-- title: An amount is edited
-- why: A transaction was changed in place, and the balance did not follow.

WITH target AS (
    SELECT e.id, e.to_user_id AS user_id, e.token_type, e.amount
    FROM token_transactions e
    WHERE e.from_user_id IS NULL AND e.to_user_id::text <> ALL ($2::text[])
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE token_transactions d SET amount = d.amount + 1 FROM target t WHERE d.id = t.id
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('The amount of transaction %s was changed from %s to %s %s.', t.id, t.amount, t.amount + 1, t.token_type) AS message
FROM target t
