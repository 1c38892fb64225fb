-- reads: pgledger_entries, pgledger_accounts
-- rows: pgledger_entries
-- One row per entry, with the balance on both sides of it. Its number is given out under the account's lock.
SELECT e.id AS entry_id,
       e.account_id AS account,
       a.currency AS unit,
       e.amount AS delta,
       e.account_previous_balance AS running_before,
       e.account_current_balance AS running,
       e.created_at AS at,
       e.account_version AS seq,
       NULL::xid8 AS arrival,
       CASE WHEN e.amount < 0 THEN 'from' ELSE 'to' END AS kind,
       e.transfer_id AS ref
FROM pgledger_entries e
LEFT JOIN pgledger_accounts a ON a.id = e.account_id
