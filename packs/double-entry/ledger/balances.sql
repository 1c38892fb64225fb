-- reads: double_entry_account_balances
-- One row per account and scope. The row may be made after the first lines, so it does not say when the account was
-- opened; which accounts must not be below 0 is in the application's code.
SELECT CASE WHEN b.scope IS NULL THEN b.account ELSE b.account || ':' || b.scope END::text AS account,
       'MONEY'::text AS unit,
       b.balance,
       NULL::timestamptz AS opened_at,
       NULL::bigint AS floor
FROM double_entry_account_balances b
