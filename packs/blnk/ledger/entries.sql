-- reads: transactions, balances
-- Two rows per transaction that is applied, one for each side. What is queued, in flight, void or rejected moves no
-- balance; what was in flight is applied by a transaction of its own. Blnk writes times without a zone, taken as UTC.
SELECT t.transaction_id || '/source' AS entry_id,
       t.source AS account,
       coalesce(b.currency, t.currency) AS unit,
       -coalesce(t.precise_amount, t.amount)::numeric AS delta,
       coalesce(t.precise_amount, t.amount)::numeric AS magnitude,
       NULL::numeric AS running,
       t.created_at AT TIME ZONE 'UTC' AS at,
       t.id::bigint AS seq,
       NULL::xid8 AS arrival,
       'source'::text AS kind,
       t.transaction_id AS ref
FROM transactions t
LEFT JOIN balances b ON b.balance_id = t.source
WHERE t.status = 'APPLIED' AND t.source IS NOT NULL
UNION ALL
SELECT t.transaction_id || '/destination',
       t.destination,
       coalesce(b.currency, t.currency),
       coalesce(t.precise_amount, t.amount)::numeric,
       coalesce(t.precise_amount, t.amount)::numeric,
       NULL::numeric,
       t.created_at AT TIME ZONE 'UTC',
       t.id::bigint,
       NULL::xid8,
       'destination'::text,
       t.transaction_id
FROM transactions t
LEFT JOIN balances b ON b.balance_id = t.destination
WHERE t.status = 'APPLIED' AND t.destination IS NOT NULL
