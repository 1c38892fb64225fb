-- reads: balances
-- One row per balance. A transaction says by itself whether it may overdraw, so no balance has a lowest value.
SELECT b.balance_id AS account,
       b.currency AS unit,
       b.balance::numeric AS balance,
       NULL::timestamptz AS opened_at,
       NULL::numeric AS floor
FROM balances b
