-- title: A payment lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET created_at = '2099-01-01 00:00:00+00' FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.dated'] AS checks,
       format('Payment %s of user %s was dated in 2099.', t.id, t.user_id) AS message
FROM target t
