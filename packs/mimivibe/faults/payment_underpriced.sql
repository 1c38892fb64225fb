-- title: A payment of next to nothing
-- why: The price was taken from the browser, or somebody changed the amount by hand.

WITH target AS (
    SELECT p.id, p.user_id, p.currency
    FROM payments p
    WHERE p.status = 'succeeded'
      -- Of fewer payments nobody knows which price is the usual one.
      AND (SELECT count(*) FROM payments o WHERE o.status = 'succeeded') >= 200
      AND p.user_id::text <> ALL ($2::text[])
    ORDER BY md5(p.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE payments p SET amount = 1 FROM target t WHERE p.id = t.id
)
SELECT 'payments' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['payments.priced'] AS checks,
       format('The amount of payment %s of user %s was set to 1.', t.id, t.user_id) AS message
FROM target t
