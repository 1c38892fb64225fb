-- reads: accounts_volumes, moves
-- One row per account and asset. A script may overdraw any account, so no balance has a lowest value. A ledger without
-- the feature MOVES_HISTORY keeps no moves: there is nothing to compare its volumes with.
SELECT v.ledger || '/' || v.accounts_address AS account,
       v.asset::text AS unit,
       v.input - v.output AS balance,
       NULL::timestamptz AS opened_at,
       NULL::numeric AS floor,
       v.ledger::text AS tenant
FROM accounts_volumes v
WHERE EXISTS (SELECT FROM moves m WHERE m.ledger = v.ledger)
