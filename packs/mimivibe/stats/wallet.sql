-- title: Wallet
-- reads: wallet_transactions
-- counts: entries, users
-- why: What goes into the wallets and out of them, for what, and how many people it moves.

-- A reversal undoes an entry of any kind, so it is counted by itself, whichever way it goes. A refund of a reading gives
-- its stars back; any other refund takes the stars of a payment back.
WITH entries AS (
    SELECT w.created_at, w.user_id, w.currency::text AS unit,
           CASE WHEN w.metadata ? 'reverses_entry_id' THEN 'reversed' ELSE w.transaction_type::text END AS kind,
           CASE
               WHEN w.transaction_type = 'exchange' THEN w.currency = 'STAR'
               WHEN w.transaction_type = 'refund' THEN w.related_reading_id IS NOT NULL
               WHEN w.transaction_type::text = 'adjustment' THEN w.metadata ->> 'direction' = 'credit'
               ELSE w.transaction_type IN ('purchase', 'invite_reward')
           END AS is_credit,
           w.amount::bigint AS amount
    FROM wallet_transactions w
    WHERE w.created_at >= $1 AND w.created_at < $2
)
SELECT date_trunc($3, e.created_at, $4) AS at,
       CASE WHEN e.kind = 'reversed' THEN 'reversed' WHEN e.is_credit THEN 'in: ' || replace(e.kind, '_', ' ')
            ELSE 'out: ' || replace(e.kind, '_', ' ') END AS metric,
       sum(e.amount)::numeric AS value, e.unit
FROM entries e
GROUP BY 1, 2, 4
UNION ALL
SELECT date_trunc($3, e.created_at, $4), 'entries', count(*), NULL
FROM entries e
GROUP BY 1
UNION ALL
SELECT date_trunc($3, e.created_at, $4), 'users', count(DISTINCT e.user_id), NULL
FROM entries e
GROUP BY 1
