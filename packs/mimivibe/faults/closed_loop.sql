-- title: Two entries that cancel each other, apart from the chain
-- why: They were written past the wallet with running balances of their own, and no sum shows them. Only an audit that
--   reads in order can, because a loop telescopes to nothing.

WITH target AS (
    SELECT u.id AS user_id, e.id AS after_id, e.created_at
    FROM users u
    JOIN wallet_transactions e ON e.user_id = u.id AND e.currency = 'STAR'
    WHERE u.id::text <> ALL ($2::text[])
      -- Between two entries there has to be room for two more.
      AND NOT EXISTS (SELECT FROM wallet_transactions n
                      WHERE n.user_id = u.id AND n.currency = 'STAR' AND n.id <> e.id
                        AND n.created_at BETWEEN e.created_at AND e.created_at + interval '1 second')
      AND e.created_at < now() - interval '1 minute'
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
added AS (
    INSERT INTO wallet_transactions (id, user_id, transaction_type, amount, currency, balance_after, metadata, created_at)
    SELECT md5('loop ' || t.user_id || l.direction || $1::bigint)::uuid, t.user_id, 'adjustment', 100, 'STAR', l.running,
           jsonb_build_object('direction', l.direction, 'reason', 'a correction', 'operator', 'nobody'),
           t.created_at + l.later
    FROM target t
    CROSS JOIN (VALUES ('credit', 1000600, interval '1 millisecond'), ('debit', 1000500, interval '2 milliseconds'))
         AS l (direction, running, later)
    RETURNING id, user_id, balance_after
)
SELECT 'wallet_transactions' AS table_name, a.id AS key, a.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['ledger.chain'] AS checks,
       format('Two entries of user %s go from 1000500 to 1000600 and back, apart from the chain.', a.user_id) AS message
FROM added a
WHERE a.balance_after = 1000600
