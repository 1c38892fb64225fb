-- reads: wallets
-- One row per wallet. It may be as far below 0 as the credit that it was given.
SELECT w.id AS account,
       coalesce(w.meta->>'currency', upper(w.slug)) AS unit,
       w.balance,
       w.created_at AT TIME ZONE 'UTC' AS opened_at,
       CASE WHEN w.meta->>'credit' ~ '^[0-9]+$' THEN -(w.meta->>'credit')::numeric ELSE 0 END AS floor
FROM wallets w
