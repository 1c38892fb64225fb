-- title: No account is above 0 unless it allows that
-- severity: error
-- reads: pgledger_accounts
-- why: Such an account is the other side of what others hold. Above 0, more was taken from them than they had.
-- cause: The balance was changed past pgledger's functions, or allow_positive_balance was cleared afterwards.
-- remedy: Look at the entries of the account with bursar wallet history ACCOUNT, and transfer what is too much back.

SELECT 'pgledger_accounts' AS table_name, a.id AS key, a.id AS account, a.currency AS unit,
       '0 or below' AS expected, a.balance::text AS actual,
       format('Account %s (%s) has %s %s, and allows no balance above 0.', a.id, a.name, a.balance, a.currency) AS message
FROM pgledger_accounts a
WHERE NOT a.allow_positive_balance AND a.balance > 0
