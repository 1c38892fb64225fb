-- title: A balance without a ledger
-- why: A balance was given to a user who has no entries in that unit.

WITH target AS (
    SELECT u.id, c.unit
    FROM users u
    CROSS JOIN (VALUES ('STAR'::currency), ('COIN'::currency)) AS c (unit)
    WHERE u.id::text <> ALL ($2::text[])
      AND CASE c.unit WHEN 'STAR' THEN u.star_balance ELSE u.coin_balance END = 0
      AND NOT EXISTS (SELECT FROM wallet_transactions e WHERE e.user_id = u.id AND e.currency = c.unit)
    ORDER BY md5(u.id::text || c.unit || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE users u
    SET star_balance = CASE t.unit WHEN 'STAR' THEN 25 ELSE u.star_balance END,
        coin_balance = CASE t.unit WHEN 'COIN' THEN 25 ELSE u.coin_balance END
    FROM target t
    WHERE u.id = t.id
)
SELECT 'users' AS table_name, t.id AS key, t.id AS account, t.unit, ARRAY['ledger.balance'] AS checks,
       format('User %s was given a balance of 25 %s without any entry.', t.id, t.unit) AS message
FROM target t
