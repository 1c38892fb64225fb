-- reads: m_savings_account
-- One row per account. Interest may take an overdrawn account below its limit, so the limit is no floor.
SELECT a.id AS account,
       a.currency_code::text AS unit,
       a.account_balance_derived AS balance,
       coalesce(a.activatedon_date, a.submittedon_date)::timestamp AT TIME ZONE 'UTC' AS opened_at,
       CASE WHEN a.allow_overdraft THEN NULL ELSE 0 END AS floor
FROM m_savings_account a
