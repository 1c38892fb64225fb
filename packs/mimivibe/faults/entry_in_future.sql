-- title: An entry lies in the future
-- why: A clock ran ahead, or somebody wrote the time by hand.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.metadata,
                         e.related_payment_id, e.related_reading_id, e.related_invite_id, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
-- The last entry is taken, so that the order of the others stays as it is.
target AS (
    SELECT e.id, e.user_id, e.currency, e.amount, e.transaction_type, e.balance_after, e.created_at, e.position,
           CASE WHEN e.transaction_type = 'reading' THEN -e.amount ELSE e.amount END AS delta
    FROM wallet e
    JOIN users u ON u.id = e.user_id
    WHERE e.user_id::text <> ALL ($2::text[])
      AND e.amount > 0
      AND NOT EXISTS (SELECT FROM wallet n
                  WHERE n.user_id = e.user_id AND n.currency = e.currency
                    AND (n.created_at, n.position, n.id) > (e.created_at, e.position, e.id))
      AND e.created_at <= now()
    ORDER BY md5(e.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wallet_transactions d SET created_at = now() + interval '1 day' FROM target t WHERE d.id = t.id
)
SELECT 'wallet_transactions' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['ledger.domain'] AS checks,
       format('Entry %s of user %s was dated a day ahead.', t.id, t.user_id) AS message
FROM target t
