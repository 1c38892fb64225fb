-- reads: wallet_transactions
-- One row per transaction that is settled: status 1. Type 0 is inbound, and 1 is outbound; a delta of NULL says that the
-- type is another. Lago writes times without a zone, in UTC.
SELECT t.id AS entry_id,
       t.wallet_id AS account,
       'CREDITS'::text AS unit,
       CASE t.transaction_type WHEN 0 THEN t.credit_amount WHEN 1 THEN -t.credit_amount END AS delta,
       t.credit_amount AS magnitude,
       NULL::numeric AS running,
       coalesce(t.settled_at, t.created_at) AT TIME ZONE 'UTC' AS at,
       NULL::bigint AS seq,
       NULL::xid8 AS arrival,
       CASE t.transaction_status WHEN 0 THEN 'purchased' WHEN 1 THEN 'granted' WHEN 2 THEN 'voided' WHEN 3 THEN 'invoiced'
                                 ELSE t.transaction_status::text END AS kind,
       t.invoice_id AS ref
FROM wallet_transactions t
WHERE t.status = 1
