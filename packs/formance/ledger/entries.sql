-- reads: moves
-- Two rows per posting, one for each side. Ledgers of one bucket share the tables, so the name of the ledger is a part of
-- the account. A move may be of an earlier or later day than the one on which it was inserted; the balance after it is
-- counted in the order of insertion. Formance writes times without a zone, in UTC.
SELECT m.seq AS entry_id,
       m.ledger || '/' || m.accounts_address AS account,
       m.asset::text AS unit,
       CASE WHEN m.is_source THEN -m.amount ELSE m.amount END AS delta,
       (m.post_commit_volumes).inputs - (m.post_commit_volumes).outputs AS running,
       m.insertion_date AT TIME ZONE 'UTC' AS at,
       m.seq::bigint AS seq,
       NULL::xid8 AS arrival,
       CASE WHEN m.is_source THEN 'source' ELSE 'destination' END AS kind,
       m.ledger || '/' || m.transactions_id AS ref,
       m.ledger::text AS tenant
FROM moves m
