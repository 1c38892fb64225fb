-- title: A reading that pays
-- why: The amount was written below zero past the constraint that forbids it, and everything else was made to fit. Where
--   the constraint is there, no row is returned.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.related_reading_id,
                         e.created_at, coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
target AS (
    SELECT e.id, e.user_id, e.amount
    FROM wallet e
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.transaction_type = 'reading' AND e.currency = 'STAR' AND e.amount > 0
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                      WHERE k.conrelid = 'wallet_transactions'::regclass AND k.contype = 'c'
                        AND pg_catalog.pg_get_constraintdef(k.oid) LIKE '%amount %')
      AND NOT EXISTS (SELECT FROM wallet n
                      WHERE n.user_id = e.user_id AND n.currency = e.currency
                        AND (n.created_at, n.position, n.id) > (e.created_at, e.position, e.id))
      AND NOT EXISTS (SELECT FROM wallet_transactions g
                      WHERE g.transaction_type = 'refund' AND g.related_reading_id = e.related_reading_id)
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wallet_transactions d SET amount = -500, balance_after = d.balance_after + t.amount + 500
    FROM target t WHERE d.id = t.id
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + t.amount + 500 FROM target t WHERE u.id = t.user_id
)
SELECT 'wallet_transactions' AS table_name, t.id AS key, t.user_id AS account, 'STAR'::currency AS unit,
       ARRAY['ledger.domain'] AS checks,
       format('Entry %s debits user %s by -500 STAR, so the reading paid 500.', t.id, t.user_id) AS message
FROM target t
