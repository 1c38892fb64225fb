-- title: A transfer disappears
-- why: A transfer was removed by hand, so that two balances have no explanation; the sum of all is still right.

WITH target AS (
    SELECT e.id, e.from_user_id, e.to_user_id, e.token_type, e.amount
    FROM token_transactions e
    WHERE e.from_user_id::text <> ALL ($2::text[]) AND e.to_user_id::text <> ALL ($2::text[])
      AND e.from_user_id <> e.to_user_id
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
removed AS (
    DELETE FROM token_transactions d USING target t WHERE d.id = t.id
)
-- One row for each of the two accounts.
SELECT 'token_transactions' AS table_name, t.id AS key, a.account, t.token_type AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('Transfer %s of %s %s from user %s to user %s was deleted.',
              t.id, t.amount, t.token_type, t.from_user_id, t.to_user_id) AS message
FROM target t
CROSS JOIN LATERAL (VALUES (t.from_user_id), (t.to_user_id)) AS a (account)
