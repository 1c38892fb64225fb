-- reads: pgledger_accounts
-- One row per account. Only one that does not allow it must not be below 0.
SELECT a.id AS account,
       a.currency AS unit,
       a.balance,
       a.created_at AS opened_at,
       CASE WHEN a.allow_negative_balance THEN NULL ELSE 0 END AS floor
FROM pgledger_accounts a
