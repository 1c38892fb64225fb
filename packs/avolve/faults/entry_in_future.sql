-- title: A transaction lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

WITH target AS (
    SELECT e.id, e.to_user_id AS user_id, e.token_type, e.amount
    FROM token_transactions e
    WHERE e.from_user_id IS NULL AND e.to_user_id::text <> ALL ($2::text[])
      AND e.created_at <= now()
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE token_transactions d SET created_at = now() + interval '1 day' FROM target t WHERE d.id = t.id
)
SELECT 'token_transactions' AS table_name, t.id AS key, t.user_id AS account, t.token_type AS unit,
       ARRAY['ledger.domain'] AS checks,
       format('Transaction %s of user %s was dated a day ahead.', t.id, t.user_id) AS message
FROM target t
