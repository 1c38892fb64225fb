-- reads: users
-- One row per user and unit: the balance that the application shows and spends from.
SELECT u.id AS account, 'STAR'::currency AS unit, u.star_balance AS balance, u.created_at AS opened_at
FROM users u
UNION ALL
SELECT u.id, 'COIN'::currency, u.coin_balance, u.created_at
FROM users u
