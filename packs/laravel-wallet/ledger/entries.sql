-- reads: transactions, wallets
-- One row per transaction that is confirmed. The amount is signed; a delta of NULL says that the sign contradicts the
-- type, and the audit reports it. Laravel writes times without a zone, in UTC unless the application says otherwise.
SELECT e.id AS entry_id,
       e.wallet_id AS account,
       coalesce(w.meta->>'currency', upper(w.slug)) AS unit,
       CASE WHEN e.type = 'deposit' AND e.amount >= 0 OR e.type = 'withdraw' AND e.amount <= 0 THEN e.amount END AS delta,
       NULL::numeric AS running,
       e.created_at AT TIME ZONE 'UTC' AS at,
       e.id AS seq,
       NULL::xid8 AS arrival,
       e.type::text AS kind,
       NULL::text AS ref
-- deleted_at came with version 10: without the column, the name means this NULL.
FROM (VALUES (NULL::timestamptz)) AS absent (deleted_at),
     LATERAL (SELECT t.id, t.wallet_id, t.type, t.amount, t.created_at
              FROM transactions t
              WHERE t.confirmed AND deleted_at IS NULL) e
LEFT JOIN wallets w ON w.id = e.wallet_id
