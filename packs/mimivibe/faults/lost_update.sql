-- title: Two writers overwrite each other
-- why: Both read the same balance, and the second overwrote what the first had written.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.metadata,
                         e.related_payment_id, e.related_reading_id, e.related_invite_id, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
-- A debit is lost, because everything after it then only rises and stays above zero.
target AS (
    SELECT e.id, e.user_id, e.currency, e.amount, e.transaction_type, e.balance_after, e.created_at, e.position,
           CASE WHEN e.transaction_type = 'reading' THEN -e.amount ELSE e.amount END AS delta
    FROM wallet e
    JOIN users u ON u.id = e.user_id
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND e.transaction_type = 'reading'
      AND e.balance_after <> CASE e.currency WHEN 'STAR' THEN u.star_balance ELSE u.coin_balance END
      AND EXISTS (SELECT FROM wallet n
                  WHERE n.user_id = e.user_id AND n.currency = e.currency
                    AND (n.created_at, n.position, n.id) > (e.created_at, e.position, e.id))
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
shifted AS (
    UPDATE wallet_transactions d
    SET balance_after = d.balance_after + t.amount
    FROM target t, wallet e
    WHERE e.user_id = t.user_id AND e.currency = t.currency
      AND (e.created_at, e.position, e.id) > (t.created_at, t.position, t.id)
      AND d.id = e.id
),
cached AS (
    UPDATE users u SET star_balance = u.star_balance + t.amount FROM target t WHERE u.id = t.user_id
)
SELECT 'wallet_transactions' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['ledger.balance', 'ledger.chain'] AS checks,
       format('What came after entry %s of user %s was computed as if its %s %s had not been debited.',
              t.id, t.user_id, t.amount, t.currency) AS message
FROM target t
