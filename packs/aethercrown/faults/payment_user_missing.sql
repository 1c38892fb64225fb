-- title: A payment whose user is gone
-- why: The user was deleted, and the foreign key set the reference to null.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.metadata->>'customer_name' ~ '\S'
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET user_id = NULL FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.orphan'] AS checks,
       format('Payment %s was taken away from user %s.', t.id, t.user_id) AS message
FROM target t
