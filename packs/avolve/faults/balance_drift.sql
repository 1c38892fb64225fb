-- title: A cached balance drifts from the ledger
-- why: A balance was changed without an entry.

WITH target AS (
    SELECT b.id, b.user_id, b.token_type, 1 + (abs(hashint8($1::bigint)::bigint) % 100) AS drift
    FROM token_balances b
    WHERE b.user_id::text <> ALL ($2::text[])
      AND EXISTS (SELECT FROM token_transactions e WHERE e.to_user_id = b.user_id AND e.token_type = b.token_type)
    ORDER BY md5(b.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE token_balances b SET balance = b.balance + t.drift FROM target t WHERE b.id = t.id
)
SELECT 'token_balances' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('The balance of user %s was raised by %s %s without an entry.', t.user_id, t.drift, t.token_type) AS message
FROM target t
