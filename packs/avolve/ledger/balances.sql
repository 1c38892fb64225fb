-- reads: token_balances, users
-- One row per user and token type: the balance that the application shows and spends from.
SELECT b.user_id AS account, b.token_type AS unit, b.balance, u.created_at AS opened_at
FROM token_balances b
LEFT JOIN users u ON u.id = b.user_id
