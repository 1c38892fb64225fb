-- title: Two entries change places in time
-- why: A clock stepped back between two entries: the chain holds, but not in the order of time.

-- seq breaks ties where the database has it, and is this NULL where it does not.
WITH wallet AS NOT MATERIALIZED (
    SELECT w.*
    FROM (VALUES (NULL::bigint)) AS absent (seq),
         LATERAL (SELECT e.id, e.user_id, e.transaction_type, e.amount, e.currency, e.balance_after, e.metadata,
                         e.related_payment_id, e.related_reading_id, e.related_invite_id, e.created_at,
                         coalesce(seq, 0) AS position
                  FROM wallet_transactions e) w
),
steps AS (
    SELECT e.id, e.user_id, e.currency, e.created_at, e.amount,
           lead(e.id) OVER ledger AS next_id, lead(e.created_at) OVER ledger AS next_at
    FROM wallet e
    WHERE e.user_id::text <> ALL ($2::text[])
    WINDOW ledger AS (PARTITION BY e.user_id, e.currency ORDER BY e.created_at, e.position, e.id)
),
target AS (
    SELECT s.*
    FROM steps s
    WHERE s.next_at > s.created_at AND s.amount > 0
    ORDER BY md5(s.id::text || $1::bigint) LIMIT 1
),
changed AS (
    UPDATE wallet_transactions d
    SET created_at = CASE WHEN d.id = t.id THEN t.next_at ELSE t.created_at END
    FROM target t
    WHERE d.id IN (t.id, t.next_id)
)
SELECT 'wallet_transactions' AS table_name, t.id AS key, t.user_id AS account, t.currency AS unit,
       ARRAY['ledger.order'] AS checks,
       format('Entries %s and %s of user %s exchanged their times.', t.id, t.next_id, t.user_id) AS message
FROM target t
