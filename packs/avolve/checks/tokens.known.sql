-- title: Every token is of a known type
-- severity: error
-- reads: token_types, token_balances, token_transactions
-- references: token_balances.token_type, token_transactions.token_type
-- why: A balance of a type that does not exist is shown nowhere and spent by nobody, and is easily a misspelt one.
-- cause: The type was misspelt, renamed or removed.
-- remedy: Add the type to token_types, or move the balance to the right type with a burn and a mint.

SELECT 'token_balances' AS table_name, b.id AS key, b.user_id AS account, b.token_type AS unit,
       'a known type' AS expected, b.token_type AS actual,
       format('User %s has a balance of %s %s, which is no token type.', b.user_id, b.balance, b.token_type) AS message,
       NULL::uuid AS first_bad_entry
FROM token_balances b
WHERE NOT EXISTS (SELECT FROM token_types t WHERE t.token_type = b.token_type)
UNION ALL
-- The transactions of a balance that is reported anyway say nothing new.
SELECT 'token_transactions', e.id, coalesce(e.from_user_id, e.to_user_id), e.token_type, 'a known type', e.token_type,
       format('Transaction %s over %s %s is of no token type.', e.id, e.amount, e.token_type),
       e.id
FROM token_transactions e
WHERE NOT EXISTS (SELECT FROM token_types t WHERE t.token_type = e.token_type)
  AND NOT EXISTS (SELECT FROM token_balances b
                  WHERE b.token_type = e.token_type AND b.user_id IN (e.from_user_id, e.to_user_id))
