-- title: A cached balance drifts from the ledger
-- why: A balance was changed without an entry.

WITH target AS (
    SELECT u.id, 1 + (abs(hashint8($1::bigint)::bigint) % 100) AS drift
    FROM users u
    WHERE u.id::text <> ALL ($2::text[])
      AND EXISTS (SELECT FROM wallet_transactions e WHERE e.user_id = u.id AND e.currency = 'STAR')
    ORDER BY md5(u.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u SET star_balance = u.star_balance + t.drift FROM target t WHERE u.id = t.id
)
SELECT 'users' AS table_name, t.id AS key, t.id AS account, 'STAR'::currency AS unit,
       ARRAY['ledger.balance'] AS checks,
       format('The star balance of user %s was raised by %s without an entry.', t.id, t.drift) AS message
FROM target t
